"""Who accompanies: chords struck in many ways, basses, drums. Each way gives the sounds of one track.

Times are quarters. What is left to chance is drawn from the `rng` that is given, so that the same seed plays the same.
Left to others: the tunes (`real_music.py`), who plays together (`ways.py`).
"""

from collections.abc import Callable
from itertools import groupby
from random import Random

from real_music import Change, Music, Sound

from music.chord_symbols import Symbol

THIRDS, FIFTHS, SEVENTHS, NINTHS = (4, 3, 5, 2), (7, 6, 8), (10, 11, 9), (2, 1, 3)
GAP = 0.05  # quarters of silence before the next chord is struck
ROLL, STRUM = (0.03, 0.06), (0.01, 0.03)  # quarters from note to note
EARLY = 0.5  # quarters by which a pushed chord comes before its bar
RHYTHMS = (((0, 1.0), (1.5, 1.0)), ((0.5, 0.5), (2.5, 1.0)), ((1, 0.5), (2.5, 0.4)), ((0, 0.5), (1.5, 0.5), (3.5, 1.0)))
RIDE, HAT, SNARE, KICK = 51, 44, 38, 36

Voicing = Callable[[Symbol], list[int]]


def pieces(music: Music, every: int = 1) -> list[Change]:
    """The changes without silence, the same chord held on, cut at every so-manieth bar line."""
    lines, merged = music.lines[::every], []
    for change in music.changes:
        before = merged[-1] if merged else None
        if before and before.end == change.start and _same(before.symbol, change.symbol):
            merged[-1] = before._replace(end=change.end)
        else:
            merged.append(change)
    found = []
    for start, end, symbol in merged:
        if symbol and symbol.root is not None:
            cuts = [start, *(line for line in lines if start < line < end), end]
            found += [Change(one, other, symbol) for one, other in zip(cuts, cuts[1:], strict=False)]
    return found


def _same(one: Symbol | None, other: Symbol | None) -> bool:
    return (one and (one.root, one.intervals, one.bass)) == (other and (other.root, other.intervals, other.bass))


# --- Voicings --------------------------------------------------------------------------------------------------------


def degree(symbol: Symbol, among: tuple[int, ...]) -> list[int]:
    """The first of some intervals that the chord has, as a list of one, or none."""
    return [interval for interval in among if interval in symbol.intervals][:1]


def full(symbol: Symbol) -> list[int]:
    """Four notes from the root up, close: root, third, fifth and seventh, or as many as there are."""
    intervals = [0, *degree(symbol, THIRDS), *degree(symbol, FIFTHS), *degree(symbol, SEVENTHS)]
    return [48 + symbol.root + interval for interval in intervals]


def inverted(symbol: Symbol) -> list[int]:
    """All tones within the octave above G3, in whatever inversion that gives."""
    return within(symbol, symbol.intervals, 55)


def shell(symbol: Symbol) -> list[int]:
    """Third and seventh; of a triad third and fifth."""
    upper = degree(symbol, SEVENTHS) or degree(symbol, FIFTHS)
    return within(symbol, [*degree(symbol, THIRDS), *upper], 52)


def rootless(symbol: Symbol) -> list[int]:
    """Third, fifth, seventh and ninth; triads, sixths and diminished chords with their root, as pianists play them."""
    seventh = degree(symbol, (10, 11))
    if not seventh or degree(symbol, THIRDS) == [3] and 6 in symbol.intervals:
        return inverted(symbol)
    ninth = degree(symbol, NINTHS if 4 in symbol.intervals else NINTHS[:2]) or [2]
    return within(symbol, [*degree(symbol, THIRDS), *degree(symbol, FIFTHS), *seventh, *ninth], 52)


def power(symbol: Symbol) -> list[int]:
    """Root, fifth and octave of an overdriven guitar."""
    return [40 + (symbol.root - 4) % 12 + interval for interval in (0, *degree(symbol, FIFTHS), 12)]


def guitar(symbol: Symbol) -> list[int]:
    """Six strings: the root, and chord tones upwards, no second between them."""
    pitches = [40 + (symbol.root - 4) % 12]
    wanted = {(symbol.root + interval) % 12 for interval in symbol.intervals}
    while len(pitches) < 6:
        pitches.append(next(pitch for pitch in range(pitches[-1] + 3, 100) if pitch % 12 in wanted))
    return pitches


def within(symbol: Symbol, intervals: list[int] | tuple[int, ...], low: int) -> list[int]:
    """Tones of a chord in the octave from `low` up."""
    return sorted({low + (symbol.root + interval - low) % 12 for interval in intervals})


# --- Chords ----------------------------------------------------------------------------------------------------------


def struck(
    music: Music, voicing: Voicing = full, every: int = 1, early: float = 0.0, velocity: int = 64
) -> list[Sound]:
    """Each chord struck once, again at every so-manieth bar line, `early` by so many quarters, and held."""
    sounds = []
    for start, end, symbol in pieces(music, every):
        begin, until = max(0.0, start - early), end - early - (GAP if early or every == 1 else 0)
        sounds += [Sound(begin, max(until, begin + GAP), pitch, velocity) for pitch in voicing(symbol)]
    return sounds


def rolled(sounds: list[Sound], rng: Random, step: tuple[float, float] = ROLL, down: bool = False) -> list[Sound]:
    """Chords spread upwards from note to note; with `down` every second one downwards."""
    spread = []
    for number, (onset, chord) in enumerate(groupby(sounds, key=lambda sound: sound.onset)):
        by, order = rng.uniform(*step), sorted(chord, key=lambda sound: sound.pitch, reverse=down and number % 2 == 1)
        spread += [
            note._replace(onset=onset + place * by, end=max(note.end, onset + place * by + by))
            for place, note in enumerate(order)
        ]
    return spread


def uneven(sounds: list[Sound], rng: Random, onsets: float, ends: float) -> list[Sound]:
    """Each note up to so many quarters earlier or later."""
    moved = []
    for note in sounds:
        onset = max(0.0, note.onset + rng.uniform(-onsets, onsets))
        moved.append(note._replace(onset=onset, end=max(onset + GAP, note.end + rng.uniform(-ends, ends))))
    return moved


def strummed(music: Music, rng: Random) -> list[Sound]:
    """A guitar strums on every beat, down and up."""
    beats = []
    for start, end, symbol in pieces(music):
        for onset in _steps(start, end, music.beat):
            until = min(end, onset + music.beat) - GAP
            beats += [Sound(onset, until, pitch, 60) for pitch in guitar(symbol)]
    return rolled(beats, rng, STRUM, down=True)


def arpeggio(music: Music, low: int = 48) -> list[Sound]:
    """Eighths up through the chord and down again, from the root."""
    sounds = []
    for start, end, symbol in pieces(music):
        tones = [low + symbol.root + interval for interval in sorted(symbol.intervals)[:5]]
        tones += [low + symbol.root + 12, *reversed(tones[1:])]
        sounds += [
            Sound(onset, min(end, onset + 0.5), tones[place % len(tones)], 60)
            for place, onset in enumerate(_steps(start, end, 0.5))
        ]
    return sounds


def oom_pah(music: Music) -> list[Sound]:
    """A left hand alone: root and fifth by turns on the strong beats, the chord on the others."""
    sounds = []
    for start, end, symbol in pieces(music):
        bass = [_low(symbol.bass), _low(symbol.root) + (degree(symbol, FIFTHS) or [7])[0]]
        upper = within(symbol, symbol.intervals, 50)
        for place, onset in enumerate(_steps(start, end, music.beat)):
            is_strong = place % (3 if music.bar == 3 * music.beat else 2) == 0
            pitches = [bass[place // 2 % 2]] if is_strong else upper
            sounds += [Sound(onset, min(end, onset + music.beat) - GAP, pitch, 64) for pitch in pitches]
    return sounds


def pad(music: Music) -> list[Sound]:
    """Chords in open position high up, soft, which run into each other a little."""
    sounds = []
    for start, end, symbol in pieces(music, every=4):
        pitches = [pitch + 12 * (place % 2) for place, pitch in enumerate(within(symbol, symbol.intervals, 55))]
        sounds += [Sound(start, end + 2 * GAP, pitch, 45) for pitch in pitches]
    return sounds


def comping(music: Music, rng: Random, voicing: Voicing = full) -> list[Sound]:
    """Short chords in syncopated rhythms; one just before a bar line is the next bar's."""
    sounds, changes = [], pieces(music)
    for line in music.lines[:-1]:
        for place, length in rng.choice(RHYTHMS):
            onset = line + place
            meant = onset + EARLY if place == 3.5 else onset
            symbol = next((one.symbol for one in changes if one.start <= meant < one.end), None)
            if symbol and place < music.bar:
                sounds += [Sound(onset, onset + length, pitch, 64) for pitch in voicing(symbol)]
    return sounds


def in_thirds(music: Music) -> list[Sound]:
    """Two horns that answer in thirds: chord tones and those above, in eighths, in every second bar."""
    sounds = []
    for number, (start, end, symbol) in enumerate(pieces(music)):
        tones = sorted(within(symbol, symbol.intervals, 57) + within(symbol, symbol.intervals, 69))
        for place, onset in enumerate(_steps(start, end, 1.0)):
            pair = tones[(place + number) % 3 :][:2]
            sounds += [Sound(onset, min(end, onset + 1) - GAP, pitch, 70) for pitch in pair]
    return sounds


# --- Bass and drums --------------------------------------------------------------------------------------------------


def walking(music: Music, rng: Random) -> list[Sound]:
    """A note on each beat: the root on a new chord, then chord tones, and a semitone above or below the next root."""
    sounds, changes = [], pieces(music, every=len(music.lines))
    for number, (start, end, symbol) in enumerate(changes):
        beats, root = _steps(start, end, music.beat), _low(symbol.bass)
        following = _low(changes[number + 1].symbol.bass) if number + 1 < len(changes) else root
        for place, onset in enumerate(beats):
            pitch = root
            if place and place == len(beats) - 1 and following != root:
                pitch = following + rng.choice((-1, 1))
            elif place:
                pitch = rng.choice(within(symbol, [*degree(symbol, THIRDS), *degree(symbol, FIFTHS)], root))
            sounds.append(Sound(onset, min(end, onset + music.beat) - GAP, pitch, 75))
    return sounds


def two_beat(music: Music) -> list[Sound]:
    """Root and fifth by turns, two beats each."""
    sounds = []
    for start, end, symbol in pieces(music):
        root = _low(symbol.bass)
        fifth = root + (degree(symbol, FIFTHS) or [7])[0]
        for place, onset in enumerate(_steps(start, end, 2 * music.beat)):
            sounds.append(Sound(onset, min(end, onset + 2 * music.beat) - GAP, (root, fifth)[place % 2], 75))
    return sounds


def drums(music: Music) -> list[Sound]:
    """A ride cymbal, the hat and the snare on the weak beats, the bass drum on the first."""
    sounds = []
    for line in music.lines[:-1]:
        for place, onset in enumerate(_steps(line, min(line + music.bar, music.length), music.beat)):
            hits = (RIDE, HAT, SNARE) if place % 2 else (RIDE, KICK) if place == 0 else (RIDE,)
            sounds += [Sound(onset, onset + 0.2, pitch, 60) for pitch in hits]
    return sounds


def click(music: Music) -> list[Sound]:
    """Two pitches, one for the first beat of a bar."""
    return [
        Sound(onset, onset + 0.1, 60 if place else 72, 90)
        for line in music.lines[:-1]
        for place, onset in enumerate(_steps(line, min(line + music.bar, music.length), music.beat))
    ]


def loop(music: Music) -> list[Sound]:
    """The same four sixteenths on every beat, whatever the chord."""
    return [
        Sound(onset, onset + 0.1, (84, 72, 79, 72)[place % 4], 70)
        for place, onset in enumerate(_steps(music.lines[0], music.length, 0.25))
    ]


def _low(pitch_class: int) -> int:
    return 28 + (pitch_class - 4) % 12


def _steps(start: float, end: float, step: float) -> list[float]:
    """Times from `start` on, before `end`."""
    return [start + number * step for number in range(max(0, int((end - start) / step - 1e-6) + 1))]
