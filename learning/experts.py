"""What small experts know of a player: counted in the source, each for one thing that the network cannot hear.

Two count what follows what: `waits` (`learning/rhythm.py`) and `lines`, `P(interval | the two before) / P(interval)`,
each leaning on wider counts where little was seen. `motifs` is one number: how many times likelier an interval is that
came after the same two before, in the same solo. The others are tables of weights by context and outcome, `tables_of`.
None of them is set by its own count alone, because what one asks for another may give already: they are set by
practising (`learning/practice.py`), until what comes out has as much of each as the source.

`EXPERTS` are their names, by which each can be turned off. Left to others: how they are asked (`learning/sampler.py`),
and loudness (`learning/touch.py`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from grammar import TYPES, Term
from inference_model import KnownRuns, known_runs
from learning.ground import Line, ground_of, line_of
from learning.rhythm import gaps_of, learn_holds, learn_waits, mixed, next_longer
from learning.sampler import (
    BARS_A_LEVEL,
    CLASSES,
    END_OF_PHRASE,
    N_CLASSES,
    N_INTERVALS,
    N_SCENES,
    N_TYPES,
    NO_INTERVAL,
    SIZE_CLASSES,
    WIDEST,
    Experts,
    Ground,
    Vocabulary,
    interval_class,
    length_class,
    size_class,
)
from music.notes import Bar
from music.piece import Solo

EXPERTS = (
    "gaps",
    "holds",
    "lines",
    "turns",
    "motifs",
    "harmony",
    "resolution",
    "register",
    "phrases",
    "ahead",
    "touch",
)
WEIGHT_SMALL, WEIGHT_LINES, WEIGHT_AFTER_TWO = 0.16, 4.0, 10.0  # how often the wider count was "seen"
FARTHEST_AHEAD = 12  # semitones
HEIGHT = 3  # semitones that are one outcome of the register
DURATION_CLASSES = (4, 5, 6, 7, 9, 12, 18, 24, 36)  # where each begins, after the first
N_SIZES = len(SIZE_CLASSES) + 1
INTERVALS = np.arange(N_INTERVALS) - WIDEST
NEIGHBOURS = np.exp(-1.2 * np.abs(INTERVALS[:, None] - INTERVALS))  # an interval also speaks for those beside it
NEIGHBOURS /= NEIGHBOURS.sum(axis=1, keepdims=True)
SMALL_INTERVALS = np.exp(-np.abs(INTERVALS) / 4) / np.exp(-np.abs(INTERVALS) / 4).sum()
LONG_SOLO = 12  # bars from which a solo has a density of its own
MOST_LEVELS, MOST_BARS = 2000, 2000  # of many tunes
MOST_LEVEL = 20.0  # times as dense, or as thin, as usual

Habits = dict[str, np.ndarray]  # a table of weights, as logarithms, by name


class Lines(NamedTuple):
    """How lines go: `usual`, `P(interval)`, (n_intervals,); `by_class`, `P(interval | class of the last)`, (n_classes +
    1, n_intervals); `after_two`, `P(interval | the two before) / P(interval)`, (n_intervals + 1, n_intervals + 1,
    n_intervals); the last index is none."""

    usual: np.ndarray
    by_class: np.ndarray
    after_two: np.ndarray


@dataclass(frozen=True)
class Player:
    """What tunes tell of a player, whatever is improvised over: the `line` of all solos, in bars of these `shapes`; the
    `gaps` and `durations` there are; the values as `terms`, and in the order in which they were played (`corpus`, their
    indices); how many notes in a grid step (`rate`) and in a bar there are; and the tunes' own `ground`, to practise
    over, with the bars at which their solos begin (`starts`)."""

    line: Line
    shapes: tuple[Bar, ...]
    gaps: np.ndarray
    durations: np.ndarray
    terms: list[Term]
    corpus: np.ndarray
    rate: float
    notes_a_bar: float
    ground: Ground
    starts: np.ndarray

    @property
    def home(self) -> float:
        """The middle of his pitches."""
        return float(np.median(self.line.pitches))

    @cached_property
    def lines(self) -> Lines:
        return _count_lines(self.line)

    @cached_property
    def holds(self) -> np.ndarray:
        """`P(duration | gap) / P(duration)`, (n_gaps, n_durations)."""
        follows = self.line.distances > 0
        held, gap = next_longer(self.durations, self.line.durations), next_longer(self.gaps, self.line.distances)
        return learn_holds(self.durations, self.gaps, held[follows], gap[follows])


def know(solos: list[Solo], terms: list[Term], corpus: np.ndarray) -> Player:
    """Gather what solos tell."""
    bars = [bar for solo in solos for bar in solo.bars]
    chords_by_bar = [chords for solo in solos for chords in solo.chords_by_bar]
    shapes = {bar.beats: bar for bar in reversed(bars)}
    line = line_of(solos, list(shapes))
    durations = np.unique([term.duration for term in terms if term.type in TYPES])
    ground = ground_of(bars[:MOST_BARS], chords_by_bar[:MOST_BARS], list(shapes))
    n = len(line.places)
    gaps, rate = gaps_of(line.distances), n / sum(bar.length for bar in bars)
    starts = np.cumsum([0, *(len(solo.bars) for solo in solos[:-1])])
    starts = starts[starts < MOST_BARS]
    return Player(line, tuple(shapes.values()), gaps, durations, terms, corpus, rate, n / len(bars), ground, starts)


# --- Classes ---------------------------------------------------------------------------------------------------------


def turn_class(before: np.ndarray, last: np.ndarray) -> np.ndarray:
    """0 to 7, of two intervals in a row: a repeat; a third up, down; a second step up, down; a leap (a fourth and more)
    up, down; anything else (0)."""
    size, up = np.abs(last), last > 0
    steps = (size > 0) & (size <= 2) & (np.abs(before) > 0) & (np.abs(before) <= 2) & ((before > 0) == up)
    found = np.where(size == 0, 1, 0)
    for number, which in ((2, (size == 3) | (size == 4)), (4, steps), (6, size >= 5)):
        found = np.where(which, number + up, found)
    return found


# --- The tables ------------------------------------------------------------------------------------------------------


class Table(NamedTuple):
    """A table of weights: the `expert` it belongs to, how many contexts and outcomes, how fast it is set (slower where
    several speak of the same), and how a note's context and outcome are told, (n,) each, -1 where there is none."""

    expert: str
    contexts: int
    outcomes: int
    pace: float
    told: Callable[[Line, Player], tuple[np.ndarray, np.ndarray]]


def _told_gap(line: Line, player: Player):
    """`P(gap)`: how long until the next note."""
    return line.places * 0, _gap_indices(line, player)


def _told_stream(line: Line, player: Player):
    """`P(the same gap again | how often it came in a row)`."""
    gap = _gap_indices(line, player)
    same = ~line.begins & (gap == np.roll(gap, 1))
    starts = np.maximum.accumulate(np.where(same, 0, np.arange(len(gap))))  # of the stream that the note belongs to
    before = np.roll(np.arange(len(gap)) - starts + 1, 1)  # equal gaps up to the one before this one
    return length_class(before), np.where(line.begins | (gap < 0), -1, same.astype(int))


def _told_hold(line: Line, player: Player):
    """`P(duration | the phrase ends)`: how long a note sounds; of the last note nobody knows."""
    return ends_phrase(line).astype(int), np.where(
        line.distances == 0, -1, np.digitize(line.durations, DURATION_CLASSES)
    )


def _told_turn(line: Line, player: Player):
    """`P(interval | what the two before make: a run, a third, a leap, a repeat)`."""
    intervals = line.intervals
    last, new = np.roll(intervals, 1), line.begins | np.roll(line.begins, 1)
    before = np.where(np.roll(new, 1), 99, np.roll(intervals, 2))
    return turn_class(before, last), np.where(new, -1, interval_class(intervals))


def _told_barline(line: Line, player: Player):
    """`P(size of the interval | it crosses a bar line)`."""
    return line.new_bar.astype(int), np.where(line.begins, -1, size_class(line.intervals))


def _told_place(line: Line, player: Player):
    """`P(type | accent of the place, new chord)`."""
    return line.accents * 2 + line.new_chord, line.kinds


def _told_ending(line: Line, player: Player):
    """`P(type | the phrase ends)`."""
    return ends_phrase(line).astype(int), np.where(line.distances == 0, -1, line.kinds)


def _told_arrival(line: Line, player: Player):
    """`P(size of the interval, chord tone or not | new chord)`."""
    outcome = size_class(line.intervals) * 2 + (line.kinds == 0)
    return line.new_chord.astype(int), np.where(line.begins, -1, outcome)


def _told_resolution(line: Line, player: Player):
    """`P(size of the interval, type | type before)`."""
    outcome = size_class(line.intervals) * N_TYPES + line.kinds
    return np.roll(line.kinds, 1), np.where(line.begins, -1, outcome)


def _told_height(line: Line, player: Player):
    """`P(pitch)`, by steps of `HEIGHT` semitones."""
    return line.places * 0, (line.pitches - player.line.pitches.min()) // HEIGHT


def tables_of(player: Player) -> dict[str, Table]:
    """All tables, by their names."""
    heights = (int(np.ptp(player.line.pitches)) // HEIGHT) + 1
    return {
        "gap": Table("gaps", 1, len(player.gaps), 0.5, _told_gap),
        "stream": Table("gaps", 6, 2, 0.6, _told_stream),
        "hold": Table("holds", 2, len(DURATION_CLASSES) + 1, 0.9, _told_hold),
        "turn": Table("turns", 8, N_CLASSES, 0.4, _told_turn),
        "barline": Table("turns", 2, N_SIZES, 0.4, _told_barline),
        "place": Table("harmony", 6, N_TYPES, 0.8, _told_place),
        "ending": Table("harmony", 2, N_TYPES, 0.4, _told_ending),
        "arrival": Table("harmony", 2, 2 * N_SIZES, 0.4, _told_arrival),
        "resolution": Table("resolution", N_TYPES, N_SIZES * N_TYPES, 0.4, _told_resolution),
        "height": Table("register", 1, heights, 0.5, _told_height),
    }


def count(line: Line, player: Player, table: Table) -> np.ndarray:
    """How often each outcome is found in each context of a line, (contexts, outcomes)."""
    context, outcome = table.told(line, player)
    found = outcome >= 0
    counts = np.zeros((table.contexts, table.outcomes))
    np.add.at(counts, (context[found], outcome[found]), 1.0)
    return counts


def ends_phrase(line: Line) -> np.ndarray:
    """Whether a rest follows each note."""
    return line.distances - line.durations >= END_OF_PHRASE


def _gap_indices(line: Line, player: Player) -> np.ndarray:
    return np.where(line.distances == 0, -1, next_longer(player.gaps, line.distances))


# --- Asked -----------------------------------------------------------------------------------------------------------


def vocabulary_of(player: Player, closeness: float, longest_run: int) -> Vocabulary:
    """The values as numbers. Of an interval's semitones each counts less by `closeness` than the one nearer to its
    middle, which is what the source played; a bar's first value has the player's own intervals."""
    kernels = np.zeros((len(player.terms), N_TYPES, N_INTERVALS))
    for kernel, term in zip(kernels, player.terms, strict=True):
        if term.type in TYPES:
            if term.lower is None:
                weights = player.lines.usual
            else:
                inside = (term.lower <= INTERVALS) & (term.upper >= INTERVALS)
                weights = inside * closeness ** np.abs(INTERVALS - (term.lower + term.upper) / 2)
            kernel[TYPES.index(term.type)] = weights / max(weights.sum(), 1e-9)
    steps = np.array([term.duration for term in player.terms])
    kinds = np.array([TYPES.find(term.type) % (N_TYPES + 1) for term in player.terms])
    starts = np.array([term.lower is None for term in player.terms])
    known = known_runs(player.corpus, longest_run)
    return Vocabulary(starts, steps, kinds, player.durations, next_longer(player.durations, steps), kernels, known)


def experts_of(
    player: Player,
    shapes: list[Bar],
    ground: Ground,
    habits: Habits,
    on: Sequence[str],
    gravity: float,
    longest_run: int,
    rhythm: bool,
) -> Experts:
    """The experts for bars of these `shapes`, those that are not `on` without an opinion; without `rhythm` one note
    follows the other."""
    # Many parameters: what was learned, where, and which of it counts.
    line, gaps, durations = player.line, player.gaps, player.durations
    weigh = {name: np.exp(table) for name, table in habits.items()}
    colours = _colours(weigh)
    low, high = int(line.pitches.min()), int(line.pitches.max())
    rests = gaps[:, None] - durations >= END_OF_PHRASE
    return Experts(
        gaps=gaps,
        waits=_waits(player, shapes, "gaps" in on) * weigh["gap"][0] if rhythm else None,
        streams=weigh["stream"][:, 1] / weigh["stream"][:, 0],
        holds=(player.holds if "holds" in on else player.holds > 0)
        * weigh["hold"][rests.astype(int), np.digitize(durations, DURATION_CLASSES)],
        rate=player.rate,
        haste=_haste(line),
        first_places=tuple(line.in_bar[line.begins].tolist()) if rhythm else (0,),
        low=low,
        high=high,
        lines=_line_weights(player.lines, weigh["sense"].item() if "lines" in on else 0.0, weigh["turn"]),
        motif=weigh["motif"].item(),
        colours=np.ascontiguousarray(colours),
        ahead=_ahead(colours, player.lines.by_class, ground.kinds, low, high) if "ahead" in on else None,
        register=weigh["height"][0][(np.arange(low, high + 1) - low) // HEIGHT],
        gravity=gravity if "register" in on else 1.0,
        home=player.home,
        levels=_levels(player, weigh["level"].item() if "phrases" in on else 0.0) * [weigh["hurry"].item(), 1],
        known=_known_intervals(line, longest_run),
    )


def _haste(line: Line) -> float:
    """Mean over variance of the gaps, within bounds: weighed by `exp(-power * gap)`, their mean falls by so much."""
    gaps = line.distances[line.distances > 0]
    return float(gaps.mean() / np.clip(gaps.var(), gaps.mean(), gaps.mean() ** 2)) if len(gaps) else 1.0


def _waits(player: Player, shapes: list[Bar], with_gap_before: bool) -> np.ndarray:
    waits = learn_waits(player.line, player.gaps, player.shapes, shapes, int(player.durations.min()))
    return waits if with_gap_before else np.broadcast_to(waits.mean(axis=2, keepdims=True), waits.shape)


def _usual_intervals(intervals: np.ndarray) -> np.ndarray:
    """`P(interval)`, (n_intervals,): what was played, its neighbours a little, and small ones in any case."""
    played = np.bincount(intervals, minlength=N_INTERVALS)
    return mixed(0.85 * played + 0.15 * played @ NEIGHBOURS, SMALL_INTERVALS, WEIGHT_SMALL)


def _count_lines(line: Line) -> Lines:
    index, new = np.clip(line.intervals, -WIDEST, WIDEST) + WIDEST, line.begins
    usual = _usual_intervals(index[~new])
    after_one = np.flatnonzero(~new & ~np.roll(new, 1) & (np.arange(len(new)) > 1))
    after_two = after_one[~np.roll(new, 2)[after_one] & (after_one > 2)]
    by_one = np.zeros((N_INTERVALS, N_INTERVALS))
    np.add.at(by_one, (index[after_one - 1], index[after_one]), 1.0)
    by_one = 0.8 * by_one + 0.2 * by_one @ NEIGHBOURS
    by_class = np.zeros((N_CLASSES + 1, N_INTERVALS))
    np.add.at(by_class, CLASSES, by_one)
    by_class = mixed(by_class, usual, WEIGHT_LINES)
    by_one = np.concatenate([mixed(by_one, by_class[CLASSES], WEIGHT_LINES), usual[None]])
    by_two = np.zeros((N_INTERVALS + 1, N_INTERVALS + 1, N_INTERVALS))
    np.add.at(by_two, (index[after_two - 2], index[after_two - 1], index[after_two]), 1.0)
    after_two = mixed(by_two, by_one, WEIGHT_AFTER_TWO) / usual
    return Lines(usual, by_class, after_two.astype(np.float32))


def _line_weights(lines: Lines, sense: float, turn: np.ndarray) -> np.ndarray:
    """`Experts.lines`: what follows the two before, to the power of `sense`, times the `turn` table."""
    before, last = np.append(INTERVALS, 99)[:, None], np.append(INTERVALS, 0)[None]
    turns = turn[turn_class(before, last)][:, :, CLASSES]
    turns[:, NO_INTERVAL] = 1
    return np.ascontiguousarray(lines.after_two**sense * turns)


def _colours(weigh: dict[str, np.ndarray]) -> np.ndarray:
    """`Experts.colours`: the tables of types and sizes, multiplied."""
    scene = np.arange(N_SCENES)
    size, chord = size_class(INTERVALS), np.arange(N_TYPES)[:, None] == 0
    new_bar, new_chord = scene % 2, scene // 2 % 2
    of_type = weigh["place"][scene // 4 * 2 + new_chord][:, None] * weigh["ending"]  # (scenes, 2, 4)
    of_size = weigh["arrival"][new_chord][:, size * 2 + chord] * weigh["barline"][new_bar][:, None, size]
    resolved = weigh["resolution"][:, size * N_TYPES + np.arange(N_TYPES)[:, None]]  # (4, 4, n_intervals)
    after = of_size[:, None, None] * resolved  # (scenes, 1, 4, 4, n_intervals)
    at_first = np.ones((N_SCENES, 1, 1, N_TYPES, N_INTERVALS))
    return of_type[:, :, None, :, None] * np.concatenate([after, at_first], axis=2)


def _ahead(colours: np.ndarray, by_class: np.ndarray, kinds: np.ndarray, low: int, high: int) -> np.ndarray:
    """`Experts.ahead`: the sum over what may follow in range, of `P(interval | class of this one)` times `colours`."""
    near = np.arange(WIDEST - FARTHEST_AHEAD, WIDEST + FARTHEST_AHEAD + 1)
    expected = by_class[:, near] / by_class[:, near].sum(axis=1, keepdims=True)  # (n_classes + 1, n_near)
    following = np.arange(low, high + 1)[:, None] + INTERVALS[near]  # (n_pitches, n_near)
    outside = (following < low) | (following > high)
    colours = colours[:, 0, :N_TYPES].reshape(N_SCENES, N_TYPES, -1)
    colours = np.append(colours, np.zeros((N_SCENES, N_TYPES, 1)), axis=2).astype(np.float32)  # the last is outside
    sounds = np.where(outside, N_TYPES * N_INTERVALS, kinds[:, following % 12] * N_INTERVALS + near)
    follows = [colours.take(sound, axis=2) for sound in sounds]  # (scenes, 4, n_pitches, n_near) each
    return follows @ expected.T.astype(np.float32)


def densities(line: Line) -> list[tuple[int, int, float]]:
    """Of each solo of a line its first note and the one after its last, and how dense it is beside all of them; of a
    short one nothing is known, 1. A ballad is no thin passage of a fast tune."""
    starts, found = np.flatnonzero(line.begins).tolist(), []
    ends = [*starts[1:], len(line.places)]
    n_bars = [int(np.ptp(line.bars[first:last])) + 1 for first, last in zip(starts, ends, strict=True)]
    usual = len(line.places) / max(1, sum(n_bars))
    for first, last, bars in zip(starts, ends, n_bars, strict=True):
        found.append((first, last, (last - first) / bars / usual if bars >= LONG_SOLO else 1.0))
    return found


def _levels(player: Player, exponent: float) -> np.ndarray:
    """`Experts.levels`: of every two bars the notes beside the solo's mean, to the power of `exponent`, and the mean
    pitch."""
    line, mean, found = player.line, BARS_A_LEVEL * player.notes_a_bar, []
    for first, last, density in densities(line):
        bars = line.bars[first:last]
        for bar in range(int(bars.min()), int(bars.max())):
            pitches = line.pitches[first:last][(bars >= bar) & (bars < bar + BARS_A_LEVEL)]
            if len(pitches) > 1:
                level = np.clip((len(pitches) / (mean * density)) ** exponent, 1 / MOST_LEVEL, MOST_LEVEL)
                found.append((level, pitches.mean() if exponent else player.home))
    return np.array(found or [(1.0, player.home)])[:: len(found) // MOST_LEVELS + 1]


def _known_intervals(line: Line, longest_run: int) -> KnownRuns:
    return known_runs((np.clip(line.intervals, -WIDEST, WIDEST) + WIDEST)[~line.begins], longest_run)
