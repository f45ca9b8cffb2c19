"""How a library of tunes is learned: what of it is held out, the windows that are heard, and how fast.

One tune is learned as the original learned it (`learning/network.py`). A library is learned by rules that
`benchmarks/library.py` found: it is heard several times, some of its tunes are held out and tell when to stop, and
what a value shares with others is learned from all of them. Left to others: the training itself
(`learning/shared_parts.py`).
"""

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from data_utils import NOTHING
from grammar import Term
from reading.many_tunes import small

HELD_FROM, HELD_SHARE, MOST_HELD = 10, 0.1, 200  # tunes from which some are held out, the share of them, and at most
HELD_SEED = 0
RATE, PATIENCE = 0.02, 6
VALUES_A_UNIT, MOST_DROPOUT = (300, 1000), 0.5  # up to so many values a unit most is left out, from so many nothing
SHRINK = 5.0  # over the number of values
# Values heard in all, repeats included: so many times this power of the number there is, and at most.
HEARD, GROWING, MOST_VALUES = 100.0, 0.8, 5_000_000


class Schedule(NamedTuple):
    """How fast is learned: Adam's first `rate`, which falls to 0 along half a cosine; the share of the LSTM's outputs
    that are left out at a step, `dropout`; `shrink`, the weight of the parts' squares in the loss; and after how many
    epochs without a better held-out loss it ends."""

    rate: float
    dropout: float
    shrink: float
    patience: int


class Lessons(NamedTuple):
    """What is heard of a library: all values in order, `indices`; where each window begins, `starts`, and how many
    values it has, `counts`, in the order of hearing, (n,) each; `held`, the same of the windows that are held out;
    `parts`, (n_values, n_kinds), what each value is made of, as numbers; and the steps of a window, `Tx`."""

    indices: np.ndarray
    starts: np.ndarray
    counts: np.ndarray
    held: tuple[np.ndarray, np.ndarray]
    parts: np.ndarray
    Tx: int

    @property
    def told(self) -> str:
        """How much is heard, in words."""
        held = int(self.held[1].sum())
        times = self.counts.sum() / (len(self.indices) - held)
        kept = f"; {held:,} values are held out, and tell when to stop" if held else ""
        return f"each value {times:.3g} times{kept}"

    def windows(self, starts: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Inputs and targets as indices, both (n, Tx): a window begins with nothing, of which its first value is
        guessed; after its end there is NOTHING."""
        steps = np.arange(self.Tx)
        inside = steps < counts[:, None]
        values = self.indices.take(starts[:, None] + steps, mode="clip").astype(np.int32)
        targets = np.where(inside, values, NOTHING).astype(np.int32)  # (n, Tx)
        inputs = np.full_like(targets, NOTHING)
        inputs[:, 1:] = targets[:, :-1]
        return inputs, targets


def lessons_of(
    indices: np.ndarray,
    lengths: Sequence[int],
    names: Sequence[tuple[str, str]],
    terms: list[Term],
    Tx: int,
    seed: int,
    heard: float = HEARD,
) -> Lessons:
    """What is heard of tunes of these `lengths`, whose players and titles are `names`; `heard` as `HEARD` has it."""
    lengths, generator = np.asarray(lengths), np.random.RandomState(seed)
    begins = np.cumsum(lengths) - lengths
    held = stopping(names)
    n_values = int(lengths[~held].sum())
    wanted = min(heard * n_values**GROWING, MOST_VALUES)
    passes = [_cut(begins[~held], lengths[~held], Tx, generator) for _ in range(math.ceil(wanted / n_values))]
    starts, counts = map(np.concatenate, zip(*passes, strict=True))
    end = np.searchsorted(np.cumsum(counts), wanted) + 1
    indices = indices.astype(small(len(terms)), copy=False)  # they are sent to another process
    return Lessons(indices, starts[:end], counts[:end], _cut(begins[held], lengths[held], Tx), parts_of(terms), Tx)


def stopping(names: Sequence[tuple[str, str]]) -> np.ndarray:
    """Which tunes of a library are held out to tell when to stop, (n,); none of a small one."""
    if len(names) < HELD_FROM:
        return np.zeros(len(names), bool)
    return held_out(names, min(HELD_SHARE, MOST_HELD / len(names)), HELD_SEED)


def held_out(names: Sequence[tuple[str, str]], share: float, seed: int) -> np.ndarray:
    """Which tunes are held out, by player and title, (n,): at most this `share` of them; of a player all, where there
    are enough players, otherwise all of a title."""
    players = {player for player, _ in names}
    groups = [player if len(players) * share >= 1 else title for player, title in names]
    sizes, generator = sorted(Counter(groups).items()), np.random.RandomState(seed)
    generator.shuffle(sizes)
    chosen, count, wanted = set(), 0, share * len(names)
    for group, size in sizes:
        if count + int(size) <= max(1, round(wanted)):
            chosen.add(group)
            count += int(size)
    return np.array([group in chosen for group in groups])


def _cut(
    begins: np.ndarray, lengths: np.ndarray, Tx: int, generator: np.random.RandomState | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Tunes cut into windows of up to Tx values, each value in one of them: starts and counts, (n,) each. With a
    generator the first cut of each tune lies anywhere, and the windows are shuffled."""
    first = generator.randint(Tx, size=len(lengths)) if generator else np.zeros(len(lengths), int)
    per_tune = -(-(lengths + first) // Tx)
    tune = np.repeat(np.arange(len(lengths)), per_tune)
    number = np.arange(len(tune)) - np.repeat(np.cumsum(per_tune) - per_tune, per_tune)
    start = number * Tx - first[tune]
    end = np.minimum(start + Tx, lengths[tune])
    start = np.maximum(start, 0)
    order = generator.permutation(len(tune)) if generator else np.arange(len(tune))
    return (begins[tune] + start)[order], (end - start)[order]


def parts_of(terms: list[Term]) -> np.ndarray:
    """What each value is made of, (n_values, n_kinds), as numbers from 0: its type, duration and interval, alone and by
    two, the interval's middle and width, and the value itself. Of many values a library has few examples; what
    one shares with others is learned from all of them."""
    numbers, rows = {}, []
    for value, term in enumerate(terms):
        kind, duration, interval = term.type, term.duration, (term.lower, term.upper)
        size = (None, None) if term.lower is None else ((term.lower + term.upper) // 2, term.upper - term.lower)
        parts = [kind, duration, interval, *size]
        parts += [(kind, duration), (kind, interval), (duration, interval), value]
        rows.append([numbers.setdefault(part, len(numbers)) for part in enumerate(parts)])
    return np.array(rows, np.int32)


def schedule_of(lessons: Lessons, n_a: int) -> Schedule:
    """The rules: the more values there are for each of the `n_a` units, the fewer are left out; and what the parts'
    squares weigh falls with the number of values, as that of any opinion one had before."""
    heard = len(lessons.indices) - int(lessons.held[1].sum())
    few, many = np.log(VALUES_A_UNIT)
    dropout = MOST_DROPOUT * np.clip((many - np.log(heard / n_a)) / (many - few), 0, 1)
    return Schedule(RATE, float(dropout), SHRINK / heard, PATIENCE)
