"""One run's improvising: what is kept, which tune is played, what is said of the settings."""

import json
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import mido
import numpy as np
import pytest
from conftest import ROOT, bar, chord, note

import music_generate
from grammar import parse_term
from improvising.keeping import kept_of_file, kept_of_piece, values_of_bar
from improvising.session import (
    AS_THEY_CAME,
    Session,
    arrangement_of,
    asked_swing,
    check_wishes,
    program_asked,
    shown_of,
    source_of,
    style_over,
    tempo_of,
)
from learning.learner import Network
from learning.saved_network import BROUGHT
from learning.style import learn_style
from learning.training import weight_shapes
from music.notes import Nuance
from preprocess import read_tune
from running.settings import Settings, as_constants, changed, declared, read_settings
from writing.midi import played, write_midi

SETTINGS = declared(music_generate)


def given(*flags: str) -> Settings:
    return read_settings(SETTINGS, "", list(flags))


@pytest.fixture(scope="module")
def session(our_tune) -> Session:
    """A network that has learned nothing yet: what is held here does not depend on it."""
    tune = read_tune(our_tune)
    half = slice(0, len(tune.bars) // 2)
    melody, chords, bars = (dict(list(by_bar.items())[half]) for by_bar in (tune.melody, tune.chords, tune.bars))
    path, grammars = Path("folder/other.mid"), tune.abstract_grammars[half]
    other = replace(tune, melody=melody, chords=chords, bars=bars, abstract_grammars=grammars, path=path)
    generator = np.random.default_rng(1)
    style = learn_style([tune, other])
    n_values = len(style.values)
    weights = [generator.normal(0, 0.3, shape).astype(np.float32) for shape in weight_shapes(n_values, 8)]
    return Session([tune, other], Network(weights, np.array([9.0, 8.0])), style)


def notes_by_bar(results):
    return results.best.solo.notes_by_bar


# --- Keeping ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kept", ["1", "24", "3-5,9", "1-24", "2,4,6"])
def test_kept_bars_stay_to_the_note_whatever_else_is_set(session, tmp_path, kept):
    first = session.improvise(given("--seed", "3"), {})
    write_midi(tmp_path / "solo.midi", first.best)
    for other in (
        "--temperature=1.7",
        "--density=0.6",
        "--tempo=90",
        "--values-per-bar=20",
        "--rhythm=filled",
        "--n-solos=3",
    ):
        wanted = given(
            "--seed", "4", "--keep-bars", kept, "--keep-from", str(tmp_path / "solo.midi"), "--bars", "24", other
        )
        results = session.improvise(wanted, {})
        for piece in results.pieces:
            for number, (was, now) in enumerate(zip(notes_by_bar(first), piece.solo.notes_by_bar, strict=False), 1):
                if number in wanted.keep_bars and number <= len(piece.solo.bars):
                    assert now == was, (other, number)
        if kept != "1-24":
            assert notes_by_bar(results) != notes_by_bar(first)
        assert (
            results.pieces == session.improvise(wanted, {}, kept_from=first.best).pieces
        )  # from memory as from a file


def test_the_rest_goes_on_from_what_is_kept(session):
    """The first free bar after kept ones depends on them, and free bars before them do not."""
    one, two = (session.improvise(given("--seed", seed), {}).best for seed in ("1", "2"))
    kept = [session.improvise(given("--seed", "5", "--keep-bars", "3-4"), {}, kept_from=piece) for piece in (one, two)]
    before = [[(note.onset, note.pitch) for bar in notes_by_bar(each)[:2] for note in bar] for each in kept]
    assert before[0] == before[1]
    # Only the last note is perhaps as loud as what it leads to wants.
    assert notes_by_bar(kept[0])[0] == notes_by_bar(kept[1])[0]
    assert notes_by_bar(kept[0])[4:] != notes_by_bar(kept[1])[4:]


def test_the_last_solo_of_the_output_folder_is_kept_from_where_none_is_named(session, tmp_path):
    first = session.improvise(given("--seed", "3"), {})
    write_midi(tmp_path / "my_music.midi", first.best)
    results = session.improvise(given("--seed", "4", "--keep-bars", "2", "--output", str(tmp_path)), {})
    assert notes_by_bar(results)[1] == notes_by_bar(first)[1]


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--keep-bars", "25"], "KEEP_BARS (--keep-bars) names bar 25, the solo has 24"),
        (["--keep-bars", "5", "--bars", "4"], "names bar 5, the solo has 4"),
        (["--keep-bars", "1", "--keep-from", "nonsuch.midi"], "nonsuch.midi: cannot be read"),
        (["--keep-bars", "1", "--keep-from", str(ROOT / "data/our_tune.mid")], "has no track named Solo"),
        (["--keep-bars", "1", "--keep-from", str(ROOT / "README.md")], "README.md"),
    ],
)
def test_what_cannot_be_kept_is_said(session, tmp_path, flags, told):
    write_midi(tmp_path / "my_music.midi", session.improvise(given(), {}).best)
    with pytest.raises(ValueError) as refused:
        session.improvise(given("--output", str(tmp_path), *flags), {})
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("text", "numbers"), [("3", (3,)), ("1-4,9", (1, 2, 3, 4, 9)), ("9, 2-3", (9, 2, 3)), ("", ()), ("()", ())]
)
def test_bars_are_told_as_numbers_and_ranges(text, numbers):
    assert given("--keep-bars", text).keep_bars == numbers


@pytest.mark.parametrize("text", ["0", "x", "1-", "3--4", "4-2", "1-999999999", "-4", "1.5"])
def test_bars_that_are_none_are_refused(text):
    with pytest.raises(ValueError, match=r"KEEP_BARS \(--keep-bars\) must be bars such as 3 or 1-4,9"):
        given(f"--keep-bars={text}")


def test_a_kept_bar_is_heard_as_the_likest_values():
    terms = [
        parse_term(text) for text in ("C,1.000", "S,0.500", "C,0.500,<P4,m-2>", "S,0.500,<M3,d1>", "A,0.333,<P1,d-5>")
    ]
    notes = [note(0.0, 1.0, 60), note(1.0, 0.5, 62), note(2.0, 0.25, 64)]  # C, D and E over C major 7
    heard = values_of_bar(notes, bar(0.0, 4.0), [chord(0.0, 4.0, (48, 52, 55, 59))], terms)
    assert heard == [(0, 0, 60), (12, 3, 62), (24, 2, 64)]
    assert values_of_bar(notes, bar(0.0, 4.0), [], terms) == []


def test_bars_of_several_lengths_are_kept_as_they_lie(session, tmp_path):
    piece = session.improvise(given("--seed", "3"), {}).best
    write_midi(tmp_path / "solo.midi", piece)
    bars = [bar(0.0, 3.0, (3, 4)), bar(3.0, 5.0, (5, 4))]
    by_file, by_piece = (kept_of_file(tmp_path / "solo.midi", [2], bars), kept_of_piece(piece, [2], bars))
    assert by_file == by_piece and list(by_file) == [1]
    assert [n.onset + 36 for n in by_file[1].notes] == [n.onset for n in piece.solo.notes if 36 <= n.onset < 96]


# --- Keeping how they were played -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bent(session) -> Session:
    """The same of a player who bends every fifth note."""

    def bent(nuances, bends=((0.0, -3.0), (0.04, -0.5), (0.06, 0.0))):
        return [one._replace(bends=() if number % 5 else bends) for number, one in enumerate(nuances)]

    tunes = [replace(session.tunes[0], nuances={n: bent(of_bar) for n, of_bar in session.tunes[0].nuances.items()})]
    return replace(session, tunes=tunes, style=learn_style(tunes), habits={})


def improvised(session, *flags, kept_from=None):
    return session.improvise(given("--page=no", *flags), {}, kept_from=kept_from).best


def as_played(piece):
    """Each bar as its file has it: notes, when and how long they sound, and where the pitch wheel stands."""
    return [*kept_of_piece(piece, range(1, len(piece.solo.bars) + 1), piece.solo.bars).values()]


KEPT = (0, 4, 5, 8, 23)


@pytest.mark.parametrize(
    "other", ["--tempo=60", "--swing=0.66", "--feel=0.5", "--count-in", "--instrument=65", "--style=bossa"]
)
def test_kept_bars_stay_as_they_were_played_from_a_file_and_from_a_piece(bent, tmp_path, other):
    first = improvised(bent, "--seed=3")
    write_midi(tmp_path / "solo.midi", first)
    flags = ["--seed=4", "--keep-bars", ",".join(str(number + 1) for number in KEPT), other]
    again = improvised(bent, *flags, kept_from=first)
    was, now = as_played(first), as_played(again)
    assert [now[number] for number in KEPT] == [was[number] for number in KEPT]
    assert sum(bool(one.bends) for number in KEPT for one in was[number].nuances) > 3
    assert [bar for bar in range(24) if now[bar] == was[bar]] == [*KEPT]
    assert improvised(bent, *flags, "--keep-from", str(tmp_path / "solo.midi")) == again


def test_kept_bars_stay_however_often_they_are_written_back(bent, tmp_path):
    piece = first = improvised(bent, "--seed=3")
    for seed, more in enumerate((["--count-in"], ["--tempo=70"], ["--count-in", "--swing=0.6"], ["--backing"])):
        write_midi(tmp_path / "my_music.midi", piece)
        piece = improvised(bent, f"--seed={seed}", "--keep-bars=2-3,9", "--output", str(tmp_path), *more)
        for number in (1, 2, 8):
            assert as_played(piece)[number] == as_played(first)[number], (seed, number)


@pytest.mark.parametrize("seed", range(4))
def test_around_kept_bars_no_note_overlaps_and_none_is_passed(bent, seed):
    first = improvised(bent, f"--seed={seed}", "--tempo=70")
    for density in ("--density=1", "--density=2"):
        piece = improvised(bent, f"--seed={seed + 9}", "--keep-bars=2,4,6,9-10,14,16", density, kept_from=first)
        strokes = [
            note.onset * 40 + 480 * one.late for note, one in zip(piece.solo.notes, piece.solo.nuances, strict=True)
        ]
        assert strokes == sorted(strokes)
        sounding = sorted(played(piece.parts[0]))
        assert len(sounding) == len(strokes) and all(end <= after for (_, end, *_), (after, *_) in pairwise(sounding))


def test_bars_of_a_file_that_does_not_tell_how_it_is_written_are_kept_on_the_grid(bent, tmp_path):
    """As older versions wrote it, and what another program has saved again."""
    first, path = improvised(bent, "--seed=3"), tmp_path / "my_music.midi"
    write_midi(path, first)
    told = mido.MidiFile(path)
    for track in told.tracks:
        track[:] = [message for message in track if message.type != "sequencer_specific"]
    told.save(path)
    kept = kept_of_file(path, [2, 3], first.solo.bars)
    assert not kept[1].nuances and not kept[2].nuances
    starts = [one.offset + late for one, (late, *_) in zip(first.solo.notes, first.solo.nuances, strict=True)]
    steps = [one.onset + 48 for one in kept[1].notes]
    assert all(min(abs(step - 12 * start) for start in starts) < 0.6 for step in steps)  # half, and what a tick is
    piece = improvised(bent, "--seed=4", "--keep-bars=2-3", "--output", str(tmp_path))
    assert piece.solo.notes_by_bar[1:3] == [kept[1].notes, kept[2].notes]
    assert piece.solo.nuances_by_bar[1][1:] == [Nuance(0.0, one.quarter_length) for one in kept[1].notes][1:]


# --- What the tune tells where nothing is asked for -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "of_tune", "tempo"),
    [
        ([], 118.0, 118.0), (["--tempo=90"], 118.0, 90.0), (["--original"], 118.0, 130), ([], 999.0, 400),
        ([], 5.0, 20), (["--original", "--tempo=90"], 118.0, 90.0),
    ],
)  # fmt: skip
def test_the_tempo_is_asked_for_or_the_tune_s(session, flags, of_tune, tempo):
    assert tempo_of(given(*flags), replace(session.tunes[0], tempo=of_tune)) == tempo


@pytest.mark.parametrize(
    ("flags", "of_tune", "program"),
    [
        ([], 66, 66), ([], 0, 0), ([], None, 26), ([], 127, 26), ([], 111, 111), (["--instrument=Tenor Sax"], 26, 66),
        (["--instrument=0"], 26, 0), (["--instrument=127"], 26, 127),
    ],
)  # fmt: skip
def test_the_instrument_is_asked_for_or_the_tune_s_if_it_has_pitches(session, flags, of_tune, program):
    assert program_asked(given(*flags), replace(session.tunes[0], program=of_tune)) == program


def test_an_instrument_that_is_none_is_told_before_the_work(session):
    with pytest.raises(
        ValueError, match=r"INSTRUMENT \(--instrument\): 'Trumpit' is no instrument; is 'Trumpet' meant"
    ):
        check_wishes(given("--instrument=Trumpit"), session.style, session.tunes)


@pytest.mark.parametrize(
    ("flags", "words", "own", "asked"),
    [
        ([], "", 0.65, None), (["--swing=0.6"], "Bossa", 0.65, 0.6), (["--style=straight"], "", 0.65, 0.5),
        (["--style=bossa"], "Swing", 0.65, 0.5), ([], "Even 8ths", 0.65, 0.5), (["--style=swing"], "Bossa", 0.65, None),
        (["--style=straight"], "", 0.53, None),
    ],
)  # fmt: skip
def test_a_straight_style_asks_a_player_who_swings_to_play_straight(session, flags, words, own, asked):
    feel, chorus = replace(session.style.feel, swing=own), replace(session.style.chorus, style=words)
    assert asked_swing(given(*flags), replace(session.style, feel=feel, chorus=chorus)) == asked


def test_the_arrangement_is_as_asked_or_as_the_tune_is(session):
    def arranged(*flags, **of_tune):
        tunes = [replace(session.tunes[0], **of_tune)]
        return arrangement_of(given(*flags), style_over(given(*flags), session.style, tunes), tunes)

    own = arranged()
    assert (own.tempo, own.program, own.style, own.feel, own.comps, own.rhythm) == (
        118.0,
        26,
        "straight",
        1.0,
        False,
        None,
    )
    assert own.swing == session.style.feel.swing and not (own.band or own.count_in) and own.listens
    assert arranged(strikes={}).comps and arranged("--chords=Dm7").comps  # of what was typed nothing was struck
    asked = arranged(
        "--chords=Dm7", "--style=waltz", "--swing=0.6", "--feel=0.5", "--backing", "--count-in", "--part=Eb"
    )
    assert (asked.style, asked.swing, asked.feel, asked.band, asked.count_in) == ("waltz", 0.6, 0.5, True, True)
    assert asked.written_for == "Eb" and arranged("--swing=0.6").style == "swing"
    original = arranged("--original", strikes={})
    assert (original.tempo, original.feel, original.comps, original.listens) == (130, 0.0, False, False)


def test_what_is_compared_is_the_source_with_the_same_band_and_as_it_was_played(session):
    def beside(*flags):
        return session.improvise(given("--seed=1", *flags), {}).beside

    flags = ["--tempo=80", "--instrument=65", "--backing", "--count-in"]
    assert [*beside(*flags)] == ["The source", "As played"]
    source, own = beside(*flags).values()
    assert [part.name for part in source.parts] == ["Solo", "Chords", "Bass", "Drums"] and source.tempo == 80
    assert [part.name for part in own.parts] == ["Solo", "Chords"] and not own.count_in
    assert beside("--backing")["As played"].tempo == 118.0
    assert source.solo == own.solo == session.tunes[0].solo and own.solo.nuances
    typed = beside("--chords=Dm7 | G7")
    assert [*typed] == ["Over the source's changes", "The source", "As played"]
    over = typed["Over the source's changes"].solo
    assert (
        over.chords_by_bar == own.solo.chords_by_bar
        and over.notes != own.solo.notes
        and len(over.nuances) == len(over.notes)
    )
    assert not beside("--chords=Dm7 | G7", "--page=no")  # nobody would see them
    assert [*beside("--page=no", "--live=yes")] == ["The source", "As played"]


def test_as_the_original_nobody_has_feel_and_chords_sound_as_they_are(session):
    results = session.improvise(given("--original", "--backing", "--seed=1"), {})
    for piece in (results.best, *results.beside.values()):
        assert piece.tempo == (130 if piece is not results.beside["As played"] else 118)
        assert not piece.solo.nuances and not any(part.nuances for part in piece.parts)
        assert piece.parts[1].music == session.tunes[0].struck()[: len(piece.parts[1].music)] != []
    assert source_of(given("--original"), session.style, session.tunes) == results.beside["As played"]


def test_the_pianist_s_strikes_are_those_of_the_bars_that_are_played(session):
    """In the key that is asked for, as often as the changes are played, and no longer than the solo."""
    struck = session.tunes[0].struck()
    for flags, expected in (
        (["--bars=2"], [each for each in struck if each.onset < 96]),
        (["--key=2"], [each._replace(pitches=tuple(pitch + 2 for pitch in each.pitches)) for each in struck]),
    ):
        found = arrangement_of(given(*flags), style_over(given(*flags), session.style, session.tunes), session.tunes)
        assert [(one.onset, one.pitches) for one in found.strikes] == [(one.onset, one.pitches) for one in expected]
    twice = arrangement_of(
        given("--choruses=2"), style_over(given("--choruses=2"), session.style, session.tunes), session.tunes
    )
    assert len(twice.strikes) == 2 * len(struck)


# --- The tune that is played, and what is said -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["other.mid", "other", "folder/other.mid"])
def test_another_tune_of_those_read_is_played(session, name):
    results = session.improvise(given("--over", name), {})
    assert results.best.title == "A solo after other, seed 0" and results.beside["As played"].title == "other"
    assert len(results.best.solo.bars) == 12 < len(session.improvise(given(), {}).best.solo.bars)


def test_a_tune_that_was_not_read_is_told_with_one_that_was(session):
    with pytest.raises(ValueError, match=r"OVER \(--over\) names 'othr.mid', which was not read; .* 'other.mid'"):
        session.improvise(given("--over", "othr.mid"), {})


def test_too_many_bars_are_refused_where_they_are_bounded(session):
    with pytest.raises(ValueError, match="this would be 48 bars, more than the 40 here"):
        session.improvise(given("--choruses", "2"), {}, most_bars=40)


MIDI_ONLY = ["--sound=no", "--score=no", "--pictures=no", "--page=no"]


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (
            ["--choruses", "100"],
            "2,400 bars, at most 1,000 can be heard and shown; .* SOUND and SCORE and PICTURES and",
        ),
        (["--choruses", "100", *MIDI_ONLY[:3]], "2,400 bars, at most 1,000 can be heard and shown; .* PAGE to False"),
        (
            ["--choruses", "41", "--tempo", "20"],
            "984 bars, at TEMPO 20 197 minutes of music, at most 40 can be rendered",
        ),
        (["--choruses", "100", *MIDI_ONLY, "--n-solos", "500"], "2,400 bars, times 500 solos .N_SOLOS. 1,200,000, at"),
    ],
)
def test_more_than_can_be_made_is_refused_before_the_work(session, flags, told):
    with pytest.raises(ValueError, match=f"CHORUSES ask for {told}"):
        check_wishes(given(*flags), style_over(given(*flags), session.style, session.tunes), session.tunes)


@pytest.mark.parametrize("flags", [["--choruses", "41"], ["--choruses", "100", *MIDI_ONLY, "--n-solos", "400"]])
def test_what_can_be_made_is_not_refused(session, flags):
    check_wishes(given(*flags), style_over(given(*flags), session.style, session.tunes), session.tunes)


def test_all_that_is_not_as_it_came_is_shown(session):
    tunes = session.tunes[:1]
    assert shown_of(given(), SETTINGS, tunes) == {"seed": "0", "tune": "our_tune.mid"}
    shown = shown_of(
        given("--temperature=0.7", "--backing", "--one-line=no", "--keep-bars=1-3", "--output=x"), SETTINGS, tunes
    )
    assert shown == {
        "seed": "0",
        "tune": "our_tune.mid",
        "keep bars": "1,2,3",
        "temperature": "0.7",
        "one line": "off",
        "backing": "on",
    }
    assert shown_of(given("--original", "--temperature=0.7"), SETTINGS, tunes)["original"] == "on"
    assert "temperature" not in shown_of(given("--original", "--temperature=0.7"), SETTINGS, tunes)
    edited = SETTINGS | {"TEMPERATURE": SETTINGS["TEMPERATURE"]._replace(default=0.7)}
    assert shown_of(read_settings(edited, "", []), edited, tunes)["temperature"] == "0.7"  # an edited constant, too


def test_the_constants_are_as_they_came():
    """After a constant of the program was changed for good: write data/constants.json anew, as this reads it."""
    assert json.loads(AS_THEY_CAME.read_text()) == json.loads(json.dumps({n: s.default for n, s in SETTINGS.items()}))


def test_constants_to_paste_are_lines_of_the_program():
    lines = as_constants(
        changed(given(), SETTINGS, {"temperature": "0.7", "keep_bars": "2-3", "chords": "Dm7"}), SETTINGS
    )
    assert [line.partition("  #")[0] for line in lines] == [
        "CHORDS: text = 'Dm7'",
        "KEEP_BARS: bar_numbers = (2, 3)",
        "TEMPERATURE: number(0, 100) = 0.7",
    ]
    source = (ROOT / "music_generate.py").read_text().splitlines()
    for line in lines:
        assert any(line.partition(" = ")[0] in there and line.rpartition("  # ")[2] in there for there in source)


def test_changes_are_checked_as_flags_are():
    with pytest.raises(ValueError, match=r"TEMPO \(--tempo\) must be a number, 20 to 400, or None, not 7.0"):
        changed(given(), SETTINGS, {"tempo": "7"})
    with pytest.raises(ValueError, match="there is no setting tmepo"):
        changed(given(), SETTINGS, {"tmepo": "70"})


# --- Answers that are kept -------------------------------------------------------------------------------------------

ASK = """
import sys
from pathlib import Path
from grammar import interval_bounds, parse_term
from music.note_types import first_scale_tones, note_types
from running.answers import answers_in

with answers_in(Path(sys.argv[1]) if sys.argv[1] else None, "music21"):
    print(interval_bounds(0, 2), parse_term("S,0.333,<P4,m-2>"))
    print(note_types((0, 4, 7, 11)), first_scale_tones((0, 3, 7)))
    print("music21" in sys.modules)
"""


def asked(folder) -> list[str]:
    ran = subprocess.run([sys.executable, "-c", ASK, str(folder)], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def test_what_music21_answered_once_is_not_asked_again(tmp_path):
    *alone, woken = asked("")
    assert woken == "True"
    assert asked(tmp_path) == [*alone, "True"]
    assert asked(tmp_path) == [*alone, "False"]
    (file,) = (tmp_path / "answers").iterdir()
    for damaged in (b"", b"[1]", file.read_bytes()[:-5]):
        file.write_bytes(damaged)
        assert asked(tmp_path) == [*alone, "True"]
    assert asked(tmp_path) == [*alone, "False"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--tune", "a.mid", "--load", "b.keras"], "--tune would not count beside LOAD"),
        (["a.mid", "--load", "b.keras"], "--tune would not count beside LOAD"),
        (["--load", "b.keras", "--melody-track", "2"], "--melody-track would not count beside LOAD"),
    ],
)
def test_a_tune_beside_a_network_that_brings_its_own_is_refused(arguments, complaint):
    with pytest.raises(ValueError, match=complaint):
        read_settings(SETTINGS, "", arguments, bare="TUNE", brought={"LOAD": BROUGHT})
    assert read_settings(SETTINGS, "", ["--load="], bare="TUNE", brought={"LOAD": BROUGHT}).load == ""
