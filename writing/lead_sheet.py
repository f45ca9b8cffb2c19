"""A piece as a lead sheet: its solo on one staff with chord symbols above, as MusicXML.

The MusicXML is written directly, without music21, because that takes seconds for what takes milliseconds; the tests
read it back through music21, and hold it against the standard's schema. Conventions: a guitar's part is written under a
treble clef with an 8 below, a horn's in its key, a low one's under a bass clef, and says how it sounds. Ids: measure
`m1`, `m2` ... as numbered, a solo's note `n0`, `n1` ... by index, and the notes it is tied on to `n0-2`, `n0-3` ...;
the SVG keeps all of them. The same piece gives the same bytes.

Left to others: written rhythm and spelling (`writing/written_rhythm.py`), what MusicXML calls a chord
(`writing/chord_kinds.py`).
"""

import os
import re
import xml.etree.ElementTree as ET
from bisect import bisect_left, bisect_right
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import NamedTuple

from music.chord_names import transposed
from music.chord_symbols import Symbol, parse_symbol
from music.instruments import JAZZ_GUITAR, Reader, readers_of
from music.keys import key_names, key_of
from music.notes import Bar, Chord, Note
from music.piece import Piece, Solo
from music.units import GRID
from running.files import write_aside
from writing.chord_kinds import kind_of
from writing.written_rhythm import DIVISIONS, Written, as_written, notate, spelling, to_divisions

EIGHTH = GRID // 2
BASS_CLEF = 21  # semitones by which what is written under it lies lower than under a treble clef
NO_XML = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # characters that it cannot hold
# Of horns in Bb, F and Eb, by semitones: their key and their notes.
FIFTHS_ABOVE, STEPS_ABOVE = {0: 0, 2: 2, 7: 1, 9: 3}, {0: 0, 2: 1, 7: 4, 9: 5}
ENDING = re.compile(r"\d[\d, -]*\.")  # the name of a section that is one
BARS_A_SYSTEM, CROWDED = 4, 66  # and from how many notes and rests on there are half as many
DOCTYPE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 '
    'Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">\n'
)


class LeadSheet(NamedTuple):
    """A lead sheet's MusicXML text, the ids of each solo note's elements by its index, and the measures' ids."""

    musicxml: str
    note_ids: list[list[str]]
    measure_ids: list[str]


def lead_sheet(piece: Piece, prefix: str = "") -> LeadSheet:
    """Write a piece as MusicXML.

    A chord's symbol stands where it changes, and one struck up to an eighth ahead of a pulse stands over that pulse.
    `prefix` (letters) goes before every id, for several scores on one web page. No bars give one empty measure; no
    notes give rests.
    Raises ValueError for bars that cannot be written, a note outside the bars, and a symbol that cannot be read.
    """
    player, solo, fifths = _part_of(piece)
    bars = solo.bars or [Bar(0, 4 * GRID)]
    written = notate(bars, solo.notes)
    changes = _changes(solo.chords, bars)
    note_ids = [[] for _ in solo.notes]
    measure_ids = [f"{prefix}m{number}" for number in range(1, len(bars) + 1)]
    spelled = _spelled(solo, changes, fifths)
    pickup = len(bars) > 1 and bars[0].lacking > 0  # bar 0
    breaks = _system_breaks([len(content) for content in written], pickup)
    root = ET.Element("score-partwise", version="4.0")
    _add(_add(root, "work"), "work-title", piece.title)
    _part_list(root, player)
    part = _add(root, "part", id="P1")
    for number, (bar, content) in enumerate(zip(bars, written, strict=True)):
        measure = _add(part, "measure", number=str(number + 1 - pickup), id=measure_ids[number])
        if number in breaks:
            _add(measure, "print", **{"new-system": "yes"})
        if sum(item.length for item in content) * bar.meter[1] != bar.meter[0] * 4 * DIVISIONS:
            measure.set("implicit", "yes")  # a pickup, say: shorter or longer than its meter
        _attributes(measure, bar, bars[number - 1] if number else None, fifths, player)
        if number == 0:
            _tempo(measure, piece.tempo)
        if number in solo.sections:
            _section(measure, solo.sections[number])
        _music(measure, content, changes, spelled, fifths, note_ids, prefix)
        if number == len(bars) - 1:
            _add(_add(measure, "barline", location="right"), "bar-style", "light-heavy")
    ET.indent(root, " ")
    return LeadSheet(DOCTYPE + ET.tostring(root, encoding="unicode") + "\n", note_ids, measure_ids)


def write_musicxml(path: str | os.PathLike, piece: Piece) -> None:
    """Write a piece's lead sheet as MusicXML. Raises ValueError as `lead_sheet` and `write_aside` do."""
    write_aside(path, lead_sheet(piece).musicxml.encode())


def _add(parent: ET.Element, tag: str, content: object = None, /, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, tag, attributes)
    if content is not None:
        element.text = NO_XML.sub("", str(content))
    return element


def _changes(chords: list[Chord], bars: list[Bar]) -> list[tuple[int, Symbol]]:
    """The symbols to write, each with its place in divisions, only where the chord changes."""
    timed = sorted({chord.onset: (chord.symbol, chord.is_written) for chord in chords}.items())
    lines = [line for bar in bars for line in accumulate(bar.pulses[:-1], initial=bar.start)]
    changes, shown = [], None
    for (onset, (text, is_written)), (following, _) in pairwise([*timed, (bars[-1].end, "")]):
        if not 0 <= onset < bars[-1].end or text == shown:
            continue
        pulse = lines[bisect_right(lines, onset) - 1]
        next_pulse = lines[min(bisect_left(lines, onset), len(lines) - 1)]
        if is_written:
            place = onset
        # Struck ahead of a pulse, a chord is that pulse's: unless another one is struck by then.
        elif onset <= next_pulse <= onset + EIGHTH and next_pulse < following:
            place = next_pulse
        else:
            place = pulse + (onset - pulse) // EIGHTH * EIGHTH
        if changes and changes[-1][0] >= to_divisions(place):  # crowded: where it is played
            place = onset
        changes.append((to_divisions(place), parse_symbol(text)))
        shown = text
    return changes


def _system_breaks(sizes: list[int], pickup: int) -> set[int]:
    """The measures that begin a system: every fourth one after a pickup, in crowded systems every second one."""
    breaks = set()
    for first in range(pickup, len(sizes), BARS_A_SYSTEM):
        breaks.add(first)
        if sum(sizes[first : first + BARS_A_SYSTEM]) > CROWDED:
            breaks.add(first + BARS_A_SYSTEM // 2)
    return breaks - {0, pickup}


def _part_of(piece: Piece) -> tuple[Reader, Solo, int]:
    """Who reads the piece, its solo as that part is written, and the sharps of its key."""
    solo, fifths = piece.solo, piece.solo.fifths
    if fifths is None:
        fifths = key_of(solo.notes, solo.chords).fifths
    program = piece.parts[0].program if piece.parts else JAZZ_GUITAR
    readers = readers_of(program, piece.written_for)
    player = min(readers, key=lambda reader: _ledger_lines(solo.notes, reader.above))
    by = player.above
    if by:
        fifths += FIFTHS_ABOVE[by % 12]
        fifths -= 12 * (fifths > 6)  # no more than six sharps
        notes = [[note._replace(pitch=note.pitch + by) for note in in_bar] for in_bar in solo.notes_by_bar]
        chords = [
            [chord._replace(symbol=transposed(parse_symbol(chord.symbol), by, fifths).text) for chord in in_bar]
            for in_bar in solo.chords_by_bar
        ]
        solo = replace(solo, notes_by_bar=notes, chords_by_bar=chords)
    if not player.clef:  # a bass clef is some 21 semitones lower
        is_low = _ledger_lines(solo.notes, BASS_CLEF) < _ledger_lines(solo.notes, 0)
        player = player._replace(clef="F" if is_low else "G")
    return player, solo, fifths


def _ledger_lines(notes: list[Note], above: int) -> int:
    """Roughly how many a line needs in the treble clef: they begin a tone below E4 and above F5."""
    written = [note.pitch + above for note in notes]
    return sum(max(0, 62 - pitch) + max(0, pitch - 79) for pitch in written)


def _part_list(root: ET.Element, player: Reader) -> None:
    """The instrument and its sound: without them some programs ask, or take a piano."""
    score_part = _add(_add(root, "part-list"), "score-part", id="P1")
    _add(score_part, "part-name", player.name)
    instrument = _add(score_part, "score-instrument", id="P1-I1")
    _add(instrument, "instrument-name", player.name)
    if player.sound:
        _add(instrument, "instrument-sound", player.sound)
    sounding = _add(score_part, "midi-instrument", id="P1-I1")
    _add(sounding, "midi-channel", 1)
    _add(sounding, "midi-program", player.program + 1)


def _section(measure: ET.Element, name: str) -> None:
    """A rehearsal letter; an ending, which is played but once here, as words."""
    kind = _add(_add(measure, "direction", placement="above"), "direction-type")
    _add(kind, "words" if ENDING.fullmatch(name) else "rehearsal", name)


def _spelled(solo: Solo, changes: list[tuple[int, Symbol]], fifths: int) -> list[tuple[str, int, int]]:
    """Each note as it is written: a pitch class has one name in a bar, the one that is surest there."""
    names = []
    places = [place for place, _ in changes]
    goal = None  # the next other pitch, looked for from the end
    for note, following in reversed(list(pairwise([*solo.notes, None]))):
        if following and following.pitch != note.pitch:
            goal = following.pitch
        sounding = bisect_right(places, to_divisions(note.onset))
        rising = goal is not None and goal > note.pitch
        names.append(spelling(note.pitch % 12, changes[sounding - 1][1] if sounding else None, fifths, rising))
    names.reverse()
    lines, surest = [bar.start for bar in solo.bars], {}
    keys = [(bisect_right(lines, note.onset), note.pitch % 12) for note in solo.notes]
    for key, (name, sure) in zip(keys, names, strict=True):
        if key not in surest or sure > surest[key][1]:
            surest[key] = name, sure
    return [as_written(note.pitch, surest[key][0]) for note, key in zip(solo.notes, keys, strict=True)]


def _attributes(measure: ET.Element, bar: Bar, before: Bar | None, fifths: int, player: Reader) -> None:
    if before and before.meter == bar.meter:
        return
    attributes = _add(measure, "attributes")
    if before is None:
        _add(attributes, "divisions", DIVISIONS)
        _add(_add(attributes, "key"), "fifths", fifths)
    time = _add(attributes, "time")
    _add(time, "beats", bar.meter[0])
    _add(time, "beat-type", bar.meter[1])
    if before is None:
        clef = _add(attributes, "clef")
        _add(clef, "sign", player.clef[0])
        _add(clef, "line", 2 if player.clef[0] == "G" else 4)
        if player.clef.endswith("8"):
            _add(clef, "clef-octave-change", -1)
        if not player.above:
            return
        octaves, semitones = divmod(player.above, 12)
        transpose = _add(attributes, "transpose")
        _add(transpose, "diatonic", -STEPS_ABOVE[semitones])
        _add(transpose, "chromatic", -semitones)
        if octaves:
            _add(transpose, "octave-change", -octaves)


def _tempo(measure: ET.Element, tempo: float) -> None:
    direction = _add(measure, "direction", placement="above")
    metronome = _add(_add(direction, "direction-type"), "metronome")
    _add(metronome, "beat-unit", "quarter")
    _add(metronome, "per-minute", f"{tempo:g}")
    _add(direction, "sound", tempo=f"{tempo:g}")


def _music(measure, content: list[Written], changes, spelled, fifths, note_ids, prefix) -> None:
    altered = {}  # (letter, octave) -> alteration in force in this bar
    in_key = {name[0]: {"": 0, "#": 1, "b": -1}[name[1:]] for name in key_names(fifths).values()}
    beams, places = _beams(content), [at for at, _ in changes]
    for place, item in enumerate(content):
        for at, symbol in changes[bisect_left(places, item.start) : bisect_left(places, item.start + item.length)]:
            _harmony(measure, symbol, at - item.start)
        for voice, index in enumerate(item.notes or (None,)):
            note = _add(measure, "note")
            if index is None:
                _add(note, "rest", **({"measure": "yes"} if not item.kind else {}))
            else:
                ids = note_ids[index]
                ids.append(f"{prefix}n{index}" + (f"-{len(ids) + 1}" if ids else ""))
                note.set("id", ids[-1])
                if voice:
                    _add(note, "chord")
                letter, alter, octave = spelled[index]
                pitch = _add(note, "pitch")
                _add(pitch, "step", letter)
                if alter:
                    _add(pitch, "alter", alter)
                _add(pitch, "octave", octave)
            _add(note, "duration", item.length)
            ties = [kind for kind, tied in (("stop", item.tied_from), ("start", item.tied_to)) if tied]
            for kind in ties:
                _add(note, "tie", type=kind)
            _add(note, "voice", 1)
            if item.kind:
                _add(note, "type", item.kind)
            for _ in range(item.dots):
                _add(note, "dot")
            if index is not None and not item.tied_from:
                if altered.get((letter, octave), in_key[letter]) != alter:
                    _add(note, "accidental", {-1: "flat", 0: "natural", 1: "sharp"}[alter])
                altered[letter, octave] = alter
            if item.pulse.tuplet and item.kind:
                modification = _add(note, "time-modification")
                _add(modification, "actual-notes", item.pulse.tuplet[0])
                _add(modification, "normal-notes", item.pulse.tuplet[1])
            if not voice:
                for level, state in enumerate(beams[place], 1):
                    _add(note, "beam", state, number=str(level))
            _notations(note, ties, item, content, beams, bool(voice))


def _notations(note: ET.Element, ties: list[str], item: Written, content, beams, in_chord: bool) -> None:
    tuplet_marks = []
    if item.pulse.tuplet and item.kind and not in_chord:
        of_pulse = [place for place, other in enumerate(content) if other.pulse == item.pulse]
        if content[of_pulse[0]] is item:
            bracket = "no" if all(beams[place] for place in of_pulse) else "yes"
            tuplet_marks.append({"type": "start", "bracket": bracket, "number": "1"})
        if content[of_pulse[-1]] is item:
            tuplet_marks.append({"type": "stop", "number": "1"})
    if ties or tuplet_marks:
        notations = _add(note, "notations")
        for kind in ties:
            _add(notations, "tied", type=kind)
        for mark in tuplet_marks:
            _add(notations, "tuplet", **mark)


def _beams(content: list[Written]) -> list[list[str]]:
    """For each thing in a bar its beams, from the eighths' down: 'begin', 'continue', 'end', a hook; none: []."""
    levels = [{"eighth": 1, "16th": 2, "32nd": 3}.get(item.kind, 0) if item.notes else 0 for item in content]
    pulses = [item.pulse.start for item in content]
    # Four plain eighths of half a 4/4 bar share a beam.
    for at in range(len(content) - 3):
        four = content[at : at + 4]
        half = (four[0].start - content[0].start) % 48 == 0 and sum(item.length for item in content) == 96
        if half and all(item.notes and item.kind == "eighth" and item.length == 12 for item in four):
            pulses[at : at + 4] = [pulses[at]] * 4
    beams = [[] for _ in content]
    for at, depth in enumerate(levels):
        left = levels[at - 1] if at and pulses[at - 1] == pulses[at] else 0
        right = levels[at + 1] if at + 1 < len(levels) and pulses[at + 1] == pulses[at] else 0
        if not left and not right:
            continue
        for level in range(1, depth + 1):
            if left >= level and right >= level:
                beams[at].append("continue")
            elif left >= level or right >= level:
                beams[at].append("end" if left >= level else "begin")
            else:
                beams[at].append("backward hook" if left else "forward hook")
    return beams


def _harmony(measure: ET.Element, symbol: Symbol, offset: int) -> None:
    harmony = _add(measure, "harmony")
    if symbol.root is None:
        _add(_add(harmony, "root"), "root-step", "C", text="")
        _add(harmony, "kind", "none", text=symbol.text)
    else:
        _name(_add(harmony, "root"), "root", symbol.root_name)
        kind, degrees = kind_of(symbol)
        if symbol.bass != symbol.root:
            _name(_add(harmony, "bass"), "bass", symbol.bass_name)
        harmony.insert(1, ET.Element("kind", {"text": symbol.suffix}))
        harmony[1].text = kind
        for value, alter, what in degrees:
            degree = _add(harmony, "degree", **{"print-object": "no"})
            _add(degree, "degree-value", value)
            _add(degree, "degree-alter", alter)
            _add(degree, "degree-type", what)
    if offset:
        _add(harmony, "offset", offset)


def _name(parent: ET.Element, what: str, name: str) -> None:
    _add(parent, f"{what}-step", name[0])
    if name[1:]:
        _add(parent, f"{what}-alter", name.count("#") - name[1:].count("b"))
