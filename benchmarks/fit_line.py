"""Fits the weights by which the melody's track is found (`reading/track_roles.py`) on files whose melody is known.

    python benchmarks/fit_line.py ../shared/data/wjazzd ../shared/data/lead_sheets

Each tune, a solo of the Weimar Jazz Database or a lead sheet, is accompanied by a seeded script in many bands: chords
struck, comped, broken and held, lines, riffs, fills and second voices, basses, clicks and kits, named by instrument, by
role, misleadingly or not at all, while the melody rests, is doubled or lies low. The weights are those of a logistic
regression on the differences between the melody's features and each other track's. Printed are the weights, and how
many melodies are found with those of `WEIGHTS` and, leaving out each tenth of the tunes, with fitted ones.

Times are in quarters here; notes are `(onset, length, pitch, velocity)`.
"""

import random
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # first, for beside this there may be a module with the name of a package
sys.path.append(str(ROOT / "benchmarks"))

import weimar  # noqa: E402

from music.units import GRID  # noqa: E402
from preprocess import read_tune  # noqa: E402
from reading.meters import find_bars  # noqa: E402
from reading.raw_tune import RawTune, Track  # noqa: E402
from reading.track_roles import EVERYTHING, WEIGHTS, heard_tracks, line_features  # noqa: E402

TICKS = 480  # a quarter
BANDS = 30  # for each tune
FOLDS = 10
STRENGTH = 0.3  # of the data against weights near 0

SOLO = {
    "Tenor Sax": 66, "Alto Sax": 65, "Soprano Sax": 64, "Bari Sax": 67, "Trumpet": 56, "Muted Trumpet": 59,
    "Trombone": 57, "Flute": 73, "Clarinet": 71, "Violin": 40, "Cello": 42, "Oboe": 68, "Harmonica": 22,
    "Accordion": 21, "Jazz Guitar": 26, "Distortion Guitar": 30, "Overdriven Guitar": 29, "Clean Guitar": 27,
    "Acoustic Guitar": 25, "Nylon Guitar": 24, "Piano": 0, "Rhodes": 4, "Vibraphone": 11, "Organ": 16, "Horn": 60,
    "Square Lead": 80, "Lead 2 (sawtooth)": 81, "Calliope Lead": 82, "Voice Oohs": 53, "Choir Aahs": 52, "Fiddle": 110,
    "Pan Flute": 75, "Whistle": 78, "Steel Drums": 114, "Strings": 48, "Marimba": 12, "Bright Piano": 1, "Bassoon": 70,
    "Percussive Organ": 17, "English Horn": 69, "Music Box": 10, "Ocarina": 79, "Recorder": 74, "Brass Section": 61,
}  # fmt: skip
LEADING = "Melody,melody,Lead,Solo,Vocal,Vocals,Lead Vocals,Voice,Lead Guitar,Solo Sax,Gesang,Melodie,Chant,Voz,Theme"
HANDS = "Right Hand,Piano RH,R.H.,Piano right,Upper"
COMPING = {
    "Piano": 0, "Bright Acoustic Piano": 1, "Upright Piano": 0, "Electric Piano": 4, "Rhodes": 4, "Jazz Guitar": 26,
    "Steel Guitar": 25, "Clean Guitar": 27, "Organ": 16, "Banjo": 105, "Clavinet": 7, "Harpsichord": 6, "Nylon": 24,
    "Rock Organ": 18, "Distortion Guitar": 30, "Accordion": 21, "Muted Guitar": 28,
}  # fmt: skip
BREAKING = {
    "Acoustic Guitar (nylon)": 24, "Acoustic Guitar": 25, "Bright Piano": 1, "Piano": 0, "Harp": 46, "Vibraphone": 11,
    "Marimba": 12, "Synth": 81, "Pizzicato": 45, "Jazz Guitar": 27, "Electric Piano": 5, "Celesta": 8, "Crystal": 98,
    "Square Lead": 80, "Music Box": 10, "Harpsichord": 6, "Clarinet": 71, "Strings": 48,
}  # fmt: skip
HOLDING = {
    "Strings": 48, "Slow Strings": 49, "Synth Strings": 50, "Choir Aahs": 52, "Voice Oohs": 53, "Synth Voice": 54,
    "Warm Pad": 89, "Pad 2 (warm)": 89, "Halo Pad": 94, "New Age": 88, "Organ": 16, "Church Organ": 19, "Brass": 61,
    "French Horns": 60, "Vocal Pad": 91, "Polysynth": 90, "Synth Brass": 62, "Violins": 40,
}  # fmt: skip
ANSWERING = {
    "Brass Section": 61, "Trumpets": 56, "Trombone": 57, "Sax Section": 65, "Horn": 60, "Strings": 48, "Viola": 41,
    "Cello": 42, "Clarinet": 71, "Oboe": 68, "Guitar": 27, "Jazz Guitar": 26, "Synth Brass": 62, "Flute": 73,
    "Tenor Sax": 66, "Trumpet": 56, "Alto Sax": 65, "Bari Sax": 67, "Distortion Guitar": 30, "Piano": 0,
}  # fmt: skip
BASSES = {
    "Bass": 32, "Acoustic Bass": 32, "Fingered Bass": 33, "Upright Bass": 32, "E-Bass": 33, "Slap Bass": 36,
    "Synth Bass": 38, "Contrabass": 43, "Tuba": 58, "Basse": 33, "Bajo": 33,
}  # fmt: skip
CLICKING = {"Click": None, "Metronome": 115, "Hats": None, "Kit": None, "Loop": 0, "Beat": 118, "Shaker": None}
SERVING = {
    "comp": "Chords,Comp,Rhythm Guitar,Accompaniment,Left Hand,Backing,LH,Begleitung,Piano LH,Rhythm,Keys,Accordes",
    "hold": "Pad,Backing Vocals,Harmony,Vocal Pad,Choir,Oohs,Backing,Strings Pad,Voices",
    "break": "Arpeggio,Accompaniment,Left Hand,Arp,Backing,Guitar 2,Rhythm Guitar",
    "answer": "Riff,Counter Melody,Fill,Harmony,Horn Section,Backing,2nd Voice,Brass hits",
    "bass": "Bass,Bassline,Bass Guitar,Bass,Basso,Baixo",
    "click": "Click,Metronome,Drums,Loop,Percussion",
}


class Music(NamedTuple):
    """A tune: its melody, its chords `(onset, length, root, tones)`, and its bars `(start, length)`."""

    name: str
    melody: list[tuple]
    chords: list[tuple]
    bars: list[tuple]


def music_of(tune, name: str) -> Music:
    """A tune as it was read, as it was played where that is known."""
    melody = [
        (note.offset, note.quarter_length, note.pitch, note.velocity) for bar in tune.melody.values() for note in bar
    ]
    late = [nuance.late for bar in tune.nuances.values() for nuance in bar] or [0.0] * len(melody)
    melody = [(onset + by, *rest) for (onset, *rest), by in zip(melody, late, strict=True)]
    chords = [
        (chord.offset, chord.quarter_length, (chord.root or 0) % 12, chord.tones)
        for bar in tune.chords.values() for chord in bar if chord.tones
    ]  # fmt: skip
    return Music(name, melody, chords, [(bar.start / GRID, bar.length / GRID) for bar in tune.bars.values()])


# --- What accompanies -------------------------------------------------------------------------------------------------


def voiced(tones: tuple[int, ...], center: int, n: int) -> list[int]:
    """Some tones of a chord around a pitch, from low to high."""
    return sorted(center - 6 + (tone - center + 6) % 12 for tone in tones)[-n:]


def chord_at(music: Music, at: float) -> tuple:
    """The root and the tones that hold at a time."""
    before = [chord for chord in music.chords if chord[0] <= at + 0.01] or music.chords[:1]
    return before[-1][2:]


def rhythm(rng: random.Random, length: float) -> list[float]:
    """Where something is played in a bar."""
    known = ([0], [0, 2], [0, 1, 2, 3], [0, 1.5], [1, 3], [0.5, 1.5, 2.5, 3.5], [0, 1.5, 3], [0, 0.75, 1.5, 2.5, 3])
    eighths = sorted(rng.sample(range(8), rng.randint(2, 6)))
    return [at for at in rng.choice([*known, [eighth / 2 for eighth in eighths]]) if at < length] or [0]


def struck(rng: random.Random, music: Music, other: Music) -> list[tuple]:
    """Chords in a rhythm: the same in all bars, or not quite, or another tune's."""
    center, n, share = rng.randint(48, 68), rng.choice((2, 3, 3, 4, 4, 5)), rng.random()
    steady, is_free = rng.choice((1.0, 0.7, 0.3)), rng.random() < 0.3
    roll, same, found = rng.choice((0, 0, 0, 0.03, 0.05)), rhythm(rng, music.bars[0][1]), []
    for start, length in music.bars:
        onsets = same if rng.random() < steady else rhythm(rng, length)
        if is_free:
            onsets = [note[0] - start for note in other.melody if start <= note[0] < start + length][::2] or onsets
        for at, until in zip(onsets, [*onsets[1:], length], strict=True):
            if at < length:
                pitches = voiced(chord_at(music, start + at)[1], center + rng.choice((0, 0, 0, 5, -4)) * is_free, n)
                length_now = max(0.2, (until - at) * (0.3 + 0.6 * share))
                found += [(start + at + roll * i, length_now, pitch, 70) for i, pitch in enumerate(pitches)]
    return found


def broken(rng: random.Random, music: Music, other: Music) -> list[tuple]:
    """Chords note by note, in one pattern or, now and then, in any order."""
    center, step = rng.randint(45, 76), rng.choice((0.5, 0.5, 0.5, 0.25, 1 / 3, 1.0))
    order, is_free = [rng.randrange(5) for _ in range(8)], rng.random() < 0.2
    order = rng.choice(([0, 1, 2, 3], [0, 2, 1, 2], [0, 1, 2, 1], [3, 2, 1, 0], [0, 2, 1, 3, 2, 4, 3, 1], order))
    found = []
    for start, length in music.bars:
        for number in range(int(length / step)):
            pitches = voiced(chord_at(music, start + number * step)[1], center, 4)
            pitches = [*pitches, pitches[0] + 12, pitches[min(1, len(pitches) - 1)] + 12]
            index = rng.randrange(5) if is_free else order[number % len(order)]
            found.append((start + number * step, step * 1.1, pitches[min(index, len(pitches) - 1)], 66))
    return found


def held(rng: random.Random, music: Music, other: Music) -> list[tuple]:
    """Chords, or single notes, as long as they hold."""
    center, n, before = rng.randint(55, 80), rng.choice((1, 1, 2, 3, 4)), None
    found = []
    for onset, length, _, tones in music.chords:
        pitches = voiced(tones, center if n > 1 or before is None else before, 12)
        pitches = [rng.choice(pitches[1:-1] or pitches)] if n == 1 else pitches[-n:]
        before = min(max(pitches[0], center - 8), center + 8)
        found += [(onset, length * 0.98, pitch, 60) for pitch in pitches]
    return found


def answering(rng: random.Random, music: Music, other: Music) -> list[tuple]:
    """A riff, a slow line, another tune now and then or all through, or the melody's second voice or echo."""
    kind, found = rng.choice(("riff", "slow", "fills", "fills", "second", "echo")), []
    if kind == "riff":
        motif = [(at, rng.choice((0, 0, 3, 4, 5, 7, 10, 12))) for at in rhythm(rng, 4)]
        center, voices, playing = rng.randint(48, 66), rng.choice((1, 1, 1, 3)), rng.choice((1.0, 0.5, 0.25))
        for number, (start, length) in enumerate(music.bars):
            if number // 4 % 4 < 4 * playing:
                found += [
                    (start + at, 0.4, center + (chord_at(music, start)[0] - center) % 12 + up + 4 * voice, 80)
                    for at, up in motif for voice in range(voices) if at < length
                ]  # fmt: skip
    elif kind == "slow":
        pitch, step = rng.randint(55, 76), rng.choice((1, 2, 2, 4))
        for start, length in music.bars:
            for number in range(int(length / step)) if rng.random() < 0.8 else ():
                near = voiced(chord_at(music, start + number * step)[1], pitch, 12)
                pitch = min(max(rng.choice(near), 50), 84)
                found.append((start + number * step, step * 0.9, pitch, 64))
    elif kind == "fills":
        shift = other.melody[0][0] - music.bars[0][0]
        moved = [(onset - shift, *rest) for onset, *rest in other.melody]
        period, place = rng.choice((4, 8)), rng.randrange(4)
        found = [note for note in moved if note[0] >= 0 and note[0] // 4 % period == place % period]
    else:
        down, late = (
            (rng.choice((3, 4, 5, 12, 9)), 0.0) if kind == "second" else (rng.choice((0, 12)), rng.choice((1, 2)))
        )
        share = rng.choice((0.3, 0.6) if late else (0.3, 0.6, 1.0))
        found = [(at + late, long, p - down, v - 15) for at, long, p, v in music.melody if at // 8 % 5 < 5 * share]
    return [note for note in found if note[0] < sum(music.bars[-1])]


def basses(rng: random.Random, music: Music, other: Music) -> list[tuple]:
    """A bass that walks, strikes roots in a rhythm, or holds them."""
    low, kind, found = rng.randint(28, 40), rng.choice(("walks", "walks", "roots", "octaves", "held")), []
    same, varied = rhythm(rng, music.bars[0][1]), rng.choice((0.0, 0.1, 0.5))
    for start, length in music.bars:
        onsets = (
            [0] if kind == "held" else range(int(length)) if kind == "walks" else [at for at in same if at < length]
        )
        onsets = rhythm(rng, length) if rng.random() < varied else onsets
        for number, at in enumerate(onsets):
            root, tones = chord_at(music, start + at)
            pitch = low + (root - low) % 12
            if kind == "walks" and number:
                pitch = low + (rng.choice(tones) - low) % 12 + rng.choice((0, 0, 0, 1, -1, 12))
            found.append(
                (
                    start + at,
                    length * 0.95 if kind == "held" else 0.8,
                    pitch + 12 * (kind == "octaves") * (number % 2),
                    80,
                )
            )
    return found


def clicks(rng: random.Random, music: Music, other: Music) -> list[tuple]:
    """A click, hats, a kit or a loop's trigger, on a channel for pitches."""
    kind, found = rng.choice(("click", "hats", "kit", "loop")), []
    for start, length in music.bars:
        for eighth in range(int(2 * length)):
            at = start + eighth / 2
            if kind == "click" and eighth % 2 == 0:
                found.append((at, 0.1, 77 if eighth else 76, 100))
            elif kind == "hats":
                found.append((at, 0.1, 42, 80))
            elif kind == "kit":
                found += [
                    (at, 0.1, pitch, 90)
                    for pitch in (42, *((36,) if eighth % 4 == 0 else (38,) if eighth % 4 == 2 else ()))
                ]
            elif kind == "loop" and not eighth:
                found.append((at, length, 60, 100))
    return found


def led(rng: random.Random, music: Music) -> list[tuple]:
    """The melody as somebody plays it: at another height, with rests, doubled, tied over."""
    up, notes = rng.choice((0, 0, 0, 0, 0, 12, -12, -12, -5, 7)), music.melody
    share = rng.choice((1.0, 1.0, 1.0, 0.75, 0.5, 0.35))
    notes = [(at, long, p + up, v) for at, long, p, v in notes if at // 16 % 6 < 6 * share] or notes
    kind, some = rng.random(), rng.choice((0.15, 0.4, 1.0))
    if kind < 0.2:  # in octaves, thirds, or with chords under it
        down = rng.choice(((12,), (3,), (4, 9), (5,)))
        notes = [(at, long, p - d, v) for at, long, p, v in notes for d in (0, *(down if rng.random() < some else ()))]
    legato = rng.choice((1.0, 1.0, 0.9, 0.6, 1.2))
    return [(at, long * legato, pitch, velocity) for at, long, pitch, velocity in notes]


PARTS = {"comp": (struck, COMPING, 0.7), "break": (broken, BREAKING, 0.45), "hold": (held, HOLDING, 0.5)}
PARTS |= {"bass": (basses, BASSES, 0.75), "click": (clicks, CLICKING, 0.15)}
PARTS |= {"answer": (answering, ANSWERING, 0.4)}


def band(rng: random.Random, music: Music, other: Music) -> tuple[RawTune, int]:
    """A file of a tune with a band, and the number of the melody's track."""
    first = rng.randrange(max(1, len(music.bars) - 15))
    bars = music.bars[first : first + rng.choice((16, 32, 64))]
    begin, end = bars[0][0], sum(bars[-1])
    music = music._replace(bars=bars, melody=[n for n in music.melody if begin <= n[0] < end] or music.melody)
    called, has_programs = (
        rng.choice(("instrument", "instrument", "role", "either", "not", "number")),
        rng.random() < 0.8,
    )

    def strand(instruments: dict, roles: str, notes: list[tuple]) -> tuple:
        instrument, program = rng.choice([*instruments.items()])
        how = rng.choice(("instrument", "role")) if called == "either" else called
        return {"instrument": instrument, "role": rng.choice(roles.split(",")), "not": ""}.get(how), program, notes

    is_piano = rng.random() < 0.1
    lead = strand({"Piano": 0} if is_piano else SOLO, HANDS if is_piano else LEADING, led(rng, music))
    strands = []
    while not strands:
        for part, (build, instruments, likely) in PARTS.items():
            if rng.random() < likely:
                notes = build(rng, music, other)
                strands.append(strand(instruments, SERVING[part], [n for n in notes if begin <= n[0] < end]))
    strands = [one for one in strands if one[2]]
    rng.shuffle(strands)
    place = rng.choice((0, rng.randint(0, len(strands))))
    strands.insert(place, lead)
    tracks = [
        track(
            f"Part {number + 1}" if name is None else name,
            program if has_programs else None,
            number,
            played(rng, notes, 8 * (number == place)),
        )
        for number, (name, program, notes) in enumerate(strands)
    ]
    meters = [(0, (int(music.bars[0][1]), 4))] if music.bars[0][1] in (2, 3) else []
    ends = max(event[0] for one in tracks for event in one.events)
    return RawTune(Path(music.name), TICKS, tracks, find_bars(meters, TICKS, ends)[0], [], []), place


def played(rng: random.Random, notes: list[tuple], louder: int) -> list[tuple]:
    """Notes about as loud as their track is, on the beat or not quite."""
    loud, uneven, late = rng.randint(55, 105) + louder, rng.choice((0, 0.3, 1)), rng.choice((0, 0, 0.01, 0.02))
    return [
        (at + rng.gauss(0, late), long, pitch, round(min(127, max(1, loud + uneven * (velocity - 75)))))
        for at, long, pitch, velocity in notes
    ]


def track(name: str, program: int | None, number: int, notes: list[tuple]) -> Track:
    """A track of notes, on a channel that is not the drums'."""
    events = []
    for at, long, pitch, velocity in notes:
        begin, pitch = max(0, round(at * TICKS)), min(127, max(0, pitch))
        events += [(begin, True, pitch, velocity), (begin + max(10, round(long * TICKS)), False, pitch, 0)]
    programs = () if program is None else ((0, program),)
    return Track(name, programs, number + (number > 8), TICKS, sorted(events))


# --- Fitting ----------------------------------------------------------------------------------------------------------


def fitted(rows: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """The weights (n_features,) by which the melody's features differ most surely from those of each other track."""
    from sklearn.linear_model import LogisticRegression

    differences = np.concatenate([lead - others for lead, others in rows])  # (n_pairs, n_features)
    shares = np.concatenate([np.full(len(others), 1 / len(others)) for _, others in rows])
    model = LogisticRegression(C=STRENGTH, fit_intercept=False, max_iter=1000)
    both = np.concatenate([differences, -differences])
    return model.fit(both, np.repeat([1, 0], len(differences)), np.tile(shares, 2)).coef_[0]


def found(rows: list, weights: np.ndarray) -> float:
    """The share of files in which the melody has the highest sum."""
    return float(np.mean([lead @ weights > (others @ weights).max() for lead, others in rows]))


def musics_in(solos: Path, sheets: Path) -> list[Music]:
    """The tunes of both folders."""
    with tempfile.TemporaryDirectory() as scratch:
        tunes = [weimar.tune_of(solos, name, Path(scratch), as_played=True) for name in weimar.solos_in(solos)]
    tunes += [read_tune(path) for path in sorted(sheets.glob("*.mxl"))]
    return [music_of(tune, str(number)) for number, tune in enumerate(tunes)]


def compared(musics: list[Music]) -> list[list[tuple[np.ndarray, np.ndarray]]]:
    """By tune, of each of its bands the melody's features (n_features,) and those of the others (n, n_features)."""
    rng, rows = random.Random(0), []
    for music in musics:
        rows.append([])
        for _ in range(BANDS):
            raw, melody = band(rng, music, rng.choice(musics))
            table = {
                number: np.array([features.get(name, 0.0) for name in WEIGHTS])
                for number, features in line_features(raw, heard_tracks(raw, EVERYTHING)).items()
            }
            if melody not in table:
                print(f"taken for drums: {raw.tracks[melody].name!r}, program {raw.tracks[melody].programs}")
            elif len(table) > 1:
                rows[-1].append((table.pop(melody), np.stack([*table.values()])))
    return rows


def report(rows: list[list[tuple[np.ndarray, np.ndarray]]]) -> None:
    files = [row for of_tune in rows for row in of_tune]
    weights, held_out = fitted(files), []
    for fold in range(FOLDS):
        rest = [row for number, of_tune in enumerate(rows) if number % FOLDS != fold for row in of_tune]
        held_out.append(found([row for of_tune in rows[fold::FOLDS] for row in of_tune], fitted(rest)))
    for (name, now), weight in zip(WEIGHTS.items(), weights, strict=True):
        print(f"{name:14}{now:8.2f}{weight:8.2f}")
    print(f"{len(files)} files; found with WEIGHTS {found(files, np.array([*WEIGHTS.values()])):.1%}, with fitted ones")
    print(f"{found(files, weights):.1%}, with those fitted on the other tunes {np.mean(held_out):.1%}")


if __name__ == "__main__":
    report(compared(musics_in(*map(Path, sys.argv[1:3]))))
