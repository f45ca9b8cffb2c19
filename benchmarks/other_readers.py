"""The chords of a MIDI file as others find them: music21, and plain templates of chroma vectors.

Neither is told which track is what; drums are left out. Times are quarters of the file. Left to others: what is right
(`chord_accuracy.py`).
"""

from pathlib import Path

import numpy as np
from chord_accuracy import Row, label

from reading.midi import read_midi

SHAPES = ((0, 4, 7), (0, 3, 7), (0, 4, 7, 10), (0, 4, 7, 11), (0, 3, 7, 10))  # of the templates, on each root
FEWEST_TONES = 2  # of a slice in which music21 looks for a root; over less, what was found before holds on


def by_music21(path: Path) -> list[Row]:
    """The slices of `chordify`, each with music21's root and the pitch classes that sound."""
    from music21 import chord, converter, instrument

    score = converter.parse(path, forceSource=True)
    for part in list(score.parts):
        played = [*part.recurse().getElementsByClass(instrument.Instrument)]
        if played and all(isinstance(one, instrument.UnpitchedPercussion) for one in played):
            score.remove(part)
    rows = []
    for one in score.chordify().flatten().getElementsByClass(chord.Chord):
        start, end, tones = float(one.offset), float(one.offset + one.quarterLength), set(one.pitchClasses)
        what = label(one.root().pitchClass, tones) if len(tones) >= FEWEST_TONES else rows[-1][2] if rows else "N"
        rows.append((start, end, what))
    return rows


def by_templates(path: Path) -> list[Row]:
    """On each quarter the template that is nearest to what sounds, each pitch class weighed by how long it does."""
    raw = read_midi(path)
    unit = raw.ticks_per_quarter
    notes = [note for track in raw.tracks if not track.is_drums for note in track.notes()]
    chroma = np.zeros((max(note.end for note in notes) // unit + 1, 12))  # (beats, pitch classes)
    for onset, end, pitch, _ in notes:
        for beat in range(onset // unit, end // unit + 1):
            chroma[beat, pitch % 12] += max(0, min(end, (beat + 1) * unit) - max(onset, beat * unit)) / unit
    chords = [(root, [(root + step) % 12 for step in shape]) for shape in SHAPES for root in range(12)]
    templates = np.zeros((len(chords), 12))
    for row, (_, tones) in zip(templates, chords, strict=True):
        row[tones] = len(tones) ** -0.5
    best = (chroma @ templates.T).argmax(axis=1)  # (beats,)
    return [(float(beat), beat + 1.0, label(*chords[number])) for beat, number in enumerate(best)]
