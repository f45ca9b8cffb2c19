import random

from conftest import note
from hypothesis import given
from hypothesis import strategies as st

from qa import clean_up_notes, fold_types, prune_grammar, prune_notes


def pitches(notes):
    return [note.pitch for note in notes]


def line(*midi):
    return [note(float(index), 0.5, pitch) for index, pitch in enumerate(midi)]


def test_fold_types_by_hand():
    assert fold_types("A,0.250 S,0.333,<P4,m-2> X,0.500,<A4,A4>") == "C,0.250 S,0.333,<P4,m-2> C,0.500,<A4,A4>"
    assert fold_types("") == ""


def test_prune_grammar_rounds_down_or_up_and_up_always_adds():
    rounded = {prune_grammar("C,0.250 S,0.333,<P4,m-2> C,0.667", random.Random(seed)) for seed in range(200)}
    assert rounded == {
        f"C,{one} S,{two},<P4,m-2> C,{three}"
        for one in ("0.250", "0.500")
        for two in ("0.250", "0.500")
        for three in ("0.500", "0.750")
    }


def test_prune_notes_in_pairs_misses_half_of_the_repeats():
    notes = line(60, 60, 60, 62, 62, 64)
    assert pitches(prune_notes(notes)) == [60, 62, 64]
    assert pitches(prune_notes(notes, every_neighbour=False)) == [60, 60, 62, 62, 64]
    assert prune_notes([]) == []


@given(st.lists(st.integers(60, 63)))
def test_after_pruning_no_neighbours_are_alike(midi):
    kept = pitches(prune_notes(line(*midi)))
    assert all(one != two for one, two in zip(kept, kept[1:], strict=False))


def test_clean_up_gives_length_and_keeps_the_first_of_an_onset():
    notes = [note(0.0, 0.0, 60), note(0.0, 0.5, 64), note(1.0, 0.5, 65)]
    assert clean_up_notes(notes) == [note(0.0, 0.25, 60), note(1.0, 0.5, 65)]
    assert clean_up_notes([]) == []
