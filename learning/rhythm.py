"""When the next note comes, and how long one is held: counted in the source, as experts of the sampler.

A term holds how long a note sounds, not how long until the next one, so the gaps of a solo are lost in the grammar.
They are counted beside it: `P(gap | place, gap before)`, so that a beat is ternary or binary and stays so for a while.
What is seen seldom leans on what is seen more often: a place in the bar on the same place of the half bar, that on the
same place of the pulse, and that on the pulse without the gap before. Each count of n notes is mixed with the wider
one as if that had been seen w times: `(count + w * wider) / (n + w)`.

Onsets that were rounded onto neighbouring grid steps are left out: they are an artefact of rounding to thirds and
fourths. Conventions: places, durations and gaps are in grid steps, places from the bar line.
"""

from collections.abc import Sequence

import numpy as np

from learning.ground import Line, in_pulse_of
from music.notes import Bar
from music.units import GRID

SHORTEST_GAP, LONGEST_GAP = 2, 16 * GRID
USUAL_GAPS = (2, 3, 4, 6)  # that there are in any case, so that each place leads somewhere
WEIGHT_WIDER, WEIGHT_HALF_BAR, WEIGHT_USUAL, WEIGHT_HELD = 0.4, 1.0, 0.1, 0.5  # how often the wider count was "seen"
ON_GRID = np.array([step % 3 == 0 or step % 4 == 0 for step in range(GRID)])


def gaps_of(distances: np.ndarray) -> np.ndarray:
    """All gaps that there may be, sorted, by the distances between onsets, in grid steps."""
    return np.unique([*USUAL_GAPS, *np.clip(distances[distances > 0], SHORTEST_GAP, LONGEST_GAP).tolist()])


def next_longer(there: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Of sorted gaps or durations the index of each that is wanted: the next longer one there is, or the longest."""
    return np.minimum(np.searchsorted(there, wanted), len(there) - 1)


def learn_waits(
    line: Line, gaps: np.ndarray, played: Sequence[Bar], shapes: Sequence[Bar], shortest: int
) -> np.ndarray:
    """`P(gap | place, gap before)` in bars of each shape: (n_shapes, longest bar, n_gaps + 1, n_gaps); as the gap
    before, the last index is none. `played` are the shapes of the line's bars; `shortest` is the shortest duration, for
    which room is left in a bar."""
    n, distances = len(gaps), line.distances
    before = np.where(line.begins, n, np.roll(next_longer(gaps, distances), 1))
    counted = distances >= SHORTEST_GAP
    place, in_pulse, before, gap, shape = (
        column[counted] for column in (line.in_bar, line.in_pulse, before, next_longer(gaps, distances), line.shapes)
    )
    usual = mixed(np.bincount(gap, minlength=n), np.full(n, 1 / n), n * WEIGHT_USUAL)
    n_pulse = max([0, *in_pulse, *(step for bar in shapes for step in in_pulse_of(bar))]) + 1
    by_pulse = mixed(_count((n_pulse, n), in_pulse, gap), usual, WEIGHT_WIDER)
    by_pulse = mixed(_count((n_pulse, n + 1, n), in_pulse, before, gap), by_pulse[:, None], WEIGHT_WIDER)
    waits = np.full((len(shapes), max(bar.length for bar in shapes), n + 1, n), 1 / n)
    for bar, table in zip(shapes, waits, strict=True):
        alike = np.array([other.beats == bar.beats for other in played])[shape]
        half = bar.halves[0] if len(set(bar.halves)) == 1 else bar.length
        wider, steps = by_pulse[in_pulse_of(bar)], np.arange(bar.length)
        for size, weight in ((half, WEIGHT_WIDER), (bar.length, WEIGHT_HALF_BAR)):
            count = _count((size, n + 1, n), place[alike] % size, before[alike], gap[alike])
            wider = mixed(count[steps % size], wider, weight)
        landing = (steps[:, None] + gaps) % bar.length
        lands_well = ON_GRID[landing % GRID] & (landing <= max(0, bar.length - shortest))
        kept = wider * lands_well[:, None, :]
        table[: bar.length] = np.where(kept.any(axis=2, keepdims=True), kept, wider)
    return waits


def learn_holds(durations: np.ndarray, gaps: np.ndarray, held: np.ndarray, gap: np.ndarray) -> np.ndarray:
    """`P(duration | gap) / P(duration)`, (n_gaps, n_durations), of notes that `held` a duration until a `gap` was over,
    both (n,), as indices. A note may be cut by one step, as players' legato is, but not more."""
    fits = durations <= gaps[:, None] + 1
    fits[:, 0] = True
    share = mixed(np.bincount(held, minlength=len(durations)), np.full(len(durations), 1 / len(durations)), 0.1)
    usual = share * fits / (share * fits).sum(axis=1, keepdims=True)
    return mixed(_count((len(gaps), len(durations)), gap, held), usual, WEIGHT_HELD) / share * fits


def mixed(count: np.ndarray, wider: np.ndarray, weight: float) -> np.ndarray:
    """Shares of outcomes (the last axis) by their count and by a wider count's shares, as if that had been seen
    `weight` times."""
    return (count + weight * wider) / (count.sum(axis=-1, keepdims=True) + weight)


def _count(shape: Sequence[int], *indices: np.ndarray) -> np.ndarray:
    counts = np.zeros(shape)
    np.add.at(counts, indices, 1.0)
    return counts
