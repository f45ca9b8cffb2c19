"""Compose "Lantern Street", the project's own tune, and write it as `our_tune.mid` beside this script.

An original Latin-jazz fusion piece, 4/4 at 118 bpm: four bars of piano, an eight-bar head, a guitar solo of
24 bars, one held bar. The music stands here as written by hand; only the human timing and touch come from a
generator with a fixed seed, so every run writes the same bytes. It needs mido and nothing else.

    python data/compose_our_tune.py

Conventions
- Bars and beats count from 0; a position or length is in quarters. Written times are multiples of 1/4 or 1/3.
- A melody bar is a row of words. A length word (`LENGTHS`: `s` sixteenth, `t` third of a quarter, `e` eighth,
  `q` quarter, `h` half; a dot adds a half) holds until the next one; then come pitches (`F#4`, `Bb4`) and
  rests (`-`). `^` accents a note, `_` ghosts it. A bar has to fill four quarters exactly.
- A chord is (beat, symbol, bass note, right-hand voicing). Most voicings leave the root to the bass.
- What is played stays so close to what is written that rounding an onset to the nearest 1/4 or 1/3 quarter
  gives the written position back.
"""

import random
from pathlib import Path
from typing import NamedTuple

import mido

SEED = 24
TEMPO_BPM = 118
TICKS_PER_QUARTER = 96
BEATS_PER_BAR = 4
OUTPUT = Path(__file__).with_name("our_tune.mid")

TIMING_SIGMA = 6.5  # ticks; the guitar's distance from the grid, about 4 once limited
TIMING_LIMIT = 6  # ticks; half of the way to the next sixteenth is 12
TIMING_MEMORY = 0.6  # share of a push or drag the next note keeps: players drift, they do not shake

CHANNELS = {"Piano": 0, "Bass": 1, "Guitar": 2, "Ride": 9, "Drums": 9}
PROGRAMS = {"Piano": 0, "Bass": 32, "Guitar": 26}
VOLUMES = {"Piano": 116, "Bass": 106, "Guitar": 118, "Ride": 118, "Drums": 118}  # controller 7
PANS = {"Piano": 46, "Bass": 64, "Guitar": 72, "Ride": 64, "Drums": 64}  # controller 10; 64 is the middle
KICK, CROSS_STICK, SNARE, FOOT_HAT, CRASH, RIDE, RIDE_BELL = 36, 37, 38, 44, 49, 51, 53
HIGH_TOM, LOW_TOM = 48, 45

TWELFTHS = 12  # of a quarter: the grid that holds both fourths and thirds
LENGTHS = {"s": 3, "t": 4, "e": 6, "e.": 9, "q": 12, "q.": 18, "h": 24, "h.": 36}
LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}

# --- The lead sheet ---

# These bars carry the head and open the solo: B minor, a step down to A, a minor third up to C, and home.
FIRST_EIGHT = [
    [(0, "Bm11", "B1", "D3 A3 C#4 E4 F#4")],
    [(0, "E13sus", "E2", "A3 B3 D4 F#4"), (2, "E13", "E2", "G#3 C#4 D4 F#4")],
    [(0, "Amaj9", "A1", "G#3 B3 C#4 E4")],
    [(0, "F#m9", "F#1", "E3 G#3 A3 C#4")],
    [(0, "Dm9", "D2", "F3 A3 C4 E4")],
    [(0, "G9sus", "G1", "F3 A3 C4 D4"), (2, "G13b9", "G1", "F3 G#3 B3 E4")],
    [(0, "Cmaj9", "C2", "E3 G3 B3 D4")],
    [(0, "C#m7b5", "C#2", "G3 B3 C#4 E4"), (2, "F#7alt", "F#1", "E3 Bb3 D4 A4")],
]
# Warmer: G and E minor; the A7 that should go to D falls to F instead, and F leans on D minor.
SECOND_EIGHT = [
    [(0, "Gmaj9", "G1", "F#3 A3 B3 D4")],
    [(0, "F#m9", "F#1", "E3 G#3 A3 C#4"), (2, "B7b9b13", "B1", "D#3 A3 C4 G4")],
    [(0, "Em9", "E2", "D3 G3 B3 F#4")],
    [(0, "A13sus", "A1", "G3 B3 D4 F#4"), (2, "A13b9", "A1", "G3 Bb3 C#4 F#4")],
    [(0, "Fmaj9", "F1", "E3 G3 A3 C4")],
    [(0, "Gm9", "G1", "F3 A3 Bb3 D4"), (2, "C13", "C2", "E3 A3 Bb3 D4")],
    [(0, "Bbmaj7#11", "Bb1", "D3 A3 C4 E4")],
    [(0, "Em7b5", "E2", "D3 G3 Bb3 E4"), (2, "A7b9b13", "A1", "C#3 G3 Bb3 F4")],
]
# The climax in D minor and its Neapolitan, then the sharps come back one by one and it ends in D major.
THIRD_EIGHT = [
    [(0, "Dm11", "D2", "F3 A3 C4 E4 G4")],
    [(0, "Ebmaj9", "Eb2", "G3 Bb3 D4 F4")],
    [(0, "C13sus", "C2", "Bb3 D4 F4 A4"), (2, "C13", "C2", "Bb3 D4 E4 A4")],
    [(0, "Fmaj9/A", "A1", "F3 G3 C4 E4"), (2, "Bb13", "Bb1", "G#3 C4 D4 G4")],
    [(0, "A13sus", "A1", "G3 B3 D4 E4 F#4")],
    [(0, "A13sus", "A1", "G3 B3 D4 F#4"), (2, "A13b9", "A1", "G3 Bb3 C#4 F#4")],
    [(0, "Dmaj9", "D2", "F#3 A3 C#4 E4")],
    [(0, "Gmaj9", "G1", "F#3 A3 B3 D4"), (2, "Gm6/9", "G1", "E3 A3 Bb3 D4")],
]
INTRO_CHORDS = [
    [(0, "Bm11", "B1", "D3 A3 C#4 E4 F#4")],
    [(0, "Gmaj9/B", "B1", "D3 F#3 A3 B3 D4")],
    [(0, "Bm11", "B1", "D3 A3 C#4 E4 F#4")],
    [(0, "Em9/B", "B1", "D3 G3 B3 F#4"), (2, "F#7alt", "F#1", "E3 Bb3 D4 A4")],
]
END_CHORD = [[(0, "Dmaj9", "D2", "D3 A3 C#4 E4 F#4")]]

INTRO_BARS, HEAD_BARS, SOLO_BARS, END_BARS = 4, 8, 24, 1
CHORDS = INTRO_CHORDS + FIRST_EIGHT + FIRST_EIGHT + SECOND_EIGHT + THIRD_EIGHT + END_CHORD
HEAD_START = INTRO_BARS
SOLO_START = HEAD_START + HEAD_BARS
END_START = SOLO_START + SOLO_BARS
MARKERS = [("Intro", 0), ("Head", HEAD_START), ("Solo", SOLO_START), ("End", END_START)]

# --- The guitar ---

# One idea, up in thirds to the ninth and a step back, in B minor, in A, and a minor third higher in D minor.
HEAD = [
    "e - F#4 A4 q. C#5^ e B4 A4",
    "q. A4 e F#4 q. G#4^ e -",
    "e - E4 G#4 q. B4^ e A4 G#4",
    "q. G#4 e E4 q. C#4 e -",
    "e - A4 C5 q. E5^ e D5 C5",
    "q. C5 e A4 q. B4^ e G#4",
    "q G4 e D5 q. B4^ e A4 G4",
    "q. E5^ e C#5 q. D5 e Bb4",
]

SOLO = [
    # 1-4: the head's three notes, asked small; answered, and asked again in A.
    "e - s F#4 A4 q C#5^ e - s B4 C#5 e D5 B4",
    "q A4 s - F#4 B4 A4 e. G#4^ s E4 F#4 G#4 B4 D5",
    "e C#5 - s E4 G#4 e. B4^ s C#5 E5 C#5 B4 G#4 A4 F#4",
    "q. G#4^ s E4 C#4 e A3 - s - F#4_ G4 G#4",
    # 5-8: D minor answers with an arpeggio; the line thickens into the altered dominant.
    "s A4 C5 E5 F5 e G5^ s F5 D5 t E5 C#5 D5 e A4 s B4 G#4",
    "e. A4^ s G4 G#4 A4 C5 E5 e B4^ s D5 F5 E5 D5 B4 G#4",
    "q G4^ e - s E4 G4 B4 D5 e F#5^ e. E5 s D5",
    "s C#5 D5 E5 G5 F#5 E5 C#5 G4 t Bb4^ D5 F#5 E5 D5 C5",
    # 9-12: a small rhythm said three times, the third time going on; then the A7 in diminished thirds.
    "e B4 s A4 B4 q D5^ e - s A#4 B4 e F#5^ D5",
    "e. E5^ s C#5 A4 F#4 G#4 B4 C5 D#5 F#5 A5 e G5^ s F#5 D#5",
    "q E5 e - s B4 D5 t F#5^ E5 D5 s B4 G4 E4 D4",
    "s B3 D4 F#4 A4 B4 D5 e F#5^ s G5 E5 C#5 Bb4 F#4 G4 Bb4 C#5",
    # 13-16: three against four in dotted eighths, then a sequence climbing in fourths.
    "e. C5^ E5 G5^ E5 s D5 C5 B4 A4",
    "e. Bb4^ D5 s F5 G#5 e. A5^ s G5 t E5 D5 Bb4",
    "s E4 A4 D5^ C5 G4 C5 F5 E5 A4 D5 G5^ F5 e A5^ s F5 D5",
    "e. E5^ s - - G4 Bb4 D5 t F5^ C#5 A4 s Bb4 C#5 E5 G5",
    # 17-20: the climax; threes across the beat, the top note, and the long way round to A.
    "s A5^ G5 F5 A5^ G5 F5 A5^ G#5 G5 F5 D5 C5 A4 C5 D5 F5",
    "s G5 F5 G5 A5 q. Bb5^ s A5 G5 F5^ D5 Bb4 G4",
    "s A4 Bb4 D5 F5 e. A5^ s G5 E5 G5 Bb5^ A5 t G5 E5 D5",
    "s C5 B4 C5 E5 G5 F#5 G5 A5 G#5^ G5 F5 D5 e E5^ s G5 F5",
    # 21-24: the sharps return; the first three notes come home in D, past a last B flat.
    "h F#5^ e - A4 B4 D5",
    "e E5^ - s B4 D5 e F#5^ s G5 F#5 D#5 C5 C#5 Bb4 G4 E4",
    "q F#4^ e - s F#4 A4 q C#5^ s B4 C#5 D5 E5",
    "q. F#5^ s E5 D5 t Bb4^ D5 E5 q D5",
]
END = ["q - h. F#5"]

# How loud each bar of the guitar is meant, before accent and contour.
HEAD_LEVELS = [82, 80, 82, 78, 86, 84, 82, 88]
SOLO_LEVELS = [76, 76, 78, 74, 78, 80, 76, 81, 76, 78, 74, 82, 76, 80, 85, 82, 89, 92, 91, 89, 86, 80, 77, 73]
END_LEVELS = [72]

# --- The rhythm section ---

# Comping rhythms: (beat, length, accent). Each strikes beat 0; those for two chords strike beat 2 as well.
COMPING = {
    "held": [(0, 2.25, 4), (2.5, 1.25, -4)],
    "charleston": [(0, 1.0, 4), (1.5, 0.75, 0), (3.5, 0.25, -6)],
    "tresillo": [(0, 0.5, 5), (0.75, 0.5, -4), (1.5, 1.25, 2), (3.25, 0.25, -6)],
    "answer": [(0, 0.75, 4), (1.75, 0.25, -4), (2.5, 0.25, 2), (3.0, 0.5, 0), (3.75, 0.25, -6)],
    "push": [(0, 0.25, 2), (0.75, 1.25, 4), (2.75, 0.75, 0)],
    "two": [(0, 1.5, 4), (2, 1.5, 2)],
    "two pushed": [(0, 0.75, 4), (1.25, 0.25, -6), (2, 0.5, 3), (2.75, 0.75, -2)],
    "two busy": [(0, 0.5, 4), (0.75, 0.25, -5), (1.5, 0.25, -3), (2, 0.75, 3), (3.25, 0.25, -4)],
    "ring": [(0, 3.9, 2)],
}
COMP_ROWS = (
    ["tresillo", "tresillo", "answer", "two busy"]
    + ["held", "two", "held", "charleston", "held", "two", "push", "two pushed"]
    + ["charleston", "two", "tresillo", "answer", "charleston", "two pushed", "answer", "two"]
    + ["tresillo", "two", "push", "two pushed", "tresillo", "two", "charleston", "two busy"]
    + ["tresillo", "push", "two pushed", "two busy", "answer", "two pushed", "held", "two"]
    + ["ring"]
)
COMP_LEVELS = [72] * 4 + [66] * 8 + [66] * 8 + [68] * 7 + [71] + [76, 76, 76, 76, 72, 68, 64, 60] + [62]

RIDE_SIXTEENTHS = (0, 2, 4, 5, 7, 8, 10, 11, 13, 15)  # the cascara, two-side first
CLAVE_SIXTEENTHS = (2, 4, 8, 11, 14)  # son clave, two-side first
FILL_BARS = (HEAD_START - 1, SOLO_START - 1, SOLO_START + 7, SOLO_START + 15, SOLO_START + 19)
CRASH_BARS = (HEAD_START, SOLO_START, SOLO_START + 16, SOLO_START + 20, END_START)


class Written(NamedTuple):
    """A note as written: `start` and `length` in twelfths of a quarter from the first bar."""

    start: int
    length: int
    pitch: int
    touch: int  # +1 accented, -1 ghosted, 0 plain
    level: int


class Played(NamedTuple):
    """A note as played, in ticks."""

    start: int
    end: int
    pitch: int
    velocity: int


def midi_number(name: str) -> int:
    """A pitch name to its MIDI number: 'C4' -> 60, 'F#4' -> 66, 'Bb4' -> 70."""
    letter, accidental, octave = name[0], name[1:-1], name[-1]
    return 12 * (int(octave) + 1) + LETTERS[letter] + {"": 0, "#": 1, "b": -1}[accidental]


def read_melody(bars: list[str], first_bar: int, levels: list[int]) -> list[Written]:
    """Melody words to notes; a bar that does not fill four quarters is an error."""
    notes = []
    for index, (bar, level) in enumerate(zip(bars, levels, strict=True)):
        start = at = (first_bar + index) * BEATS_PER_BAR * TWELFTHS
        length = None
        for word in bar.split():
            if word in LENGTHS:
                length = LENGTHS[word]
                continue
            if word != "-":
                touch = {"^": 1, "_": -1}.get(word[-1], 0)
                notes.append(Written(at, length, midi_number(word.rstrip("^_")), touch, level))
            at += length
        lasts = (at - start) / TWELFTHS
        assert lasts == BEATS_PER_BAR, f"bar {index + 1}: {lasts} quarters instead of {BEATS_PER_BAR}: {bar}"
    return notes


def to_ticks(quarters: float) -> int:
    """Quarters to ticks."""
    return round(quarters * TICKS_PER_QUARTER)


def keep_on_grid(position: int, shift: float, limit: int = TIMING_LIMIT) -> int:
    """A timing shift in ticks that leaves the position (in twelfths) the nearest one on the grid.

    A sixteenth and a third lie 8 ticks apart, so the first may be 4 late, because a tie rounds down, but the
    second only 3 early.
    """
    late = 4 if position % TWELFTHS in (3, 8) else limit
    early = 3 if position % TWELFTHS in (4, 9) else limit
    return round(max(-early, min(late, shift)))


def play_melody(notes: list[Written], rng: random.Random) -> list[Played]:
    """The guitar: drifting time, legato steps, shorter leaps; loud by bar, contour, place and accent."""
    starts = []
    drift = 0.0
    for index, note in enumerate(notes):
        fresh = rng.gauss(0, TIMING_SIGMA * (1 - TIMING_MEMORY**2) ** 0.5)
        drift = TIMING_MEMORY * drift + fresh
        start = note.start * TICKS_PER_QUARTER // TWELFTHS + keep_on_grid(note.start, drift)
        if index and notes[index - 1].start + notes[index - 1].length == note.start:
            squeezed = notes[index - 1].length * TICKS_PER_QUARTER // TWELFTHS * 3 // 4
            start = max(start, starts[-1] + squeezed)  # no note loses more than a quarter of its time
        starts.append(start)
    played = []
    for index, (note, start) in enumerate(zip(notes, starts, strict=True)):
        follows = notes[index + 1] if index + 1 < len(notes) else None
        joined = follows is not None and follows.start == note.start + note.length
        share = 0.90
        if joined:
            leap = abs(follows.pitch - note.pitch)
            share = 0.94 if leap <= 2 else 0.90 if leap <= 4 else 0.82
        if note.touch < 0:
            share = 0.74
        share = max(0.72, min(0.95, share + rng.gauss(0, 0.03)))
        end = start + int(share * note.length * TICKS_PER_QUARTER / TWELFTHS)
        if joined:
            end = min(end, starts[index + 1])
        place = {0: 4, 6: 1}.get(note.start % TWELFTHS, -3)
        velocity = note.level + 0.5 * (note.pitch - 72) + place + 9 * note.touch + rng.gauss(0, 2.5)
        played.append(Played(start, end, note.pitch, round(max(45, min(110, velocity)))))
    return played


def play_chords(rng: random.Random) -> list[Played]:
    """The piano: each chord struck and released as one hand does it, within four ticks."""
    played = []
    for bar, (changes, row, level) in enumerate(zip(CHORDS, COMP_ROWS, COMP_LEVELS, strict=True)):
        for beat, length, accent in COMPING[row]:
            voicing = [change for change in changes if change[0] <= beat][-1][3].split()
            shift = rng.gauss(0, 2)
            if beat == 0:
                shift = abs(shift)  # a chord never slips back into the bar before it
            position = round((bar * BEATS_PER_BAR + beat) * TWELFTHS)
            struck = to_ticks(bar * BEATS_PER_BAR + beat) + keep_on_grid(position, shift, limit=4)
            released = struck + to_ticks(length) - 10  # always up before the hand strikes again
            for place, name in enumerate(voicing):
                start = struck + min(3, place // 2 + rng.randint(0, 1))  # the lowest note a hair first
                end = released + rng.randint(0, 4)
                top = 4 if place == len(voicing) - 1 else 0
                velocity = level + accent + top + rng.randint(-3, 3)
                played.append(Played(start, end, midi_number(name), velocity))
    return played


def play_bass(rng: random.Random) -> list[Played]:
    """The bass: root, fifth, root and a half step into the next root; silent for the first two bars."""
    played = []
    for bar, changes in enumerate(CHORDS[:-1]):
        if bar < 2:
            continue
        root, last = midi_number(changes[0][2]), midi_number(changes[-1][2])
        target = midi_number(CHORDS[bar + 1][0][2])
        flat_fifth = "b5" in changes[0][1]
        fifth = root + (6 if flat_fifth else 7)
        if fifth > midi_number("A2"):
            fifth -= 12
        approach = target + (1 if last > target else -1)
        if last == target:
            approach = target + 7 if target + 7 <= midi_number("A2") else target - 5
        octave = last + 12 if last + 12 <= midi_number("C3") else last
        if len(changes) == 1:
            line = [(0, 1.4, root, 8), (1.5, 1.0, fifth, 0), (2.5, 0.45, root, -8), (3, 0.5, octave, 2)]
        else:
            line = [(0, 1.25, root, 8), (1.5, 0.5, fifth, -2), (2, 0.9, last, 6), (3, 0.5, octave, -2)]
        line.append((3.5, 0.48, approach, 0))
        level = 82 if SOLO_START + 16 <= bar < SOLO_START + 20 else 74
        for beat, length, pitch, accent in line:
            start = to_ticks(bar * BEATS_PER_BAR + beat) + max(-4, min(4, round(rng.gauss(1, 1.5))))
            end = start + to_ticks(length * 0.92)
            played.append(Played(start, end, pitch, level + accent + rng.randint(-3, 3)))
    start = to_ticks(END_START * BEATS_PER_BAR)
    played.append(Played(start, start + to_ticks(3.9), midi_number(END_CHORD[0][0][2]), 74))
    return played


def strike(bar: int, sixteenth: float, pitch: int, velocity: int, rng: random.Random) -> Played:
    """One stroke on the kit; drums ring by themselves, so all have the same short length."""
    shift = max(-3, min(3, round(rng.gauss(0, 1.2))))
    start = max(0, to_ticks(bar * BEATS_PER_BAR + sixteenth / 4) + shift)
    return Played(start, start + 12, pitch, max(20, min(110, velocity + rng.randint(-4, 4))))


def play_ride(rng: random.Random) -> list[Played]:
    """Plain under the head, the cascara under the solo, the bell at the climax, crashes at the joints."""
    played = []
    for bar in range(2, END_START):
        in_solo = bar >= SOLO_START
        climax = SOLO_START + 16 <= bar < SOLO_START + 20
        for sixteenth in RIDE_SIXTEENTHS if in_solo else (0, 4, 6, 8, 12, 14):
            accented = sixteenth in (0, 4, 8, 11)
            pitch = RIDE_BELL if climax and accented else RIDE
            played.append(strike(bar, sixteenth, pitch, (92 if accented else 74) + (6 if climax else 0), rng))
    played += [strike(bar, 0, CRASH, 70 if bar == END_START else 80, rng) for bar in CRASH_BARS]
    return sorted(played)


def play_drums(rng: random.Random) -> list[Played]:
    """Clave on the rim, the kick with the bass, the foot on two and four, a fill before each new part."""
    played = []
    for bar in range(2, END_START):
        fill = bar in FILL_BARS
        for sixteenth in (0, 6, 14):
            played.append(strike(bar, sixteenth, KICK, 76 if sixteenth == 6 else 66, rng))
        for sixteenth in (4, 12):
            played.append(strike(bar, sixteenth, FOOT_HAT, 64, rng))
        for sixteenth in CLAVE_SIXTEENTHS:
            if not (fill and sixteenth > 11):
                played.append(strike(bar, sixteenth, CROSS_STICK, 70, rng))
        if bar >= SOLO_START and not fill:
            played += [strike(bar, sixteenth, SNARE, 36, rng) for sixteenth in (7, 13)]  # ghosts in the gaps
        if fill:
            stroke = [(12, SNARE, 56), (13, SNARE, 44), (14, HIGH_TOM, 64), (15, LOW_TOM, 70)]
            played += [strike(bar, *hit, rng) for hit in stroke]
    played.append(strike(END_START, 0, KICK, 62, rng))
    return sorted(played)


def note_track(name: str, notes: list[Played]) -> mido.MidiTrack:
    """A named track: its instrument and level, then the notes; at one tick releases come before attacks."""
    channel = CHANNELS[name]
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
    if name in PROGRAMS:
        track.append(mido.Message("program_change", channel=channel, program=PROGRAMS[name]))
    track.append(mido.Message("control_change", channel=channel, control=7, value=VOLUMES[name]))
    track.append(mido.Message("control_change", channel=channel, control=10, value=PANS[name]))
    events = [(note.end, 0, note.pitch, 0) for note in notes]
    events += [(note.start, 1, note.pitch, note.velocity) for note in notes]
    now = 0
    for tick, is_on, pitch, velocity in sorted(events):
        kind = "note_on" if is_on else "note_off"
        track.append(mido.Message(kind, channel=channel, note=pitch, velocity=velocity, time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=0))
    return track


def conductor_track() -> mido.MidiTrack:
    """Tempo, meter and the four markers."""
    track = mido.MidiTrack([mido.MetaMessage("track_name", name="Lantern Street")])
    track.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(TEMPO_BPM)))
    track.append(mido.MetaMessage("time_signature", numerator=BEATS_PER_BAR, denominator=4))
    now = 0
    for text, bar in MARKERS:
        tick = to_ticks(bar * BEATS_PER_BAR)
        track.append(mido.MetaMessage("marker", text=text, time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=to_ticks(END_BARS * BEATS_PER_BAR)))
    return track


def compose(seed: int = SEED) -> mido.MidiFile:
    """The whole piece; the same seed gives the same file."""
    melody = read_melody(HEAD, HEAD_START, HEAD_LEVELS)
    melody += read_melody(SOLO, SOLO_START, SOLO_LEVELS)
    melody += read_melody(END, END_START, END_LEVELS)
    parts = {
        "Piano": play_chords(random.Random(f"piano {seed}")),
        "Bass": play_bass(random.Random(f"bass {seed}")),
        "Guitar": play_melody(melody, random.Random(f"guitar {seed}")),
        "Ride": play_ride(random.Random(f"ride {seed}")),
        "Drums": play_drums(random.Random(f"drums {seed}")),
    }
    tune = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_QUARTER)
    tune.tracks.append(conductor_track())
    tune.tracks.extend(note_track(name, notes) for name, notes in parts.items())
    return tune


def main() -> None:
    """Write the tune and say where."""
    compose().save(OUTPUT)
    bars = f"{INTRO_BARS} + {HEAD_BARS} + {SOLO_BARS} + {END_BARS} bars"
    print(f"{OUTPUT}: {bars} at {TEMPO_BPM} bpm, seed {SEED}")


if __name__ == "__main__":
    main()
