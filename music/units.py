"""The units of time, and the one home of the ways between them.

Inside the program a time is a whole number of grid steps, twelfths of a quarter: everything that is quantised lies on a
multiple of 1/4 or of 1/3 quarter, so that equal times are equal integers. Ticks are a file's, `ticks_per_quarter` of
them to a quarter; quarters (of a note, as floats) and seconds are for what is read and shown at the program's edges.
"""

from fractions import Fraction
from functools import lru_cache

TICKS_PER_QUARTER = 480  # of the files that are written: a multiple of 12, so the whole grid is exact
GRID = 12  # grid steps in a quarter: the least common multiple of the quarter's fourths and thirds
SIXTEENTH = GRID // 4  # grid steps


def to_steps(quarters: float) -> int:
    """Quarters to the nearest grid step: 0.333333 -> 4."""
    return round(quarters * GRID)


def to_quarters(steps: int) -> float:
    """Grid steps to quarters: 4 -> 0.3333333333333333."""
    return steps / GRID


def to_ticks(steps: int, ticks_per_quarter: int) -> int:
    """Grid steps to the nearest tick."""
    return round(Fraction(steps, GRID) * ticks_per_quarter)


def nearest_step(ticks: int, ticks_per_quarter: int) -> int:
    """Ticks to the nearest grid step, the later one of two as near."""
    return (2 * ticks * GRID + ticks_per_quarter) // (2 * ticks_per_quarter)


def step_under(ticks: int, ticks_per_quarter: int) -> int:
    """The grid step that a tick falls into."""
    return ticks * GRID // ticks_per_quarter


def duration_text(steps: int) -> str:
    """A duration as the grammar writes it, in quarters: 4 -> '0.333'."""
    return f"{to_quarters(steps):.3f}"


@lru_cache(100_000)
def quantize(ticks: int, ticks_per_quarter: int) -> int:
    """Ticks to the nearest multiple of 1/4 or of 1/3 quarter, in grid steps.

    The smaller error wins; on a tie the smaller value does. Example, 96 ticks a quarter: 40 -> 4, a third (error 8
    ticks, against 16 to a half), 28 -> 3, a fourth (errors 4 and 4).
    """
    candidates = []
    for division in (4, 3):
        below = ticks * division // ticks_per_quarter
        for multiple in (below, below + 1):
            error = abs(ticks * division - multiple * ticks_per_quarter) * (GRID // division)
            candidates.append((error, multiple * (GRID // division)))
    return min(candidates)[1]
