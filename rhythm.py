"""What the 78 values do not say: when the next note comes, and how loud.

A term holds how long a note sounds, not how long until the next one, so the gaps of a solo are lost in the grammar.
They are learned beside it, by counting in the source: given a note's place in the bar and its duration, the distance to
the next onset, which may lie beyond the bar line. Places seen seldom lean on what happens at the same place of the
half bar and of the beat. Onsets that were rounded onto neighbouring grid steps are left out, and what is left is
then hastened until it is as dense as the player was. Velocities are drawn from those the player gave to the same place.

Conventions: places, durations and distances are in grid steps (twelfths of a quarter), places from the bar line.
"""

import random
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from notes import GRID, Note, to_grid

SHORTEST_DISTANCE = 2  # steps: closer onsets are an artefact of rounding to thirds and fourths, not playing
# How much one count weighs, from the most to the least particular evidence.
WEIGHT_PLACE, WEIGHT_HALF_BAR, WEIGHT_BEAT, WEIGHT_BEAT_ANY_DURATION, WEIGHT_DURATION = 8.0, 3.0, 2.0, 0.5, 0.02
WEIGHT_BACK_TO_BACK = 1e-6  # so that a place never seen still leads somewhere
MOST_TILT, BISECTIONS, STEPS_TO_REST = 0.5, 20, 60  # for the density: a tilt beyond would leave no rhythm at all
ON_GRID = np.array([step % 3 == 0 or step % 4 == 0 for step in range(GRID)])


@dataclass(frozen=True)
class Rhythm:
    """`distances[place, steps, d]` is the probability that the next onset comes d steps after a note of that duration.

    Its shape is (bar_steps, longest duration + 1, longest distance + 1). `first_places` are the places of the tunes'
    first notes, and `velocities[place]` those the player used there or, where he never played, at the same place of
    the beat.
    """

    bar_steps: int
    distances: np.ndarray
    first_places: tuple[int, ...]
    velocities: list[list[int]]


def learn_rhythm(melody: dict[int, list[Note]], bar_steps: int, durations: set[int], density: float = 1.0) -> Rhythm:
    """Count the rhythm of a melody, given by bar number with offsets from the start of the file.

    `durations` are the durations the grammar has, `density` how many notes are wanted for each that the player played
    in the same time. One note alone gives notes back to back.
    """
    notes = [note for bar in melody.values() for note in bar]
    onsets = [to_grid(note.offset) for note in notes]
    longest = 2 * bar_steps
    seen = [
        (onset % bar_steps, to_grid(note.quarter_length), min(later - onset, longest))
        for onset, later, note in zip(onsets, onsets[1:], notes, strict=False)
        if later - onset >= SHORTEST_DISTANCE
    ]
    places, lengths, gaps = np.array(seen, dtype=np.int64).reshape(-1, 3).T
    beat = GRID if bar_steps % GRID == 0 else bar_steps
    half = bar_steps // 2 if bar_steps % (2 * GRID) == 0 else bar_steps
    n_lengths = max(max(durations), int(lengths.max(initial=0))) + 1
    by_place = _count((bar_steps, n_lengths, longest + 1), places, lengths, gaps)
    by_half = _count((half, n_lengths, longest + 1), places % half, lengths, gaps)
    by_beat = _count((beat, n_lengths, longest + 1), places % beat, lengths, gaps)
    every_place = np.arange(bar_steps)
    weights = (
        WEIGHT_PLACE * by_place
        + WEIGHT_HALF_BAR * by_half[every_place % half]
        + WEIGHT_BEAT * by_beat[every_place % beat]
        + WEIGHT_BEAT_ANY_DURATION * by_beat.sum(axis=1, keepdims=True)[every_place % beat]
        + WEIGHT_DURATION * by_beat.sum(axis=0)
    )  # (bar_steps, n_lengths, longest + 1)
    distance, length = np.arange(longest + 1), np.arange(n_lengths)[:, None]
    landing = (every_place[:, None] + distance) % bar_steps
    lands_well = ON_GRID[landing % GRID] & (landing <= bar_steps - min(durations))  # (bar_steps, longest + 1)
    # A note may be cut by one step, as players' legato is, but not more.
    weights *= lands_well[:, None, :] & (distance >= np.maximum(length - 1, SHORTEST_DISTANCE))
    following = lands_well[:, None, :] & (distance >= np.minimum(np.maximum(length, SHORTEST_DISTANCE), bar_steps))
    soonest = following.argmax(axis=2)[:, :, None]  # (bar_steps, n_lengths, 1)
    np.put_along_axis(weights, soonest, np.take_along_axis(weights, soonest, 2) + WEIGHT_BACK_TO_BACK, 2)
    durations_played = np.bincount([to_grid(note.quarter_length) for note in notes], minlength=n_lengths) / len(notes)
    played = (onsets[-1] - onsets[0]) / max(1, len(onsets) - 1)
    distances = _as_dense(weights, durations_played[:n_lengths], played / density if played else 0.0)
    return Rhythm(bar_steps, distances, (onsets[0] % bar_steps,), _velocities(notes, onsets, bar_steps, beat))


def draw_velocities(notes: list[Note], rhythm: Rhythm, generator: random.Random) -> list[Note]:
    """Give one bar's notes, offsets from the bar line, velocities that the player used at their places."""
    return [
        note._replace(velocity=generator.choice(rhythm.velocities[to_grid(note.offset) % rhythm.bar_steps]))
        for note in notes
    ]


def _as_dense(weights: np.ndarray, durations: np.ndarray, wanted: float) -> np.ndarray:
    """Probabilities of distances from `weights`, tilted by `exp(tilt * distance)` so that the mean distance of a long
    solo is the one that is wanted; 0 leaves them as they are.

    A solo is taken as a chain of places in the bar whose durations are drawn as the player's were.
    """
    bar_steps, _, n_distances = weights.shape
    distance = np.arange(n_distances)
    landing = (np.arange(bar_steps)[:, None] + distance) % bar_steps

    def tilted(tilt: float) -> np.ndarray:
        probabilities = weights * np.exp(tilt * distance)
        return probabilities / probabilities.sum(axis=2, keepdims=True)

    def mean_distance(probabilities: np.ndarray) -> float:
        by_place = np.einsum("pld,l->pd", probabilities, durations)  # (bar_steps, n_distances)
        chain = np.zeros((bar_steps, bar_steps))
        np.add.at(chain, (np.arange(bar_steps)[:, None], landing), by_place)
        share = np.full(bar_steps, 1 / bar_steps)
        for _ in range(STEPS_TO_REST):
            share = share @ (chain + np.eye(bar_steps)) / 2  # half a step each time, or places might alternate for ever
        return float(share @ by_place @ distance)

    if not wanted:
        return tilted(0.0)
    low, high = -MOST_TILT, MOST_TILT
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if mean_distance(tilted(middle)) < wanted else (low, middle)
    return tilted((low + high) / 2)


def _count(shape: tuple[int, ...], *indices: np.ndarray) -> np.ndarray:
    counts = np.zeros(shape)
    np.add.at(counts, indices, 1.0)
    return counts


def _velocities(notes: list[Note], onsets: list[int], bar_steps: int, beat: int) -> list[list[int]]:
    at_place, at_beat = defaultdict(list), defaultdict(list)
    for note, onset in zip(notes, onsets, strict=True):
        at_place[onset % bar_steps].append(note.velocity)
        at_beat[onset % bar_steps % beat].append(note.velocity)
    everywhere = [note.velocity for note in notes]
    return [at_place.get(place) or at_beat.get(place % beat) or everywhere for place in range(bar_steps)]
