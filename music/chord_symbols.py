"""Chord symbols of a lead sheet: what each means, and the chords of a written chart.

Conventions: pitch classes are 0 (C) to 11; a chord's tones are intervals above its root in semitones, 0 to 11, so that
a ninth is 2. Two numbers mean what is played, not the full stack of thirds: a thirteenth leaves the eleventh out over a
major third, and C11 leaves the third out (it is C9sus4).

The reading is our own. music21's ChordSymbol takes 'Bb7' for B7, 'C-7' for C flat 7 and 'C69' without its third, and
refuses maj9, Δ, ^7, ø, mi7, 6/9, 9sus4 and alt; what both know is held equal by a test. Left to others: how
a chart is played (`music/voicings.py`), what a voicing is called (`music/chord_names.py`).
"""

import difflib
import re
from functools import lru_cache
from typing import NamedTuple

from music.keys import FLAT_ROOTS, LETTERS, SHARP_ROOTS, pitch_class

NO_CHORD = "N.C."
LONGEST_TEXT = 100_000  # characters of a chart
MOST_BARS = 10_000  # of a chart, repeats played
MOST_CHORDS = 16  # in a bar
LONGEST_SYMBOL = 40  # characters

DEGREES = {"2": 2, "4": 5, "6": 9, "9": 2, "11": 5, "13": 9}
SAME_SIGNS = str.maketrans("♭♯△∆º˚Ø−–", "b#ΔΔ°°ø--")
ROOT = re.compile(r"[A-G][#b]?")
REST = re.compile(
    r"(?P<quality>minor|[Mm]in|mi|m|-|[Dd]im|°|o|ø|[Aa]ug|\+)?"
    r"(?P<major>[Mm]ajor|[Mm]aj|MAJ|[Mm]a|M|\^|Δ)?(?:dom)?"
    r"(?P<number>6/?9|6|7M|7|9|11|13|5|2)?"
    r"(?P<changes>(?:sus[24]?|alt|add[b#]?(?:9|11|13|2|4|6)|(?:no|omit)[35]|[b#+-](?:5|6|9|11|13)|\+)*)"
    r"(?:/(?P<bass>[A-Ga-g][#b]?))?"
)
CHANGE = re.compile(r"(sus|alt|add|no|omit)?([b#+-]?)(\d*)")
# What a misspelled symbol is compared with.
COMMON = " m 7 maj7 m7 m7b5 dim dim7 aug 6 m6 69 9 m9 maj9 11 m11 13 maj13 sus2 sus4 7sus4 9sus4 7alt 7b9 7#9 7#5 7#11"
COMMON = [*COMMON.split(" "), "7b9b13", "13b9", "mMaj7", "add9", "maj7#11", "5"]


class Symbol(NamedTuple):
    """A chord as written in `text`: its root as pitch class and as spelled, its tones as intervals above the root
    (semitones, sorted), its bass as pitch class and as spelled, and the `suffix`, what is written between the two. N.C.
    has no root, no bass and no tones."""

    text: str
    root: int | None
    root_name: str
    intervals: tuple[int, ...]
    bass: int | None
    bass_name: str
    suffix: str = ""

    @property
    def tones(self) -> tuple[int, ...]:
        """Its pitch classes, sorted."""
        return tuple(sorted((self.root + interval) % 12 for interval in self.intervals))


@lru_cache(maxsize=4096)
def parse_symbol(text: str) -> Symbol:
    """Read one chord symbol: 'C-7/Bb' -> root 0, intervals (0, 3, 7, 10), bass 10.

    Raises ValueError, with symbols that look alike, for what is not a chord symbol.
    """
    plain = text.translate(SAME_SIGNS)
    enclosed = re.fullmatch(r"\(([^()]*)\)", plain)
    plain = enclosed[1] if enclosed else plain
    if re.fullmatch(r"n\.?c\.?", plain, re.IGNORECASE):
        return Symbol(text, None, "", (), None, "")
    # The root is read before anything else: the flat of C(b9) is not C's.
    root = ROOT.match(plain) if len(text) <= LONGEST_SYMBOL else None
    rest = root and REST.fullmatch(re.sub(r"\(([^()]*)\)", _without_parentheses, plain[root.end() :]))
    intervals = _intervals(rest) if rest else None
    if intervals is None:
        raise ValueError(f"{_shown(text)} is not a chord symbol{_look_alikes(plain)}")
    root_name, suffix = root[0], plain[root.end() :]
    bass_name = (rest["bass"] or root_name).capitalize()
    if rest["bass"]:
        suffix = suffix[: suffix.rindex("/")]
    return Symbol(text, pitch_class(root_name), root_name, intervals, pitch_class(bass_name), bass_name, suffix)


def parse_changes(text: str) -> list[list[Symbol]]:
    """Read a chart: the chords of each bar, evenly spaced over it, repeats played out.

    Bars are parted by '|' or a new line; '|: ... :|' is played twice (':|' alone: from the start), '%' is the bar
    before, '/' keeps the chord for one more slot, 'N.C.' is silence. Between two bar lines with nothing between them
    there is no bar. '| Dm7 G7 | C / F |' -> bars of 2 and 3 slots.
    Raises ValueError for an unknown symbol (naming it, its bar and its place, counted from 1 as written), a sign that
    has nothing to refer to, control characters, and a text that is empty or too long.
    """
    if not isinstance(text, str) or not text.strip():
        raise ValueError("the changes are empty; write bars of chords, such as 'Dm7 G7 | Cmaj7'")
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"the changes are {len(text)} characters long, and at most {LONGEST_TEXT} are read")
    control = re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", text)
    if control:
        raise ValueError(f"the changes hold the control character {control[0]!r} at {control.start()}; remove it")
    text = re.sub(r"\([^()|\n]*\)", lambda group: re.sub(r"\s", "", group[0]), text)
    bars, played, opened = [], [], None
    for piece in re.split(r"(:\|+:?|\|+:(?!\|)|[|\n\r])", text):
        if piece.startswith("|") and piece.endswith(":"):
            if opened is not None:
                raise ValueError(f"the repeat before bar {len(bars) + 1} opens inside another one; close that with :|")
            opened = len(played)
        elif piece.startswith(":|"):
            played += played[opened or 0 :]
            opened = len(played) if piece.endswith(":") else None
        elif piece.strip(" \t|\n\r"):
            bars.append(_parse_bar(piece.split(), bars))
            played.append(bars[-1])
        if len(played) > MOST_BARS:
            raise ValueError(f"the changes have more than {MOST_BARS} bars; write fewer")
    if opened is not None and opened < len(played):
        raise ValueError("a repeat is opened with |: and never closed; write :| where it ends")
    if not played:
        raise ValueError("the changes hold bar lines and no chord; write bars of chords, such as 'Dm7 G7 | Cmaj7'")
    return played


def tone_name(symbol: Symbol, tone: int) -> str:
    """How a pitch class is spelled over a chord: the letter of its degree where that needs one accidental at most."""
    interval, tones = (tone - symbol.root) % 12, set(symbol.intervals)
    minor, fifth = 3 in tones and 4 not in tones, 7 in tones
    letter_steps = [0, 1, 1, 2 if minor else 1, 2, 3, 4 if minor and not fifth else 3, 4, 5, 5, 6, 6][interval]
    if interval == 8 and 8 in tones and not fifth and not minor:
        letter_steps = 4
    if interval == 9 and {3, 6, 9} <= tones and not {7, 10} & tones:
        letter_steps = 6
    if interval == 3 and not {3, 4} & tones:
        letter_steps = 2
    letters = list(LETTERS)
    letter = letters[(letters.index(symbol.root_name[0]) + letter_steps) % 7]
    alter = (tone - LETTERS[letter] + 6) % 12 - 6
    if abs(alter) > 1:
        return (SHARP_ROOTS if "#" in symbol.root_name else FLAT_ROOTS)[tone]
    return letter + {-1: "b", 0: "", 1: "#"}[alter]


def _parse_bar(words: list[str], bars: list[list[Symbol]]) -> list[Symbol]:
    number = len(bars) + 1
    if words == ["%"]:
        if not bars:
            raise ValueError("bar 1: '%' repeats the bar before, and there is none; write the chord")
        return bars[-1]
    words = [part for word in words for part in ([word.rstrip("/") or "/"] + ["/"] * _slots_after(word))]
    if len(words) > MOST_CHORDS:
        raise ValueError(f"bar {number} has {len(words)} chords, and at most {MOST_CHORDS} fit; is a '|' missing?")
    symbols = []
    for place, word in enumerate(words, 1):
        if word == "/":
            if not symbols and not bars:
                raise ValueError("bar 1, chord 1: '/' keeps the chord before, and there is none; write the chord")
            symbols.append(symbols[-1] if symbols else bars[-1][-1])
            continue
        try:
            symbols.append(parse_symbol(word))
        except ValueError as error:
            alone = "; '%' stands alone in its bar" if word == "%" else ""
            raise ValueError(f"bar {number}, chord {place}: {error}{alone}") from None
    return symbols


def _slots_after(word: str) -> int:
    """How many slashes stand behind a chord without a space: 'C//' -> 2; '//' is two slots, one of them the word's."""
    slashes = len(word) - len(word.rstrip("/"))
    return slashes - (slashes == len(word))


def _without_parentheses(group: re.Match) -> str:
    """'(b9,#11)' -> 'b9#11'; a bare number in parentheses is added: '(9)' -> 'add9'."""
    words = re.split(r"[,\s]+", group[1])
    return "".join(f"add{word}" if word in DEGREES else word for word in words)


def _intervals(match: re.Match) -> tuple[int, ...] | None:
    quality, major, number = match["quality"] or "", match["major"] or "", (match["number"] or "").replace("/", "")
    if number == "7M":
        major, number = "M", "7"
    minor, dim = quality.lower() in ("minor", "min", "mi", "m", "-"), quality.lower() in ("dim", "°", "o")
    half, aug = quality == "ø", quality.lower() in ("aug", "+")
    if number == "5":
        if quality or major:
            return None
        tones = {0, 7}
    else:
        tones = {0, 3 if minor or dim or half else 4, 6 if dim or half else 8 if aug else 7}
    extended = number in ("7", "9", "11", "13")
    if extended or half or major in ("^", "Δ") or (minor and major):
        tones.add(11 if major else 9 if dim else 10)
    if number in ("69", "6"):
        tones = tones - {11} | {9}
    if number in ("69", "9", "11", "13", "2"):
        tones.add(2)
    if number == "11" or (number == "13" and 3 in tones):
        tones.add(5)
    if number == "13":
        tones.add(9)
    if number == "11" and not major:
        tones.discard(4)
    for word, sign, degree in CHANGE.findall(match["changes"]):
        tones = _changed(tones, word, {"+": "#", "-": "b"}.get(sign, sign), degree)
        if tones is None:
            return None
    return tuple(sorted(tones))


def _changed(tones: set[int], word: str, sign: str, degree: str) -> set[int] | None:
    if word == "sus":
        return tones - {3, 4} | {2 if degree == "2" else 5}
    if word == "alt":
        return tones - {2, 5, 7, 9, 11} | {1, 3, 6, 8, 10}
    if word in ("no", "omit"):
        return tones - ({3, 4} if degree == "3" else {6, 7, 8})
    alter = {"b": -1, "#": 1, "": 0}[sign]
    if word == "add":
        return tones | {DEGREES[degree] + alter}
    if not sign:  # the empty match at the end
        return tones
    if degree in ("5", ""):
        return tones - {7} | {7 + alter}
    natural = DEGREES[degree]
    if (alter, natural) in ((-1, 5), (1, 9)):  # a flat eleventh and a sharp thirteenth are other notes' names
        return None
    return tones - ({natural} if 4 in tones or natural != 5 else set()) | {natural + alter}


def _shown(text: str) -> str:
    return repr(text if len(text) <= 24 else text[:21] + "...")


def _look_alikes(text: str) -> str:
    root = re.match(r"[A-G][#b]?", text)
    roots = [root[0]] if root else [*FLAT_ROOTS, "F#", "C#", "G#"]
    if not root and re.match(r"[a-g]", text):
        text = text[0].upper() + text[1:]
    known = [name + suffix for name in roots for suffix in COMMON]
    close = difflib.get_close_matches(text[:24], known, n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(close)}?" if close else "; write it as in C, Dm7, G7b9, Bbmaj7/D or N.C."
