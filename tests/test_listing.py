"""What a listener sees of a file and may choose in it: the table, a solo by its marker, a melody of several players."""

import json
from dataclasses import replace
from xml.etree import ElementTree

import mido
import pytest
from conftest import ROOT
from test_any_midi import arpeggio, bass, drums, melody, midi_bytes, notes, said, struck
from test_music_generate import refused, run_script

import music_generate
from music.piece import TrackView
from preprocess import list_file, read_tune, with_changes
from reading.choosing import Selection
from reading.grouping import one_line
from reading.raw_tune import RawNote
from reading.tune_json import tune_from_json, tune_to_json
from running.console import fitted
from running.settings import declared, read_settings
from writing.page import tracks_svg

BARS = 16
RHYTHM = [("Piano", 2, struck(BARS)), ("Bass", 3, bass(BARS)), ("Drums", 9, drums(BARS))]


def marked(**places):
    """Events that mark beats by a text each: marked(Head=0, Solo=16)."""
    return [(round(96 * beat), mido.MetaMessage("marker", text=text)) for text, beat in places.items()]


def band(events=()):
    """A trumpet that plays bars 1 to 4 and 13 to 16, a tenor that plays 5 to 12, and a rhythm section."""
    heads = melody(4) + melody(4, start=48.0)
    return midi_bytes(("Trumpet", 0, heads), ("Tenor", 1, melody(8, start=16.0)), *RHYTHM, events=events)


@pytest.fixture
def read(tmp_path):
    """Read a file of these bytes."""

    def read(data, selection=Selection()):
        path = tmp_path / "any.mid"
        path.write_bytes(data)
        return read_tune(path, selection)

    return read


def table(tmp_path, data, selection=Selection(), name="any.mid"):
    path = tmp_path / name
    path.write_bytes(data)
    lines = list_file(path, selection)
    assert max(map(len, lines)) <= 120
    return lines


# --- The table -------------------------------------------------------------------------------------------------------


def test_the_table_tells_of_every_track_what_it_is_and_why(tmp_path):
    click = notes(*((beat, 0.2, 76 if beat % 4 else 77) for beat in range(4 * BARS)))
    tracks = [("Trumpet", 0, melody(BARS)), ("", 5, click), *RHYTHM, ("Flute", 6, melody(2, start=8.0))]
    events = [(0, mido.Message("program_change", channel=0, program=56)), *marked(Head=0, Out=32)]
    lines = table(tmp_path, midi_bytes(*tracks, events=events), Selection(0))
    assert lines[:7] == [
        "no  track    instrument            ch  range  notes  bars        role    why",
        " 0  Trumpet  Trumpet                1  C5-A5     64  16 in 1-16  melody  as asked",
        " 1  unnamed                         6  E5-F5     64  16 in 1-16  click   one or two pitches, evenly",
        " 2  Piano    Acoustic Grand Piano   3  B3-A4     48  16 in 1-16  chords  "
        "it strikes or holds chords in 16 of the melody…",
        " 3  Bass     Acoustic Bass          4  C2-A2     32  16 in 1-16  bass    its name",
        " 4  Drums    drum kit              10           128  16 in 1-16  drums   channel 10",
        " 5  Flute    Flute                  7  C5-A5      8  2 in 3-4    other   heard for the chords",
    ]
    assert [line.split()[0] for line in lines[8:11]] == ["bars", "tempo", "markers"]
    assert lines[8].endswith("16 of 4/4") and lines[10].endswith("0 Head, 32 Out")
    assert lines[11].startswith("read        melody: track 0 'Trumpet'") and lines[-1].startswith("otherwise")


def test_the_table_tells_what_was_asked_for_and_what_cannot_be_read(tmp_path):
    lines = table(tmp_path, band(), Selection(1, (0,), 16.0))
    assert [line.split()[-3:] for line in lines[1:3]] == [["chords", "as", "asked"], ["melody", "as", "asked"]]
    assert "            solo: from beat 16 on (as asked)" in lines
    lines = table(tmp_path, midi_bytes(("Kit", 9, drums())))
    assert "read        nothing: only drums play in it; choose a file with a melody" in lines


def test_broken_chords_that_are_heard_are_chords_and_a_second_line_is_none(tmp_path):
    second = [(start, end, pitch - 3, velocity) for start, end, pitch, velocity in melody()]
    tracks = [("Solo", 0, melody()), ("Second", 1, second), ("Harp", 2, arpeggio())]
    roles = [line.split()[-5] for line in table(tmp_path, midi_bytes(*tracks))[2:4]]
    assert roles == ["other", "chords"]


def test_the_table_stays_in_its_columns_whatever_a_track_is_called(tmp_path):
    lines = table(tmp_path, midi_bytes(("x" * 99, 1, melody(BARS)), *RHYTHM))
    assert lines[1].startswith(" 0  " + "x" * 23 + "…  ") and lines[2].startswith(" 1  Piano" + " " * 21)
    names = {"": "     ", "Tenor": "Tenor", "Trumpet": "Trum…", "ギター": "ギタ…", "a\x1b": "a\\x1b"}
    assert [fitted(name, 5) for name in names] == list(names.values())


def test_a_score_is_listed_by_its_parts(tmp_path):
    text = "X:1\nM:3/4\nL:1/4\nQ:1/4=90\nK:C\nV:1 name=Flute\nCDE|FGA|\nV:2 name=Cello\nC,3|F,3|\n"
    lines = table(tmp_path, text.encode(), name="any.abc")
    assert "C4-A4" in lines[1] and "C3-F3" in lines[2]
    assert lines[4].endswith("2 of 3/4") and lines[5].endswith("90 quarters a minute")


def test_the_script_lists_and_makes_nothing(tmp_path):
    ran = run_script("--list", ROOT / "data/our_tune.mid", "--output", tmp_path / "out", "--melody-track", "0,2")
    assert (ran.returncode, ran.stderr, list(tmp_path.iterdir())) == (0, "", [])
    assert "solo: between beats 48 and 143.917, from the marker 'Solo'" in ran.stdout
    assert [line.split()[0] for line in ran.stdout.splitlines() if " melody " in line] == ["0", "2"]
    (tmp_path / "songs").mkdir()
    (tmp_path / "songs/a.mid").write_bytes(band())
    assert "a folder" in (told := refused(tmp_path, "--list", tmp_path / "songs")) and "a.mid" in told
    (tmp_path / "no.mid").write_bytes(b"no")
    assert "not a MIDI file" in refused(tmp_path, tmp_path / "no.mid", "--list")


def test_the_page_draws_what_the_table_tells(read):
    tracks = [(f"<Part> {number}", number % 9, melody(4, start=4.0 * number)) for number in range(25)]
    tune = read(midi_bytes(*tracks), Selection((20,)))
    svg = ElementTree.fromstring(tracks_svg(tune)).find(".//svg")
    rows = {row.find("text").text: row for row in svg.iter("g")}
    assert list(rows) == [*(f"<Part> {number} · other" for number in range(16)), "<Part> 20 · melody"]
    assert [svg.find(tag).text for tag in ("title", "desc")] == [
        "The tracks of any",
        "Which of its 28 bars each track plays in. Melody: <Part> 20.",
    ]
    solo, played = svg.find("rect[@class='solo']"), rows["<Part> 20 · melody"].find("rect")
    assert (solo.get("x"), solo.get("width")) == (played.get("x"), played.get("width")) == ("780", "110")
    assert ">and 8 more<" in tracks_svg(tune) and len(tracks_svg(tune)) < 5_000
    assert tracks_svg(tune_from_json(tune_to_json(replace(tune, tracks=())))) == ""
    assert tune_from_json(json.loads(json.dumps(tune_to_json(tune)))).tracks == tune.tracks


def test_the_picture_of_a_file_of_any_length_is_small(read):
    every_other = TrackView("Solo", "melody", "", tuple((bar, bar) for bar in range(0, 20_000, 2)))
    assert len(tracks_svg(replace(read(band()), tracks=(every_other,) * 16))) < 10_000


@pytest.mark.parametrize("odd", [["x", "lead", "", []], ["x", "other", 3, []], ["x", "other", "", [[2, 1]]], ["x"]])
def test_tracks_that_are_none_are_refused(read, odd):
    kept = tune_to_json(read(band()))
    with pytest.raises(ValueError, match="tracks|expected 4"):
        tune_from_json(kept | {"tracks": [odd]})
    with pytest.raises(ValueError, match="begins"):
        tune_from_json(kept | {"begins": -1})


# --- A melody of several players -------------------------------------------------------------------------------------


def test_players_who_trade_are_one_line_where_both_are_asked_for(read):
    alone, both = (read(band(), Selection(tracks)) for tracks in ((1,), (0, 1)))
    assert (len(alone.solo.notes), len(both.solo.notes), list(both.bars)) == (32, 64, list(range(16)))
    assert said(both, "melody") == "melody: track 0 'Trumpet and Tenor' (as asked)"
    assert "struck by track 2 'Piano'" in said(both, "chords")
    assert [track.role for track in both.tracks[:3]] == ["melody", "melody", "chords"]
    assert read(band(), Selection((1, 1))).melody == read(band(), Selection(1)).melody == alone.melody
    with pytest.raises(ValueError, match="there is no track 9: 5 tracks .*: 0 Trumpet, 1 Tenor, .* 4 Drums; choose"):
        read(band(), Selection((0, 9)))


def test_what_several_play_at_once_is_one_line():
    def line(*played):
        lines = [[RawNote(on, end, pitch, 80) for on, end, pitch in notes] for notes in played]
        return [note[:3] for note in one_line(lines, 6)]

    assert line([(0, 96, 60), (192, 240, 62)], [(48, 144, 55)]) == [(0, 48, 60), (48, 144, 55), (192, 240, 62)]
    assert line([(0, 96, 60)], [(0, 48, 64)]) == line([(0, 48, 64)], [(0, 96, 60)]) == [(0, 48, 64)]
    assert line([(0, 96, 60)], [(6, 48, 64)]) == [(6, 48, 64)] and len(line([(0, 96, 60)], [(7, 48, 64)])) == 2
    assert line([(0, 96, 60), (48, 96, 64)], []) == [(0, 96, 60), (48, 96, 64)]  # what one player holds is his


def test_a_wrong_number_lists_all_tracks(read):
    tracks = [(f"Part {number}", number % 9, melody()) for number in range(15)]
    with pytest.raises(ValueError, match=", ".join(f"{number} Part {number}" for number in range(15)) + "; choose"):
        read(midi_bytes(*tracks), Selection(15))


def given(*flags):
    return read_settings(declared(music_generate), "", list(flags), bare="TUNE", actions={"list": "lists"})


def test_the_constants_take_several_tracks_and_places_by_name():
    read = given("--melody-track", "1,2", "--from-beat", "Solo 1", "--to-beat", "64.0", "--list", "a.mid")
    assert (read.melody_track, read.from_beat, read.to_beat, read.list, read.tune) == (
        (1, 2),
        "Solo 1",
        64,
        True,
        "a.mid",
    )
    assert given("--from-beat", "none").from_beat is None and given().list is False
    for beat in ("-1", "nan", "inf", "1e7", " "):
        with pytest.raises(ValueError, match=r"FROM_BEAT \(--from-beat\) must be a number, 0 to 1e\+06, or a marker's"):
            given("--from-beat", beat)
    with pytest.raises(ValueError, match="MELODY_TRACK .* must be track numbers such as 0 or 0,2"):
        given("--melody-track", "one")


# --- The solo by its marker ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("places", "told", "bars"),
    [
        ({"Head": 0, "Solo": 16, "Head out": 48}, "Solo", (4, 12)),
        ({"Head": 0, "Solo 1": 16, "Solo 2": 32, "Out": 48}, "Solo 1", (4, 12)),
        ({"Head": 0, "Tenor solo": 16, "2nd Tenor Solo (cont.)": 24, "Solo 3": 32, "Out": 48}, "Tenor solo", (4, 12)),
        ({"Head": 0, "Tenor solo": 16, "Piano solo": 32, "Out": 48}, "Tenor solo", (4, 8)),
        ({"Head": 0, "Saxsolo": 16, "Klaviersolo": 32, "Out": 48}, "Saxsolo", (4, 8)),
        ({"Head": 0, "Solo - A": 16, "Solo - Bridge": 24, "Solo chorus two": 32, "Out": 48}, "Solo - A", (4, 12)),
        ({"Head": 0, "Drum solo": 8, "GtrSolo": 16, "Out": 32}, "GtrSolo", (4, 8)),
        ({"Head": 0, "Solo": 16, "0:32": 24, "End of solo": 32}, "Solo", (4, 8)),
        ({"Solo Flight": 0, "Head": 2, "Improvisation": 16, "Out": 48}, "Improvisation", (4, 12)),
        ({"Tenor solo": 0, "Piano solo": 24}, "Tenor solo", (4, 6)),
        ({"Solo Flight": 0}, None, (4, 12)),
        ({"Solo Flight": 0, "A": 16, "B": 32}, None, (4, 12)),
        ({"Soli": 16, "Pre-solo": 24, "Soloist": 32, "After the solo": 40}, None, (4, 12)),
    ],
)
def test_a_marked_solo_is_whole_and_a_title_is_none(read, places, told, bars):
    data = midi_bytes(("Tenor", 1, melody(8, start=16.0)), *RHYTHM, events=marked(**places))
    tune = read(data)
    assert list(tune.bars) == list(range(*bars))
    ending = f", from the marker '{told}'" if told else ": the whole file (nothing marks one)"
    assert said(tune, "solo").endswith(ending)


def test_who_plays_in_a_marked_solo_is_the_soloist(read):
    tune = read(band(marked(Head=0, Solo=16, Out=48)))
    assert said(tune, "melody").startswith("melody: track 1 'Tenor' (32 onsets in 8 bars")
    assert list(tune.bars) == list(range(4, 12)) and tune.begins == 16.0
    tune = read(band(marked(Head=0, Solo=16, Out=48)), Selection(0))
    assert said(tune, "solo") == "solo: the whole file, for no melody plays at the marker 'Solo'"


def test_cue_points_and_texts_mark_a_solo_where_no_marker_does_and_lyrics_do_not(read):
    for kind in ("cue_marker", "text"):
        cues = [(96 * beat, mido.MetaMessage(kind, text=text)) for text, beat in (("Solo", 16), ("Out", 48))]
        assert said(read(band(cues)), "solo").startswith("solo: between beats 16 and 47.9")
        assert said(read(band([*cues, *marked(Solo=32)])), "solo").startswith("solo: from beat 32 on")
    lyrics = [(48 * beat, mido.MetaMessage("lyrics", text=text)) for beat, text in enumerate(["so", "solo"] * 20)]
    assert said(read(band(lyrics)), "solo") == "solo: the whole file (nothing marks one)"


def test_a_chord_among_the_markers_ends_no_solo(read):
    changes = [(384 * bar, mido.MetaMessage("marker", text=("Dm7", "G7")[bar % 2])) for bar in range(BARS)]
    assert said(read(band(changes + marked(Solo=16, Out=48))), "solo").startswith("solo: between beats 16 and 47.9")


@pytest.mark.parametrize(
    ("low", "high", "bars"),
    [
        ("solo 2", None, (8, 12)),
        ("Solo", None, (4, 8)),
        ("Solo", "out", (4, 12)),
        ("Solo 1", 30.0, (4, 8)),
        (32.0, "Out", (8, 12)),
        ("Out", None, (12, 16)),
        (None, "Solo 2", (0, 8)),
        ("Head", "Head", (0, 12)),
        ("1:10", "Out", (10, 12)),
    ],
)
def test_a_window_is_named_by_its_markers(read, low, high, bars):
    places = marked(Head=0, **{"Solo 1": 16, "Solo 2": 32, "1:10": 40, "Head out": 48})
    tune = read(midi_bytes(("Tenor", 1, melody(BARS)), *RHYTHM, events=places), Selection(from_beat=low, to_beat=high))
    assert list(tune.bars) == list(range(*bars)) and "(as asked)" in said(tune, "solo")


def test_changes_begin_where_a_marked_solo_does_though_its_first_bar_rests(read):
    tune = read(midi_bytes(("Tenor", 1, melody(3, start=20.0)), *RHYTHM, events=marked(Head=0, Solo=16, Out=32)))
    (laid,) = with_changes([tune], "C | F | G | A")
    assert [chords[0].symbol for chords in laid.chords.values()] == ["F", "G", "A"]


def test_a_section_of_a_known_tune_ends_with_the_section(metheny):
    tune = read_tune(metheny, Selection(from_beat="Guit. solo"))
    assert "solo: between beats 268 and 491.917 (as asked, or known by the file's checksum)" in tune.told


def test_a_marker_that_there_is_not_lists_those_there_are(read):
    with pytest.raises(
        ValueError, match="no marker is called 'Coda': there are 'Head', 'Solo'; name one of these, or a"
    ):
        read(band(marked(Head=0, Solo=16)), Selection(from_beat="Coda"))
    with pytest.raises(ValueError, match="no marker is called 'Coda': it has no markers; give a beat"):
        read(band(), Selection(to_beat="Coda"))


def test_a_section_of_a_score_is_named_likewise(tmp_path):
    path = tmp_path / "any.abc"
    path.write_text("X:1\nM:4/4\nL:1/4\nK:C\nP:A\nCDEF|GABc|\nP:B\nccBA|GFED|\n")
    assert list(read_tune(path, Selection(from_beat="B")).bars) == [2, 3]
