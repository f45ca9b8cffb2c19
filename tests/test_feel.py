"""How notes are played: drawn from the player's, in order, in time, and as much off the grid as he is."""

import random
from itertools import pairwise

import numpy as np
import pytest
from conftest import bar, chord
from hypothesis import given, settings
from hypothesis import strategies as st

from learning.feel import MOST_NOTES, Feel, is_offbeat, learn_feel, usual_swing
from learning.ground import Line, line_of
from music.notes import Note, Nuance
from music.piece import Solo, Tune
from music.units import GRID, TICKS_PER_QUARTER
from preprocess import read_tune

MAJOR_SEVENTH, TRIAD = (48, 52, 55, 59), (48, 52, 55)
AS_WRITTEN = Nuance(0.0, 0.5)
EIGHTHS, TRIPLETS, BEATS = (0, 6) * 4, (0, 8) * 4, (0,) * 4


def tune_of(steps, nuance=None, tempo=120.0, n_bars=8, pitches=MAJOR_SEVENTH) -> Tune:
    """Bars of four beats, each with a note at every one of the `steps`, which begin a new beat where they do not rise.
    `nuance` tells how a note (its number, its step in the beat) is played; none: nothing was played."""
    places, beat = [], -1
    for before, step in zip([12, *steps], steps, strict=False):
        beat += step <= before
        places.append(GRID * beat + step)
    lengths = [after - place for place, after in pairwise([*places, 4 * GRID])]
    in_bar, generator = list(zip(places, lengths, strict=True)), random.Random(5)
    bars = {number: bar(4.0 * number, 4.0) for number in range(n_bars)}
    melody = {
        n: [Note(one.start + at, long, generator.randint(58, 70), 80) for at, long in in_bar] for n, one in bars.items()
    }
    chords = {n: [chord(4.0 * n, 4.0, pitches)] for n in bars}
    nuances, number = {}, 0
    for n, notes in melody.items() if nuance else ():
        nuances[n] = [nuance(number + index, note.onset % GRID) for index, note in enumerate(notes)]
        number += len(notes)
    return Tune(melody, chords, bars, tempo, nuances=nuances)


def lately(late=0.0, off=0.0, spread=0.02, goes_on=0.0, seed=0, bends=()):
    """Nuances of a player who is `late`, off the beat by `off` more, unevenly, and goes on so from note to note."""
    generator, drift = random.Random(seed), [0.0]

    def nuance(number, step):
        drift.append(goes_on * drift[-1] + (1 - goes_on**2) ** 0.5 * generator.gauss(0, spread))
        return Nuance(late + off * (step > 0) + drift[-1], 0.4, bends)

    return nuance


def line_in(solo: Solo) -> Line:
    return line_of([solo], list({bar.beats: bar for bar in solo.bars}))


def drawn(feel: Feel, solo: Solo, tempo=120.0, seed=0, **more) -> list[Nuance]:
    return feel.draw(line_in(solo), solo.bars, tempo, random.Random(seed), **more)


def lateness(feel: Feel, solo: Solo, tempo=120.0, n_seeds=20, **more) -> np.ndarray:
    return np.array([[one.late for one in drawn(feel, solo, tempo, seed, **more)] for seed in range(n_seeds)])


def goes_on(late) -> float:
    return float(np.corrcoef(late[1:], late[:-1])[0, 1])


HUNDREDTHS = st.integers(-90, 90).map(lambda number: number / 100)
WILD = st.builds(Nuance, HUNDREDTHS, HUNDREDTHS.map(lambda late: 1 + late), st.just(((0.0, 1.0),)))
STEPS = st.lists(st.sampled_from([0, 1, 2, 3, 4, 6, 8, 9, 11]), min_size=1, max_size=4)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(WILD, min_size=1, max_size=9), STEPS, STEPS, st.integers(0, 9), st.floats(40, 300), st.floats(0, 1),
    st.sampled_from([None, 0.5, 0.58, 0.75]),
)  # fmt: skip
def test_no_onset_is_passed_no_note_overlaps_and_times_are_ticks(wild, his, ours, seed, tempo, amount, swing):
    feel = learn_feel([tune_of(his, lambda number, _: wild[number % len(wild)])])
    solo = tune_of(ours, n_bars=2).solo
    nuances = drawn(feel, solo, tempo, seed, amount=amount, swing=swing)
    assert len(nuances) == len(solo.notes)
    starts = [(note.offset + one.late) * TICKS_PER_QUARTER for note, one in zip(solo.notes, nuances, strict=True)]
    lengths = [one.length * TICKS_PER_QUARTER for one in nuances]
    assert all(abs(time - round(time)) < 0.01 for time in starts + lengths)
    assert round(starts[0]) >= 0 and min(map(round, lengths)) > 0
    for (start, length), (after, _) in pairwise(zip(map(round, starts), map(round, lengths), strict=True)):
        assert after - start >= TICKS_PER_QUARTER / 48 and start + length <= after
    assert nuances == drawn(feel, solo, tempo, seed, amount=amount, swing=swing)


def test_without_an_amount_the_grid_is_played_and_with_another_seed_other_feel():
    feel, solo = learn_feel([tune_of(EIGHTHS, lately(0.05, 0.1, bends=((0.0, 1.0),)))]), tune_of(EIGHTHS).solo
    for swing in (None, 0.66):
        assert drawn(feel, solo, amount=0.0, swing=swing) == [AS_WRITTEN] * len(solo.notes)
    assert drawn(feel, solo, seed=1) != drawn(feel, solo, seed=2)
    half, whole = (lateness(feel, solo, amount=amount) for amount in (0.5, 1.0))
    assert np.abs(half - whole / 2).max() <= 1.01 / TICKS_PER_QUARTER


def test_nothing_to_play_is_nothing_and_one_note_is_enough_to_learn_from():
    one = learn_feel([tune_of((0,), lambda *_: Nuance(0.1, 0.3, ((0.0, 1.0),)), n_bars=1)])
    assert drawn(one, tune_of((), n_bars=1).solo) == []
    assert drawn(one, tune_of(BEATS, n_bars=1).solo)[1] == Nuance(0.1, pytest.approx(0.3, abs=0.75), ((0.0, 1.0),))


def test_of_very_many_notes_some_are_known():
    tunes = [tune_of(EIGHTHS, lately(seed=seed), n_bars=40) for seed in range(6)]
    assert sum(len(tune.solo.notes) for tune in tunes) > MOST_NOTES == len(learn_feel(tunes).known)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6])
def test_lateness_is_spread_and_goes_on_as_the_player_s(share):
    tune = tune_of(BEATS, lately(0.03, spread=0.04, goes_on=share), n_bars=60)
    own, found = np.array([one.late for one in tune.solo.nuances]), lateness(learn_feel([tune]), tune.solo)
    assert found.mean() == pytest.approx(own.mean(), abs=0.008)
    assert found.std() == pytest.approx(own.std(), rel=0.2)
    assert np.mean([goes_on(late) for late in found]) == pytest.approx(goes_on(own), abs=0.12)


def test_slower_no_more_seconds_and_faster_no_more_of_the_beat():
    tune = tune_of(BEATS, lately(0.08), tempo=150.0)
    most, usual = np.quantile([one.late for one in tune.solo.nuances], (1.0, 0.5))
    for tempo, share in ((75.0, 0.5), (100.0, 2 / 3), (150.0, 1.0), (300.0, 1.0)):  # of the beat, beside his
        late = lateness(learn_feel([tune]), tune.solo, tempo)
        assert late.max() <= share * most + 1 / TICKS_PER_QUARTER
        assert np.median(late) == pytest.approx(share * usual, rel=0.1)


def test_of_a_player_who_swings_off_beats_lie_where_his_lie_or_where_they_are_asked_to():
    """Whether they are written as halves or thirds of the beat."""
    mixed = tune_of((0, 6, 0, 8) * 2, lambda _, step: Nuance({0: 0.01, 6: 0.11, 8: -0.03}[step], 0.3))
    feel = learn_feel([mixed])
    assert feel.swing == pytest.approx((0.61 + 0.6367) / 2, abs=0.001) and "as played" in feel.told
    for tempo in (120.0, 180.0):
        for swing in (None, 0.5, 0.6, 0.7):
            offbeat = (lateness(feel, mixed.solo, tempo, swing=swing) + line_in(mixed.solo).in_pulse / GRID)[:, 1::2]
            assert offbeat.mean() == pytest.approx(feel.swing if swing is None else swing, abs=0.005)
        halves = lateness(feel, tune_of(EIGHTHS).solo, tempo)[:, 1::2] + 0.5
        assert halves.mean() == pytest.approx(feel.swing, abs=0.005)


def test_a_note_written_longer_than_the_one_it_is_played_as_lasts_as_much_longer():
    feel, (one, *_) = learn_feel([tune_of(BEATS, lately(0.1))]), tune_of(BEATS, n_bars=1).melody[0]
    for duration, length in ((12, 0.4), (11, 0.4), (24, 1.4), (10, 0.4 - 1 / 6)):  # a step less: the next note's doing
        solo = Solo([bar(0.0, 4.0)], [[one._replace(duration=duration)]], [[chord(0.0, 4.0, TRIAD)]])
        assert drawn(feel, solo)[0].length == pytest.approx(length, abs=1.01 / TICKS_PER_QUARTER)


@pytest.mark.parametrize("played", [None, lambda *_: AS_WRITTEN])
def test_a_score_and_a_tune_on_the_grid_have_no_feel_only_off_beats_move(played):
    feel, solo = learn_feel([tune_of(EIGHTHS, played)]), tune_of((0, 6, 0, 3, 6, 9, 0, 0, 8)).solo
    assert not len(feel.known) and feel.swing == 0.63 and "none in the tune, which lies on the grid" in feel.told
    for swing in (None, 0.55):
        at, moved = (round((swing or 0.63) * TICKS_PER_QUARTER) / TICKS_PER_QUARTER), drawn(feel, solo, swing=swing)
        late = [one.late for one in moved[:9]]
        assert late == pytest.approx([0, at - 0.5, 0, 0, 0, 0, 0, 0, at - 2 / 3], abs=2e-6)
        assert not any(one.bends for one in moved)


@pytest.mark.parametrize(
    ("steps", "tempo", "pitches", "swing"),
    [
        (EIGHTHS, 160.0, MAJOR_SEVENTH, 0.63),
        (EIGHTHS, 60.0, MAJOR_SEVENTH, 0.63),
        (EIGHTHS, 220.0, MAJOR_SEVENTH, 0.588),
        (EIGHTHS, 300.0, MAJOR_SEVENTH, 0.535),
        (EIGHTHS, 160.0, TRIAD, 0.5),
        ((0, 3, 6, 9) * 4, 160.0, MAJOR_SEVENTH, 0.5),
        (TRIPLETS, 160.0, TRIAD, 2 / 3),
        (BEATS, 160.0, MAJOR_SEVENTH, 0.63),
    ],
)
def test_the_usual_swing_is_by_what_is_written_tempo_and_sevenths(steps, tempo, pitches, swing):
    assert usual_swing(tune_of(steps, tempo=tempo, pitches=pitches))[0] == pytest.approx(swing, abs=0.0005)


@pytest.mark.parametrize(
    ("onsets", "meter", "is_off"),
    [
        ((0, 6, 12, 20, 24, 27, 30, 42), (4, 4), (0, 1, 0, 1, 0, 0, 0, 1)),  # the third beat has two off-beats
        ((3, 16, 27, 45), (4, 4), (0, 0, 0, 0)),  # neither halves nor thirds that end a triplet
        ((6, 18, 30), (3, 4), (1, 1, 1)),
        ((6, 24, 30), (6, 8), (0, 0, 0)),  # a beat of three eighths is not halved
        ((6, 30), (2, 2), (1, 1)),  # counted in quarters
    ],
)
def test_an_off_beat_is_alone_in_a_quarter_that_is_halved(onsets, meter, is_off):
    one = bar(0.0, 4 * meter[0] / meter[1], meter)
    solo = Solo([one], [[Note(onset, 2, 60) for onset in onsets]], [[chord(0.0, 4.0, TRIAD)]])
    assert is_offbeat(line_in(solo), [one]).tolist() == [bool(one) for one in is_off]


def test_bends_come_with_notes_alike():
    bend = ((0.0, -1.0), (0.25, 0.0))
    tune = tune_of(EIGHTHS, lambda _, step: Nuance(0.01, 0.4, bend if step else ()))
    assert [one.bends for one in drawn(learn_feel([tune]), tune.solo)] == [(), bend] * 32


def test_metheny_s_feel_and_what_is_drawn_of_it(metheny):
    tune = read_tune(metheny)
    own, lengths = (np.array(column) for column in list(zip(*tune.solo.nuances, strict=True))[:2])
    in_ms = np.abs(own) * 60_000 / tune.tempo
    assert (np.median(in_ms), np.quantile(in_ms, 0.9)) == (
        pytest.approx(11.16, abs=0.01),
        pytest.approx(27.9, abs=0.01),
    )
    assert goes_on(own) == pytest.approx(0.249, abs=0.001)
    feel = learn_feel([tune])
    assert feel.told == "the player's, 11 ms off the grid in the median; off-beats at 0.50 of the beat, straight"
    takes = [drawn(feel, tune.solo, tune.tempo, seed) for seed in range(40)]
    late = np.array([[one.late for one in take] for take in takes])
    in_ms = np.abs(late) * 60_000 / tune.tempo
    assert 9 < np.median(in_ms) < 13 and 23 < np.quantile(in_ms, 0.9) < 33
    assert np.mean([goes_on(one) for one in late]) == pytest.approx(goes_on(own), abs=0.15)
    assert distance(lengths, [one.length for take in takes for one in take]) < 0.1
    assert np.mean([sum(bool(one.bends) for one in take) for take in takes]) == pytest.approx(15, abs=3)


def distance(some, others) -> float:
    """Kolmogorov's and Smirnov's: how far two distributions are apart, 0 to 1."""
    at = np.sort(np.concatenate([some, others]))
    below = [np.searchsorted(np.sort(one), at, "right") / len(one) for one in (some, others)]
    return float(np.abs(below[0] - below[1]).max())
