import zipfile

import pytest
from conftest import bar
from music21 import chord, common, converter, harmony, instrument, key, meter, note, stream, tempo, tie

from grammar import parse_term
from preprocess import Selection, read_tune, write_grammars
from reading.changes import typed_chorus
from reading.score_text import MAX_FILE_BYTES
from reading.scores import read_score

CORPUS = common.getCorpusFilePath() / "leadSheet"
PARTS = "<part-list><score-part id='P1'><part-name/></score-part></part-list>"
XML = "<?xml version='1.0'?>{}<score-partwise>" + PARTS + "</score-partwise>"


@pytest.fixture
def write_score(tmp_path):
    """Write parts of measures, each `(meter or None, [(offset, element), ...])`, as MusicXML: its path."""

    def write(*parts, name="tune.musicxml"):
        score = stream.Score()
        for part_name, measures in parts:
            part = stream.Part()
            part.partName = part_name
            for number, (ratio, elements) in enumerate(measures):
                measure = stream.Measure(number=number)
                if ratio:
                    measure.timeSignature = meter.TimeSignature(ratio)
                for offset, element in elements:
                    measure.insert(offset, element)
                part.append(measure)
            score.insert(0, part)
        return score.write("musicxml", fp=tmp_path / name, makeNotation=False)

    return write


@pytest.fixture
def write_text(tmp_path):
    def write(content, name="tune.abc"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def line(*pitches, length=1.0, tied=None):
    """Notes one after the other as (offset, note)."""
    placed = [(index * length, note.Note(pitch, quarterLength=length)) for index, pitch in enumerate(pitches)]
    if tied:
        placed[-1][1].tie = tie.Tie(tied)
    return placed


def heard(tune):
    return [(item.offset, item.quarter_length, item.name) for notes in tune.melody.values() for item in notes]


def tones(tune):
    """The chords as (offset, length, pitch classes)."""
    return [
        (item.offset, item.quarter_length, {pitch % 12 for pitch in item.pitches})
        for chords in tune.chords.values()
        for item in chords
    ]


def check(tune):
    """What holds of every tune."""
    assert list(tune.melody) == list(tune.chords) == list(tune.bars) == sorted(tune.bars)
    for number, measure in tune.bars.items():
        assert 0 < measure.meter[1] * measure.length <= measure.meter[0] * 48  # a pickup is shorter than its meter
        onsets = [item.onset for item in tune.melody[number]]
        assert onsets == sorted(set(onsets)) and all(measure.start <= onset < measure.end for onset in onsets)
        assert tune.chords[number][0].onset == measure.start
        assert sum(item.duration for item in tune.chords[number]) == measure.length
    for grammar in write_grammars(tune):
        assert [parse_term(term) for term in grammar.split()]


C, F, G7 = {0, 4, 7}, {5, 9, 0}, {7, 11, 2, 5}


@pytest.mark.parametrize(("name", "measures"), [("berlinAlexandersRagtime.mxl", 34), ("fosterBrownHair.mxl", 35)])
def test_lead_sheets_of_the_corpus_are_played_as_music21_expands_them(name, measures, capfd):
    tune = read_tune(CORPUS / name)
    assert capfd.readouterr() == ("", "")
    check(tune)
    expanded = converter.parse(CORPUS / name).parts[0].expandRepeats()
    bars = len(expanded.getElementsByClass(stream.Measure))
    notes = [item for item in expanded.stripTies().flatten().notes if not isinstance(item, harmony.Harmony)]
    assert [pitch for _, _, pitch in heard(tune)] == [item.pitches[-1].nameWithOctave for item in notes]
    assert list(tune.bars) == list(range(bars)) and bars > measures
    assert f"form: {measures} measures written, {bars} played" in tune.told
    assert f"{len(expanded.flatten().getElementsByClass(harmony.ChordSymbol))} chord symbols over it" in " ".join(
        tune.told
    )
    assert {5, 9, 0} <= tones(tune)[1][2]


def test_a_tiny_lead_sheet_worked_by_hand(write_score):
    first = [*line("C4", "D4", "E-4", "G4"), (0.0, harmony.ChordSymbol("C")), (2.0, harmony.ChordSymbol("B-7"))]
    second = [(0.0, note.Note("F4", quarterLength=4.0)), (0.0, tempo.MetronomeMark(number=90))]
    tune = read_tune(write_score(("Tune", [("4/4", first), (None, second)])))
    check(tune)
    assert heard(tune) == [(0, 1, "C4"), (1, 1, "D4"), (2, 1, "E-4"), (3, 1, "G4"), (4, 4, "F4")]
    assert tones(tune) == [(0, 2, C), (2, 2, {10, 2, 5, 8}), (4, 4, {10, 2, 5, 8})]
    assert write_grammars(tune) == ["C,1.000 S,1.000,<P4,m-2> S,1.000,<d4,M-2> S,1.000,<P5,A1>", "C,4.000"]
    assert tune.tempo == 120.0  # the mark comes only after the tune's first bar
    assert tune.told == (
        "melody: track 0 'Tune' (2 chord symbols over it)",
        "solo: the whole file (nothing marks one)",
        "chords: 2 symbols, as written",
    )


def test_pickup_and_change_of_meter_are_bars_as_written(write_score):
    measures = [
        ("3/4", [(0.0, note.Note("G4"))]),
        (None, [*line("E4", "F4", "G4"), (0.0, harmony.ChordSymbol("C"))]),
        ("2/4", [*line("A4", "B4"), (1.0, harmony.ChordSymbol("G7"))]),
    ]
    tune = read_tune(write_score(("", measures)))
    check(tune)
    assert tune.bars == {0: bar(0.0, 1.0, (3, 4)), 1: bar(1.0, 3.0, (3, 4)), 2: bar(4.0, 2.0, (2, 4))}
    assert tones(tune) == [(0, 1, C), (1, 3, C), (4, 1, C), (5, 1, G7)]


def test_ties_are_one_note_and_grace_notes_none(write_score):
    measures = [
        ("2/4", [*line("C5", "D5", tied="start"), (1.0, note.Note("E5").getGrace())]),
        (None, line("D5", length=2.0, tied="continue")),
        (None, line("D5", "D5")),
    ]
    measures[2][1][0][1].tie = tie.Tie("stop")
    tune = read_tune(write_score(("", measures)))
    check(tune)
    assert heard(tune) == [(0, 1, "C5"), (1, 4, "D5"), (5, 1, "D5")]
    assert tune.melody[1] == []


def test_durations_are_rounded_to_thirds_and_fourths(write_text):
    tune = read_tune(write_text("X:1\nM:2/4\nL:1/4\nK:C\n(3C/D/E/ F/8G/8A/4B/|"))
    assert [offset for offset, _, _ in heard(tune)] == pytest.approx([0, 1 / 3, 2 / 3, 1, 1.25, 1.5])
    check(tune)


def test_all_written_bars_are_bars_whoever_rests_in_them(write_score):
    rest = [(0.0, note.Rest(quarterLength=4.0))]
    played = [(0.0, note.Note("C4", quarterLength=4.0))]
    measures = [("4/4", played), *[(None, rest)] * 2, (None, played), *[(None, rest)] * 3, (None, played)]
    measures = [(ratio, [(0.0, elements[0][1].__deepcopy__())]) for ratio, elements in measures]
    tune = read_tune(write_score(("", measures)))
    check(tune)
    assert list(tune.bars) == list(range(8))
    assert [number for number, notes in tune.melody.items() if notes] == [0, 3, 7]


def test_without_symbols_the_other_parts_are_the_harmony(write_score):
    upper = [("4/4", line("E5", "F5", "G5", "E5")), (None, line("D5", "F5", "D5", "B4"))]
    lower = [("4/4", line("C3", "G3", length=2.0)), (None, [(0.0, chord.Chord(["G2", "B2", "D3"], quarterLength=4.0))])]
    path = write_score(("Violin", upper), ("Cello", lower))
    tune = read_tune(path)
    check(tune)
    assert " ".join(name for _, _, name in heard(tune)) == "E5 F5 G5 E5 D5 F5 D5 B4"
    assert [item[2] for item in tones(tune)] == [C, {7, 11, 2}]
    assert tune.told[0].startswith("melody: track 0 'Violin' (8 onsets in 2 bars")
    assert tune.told[-1] == "chords: heard in track 1 'Cello'"

    lower_one = read_tune(path, Selection(melody_track=1, chord_tracks=(0,), to_beat=4))
    assert heard(lower_one) == [(0, 2, "C3"), (2, 2, "G3"), (4, 4, "D3")]
    assert "solo: between beats 0 and 4 (as asked)" in lower_one.told


def test_a_melody_alone_is_harmonised(write_text):
    tune = read_tune(write_text("X:1\nM:4/4\nL:1/4\nK:C\nCEGE|DFAF|GFDB,|C4|"))
    check(tune)
    assert tones(tune)[0][2] == tones(tune)[-1][2] == C
    assert "made from the melody alone, in C major" in tune.told[-1]


def test_the_highest_of_notes_together_is_the_melody(write_score):
    upper, lower = stream.Voice(), stream.Voice()
    upper.append([note.Note("G4", quarterLength=3.0), chord.Chord(["C5", "E5"])])
    lower.append([note.Note("E4"), note.Note("D4"), note.Note("E4", quarterLength=2.0)])
    tune = read_tune(write_score(("", [("4/4", [(0.0, upper), (0.0, lower)])])))
    assert heard(tune) == [(0, 3, "G4"), (3, 1, "E5")]


def test_a_transposing_part_sounds_with_its_symbols(write_score):
    measure = [(0.0, instrument.Trumpet()), (0.0, key.Key("D")), *line("D5", "F#5"), (0.0, harmony.ChordSymbol("D"))]
    tune = read_tune(write_score(("Trumpet", [("2/4", measure)])))
    assert heard(tune) == [(0, 1, "C5"), (1, 1, "E5")]
    assert tones(tune) == [(0, 2, C)]


def test_no_chord_and_repeated_symbols_hold_what_sounds(write_text):
    tune = read_tune(write_text('X:1\nM:4/4\nL:1/4\nK:C\n"F"CD"F"EF|"N.C."GA"G7"Bc|'))
    assert tones(tune) == [(0, 4, F), (4, 2, set()), (6, 2, G7)]
    assert [item.symbol for item in tune.chords[1]] == ["N.C.", "G7"]
    over_nothing = read_tune(write_text('X:1\nM:2/4\nL:1/4\nK:C\n"F"CD|"N.C."GA|"G7"Bc|'))
    assert over_nothing.abstract_grammars[1].startswith("X,1.000 X,1.000")  # of no chord it is no tone


def test_the_first_tune_of_an_abc_file(write_text):
    first = 'X:1\nT:One\nM:4/4\nL:1/4\nK:C\n"^slowly""C-7"C "Bb7/D"D "Fine"E "Gb11b"F|\n'
    tune = read_tune(write_text(first + first.replace("One", "Two")))
    check(tune)
    assert tune.told[0] == "file: the first of its 2 tunes, 'One'"
    assert tones(tune) == [(0, 1, {0, 3, 7, 10}), (1, 3, {10, 2, 5, 8})]
    assert min(tune.chords[0][1].pitches) % 12 == 2


def test_kern(write_text):
    kern = "**kern\t**kern\n*M3/4\t*M3/4\n=1\t=1\n2.C\t4e\n.\t4f\n.\t4g\n=2\t=2\n2.G\t2.b\n*-\t*-\n"
    tune = read_tune(write_text(kern, "tune.krn"))
    check(tune)
    assert heard(tune) == [(0, 1, "E4"), (1, 1, "F4"), (2, 1, "G4"), (3, 3, "B4")]
    assert [bar.meter for bar in tune.bars.values()] == [(3, 4), (3, 4)]


def test_a_measure_without_end_is_cut(write_score):
    long_one = [("4/4", line(*["C4", "D4", "E4"] * 10))]
    tune = read_tune(write_score(("", long_one)))
    check(tune)
    assert list(tune.bars.values()) == [bar(4.0 * number, 4.0) for number in range(7)] + [bar(28.0, 2.0)]
    assert "bars: 1 measure longer than 12 quarters, cut into bars of its meter" in tune.told


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        (Selection(melody_track=2), "there is no track 2: 1 tracks hold notes, numbered from 0: 0 Tune; "),
        (Selection(chord_tracks=(-1,)), "there is no track -1: 1 tracks hold notes"),
        (Selection(from_beat=100.0), "no track but drums has a note from beat 100 on"),
        (Selection(0, None, 9, 8), "has no note between beats 9 and 8; change FROM_BEAT"),
    ],
)
def test_a_selection_that_finds_nothing_is_told(write_score, selection, message):
    path = write_score(("Tune", [("4/4", line("C4", "D4", "E4", "F4"))]))
    with pytest.raises(ValueError, match=message) as told:
        read_tune(path, selection)
    assert str(told.value).startswith(f"{path}: ")


ABC = "X:1\nT:One\nM:4/4\nL:1/4\nK:C\n"
BOMB = "<!DOCTYPE a [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]>"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("tune.abc", b" \n", "it is empty"),
        ("tune.pdf", b"%PDF", "no score by its ending; those that end in .musicxml .xml"),
        ("tune.musicxml", XML.format(BOMB), "its DOCTYPE defines something of its own"),
        ("tune.xml", XML.format(BOMB).encode("utf-16"), "its DOCTYPE defines something of its own"),
        ("tune.xml", XML.format(""), "no part of it holds a note"),
        ("tune.xml", XML.format("")[:-30], "damaged, or no musicxml score .unclosed token"),
        ("tune.xml", "<a>" * 10_000, "damaged, or no musicxml score"),
        ("tune.xml", b"<?xml version='1.0' encoding='punycode'?><a/>", "its encoding is said to be 'punycode'"),
        ("tune.xml", b"\xff\xff\xff", "it is no text in utf-8"),
        ("tune.mxl", b"PK\3\4 and no more", "it cannot be unpacked .BadZipFile"),
        ("tune.abc", ABC, "no part of it holds a note"),
        ("tune.abc", ABC.replace("4/4", "4/0") + "CDEF|", "damaged, or no abc score"),
        ("tune.abc", ABC.replace("4/4", "999999/1") + "CDEF|", "no bar has as many beats as in 'M:999999"),
        ("tune.abc", ABC + "C9999999 D|", "bars long and at most 20,000 are read; cut it"),
        ("tune.abc", ABC + "C" * 100_001, "characters are too many: 100,000 of abc are read"),
        ("tune.krn", "nothing of the kind", "damaged, or no humdrum score"),
    ],
)
def test_what_is_no_score_is_told(write_text, name, content, message):
    path = write_text(content, name)
    with pytest.raises(ValueError, match=message) as told:
        read_score(path)
    assert str(told.value).startswith(f"{path}: ") and "\n" not in str(told.value)


def test_a_doctype_without_entities_is_read(write_score, write_text):
    path = write_score(("", [("4/4", line("C4", "D4", "E4", "F4"))]))
    text = path.read_text()
    assert "<!DOCTYPE" in text
    assert heard(read_tune(write_text(text.replace("utf-8", "UTF-16").encode("utf-16"), "b.xml"))) == heard(
        read_tune(path)
    )


def test_archives_are_unpacked_with_care(tmp_path, write_score):
    score = write_score(("", [("4/4", line("C4", "D4", "E4", "F4"))])).read_bytes()
    path = tmp_path / "tune.mxl"
    container = b"<container><rootfile full-path='a/tune.xml'/></container>"
    for members, message in (
        ({"META-INF/container.xml": container, "other.xml": b"<no/>", "a/tune.xml": score}, None),
        ({"a/tune.musicxml": score}, None),
        ({"tune.xml": b" " * (MAX_FILE_BYTES + 1)}, "unpacks to more than 10,000,000 bytes"),
        ({"META-INF/container.xml": b" " * (MAX_FILE_BYTES + 1)}, "no member of it is a score"),
        ({"tune.xml": XML.format(BOMB).encode()}, "its DOCTYPE defines"),
    ):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        if message is None:
            assert len(heard(read_tune(path))) == 4
        else:
            with pytest.raises(ValueError, match=message):
                read_tune(path)


def test_files_that_cannot_be_read_are_told(tmp_path):
    with pytest.raises(ValueError, match="cannot be read .No such file.*is the path right"):
        read_tune(tmp_path / "nonsuch.abc")
    (tmp_path / "folder.abc").mkdir()
    with pytest.raises(ValueError, match="not a file but a folder"):
        read_tune(tmp_path / "folder.abc")
    large = tmp_path / "large.xml"
    with large.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(ValueError, match="at most 10,000,000 bytes"):
        read_tune(large)


def test_a_sheet_gives_its_changes_alone(write_score, tmp_path):
    measures = [
        ("3/4", [(0.0, note.Note("G4"))]),
        (None, [*line("E4", "F4", "G4"), (0.0, harmony.ChordSymbol("C")), (2.0, harmony.ChordSymbol("F/A"))]),
        (None, line("E4", "F4", "G4")),
        ("2/4", [*line("A4", "B4"), (1.0, harmony.ChordSymbol("G7"))]),
    ]
    chorus = typed_chorus(str(write_score(("", measures))), bar(0.0, 4.0))
    assert [(one.length // 12, one.meter) for one in chorus.bars] == [
        (1, (3, 4)),
        (3, (3, 4)),
        (3, (3, 4)),
        (2, (2, 4)),
    ]
    assert [[(one.symbol, one.duration // 12) for one in chords] for chords in chorus.chords_by_bar] == [
        [("C", 1)],
        [("C", 2), ("F/A", 1)],
        [("F/A", 3)],
        [("F/A", 1), ("G7", 1)],
    ]
    with pytest.raises(ValueError, match="no chord symbol stands in it; choose a sheet with changes"):
        typed_chorus(str(write_score(("", [("4/4", line("C4"))]), name="bare.musicxml")), bar(0.0, 4.0))
    with pytest.raises(ValueError, match="nowhere.mxl: cannot be read"):
        typed_chorus("nowhere.mxl", bar(0.0, 4.0))


HEAD_TO_NOTE = """<score-partwise><part-list><score-part id="P1"><part-name>Lead</part-name></score-part></part-list>
<part id="P1"><measure number="1"><attributes><divisions>1</divisions></attributes>
<note><pitch><step>C</step><octave>5</octave></pitch><duration>4</duration></note></measure></part></score-partwise>"""
UNREAD = 'X:1\nT:B\nM:4/4\nL:1/4\nK:F\n"F7"FGAc|"H7"F4|"^slow""am7"A4|"Gm7"G4|"Coda"F4|"C7/x"F4|"Dx"F4|\n'


def test_symbols_that_make_no_sense_are_counted_and_named(tmp_path):
    path = tmp_path / "odd.abc"
    path.write_text(UNREAD)
    tune = read_tune(path)
    (line,) = [line for line in tune.told if line.startswith("unread: ")]
    assert line.startswith("unread: 4 symbols (measure 2: 'H7' is not a chord symbol; H is the German name of B")
    assert "measure 3: 'am7' is not a chord symbol; did you mean Am7" in line and line.endswith(", and 1 more)")
    assert [chords[0].symbol for chords in tune.chords.values()] == ["F7"] * 3 + ["Gm7"] * 4
    chorus = typed_chorus(str(path), bar(0.0, 4.0))
    assert line in chorus.told and len(chorus.bars) == 7


def test_a_kind_nobody_knows_is_named_with_its_measure(tmp_path):
    path = tmp_path / "odd.musicxml"
    harmony = '<harmony><root><root-step>A</root-step></root><kind text="blah">strange</kind></harmony>'
    path.write_text(HEAD_TO_NOTE.replace("<note>", f"{harmony}<note>", 1))
    (line,) = [line for line in read_tune(path).told if line.startswith("unread: ")]
    assert line.startswith("unread: 1 symbol (measure 1: 'Ablah' is not a chord symbol")


@pytest.mark.parametrize(
    ("body", "bars", "symbols"),
    [
        ('"Dm7"DEFG|Z2|"G7"G4|', "4/4 4/4 4/4 4/4", "Dm7 Dm7 Dm7 G7"),
        ('"Dm7"DEFG|Z|x4|"G7"G4|', "4/4 4/4 4/4 4/4", "Dm7 Dm7 Dm7 G7"),
        ('"C"CDEF|[M:3/4]"F"F3|"G"G3|[M:C]"Am"A4|', "4/4 3/4 3/4 4/4", "C F G Am"),
        ('"C"CDEF|\nM:3/4\n"F"F3|"G"G3|\nM:2/2\n"Am"A4|', "4/4 3/4 3/4 2/2", "C F G Am"),
        ('"C"CDEF|"F"F4!fine!|"G"G4|"Am"A4!D.C.!|', "4/4 " * 6, "C F G Am C F"),
        ('"C"CDEF|"F"F4|"G"G4 "^Fine"|"Am"A4"^D.C. al Fine"|', "4/4 " * 7, "C F G Am C F G"),
        ('"C"C4|!segno!"F"F4|"G"G4!dacoda!|"Am"A4!D.S.!|!coda!"E"E4|', "4/4 " * 7, "C F G Am F G E"),
        ('"C"C4|!segno!"F"F4|"G"G4!dacoda!|"Am"A4!D.S.alcoda!|!coda!"E"E4|', "4/4 " * 7, "C F G Am F G E"),
        ('"C"C4|"^Segno""F"F4|"G""^To Coda"G4|"Am"A4"^D.S. al Coda"|"^Coda""E"E4|', "4/4 " * 7, "C F G Am F G E"),
        ('|:"C"CDEF|1"F"F4:|2"G"G4||"^slow""Am"A4|', "4/4 " * 5, "C F C G Am"),
        ('|:"C"CDEF|"F"F4::"G"G4|"Am"A4:|', "4/4 " * 8, "C F C F G Am G Am"),
        ('"C""^loud"CDEF|"F""_Dm7"F4|"^G7"G4|', "4/4 4/4 4/4", "C F F"),  # annotations are none
        ('|:"C"C4|"D"D4|1,2 "G"G4:|3 "F"F4|]', "4/4 " * 9, "C D G C D G C D F"),
        ('|:"C"C4|"D"D4|1-3 "G"G4:|4 "F"F4|]', "4/4 " * 12, "C D G C D G C D G C D F"),
        ('|:"C"C4|[1,3 "G"G4:|[2,4 "F"F4:|"C"C4|', "4/4 " * 9, "C G C F C G C F C"),
        ('"C"C4|S"F"F4|"G"G4!dacoda!|"Am"A4!D.S.!|O"E"E4|', "4/4 " * 7, "C F G Am F G E"),
        ('"C"HA2TB2|"F"J A4|"G"~.G4|"Am"uvA4|', "4/4 " * 4, "C F G Am"),  # decorations of one letter
        ('V:1\n"C"C4|"F"F4|\nV:2\nC,4|F,4|\nV:1\n"G"G4|"C"C4|]\nV:2\nG,4|C,4|]', "4/4 " * 4, "C F G C"),
        ('[V:S] "C"C4|"F"F4|\n[V:B] C,4|F,4|\n[V:S] "G"G4|"C"C4|]\n[V:B] G,4|C,4|]', "4/4 " * 4, "C F G C"),
    ],
)
def test_abc_is_read_with_what_music21_passes_over(tmp_path, body, bars, symbols):
    path = tmp_path / "tune.abc"
    path.write_text(f"X:1\nT:x\nM:4/4\nL:1/4\nK:C\n{body}\n")
    tune = read_tune(path)
    assert ["{}/{}".format(*one.meter) for one in tune.bars.values()] == bars.split()
    assert not any(one.lacking for one in tune.bars.values())
    assert [chords[0].symbol for chords in tune.chords.values()] == symbols.split()
    assert [len(chords) for chords in tune.chords.values()] == [1] * len(tune.bars)


def test_abc_keeps_sections_and_keys_in_the_middle(tmp_path):
    path = tmp_path / "tune.abc"
    path.write_text('X:1\nT:x\nM:3/4\nL:1/8\nK:C\nP:A\n"C"CDEFGA|Z3|[P:B][K:G]"D"F6|[L:1/4]f=ff|\n')
    tune = read_tune(path)
    assert tune.sections == {0: "A", 4: "B"}
    assert [len(notes) for notes in tune.melody.values()] == [6, 0, 0, 0, 1, 3]
    assert [note.pitch for number in (4, 5) for note in tune.melody[number]] == [66, 78, 77, 77]


@pytest.mark.parametrize(
    ("harmony", "name", "tones"),
    [
        (("C", "major", "", "<inversion>1</inversion>"), "C/E", {0, 4, 7}),
        (("C", "minor-seventh", "", "<inversion>3</inversion>"), "Cm7/Bb", {0, 3, 7, 10}),
        (("B", "half-diminished", "ø", "<inversion>2</inversion>"), "Bø/F", {11, 2, 5, 9}),
        (("C", "major", "", "<inversion>3</inversion>"), "C", {0, 4, 7}),  # a triad has no third one
        (("C", "suspended-fourth", "", (7, 0, "add")), "C7sus4", {0, 5, 7, 10}),
        (("C", "dominant", "", (3, 0, "subtract"), (4, 0, "add")), "C7sus4", {0, 5, 7, 10}),
        (("C", "dominant", "", (9, -1, "add"), (5, 1, "alter")), "C7#5b9", {0, 1, 4, 8, 10}),
        (("C", "dominant", "", (11, 1, "add"), (9, 0, "add"), (13, 0, "add")), "C13#11", {0, 2, 4, 6, 7, 9, 10}),
        (("C", "major-sixth", "", (9, 0, "add")), "C69", {0, 2, 4, 7, 9}),
        (("C", "minor", "", (7, 1, "add")), "CmMaj7", {0, 3, 7, 11}),
        (("C", "dominant", "7b9", (9, -1, "add")), "C7b9", {0, 1, 4, 7, 10}),
        (("C", "dominant", "7", (9, -1, "add")), "C7b9", {0, 1, 4, 7, 10}),
        (("C", "major-seventh", "Δ", (11, 1, "add")), "CΔ#11", {0, 4, 6, 7, 11}),
        (("C", "strange", "7(#9)"), "C7(#9)", {0, 3, 4, 7, 10}),
        (("C", "", "-7"), "C-7", {0, 3, 7, 10}),
        (("C", "", ""), "C", {0, 4, 7}),
        (("C", "none", "N.C."), "N.C.", set()),
    ],
)
def test_kinds_degrees_and_inversions(tmp_path, harmony, name, tones):
    root, kind, text, *rest = harmony
    written = f'<harmony><root><root-step>{root}</root-step></root><kind text="{text}">{kind}</kind>'
    written = written if text else written.replace(' text=""', "")
    for one in rest:
        if isinstance(one, str):
            written += one
        else:
            written += "<degree><degree-value>{}</degree-value><degree-alter>{}</degree-alter>".format(*one[:2])
            written += f"<degree-type>{one[2]}</degree-type></degree>"
    path = tmp_path / "one.musicxml"
    path.write_text(HEAD_TO_NOTE.replace("<note>", f"{written}</harmony><note>", 1))
    (chords,) = read_tune(path).chords.values()
    assert (chords[0].symbol, set(chords[0].tones)) == (name, tones)


def test_an_abc_tune_s_parts_and_voices_in_the_head(tmp_path):
    path = tmp_path / "tune.abc"
    head = "X:1\nT:x\nP:AABA\nM:4/4\nL:1/4\nV:High clef=treble\nV:Low clef=bass\nK:C\n"
    body = 'P:A\nV:High\n"C"cdef|"F"f4|\nV:Low\nC,4|F,4|\nP:B\nV:High\n"G"g4|"C"c4|]\nV:Low\nG,4|C,4|]\n'
    path.write_text(head + body)
    tune = read_tune(path)
    assert [[note.pitch for note in notes] for notes in tune.melody.values()] == [[72, 74, 76, 77], [77], [79], [72]]
    assert [chords[0].symbol for chords in tune.chords.values()] == ["C", "F", "G", "C"]
    assert any("are to be played as 'AABA'" in line for line in tune.told) and tune.sections == {0: "A", 2: "B"}
    path.write_text(head + body.replace("P:B", "M:3/4").replace("4|", "3|").replace("cdef", "cde"))
    assert [one.meter for one in read_tune(path).bars.values()][2:] == [(3, 4), (3, 4)]
