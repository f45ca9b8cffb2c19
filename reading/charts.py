"""Charts as people type them: bars of chord symbols with their meters, repeats and endings.

    Dm7 G7 | Cmaj7 A7 | 3/4 Dm7 | %

Left to others: what a symbol means (`music/chord_symbols.py`), in which order bars are played (`music/form.py`), the
links of iReal Pro (`reading/ireal.py`), voicings (`reading/changes.py`).
"""

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from music.chord_symbols import Symbol, over_bass, parse_or_none, parse_symbol
from music.form import Marks, ending_names, played_order
from music.notes import Bar
from music.units import GRID
from reading.meters import LONGEST_BAR
from reading.raw_tune import some

LONGEST_TEXT = 100_000  # characters of a chart
MOST_BARS = 10_000  # of a chart, repeats played
MOST_CHORDS = 16  # in a bar
MOST_TIMES = 64  # that a repeat is played
LONGEST_LABEL = 24  # characters of a section's name

BAR_SIGNS = re.compile(r"(:\|+:?|\|+:(?!\|)|[|\n\r])")
WORDS = re.compile(r"(?:[^\s,()]|\([^()]*\))+|[^\s,]+")
EMPTY_SLOT = re.compile(r"\([^()]*\)|^\s*,|,(?=\s*(?:,|$))")
LABEL = re.compile(r"\[([^\]|\[]*)\]")
ENDING = re.compile(r"\s*\[?(\d(?:\s*[,.-]\s*\d)*)\.?(?=\s|\]|$)\]?")
METER = re.compile(r"\s*\(?(\d{1,2})/(\d{1,2})\)?(?=\s|$)")
BAR_NUMBER = re.compile(r"\s*(\d{1,3})[.:)]?(?=\s|$)")
LEFT_OVER = re.compile(r"\(\s*\)|(?<!\S)\]\s*$")  # where signs stood in parentheses; what closes an ending's bracket
TIMES = re.compile(r"(?<!\S)\(?(?:x\s?(\d{1,3})|(\d{1,3})\s?x)\)?(?!\S)", re.IGNORECASE)
JUMP = re.compile(
    r"\bD(?:\.\s*([CS])\.?|a\s+capo|al\s+segno|([CS])(?=\s+al\b))"
    r"(?:\s+al\s+(fine|(?:\w+\s+)?coda|[\w.]+(?:\s+end(?:ing\b|\b\.?))?))?",
    re.IGNORECASE,
)
SIGNS = re.compile(r"(?P<to_coda>\bto\s+coda\b)|(?P<coda>\bcoda\b|𝄌)|(?P<segno>\bsegno\b|𝄋)|(?P<fine>\bfine\b)", re.I)


@dataclass(frozen=True)
class WrittenBar:
    """A bar as it is written: its `symbols`, slot by slot, its `meter`, its `marks`, the `section` that begins here."""

    symbols: tuple[Symbol, ...]
    meter: tuple[int, int]
    marks: Marks = Marks()
    section: str = ""

    def marked(self, **marks) -> "WrittenBar":
        """The same bar with these marks."""
        return replace(self, marks=self.marks._replace(**marks))


class Chart(NamedTuple):
    """A chart as it is played: `bars` from 0, the length of each chord and its symbol in every bar, the name of the
    section, or of the ending ('1.'), that begins in some, by number; what is `told` of how it was read; and its key's
    sharps, its title and its style where they are said."""

    bars: list[Bar]
    changes: list[list[tuple[int, Symbol]]]
    sections: dict[int, str]
    told: tuple[str, ...]
    fifths: int | None = None
    title: str = ""
    style: str = ""


class Slots(NamedTuple):
    """What stands in a bar: its symbols, slot by slot, and how many alternates were passed over."""

    symbols: tuple[Symbol, ...]
    alternates: int


def parse_chart(text: str, meter: tuple[int, int] = (4, 4)) -> Chart:
    """Read a chart that begins in this meter, and play its form once.

    Bars are parted by '|' or a new line, chords by spaces or commas; '/', '.' and an empty place between commas keep a
    chord for one more beat, '%' is the bar before, a blank bar holds its chord, 'N.C.' is silence, 'W/G' the chord
    before over another bass. In front of a bar may stand a meter ('3/4'), a section ('[A]'), an ending ('|1 ... :|2
    ...'); '|: ... :|' is played twice, ':|x3' three times; D.C., D.S., Coda, Segno and Fine are followed. An alternate
    in parentheses behind a chord is passed over.

    Raises ValueError for a symbol that is none (naming it, its bar and its place, counted from 1 as written), a sign
    that has nothing to refer to, control characters, and a text that is empty or too long.
    """
    if not isinstance(text, str) or not text.strip():
        raise ValueError("the changes are empty; write bars of chords, such as 'Dm7 G7 | Cmaj7'")
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"the changes are {len(text)} characters long, and at most {LONGEST_TEXT} are read")
    control = re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", text)
    if control:
        raise ValueError(f"the changes hold the control character {control[0]!r} at {control.start()}; remove it")
    reader = _Reader(meter)
    text, told = _with_sections(text)
    reader.read(text)
    if len(reader.bars) == 1 and len(reader.bars[0].symbols) > 2 and not re.search(r"[|\n]", text.strip()):
        told.append(f"one bar of {len(reader.bars[0].symbols)} chords: no '|' parts them")
    if reader.times:
        told.append(f"x{reader.times}: no :| closes what it repeats; played once")
    return played_chart(reader.bars, (*told, *told_of_alternates(reader.alternates)))


def _with_sections(text: str) -> tuple[str, list[str]]:
    """A chart in which lines of a letter alone, in the order of the alphabet, each before a line of bars, are the names
    of sections, 'A' -> '[A]'; and what is told of it."""
    lines = text.splitlines()
    names = {
        number: line.strip()
        for number, (line, following) in enumerate(pairwise([*lines, ""]))
        if re.fullmatch(r"\s*[A-H]\s*", line) and "|" in following
    }
    if not names or not "ABCDEFGH".startswith("".join(dict.fromkeys(names.values()))):
        return text, []
    marked = [f"[{names[number]}]" if number in names else line for number, line in enumerate(lines)]
    return "\n".join(marked), [f"sections: {', '.join(names.values())}, for these letters have lines of their own"]


def told_of_alternates(count: int) -> tuple[str, ...]:
    return (f"{some(count, 'alternate')} in parentheses passed over",) if count else ()


def played_chart(written: list[WrittenBar], told: tuple[str, ...] = ()) -> Chart:
    """The form of written bars, played once. Raises ValueError where it cannot be followed."""
    if not any(symbol for bar in written for symbol in bar.symbols):
        raise ValueError("the changes hold bar lines and no chord; write bars of chords, such as 'Dm7 G7 | Cmaj7'")
    if len(written) > MOST_BARS:
        raise ValueError(f"the changes have more than {MOST_BARS} bars; write fewer")
    try:
        order = played_order([bar.marks for bar in written], MOST_BARS)
    except ValueError as error:
        raise ValueError(f"the changes cannot be followed: {error}; mend the signs") from None
    bars, changes, sections, start = [], [], {}, 0
    endings = ending_names([bar.marks for bar in written])
    for place in order:
        bar = written[place]
        length = 4 * GRID * bar.meter[0] // bar.meter[1]
        bars.append(Bar(start, length, bar.meter))
        start += length
        try:
            changes.append(list(zip(bars[-1].shares(len(bar.symbols)), bar.symbols, strict=True)))
        except ValueError as error:
            raise ValueError(f"bar {place + 1} has {error}; is a '|' missing?") from None
        if bar.section or place in endings:
            sections[len(bars) - 1] = bar.section or endings[place]
    if order != list(range(len(written))):
        told = (*told, f"form: {len(written)} bars written, {len(order)} played")
    return Chart(bars, changes, sections, told)


class _Reader:
    """A chart while it is read: the bars so far, and what is marked for the next one."""

    def __init__(self, meter: tuple[int, int]):
        self.meter, self.bars, self.alternates = meter, [], 0
        self.marks, self.section, self.times = Marks(), "", 0  # of the bar to come; of the repeat to be closed
        self.ending, self.opened = (), None

    @property
    def number(self) -> int:
        """Of the bar to come, from 1."""
        return len(self.bars) + 1

    def read(self, text: str) -> None:
        text = re.sub(r"\([^()|\n]*\)", lambda group: re.sub(r"\s+", " ", group[0]), text)
        pieces = BAR_SIGNS.split(text.replace("|]", "||").replace("[|", "|"))  # a piece, a sign, a piece, ...
        for piece, before, after in zip(pieces[::2], ["", *pieces[1::2]], [*pieces[1::2], ""], strict=True):
            if before.startswith(":|"):
                self._close()
            if before.endswith(":"):
                self._open()
            if not piece and before == after == "|":
                self.ending = ()  # a double bar line: it is over
            is_blank = piece.isspace() and before == "|" and after.startswith(("|", ":|")) and not after.endswith(":")
            if piece.strip() or is_blank:
                piece = self._without_bar_number(piece) if before in ("", "\n", "\r") else piece
                self._read_bar(piece, is_blank, before.startswith(":|"))
        if self.opened is not None and self.opened < self.number:
            raise ValueError("a repeat is opened with |: and never closed; write :| where it ends")

    def _without_bar_number(self, piece: str) -> str:
        """A line that may begin with the number of its bar: of an ending it is where a repeat is open, or was just
        closed."""
        found, last = BAR_NUMBER.match(piece), self.bars[-1].marks if self.bars else Marks()
        if found and int(found[1]) == self.number and self.opened is None and not (last.times or last.ending):
            return piece[found.end() :]
        return piece

    def _open(self) -> None:
        if self.opened is not None:
            raise ValueError(f"the repeat before bar {self.number} opens inside another one; close that with :|")
        self.opened, self.ending = self.number, ()
        self.marks = self.marks._replace(opens=True)

    def _close(self) -> None:
        if not self.bars:
            raise ValueError("':|' closes a repeat, and no bar stands in front of it; write the bars")
        self._mark_last(times=self.times or 2)
        self.opened, self.ending, self.times = None, (), 0

    def _mark_last(self, **marks) -> None:
        if self.bars:
            self.bars[-1] = self.bars[-1].marked(**marks)

    def _read_bar(self, piece: str, is_blank: bool, follows_repeat: bool) -> None:
        """Read what stands between two bar signs: a bar, or marks that belong to one."""
        times = TIMES.search(piece)
        if times:
            self._read_times(times, follows_repeat)
            piece = TIMES.sub(" ", piece, count=1)
        piece = self._read_beginning(piece)
        at_end, piece = self._read_signs(piece)
        words = _words(LEFT_OVER.sub(" ", piece))
        if is_blank and not self.bars:
            raise ValueError("bar 1 is blank, and no chord before it can be held; write its chord")
        if words or is_blank:
            slots = read_slots(words, self.bars, self.number)
            self.alternates += slots.alternates
            self.bars.append(
                WrittenBar(slots.symbols, self.meter, self.marks._replace(ending=self.ending), self.section)
            )
            self.marks, self.section = Marks(), ""
        self._mark_last(**at_end)

    def _read_times(self, times: re.Match, follows_repeat: bool) -> None:
        """How often the repeat is played that was closed just before, else the one that will be."""
        count = min(max(int(times[1] or times[2]), 1), MOST_TIMES)
        if follows_repeat and not times.string[: times.start()].strip():
            self._mark_last(times=count)
        else:
            self.times = count

    def _read_beginning(self, piece: str) -> str:
        """Take off an ending's number, labels and a meter."""
        ending = ENDING.match(piece)
        if ending:
            first, *rest = (int(number) for number in re.findall(r"\d", ending[1]))
            self.ending = tuple(range(first, rest[0] + 1)) if "-" in ending[1] and rest else (first, *rest)
            piece = piece[ending.end() :]
        for label in LABEL.findall(piece):
            self.ending = self.ending if ending else ()
            if not self._sign(label):
                self.section = label.strip()[:LONGEST_LABEL]
        piece = LABEL.sub(" ", piece)
        meter = METER.match(piece)
        if meter:
            self.meter = _meter(int(meter[1]), int(meter[2]), self.number)
            piece = piece[meter.end() :]
        return piece

    def _sign(self, text: str) -> bool:
        """Whether it is the name of a sign that stands at the beginning of a bar; the bar to come has it then."""
        sign = SIGNS.fullmatch(text.strip())
        if sign and sign.lastgroup in ("coda", "segno"):
            self.marks = self.marks._replace(**{sign.lastgroup: True})
            return True
        return False

    def _read_signs(self, piece: str) -> tuple[dict, str]:
        """What is marked at the end of the bar, and the piece without its signs."""
        at_end = {}
        jump = JUMP.search(piece)
        if jump:
            at_end |= {"jump": _back_to(jump), "until": _until(jump)}
            piece = JUMP.sub(" ", piece, count=1)
        for sign in SIGNS.finditer(piece):
            if not self._sign(sign[0]):
                at_end[sign.lastgroup] = True
        return at_end, SIGNS.sub(" ", piece)


def read_text_signs(text: str, signs: Marks) -> Marks:
    """What a remark such as 'D.S. al Coda', 'Fine' or '3x' says, added to what was said before; nothing is nothing."""
    times, jump = TIMES.search(text), JUMP.search(text)
    if times:
        signs = signs._replace(said=min(max(int(times[1] or times[2]), 1), MOST_TIMES))
    if jump and "cue" not in text.lower():
        signs = signs._replace(jump=_back_to(jump), until=_until(jump))
    elif re.search(r"\bfine\b", text, re.IGNORECASE):
        signs = signs._replace(fine=True)
    elif re.search(r"\bto\s+coda\b", text, re.IGNORECASE):
        signs = signs._replace(to_coda=True)
    return signs


def _back_to(jump: re.Match) -> str:
    return "D.S." if "s" in (jump[1] or jump[2] or jump[0][3:4]).lower() else "D.C."


def _until(jump: re.Match) -> str:
    where = (jump[3] or "").lower()
    ending = re.match(r"\d", where)
    return "coda" if where.endswith("coda") else "fine" if where == "fine" else ending[0] if ending else ""


def _meter(count: int, unit: int, number: int) -> tuple[int, int]:
    if unit not in (1, 2, 4, 8, 16) or not 0 < 4 * count <= LONGEST_BAR * unit:
        raise ValueError(f"bar {number}: no bar is in {count}/{unit} here; write a meter such as 3/4")
    return count, unit


def read_slots(words: list[str], before: list[WrittenBar], number: int) -> Slots:
    """The symbols of a bar, word by word; none hold the chord before. `before` are the bars before it."""
    if words == ["%"] and before:
        return Slots(before[-1].symbols, 0)
    words = [part for word in words for part in _parted(word)] or ["/"]
    if len(words) > MOST_CHORDS:
        raise ValueError(f"bar {number} has {len(words)} chords, and at most {MOST_CHORDS} fit; is a '|' missing?")
    symbols, alternates = [], 0
    for place, word in enumerate(words, 1):
        last = last_symbol(before, symbols, of_chord=word.startswith("W"))
        try:
            found, passed_over = _read_word(word, last, bool(symbols))
        except ValueError as error:
            alone = "; '%' stands alone in its bar" if word == "%" and len(words) > 1 else ""
            raise ValueError(f"bar {number}, chord {place}: {error}{alone}") from None
        symbols += found
        alternates += passed_over
    return Slots(tuple(symbols), alternates)


def last_symbol(bars: list[WrittenBar], symbols: list[Symbol], of_chord: bool = False) -> Symbol | None:
    """The last symbol of bars and those behind them; the last that is a chord's, where N.C. does not count."""
    for written in (symbols, *(bar.symbols for bar in reversed(bars))):
        for symbol in reversed(written):
            if not of_chord or symbol.root is not None:
                return symbol
    return None


def _words(piece: str) -> list[str]:
    """What stands in a bar, slot by slot; between two commas, and behind a last one, a chord is held: 'C7,,F7' ->
    'C7', '/', 'F7'."""
    held = EMPTY_SLOT.sub(lambda found: found[0] if found[0].startswith("(") else " / ", piece)
    return WORDS.findall(held)


def _parted(word: str) -> list[str]:
    """A word with the slots that stand behind it without a space: 'C//' -> 'C', '/', '/'; '..' -> '/', '/'."""
    if re.fullmatch(r"[./]+", word):
        return ["/"] * len(word)
    bare = word.rstrip("/")
    return [bare, *["/"] * (len(word) - len(bare))]


def _read_word(word: str, last: Symbol | None, is_second: bool) -> tuple[list[Symbol], int]:
    """The symbols that a word stands for, one a slot, and how many alternates in it are passed over."""
    if word in ("/", "%") and last is None:
        what = "keeps the chord" if word == "/" else "repeats the bar"
        raise ValueError(f"'{word}' {what} before, and there is none; write the chord")
    if word == "/":
        return [last], 0
    over = re.fullmatch(r"W/([A-Ga-g](?:bb|##|[b#♭♯])?)", word)
    if over and last is not None:
        return [over_bass(last, over[1])], 0
    inside = re.fullmatch(r"(.*?)\(([^()]*(?:\([^()]*\)[^()]*)*)\)", word)
    alternates = all_symbols(inside[2]) if inside else None
    if alternates and not inside[1] and is_second:
        return [last], 1
    try:
        return [parse_symbol(word)], 0
    except ValueError:
        if not alternates:
            raise
    return (alternates, 0) if not inside[1] else ([parse_symbol(inside[1])], 1)


def all_symbols(text: str) -> list[Symbol] | None:
    """The symbols of a text that holds nothing else; None where it holds something, or nothing."""
    symbols = [parse_or_none(word) for word in WORDS.findall(text)]
    return symbols if symbols and None not in symbols else None
