"""Charts of iReal Pro: from its links, `irealb://` and `irealbook://`, alone or in an exported page, to bars.

Our own: the one Python library for it, pyRealParser, has no wheel, drops alternates, meters and jumps, and splits a
playlist at empty fields. What the format is, its makers publish, but for the scrambling, which readers of it have
found. Left to others: what a symbol means (`music/chord_symbols.py`), the form (`reading/charts.py`).
"""

import html
import re
from typing import NamedTuple
from urllib.parse import unquote

from music.chord_symbols import NO_CHORD, Symbol, over_bass, parse_symbol
from music.form import Marks
from reading.charts import MOST_BARS, WrittenBar, last_symbol, read_text_signs

LINK = re.compile(r"ireal(b|book)://")
PAGE = re.compile(r"<\s*/?(?:!doctype|html|head|body|a|p|br|h\d)\b", re.IGNORECASE)
MUSIC = "1r34LbKcu7"  # what a scrambled chart begins with
BLOCK = 50  # characters that are scrambled among themselves
SHORT = {"Kcl": "| x", "LZ": " |", "XyQ": "   "}
SECTIONS = {"i": "Intro", "v": "Verse", "V": "Verse"}
TOKENS = re.compile(
    r"T(?P<meter>\d\d)|\*(?P<section>[A-Za-z])|<(?P<text>[^>]*)>?|N(?P<ending>\d)|(?P<sign>[SQU])"
    r"|(?P<alternate>\([^()]*\)?)|(?P<silence>n)|(?P<hold>p)|(?P<bar>x)|(?P<two>r)|(?P<line>[|\[\]{}Z])|(?P<cell> )"
    r"|(?P<chord>(?P<root>[A-GW](?:bb|##|[b#])?)(?P<quality>(?:\*[^*|\[\]{} ]*\*|sus|alt|add|[-+^ho\d]|[b#](?=\d))*)"
    r"(?:/(?P<bass>[A-G][b#]?))?)"
)


class Song(NamedTuple):
    """One song of a link: its `title`, `composer`, `style` and `key`, and its chart, `music`, unscrambled."""

    title: str
    composer: str
    style: str
    key: str
    music: str


def is_ireal(text: str) -> bool:
    """Whether a text holds a link of iReal Pro."""
    return bool(LINK.search(text))


def songs_of(text: str) -> list[Song]:
    """The songs of all links in a text: links one after the other, or a page that holds some. Raises ValueError for no
    song."""
    if PAGE.search(text):
        links = re.findall(r"ireal(?:b|book)://[^\"<>]*", text)
    else:
        links = [link.strip() for link in re.split(r"(?=ireal(?:b|book)://)", text) if LINK.match(link)]
    songs = []
    for link in links:
        kind, fields = LINK.match(link)[1], unquote(html.unescape(link).partition("://")[2]).split("=")
        songs += _scrambled_songs(fields) if kind == "b" else _plain_songs(fields)
    if not songs:
        raise ValueError("the link of iReal Pro holds no song; export it from the app once more")
    return songs


def bars_of(song: Song) -> tuple[list[WrittenBar], int]:
    """The bars of a song as they are written, and how many alternates were passed over. Raises ValueError, naming the
    bar, for a symbol that is none."""
    writer = _Writer()
    for token in TOKENS.finditer(song.music):
        writer.take(token.lastgroup, token)
        if len(writer.bars) > MOST_BARS:
            raise ValueError(f"the song has more than {MOST_BARS} bars")
    writer.end_bar()
    return writer.bars, writer.alternates


def _scrambled_songs(fields: list[str]) -> list[Song]:
    """Title, composer, nothing, style, key, transposition, music, groove, tempo, repeats: found by the music, as empty
    fields look like what stands between two songs."""
    found = []
    for place, field in enumerate(fields):
        if field.startswith(MUSIC) and place >= 5:
            title, composer, _, style, key, _ = fields[place - 6 : place] if place >= 6 else ["", *fields[:5]]
            found.append(Song(title, composer, style, key, unscrambled(field.removeprefix(MUSIC))))
    return found


def _plain_songs(fields: list[str]) -> list[Song]:
    """Title, composer, style, key, 'n', music."""
    places = [place for place, field in enumerate(fields) if field == "n" and 4 <= place < len(fields) - 1]
    return [Song(*fields[place - 4 : place], fields[place + 1]) for place in places]


def unscrambled(music: str) -> str:
    """A chart of `irealb://` in plain text: in every whole block of 50 characters that more than one follows, the first
    five and the 11th to 24th stand in the place of those that lie as far from the end. It is its own inverse, up to the
    abbreviations that are written out then."""
    blocks = []
    while len(music) > BLOCK:
        block, music = music[:BLOCK], music[BLOCK:]
        blocks.append(block if len(music) < 2 else swapped(block))
    plain = "".join(blocks) + music
    for short, full in SHORT.items():
        plain = plain.replace(short, full)
    return plain


def swapped(block: str) -> str:
    """A block with the characters that change places."""
    letters = list(block)
    for place in (*range(5), *range(10, 24)):
        letters[place], letters[-1 - place] = letters[-1 - place], letters[place]
    return "".join(letters)


class _Writer:
    """Bars while they are read, token by token."""

    def __init__(self):
        self.bars: list[WrittenBar] = []
        self.meter, self.alternates = (4, 4), 0
        self.marks, self.section, self.ending, self.signs = Marks(), "", (), Marks()
        self.cells: list[Symbol | str] = []  # a symbol, ' ' for nothing new, '/' for the chord that goes on
        self.repeats, self.fills_up = 0, False  # bars that are repeated; whether they filled the bar to come, too
        self.line, self.endings = "[", 0  # what the bar began with; the number of the last ending in this repeat
        self.coda = None  # where the last coda sign stands: it is the coda, those before it lead there

    def take(self, kind: str, token: re.Match) -> None:
        """One token: of a bar, of its marks, or the line that ends it."""
        match kind:
            case "line":
                self.end_line(token[0])
            case "cell" | "hold" | "silence" | "chord":
                self.take_cell(kind, token)
            case "bar" | "two":
                self.repeats = 1 if kind == "bar" else 2
            case "meter":
                self.meter = (12, 8) if token["meter"] == "12" else (int(token["meter"][0]), int(token["meter"][1]))
            case "section":
                self.section, self.ending = SECTIONS.get(token["section"], token["section"]), ()
            case "ending":
                self.endings = int(token["ending"]) or self.endings + 1  # N0 is a bracket without its number
                self.ending = (self.endings,)
            case "text":
                self.signs = read_text_signs(token["text"], self.signs)
            case "sign":
                self.take_sign(token["sign"])
            case "alternate":
                self.alternates += 1

    def take_sign(self, sign: str) -> None:
        begins = not any(isinstance(cell, Symbol) for cell in self.cells)
        if sign == "S":
            self.marks = self.marks._replace(segno=True)
        elif sign == "U":
            self.signs = self.signs._replace(fine=True)
        else:  # what leads to the coda stands behind the last bar before it, or in it
            if self.coda is not None and 0 <= self.coda < len(self.bars):
                self.mark(self.coda, to_coda=True)
            self.coda = len(self.bars) - begins
            self.marks = self.marks._replace(coda=begins)

    def take_cell(self, kind: str, token: re.Match) -> None:
        number = len(self.bars) + 1
        if kind == "cell":
            self.cells.append(" ")
        elif kind == "hold":
            self.cells.append("/")
        elif kind == "silence":
            self.cells.append(parse_symbol(NO_CHORD))
        elif token["root"] == "W":
            last = last_symbol(self.bars, [cell for cell in self.cells if isinstance(cell, Symbol)], of_chord=True)
            if last is None:
                raise ValueError(f"bar {number}: {token[0]!r} is over the chord before, and there is none")
            self.cells.append(over_bass(last, token["bass"]) if token["bass"] else last)
        else:
            try:
                self.cells.append(parse_symbol(token["chord"].replace("*", "")))
            except ValueError as error:
                raise ValueError(f"bar {number}: {error}") from None

    def mark(self, place: int, **marks) -> None:
        self.bars[place] = self.bars[place].marked(**marks)

    def end_line(self, line: str) -> None:
        self.end_bar()
        if line == "}" and self.bars:
            self.mark(-1, times=2)
        if line in "}][{Z":
            self.ending = ()
        if line == "{":
            self.marks, self.endings = self.marks._replace(opens=True), 0
        self.line = line

    def end_bar(self) -> None:
        """What stands in the cells becomes a bar; only marks wait for the next one, or belong to the last."""
        is_blank = all(cell == " " for cell in self.cells) and not self.repeats
        if is_blank and (not self.cells or self.fills_up or not self.bars or self.line in "]}Z"):
            self.cells, self.fills_up = [], False
            self.mark_signs()
            return
        repeated = [bar.symbols for bar in self.bars[-self.repeats :]] if self.repeats else []
        for symbols in repeated or [self.slots()]:
            marks = self.marks._replace(ending=self.ending)
            self.bars.append(WrittenBar(symbols, self.meter, marks, self.section))
            self.marks, self.section = Marks(), ""
        self.cells, self.fills_up, self.repeats = [], self.repeats == 2, 0
        self.mark_signs()

    def mark_signs(self) -> None:
        if self.bars:
            self.mark(-1, **self.signs.given)
            self.signs = Marks()

    def slots(self) -> tuple[Symbol, ...]:
        """The symbols of the bar, one a beat where its cells tell where they stand, else one a chord."""
        symbols = [cell for cell in self.cells if isinstance(cell, Symbol)]
        held = self.bars[-1].symbols[-1] if self.bars else None
        if not symbols or len(symbols) == len(self.cells):
            return tuple(symbols) or (held or parse_symbol(NO_CHORD),)
        beats, n = self.meter[0], len(self.cells)
        placed: dict[int, Symbol] = {}
        for place, cell in enumerate(self.cells):
            if isinstance(cell, Symbol):
                beat = min(place, beats - 1) if n == 4 and beats <= 4 else place * beats // n
                while beat in placed and beat + 1 < beats:
                    beat += 1
                placed[beat] = cell
        slots, sounding = [], held or symbols[0]
        for beat in range(beats):
            sounding = placed.get(beat, sounding)
            slots.append(sounding)
        return tuple(slots)
