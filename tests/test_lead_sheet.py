import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

import pytest
from conftest import bar, chord, note, solo_of
from hypothesis import given, settings
from hypothesis import strategies as st

from music.chord_symbols import parse_symbol
from music.keys import key_of
from music.notes import Note
from music.piece import Part, Piece, Solo
from music.units import GRID, to_quarters
from preprocess import read_tune
from reading.changes import typed_chorus
from writing import engraving
from writing.engraving import NARROW_PAGE, engrave, missing, svg_files
from writing.lead_sheet import lead_sheet, write_musicxml
from writing.written_rhythm import DIVISIONS, notate, spell

DMINOR = (50, 53, 57, 60)
needs_verovio = pytest.mark.skipif(missing() is not None, reason=str(missing()))


def bars_of(*lengths_and_meters):
    starts = accumulate((length for length, _ in lengths_and_meters), initial=0.0)
    return [bar(start, length, meter) for start, (length, meter) in zip(starts, lengths_and_meters, strict=False)]


def a_piece(notes, bars=None, chords=()):
    """A piece of notes (onset, length, pitch), times in grid steps, in any order."""
    solo = solo_of(bars or bars_of((4.0, (4, 4))), [Note(*times_and_pitch) for times_and_pitch in notes], chords)
    return Piece("A <title> & more", 118.0, solo)


def over(symbol):
    """A piece without notes over a typed chord."""
    chords = typed_chorus(symbol, bar(0.0, 4.0)).chords_by_bar[0]
    return a_piece([], chords=chords)


def look(piece):
    """What a bar looks like: (type and dots, notes) with '~' where it is tied on."""
    kinds = {"whole": "1", "half": "2", "quarter": "4", "eighth": "8", "16th": "16", "32nd": "32", "": "bar"}
    return [
        " ".join(
            ("" if item.notes else "r")
            + kinds[item.kind]
            + "." * item.dots
            + ("/3" if item.pulse.tuplet and item.kind else "")
            + ("~" if item.tied_to else "")
            for item in bar
        )
        for bar in notate(piece.solo.bars, piece.solo.notes)
    ]


def solo_piece(our_tune, n_bars=18):
    solo = read_tune(our_tune).solo
    first = Solo(solo.bars[:n_bars], solo.notes_by_bar[:n_bars], solo.chords_by_bar[:n_bars])
    return Piece("Lantern Street", 118.0, first)


@st.composite
def any_piece(draw):
    meters = [
        (4.0, (4, 4)),
        (3.0, (3, 4)),
        (3.0, (6, 8)),
        (3.5, (7, 8)),
        (6.0, (12, 8)),
        (1.0, (4, 4)),
        (1.25, (5, 16)),
    ]
    bars = bars_of(*draw(st.lists(st.sampled_from(meters), min_size=1, max_size=4)))
    steps = bars[-1].end
    notes = st.tuples(st.integers(0, steps - 1), st.integers(0, 40), st.integers(40, 90))
    chords = draw(st.lists(st.tuples(st.integers(0, steps), st.lists(st.integers(40, 70), max_size=5)), max_size=4))
    struck = [chord(to_quarters(step), 1.0, tuple(pitches)) for step, pitches in chords]
    return a_piece(draw(st.lists(notes, max_size=40)), bars, struck)


@pytest.mark.parametrize(
    ("notes", "looks"),
    [
        ([], "rbar"),
        ([(0, 48, 60)], "1"),
        ([(0, 8, 60), (8, 4, 62)], "4/3 8/3 r4 r2"),
        ([(0, 8, 60), (8, 1, 62), (9, 3, 64)], "8 16 16 r4 r2"),  # two thirds and three quarters of a beat
        ([(0, 4, 60), (4, 4, 60), (8, 4, 60)], "8/3 8/3 8/3 r4 r2"),
        ([(0, 6, 60), (6, 12, 62), (18, 6, 64), (24, 24, 60)], "8 4 8 2"),
        ([(12, 24, 60)], "r4 2 r4"),
        ([(18, 12, 60)], "r4 r8 8~ 8 r8 r4"),
        ([(0, 3, 60), (6, 3, 60), (12, 12, 60)], "8 8 4 r2"),  # struck short, written plain
        ([(9, 15, 60)], "r8 r16 16~ 4 r2"),
        ([(20, 16, 60)], "r4 r4/3 8/3~ 4 r4"),
        ([(0, 2, 60), (2, 2, 61), (4, 2, 62), (6, 2, 63), (8, 2, 64), (10, 2, 65)], "16/3 " * 6 + "r4 r2"),
        ([(42, 6, 60)], "r2 r4 r8 8"),
    ],
)
def test_rhythms_by_hand(notes, looks):
    assert look(a_piece(notes)) == [looks]


def test_other_meters_by_hand():
    piece = a_piece([(0, 18, 60), (18, 6, 62)], bars_of((3.0, (6, 8))))
    assert look(piece) == ["4. 8 r4"]
    piece = a_piece([(6, 30, 60)], bars_of((1.0, (4, 4)), (3.0, (3, 4))))  # a pickup, tied over the bar line
    assert look(piece) == ["r8 8~", "2 r4"]
    assert 'implicit="yes"' in lead_sheet(piece).musicxml.split("</measure>")[0]
    assert look(a_piece([], bars_of((1.0, (4, 4)), (4.0, (4, 4))))) == ["r4", "rbar"]
    assert look(a_piece([(0, 42, 60)], bars_of((3.5, (7, 8))))) == ["4~ 4~ 4."]


def test_keys_and_spelling_by_hand():
    scale = [note(0, 1.0, pitch) for pitch in (63, 65, 67, 68, 70, 72, 74)]
    assert key_of(scale).fifths == -3
    assert key_of([]).fifths == 0
    assert spell(66, None, 0, rising=True) == ("F", 1, 4)
    assert spell(66, None, 0, rising=False) == ("G", -1, 4)
    assert spell(66, parse_symbol("D7"), -3, rising=False) == ("F", 1, 4)
    assert spell(68, None, -3, rising=True) == ("A", -1, 4)
    assert spell(71, None, -6, rising=True) == ("C", -1, 5)
    assert spell(71, parse_symbol("Abm"), -2, rising=False) == ("B", 0, 4)


@settings(max_examples=150, deadline=None)
@given(any_piece())
def test_no_note_is_lost_and_every_bar_is_full(piece):
    bars, notes = piece.solo.bars, piece.solo.notes
    written = notate(bars, notes)
    starts, at = {}, 0
    for line, content in zip(bars, written, strict=True):
        for item in content:
            assert item.start == at and item.length > 0
            at += item.length
            if not item.tied_from:
                starts |= dict.fromkeys(item.notes, item.start)
        assert at * GRID == line.end * DIVISIONS
        for beat in {item.pulse for item in content if item.pulse.tuplet and item.kind}:
            assert sum(item.length for item in content if item.pulse == beat) == beat.length
    assert sorted(starts) == list(range(len(notes)))
    for index, played in enumerate(notes):
        assert abs(starts[index] / DIVISIONS - played.offset) <= (0.5 if line.meter[1] == 8 else 0.34)
    ordered = sorted(starts, key=lambda index: (starts[index], index))
    assert ordered == sorted(starts, key=lambda index: (notes[index].onset, index))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([0, 3, 4, 6, 8, 9]), min_size=1, max_size=4, unique=True))
def test_a_beat_of_up_to_four_notes_stays_within_a_sixteenth(onsets):
    (content,) = notate(bars_of((4.0, (4, 4))), [Note(onset, 1, 60) for onset in sorted(onsets)])
    starts = [item.start for item in content if item.notes and not item.tied_from]
    assert all(abs(start - onset * 2) <= 6 for start, onset in zip(starts, sorted(onsets), strict=True))


@settings(max_examples=12, deadline=None)
@given(any_piece())
def test_music21_reads_every_measure_at_its_exact_length(piece):
    from music21 import converter

    sheet = lead_sheet(piece)
    read = converter.parseData(sheet.musicxml, format="musicxml")
    measures = list(read.parts[0].getElementsByClass("Measure"))
    assert len(measures) == len(piece.solo.bars)
    for line, measure in zip(piece.solo.bars, measures, strict=True):
        lengths = [item.quarterLength for item in measure.notesAndRests if "Harmony" not in item.classes]
        assert sum(lengths) == pytest.approx(to_quarters(line.length), abs=1e-6)
    heads = [
        pitch.midi
        for note in read.recurse().getElementsByClass(["Note", "Chord"])
        if "Harmony" not in note.classes and (note.tie is None or note.tie.type == "start")
        for pitch in note.pitches
    ]
    assert sorted(heads) == sorted(note.pitch for note in piece.solo.notes)


SYMBOLS = "C Cm7 F#7 Bbmaj7#11 C7sus4 C9sus4 G7b9b13 Cdim7 E+7 CmMaj7 C69 C5 Cm11 G7alt"


@pytest.mark.parametrize("text", SYMBOLS.split())
def test_music21_reads_the_symbols_as_the_same_notes(text):
    from music21 import converter, harmony

    read = converter.parseData(lead_sheet(over(text)).musicxml, format="musicxml")
    (theirs,) = read.recurse().getElementsByClass(harmony.ChordSymbol)
    symbol = parse_symbol(text)
    assert {pitch.pitchClass for pitch in theirs.pitches} == {(symbol.root + i) % 12 for i in symbol.intervals}


def test_symbols_stand_where_the_chord_changes():
    chords = [chord(offset, 0.5, DMINOR) for offset in (0.0, 1.0, 2.5)] + [chord(3.5, 1.0, (48, 52, 55, 59))]
    xml = lead_sheet(a_piece([(0, 48, 62)], bars_of(*[(4.0, (4, 4))] * 2), chords)).musicxml
    measures = xml.split("</measure>")
    assert [measure.count("<harmony>") for measure in measures[:2]] == [1, 1]  # struck ahead, written on the bar line
    assert 'text="m7"' in measures[0] and 'text="maj7"' in measures[1]
    assert "<offset>" not in xml
    assert '<kind text="N.C.">none</kind>' in lead_sheet(a_piece([], chords=[chord(0.0, 4.0, ())])).musicxml


def test_accidentals_hold_for_a_bar_and_not_over_a_tie():
    bars, key_of_c = bars_of(*[(4.0, (4, 4))] * 2), [chord(0.0, 40.0, (48, 50, 52, 53, 55, 57, 59))]

    def accidentals(notes):
        measures = lead_sheet(a_piece(notes, bars, key_of_c)).musicxml.split("</measure>")
        return [re.findall("<accidental>(.*)<", measure) for measure in measures[:2]]

    falling = [(0, 12, 60), (12, 12, 61), (24, 24, 61), (48, 12, 61), (60, 12, 60)]
    assert accidentals(falling) == [["flat"], ["flat"]]
    assert accidentals([(0, 12, 61), (12, 12, 62), (24, 24, 60)]) == [["sharp", "natural"], []]
    assert accidentals([(36, 24, 61), (72, 6, 61)]) == [["flat"], ["flat"]]


def test_the_empty_piece_is_one_empty_measure():
    sheet = lead_sheet(Piece("", 120.0, Solo([], [], [])))
    assert (sheet.note_ids, sheet.measure_ids) == ([], ["m1"])
    assert ET.fromstring(sheet.musicxml.encode()).find(".//rest").get("measure") == "yes"


@pytest.mark.parametrize(
    ("bars", "notes", "message"),
    [
        ([bar(0.0, 4.0)], [(48, 6, 60)], "outside the bars"),
        ([bar(0.0, 4.0)], [(-1, 6, 60)], "outside the bars"),
        ([bar(0.0, 1 / 3)], [], "whole number of sixteenths"),
        ([bar(0.0, 0.0)], [], "whole number of sixteenths"),
        ([bar(0.0, 4.0), bar(5.0, 4.0)], [], "bar 2 starts at 5"),
    ],
)
def test_what_cannot_be_written_is_said(bars, notes, message):
    with pytest.raises(ValueError, match=message):
        lead_sheet(a_piece(notes, bars))


def written_pitches(musicxml):
    """The pitches as they stand in the part, MIDI numbers."""
    found = []
    for pitch in ET.fromstring(musicxml.encode()).iter("pitch"):
        step = "C D EF G A B".index(pitch.findtext("step"))
        found.append(12 * (int(pitch.findtext("octave")) + 1) + step + int(pitch.findtext("alter", "0")))
    return found


def test_a_guitar_reads_a_treble_clef_with_an_8_below():
    for pitch in (45, 72, 90):
        sheet = lead_sheet(a_piece([(0, 12, pitch)])).musicxml
        assert "<clef-octave-change>-1</clef-octave-change>" in sheet and "<transpose>" not in sheet
        assert written_pitches(sheet) == [pitch]


@pytest.mark.parametrize(
    ("part", "pitch", "name", "fifths", "written", "harmony"),
    [
        ("Bb", 70, "Trumpet in Bb", 2, 72, ("F", "1", "A", "1")),
        ("Bb", 55, "Tenor saxophone", 2, 69, ("F", "1", "A", "1")),
        ("Eb", 60, "Alto saxophone", 3, 69, ("C", "1", "E", "1")),
        ("Eb", 46, "Baritone saxophone", 3, 67, ("C", "1", "E", "1")),
    ],
)
def test_a_horn_reads_its_own_key_and_the_part_says_how_it_sounds(part, pitch, name, fifths, written, harmony):
    chords = typed_chorus("E7/G#", bar(0.0, 4.0)).chords_by_bar[0]
    piece = a_piece([(0, 12, pitch)], chords=chords)
    piece = replace(piece, written_for=part, solo=replace(piece.solo, fifths=0))
    sheet = lead_sheet(piece).musicxml
    root = ET.fromstring(sheet.encode())
    assert root.findtext(".//part-name") == root.findtext(".//instrument-name") == name
    assert int(root.findtext(".//fifths")) == fifths
    assert written_pitches(sheet) == [written]
    transpose = root.find(".//transpose")
    sounding = written + int(transpose.findtext("chromatic")) + 12 * int(transpose.findtext("octave-change", "0"))
    assert sounding == pitch
    found = [root.findtext(f".//harmony//{tag}", "0") for tag in ("root-step", "root-alter", "bass-step", "bass-alter")]
    assert tuple(found) == harmony


@pytest.mark.parametrize("key", [None, "C", "Bb", "Eb"])
@pytest.mark.parametrize(
    "program", [0, 26, 32, 40, 43, 56, 57, 58, 60, 64, 65, 66, 67, 69, 70, 71, 73, 11, 59, 111, 127]
)
def test_whoever_reads_a_part_plays_the_pitches_and_chords_that_are_meant(schema, program, key):
    from music21 import converter, harmony

    pitches = (
        [40, 47, 54, 61, 66, 59, 52, 45] if program in (32, 43, 57, 58, 67, 70) else [60, 66, 73, 80, 75, 68, 61, 58]
    )
    chords = typed_chorus("Ebmaj7 | F#m7b5 B7", bar(0.0, 4.0)).chords_by_bar
    bars = bars_of((4.0, (4, 4)), (4.0, (4, 4)))
    notes = [[Note(12 * at, 12, pitch) for at, pitch in enumerate(four)] for four in (pitches[:4], pitches[4:])]
    solo = Solo(bars, notes, chords)
    text = lead_sheet(Piece("Parts", 120.0, solo, [Part("Solo", program, 0, solo.notes)], key)).musicxml
    schema.validate(text)
    sounding = converter.parse(text, format="musicxml").toSoundingPitch()
    found = [one.pitch.midi for one in sounding.recurse().notes if not isinstance(one, harmony.ChordSymbol)]
    assert found == pitches
    roots = [one.root().pitchClass for one in sounding.recurse().getElementsByClass(harmony.ChordSymbol)]
    assert roots == [3, 6, 11]


@pytest.mark.parametrize(
    ("program", "key", "pitches", "name", "sign"),
    [
        (26, None, (40, 52), "Guitar", "G8"), (26, "C", (40, 52), "Guitar", "G8"),
        (32, None, (30, 40), "Bass", "F8"), (43, None, (30, 40), "Bass", "F8"),
        (57, None, (45, 52), "Trombone", "F"), (57, None, (74, 79), "Trombone", "G"),
        (70, None, (40, 55), "Bassoon", "F"), (0, None, (60, 72), "Acoustic Grand Piano", "G"),
        (66, None, (45, 60), "Tenor saxophone", "G"), (66, "Bb", (60, 84), "Tenor saxophone", "G"),
        (67, None, (40, 55), "Baritone saxophone", "G"), (26, "Eb", (40, 50), "Baritone saxophone", "G"),
        (26, "Eb", (60, 76), "Alto saxophone", "G"), (26, "Bb", (70, 84), "Trumpet in Bb", "G"),
    ],
)  # fmt: skip
def test_who_plays_reads_his_own_clef_and_a_horn_is_asked_for_by_its_key(program, key, pitches, name, sign):
    piece = a_piece([(12 * at, 12, pitch) for at, pitch in enumerate(pitches)])
    parts = [Part("Solo", program, 0, piece.solo.notes)]
    root = ET.fromstring(lead_sheet(replace(piece, parts=parts, written_for=key)).musicxml.encode())
    octave = root.findtext(".//clef-octave-change")
    assert root.findtext(".//part-name") == name
    assert root.findtext(".//clef/sign") + {"-1": "8", None: ""}[octave] == sign
    assert root.findtext(".//clef/line") == {"G": "2", "F": "4"}[sign[0]]
    assert key or root.findtext(".//midi-program") == str(program + 1)


def test_a_part_keeps_to_the_side_of_its_key():
    piece = replace(over("F#m7"), written_for="Eb")
    sharps = ET.fromstring(lead_sheet(replace(piece, solo=replace(piece.solo, fifths=3))).musicxml.encode())
    assert sharps.findtext(".//fifths") == "6" and sharps.findtext(".//root-step") == "D"
    assert "<fifths>-5</fifths>" in lead_sheet(replace(piece, solo=replace(piece.solo, fifths=4))).musicxml


@needs_verovio
def test_a_horn_s_part_has_the_same_ids(our_tune):
    piece = solo_piece(our_tune)
    for part in ("Bb", "Eb"):
        sheet = lead_sheet(replace(piece, written_for=part))
        assert (sheet.measure_ids, len(sheet.note_ids)) == (lead_sheet(piece).measure_ids, len(piece.solo.notes))
        assert all(ids[0] in engrave(sheet.musicxml)[0] for ids in sheet.note_ids)


def test_rehearsal_letters_and_endings_stand_where_they_begin():
    chorus = typed_chorus("[A] |: Dm7 |1 G7 :|2 C6 || [B] F7 |", bar(0.0, 4.0))
    solo = Solo(chorus.bars, [[] for _ in chorus.bars], chorus.chords_by_bar, sections=chorus.sections)
    measures = ET.fromstring(lead_sheet(Piece("Form", 120, solo)).musicxml.encode()).findall("part/measure")
    found = [[mark.text for mark in measure.iter("rehearsal")] for measure in measures]
    words = [[mark.text for mark in measure.iter("words")] for measure in measures]
    assert found == [["A"], [], ["A"], [], ["B"]] and words == [[], ["1."], [], ["2."], []]


@pytest.fixture(scope="module")
def schema():
    """The schema of MusicXML 4.0, as a package brings it."""
    schemas = pytest.importorskip("xmlschema", reason="xmlschema is not installed, which holds texts against a schema")
    brought = pytest.importorskip("musicxml", reason="the package musicxml is not installed, which brings the schema")
    found = Path(brought.__file__).parent / "generate_classes/musicxml_4_0.xsd"
    own = Path(schemas.__file__).parent / "schemas"
    spaces = {"http://www.w3.org/XML/1998/namespace": "XML/xml.xsd", "http://www.w3.org/1999/xlink": "XLINK/xlink.xsd"}
    return schemas.XMLSchema(str(found), locations={space: str(own / name) for space, name in spaces.items()})


def test_the_schema_holds(schema, our_tune):
    symbols = "Dm7 | E7/G# | N.C. | C13sus4 | Db7alt | F#m7b5 | Bbb7 | Co7 | G(add9) | A6/9 | B5"
    chorus = typed_chorus(f"[A] |: {symbols} |1 3/4 C :|2 7/8 C#7#9 || [B] 5/4 Fmaj7#11 | 6/8 G", bar(0.0, 4.0))
    solo = Solo(chorus.bars, [[] for _ in chorus.bars], chorus.chords_by_bar, sections=chorus.sections)
    pieces = [Piece("Form & <more>", 97.5, solo), solo_piece(our_tune), Piece("Nothing", 60, Solo([], [], []))]
    pieces.append(a_piece([(6, 30, 60), (36, 2, 95), (38, 10, 40)], bars_of((1.0, (4, 4)), (3.0, (3, 4)))))
    for piece in pieces:
        for part in ("C", "Bb", "Eb"):
            schema.validate(lead_sheet(replace(piece, written_for=part)).musicxml)
    broken = lead_sheet(pieces[0]).musicxml.replace("<beats>", "<bets>").replace("</beats>", "</bets>")
    assert not schema.is_valid(broken)


@settings(max_examples=20, deadline=None)
@given(piece=any_piece())
def test_the_schema_holds_for_any_piece(schema, piece):
    schema.validate(lead_sheet(piece).musicxml)


def test_files_have_the_same_bytes_again_and_no_date(our_tune, tmp_path):
    piece = solo_piece(our_tune, 4)
    write_musicxml(tmp_path / "one.musicxml", piece)
    write_musicxml(tmp_path / "two.musicxml", piece)
    assert (tmp_path / "one.musicxml").read_bytes() == (tmp_path / "two.musicxml").read_bytes()
    if missing() is None:
        one, two = (engrave(lead_sheet(piece).musicxml) for _ in range(2))
        assert one == two and not re.search(r"20\d\d-\d\d-\d\d", one[0])


@needs_verovio
def test_the_engraving_keeps_every_id(our_tune):
    piece = solo_piece(our_tune)
    sheet = lead_sheet(piece)
    ((path, content),) = svg_files(Path("folder/solo.svg"), sheet.musicxml)
    assert path == Path("folder/solo.svg") and len(sheet.note_ids) == len(piece.solo.notes)
    svg = ET.fromstring(content)
    classes = {element.get("id"): element.get("class") for element in svg.iter() if element.get("id")}
    assert {classes[note] for ids in sheet.note_ids for note in ids} == {"note"}
    assert {classes[measure] for measure in sheet.measure_ids} == {"measure"} and len(sheet.measure_ids) == 18
    assert not re.search(r'(?:href|src)="(?!#)|url\((?!data:)', content.decode())  # nothing to be fetched
    assert ET.fromstring(sheet.musicxml.encode()).find(".//harmony/root/root-step").text == "B"  # Bm11, as composed


@needs_verovio
@settings(max_examples=25, deadline=None)
@given(any_piece())
def test_verovio_reads_every_note(piece):
    sheet = lead_sheet(piece, prefix="a")
    svg = "".join(engrave(sheet.musicxml))
    assert all(f'id="{element}"' in svg for ids in [*sheet.note_ids, sheet.measure_ids] for element in ids)


@needs_verovio
def test_a_low_page_is_followed_by_others():
    notes = [(48 * bar + 6 * step, 6, 60 + (bar + step) % 12) for bar in range(24) for step in range(8)]
    pages = engrave(lead_sheet(a_piece(notes, bars_of(*[(4.0, (4, 4))] * 24))).musicxml, page_height=1000)
    assert len(pages) > 1 and all(ET.fromstring(page).tag.endswith("svg") for page in pages)


@needs_verovio
def test_a_narrow_page_holds_the_same_music_lower_and_without_a_title(our_tune):
    sheet = lead_sheet(solo_piece(our_tune, 4))
    (wide,), (narrow,) = engrave(sheet.musicxml), engrave(sheet.musicxml, NARROW_PAGE)
    assert all(f'id="{note}"' in narrow for ids in sheet.note_ids for note in ids)
    assert "Lantern Street" in wide and "Lantern Street" not in narrow
    sizes = [[float(size) for size in ET.fromstring(page).get("viewBox").split()[2:]] for page in (wide, narrow)]
    assert sizes[0][0] > sizes[1][0] and sizes[0][1] < sizes[1][1]


def test_each_page_gets_a_file(monkeypatch):
    monkeypatch.setattr(engraving, "engrave", lambda musicxml: ["first", "second", "third"])
    files = svg_files(Path("folder/solo.svg"), "a score of three pages")
    assert [path for path, _ in files] == [Path(f"folder/solo{number}.svg") for number in ("", "-2", "-3")]
    assert [content for _, content in files] == [b"first", b"second", b"third"]


def test_without_verovio_the_install_command_is_said(monkeypatch):
    monkeypatch.setattr(engraving.importlib.util, "find_spec", lambda name: None)
    assert "pip install verovio" in missing()
    with pytest.raises(ValueError, match="pip install verovio"):
        engrave("")


@needs_verovio
@pytest.mark.parametrize("text", ["", "not a score", "<score-partwise/>"])
def test_what_is_no_score_is_said(text):
    with pytest.raises(ValueError, match="cannot be read"):
        engrave(text)


def names_over(chart, pitches, length=1.0):
    """How notes of one length are written over typed changes, one after the other."""
    chorus = typed_chorus(chart, bar(0.0, 4.0))
    solo = solo_of(chorus.bars, [note(length * place, length, pitch) for place, pitch in enumerate(pitches)])
    solo = replace(solo, chords_by_bar=chorus.chords_by_bar)
    text = lead_sheet(Piece("", 120.0, solo)).musicxml
    score = ET.fromstring(text[text.index("<score-partwise") :])
    signs = {"-1": "b", "1": "#", None: ""}
    return " ".join(pitch.findtext("step") + signs[pitch.findtext("alter")] for pitch in score.iter("pitch"))


@pytest.mark.parametrize(
    ("chart", "pitches", "names"),
    [
        ("Bbmaj7", [70, 75, 74, 75], "Bb Eb D Eb"),  # never D# beside it, whichever way the line goes
        ("Bm7", [71, 73, 71, 73], "B C# B C#"),
        ("Gm7b5", [67, 75, 73, 70], "G Eb Db Bb"),
        ("C7 Cm7", [72, 75, 75, 74], "C Eb Eb D"),  # D# over C7 going up, but there is an Eb in the bar
        ("C7#9", [72, 75, 76, 75], "C D# E D#"),
        ("F#7 | F7", [70, 70, 70, 70, 70, 70, 70, 70], "A# A# A# A# Bb Bb Bb Bb"),
    ],
)
def test_a_pitch_has_one_name_in_a_bar_by_its_chord(chart, pitches, names):
    assert names_over(chart, pitches) == names


def test_four_bars_make_a_system_and_crowded_ones_two():
    def breaks(piece):
        measures = lead_sheet(piece).musicxml.split("<measure ")[1:]
        return [number for number, text in enumerate(measures) if "new-system" in text]

    bars = bars_of(*[(4.0, (4, 4))] * 10)
    assert breaks(a_piece([], bars)) == [4, 8]
    assert breaks(a_piece([], bars_of((1.0, (4, 4)), *[(4.0, (4, 4))] * 9))) == [5, 9]
    sixteenths = [(3 * place + 48 * 3, 3, 60) for place in range(4 * 16)]
    assert breaks(a_piece(sixteenths, bars)) == [4, 8]
    triplets = [(2 * place, 2, 60) for place in range(4 * 24)]
    assert breaks(a_piece(triplets, bars)) == [2, 4, 8]


def test_a_pickup_is_measure_0_and_sections_have_their_letters():
    bars = bars_of((1.0, (3, 4)), *[(3.0, (3, 4))] * 2)
    solo = replace(solo_of(bars), fifths=-3, sections={0: "Intro", 1: "A"})
    text = lead_sheet(Piece("", 120.0, solo)).musicxml
    score = ET.fromstring(text[text.index("<score-partwise") :])
    assert [(one.get("number"), one.get("implicit")) for one in score.iter("measure")] == [
        ("0", "yes"),
        ("1", None),
        ("2", None),
    ]
    assert [one.text for one in score.iter("rehearsal")] == ["Intro", "A"]
    assert [one.text for one in score.iter("fifths")] == ["-3"] and len([*score.iter("time")]) == 1


def test_what_is_written_is_read_again_in_its_place(tmp_path):
    """Bars, meters and symbols, also those off the beat."""
    text = "[A] Dm7 / / E7/G# | C / F#ø / / / B7 N.C. | 3/4 BbΔ , , C7alt | 5/4 F6/9 E | % | 7/8 Am Dm G"
    chorus = typed_chorus(text, bar(0.0, 4.0))
    notes = [[note(0.5, 0.5, 62), note(1.0, 1.0, 68)] for _ in chorus.bars]
    solo = Solo(chorus.bars, notes, chorus.chords_by_bar, fifths=-3, sections=chorus.sections)
    (tmp_path / "again.musicxml").write_text(lead_sheet(Piece("Again", 120, solo)).musicxml)
    found = read_tune(tmp_path / "again.musicxml").solo
    assert found.nuances == []  # nobody played it
    assert found.bars == solo.bars and (found.fifths, found.sections) == (-3, {0: "A"})
    written = [(chord.onset, chord.symbol, chord.tones) for chord in solo.chords]
    assert [(chord.onset, chord.symbol, chord.tones) for chord in found.chords] == written
    assert [(one.onset, one.pitch) for one in found.notes] == [(one.onset, one.pitch) for one in solo.notes]
