"""The data set's tensors: windows of the corpus, one-hot.

Conventions: `m` windows of `Tx` values out of `n_values` unique ones; a window is kept as indices, with -1 for
"nothing", and becomes one-hot only where it is used. Left to others: reading the tune (`preprocess.py`), the network
(`learning/network.py`).
"""

import os
from collections.abc import Sequence

import numpy as np

from preprocess import Selection, get_corpus_data, get_musical_data

NOTHING = -1  # the index of "no value": its one-hot row is all zeros


def load_music_utils(
    path: str | os.PathLike, m: int = 60, Tx: int = 30, selection: Selection = Selection()
) -> tuple[np.ndarray, np.ndarray, int, dict[int, str]]:
    """Read a tune and return `(X, Y, n_values, indices_values)`.

    X is (m, Tx, n_values) and Y (Tx, m, n_values), as `data_processing` makes them; `indices_values` maps an index to
    its value. Source: the family's `load_music_utils`. Raises ValueError as `read_tune` and `data_processing` do.
    """
    _, abstract_grammars = get_musical_data(path, selection)
    corpus, _, values_indices, indices_values = get_corpus_data(abstract_grammars)
    X, Y, n_values = data_processing(corpus, values_indices, m, Tx)
    return X, Y, n_values, indices_values


def data_processing(
    corpus: list[str], values_indices: dict[str, int], m: int = 60, Tx: int = 30
) -> tuple[np.ndarray, np.ndarray, int]:
    """Cut windows out of the corpus: `(X, Y, n_values)`, float32, one-hot.

    X is (m, Tx, n_values), its first step all zeros; Y is (Tx, m, n_values), X one step to the left, its last step all
    zeros. Source: the family's `data_processing`. Raises ValueError where the corpus is shorter than Tx + 1.
    """
    starts = window_starts([len(corpus)], m, Tx)
    inputs, targets = training_windows(corpus_indices(corpus, values_indices), starts, Tx)
    n_values = len(values_indices)
    X = one_hot(inputs, n_values)  # (m, Tx, n_values)
    Y = one_hot(targets, n_values).swapaxes(0, 1)  # (Tx, m, n_values)
    return X, Y, n_values


def corpus_indices(corpus: list[str], values_indices: dict[str, int]) -> np.ndarray:
    """The corpus as numbers, (len(corpus),) int32."""
    return np.array([values_indices[value] for value in corpus], dtype=np.int32)


def window_starts(lengths: Sequence[int], m: int, Tx: int) -> np.ndarray:
    """Where m windows start in a corpus of tunes of these lengths, (m,); no window crosses from one tune to the next.

    NumPy's legacy generator, seeded with 0, draws them as the family drew them, repeats included; it is one of our own,
    and NumPy's global random state is left alone. Raises ValueError where every tune is shorter than Tx + 1.
    """
    tunes, room = np.array(lengths), np.maximum(np.array(lengths) - Tx, 0)  # room: starts that a tune offers
    if not room.any():
        raise ValueError(
            f"the corpus has {max(lengths)} values{' in its longest tune' if len(lengths) > 1 else ''}; windows of "
            f"Tx = {Tx} need at least {Tx + 1}: lower TX or choose a longer solo"
        )
    generator = np.random.RandomState(0)
    drawn = generator.choice(room.sum(), m)  # counts through all tunes' starts
    tune = np.searchsorted(room.cumsum(), drawn, side="right")
    return drawn - (room.cumsum() - room)[tune] + (tunes.cumsum() - tunes)[tune]


def training_windows(indices: np.ndarray, starts: np.ndarray, Tx: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets as indices, both (m, Tx) int32: the target of a step is the input of the next.

    The first input and the last target are NOTHING: the network begins a window knowing nothing.
    """
    inputs = indices[starts[:, None] + np.arange(Tx)].astype(np.int32)  # (m, Tx)
    inputs[:, 0] = NOTHING
    targets = np.full_like(inputs, NOTHING)
    targets[:, :-1] = inputs[:, 1:]
    return inputs, targets


def one_hot(indices: np.ndarray, n_values: int) -> np.ndarray:
    """One-hot rows in float32, all zeros for NOTHING: (...) -> (..., n_values)."""
    return (np.asarray(indices)[..., None] == np.arange(n_values)).astype(np.float32)
