"""Practising: the tables of the experts are set until what comes out is as the source is.

What one expert asks for, another may give already, or the network, or the chords; so none is set by its own count
alone. In each round the sampler plays a few hundred bars over the tunes' own changes, and every weight is multiplied by
a power of the source's share of its outcome over the share that was played (iterative scaling: Darroch and Ratcliff,
1972), where the source's share leans on what was played as if that had been seen `WEIGHT_PLAYED` times: where the
source says nothing, nothing changes. Left to others: what is counted (`learning/experts.py`).
"""

import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np

from inference_model import OneStep
from learning.experts import Habits, Player, count, experts_of, tables_of, vocabulary_of
from learning.ground import Line, line_sampled
from learning.rhythm import LONGEST_GAP, SHORTEST_GAP, mixed, nearest_gap
from learning.sampler import BARS_A_LEVEL, Stretches, Wishes, sample_bars
from music.units import GRID
from running.memory import digest_of, recall, remember

ROUNDS, BATCH, BARS = 6, 64, 16
WEIGHT_PLAYED, MOST_CHANGE = 0.6, 1.5  # of a logarithm, in a round
PACE_LEVEL, LEAST_SPREAD = 1.2, 0.05
LEVELS = (-3.0, 1.8)  # bounds of the logarithm of the power to which densities of two bars are taken
MOST_HURRY = 3.0  # of the logarithm of how much denser it is to be asked for
MOST_HABIT = 20.0  # of a logarithm: no practice leads there
# What habits depend on besides the player and the network.
CODE = (
    *(f"learning/{name}.py" for name in ("practice", "experts", "rhythm", "ground", "sampler")),
    "inference_model.py",
)


def untrained(player: Player) -> Habits:
    """Before any practice: no opinions."""
    habits = {name: np.zeros((table.contexts, table.outcomes)) for name, table in tables_of(player).items()}
    return habits | {"level": np.zeros((1, 1)), "hurry": np.zeros((1, 1))}


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
    spread, lines, generator = (
        density_spread(player.line),
        np.flatnonzero(ground.in_bar[:-1] == 0),
        np.random.RandomState(0),
    )
    length, memory = min(BARS, len(lines)), None
    for number in range(ROUNDS):
        experts = experts_of(player, player.shapes, ground, habits, on, gravity, 0, True)
        first = generator.randint(len(lines) - length + 1, size=BATCH)
        stretches = Stretches(lines[first], np.append(lines, ground.end)[first + length], memory)
        sampled = sample_bars(one_step, ground, vocabulary, experts, BATCH, Wishes(), number, stretches)
        memory = sampled.memory  # the network goes on: after a hundred bars it plays otherwise than after ten
        played = line_sampled(sampled, ground, vocabulary.steps)
        for name, table in tables.items():
            found = count(played, player, table)
            shares = mixed(found, np.full(table.outcomes, 1 / table.outcomes), 0.5)
            change = np.log(mixed(wanted[name], shares, WEIGHT_PLAYED) / shares)
            habits[name] += table.pace * np.clip(change, -MOST_CHANGE, MOST_CHANGE)
        expected = experts.rate * (stretches.end - stretches.begin).sum()
        habits["hurry"] = np.clip(
            habits["hurry"] + np.log(expected / max(1, len(played.places))), -MOST_HURRY, MOST_HURRY
        )
        if "phrases" in on:
            change = PACE_LEVEL * np.log(spread / density_spread(played))
            habits["level"] = np.clip(habits["level"] + change, *LEVELS)
    return habits


def density_spread(line: Line) -> float:
    """The standard deviation of the notes in two bars, beside their mean; no less than one tenth."""
    starts, counts = np.flatnonzero(line.begins).tolist(), []
    for first, last in zip(starts, [*starts[1:], len(line.bars)], strict=True):
        counts.extend(np.bincount((line.bars[first:last] - line.bars[first]) // BARS_A_LEVEL))
    return max(LEAST_SPREAD, float(np.std(counts) / np.mean(counts)))


def as_dense(gaps: np.ndarray, player: Player) -> np.ndarray:
    """How often each gap is wanted: as often as it was played, those that were rounded away left out, but hastened (by
    a power for each quarter) until they are as long on average as all were."""
    distances = player.line.distances[player.line.distances > 0]
    played = np.bincount(nearest_gap(player.gaps, distances[distances >= SHORTEST_GAP]), minlength=len(gaps))
    slowest, fastest = 1.0, -1.0
    if not played.any():
        return gaps
    for _ in range(40):
        power = (slowest + fastest) / 2
        wanted = played * np.exp(power * (player.gaps - player.gaps[0]) / GRID)
        slower = wanted @ player.gaps / wanted.sum() > np.minimum(distances, LONGEST_GAP).mean()
        slowest, fastest = (power, fastest) if slower else (slowest, power)
    return wanted / wanted.sum() * gaps.sum()
