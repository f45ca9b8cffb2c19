import numpy as np
import pytest
from conftest import bar, chord, note

from data_utils import corpus_indices
from grammar import parse_term
from learning.experts import (
    EXPERTS,
    FARTHEST_AHEAD,
    INTERVALS,
    Player,
    count,
    ends_phrase,
    experts_of,
    know,
    tables_of,
    turn_class,
    vocabulary_of,
)
from learning.practice import untrained
from learning.sampler import N_INTERVALS, NO_CLASS, NO_INTERVAL, WIDEST, interval_class, size_class
from music.piece import Solo
from preprocess import get_corpus_data, read_tune, write_grammars

BARS = [bar(0.0, 4.0), bar(4.0, 4.0)]
CHORDS = [[chord(0.0, 4.0, (60, 64, 67))], [chord(0.0, 4.0, (65, 69, 72))]]
# Up a scale, a leap and back, an approach tone that resolves; a rest; over F a third up, and its chord tone.
NOTES = [
    [
        note(0.0, 0.25, 60),
        note(0.25, 0.25, 62),
        note(0.5, 0.25, 64),
        note(0.75, 0.25, 65),
        note(1.0, 0.5, 72),
        note(1.5, 0.5, 67),
        note(2.0, 0.5, 68),
        note(2.5, 0.5, 67),
    ],
    [note(0.5, 1.0, 69), note(1.5, 0.5, 72)],
]
SOLO = Solo(BARS, NOTES, CHORDS)
TERMS = [parse_term(text) for text in ("C,0.250", "C,0.500,<P4,m-2>", "S,0.250,<P4,m-2>", "R,4.000")]


@pytest.fixture(scope="module")
def player() -> Player:
    return know([SOLO], TERMS, np.array([0, 1, 2, 1]))


def experts_with(player: Player, on=EXPERTS, **tables):
    habits = untrained(player)
    for name, table in tables.items():
        habits[name] = np.array(table, float).reshape(habits[name].shape)
    return experts_of(player, player.shapes, player.ground, habits, on, 0.15, 0, True)


def told(player: Player, name: str) -> list[tuple[int, int]]:
    context, outcome = tables_of(player)[name].told(player.line, player)
    return list(zip(context.tolist(), outcome.tolist(), strict=True))


# --- What is told of a note ------------------------------------------------------------------------------------------


def test_classes_of_intervals():
    assert size_class(np.array([0, 1, -2, 3, -4, 5, 7, -8, 24])).tolist() == [0, 1, 2, 3, 3, 4, 4, 5, 5]
    assert interval_class(np.array([-24, -1, 0, 1, 24])).tolist() == [0, 4, 5, 6, 10]
    before, last = np.array([2, 2, -1, 99, 0, 5, 1]), np.array([2, -2, -2, 1, 0, 4, -7])
    assert turn_class(before, last).tolist() == [5, 0, 4, 0, 1, 3, 6]


def test_turns_are_told_from_the_third_note_on(player):
    found = told(player, "turn")
    assert [outcome for _, outcome in found[:2]] == [-1, -1]
    assert found[3] == (5, interval_class(np.array([1]))[0]), "after two steps up a semitone up"
    assert found[4] == (5, interval_class(np.array([7]))[0])
    assert found[5] == (7, interval_class(np.array([-5]))[0]), "after a leap up"


def test_streams_of_equal_gaps(player):
    assert player.line.distances.tolist() == [3, 3, 3, 3, 6, 6, 6, 24, 12, 0]
    assert told(player, "stream")[1:9] == [(0, 1), (1, 1), (2, 1), (2, 0), (0, 1), (1, 1), (2, 0), (0, 0)]
    assert told(player, "stream")[0][1] == told(player, "stream")[9][1] == -1


def test_ends_of_phrases_and_what_is_held(player):
    assert ends_phrase(player.line).tolist() == [False] * 7 + [True, False, False]
    holds = told(player, "hold")
    assert holds[0] == (0, 0) and holds[7] == (1, 3) and holds[8] == (0, 6) and holds[9][1] == -1
    assert told(player, "ending")[7] == (1, 0)


def test_harmony_is_told_by_place_new_chord_and_size(player):
    places = told(player, "place")
    assert places[0] == (0 * 2 + 1, 0) and places[4] == (1 * 2, 0) and places[1] == (2 * 2, 1)
    arrivals = told(player, "arrival")
    assert arrivals[0][1] == -1 and arrivals[8] == (1, 2 * 2 + 1) and arrivals[6] == (0, 1 * 2)
    assert told(player, "resolution")[7] == (2, 1 * 4 + 0), "from an approach tone by a semitone to a chord tone"
    assert told(player, "barline")[8] == (1, 2) and told(player, "barline")[7] == (0, 1)


def test_counts_are_of_what_is_told(player):
    table = tables_of(player)["ending"]
    assert count(player.line, player, table).tolist() == [[5, 1, 2, 0], [1, 0, 0, 0]]
    assert count(player.line, player, tables_of(player)["gap"]).sum() == 9


# --- What they say ---------------------------------------------------------------------------------------------------


def test_lines_are_ratios_that_say_nothing_where_nothing_was_heard(player):
    lines = experts_with(player).lines
    assert lines.shape == (N_INTERVALS + 1, N_INTERVALS + 1, N_INTERVALS)
    assert np.allclose(lines[NO_INTERVAL, NO_INTERVAL], 1)
    after_two_steps = lines[2 + WIDEST, 2 + WIDEST]
    assert after_two_steps[1 + WIDEST] > 1.5 > 1 > after_two_steps[-8 + WIDEST]
    assert np.allclose(experts_with(player, on=()).lines, 1)


def test_tables_reach_the_sampler_where_they_belong(player):
    place, ending = np.zeros((6, 4)), np.zeros((2, 4))
    place[0, 0], ending[1, 2] = np.log(3), np.log(5)
    arrival, resolution, barline = np.zeros((2, 12)), np.zeros((4, 24)), np.zeros((2, 6))
    arrival[1, 2 * 2 + 1], resolution[2, 1 * 4], barline[1, 5] = np.log(7), np.log(11), np.log(13)
    colours = experts_with(
        player, place=place, ending=ending, arrival=arrival, resolution=resolution, barline=barline
    ).colours
    down, wide, tone = WIDEST - 1, WIDEST + 12, WIDEST + 2
    assert colours.shape == (12, 2, 5, 4, N_INTERVALS)
    assert colours[0, 0, 1, 0, wide] == pytest.approx(3), "a chord tone on a strong beat"
    assert colours[8, 1, 1, 2, wide] == pytest.approx(5), "an approach tone at a phrase's end"
    assert colours[8 + 2, 0, 1, 0, tone] == pytest.approx(7), "by step to a new chord's tone"
    assert colours[8, 0, 2, 0, down] == pytest.approx(11), "resolved"
    assert colours[8 + 1, 0, 1, 1, wide] == pytest.approx(13), "a wide leap over a bar line"
    assert colours[0, 0, 4, 0, wide] == pytest.approx(3) and colours[8 + 1, 0, 4, 1, wide] == pytest.approx(1), (
        "at first"
    )


def test_streams_and_turns_and_register(player):
    stream, turn = np.zeros((6, 2)), np.zeros((8, 11))
    stream[2] = np.log(1), np.log(4)
    turn[7, 0] = np.log(6)
    height = np.zeros(5)
    height[-1] = np.log(2)
    asked, plain = experts_with(player, stream=stream, turn=turn, height=height), experts_with(player)
    assert asked.streams.tolist() == pytest.approx([1, 1, 4, 1, 1, 1])
    ratio = asked.lines[WIDEST, WIDEST + 7] / plain.lines[WIDEST, WIDEST + 7]
    assert ratio[0] == pytest.approx(6) and ratio[WIDEST] == pytest.approx(1)
    assert asked.register.tolist() == pytest.approx([1] * 12 + [2])
    assert (asked.low, asked.high, asked.home) == (60, 72, 67)


def test_what_is_ahead_is_the_sum_over_what_may_follow_by_hand(player):
    """Of a pitch over F: the chance of each interval to follow, times its weight, as far as it stays in range."""
    place = np.zeros((6, 4))
    place[:, 0] = np.log(4)
    experts = experts_with(player, place=place)
    ground = player.ground
    table = ground.tables[50]
    pitch, kind = 69, 0
    expected = 0.0
    near = np.abs(INTERVALS) <= FARTHEST_AHEAD
    found = experts.ahead[table, 8, kind, pitch - 60, NO_CLASS]
    usual = player.lines.usual[near]
    for chance, step in zip(usual / usual.sum(), INTERVALS[near], strict=True):
        if 60 <= pitch + step <= 72:
            expected += chance * (4 if ground.kinds[table][(pitch + step) % 12] == 0 else 1)
    assert found == pytest.approx(expected)
    assert experts_with(player, on=[name for name in EXPERTS if name != "ahead"]).ahead is None


def test_levels_are_what_two_bars_were_beside_the_mean(player):
    levels = experts_with(player).levels
    assert levels.tolist() == [[pytest.approx(1.0), pytest.approx(np.mean([n.pitch for bar in NOTES for n in bar]))]]
    assert experts_with(player, level=np.log(2), hurry=np.log(1.5)).levels[0, 0] == pytest.approx(1.5)
    assert experts_with(player, on=()).levels.tolist() == [[1.0, 67.0]]


def test_without_the_gap_before_a_place_says_the_same_after_all(player):
    waits = experts_with(player, on=[name for name in EXPERTS if name != "gaps"]).waits
    assert np.allclose(waits, waits[:, :, :1])
    assert not np.allclose(experts_with(player).waits, experts_with(player).waits[:, :, :1])


# --- The vocabulary --------------------------------------------------------------------------------------------------


def test_values_as_numbers(player):
    vocabulary = vocabulary_of(player, closeness=0.5, longest_run=0)
    assert vocabulary.starts_bar.tolist() == [True, False, False, True]
    assert vocabulary.kinds.tolist() == [0, 0, 1, 4] and vocabulary.steps.tolist() == [3, 6, 3, 48]
    assert vocabulary.durations.tolist() == [3, 6] and vocabulary.holds[:3].tolist() == [0, 1, 0]
    kernel = vocabulary.kernels[1, 0]
    assert kernel.sum() == pytest.approx(1) and set(np.flatnonzero(kernel) - WIDEST) == set(range(-1, 6))
    assert kernel[2 + WIDEST] == pytest.approx(2 * kernel[3 + WIDEST]) == pytest.approx(2 * kernel[1 + WIDEST])
    assert not vocabulary.kernels[1, 1:].any() and not vocabulary.kernels[3].any()


def test_many_solos_and_meters_and_a_single_note_are_known():
    waltz = Solo([bar(0.0, 3.0, (3, 4))], [[note(0.0, 1.0, 64)]], [[chord(0.0, 3.0, (60, 64, 67))]])
    for solos in ([waltz], [SOLO, waltz], [waltz, SOLO, SOLO]):
        player = know(solos, TERMS, np.array([0, 1, 2, 1]))
        experts = experts_of(player, player.shapes, player.ground, untrained(player), EXPERTS, 0.15, 2, True)
        assert all(np.isfinite(table).all() for table in (experts.waits, experts.holds, experts.lines, experts.colours))
        assert len(experts.first_places) == len(solos)


def test_it_is_known_where_each_solo_begins():
    bars = 9
    solo = Solo(BARS[:1] * bars, [NOTES[0]] * bars, CHORDS[:1] * bars)
    assert know([solo, SOLO, solo], TERMS, np.array([0])).starts.tolist() == [0, bars, bars + len(BARS)]
    assert know([SOLO], TERMS, np.array([0])).starts.tolist() == [0]


def test_of_our_tune_every_table_is_told_of_nearly_every_note(our_tune):
    tune = read_tune(our_tune)
    corpus, values, indices, _ = get_corpus_data(write_grammars(tune))
    player = know([tune.solo], [parse_term(value) for value in values], corpus_indices(corpus, indices))
    for name, table in tables_of(player).items():
        context, outcome = table.told(player.line, player)
        assert (outcome >= 0).mean() > 0.95, name
        assert context[outcome >= 0].max() < table.contexts and outcome.max() < table.outcomes
