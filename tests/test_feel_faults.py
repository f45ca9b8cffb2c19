"""Faults of `issue-14`, each with a small example; every test here fails until its fault is mended. To be parted among
the other files then."""

import io
import random
from dataclasses import replace
from itertools import pairwise

import mido
import numpy as np
import pytest
from conftest import bar, chord, note, solo_of
from test_any_midi import TPQ, melody, midi_bytes, struck, tune_of  # noqa: F401
from test_feel import EIGHTHS, line_in
from test_feel import tune_of as played_tune
from test_lead_sheet import a_piece
from test_session import as_played, bent, given, improvised, session  # noqa: F401

from improvising.arranging import Arrangement, piece_of, style_in
from improvising.solos import _in_turn
from learning.feel import learn_feel
from music.instruments import program_in
from music.notes import Note, Nuance
from music.piece import Part
from music.units import GRID
from preprocess import Selection, read_tune
from reading.tune_json import tune_from_json, tune_to_json
from writing.lead_sheet import lead_sheet
from writing.midi import midi_bytes as part_bytes
from writing.midi import piece_bytes, played

SEVENTH = (48, 52, 55, 59)


def one_bar(notes=(), chords=()):
    return solo_of([bar(0.0, 4.0)], notes, chords)


def test_a_source_whose_first_note_is_early_is_heard_whole():
    """As Metheny's: its MIDI and its sound fail (mido: time must be non-negative), the page leaves the note out."""
    solo = replace(one_bar([Note(0, 12, 60)]), nuances_by_bar=[[Nuance(-0.05, 0.5)]])
    piece = piece_of(solo, "As played", Arrangement(120.0))
    assert min(played(piece.parts[0]))[0] >= 0
    piece_bytes(piece)


def test_chords_struck_at_once_keep_their_lengths():
    """Metheny's at 144 and 528 are cut to a twelfth of a quarter."""
    solo = one_bar(chords=[chord(0.0, 2.0, (31, 62)), chord(0.0, 2.0, (58, 57)), chord(2.0, 2.0, SEVENTH)])
    assert [one.duration for one in piece_of(solo, "", Arrangement(120.0)).parts[1].music] == [24, 24, 24]


def test_a_short_chord_that_is_moved_later_is_not_cut_to_nothing():
    solo = one_bar([Note(6, 6, 60)], [chord(0.25, 0.25, SEVENTH)])
    (moved,) = piece_of(solo, "", Arrangement(120.0)).parts[1].music
    assert moved.onset == 6 and moved.duration >= 3


def test_what_is_called_as_played_has_the_pianist_s_own_strikes(session):  # noqa: F811
    own = session.improvise(given(), {}).beside["As played"]
    assert own.parts[1].music == session.tunes[0].struck() and len(own.parts[1].music) > len(own.solo.chords)


def test_a_last_note_that_is_held_stays_bent():
    part = Part("Solo", 26, 0, [note(0.0, 4.0, 60)], [Nuance(0.0, 4.0, ((0.5, 1.0),))])
    now = 0
    for message in mido.MidiFile(file=io.BytesIO(part_bytes([part], 120.0))).tracks[1]:
        now += message.time
        assert message.type != "pitchwheel" or message.pitch or now >= 4 * 480, now  # 720


@pytest.mark.parametrize(("tempo", "steps"), [(60.0, (0, 6, 0, 8) * 2), (120.0, EIGHTHS)])
def test_off_beats_lie_where_they_are_asked_to_on_the_average(tempo, steps):
    """At a slower tempo than his, and where halves and thirds are mixed otherwise: .46 and .513 for .5."""
    tune = played_tune((0, 6, 0, 8) * 2, lambda _, step: Nuance({0: 0.01, 6: 0.11, 8: -0.03}[step], 0.3))
    solo = played_tune(steps).solo
    late = [one.late for one in learn_feel([tune]).draw(line_in(solo), solo.bars, tempo, random.Random(0), 1.0, 0.5)]
    assert (np.array(late) + line_in(solo).in_pulse / GRID)[1::2].mean() == pytest.approx(0.5, abs=0.005)


@pytest.mark.parametrize("other", ["--feel=0", "--one-line=no", "--original"])
def test_kept_bars_stay_as_they_were_played_whatever_the_rest_is(bent, other):  # noqa: F811
    first = improvised(bent, "--seed=3")
    again = improvised(bent, "--seed=4", "--keep-bars=2-3", other, kept_from=first)
    assert as_played(again)[1:3] == as_played(first)[1:3]


@pytest.mark.parametrize(
    ("places", "nuances", "kept"),
    [
        # Before a kept bar: who is moved to make room meets the one before.
        ((24, 45, 48), [(0.0, 1.9), (0.15, 0.1), (-0.1, 0.5)], 1),
        # After it: who is moved later meets the next.
        ((36, 48, 49), [(0.0, 1.12), (0.0, 0.05), (0.0, 0.2)], 0),
        # and who is passed
        ((36, 48, 49), [(0.0, 1.2), (0.0, 0.05), (0.0, 0.2)], 0),
    ],
)
def test_around_kept_bars_three_notes_in_a_row_do_not_overlap(places, nuances, kept):
    solo = solo_of([bar(0.0, 4.0), bar(4.0, 4.0)], [Note(place, 1, 60 + place) for place in places])
    given = iter([Nuance(*one) for one in nuances])
    in_bars = [[next(given) for _ in notes] for notes in solo.notes_by_bar]
    found = [one for of_bar in _in_turn(solo, in_bars, {kept: None}) for one in of_bar]
    times = [
        (one.offset + how.late, one.offset + how.late + how.length) for one, how in zip(solo.notes, found, strict=True)
    ]
    assert all(start < after and end <= after + 1e-6 for (start, end), (after, _) in pairwise(times)), times


def test_bends_end_with_their_note():
    """The page would bend on while the note dies away, and the piece is not what its own file says."""
    tune = played_tune((0,), lambda *_: Nuance(0.01, 4.0, ((0.5, 1.0), (2.0, -1.0))))
    solo = played_tune((0,) * 4, n_bars=1).solo
    for one in learn_feel([tune]).draw(line_in(solo), solo.bars, 120.0, random.Random(0)):
        assert all(at < one.length for at, _ in one.bends)


def test_what_is_left_out_between_the_tune_s_bars_does_not_count_for_its_tempo(tune_of):  # noqa: F811
    changes = [(0, 100), (16, 200), (160, 100)]
    events = [(at * TPQ, mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm))) for at, bpm in changes]
    tracks = ("Guitar", 0, melody() + melody(start=160.0)), ("Piano", 1, struck(44))
    tune = tune_of(midi_bytes(*tracks, events=events))
    assert [*tune.bars] == [0, 1, 2, 3, 40, 41, 42, 43] and tune.tempo == 100.0


@pytest.mark.parametrize(
    ("name", "program"), [("Bass Guitar", 33), ("Bassoon 1", 70), ("Tenor Trombone", 57), ("Alto Flute", 73)]
)
def test_a_track_s_name_is_read_to_its_end(name, program):
    assert program_in(name) == program  # 26, 32, 66, 65


@pytest.mark.parametrize(
    ("words", "style"), [("Swing in seven", "swing"), ("Seventies Swing", "swing"), ("Popular", None)]
)
def test_a_style_is_named_by_words_not_by_letters(words, style):
    assert style_in(words) == style  # 'even' is in 'seven'


def test_a_trumpet_s_part_in_c_is_not_for_a_trumpet_in_bb():
    piece = a_piece([(0, 12, 60)])
    piece = replace(piece, parts=[Part("Solo", 56, 0, piece.solo.notes)], written_for="C")
    assert "in Bb" not in lead_sheet(piece).musicxml


@pytest.mark.parametrize("value", ["no", [], 1, None, {"3": []}, {"12": [[0]]}])
def test_what_is_struck_is_in_the_tune_s_bars(our_tune, value):
    with pytest.raises(ValueError):
        tune_from_json(tune_to_json(read_tune(our_tune)) | {"strikes": value})


def test_a_tune_of_an_older_version_is_struck_as_its_chords_are(our_tune):
    older = tune_to_json(read_tune(our_tune))
    del older["strikes"]
    found = tune_from_json(older | {"is_struck": True})
    assert found.is_struck and found.strikes == found.chords


def test_the_read_of_an_early_note_at_the_window_s_begin(tune_of):  # noqa: F811
    early = [(start - 5 * (start > 0), end, pitch, velocity) for start, end, pitch, velocity in melody()]
    tune = tune_of(midi_bytes(("Guitar", 0, early), ("Piano", 1, struck())), Selection(from_beat=4.0))
    piece_bytes(piece_of(tune.solo, "As played", Arrangement(120.0)))
