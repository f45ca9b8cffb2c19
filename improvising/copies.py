"""What a solo took over: the runs of its values that stand in a tune it was learned from, and those bars of the tune.

Left to others: how much was taken over, as figures (`improvising/measures.py`).
"""

import numpy as np

from improvising.arranging import Arrangement, piece_of
from improvising.measures import RUN, read_back, runs_ending_at
from music.piece import Solo, lay_out
from reading.many_tunes import Tunes, headings_of, known_of
from writing.page import Copy


def copies_of(solo: Solo, tunes: Tunes, arrangement: Arrangement) -> list[Copy]:
    """The runs of `RUN` values or more, in order, each with a place where it stands in the tunes that the experts know;
    where they overlap, the longest, and of the others what it leaves over; the tune's bars as they were played, in the
    same arrangement."""
    read, headings = read_back(solo), headings_of(tunes)
    places, corpus = [], []  # the tune of each value of the corpus, and which of the tune's it is
    for number in known_of(tunes):
        values = [*headings[number].values, ""]  # no run goes from tune to tune
        corpus += values
        places += [(number, place) for place in range(len(values))]
    copies = []
    for first, last, end in sorted(_apart(*runs_ending_at([value for _, value in read], corpus))):
        number, place = places[end]
        tune = tunes[number]
        bar_of = [bar for bar, line in enumerate(tune.abstract_grammars) for _ in line.split()]
        first_bar, last_bar = bar_of[place - (last - first)], bar_of[place]
        bars = f"bar {first_bar + 1}" if first_bar == last_bar else f"bars {first_bar + 1} to {last_bar + 1}"
        where = f"{bars} of {tune.name}" if len(tunes) > 1 else bars
        comps, strikes = arrangement.comps and not tune.is_struck, tune.struck(first_bar, last_bar)
        alone = arrangement._replace(band=False, comps=comps, strikes=strikes)
        passage = piece_of(_bars(tune.solo, first_bar, last_bar), f"{tune.name}, {bars}", alone)
        copies.append(Copy(read[first][0], read[last][0], where, passage))
    return copies


def _apart(lengths: np.ndarray, ends: np.ndarray) -> list[tuple[int, int, int]]:
    """Runs that do not overlap, as first value, last value and end in the corpus: the longest, then the longest of what
    that leaves over, and so on."""
    left, found = lengths.copy(), []
    while left.max(initial=0) >= RUN:
        last = int(left.argmax())
        first = last - int(left[last]) + 1
        found.append((first, last, int(ends[last])))
        left[first : last + 1] = 0
        left[last + 1 :] = np.minimum(left[last + 1 :], np.arange(1, len(left) - last))
    return found


def _bars(solo: Solo, first: int, last: int) -> Solo:
    bars = slice(first, last + 1)
    return Solo(
        lay_out(solo.bars[bars]),
        solo.notes_by_bar[bars],
        solo.chords_by_bar[bars],
        nuances_by_bar=solo.nuances_by_bar[bars],
    )
