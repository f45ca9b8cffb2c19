"""How right chords are: labels of mir_eval, and how long they agree with the truth in root, third and seventh.

mir_eval (Raffel et al., 2014) is the field's measure; its sevenths count only where the truth is major, minor or one of
their sevenths. A label is `Bb:min7` for a root and tones; sixths, ninths and more do not count. Chords are rows of
(start, end, label) in quarters. Left to others: whose chords (`reading_scores.py`, `other_readers.py`).
"""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from real_music import Change

from music.keys import FLAT_ROOTS
from music.piece import Tune
from music.units import to_quarters

Row = tuple[float, float, str]
NO_CHORD = "N"
MEASURES = ("root", "thirds", "sevenths")


def label(root: int | None, tones: Iterable[int]) -> str:
    """mir_eval's label of a root and pitch classes: 2, (2, 5, 9, 0) -> 'D:min7'; without a root 'N'."""
    if root is None:
        return NO_CHORD
    return f"{FLAT_ROOTS[root]}:{_quality({(tone - root) % 12 for tone in tones})}"


def _quality(intervals: set[int]) -> str:
    seventh = "7" if 10 in intervals else "maj7" if 11 in intervals else ""
    if 4 in intervals:
        return seventh or ("aug" if 8 in intervals and 7 not in intervals else "maj")
    if 3 in intervals and 6 in intervals and 7 not in intervals:
        return "hdim7" if seventh == "7" else "dim7" if 9 in intervals else "dim"
    if 3 in intervals:
        return {"7": "min7", "maj7": "minmaj7", "": "min"}[seventh]
    suspended = "sus4" if 5 in intervals else "sus2" if 2 in intervals else "5"
    return f"{suspended}(b7)" if seventh == "7" and suspended != "5" else suspended


def rows_of(tune: Tune) -> list[Row]:
    """The chords of a tune as read, each until the next one in its bar; a bar's first goes back to the bar line, where
    that of the bar before holds on."""
    rows, before = [], NO_CHORD
    for number, bar in tune.bars.items():
        at = {bar.start: before} | {
            max(bar.start, one.onset): label(one.root, one.tones) for one in tune.chords[number]
        }
        ends = [*list(at)[1:], bar.end]
        rows += [
            (to_quarters(start), to_quarters(end), what) for (start, what), end in zip(at.items(), ends, strict=True)
        ]
        before = rows[-1][2]
    return rows


def rows_of_truth(changes: list[Change]) -> list[Row]:
    """The true chords, where there are any and what their root is is no matter of naming: Dm7/G is G9sus, Am7/C is
    C6."""
    rows = []
    for start, end, symbol in changes:
        if symbol and symbol.intervals:
            what, under = label(symbol.root, symbol.tones), (symbol.bass - symbol.root) % 12
            if symbol.bass in symbol.tones and not (under == 3 and what.endswith(("min7", "hdim7"))):
                rows.append((start, end, what))
    return rows


def accuracy(truth: list[Row], found: list[Row]) -> dict[str, float]:
    """The share of the time in which both have a row that root, third and seventh are right; nan where nothing
    counts."""
    import mir_eval

    together = defaultdict(float)
    place = 0
    for start, end, right in truth:
        while place < len(found) and found[place][1] <= start:
            place += 1
        for begin, until, ours in found[place:]:
            if begin >= end:
                break
            together[right, ours] += min(end, until) - max(start, begin)
    if not together:
        return dict.fromkeys(MEASURES, float("nan"))
    rights, ours = zip(*together, strict=True)
    times = np.array([*together.values()])
    shares = {}
    for measure in MEASURES:
        scores = getattr(mir_eval.chord, measure)(list(rights), list(ours))
        counts = scores >= 0
        shares[measure] = float(np.average(scores[counts], weights=times[counts])) if counts.any() else float("nan")
    return shares
