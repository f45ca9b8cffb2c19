"""The beats of what was played without a click, as someone taps along who hears bass and chords.

After Ellis, "Beat Tracking by Dynamic Programming" (2007): of all rows of beats whose length changes little from beat
to beat, the likeliest. Onsets come as often in each beat, where in it depends on what they are: a new chord or a bass
note comes on the beat, a chord again or a note of the line as well between. A line alone does not tell its beats.

Times are seconds; inside, frames of a hundredth of a second.
"""

from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from reading.raw_tune import Track

FRAMES = 100  # a second
LENGTHS = np.unique(np.round(np.geomspace(0.18, 1.25, 60) * FRAMES)).astype(int)  # of a beat, in frames
USUAL, RANGE = 0.45, 0.8  # seconds, and natural logarithms of lengths: how long beats are wherever nothing says so
ONSETS = 2.8  # in a beat: more, and beats are longer
STEADY, NEXT = 100.0, 4  # how unlikely another length is, and how many of `LENGTHS` away the next beat's may be
SPREAD = 0.022  # seconds of onsets about their place
TOGETHER = 0.035  # seconds between notes of one chord
BASS, BASS_DRUM = 50, (35, 36)  # below this pitch a note is bass; of drums
SAME = 0.6  # share of common pitch classes from which a chord is the same
FEW, LONGEST = 32, 1200  # onsets, and seconds, of what is too short and too long to be searched
HANGS = 16  # quarters of a note that is never released
LAST_TICK = 1 << 40  # beyond all of a file's

# How onsets are spread over a beat: the line's, the bass's, those of new chords and of chords struck again.
PLACES = (0, 1 / 2, 0.63, 1 / 3, 1 / 4, 3 / 4)
LINE, LOW, NEW, AGAIN = range(4)
SHARES = [(0.38, 0.13, 0.17, 0.06, 0.05, 0.05), (0.72, 0.06, 0.06), (0.85, 0.02, 0.02), (0.42, 0.14, 0.14)]
ANYWHERE = (0.16, 0.16, 0.11, 0.2)
WEIGHTS = (0.6, 1.3, 1.3, 1.0)
LEAST_TOLD, LEAST_ALIKE = 0.2, 0.6  # bass notes and new chords in a beat, and how closely they lie on one place of it


class Heard(NamedTuple):
    """All notes of a file, as columns: `onset` and `length` in quarters, `pitch`, the number of the `track`, and
    whether it `is_drum`."""

    onset: np.ndarray
    length: np.ndarray
    pitch: np.ndarray
    track: np.ndarray
    is_drum: np.ndarray


def heard_in(tracks: list[Track]) -> Heard:
    """The notes of some tracks, track by track; a note ends with the next release of its pitch, which is near enough
    and is found for all of them at once."""
    quarter, columns = tracks[0].ticks_per_quarter, []
    for number, track in enumerate(tracks):
        events = np.fromiter(chain.from_iterable(track.events), np.int64, 4 * len(track.events)).reshape(-1, 4)
        keys, is_on = events[:, 2] * LAST_TICK + events[:, 0], events[:, 1] > 0
        releases = np.append(np.sort(keys[~is_on]), 1 << 62)
        struck = keys[is_on]
        lasts = releases[np.searchsorted(releases, struck, side="right")] - struck
        onset, pitch = events[is_on, 0], events[is_on, 2]
        of_track, is_drum = np.full(len(onset), number), np.full(len(onset), track.is_drums)
        columns.append((onset / quarter, np.minimum(lasts / quarter, HANGS), pitch, of_track, is_drum))
    return Heard(*map(np.concatenate, zip(*columns, strict=True)))


def find_beats(seconds: np.ndarray, heard: Heard) -> np.ndarray | None:
    """When the beats are, in seconds, from the first onset to after the last; `seconds`: when the notes begin. None
    where nothing tells them, for few onsets, and for music of more than 20 minutes."""
    if np.ptp(seconds) > LONGEST:
        return None
    times, kinds = _onsets(seconds, heard)
    tells, fewest = np.isin(kinds, (LOW, NEW)), np.ptp(times) * FRAMES / LENGTHS[-1]
    if len(times) < FEW or tells.sum() < LEAST_TOLD * fewest:
        return None
    start = times[0] - LENGTHS[-1] / FRAMES
    frames = np.round((times - start) * FRAMES).astype(int)
    beats = _likeliest(_rewards(frames, kinds), LENGTHS[-1], frames[-1]) / FRAMES + start
    if beats[1] - times[0] < (beats[1] - beats[0]) / 4:
        beats = beats[1:]  # the first note is a little early
    told = times[tells]
    if _alike(told, beats) < LEAST_ALIKE:  # they come on half beats, too: these are the beats
        beats = np.interp(np.arange(2 * len(beats) - 1) / 2, np.arange(len(beats)), beats)
    if len(told) < LEAST_TOLD * len(beats) or _alike(told, beats) < LEAST_ALIKE:
        return None
    return beats


def _alike(times: np.ndarray, beats: np.ndarray) -> float:
    """How closely some times lie on one place of the beat: 0 to 1."""
    return abs(np.exp(2j * np.pi * np.interp(times, beats, np.arange(len(beats)))).mean())


def _onsets(seconds: np.ndarray, heard: Heard) -> tuple[np.ndarray, np.ndarray]:
    """When something is struck, and what: a kind of `SHARES`."""
    order = np.argsort(seconds, kind="stable")
    begins = np.flatnonzero(np.diff(seconds[order], prepend=-np.inf) > TOGETHER)
    times, kinds, chord = [], [], set()
    for struck in np.split(order, begins[1:]):
        pitches = heard.pitch[struck][~heard.is_drum[struck]].tolist()
        drums = heard.pitch[struck][heard.is_drum[struck]].tolist()
        is_low = min(pitches, default=BASS) < BASS
        tones, kind = {pitch % 12 for pitch in pitches}, LINE
        if is_low or not set(BASS_DRUM).isdisjoint(drums):
            kind = LOW
        if len(tones) > 2:
            is_new = len(tones & chord) < SAME * len(tones | chord)
            kind, chord = NEW if is_new else LOW if is_low else AGAIN, tones
        times.append(seconds[struck].mean())
        kinds.append(kind)
    return np.array(times), np.array(kinds)


def _rewards(frames: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """How likely a beat is that begins at a frame and has one of the `LENGTHS`, as logarithms: (frames, lengths)."""
    count = int(frames[-1]) + LENGTHS[-1] + 1
    usual = ((np.log(LENGTHS / FRAMES / USUAL)) / RANGE) ** 2 / 2
    rewards = np.empty((len(LENGTHS), count))
    for row, length in enumerate(LENGTHS):
        place = np.arange(length)
        spread = max(SPREAD * FRAMES / length, 0.02)
        likely = np.empty((len(SHARES), length))
        for kind, shares in enumerate(SHARES):
            density = np.full(length, ANYWHERE[kind])
            for at, share in zip(PLACES, shares, strict=False):
                apart = np.abs(place / length - at)
                apart = np.minimum(apart, 1 - apart) / spread
                density += share * np.exp(-(apart**2) / 2) / (spread * np.sqrt(2 * np.pi))
            likely[kind] = WEIGHTS[kind] * np.log(density / length * FRAMES)
        begins = frames[:, None] - place  # of the beats in which an onset lies at each of its frames; none before 0
        rewards[row] = np.bincount(begins.ravel(), likely[kinds].ravel(), count) - ONSETS - usual[row]
    return rewards.T.copy()


def _likeliest(rewards: np.ndarray, latest_start: int, last: int) -> np.ndarray:
    """The frames of the best row of beats that begins by `latest_start` and ends after `last`."""
    columns, wide = np.arange(len(LENGTHS)), np.pad(LENGTHS.astype(float), NEXT, mode="edge")
    change = STEADY * np.log(LENGTHS[:, None] / sliding_window_view(wide, 2 * NEXT + 1)) ** 2  # (lengths, others)
    around = np.full((len(rewards) + LENGTHS[-1], len(wide)), -np.inf)
    scores = around[:, NEXT:-NEXT]  # of beats that end at a frame
    others = sliding_window_view(around, 2 * NEXT + 1, axis=1)  # (frames, lengths, others): of lengths next to each
    came_from = np.zeros(scores.shape, np.int8)
    for first in range(0, last + 1, LENGTHS[0]):  # no beat begins and ends in so few frames
        frames = np.arange(first, min(first + LENGTHS[0], last + 1))
        early, ends = frames[frames <= latest_start], frames[:, None] + LENGTHS
        scores[early] = np.maximum(scores[early], 0.0)
        ways = others[first : frames[-1] + 1] - change
        best = ways.argmax(axis=2)
        scores[ends, columns] = ways.max(axis=2) + rewards[first : frames[-1] + 1]
        came_from[ends, columns] = columns + best - NEXT
    final = scores[last + 1 : last + 1 + LENGTHS[-1]]
    frame, column = np.unravel_index(final.argmax(), final.shape)
    beats = [frame + last + 1]
    while beats[-1] > latest_start:
        beats.append(beats[-1] - LENGTHS[column])
        column = came_from[beats[-2], column]
    return np.array(beats[::-1])
