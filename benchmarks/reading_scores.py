"""How right a file was read: a tune beside the truth of its file.

All are shares from 0 to 1, nan where the file cannot tell. A file whose beats had to be found is judged in the truth's
quarters. Left to others: chords (`chord_accuracy.py`).
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable

import numpy as np
from chord_accuracy import accuracy, rows_of, rows_of_truth
from known_midi import Take, Truth
from real_music import Sound

from music.notes import Note
from music.piece import Tune
from music.units import GRID, TICKS_PER_QUARTER, quantize, to_quarters
from reading.raw_tune import RawTune

SIXTEENTH = 0.25  # quarters that an onset may be off
NEAR = 1 / 16  # quarters that a bar line may be off
NEAR_FOUND = 0.175  # that a beat may be off, and a bar line among found beats: the share usual in beat tracking
LINE_FOUND, LINE_FALSE = 0.8, 0.2  # from which share of notes on, and up to which of others, a line is the right one
TEMPO = 0.02
SCORES = ("line", "found", "false", "placed", "beats", "bars", "meter", "tempo", "root", "thirds", "sevenths")
NOTHING = dict.fromkeys(SCORES, 0.0) | {"false": 1.0}  # of a file that is refused
TOLERANCE = 1e-6


def scores_of(tune: Tune, truth: Truth, place: Callable[[float], float] = float) -> dict[str, float]:
    """Everything in SCORES: whether the line is right, its notes found, false, and of those found the ones that lie
    where they are written; beats (F-measure), bars and meter; tempo; chords. `place`: from the tune's quarters to the
    truth's."""
    notes = [note for number in tune.bars for note in tune.melody[number]]
    found, placed = _found(notes, truth.melody, place)
    share, false = found / len(truth.melody), 1 - found / len(notes)
    bars = [(place(to_quarters(bar.start)), place(to_quarters(bar.end))) for bar in tune.bars.values()]
    near = NEAR_FOUND if truth.clock else NEAR

    def is_right(bar: tuple[float, float]) -> bool:
        after = bisect_left(truth.lines, bar[0] - near)
        return all(
            abs(at - line) <= near + TOLERANCE for at, line in zip(bar, truth.lines[after : after + 2], strict=False)
        ) and after + 1 < len(truth.lines)

    meter = Counter(bar.meter for bar in tune.bars.values()).most_common(1)[0][0]
    chords = [(place(start), place(end), what) for start, end, what in rows_of(tune)]
    return {
        "line": float(share >= LINE_FOUND and false <= LINE_FALSE),
        "found": share,
        "false": false,
        "placed": placed / found if found else float("nan"),
        "beats": _beats(tune, truth, place),
        "bars": sum(map(is_right, bars)) / len(bars),
        "meter": float(meter == truth.meter),
        "tempo": float(abs(tune.tempo / truth.tempo - 1) <= TEMPO),
    } | accuracy(rows_of_truth(truth.changes), chords)


def place_in(take: Take, raw: RawTune) -> Callable[[float], float]:
    """From the quarters in which a file was read to its truth's, by the onsets, which stay in their order."""
    if not take.truth.clock:
        return float
    quarters, places = np.array(take.truth.clock).T
    written = np.interp(sorted(one.onset for voice in take.voices for one in voice.sounds), places, quarters)
    ticks = sorted(tick for track in raw.tracks for tick, is_on, *_ in track.events if is_on)
    found, first = np.unique(np.array(ticks) / raw.ticks_per_quarter, return_index=True)
    written = written[first]
    pace = (written[-1] - written[0]) / (found[-1] - found[0])

    def place(at: float) -> float:
        beyond = min(0.0, at - found[0]) + max(0.0, at - found[-1])
        return float(np.interp(at, found, written) + beyond * pace)

    return place


def _beats(tune: Tune, truth: Truth, place: Callable[[float], float]) -> float:
    """The quarters of the tune's bars beside the truth's in the same time."""
    right = ours = true = 0
    for bar in tune.bars.values():
        at = [place(to_quarters(step)) - truth.lines[1] for step in (*range(bar.start, bar.end, GRID), bar.end)]
        right += len({round(one) for one in at[:-1] if abs(one - round(one)) <= NEAR_FOUND})
        ours, true = ours + len(at) - 1, true + len(range(round(at[0]), max(round(at[-1]), round(at[0]) + 1)))
    return 2 * right / (ours + true)


def _found(notes: list[Note], truth: list[Sound], place: Callable[[float], float]) -> tuple[int, int]:
    """How many notes of the truth are there, each once, and how many of these on the very grid step of their beat."""
    there, found, placed = defaultdict(list), 0, 0
    for note in notes:
        at = place(to_quarters(note.onset))
        there[note.pitch].append((at, note.onset + GRID * round(at - to_quarters(note.onset))))
    for sound in truth:
        near = min(there[sound.pitch], key=lambda one: abs(one[0] - sound.onset), default=None)
        if near is not None and abs(near[0] - sound.onset) <= SIXTEENTH + TOLERANCE:
            there[sound.pitch].remove(near)
            steps = quantize(round(sound.onset * TICKS_PER_QUARTER), TICKS_PER_QUARTER)
            found, placed = found + 1, placed + (near[1] == steps)
    return found, placed
