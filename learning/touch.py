"""How loud: each note gets the velocity of a note that the player played in a like place.

Of the source's notes the `NEAREST` that are most alike are found, by the place in the bar and the beat, the intervals
and gaps before and after, and whether it is a peak of the line; one of them is drawn. Velocities then rise and fall
with the line, as the player's do. Left to others: what is played.
"""

import random

import numpy as np

from learning.ground import Line

NEAREST, MOST_NOTES = 4, 4000


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
    """The player's velocities, to draw from."""

    def __init__(self, line: Line, by_contour: bool = True):
        every = len(line.places) // MOST_NOTES + 1
        self.by_contour, self.velocities = by_contour, line.velocities[::every]
        self.known = self._columns(line)[::every]

    def _columns(self, line: Line) -> np.ndarray:
        return features(line) if self.by_contour else features(line)[:, 3:6]

    def draw(self, line: Line, generator: random.Random) -> list[int]:
        """Velocities for the notes of a line."""
        if not len(line.places):
            return []
        asked, n = self._columns(line), min(NEAREST, len(self.known))
        far = (self.known**2).sum(axis=1) - 2 * asked @ self.known.T  # (n_notes, n_known), less the asked one's square
        nearest = np.argpartition(far, n - 1, axis=1)[:, :n]
        return [int(self.velocities[row[generator.randrange(n)]]) for row in nearest]
