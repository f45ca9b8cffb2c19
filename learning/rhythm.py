"""What the values do not say: when the next note comes, and how loud.

A term holds how long a note sounds, not how long until the next one, so the gaps of a solo are lost in the grammar.
They are learned beside it, by counting in the source: given a note's place in the bar and its duration, the distance to
the next onset, which may lie beyond the bar line. Places seen seldom lean on what happens at the same place of the
half bar and of the pulse. Onsets that were rounded onto neighbouring grid steps are left out, and what is left is
then hastened until it is as dense as the player was. Velocities are drawn from those the player gave to the same place.

Conventions: places, durations and distances are in grid steps (twelfths of a quarter), places from the bar line. Bars
with other beats have a table of their own. A bar of rest counts as one long silent note on its first place.
"""

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from music.notes import Bar, Note
from music.piece import Solo
from music.units import GRID

SHORTEST_DISTANCE = 2  # steps: closer onsets are an artefact of rounding to thirds and fourths, not playing
# How much one count weighs, from the most to the least particular evidence.
WEIGHT_PLACE, WEIGHT_HALF_BAR, WEIGHT_PULSE, WEIGHT_PULSE_ANY_DURATION, WEIGHT_DURATION = 8.0, 3.0, 2.0, 0.5, 0.02
WEIGHT_BACK_TO_BACK = 1e-6  # so that a place never seen still leads somewhere
MOST_TILT, BISECTIONS, STEPS_TO_REST = 2.0, 20, 60  # for the density: tilted more, only the nearest onset would be left
ON_GRID = np.array([step % 3 == 0 or step % 4 == 0 for step in range(GRID)])


class Onset(NamedTuple):
    """One onset of the source: the beats of its bar, its place in the bar and in the pulse, its duration, the distance
    to the next onset (0: there is none) and its velocity (0: a bar of rest)."""

    beats: tuple[int, ...]
    place: int
    in_pulse: int
    duration: int
    distance: int
    velocity: int


@dataclass(frozen=True)
class Rhythm:
    """By the beats of a bar of n steps: `distances[beats][place, duration, d]`, the probability that the next onset
    comes d steps later.

    Each table is (n, longest bar + 1, longest distance + 1); longer durations count as the longest bar. `velocities`
    are, for each place, those the player used there or, where he never played, at the same place of the pulse, or
    anywhere. `first_places` are the places of the tunes' first notes.
    """

    distances: dict[tuple[int, ...], np.ndarray]
    velocities: dict[tuple[int, ...], list[list[int]]]
    first_places: tuple[int, ...]


def learn_rhythm(solos: list[Solo], chorus: Iterable[Bar], shortest: int, density: float) -> Rhythm:
    """Count the rhythm of solos.

    `chorus` are the bars to improvise in: they decide for which beats there are tables. `shortest` is the shortest
    duration of the grammar in steps, `density` how many notes are wanted for each that the player played in the same
    time. One note alone gives notes back to back.
    """
    played = [onset for solo in solos for onset in _onsets(solo)]
    shapes = {bar.beats: bar for bar in chorus}
    longest_bar = max(sum(beats) for beats in [*shapes, *(onset.beats for onset in played)])
    sounding = [onset for onset in played if onset.distance]
    wanted = np.mean([onset.distance for onset in sounding]) / density if sounding else 0.0
    counted = [onset for onset in sounding if onset.distance >= SHORTEST_DISTANCE]
    return Rhythm(
        {
            beats: _as_dense(_weights(counted, bar, longest_bar, shortest), played, wanted)
            for beats, bar in shapes.items()
        },
        {beats: _velocities(played, bar) for beats, bar in shapes.items()},
        tuple(next(_onsets(solo)).place for solo in solos),
    )


def draw_velocities(notes: list[Note], bar: Bar, rhythm: Rhythm, generator: random.Random) -> list[Note]:
    """Give one bar's notes, counted from the bar line, velocities that the player used at their places."""
    places = rhythm.velocities[bar.beats]
    return [note._replace(velocity=generator.choice(places[note.onset % len(places)])) for note in notes]


def _onsets(solo: Solo) -> Iterable[Onset]:
    """The onsets of a solo."""
    found = []
    for bar, notes in zip(solo.bars, solo.notes_by_bar, strict=True):
        for note in notes or [Note(0, bar.length, 0, 0)]:
            found.append((bar, note))
    for index, (bar, note) in enumerate(found):
        onset, distance = bar.start + note.onset, 0
        if index + 1 < len(found):
            next_bar, following = found[index + 1]
            distance = next_bar.start + following.onset - onset
        yield Onset(bar.beats, note.onset, _in_pulse(bar)[note.onset], note.duration, distance, note.velocity)


def _in_pulse(bar: Bar) -> list[int]:
    """For each place in a bar its place in the pulse."""
    return [step for pulse in bar.pulses for step in range(pulse)]


def _weights(counted: list[Onset], bar: Bar, longest_bar: int, shortest: int) -> np.ndarray:
    """How often each distance came after a note of each duration at each place: (bar, longest bar + 1, longest
    distance + 1), the more particular evidence weighing more."""
    longest, lengths = 2 * longest_bar, longest_bar + 1
    places, in_pulse, durations, gaps = (
        np.array(column, dtype=int)
        for column in (
            [onset.place for onset in counted],
            [onset.in_pulse for onset in counted],
            [min(onset.duration, longest_bar) for onset in counted],
            [min(onset.distance, longest) for onset in counted],
        )
    )
    alike = np.array([onset.beats == bar.beats for onset in counted], dtype=bool)
    half = bar.halves[0] if len(set(bar.halves)) == 1 else bar.length
    own_pulse, own_half = np.array(_in_pulse(bar)), np.arange(bar.length) % half
    n_pulse = max([*in_pulse, *own_pulse]) + 1
    by_place = _count((bar.length, lengths, longest + 1), places[alike], durations[alike], gaps[alike])
    by_half = _count((half, lengths, longest + 1), places[alike] % half, durations[alike], gaps[alike])
    by_pulse = _count((n_pulse, lengths, longest + 1), in_pulse, durations, gaps)
    weights = (
        WEIGHT_PLACE * by_place
        + WEIGHT_HALF_BAR * by_half[own_half]
        + WEIGHT_PULSE * by_pulse[own_pulse]
        + WEIGHT_PULSE_ANY_DURATION * by_pulse.sum(axis=1, keepdims=True)[own_pulse]
        + WEIGHT_DURATION * by_pulse.sum(axis=0)
    )  # (bar.length, lengths, longest + 1)
    distance, length = np.arange(longest + 1), np.arange(lengths)[:, None]
    landing = (np.arange(bar.length)[:, None] + distance) % bar.length
    lands_well = ON_GRID[landing % GRID] & (landing <= max(0, bar.length - shortest))  # (bar.length, longest + 1)
    # A note may be cut by one step, as players' legato is, but not more.
    weights *= lands_well[:, None, :] & (distance >= np.maximum(length - 1, SHORTEST_DISTANCE))
    following = lands_well[:, None, :] & (distance >= np.minimum(np.maximum(length, SHORTEST_DISTANCE), bar.length))
    soonest = following.argmax(axis=2)[:, :, None]  # (bar.length, lengths, 1)
    np.put_along_axis(weights, soonest, np.take_along_axis(weights, soonest, 2) + WEIGHT_BACK_TO_BACK, 2)
    return weights


def _as_dense(weights: np.ndarray, played: list[Onset], wanted: float) -> np.ndarray:
    """Probabilities of distances from `weights`, tilted by `exp(tilt * distance)` so that the mean distance of a long
    solo is the one that is wanted; 0 leaves them as they are.

    A solo is taken as a chain of places in the bar that begins where the player's notes are (`begun`, shares of
    places), and whose durations are drawn as his were (`durations`, shares of lengths).
    """
    bar_length, lengths, n_distances = weights.shape
    durations = np.bincount([min(onset.duration, lengths - 1) for onset in played], minlength=lengths) / len(played)
    begun = np.bincount([onset.place % bar_length for onset in played], minlength=bar_length) / len(played)
    distance = np.arange(n_distances)
    landing = (np.arange(bar_length)[:, None] + distance) % bar_length
    used = np.flatnonzero(durations)

    def tilted(weights: np.ndarray, tilt: float) -> np.ndarray:
        probabilities = weights * np.exp(tilt * distance)
        return probabilities / probabilities.sum(axis=2, keepdims=True)

    def mean_distance(tilt: float) -> float:
        by_place = np.einsum("pld,l->pd", tilted(weights[:, used], tilt), durations[used])  # (bar_length, n_distances)
        chain = np.zeros((bar_length, bar_length))
        np.add.at(chain, (np.arange(bar_length)[:, None], landing), by_place)
        share = begun
        for _ in range(STEPS_TO_REST):
            share = share @ (chain + np.eye(bar_length)) / 2  # half a step each time, or places might alternate
        return float(share @ by_place @ distance)

    low, high = (-MOST_TILT, MOST_TILT) if wanted else (0.0, 0.0)
    for _ in range(BISECTIONS if wanted else 0):
        middle = (low + high) / 2
        low, high = (middle, high) if mean_distance(middle) < wanted else (low, middle)
    return tilted(weights, (low + high) / 2)


def _count(shape: tuple[int, ...], *indices: np.ndarray) -> np.ndarray:
    counts = np.zeros(shape)
    np.add.at(counts, indices, 1.0)
    return counts


def _velocities(played: list[Onset], bar: Bar) -> list[list[int]]:
    at_place, at_pulse = defaultdict(list), defaultdict(list)
    heard = [onset for onset in played if onset.velocity]
    for onset in heard:
        at_pulse[onset.in_pulse].append(onset.velocity)
        if onset.beats == bar.beats:
            at_place[onset.place].append(onset.velocity)
    everywhere = [onset.velocity for onset in heard] or [Note._field_defaults["velocity"]]
    own_pulse = enumerate(_in_pulse(bar))
    return [at_place.get(place) or at_pulse.get(in_pulse) or everywhere for place, in_pulse in own_pulse]
