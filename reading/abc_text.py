"""An ABC tune as music21 reads it best: what music21 forgets, misreads or passes over, written so that it does not.

Chord symbols are read by our own parser, and for each music21 gets one that it knows. Accidentals hold to the bar line,
in all octaves, as ABC 2.1 has it where nothing else is said. Inline fields become lines, rests of several bars single
ones; the systems of a voice are joined, decorations of one letter left out. Signs (segno, coda, fine, D.C., D.S.),
sections and meters travel as symbols, too, and the numbers of endings beside. Left to others: what music21 makes of it
(`reading/scores.py`).
"""

import re
from fractions import Fraction
from typing import NamedTuple

from music.chord_symbols import Symbol, parse_or_none
from music.form import Marks
from reading.charts import read_text_signs

# Of what stands in quotes, what is no annotation; `music/chord_symbols.py` says what is a symbol.
SYMBOL = re.compile(
    r"(?!Coda|[Dd]\.?[CS]\b)(?:[A-Ha-g][#b♯♭]?($|[-mMdash0+/(^°oøΔ#b♯♭\d]|(?![a-z]{3})\S+$)|[Nn]\.?[Cc])"
)
PLACE = '"C"'  # what stands in a symbol's place while music21 reads
TOKEN = re.compile(
    r"(?P<comment>%.*)|^(?P<line_field>[A-Za-z+]:.*)|\[(?P<field>[A-Za-z]:[^\]\n]*)\]|\"(?P<quoted>[^\"]*)\""
    r"|[!+](?P<decoration>[A-Za-z][A-Za-z. ]*)[!+]|![^!\n]*!|(?P<bar>::|[\[|]\s*(?P<ending>\d(?:[,-]\d)*)|\|)"
    r"|(?P<letter>[H-Wh-w~](?=[~.H-Wh-w ]*[\^_=]*[A-Ga-gzx\[({\"!]))|(?P<rest>[zx]|[ZX](?P<bars>\d*))"
    r"|(?P<accidental>\^\^?|__?|=)?(?P<note>[A-Ga-g])",
    re.MULTILINE,
)
METERS = {"C": (4, 4), "C|": (2, 2)}
LONGEST_SECTION = 24  # characters of its name
MOST_RESTS = 1_000  # bars that one sign may stand for


class AbcSign(NamedTuple):
    """What travels as a symbol: marks, a section or a meter, of the bar that it stands in or `of_bar_before`."""

    marks: Marks = Marks()
    section: str = ""
    meter: tuple[int, int] | None = None
    of_bar_before: bool = False


# Decorations of one letter that say something of the form.
LETTERS = {"S": AbcSign(Marks(segno=True)), "O": AbcSign(Marks(coda=True))}


class Respelled(NamedTuple):
    """The text, and what each of its symbols stands for, in order: chord symbols, texts that are none, and signs;
    `at_end`: signs of the last bar; the numbers of its `endings`, in order; what is `told` of it."""

    text: str
    symbols: list[list[Symbol | str | AbcSign]]
    at_end: list[AbcSign]
    endings: tuple[tuple[int, ...], ...] = ()
    told: tuple[str, ...] = ()


def respelled(text: str) -> Respelled:
    """The text of one tune, as music21 reads it best."""
    return _Respeller(_by_voice(text)).respelled()


class _Respeller:
    def __init__(self, text: str):
        self.text, self.tokens = text, list(TOKEN.finditer(text))
        self.symbols, self.pending, self.is_placed = [], [], False  # for the next note
        self.in_force: dict[str, str] = {}  # the accidentals in this bar, by letter
        self.meter, self.unit, self.is_body = (4, 4), None, False
        self.endings, self.turn, self.told = [], 0, ()  # the last one is the `turn`th of its repeat

    def respelled(self) -> Respelled:
        written, last = [], 0
        for number, token in enumerate(self.tokens):
            written += [self.text[last : token.start()], self.respell(number, token)]
            last = token.end()
        text = "".join([*written, self.text[last:], "\n"])
        return Respelled(text, self.symbols, self.pending, tuple(self.endings), self.told)

    def respell(self, number: int, token: re.Match) -> str:
        """What is written in the place of a token."""
        if token["line_field"]:
            return self.field(number, token["line_field"]) + token[0]
        if token["field"]:
            return f"{self.field(number, token['field'])}\n{token['field']}\n"
        if token["quoted"] is not None:
            return self.quoted(number, token["quoted"].strip())
        if token["decoration"]:
            return self.sign(number, _sign_of(token["decoration"]))
        if token["letter"] and self.is_body:
            return self.sign(number, LETTERS[token[0]]) if token[0] in LETTERS else ""
        if token["ending"]:
            return self.begun(token["bar"][0], _numbers(token["ending"]))
        if token["bar"]:
            self.in_force.clear()
            return token[0].replace("::", ":||:")
        if not token["note"] and not token["rest"]:
            return token[0]
        waiting, self.is_placed = self.placed(), False
        if token["bars"] is not None:
            return waiting + self.rests(int(token["bars"] or 1))
        if token["rest"]:
            return waiting + "z"
        if token["accidental"]:
            self.in_force[token["note"].upper()] = token["accidental"]
        return waiting + self.in_force.get(token["note"].upper(), "") + token["note"]

    def field(self, number: int, field: str) -> str:
        """A field: what of it travels as a symbol."""
        name, value = field[0], field[2:].strip()
        if name == "K":
            self.is_body = True
        elif name == "L" and re.fullmatch(r"1/\d{1,3}", value) and value != "1/0":
            self.unit = Fraction(value)
        elif name == "M":
            found = re.fullmatch(r"(\d{1,2})/(\d{1,2})", value)
            meter = (int(found[1]), int(found[2])) if found else METERS.get(value)
            if meter and min(meter) > 0:
                self.meter = meter
                return self.sign(number, AbcSign(meter=meter)) if self.is_body else ""
        elif name == "P" and not self.is_body:
            self.told = (f"form: its parts are to be played as {value[:LONGEST_SECTION]!r}; here each is played once",)
        elif name == "P":
            return self.sign(number, AbcSign(section=value[:LONGEST_SECTION]))
        return ""

    def quoted(self, number: int, written: str) -> str:
        """A chord symbol, or an annotation, which may be a sign."""
        if SYMBOL.match(written.lstrip("(")):
            return self.placed(parse_or_none(written) or written)
        return self.sign(number, _sign_of(written.lstrip("^_<>@")))

    def sign(self, number: int, sign: AbcSign) -> str:
        """A sign is written where it stands, or in front of the next note where its bar has no more of them."""
        if sign == AbcSign():
            return ""
        for token in self.tokens[number + 1 :]:
            if token["note"] or token["rest"]:
                return self.placed(sign)
            if token["bar"]:
                break
        self.pending.append(sign._replace(of_bar_before=True))
        return ""

    def placed(self, *entries: Symbol | str | AbcSign) -> str:
        """A symbol that stands for these, and for what waits; all in front of one note share one."""
        entries = (*self.pending, *entries)
        self.pending = []
        if not entries:
            return ""
        if self.is_placed:
            self.symbols[-1] += entries
            return ""
        self.symbols.append([*entries])
        self.is_placed = True
        return PLACE

    def begun(self, bar: str, numbers: tuple[int, ...]) -> str:
        """An ending, with the number that it would have alone."""
        self.in_force.clear()
        self.turn = 1 if numbers[0] == 1 else self.turn + 1
        self.endings.append(numbers)
        return f"{bar}{self.turn} "

    def rests(self, bars: int) -> str:
        """'Z3' as three bars of rest."""
        whole = Fraction(*self.meter)
        unit = self.unit or Fraction(1, 8 if whole >= Fraction(3, 4) else 16)
        return "|".join([f"z{whole / unit}"] * max(1, min(bars, MOST_RESTS)))


def _by_voice(text: str) -> str:
    """Each voice's lines together: music21 takes the second system of a voice for no more of it."""
    if not re.search(r"^\[?V:", text, re.MULTILINE):
        return text
    head, voices, current = [], {}, None
    is_body = False
    for line in text.splitlines():
        named = re.match(r"\[?V:\s*([^\s\]]+)[^\]]*\]?", line)
        if named and not is_body:
            voices.setdefault(named[1], [])
        elif named:
            current = voices.setdefault(named[1], [])
            rest = line[named.end() :] if line.startswith("[") else ""
            current += [rest] if rest.strip() else []
        elif is_body and voices and re.match("[KLM]:", line):  # of all voices
            for lines in voices.values():
                lines.append(line)
        elif is_body and voices and line.startswith("P:"):
            next(iter(voices.values())).append(line)
        elif is_body:
            current = voices.setdefault("1", []) if current is None else current
            current.append(line)
        else:
            head.append(line)
            is_body = line.startswith("K:")
    played = [lines for lines in voices.values() if lines]
    return "\n".join([*head, *(f"V:{number}\n" + "\n".join(lines) for number, lines in enumerate(played, 1))]) + "\n"


def _numbers(text: str) -> tuple[int, ...]:
    """The numbers of an ending: '1,3' -> 1, 3; '1-3' -> 1, 2, 3."""
    numbers = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return tuple(numbers)


def _sign_of(text: str) -> AbcSign:
    """What a decoration or an annotation says of the form: 'segno', 'D.C.alcoda', 'To Coda'; mostly nothing."""
    plain = re.sub(r"(?i)^dacoda$", "to coda", re.sub(r"(?i)^dacapo$", "D.C.", text.strip()))
    plain = re.sub(r"(?i)\.?al(?=fine|coda)", ". al ", plain)
    for name in ("segno", "coda"):
        if plain.lower() == name:
            return AbcSign(Marks(**{name: True}))
    return AbcSign(read_text_signs(plain, Marks())._replace(said=0))
