import difflib

import likeness
import numpy as np
import pytest
from conftest import bar, chord, note
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import entropy

from improvising import measures
from learning.style import learn_style
from music.piece import Solo, into_bars
from preprocess import read_tune

BAR = bar(0.0, 4.0)
C7 = chord(0.0, 4.0, (48, 52, 55, 58))
NOTHING = Solo([], [], [])
SILENT_BAR = Solo([BAR], [[]], [[C7]])
TWO_BARS = Solo(
    [BAR, bar(4.0, 4.0)],
    [[note(0.0, 1.0, 60), note(1.0, 0.5, 64), note(2.0, 1.0, 64)], [note(0.0, 2.0, 62), note(2.0, 2.0, 65)]],
    [[C7], [C7]],
)


def source_of(path) -> tuple[Solo, list[str]]:
    """The solo that is learned from, and its values as they were read."""
    style = learn_style([read_tune(path)])
    return style.source, style.corpus


@pytest.fixture(scope="module")
def ours(our_tune):
    return source_of(our_tune)


def test_by_hand():
    assert measures.notes_a_bar(TWO_BARS) == 2.5
    assert measures.sounding_share(TWO_BARS) == pytest.approx(6.5 / 8)
    assert likeness.pitch_range(TWO_BARS) == 5
    assert measures.mean_leap(TWO_BARS) == pytest.approx((4 + 0 + 2 + 3) / 4)
    assert likeness.repeated_pitch_share(TWO_BARS) == 0.25
    assert measures.mean_onset_distance(TWO_BARS) == pytest.approx((1 + 1 + 2 + 2) / 4)
    assert likeness.simultaneous_notes(TWO_BARS) == 0
    assert likeness.distinct_bars(TWO_BARS) == 1.0
    assert measures.type_shares(TWO_BARS) == pytest.approx({"C": 0.6, "S": 0.4, "A": 0.0, "X": 0.0})
    # Positions 0, 16, 32 against 0, 32 of 64: one differs.
    assert measures.grooving_similarity(TWO_BARS) == pytest.approx(63 / 64)
    assert measures.pitch_class_entropy(TWO_BARS) == pytest.approx((entropy([1, 2], base=2) + 1) / 2)
    assert measures.pitch_class_entropy(TWO_BARS, 2) == pytest.approx(entropy([1, 2, 1, 1], base=2))


def test_nothing_is_defined():
    for solo in (NOTHING, SILENT_BAR):
        for measure in (
            measures.notes_a_bar, measures.sounding_share, likeness.pitch_range, measures.mean_leap,
            likeness.repeated_pitch_share, measures.mean_onset_distance, measures.pitch_class_entropy,
            likeness.simultaneous_notes,
        ):  # fmt: skip
            assert measure(solo) == 0
        assert measures.grooving_similarity(solo) == 1
        assert likeness.distinct_bars(solo) == 1
        assert set(measures.type_shares(solo).values()) == {0.0}
    assert measures.values_of(NOTHING) == []
    assert measures.longest_verbatim_run([], ["a"]) == measures.longest_verbatim_run(["a"], []) == 0
    assert measures.known_run_share(["a"], ["a"]) == 0
    assert likeness.self_borrowing([["a", "b"]]) == (0.0, 0.0)
    assert likeness.overlapping_area(np.zeros((1, 2)), np.zeros((5, 2))) == 0.0


def test_metheny_is_as_the_specification_measured_it(metheny):
    solo, corpus = source_of(metheny)
    assert measures.notes_a_bar(solo) == pytest.approx(10.7, abs=0.05)
    assert measures.mean_leap(solo) == pytest.approx(2.8, abs=0.05)
    assert measures.mean_onset_distance(solo) == pytest.approx(0.37, abs=0.005)
    assert measures.pitch_class_entropy(solo) == pytest.approx(2.46, abs=0.005)
    assert measures.pitch_class_entropy(solo, 4) == pytest.approx(3.14, abs=0.005)
    assert {kind: round(100 * share) for kind, share in measures.type_shares(solo).items()} == {
        "C": 61, "S": 23, "A": 13, "X": 4,
    }  # fmt: skip
    assert measures.values_of(solo) == corpus


def test_what_was_read_is_read_back(ours):
    solo, corpus = ours
    assert measures.values_of(solo) == corpus
    assert [number for number, _ in measures.read_back(solo)] == list(range(len(solo.notes)))


def test_what_is_read_back_has_the_number_of_its_note_whatever_has_no_chord():
    over_nothing = [note(0.0, 2.0, 62), note(2.0, 2.0, 65)]
    last = [note(0.5, 0.3, 67), note(1.0, 0.0, 69)]
    solo = Solo([BAR, bar(4.0, 4.0), bar(8.0, 4.0)], [[note(0.0, 1.0, 60)], over_nothing, last], [[C7], [], [C7]])
    assert measures.read_back(solo) == [(0, "C,1.000"), (3, "C,0.333"), (4, "S,0.250,<P4,m-2>")]
    assert measures.values_of(solo) == ["C,1.000", "C,0.333", "S,0.250,<P4,m-2>"]


def test_notes_are_put_into_their_bars_and_bars_are_added():
    notes = [note(9.5, 1.0, 62), note(0.5, 1.0, 60)]
    solo = Solo(*into_bars(notes, [BAR], [[C7]]))
    assert [[note.offset for note in bar] for bar in solo.notes_by_bar] == [[0.5], [], [1.5]]
    assert solo.chords_by_bar == [[C7], [], []]
    assert solo.bars == [BAR, bar(4.0, 4.0), bar(8.0, 4.0)]
    assert solo.notes == sorted(notes)


words = st.lists(st.sampled_from("abc"), max_size=25)


@given(words, words)
def test_the_longest_run_is_the_one_difflib_finds(values, corpus):
    matcher = difflib.SequenceMatcher(None, values, corpus, autojunk=False)
    assert measures.longest_verbatim_run(values, corpus) == matcher.find_longest_match().size


@given(words, words)
def test_known_runs_agree_with_a_search(values, corpus):
    text, n_runs = "".join(corpus), len(values) - 3
    found = sum("".join(values[start : start + 4]) in text for start in range(max(0, n_runs)))
    assert measures.known_run_share(values, corpus) == pytest.approx(found / n_runs if n_runs > 0 else 0)


def test_self_borrowing_by_hand():
    # Bar 1 stands whole in bar 3; bar 2 shares single values only.
    share, longest = likeness.self_borrowing([list("abcd"), list("xaya"), list("abcd")])
    assert share == pytest.approx(2 / 3)
    assert longest == pytest.approx((4 + 1 + 4) / 3)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000))
def test_overlapping_area_tells_like_from_unlike(seed):
    generator = np.random.default_rng(seed)
    source, like, unlike = (generator.normal(mean, 1, (40, 3)) for mean in (0, 0, 9))
    assert likeness.overlapping_area(source, like) > 0.75
    assert likeness.overlapping_area(source, unlike) < 0.2


def test_the_source_ranks_before_a_scatter(ours):
    solo, _ = ours
    scatter = Solo(solo.bars, [[note(0.0, 4.0, 40 + 37 * bar % 50)] for bar in range(24)], solo.chords_by_bar)
    assert measures.distance_from(solo, solo) == 0
    assert measures.distance_from(solo, scatter) > 1
    assert measures.rank(solo, [scatter, solo], ["another", "corpus"]) == [1, 0]


def test_a_copy_ranks_behind_a_new_solo(ours):
    solo, corpus = ours
    raised = [
        [note._replace(pitch=note.pitch + number % 2) for number, note in enumerate(notes)]
        for notes in solo.notes_by_bar
    ]
    moved = Solo(solo.bars, raised, solo.chords_by_bar)
    assert measures.rank(solo, [solo, moved], corpus) == [1, 0]
