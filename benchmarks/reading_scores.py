"""How right a file was read: a tune beside the truth of its file.

All are shares from 0 to 1, nan where the file cannot tell. Left to others: chords (`chord_accuracy.py`).
"""

from collections import Counter, defaultdict
from itertools import pairwise

from chord_accuracy import accuracy, rows_of, rows_of_truth
from known_midi import Truth
from real_music import Sound

from music.notes import Note
from music.piece import Tune
from music.units import TICKS_PER_QUARTER, quantize, to_quarters

SIXTEENTH = 0.25  # quarters that an onset may be off
NEAR = 1 / 16  # quarters that a bar line may be off
LINE_FOUND, LINE_FALSE = 0.8, 0.2  # from which share of notes on, and up to which of others, a line is the right one
TEMPO = 0.02
SCORES = ("line", "found", "false", "placed", "bars", "meter", "tempo", "root", "thirds", "sevenths")
NOTHING = dict.fromkeys(SCORES, 0.0) | {"false": 1.0}  # of a file that is refused
TOLERANCE = 1e-6


def scores_of(tune: Tune, truth: Truth) -> dict[str, float]:
    """Everything in SCORES: whether the line is right, its notes found, false, and of those found the ones that lie
    where they are written; bars and meter; tempo; chords."""
    notes = [note for number in tune.bars for note in tune.melody[number]]
    found, placed = _found(notes, truth.melody)
    share, false = found / len(truth.melody), 1 - found / len(notes)
    bars = tune.bars.values()
    true_bars = {(round(line / NEAR), round(after / NEAR)) for line, after in pairwise(truth.lines)}
    right = [tuple(round(to_quarters(at) / NEAR) for at in (bar.start, bar.end)) in true_bars for bar in bars]
    meter = Counter(bar.meter for bar in bars).most_common(1)[0][0]
    return {
        "line": float(share >= LINE_FOUND and false <= LINE_FALSE),
        "found": share,
        "false": false,
        "placed": placed / found if found else float("nan"),
        "bars": sum(right) / len(right),
        "meter": float(meter == truth.meter),
        "tempo": float(abs(tune.tempo / truth.tempo - 1) <= TEMPO),
    } | accuracy(rows_of_truth(truth.changes), rows_of(tune))


def _found(notes: list[Note], truth: list[Sound]) -> tuple[int, int]:
    """How many notes of the truth are there, each once, and how many of these on the very grid step."""
    there, found, placed = defaultdict(list), 0, 0
    for note in notes:
        there[note.pitch].append(note.onset)
    for sound in truth:
        steps = quantize(round(sound.onset * TICKS_PER_QUARTER), TICKS_PER_QUARTER)
        near = min(there[sound.pitch], key=lambda onset: abs(onset - steps), default=None)
        if near is not None and abs(to_quarters(near) - sound.onset) <= SIXTEENTH + TOLERANCE:
            there[sound.pitch].remove(near)
            found, placed = found + 1, placed + (near == steps)
    return found, placed
