"""Practising: the tables of the experts are set until what comes out is as the source is.

What one expert asks for, another may give already, or the network, or the chords; so none is set by its own count
alone. In each round the sampler plays a few hundred bars over the tunes' own changes, and every weight is multiplied by
a power of the source's share of its outcome over the share that was played (iterative scaling: Darroch and Ratcliff,
1972), where the source's share leans on what was played as if that had been seen `WEIGHT_PLAYED` times: where the
source says nothing, nothing changes. `AMOUNTS` are numbers that are set the same way, by a power of what the source has
of something over what was played. Left to others: what is counted (`learning/experts.py`).
"""

import json
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np

from inference_model import OneStep
from learning.experts import Habits, Player, count, densities, experts_of, tables_of, vocabulary_of
from learning.ground import Line, line_sampled
from learning.rhythm import LONGEST_GAP, SHORTEST_GAP, mixed, next_longer
from learning.sampler import BARS_A_LEVEL, N_INTERVALS, WIDEST, Stretches, Wishes, sample_bars
from learning.touch import contour_weight
from music.units import GRID
from running.memory import digest_of, recall, remember

BATCH, BARS = 64, (8, 8, 8, 8, 16, 16, 16, 16)  # in each round
SLOWER = 0.92  # from round to round
WEIGHT_PLAYED, MOST_CHANGE = 0.6, 1.5  # of a logarithm, in a round
LEAST_AMOUNT = 0.05
MOST_HURRY = 3.0  # of the logarithm of how much denser it is to be asked for
MOST_HABIT = 20.0  # of a logarithm: no practice leads there
# What habits depend on besides the player and the network.
CODE = (
    *(f"learning/{name}.py" for name in ("practice", "experts", "rhythm", "ground", "sampler", "touch")),
    "inference_model.py",
)


# --- What lines have a certain amount of, beside another with which they are to be compared --------------------------


def density_spread(line: Line, other: Line) -> float:
    """The standard deviation of the notes in two bars, beside the mean of their solo; a last bar without another does
    not count."""
    counts = [1]
    for first, last, density in densities(line):
        bars = line.bars[first:last] - line.bars[first]
        counts.extend(np.bincount(bars // BARS_A_LEVEL)[: (bars.max() + 1) // BARS_A_LEVEL] / density)
    counts = counts[1:] or counts
    return float(np.std(counts) / np.mean(counts))


def foretold(line: Line, other: Line) -> float:
    """What an interval (up to a fifth) says of the next, in bits: their mutual information, which is larger among few
    notes: the mean over every so many as both lines have."""
    n = min(len(line.places), len(other.places))
    intervals, follows, wide = np.clip(line.intervals, -7, 7) + 7, ~line.begins & ~np.roll(line.begins, 1), 15
    number, n_whole = np.arange(len(intervals)) // n, len(intervals) // n
    follows &= number < n_whole
    found = np.zeros((n_whole, wide, wide))
    np.add.at(found, (number[follows], np.roll(intervals, 1)[follows], intervals[follows]), 1.0)
    found /= np.maximum(found.sum(axis=(1, 2), keepdims=True), 1)
    apart = found.sum(axis=2, keepdims=True) * found.sum(axis=1, keepdims=True)
    bits = found * np.log2(np.where(found > 0, found, 1) / np.where(found > 0, apart, 1))
    return float(bits.sum() / n_whole)


def recurring(line: Line, other: Line) -> float:
    """The share of three intervals in a row that occur more than once in a solo, or in every so many of its notes as
    half of the solos of both lines have."""
    starts = [np.append(np.flatnonzero(each.begins), len(each.places)) for each in (line, other)]
    n, lengths = max(1, min(int(np.median(np.diff(each))) for each in starts)), np.diff(starts[0])
    place = np.arange(len(line.places)) - np.repeat(starts[0][:-1], lengths)
    stretch = place // n + np.repeat(np.cumsum(lengths // n) - lengths // n, lengths)
    whole = place // n < np.repeat(lengths // n, lengths)
    index = np.clip(line.intervals, -WIDEST, WIDEST) + WIDEST
    three = ((stretch * N_INTERVALS + np.roll(index, 2)) * N_INTERVALS + np.roll(index, 1)) * N_INTERVALS + index
    _, times = np.unique(three[whole & (place % n >= 3)], return_counts=True)
    return float(times[times > 1].sum() / max(1, times.sum()))


class Amount(NamedTuple):
    """An expert's number that is set so that lines have as much of something as the source: how fast, within which
    bounds of its logarithm, and how much a line has."""

    expert: str
    pace: float
    bounds: tuple[float, float]
    measured: Callable[[Line, Line], float]


AMOUNTS = {
    "level": Amount("phrases", 1.2, (-3.0, 1.8), density_spread),  # the power to which densities of two bars are taken
    "sense": Amount("lines", 1.0, (-1.5, 0.7), foretold),  # the power to which what follows two intervals is taken
    "motif": Amount("motifs", 1.0, (-2.0, 2.5), recurring),  # how much likelier what came before comes again
}


# --- Practising ------------------------------------------------------------------------------------------------------


def untrained(player: Player) -> Habits:
    """Before any practice: no opinions."""
    habits = {name: np.zeros((table.contexts, table.outcomes)) for name, table in tables_of(player).items()}
    return habits | {name: np.zeros((1, 1)) for name in ("hurry", "contour", *AMOUNTS)}


def practise(
    one_step: OneStep,
    player: Player,
    on: Sequence[str],
    closeness: float,
    gravity: float,
    memory: Path | None = None,
) -> Habits:
    """The tables of the experts that are `on`, practised with the network or, if the same was done before, recalled
    from the folder `memory`."""
    path = memory and memory / "habits" / f"{_key(one_step, player, on, closeness, gravity)}.json"
    kept = path and recall(path)
    habits = _from_json(kept, untrained(player)) if kept else None
    if habits is None:
        habits = _practise(one_step, player, on, closeness, gravity)
        if path:
            remember(path, json.dumps({name: table.tolist() for name, table in habits.items()}).encode())
    return habits


def _key(one_step: OneStep, player: Player, on: Sequence[str], closeness: float, gravity: float) -> str:
    """The key of everything that shapes habits."""
    root = Path(__file__).resolve().parent.parent
    code = [(root / name).read_bytes() for name in CODE]
    arrays = [*one_step.weights, *player.line, player.corpus, *vars(player.ground).values()]
    return digest_of(
        *(array.tobytes() + repr(array.shape).encode() for array in arrays),
        repr((player.terms, player.shapes, sorted(on), closeness, gravity)),
        *code,
        version("numpy"),
    )


def _from_json(content: bytes, alike: Habits) -> Habits | None:
    """The tables as kept; None for anything that is not of the shape of these."""
    try:
        habits = {name: np.array(table, float) for name, table in json.loads(content).items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    shapes = [{name: table.shape for name, table in tables.items()} for tables in (habits, alike)]
    finite = all(np.isfinite(table).all() and (abs(table) < MOST_HABIT).all() for table in habits.values())
    return habits if shapes[0] == shapes[1] and finite else None


def _practise(one_step: OneStep, player: Player, on: Sequence[str], closeness: float, gravity: float) -> Habits:
    habits, tables = untrained(player), {name: table for name, table in tables_of(player).items() if table.expert in on}
    ground = player.ground
    vocabulary = vocabulary_of(player, closeness, 0)
    wanted = {name: count(player.line, player, table) for name, table in tables.items()}
    if "gap" in wanted:
        wanted["gap"][0] = as_dense(wanted["gap"][0], player)
    lines, generator = np.flatnonzero(ground.in_bar[:-1] == 0), np.random.RandomState(0)
    memory = None
    for number, length in enumerate(min(n_bars, len(lines)) for n_bars in BARS):
        experts = experts_of(player, player.shapes, ground, habits, on, gravity, 0, True)
        last = len(lines) - length  # where a stretch may begin, in bars
        anew = generator.random_sample(BATCH) < length * len(player.starts) / len(lines)  # as often as the tunes' solos
        first, beginning = generator.randint(last + 1, size=BATCH), generator.randint(len(player.starts), size=BATCH)
        first = np.where(anew, np.minimum(player.starts[beginning], last), first)
        if memory:
            memory = tuple(np.where(anew[:, None], np.float32(0), state) for state in memory)
        stretches = Stretches(lines[first], np.append(lines, ground.end)[first + length], memory)
        sampled = sample_bars(one_step, ground, vocabulary, experts, BATCH, Wishes(), number, stretches)
        memory = sampled.memory  # the network goes on: after a hundred bars it plays otherwise than after ten
        played = line_sampled(sampled, ground, vocabulary.steps)
        for name, table in tables.items():
            found = count(played, player, table)
            shares = mixed(found, np.full(table.outcomes, 1 / table.outcomes), 0.5)
            change = np.log(mixed(wanted[name], shares, WEIGHT_PLAYED) / shares)
            habits[name] += table.pace * SLOWER**number * np.clip(change, -MOST_CHANGE, MOST_CHANGE)
        expected = experts.rate * (stretches.end - stretches.begin).sum()
        hurry = habits["hurry"] + np.log(expected / max(1, len(played.places)))
        habits["hurry"] = np.clip(hurry, -MOST_HURRY, MOST_HURRY)
        for name, (expert, pace, bounds, measured) in AMOUNTS.items():
            if expert in on:
                source, ours = measured(player.line, played), measured(played, player.line)
                change = pace * np.log(max(LEAST_AMOUNT, source) / max(LEAST_AMOUNT, ours))
                habits[name] = np.clip(habits[name] + change, *bounds)
    if "touch" in on:
        habits["contour"] += np.log(contour_weight(player.line, played))
    return habits


def as_dense(gaps: np.ndarray, player: Player) -> np.ndarray:
    """How often each gap is wanted: as often as it was played, those that were rounded away left out, but hastened (by
    a power for each quarter) until they are as long on average as all were."""
    distances = player.line.distances[player.line.distances > 0]
    played = np.bincount(next_longer(player.gaps, distances[distances >= SHORTEST_GAP]), minlength=len(gaps))
    slowest, fastest = 1.0, -1.0
    if not played.any():
        return gaps
    for _ in range(40):
        power = (slowest + fastest) / 2
        wanted = played * np.exp(power * (player.gaps - player.gaps[0]) / GRID)
        slower = wanted @ player.gaps / wanted.sum() > np.minimum(distances, LONGEST_GAP).mean()
        slowest, fastest = (power, fastest) if slower else (slowest, power)
    return wanted / wanted.sum() * gaps.sum()
