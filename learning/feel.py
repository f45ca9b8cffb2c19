"""Feel: how far from the grid, how long, and how bent each note is played, drawn from the player's in like places.

Of the source's notes the `NEAREST` that are most alike are found, by the place in the beat, the duration, the gaps and
intervals before and after, and the tempo; in a row by how late they are, the one is taken to which a drift points. The
drift, a normal deviate that keeps a share of itself from note to note, is chosen so that lateness goes on from note to
note as the player's does: he is late for a while, not here and there. Weights see to it that all his notes are played
as often as one another. Where a beat is halved, off-beats lie as the player's lie, or as `SWING` asks. The notes stay
where they are on the grid; `Nuance`s say how they sound.

A tune that was entered step by step, and one that is written, has no feel to learn: then only off-beats are moved.
Left to others: what is played, and its loudness (`learning/touch.py`).
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from learning.ground import Line, joined, line_of
from learning.touch import features
from music.notes import Bar, Nuance
from music.piece import Tune
from music.units import GRID, TICKS_PER_QUARTER

NEAREST, MOST_NOTES = 10, 1500
EXACT, ON_THE_GRID = 0.004, 0.95  # quarters within which a note is put, not played; the share of them without feel
FEWEST_OFFBEATS = 8  # that tell where the player puts them
OFFBEATS = (GRID // 2, 2 * GRID // 3)  # grid steps in a beat that is halved: straight, and as a triplet
MOST_SIXTEENTHS = 0.15  # share of notes, above which a tune's eighths are straight
RATIOS = (
    (160.0, 280.0),
    (1.7, 1.15),
)  # quarters a minute, and how long an eighth on the beat is beside the next
SHORTEST, NO_ROOM = 1 / 24, 1 / 48  # quarters that a note lasts at least, and that it starts after the one before
ROUNDS, LEAST, MOST = 12, 0.02, 20.0  # of weighing notes, and their weights
TRIED_DRIFTS, TRIALS = (0.0, 0.7), 8


@dataclass(frozen=True)
class Feel:
    """What is known of the player's feel. Of his notes `known`, what makes them alike, (n, k); how `late` and how long
    (`lengths`) they were, in quarters, how long they are `written`, in grid steps, at which of the `tempos`, how bent
    (`bends`), and by which of the `weights` each is drawn, (n,). `drift`: how much of it stays from note to note.
    `swing`: where in a halved beat the off-beat lies, 0 to 1, and `offbeats` how late his are that are written at each
    of `OFFBEATS`, 0 where there are few. No notes: the grid is played, swung. `told`: what is said of it."""

    swing: float
    told: str = ""
    known: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    late: np.ndarray = field(default_factory=lambda: np.zeros(0))
    lengths: np.ndarray = field(default_factory=lambda: np.zeros(0))
    written: np.ndarray = field(default_factory=lambda: np.zeros(0))
    tempos: np.ndarray = field(default_factory=lambda: np.zeros(0))
    bends: Sequence[tuple] = ()
    weights: np.ndarray = field(default_factory=lambda: np.zeros(0))
    drift: float = 0.0
    offbeats: tuple[float, float] = (0.0, 0.0)

    def draw(
        self,
        line: Line,
        bars: list[Bar],
        tempo: float,
        generator: random.Random,
        amount: float = 1.0,
        swing: float | None = None,
    ) -> list[Nuance]:
        """How the notes of a line over these bars are played at a tempo, with so much of the feel (0: as written); with
        a `swing` off-beats lie there, None: where the player's lie."""
        if not len(line.places):
            return []
        written, halved = line.durations / GRID, is_offbeat(line, bars)
        late, usual, lengths, bends = np.zeros(len(written)), 0.0, written, [()] * len(written)
        asked = self.swing if swing is None and (any(self.offbeats) or not len(self.known)) else swing
        if len(self.known):
            rows = self._as_his(line, halved, tempo, generator)
            slower = np.minimum(1.0, tempo / self.tempos[rows])
            late, bends = self.late[rows] * slower, [self.bends[row] for row in rows]
            longer = line.durations - self.written[rows]
            lengths = self.lengths[rows] + np.where(longer == -1, 0, longer) / GRID  # a step: the next note cuts it
            usual = np.select([line.in_pulse == place for place in OFFBEATS], self.offbeats) * slower
        if asked is not None:
            if swing is not None or not len(self.known):
                late = np.where(halved, late - usual + asked - line.in_pulse / GRID, late)
            if halved.sum() >= FEWEST_OFFBEATS:
                late = late + halved * (asked - (line.in_pulse / GRID + late)[halved].mean())
        lengths = (1 - amount) * written + amount * lengths
        starts = _in_ticks(_in_order(line.places / GRID + amount * late))
        ends = np.minimum(_in_ticks(starts + np.maximum(lengths, SHORTEST)), [*starts[1:], np.inf])
        return [
            Nuance(
                round(float(start - place / GRID), 6),
                round(float(end - start), 6),
                tuple(bend for bend in bent if amount and bend[0] < end - start),
            )
            for start, end, place, bent in zip(starts, ends, line.places, bends, strict=True)
        ]

    def _as_his(self, line: Line, halved: np.ndarray, tempo: float, generator: random.Random) -> np.ndarray:
        """For each note the player's note that it is played as, (n_notes,)."""
        asked = alike(line, halved, np.full(len(halved), tempo))
        return _drawn(_nearest(asked, self.known, self.late), self.weights, self.drift, generator)


def learn_feel(tunes: list[Tune]) -> Feel:
    """What the notes of tunes tell of the player's feel; where they tell nothing, that of such tunes."""
    played = [tune for tune in tunes if tune.nuances and not _is_exact(tune)]
    if not played:
        swing, why = usual_swing(tunes[0])
        return Feel(swing, f"none in the tune, which lies on the grid: off-beats at {swing:.2f} of the beat, {why}")
    played = played[:: sum(len(tune.values) for tune in played) // MOST_NOTES + 1]
    solos = [tune.solo for tune in played]
    lines = [line_of([solo], list({bar.beats: bar for bar in solo.bars})) for solo in solos]
    line = joined(lines)
    halved = np.concatenate([is_offbeat(one, solo.bars) for one, solo in zip(lines, solos, strict=True)])
    late, lengths = np.array([nuance[:2] for solo in solos for nuance in solo.nuances]).T
    tempos = np.repeat([tune.tempo for tune in played], [len(one.places) for one in lines])
    at = [halved & (line.in_pulse == place) for place in OFFBEATS]
    offbeats, (swing, why) = (0.0, 0.0), usual_swing(tunes[0])
    if halved.sum() >= FEWEST_OFFBEATS:
        offbeats = tuple(float(late[there].mean()) if there.any() else 0.0 for there in at)
        swing, why = float((line.in_pulse[halved] / GRID + late[halved]).mean()), "as played"
    off = 1000 * np.median(np.abs(late) * 60 / tempos)
    told = f"the player's, {off:.0f} ms off the grid in the median; off-beats at {swing:.2f} of the beat, {why}"
    columns = (alike(line, halved, tempos), late, lengths, line.durations, tempos)
    known, late, lengths, written, tempos = (column[:MOST_NOTES] for column in columns)
    nearest = _nearest(known, known, late, np.where(np.eye(len(known), dtype=bool), np.inf, 0.0))
    weights, bends = _evenly(nearest), [nuance.bends for solo in solos for nuance in solo.nuances][:MOST_NOTES]
    drift = _drift(nearest, weights, late)
    return Feel(swing, told, known, late, lengths, written, tempos, bends, weights, drift, offbeats)


def usual_swing(tune: Tune) -> tuple[float, str]:
    """Where off-beats of such a tune lie in the beat, of which nothing but the notes is known, and why.

    As written, where they are written as triplets; straight in sixteenths, and where few chords have sevenths; else
    the slower the longer: the ratio of long to short falls with tempo, as Friberg and Sundström (2002) found; in the
    median of 44 solos of the Weimar Jazz Database it is 1.7 at 140 to 180 quarters a minute, 1.5 up to 220, then 1.3.
    """
    solo = tune.solo
    line = line_of([solo], list({bar.beats: bar for bar in solo.bars}))
    halved = line.in_pulse[is_offbeat(line, solo.bars)]
    if 2 * (halved == OFFBEATS[1]).sum() > len(halved):
        return OFFBEATS[1] / GRID, "as written"
    sevenths = [len(chord.tones) > 3 for chord in solo.chords if chord.tones]
    if np.isin(line.in_pulse, (3, 9)).mean() > MOST_SIXTEENTHS or 2 * sum(sevenths) < len(sevenths):
        return OFFBEATS[0] / GRID, "straight"
    ratio = float(np.interp(tune.tempo, *RATIOS))
    return round(ratio / (1 + ratio), 3), f"as swing at {tune.tempo:g} is played"


def alike(line: Line, halved: np.ndarray, tempos: np.ndarray) -> np.ndarray:
    """What makes notes alike in feel, (n, k): first of all the place in the beat, then how long they are written."""
    where = np.array([0, 3, 4, 6, 8, 9]) == line.in_pulse[:, None]
    near = features(line)[:, [0, 1, 2, 6, 7]] * (0.3, 0.3, 0.3, 0.5, 1.0)
    lengths = np.minimum(line.durations, 2 * GRID)
    return np.column_stack([6.0 * where, 3.0 * halved, 0.6 * lengths, near, 2.0 * np.log2(tempos)])


def is_offbeat(line: Line, bars: list[Bar]) -> np.ndarray:
    """Whether a note is the one off-beat of a quarter that is halved, (n,)."""
    pulses = np.array([pulse for bar in bars for pulse in bar.pulses for _ in range(pulse)])
    _, beats = np.unique(line.places - line.in_pulse, return_inverse=True)
    alone = np.bincount(beats, line.in_pulse > 0)[beats] == 1
    return alone & np.isin(line.in_pulse, OFFBEATS) & (pulses[np.minimum(line.places, len(pulses) - 1)] == GRID)


def _is_exact(tune: Tune) -> bool:
    late = [nuance.late for nuances in tune.nuances.values() for nuance in nuances]
    return sum(abs(one) < EXACT for one in late) >= ON_THE_GRID * len(late)


def _nearest(asked: np.ndarray, known: np.ndarray, late: np.ndarray, own: np.ndarray | float = 0.0) -> np.ndarray:
    """For each note the known ones that are most alike, the earliest first, (n_notes, nearest)."""
    far = (known**2).sum(axis=1) - 2 * asked @ known.T + own  # less the asked one's square
    nearest = np.argpartition(far, min(NEAREST, len(known)) - 1, axis=1)[:, :NEAREST]
    return np.take_along_axis(nearest, np.argsort(late[nearest], axis=1, kind="stable"), axis=1)


def _drawn(nearest: np.ndarray, weights: np.ndarray, drift: float, generator: random.Random) -> np.ndarray:
    """One of the nearest for each note, (n_notes,)."""
    below = np.cumsum(weights[nearest], axis=1)
    deviate, points = generator.gauss(0, 1), []
    for _ in range(len(nearest)):
        points.append((1 + math.erf(deviate / math.sqrt(2))) / 2)  # the share of deviates that are smaller
        deviate = drift * deviate + math.sqrt(1 - drift**2) * generator.gauss(0, 1)
    ranks = (below[:, :-1] < np.array(points)[:, None] * below[:, -1:]).sum(axis=1)
    return nearest[np.arange(len(nearest)), ranks]


def _evenly(nearest: np.ndarray) -> np.ndarray:
    """Weights by which, where each note is played as one of those nearest to it, all are played about as often."""
    weights = np.ones(len(nearest))
    for _ in range(ROUNDS):
        shares = weights[nearest] / weights[nearest].sum(axis=1, keepdims=True)
        played = np.bincount(nearest.ravel(), shares.ravel(), minlength=len(nearest))
        weights = np.clip(weights / np.maximum(played, 0.1), LEAST, MOST)
    return weights


def _drift(nearest: np.ndarray, weights: np.ndarray, late: np.ndarray) -> float:
    """The drift with which lateness goes on from note to note as in the source, from two that are tried."""
    generator, found = random.Random(0), []
    for drift in TRIED_DRIFTS:
        drawn = [late[_drawn(nearest, weights, drift, generator)] for _ in range(TRIALS)]
        found.append(np.mean([_goes_on(one) for one in drawn]))
    (none, much), (low, high) = TRIED_DRIFTS, found
    asked = none + (_goes_on(late) - low) / (high - low) * (much - none) if high > low else none
    return float(np.clip(asked, 0.0, 0.95))


def _goes_on(late: np.ndarray) -> float:
    """The correlation of how late a note is with the one before; 0 where there is none."""
    return (
        float(np.corrcoef(late[1:], late[:-1])[0, 1])
        if len(late) > 2 and np.ptp(late[1:]) and np.ptp(late[:-1])
        else 0.0
    )


def _in_order(starts: np.ndarray) -> np.ndarray:
    """Starts that do not cross: each a little after the one before, none before the music."""
    steps = NO_ROOM * np.arange(len(starts))
    return np.maximum(np.maximum.accumulate(starts - steps), 0.0) + steps


def _in_ticks(quarters: np.ndarray) -> np.ndarray:
    """Times as a file can tell them: then no note is longer in it than until the next one."""
    return np.round(quarters * TICKS_PER_QUARTER) / TICKS_PER_QUARTER
