"""What a solo took over: the runs of its values that stand in a tune it was learned from, and those bars of the tune.

Left to others: how much was taken over, as figures (`improvising/measures.py`).
"""

import numpy as np

from improvising.measures import RUN, read_back
from improvising.solos import piece_of
from music.piece import Solo, Tune, lay_out
from writing.page import Copy


def copies_of(solo: Solo, tunes: list[Tune], tempo: float) -> list[Copy]:
    """The runs of `RUN` values or more, the longest first where they overlap, in order, each with a place where it
    stands."""
    read = read_back(solo)
    places, corpus = [], []  # the tune and the bar of each value of the corpus
    for number, tune in enumerate(tunes):
        for bar, line in enumerate(tune.abstract_grammars):
            corpus += line.split()
            places += [(number, bar)] * (len(corpus) - len(places))
        corpus.append("")  # no run goes from tune to tune
        places.append((number, len(tune.bars)))
    copies, taken = [], set()
    for length, last, end in sorted(_runs([value for _, value in read], corpus), key=lambda run: (-run[0], run[1])):
        run = range(last - length + 1, last + 1)
        if length >= RUN and taken.isdisjoint(run):
            taken.update(run)
            (number, first_bar), (_, last_bar) = places[end - length + 1], places[end]
            tune = tunes[number]
            bars = f"bar {first_bar + 1}" if first_bar == last_bar else f"bars {first_bar + 1} to {last_bar + 1}"
            where = f"{bars} of {tune.path.stem}" if len(tunes) > 1 else bars
            passage = piece_of(_bars(tune.solo, first_bar, last_bar), f"{tune.path.stem}, {bars}", tempo)
            copies.append(Copy(read[run[0]][0], read[run[-1]][0], where, passage))
    return sorted(copies, key=lambda copy: copy.first)


def _runs(values: list[str], corpus: list[str]) -> list[tuple[int, int, int]]:
    """For each value the longest run that ends with it and stands in the corpus: its length, the value's number, and
    where in the corpus it ends."""
    numbers = {value: index for index, value in enumerate(dict.fromkeys(corpus))}
    known = np.array([numbers[value] for value in corpus], dtype=np.int64)
    runs, ending = [], np.zeros(len(known) + 1, dtype=np.int64)
    for place, value in enumerate(values):
        continued = np.zeros_like(ending)
        continued[1:] = np.where(known == numbers.get(value, -1), ending[:-1] + 1, 0)
        ending = continued
        runs.append((int(ending.max()), place, int(ending.argmax()) - 1))
    return runs


def _bars(solo: Solo, first: int, last: int) -> Solo:
    bars = slice(first, last + 1)
    return Solo(lay_out(solo.bars[bars]), solo.notes_by_bar[bars], solo.chords_by_bar[bars])
