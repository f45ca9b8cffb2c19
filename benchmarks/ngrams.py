"""What follows what, counted: interpolated n-grams of small whole numbers, and a product of several of them.

`NGrams` counts what follows up to so many values, smoothed as Witten and Bell (1991) do: what others are measured by.
`BackOff` counts outcomes in contexts from wide to narrow, and lets each lean on the wider one by absolute discounting
(Ney, Essen and Kneser, 1994). `recalled` counts the same in the piece itself, up to each place (a short-term model:
Conklin and Witten, 1995). `Pool` multiplies what several say, each to a power that is fitted to pieces which none of
them has seen (products of experts, as the sampler's). Left to others: what the numbers mean
(`benchmarks/mingus.py`).
"""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize

DISCOUNT = 0.75  # of each outcome that was seen, for those that were not
WEIGHT_WIDER = 5.0  # how often the wider context "was seen" besides: solos differ
WEIGHT_BEFORE = 1.5  # how often the long-term model "was seen" in the piece itself
LEAST = 1e-6  # of a probability that is to be multiplied with others
STIFFNESS = 10.0  # how much powers are drawn to where they start: of a few places they learn little
MOST_AT_ONCE = 8000  # places: powers are fitted to as many, evenly spread
NO = -1  # a value that is not there


def before(values: np.ndarray, begins: np.ndarray, steps: int) -> np.ndarray:
    """The value so many steps before each, within its piece; `NO` where there is none. `begins`: where pieces begin."""
    place = np.arange(len(values))
    starts = np.maximum.accumulate(np.where(begins, place, 0))
    return np.where(place - steps >= starts, np.roll(values, steps), NO)


def nested(*columns: np.ndarray) -> np.ndarray:
    """Contexts from wide to narrow, (n, 1 + n columns): none, the first column, the first two, ... as one number each;
    columns hold numbers from `NO` up, below 1000."""
    found = [np.zeros(len(columns[0]), np.int64)]
    for column in columns:
        found.append(found[-1] * 1009 + (column + 2))  # wraps around, where there are many: an odd factor still tells
    return np.stack(found, axis=1)


class NGrams:
    """How often each of `n_values` follows others, up to `order` of them all told, interpolated with shorter contexts,
    down to all being as likely."""

    def __init__(self, n_values: int, order: int):
        self.n_values, self.followers = n_values, [defaultdict(Counter) for _ in range(order)]

    def hear(self, before: Sequence, value) -> None:
        """Count a value after those `before` it."""
        for length, followers in enumerate(self.followers[: len(before) + 1]):
            followers[tuple(before[len(before) - length :])][value] += 1

    def probabilities(self, before: Sequence, value) -> list[float]:
        """Of a value after those `before` it, by 0 to `order` values, (order + 1,)."""
        found = [probability := 1 / self.n_values]
        for length, followers in enumerate(self.followers):
            seen = followers.get(tuple(before[len(before) - length :])) if length <= len(before) else None
            if seen:
                probability = (seen[value] + len(seen) * probability) / (seen.total() + len(seen))
            found.append(probability)
        return found


class BackOff:
    """`P(outcome | context)`, counted in `contexts`, (n, levels) from wide to narrow as `nested` makes them, and
    `outcomes`, (n,), of `n_outcomes`. Where nothing was seen, all are as likely."""

    def __init__(self, contexts: np.ndarray, outcomes: np.ndarray, n_outcomes: int, discount: float = DISCOUNT):
        self.n_outcomes, self.discount, self.levels = n_outcomes, discount, []
        for context in contexts.T:
            seen, row = np.unique(context, return_inverse=True)
            pairs, counts = np.unique(row * n_outcomes + outcomes, return_counts=True)
            first = np.searchsorted(pairs, np.arange(len(seen) + 1) * n_outcomes)  # of each context's pairs
            self.levels.append((seen, first, pairs % n_outcomes, counts))

    def __call__(self, contexts: np.ndarray) -> np.ndarray:
        """The probabilities in each of these contexts, (m, levels) -> (m, n_outcomes)."""
        found = np.full((len(contexts), self.n_outcomes), 1 / self.n_outcomes)
        for context, (seen, first, outcomes, counts) in zip(contexts.T, self.levels, strict=True):
            if not len(seen):
                continue
            at = np.minimum(np.searchsorted(seen, context), len(seen) - 1)
            met = np.flatnonzero(seen[at] == context)
            begin, different = first[at[met]], np.diff(first)[at[met]]
            rows = np.repeat(np.arange(len(met)), different)
            pair = np.arange(len(rows)) - np.repeat(np.cumsum(different) - different, different) + begin[rows]
            counted = np.zeros((len(met), self.n_outcomes))
            counted[rows, outcomes[pair]] = counts[pair]
            total = counted.sum(axis=1, keepdims=True)
            left = (self.discount * different[:, None] + WEIGHT_WIDER) * found[met]
            found[met] = (np.maximum(counted - self.discount, 0) + left) / (total + WEIGHT_WIDER)
        return found


def recalled(
    contexts: np.ndarray, outcomes: np.ndarray, begins: np.ndarray, wider: np.ndarray, memory: float = np.inf
) -> np.ndarray:
    """`P(outcome | context)` by what the piece itself had before each place, leaning on `wider`, (n, n_outcomes): as
    `BackOff`, but each place learns from all places before it, less by a factor of e for every `memory` of them.
    `contexts` are (n, levels) and `outcomes` (n,); an outcome of `NO` teaches nothing."""
    found = np.array(wider, float)
    starts = [*np.flatnonzero(begins).tolist(), len(begins)]
    for first, last in zip(starts, starts[1:], strict=False):
        place = np.arange(last - first)
        age = place[:, None] - place
        weight = np.where(age > 0, np.exp(-np.maximum(age, 0) / memory), 0) * (outcomes[first:last] >= 0)
        one_hot = np.eye(wider.shape[1])[outcomes[first:last]]
        for context in contexts[first:last].T:
            counts = (weight * (context[:, None] == context)) @ one_hot
            mixed = counts + WEIGHT_BEFORE * found[first:last]
            found[first:last] = mixed / mixed.sum(axis=1, keepdims=True)
    return found


class Pool:
    """A product of what several say, each to a power of its own, by the kind of a place, 0 to `n_kinds` - 1.

    `opinions` are (n_experts, m, n_outcomes), probabilities or weights. The powers are as they `start`, until they are
    fitted to what came, (m,).
    """

    def __init__(self, n_experts: int, n_kinds: int = 1, start: Sequence[float] | float | None = None):
        self.start = np.broadcast_to(1.5 / n_experts if start is None else start, (n_kinds, n_experts))
        self.powers = np.array(self.start, float)

    def fit(self, opinions: np.ndarray, outcomes: np.ndarray, kinds: np.ndarray | None = None) -> "Pool":
        """Fit the powers; no places leave them as they are."""
        if not len(outcomes):
            return self
        kinds = np.zeros(len(outcomes), int) if kinds is None else kinds
        some = slice(None, None, -(-len(outcomes) // MOST_AT_ONCE))
        opinions, outcomes, kinds = opinions[:, some], outcomes[some], kinds[some]
        logs = np.log(np.maximum(opinions, LEAST)).astype(np.float32)  # (experts, m, n_outcomes)
        rows = np.arange(len(outcomes))
        came = logs[:, rows, outcomes]  # (experts, m)

        def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
            powers = flat.reshape(self.powers.shape)
            shares = _product(logs, powers[kinds])
            value = -np.log(np.maximum(shares[rows, outcomes], 1e-30)).sum()
            slope = np.einsum("emo,mo->em", logs, shares) - came
            slopes = np.zeros_like(powers)
            np.add.at(slopes, kinds, slope.T)
            apart = powers - self.start
            value += STIFFNESS * (apart**2).sum()
            return value / len(rows), ((slopes + 2 * STIFFNESS * apart) / len(rows)).ravel()

        self.powers = minimize(loss, self.powers.ravel(), jac=True, method="L-BFGS-B").x.reshape(self.powers.shape)
        return self

    def __call__(self, opinions: np.ndarray, kinds: np.ndarray | None = None) -> np.ndarray:
        """The probabilities, (m, n_outcomes)."""
        kinds = np.zeros(opinions.shape[1], int) if kinds is None else kinds
        shares = []
        for first in range(0, opinions.shape[1], MOST_AT_ONCE):
            some = slice(first, first + MOST_AT_ONCE)
            shares.append(_product(np.log(np.maximum(opinions[:, some], LEAST)), self.powers[kinds[some]]))
        return np.concatenate(shares or [np.zeros(opinions.shape[1:])])


def _product(logs: np.ndarray, powers: np.ndarray) -> np.ndarray:
    scores = np.einsum("emo,me->mo", logs, powers.astype(logs.dtype)).astype(float)
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    return scores / scores.sum(axis=1, keepdims=True)


def perplexity(probabilities: np.ndarray) -> float:
    """Of the probabilities that what came was given, (n,): among how many equally likely ones it was chosen."""
    return float(np.exp(-np.log(probabilities).mean()))
