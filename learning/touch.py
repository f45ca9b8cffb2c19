"""How loud: each note gets the velocity of a note that the player played in a like place.

Of the source's notes the `NEAREST` that are most alike are found, by the place in the bar and the beat, the intervals
and gaps before and after, and whether it is a peak of the line; one of them is drawn. Velocities then rise and fall
with the line, as the player's do. Left to others: what is played.
"""

import random

import numpy as np

from learning.ground import Line

NEAREST, MOST_NOTES, MOST_COMPARED = 4, 4000, 1500
CONTOUR_WEIGHTS = (1.0, 0.7, 1.4, 0.5, 2.0, 0.35, 2.8, 0.25, 4.0)  # what is tried; of equals the first
OF_CONTOUR, OF_PLACE = np.arange(9) < 3, (np.arange(9) // 3 == 1).astype(float)  # which features they are


def features(line: Line) -> np.ndarray:
    """What makes notes alike, (n, 9): distances between rows are to be small where a player would play as loud."""
    into = line.intervals / 3.5
    out = np.where(np.roll(line.begins, -1), 0, np.roll(into, -1))
    gap_out = np.where(line.distances == 0, 24, line.distances)
    gap_in = np.where(line.begins, 24, np.roll(gap_out, 1))
    columns = [
        np.clip(into, -2, 2),
        np.clip(out, -2, 2),
        1.0 * ((into > 0) & ((out < 0) | (line.distances == 0))),
        1.5 * (line.in_pulse == 0),
        0.7 * (line.in_pulse % 6 == 0),
        0.7 * (line.accents == 0),
        np.minimum(gap_in, 12) / 8,
        np.minimum(gap_out, 12) / 8,
        line.pitches / 8,
    ]
    return np.stack(columns, axis=1)


class Touch:
    """The player's velocities, to draw from; `contour` is how much that counts beside the place."""

    def __init__(self, line: Line, contour: float = 1.0):
        every = len(line.places) // MOST_NOTES + 1
        self.weights = np.where(OF_CONTOUR, contour, 1.0) if contour else OF_PLACE
        self.known, self.velocities = features(line)[::every] * self.weights, line.velocities[::every]

    def draw(self, line: Line, generator: random.Random) -> list[int]:
        """Velocities for the notes of a line."""
        if not len(line.places):
            return []
        asked, n = features(line) * self.weights, min(NEAREST, len(self.known))
        far = (self.known**2).sum(axis=1) - 2 * asked @ self.known.T  # (n_notes, n_known), less the asked one's square
        nearest = np.argpartition(far, n - 1, axis=1)[:, :n]
        return [int(self.velocities[row[generator.randrange(n)]]) for row in nearest]


def contour_weight(line: Line, played: Line) -> float:
    """How much contour is to count, that what was `played` becomes louder with pitch, and on peaks, as the player's
    line does."""
    played, wanted, unlikeness = Line(*(column[:MOST_COMPARED] for column in played)), swells(line), []
    for weight in CONTOUR_WEIGHTS:
        drawn = np.array(Touch(line, weight).draw(played, random.Random(0)))
        found = swells(played._replace(velocities=drawn))
        unlikeness.append(abs(found[0] - wanted[0]) + abs(found[1] - wanted[1]) / 2)
    return CONTOUR_WEIGHTS[int(np.argmin(unlikeness))]


def swells(line: Line) -> tuple[float, float]:
    """The correlation of changes of velocity with changes of pitch, and how much louder than all notes peaks are, in
    standard deviations; 0 where all are alike, or nothing follows another."""
    louder, higher = np.diff(line.velocities)[~line.begins[1:]], line.intervals[1:][~line.begins[1:]]
    if not (len(louder) and np.ptp(louder) and np.ptp(higher)):
        return 0.0, 0.0
    peaks = features(line)[:, 2] > 0
    over = line.velocities[peaks].mean() - line.velocities.mean() if peaks.any() else 0.0
    return float(np.corrcoef(louder, higher)[0, 1]), float(over / line.velocities.std())
