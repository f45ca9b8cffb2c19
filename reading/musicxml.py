"""MusicXML as it stands in the file: measures with their notes, chord symbols and marks.

Our own: music21 takes seconds to be there, gives a suspended seventh a major one, takes a chord kind that it does not
know for plain major, and counts whatever large numbers a file holds. The table of kinds is the standard's
(https://www.w3.org/2021/06/musicxml40/musicxml-reference/data-types/kind-value/). Left to others: text and archives
(`reading/score_text.py`), what becomes of measures (`reading/measures.py`).
"""

import re
import xml.etree.ElementTree as ET
from fractions import Fraction

from music.chord_names import spelled_symbol, transposed
from music.chord_symbols import NO_CHORD, Symbol, parse_or_none, parse_symbol, tone_name
from music.form import Marks
from music.keys import LETTERS
from music.piece import DRUM_CHANNEL
from reading.charts import read_text_signs
from reading.measures import (
    LONGEST_MEASURE,
    MOST_MEASURES,
    TICKS,
    WrittenMeasure,
    WrittenNote,
    WrittenPart,
    WrittenScore,
)
from reading.raw_tune import HIGHEST_TEMPO, LOWEST_TEMPO, some
from reading.score_text import READABLE_ELSEWHERE, label

KINDS = {
    "major": "", "minor": "m", "augmented": "aug", "diminished": "dim", "dominant": "7", "major-seventh": "maj7",
    "minor-seventh": "m7", "diminished-seventh": "dim7", "augmented-seventh": "7#5", "half-diminished": "m7b5",
    "major-minor": "mMaj7", "major-sixth": "6", "minor-sixth": "m6", "dominant-ninth": "9", "major-ninth": "maj9",
    "minor-ninth": "m9", "dominant-11th": "11", "major-11th": "maj11", "minor-11th": "m11", "dominant-13th": "13",
    "major-13th": "maj13", "minor-13th": "m13", "suspended-second": "sus2", "suspended-fourth": "sus4", "power": "5",
}  # fmt: skip
OLD_KINDS = {"min": "minor", "maj": "major", "aug": "augmented", "dim": "diminished", "sus47": "suspended-fourth"}
NATURALS = {1: 0, 2: 2, 3: 4, 4: 5, 5: 7, 6: 9, 7: 10, 8: 0, 9: 2, 10: 4, 11: 5, 13: 9}
QUARTERS = {"whole": 4, "half": 2, "quarter": 1, "eighth": Fraction(1, 2), "16th": Fraction(1, 4)}
ACCIDENTALS = {-2: "bb", -1: "b", 0: "", 1: "#", 2: "##"}
SLASH = "slash"


def read_musicxml(text: str) -> WrittenScore:
    """What a MusicXML text holds. Raises ValueError where it is none."""
    try:
        root = ET.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))  # it is text already, whatever it was written in
    except (ET.ParseError, ValueError) as error:
        raise ValueError(f"damaged, or no musicxml score ({error}); {READABLE_ELSEWHERE}") from error
    if root.tag not in ("score-partwise", "score-timewise"):
        raise ValueError(f"no musicxml score, but <{label(root.tag)}>; {READABLE_ELSEWHERE}")
    try:
        return _Reader(root).score()
    except (OverflowError, ZeroDivisionError, RecursionError) as error:
        raise ValueError(f"damaged: a number in it makes no sense ({error})") from error


def _number(text: str | None, default: float = 0) -> Fraction:
    """A number that MusicXML writes, as '4' or '-0.5'; ValueError for what is none, or larger than any that makes
    sense."""
    if text is None or not text.strip():
        return Fraction(default)
    if not re.fullmatch(r"\s*[+-]?\d{1,9}(\.\d{1,9})?\s*", text):
        raise ValueError(f"damaged: it holds the number {label(text)!r}")
    return Fraction(text.strip())


def _whole(text: str | None, default: int = 0) -> int:
    return int(_number(text, default))


class _Reader:
    """A score while it is read."""

    def __init__(self, root: ET.Element):
        self.root, self.unread, self.disagree, self.tempos, self.fifths = root, [], 0, [], None
        self.measures: list[WrittenMeasure] = []

    def score(self) -> WrittenScore:
        """All parts; measures are as long as the longest part makes them."""
        parts = [self.part(identifier, measures) for identifier, measures in self.parts_of().items()]
        told = (f"chords: {some(self.disagree, 'symbol')} read by the text, for the kind says another chord",)
        told = told if self.disagree else ()
        return WrittenScore(self.measures, parts, self.tempos, tuple(self.unread), self.fifths, told)

    def parts_of(self) -> dict[str, list[ET.Element]]:
        """The measures of each part, by the part's id, whichever way round the score is written."""
        if self.root.tag == "score-partwise":
            return {part.get("id", ""): part.findall("measure") for part in self.root.findall("part")}
        found = {}
        for measure in self.root.findall("measure"):
            for part in measure.findall("part"):
                part.attrib.update({**measure.attrib, **part.attrib, "id": part.get("id", "")})
                found.setdefault(part.get("id", ""), []).append(part)
        return found

    def part(self, identifier: str, elements: list[ET.Element]) -> WrittenPart:
        if len(elements) > MOST_MEASURES:
            raise ValueError(f"it is {len(elements):,} measures long and at most {MOST_MEASURES:,} are read")
        head = next((one for one in self.root.iter("score-part") if one.get("id") == identifier), ET.Element("x"))
        is_drums = head.findtext("midi-instrument/midi-channel", "").strip() == str(DRUM_CHANNEL + 1)
        reader = _PartReader(self)
        for number, element in enumerate(elements):
            reader.measure(number, element)
        name = label(head.findtext("part-name") or "")
        return WrittenPart(name, is_drums, reader.notes, reader.symbols, reader.slashes)

    def fit(self, number: int, measure: WrittenMeasure) -> None:
        """What one part says of a measure joins what others said."""
        if number == len(self.measures):
            self.measures.append(measure)
            return
        other = self.measures[number]
        longer = max(other, measure, key=lambda one: one.length)
        marks = other.marks._replace(**measure.marks.given)
        self.measures[number] = longer._replace(marks=marks, section=other.section or measure.section)


class _PartReader:
    """One part while it is read, measure by measure."""

    def __init__(self, score: _Reader):
        self.score_reader = score
        self.notes, self.symbols, self.slashes = [], [], 0
        self.divisions, self.meter, self.shift, self.ending = Fraction(1), (4, 4), 0, ()

    def measure(self, number: int, element: ET.Element) -> None:
        """Read one measure."""
        self.number, self.at, self.last, self.furthest = number, 0, 0, 0
        self.signs, self.marks, self.section, self.ends = Marks(), {}, "", False
        self.notes.append([])
        self.symbols.append([])
        for child in element:
            read = getattr(self, f"read_{child.tag}", None)
            if read:
                read(child)
        nominal = 4 * TICKS * self.meter[0] // self.meter[1]
        length = self.furthest or nominal
        if length > LONGEST_MEASURE:
            raise ValueError(f"measure {number + 1} is {length / TICKS:,.0f} quarters long, which no measure is")
        marks = {"ending": self.ending} | self.marks | self.signs.given
        made = WrittenMeasure(length, self.meter, section=self.section)
        self.score_reader.fit(number, made._replace(marks=made.marks._replace(**marks)))
        if self.ends:
            self.ending = ()

    def ticks(self, element: ET.Element, tag: str = "duration") -> int:
        return round(_number(element.findtext(tag)) / self.divisions * TICKS)

    def move(self, by: int) -> None:
        self.at = max(0, self.at + by)
        self.furthest = max(self.furthest, self.at)

    def read_attributes(self, element: ET.Element) -> None:
        if element.findtext("divisions"):
            self.divisions = max(Fraction(1, 1000), _number(element.findtext("divisions")))
        if element.find("time/beats") is not None:
            beats = [_whole(one) for one in element.findtext("time/beats").split("+")]
            unit = _whole(element.findtext("time/beat-type"), 4)
            if sum(beats) > 0 and unit in (1, 2, 4, 8, 16, 32, 64):
                self.meter = (sum(beats), unit)
        if element.find("transpose") is not None:
            octaves = _whole(element.findtext("transpose/octave-change"))
            self.shift = _whole(element.findtext("transpose/chromatic")) + 12 * octaves
        if self.score_reader.fifths is None and element.find("key/fifths") is not None:
            sounding = _whole(element.findtext("key/fifths")) + 7 * self.shift
            self.score_reader.fifths = (sounding + 5) % 12 - 5 if self.shift % 12 or abs(sounding) > 7 else sounding

    def read_backup(self, element: ET.Element) -> None:
        self.move(-self.ticks(element))

    def read_forward(self, element: ET.Element) -> None:
        self.move(self.ticks(element))

    def read_note(self, element: ET.Element) -> None:
        if element.find("grace") is not None or element.find("cue") is not None:
            return
        length = self.ticks(element)
        start = self.last if element.find("chord") is not None else self.at
        if element.find("chord") is None:
            self.last = self.at
            self.move(length)
        pitch = element.find("pitch")
        if pitch is None or element.findtext("notehead", "").strip() == SLASH:
            self.slashes += pitch is not None
            return
        letter, octave = pitch.findtext("step", "").strip().upper(), _whole(pitch.findtext("octave"), 4)
        if letter not in LETTERS or length <= 0:
            return
        midi = 12 * (octave + 1) + LETTERS[letter] + round(_number(pitch.findtext("alter"))) + self.shift
        ties = {tie.get("type") for tie in element.findall("tie")}
        if 0 <= midi <= 127:
            self.notes[-1].append(WrittenNote(start, start + length, midi, "stop" in ties, "start" in ties))

    def read_harmony(self, element: ET.Element) -> None:
        symbol = self.symbol(element)
        if symbol is None:
            kind, root = element.find("kind"), _spelled(element, "root") or ""
            text = "" if kind is None else kind.get("text") or kind.text or ""
            self.score_reader.unread.append((root + text.strip(), self.number + 1))
            return
        at = max(0, self.at + self.ticks(element, "offset"))
        self.symbols[-1].append((at, symbol))

    def read_direction(self, element: ET.Element) -> None:
        for kind in element.findall("direction-type"):
            words = " ".join(word.text or "" for word in kind.findall("words"))
            self.signs = read_text_signs(words, self.signs)
            self.section = label(kind.findtext("rehearsal") or "") or self.section
            if kind.find("segno") is not None:
                self.marks["segno"] = True
            if kind.find("coda") is not None:
                self.marks["coda"] = True
            mark = kind.find("metronome")
            if mark is not None and (mark.findtext("beat-unit") or "").strip() in QUARTERS:
                unit = QUARTERS[mark.findtext("beat-unit").strip()] * (
                    Fraction(3, 2) if mark.find("beat-unit-dot") is not None else 1
                )
                tempo = re.search(r"\d{1,4}(\.\d{1,4})?", mark.findtext("per-minute") or "")
                self.tempo(float(unit) * float(tempo[0]) if tempo else 0)
        for sound in element.findall("sound"):
            self.read_sound(sound)

    def read_sound(self, element: ET.Element) -> None:
        tempo = re.fullmatch(r"\s*\d{1,4}(\.\d{1,9})?\s*", element.get("tempo", ""))
        if tempo:
            self.tempo(float(tempo[0]))
        if element.get("dacapo") == "yes":
            self.signs = self.signs._replace(jump="D.C.")
        if element.get("dalsegno"):
            self.signs = self.signs._replace(jump="D.S.")
        if element.get("tocoda"):
            self.marks["coda"] = False
            self.signs = self.signs._replace(to_coda=True)
        if element.get("coda"):
            self.marks["coda"] = True
        if element.get("segno"):
            self.marks["segno"] = True
        if element.get("fine"):
            self.signs = self.signs._replace(fine=True)

    def tempo(self, tempo: float) -> None:
        if LOWEST_TEMPO <= tempo <= HIGHEST_TEMPO:
            self.score_reader.tempos.append((self.number, self.at, round(tempo, 3)))

    def read_barline(self, element: ET.Element) -> None:
        repeat, ending = element.find("repeat"), element.find("ending")
        if ending is not None:
            numbers = tuple(int(one) for one in re.findall(r"\d{1,2}", ending.get("number", "")))
            if ending.get("type") == "start":
                self.ending = numbers
            else:
                self.ends = True
        if repeat is not None and repeat.get("direction") == "forward":
            self.marks["opens"] = True
        elif repeat is not None:
            self.marks["times"] = min(max(2, _whole(repeat.get("times"), 2)), 64)

    # --- Chord symbols ---

    def symbol(self, element: ET.Element) -> Symbol | None:
        """One harmony: by its kind and degrees, or by its text where that says another chord; None for no chord."""
        kind = element.find("kind")
        name = ((kind.text or "") if kind is not None else "").strip()
        text = (kind.get("text") or "").strip() if kind is not None else ""
        if name == "none" or parse_or_none(text) == parse_symbol(NO_CHORD):
            return parse_symbol(NO_CHORD)
        root, bass = _spelled(element, "root"), _spelled(element, "bass")
        if root is None:
            return None
        known = KINDS.get(OLD_KINDS.get(name, name or "major"))
        plain = None if known is None else set(parse_symbol("C" + known).intervals)
        meant = None if plain is None else _with_degrees(plain, element)
        said = parse_or_none(f"C({text})" if text[:1] in "b#" and text else f"C{text}") if text else None
        if said and (meant is None or set(said.intervals) not in (plain, meant)):
            self.score_reader.disagree += meant is not None
            meant = set(said.intervals)
        if meant is None:
            return None
        bass = bass or _inverted(root, meant, _whole(element.findtext("inversion")))
        over = f"/{bass}" if bass and bass != root else ""
        plainest = spelled_symbol(parse_symbol(root).root, meant, parse_symbol(root).root).suffix
        degrees = _degrees_text(element)
        written = [text, known or "", text + degrees] if text or not degrees else [known or "", plainest]
        written += [plainest, (known or "") + degrees]
        for suffix in written:
            if suffix[:1] in ("b", "#"):
                suffix = f"({suffix})"
            found = parse_or_none(root + suffix + over)
            if (
                found
                and set(found.intervals) == meant
                and found.root_name == root
                and found.bass_name == (bass or root)
            ):
                return self.sounding(found)
        return self.sounding(spelled_symbol(parse_symbol(root).root, meant, parse_symbol(bass or root).root))

    def sounding(self, symbol: Symbol) -> Symbol:
        """A symbol of a part that is written in another key as it sounds."""
        return transposed(symbol, self.shift % 12, self.score_reader.fifths or 0) if self.shift % 12 else symbol


def _spelled(element: ET.Element, what: str) -> str | None:
    """A root or bass as it is spelled, 'Bbb'; None where there is none."""
    step = element.findtext(f"{what}/{what}-step", "").strip().upper()
    alter = ACCIDENTALS.get(_whole(element.findtext(f"{what}/{what}-alter")))
    return step + alter if step in LETTERS and alter is not None else None


def _inverted(root: str, tones: set[int], inversion: int) -> str | None:
    """The bass of an inversion, as it is spelled over the root: its third, fifth or seventh."""
    stack = [*sorted(tones & {2, 3, 4, 5})[-1:], *sorted(tones & {6, 7, 8})[-1:], *sorted(tones & {9, 10, 11})[-1:]]
    if not 0 < inversion <= len(stack):
        return None
    chord = spelled_symbol(parse_symbol(root).root, tones, parse_symbol(root).root)._replace(root_name=root)
    return tone_name(chord, (chord.root + stack[inversion - 1]) % 12)


def _degrees(element: ET.Element) -> list[tuple[int, int, str]]:
    return [
        (
            _whole(one.findtext("degree-value")),
            _whole(one.findtext("degree-alter")),
            one.findtext("degree-type", "").strip(),
        )
        for one in element.findall("degree")
    ]


def _with_degrees(tones: set[int], element: ET.Element) -> set[int]:
    """Tones with what the degrees add (to a major triad with a minor seventh), alter and leave out."""
    third = {3, 4, 2, 5} if tones & {3, 4} else set()
    for value, alter, what in _degrees(element):
        natural = NATURALS.get(value)
        if natural is None:
            continue
        there = {3: tones & third & {3, 4}, 5: tones & {6, 7, 8}, 7: tones & {9, 10, 11}}.get(value, tones & {natural})
        if what == "subtract":
            tones = tones - there
        elif what == "alter":
            tones = tones - there | {(tone + alter) % 12 for tone in there or {natural}}
        else:
            tones = tones | {(natural + alter) % 12}
    return tones


def _degrees_text(element: ET.Element) -> str:
    """The degrees as a symbol says them: 'b9', 'add9', 'no3'."""
    texts = []
    for value, alter, what in _degrees(element):
        sign = {-1: "b", 1: "#"}.get(alter, "")
        if value == 7 and what == "add":
            texts.append("(maj7)" if alter else "(7)")
        else:
            texts.append(f"no{value}" if what == "subtract" else f"{sign}{value}" if sign else f"add{value}")
    return "".join(texts)
