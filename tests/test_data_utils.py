import numpy as np
import pytest
from conftest import four_bars

from data_utils import data_processing, load_music_utils, one_hot, window_starts
from preprocess import get_corpus_data, get_musical_data


def test_metheny_tensors_exactly(metheny):
    X, Y, n_values, indices_values = load_music_utils(metheny)
    assert X.shape == (60, 30, 78)
    assert Y.shape == (30, 60, 78)
    assert n_values == len(indices_values) == 78
    corpus, _, values_indices, _ = get_corpus_data(get_musical_data(metheny)[1])
    np.random.seed(0)
    starts = [np.random.choice(len(corpus) - 30) for _ in range(60)]
    assert len(set(starts)) == 49
    for i, start in enumerate(starts):
        assert not X[i, 0].any() and not Y[29, i].any()
        for j in range(1, 30):
            expected = one_hot(values_indices[corpus[start + j]], 78)
            assert (X[i, j] == expected).all() and (Y[j - 1, i] == expected).all()


def test_numpy_s_global_state_is_left_alone(write_tune):
    np.random.seed(5)
    before = np.random.get_state()
    load_music_utils(write_tune(four_bars()), m=4, Tx=10)
    after = np.random.get_state()
    assert before[0] == after[0] and (before[1] == after[1]).all() and before[2:] == after[2:]


def test_windows_by_hand():
    X, Y, n_values = data_processing(["a", "b", "c"], {"a": 0, "b": 1, "c": 2}, m=1, Tx=2)
    assert window_starts([3], 1, 2).tolist() == [0]
    assert n_values == 3
    assert X.tolist() == [[[0, 0, 0], [0, 1, 0]]]
    assert Y.tolist() == [[[0, 1, 0]], [[0, 0, 0]]]


def test_a_corpus_that_is_too_short_is_told():
    assert len(window_starts([31], 2, 30)) == 2
    with pytest.raises(ValueError, match="has 30 values; windows of Tx = 30 need at least 31"):
        window_starts([30], 2, 30)


def test_no_window_crosses_from_one_tune_to_the_next():
    lengths, Tx = [5, 3, 12, 4], 4
    starts = window_starts(lengths, 300, Tx)
    tune_of = np.repeat(np.arange(4), lengths)
    assert all(len(set(tune_of[start : start + Tx])) == 1 for start in starts)
    assert set(tune_of[starts]) == {0, 2}  # the others have no room for Tx + 1 values
    with pytest.raises(ValueError, match="in its longest tune"):
        window_starts([4, 3], 1, 4)


def test_one_hot_of_nothing_is_zero():
    assert one_hot(np.array([-1, 1]), 3).tolist() == [[0, 0, 0], [0, 1, 0]]
