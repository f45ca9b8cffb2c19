"""Compose a folder of tunes to measure with: melody and chords, each tune different, the same seed the same bytes.

    python benchmarks/make_corpus.py FOLDER 100

A tune has 24 to 32 bars of 4/4, in any key, at any tempo from 90 to 220: changes out of common jazz cadences, and a
melody that walks through their chords and scales in rhythms it repeats, with rests. It is no music to listen to, but
its grammar is as varied as that of many solos.
"""

import argparse
import random
from pathlib import Path

import mido

TICKS_PER_QUARTER = 96
BAR = 4 * TICKS_PER_QUARTER
BARS = (24, 32)
TEMPOS = (90, 220)
MAJOR, MINOR, DOMINANT = (0, 4, 7, 11), (0, 3, 7, 10), (0, 4, 7, 10)
SCALES = {MAJOR: (0, 2, 4, 6, 7, 9, 11), MINOR: (0, 2, 3, 5, 7, 9, 10), DOMINANT: (0, 2, 4, 5, 7, 9, 10)}
# Bars of (root above the key, chord): two-five-ones, a turnaround, a vamp, a step down.
CADENCES = [
    [(2, MINOR), (7, DOMINANT), (0, MAJOR), (0, MAJOR)],
    [(0, MAJOR), (9, MINOR), (2, MINOR), (7, DOMINANT)],
    [(9, MINOR), (2, DOMINANT), (9, MINOR), (2, DOMINANT)],
    [(0, MINOR), (5, DOMINANT), (10, MAJOR), (3, MAJOR)],
    [(5, MAJOR), (5, MINOR), (0, MAJOR), (9, DOMINANT)],
]
# Rhythms of a bar in twelfths of a quarter: sounding lengths, rests below 0.
RHYTHMS = [
    [6, 6, 6, 6, 6, 6, 6, 6],
    [12, 6, 6, 12, 12],
    [-6, 6, 6, 6, 12, 6, 6],
    [18, 6, 12, -12],
    [4, 4, 4, 12, 4, 4, 4, 12],
    [3, 3, 3, 3, 6, 6, -12, 6, 6],
    [24, 12, 6, 6],
    [-24, 6, 6, 3, 3, 6],
]


def write_corpus(folder: Path, n: int, seed: int = 0) -> None:
    """Write n tunes; a smaller corpus of the same seed is the beginning of a larger one."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(n):
        compose(random.Random(f"{seed}/{number}")).save(folder / f"tune{number:06d}.mid")


def compose(generator: random.Random) -> mido.MidiFile:
    """One tune."""
    key, n_bars = generator.randrange(12), generator.randint(*BARS)
    changes = [chord for _ in range(n_bars) for chord in generator.choice(CADENCES)][:n_bars]
    own_rhythms = generator.sample(RHYTHMS, 4)
    melody, chords, pitch = [], [], generator.randint(60, 76)
    for bar, (above, kind) in enumerate(changes):
        root = (key + above) % 12
        velocity = generator.randint(55, 75)
        chords += [(bar * BAR, bar * BAR + BAR - 8, 48 + root + tone, velocity) for tone in kind]
        start = bar * BAR
        for length in generator.choice(own_rhythms):
            ticks = abs(length) * TICKS_PER_QUARTER // 12
            if length > 0:
                pitch = _next_pitch(pitch, root, kind, generator)
                end = start + round(ticks * generator.uniform(0.8, 0.98))
                melody.append((start, end, pitch, generator.randint(60, 110)))
            start += ticks
    midi = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_QUARTER)
    tempo = mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(generator.randint(*TEMPOS)))
    midi.tracks.append(mido.MidiTrack([tempo]))
    midi.tracks += [_track("Melody", 0, melody), _track("Chords", 1, chords)]
    return midi


def _next_pitch(pitch: int, root: int, kind: tuple[int, ...], generator: random.Random) -> int:
    """A step or a leap away: mostly a tone of the scale, often of the chord, seldom any."""
    pitches = [near for near in range(max(55, pitch - 7), min(84, pitch + 7) + 1) if near != pitch]
    tones = generator.choices([SCALES[kind], kind, range(12)], (5, 4, 1))[0]
    fitting = [near for near in pitches if (near - root) % 12 in tones]
    return generator.choices(fitting, [0.75 ** abs(near - pitch) for near in fitting])[0]


def _track(name: str, channel: int, notes: list[tuple[int, int, int, int]]) -> mido.MidiTrack:
    events = [(start, 1, pitch, velocity) for start, _, pitch, velocity in notes]
    events += [(end, 0, pitch, 0) for _, end, pitch, _ in notes]
    track, now = mido.MidiTrack([mido.MetaMessage("track_name", name=name)]), 0
    for tick, is_on, pitch, velocity in sorted(events):
        kind = "note_on" if is_on else "note_off"
        track.append(mido.Message(kind, channel=channel, note=pitch, velocity=velocity, time=tick - now))
        now = tick
    return track


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("n", type=int)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    write_corpus(given.folder, given.n, given.seed)
