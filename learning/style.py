"""The style of a player: what tunes say beside the network that learns their grammar.

The values of the grammar, and what experts know of the line, over the chorus that is to be improvised over. Left to
others: the network (`learning/network.py`), improvising (`improvising/solos.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from data_utils import corpus_indices
from grammar import Term, parse_term
from learning.experts import Habits, Player, know
from learning.feel import Feel, learn_feel
from music.chorus import Chorus, tune_chorus
from music.notes import Bar, meters_of
from music.piece import Solo, Tune
from preprocess import get_corpus_data


@dataclass(frozen=True)
class Style:
    """What is learned from tunes beside the network.

    `corpus`: all values of all tunes in order, and `indices` the same as numbers, (len(corpus),); `values`: the unique
    ones, sorted, by index; `terms`: the same, parsed; `source`: the solo that is learned from (the first one);
    `chorus`: what is improvised over; `player`: what the experts know, and `habits`: what they practised, None for
    nothing; `feel`: how the player plays what is written.
    """

    corpus: list[str]
    indices: np.ndarray
    values: list[str]
    terms: list[Term]
    source: Solo
    chorus: Chorus
    player: Player
    feel: Feel
    habits: Habits | None = None

    @property
    def told(self) -> tuple[str, ...]:
        """What is to be said of the changes, and of bars that the tunes have none of."""
        return (*self.chorus.told, *_told_of_meters(self.chorus.bars, self.player.shapes))

    def first_bars(self, count: int) -> "Style":
        """The same over the first bars only; 0: over all of them."""
        return replace(self, chorus=self.chorus.first_bars(count))


def learn_style(tunes: list[Tune], chorus: Chorus | None = None, values: Sequence[str] = ()) -> Style:
    """Gather what tunes say; `chorus` is what to improvise over, without any the changes of the first tune. `values`
    are a network's that was learned from more than these tunes."""
    corpus, own, _, _ = get_corpus_data([line for tune in tunes for line in tune.abstract_grammars])
    values = list(values) or own
    terms = [parse_term(value) for value in values]
    indices = corpus_indices(corpus, {value: index for index, value in enumerate(values)})
    solos = [tune.solo for tune in tunes]
    player = know(solos, terms, indices)
    return Style(corpus, indices, values, terms, solos[0], chorus or tune_chorus(tunes[0]), player, learn_feel(tunes))


def _told_of_meters(bars: list[Bar], played: Sequence[Bar]) -> list[str]:
    """A line on bars with other beats than any that were played: `learning/rhythm.py` plays them beat by beat."""
    beats = {bar.beats for bar in played}
    known = {bar.meter for bar in played} | {bar.meter for bar in bars if bar.beats in beats}
    strange = [bar for bar in bars if bar.meter not in known]
    if not strange:
        return []
    return [f"bars of {meters_of(strange)}: with the rhythm of the tune's beats, whose bars are of {meters_of(played)}"]
