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
from music.piece import Solo
from preprocess import get_corpus_data
from reading.many_tunes import Library, Tunes, known_of


@dataclass(frozen=True)
class Style:
    """What is learned from tunes beside the network.

    `indices`: all values of all tunes in order, as numbers, (n,), and `lengths`, how many each tune has; `values`: the
    unique ones, sorted, by index; `terms`: the same, parsed; `corpus`: the values of those tunes whose notes were
    looked at (`many_tunes.known_of`); `source`: the solo that is learned from (the first one); `chorus`: what is
    improvised over; `player`: what the experts know, and `habits`: what they practised, None for nothing; `feel`: how
    the player plays what is written.
    """

    corpus: list[str]
    indices: np.ndarray
    lengths: np.ndarray
    values: list[str]
    terms: list[Term]
    source: Solo
    chorus: Chorus
    player: Player
    feel: Feel
    habits: Habits | None = None

    @property
    def size(self) -> str:
        """How large the corpus is, in words."""
        known, n = len(self.corpus), len(self.indices)
        if known == n:  # of a player, some of the network's values may be others' alone
            return f"{n} values, {len(set(self.corpus))} unique"
        return f"{n} values, {len(self.values)} unique, of which the experts know {known}"

    @property
    def told(self) -> tuple[str, ...]:
        """What is to be said of the changes, and of bars that the tunes have none of."""
        return (*self.chorus.told, *_told_of_meters(self.chorus.bars, self.player.shapes))

    def first_bars(self, count: int) -> "Style":
        """The same over the first bars only; 0: over all of them."""
        return replace(self, chorus=self.chorus.first_bars(count))


def learn_style(tunes: Tunes, chorus: Chorus | None = None, values: Sequence[str] = ()) -> Style:
    """Gather what tunes say; `chorus` is what to improvise over, without any the changes of the first tune. `values`
    are a network's that was learned from more than these tunes."""
    indices, lengths, values = _corpus_of(tunes, values)
    known = known_of(tunes)
    ends = np.cumsum(lengths)
    heard = np.concatenate([indices[ends[number] - lengths[number] : ends[number]] for number in known], dtype=np.int32)
    corpus, terms = [values[index] for index in heard.tolist()], [parse_term(value) for value in values]
    first, looked_at = tunes[0], [tunes[number] for number in known]
    player, feel = know([tune.solo for tune in looked_at], terms, heard), learn_feel(looked_at)
    return Style(corpus, indices, lengths, values, terms, first.solo, chorus or tune_chorus(first), player, feel)


def _corpus_of(tunes: Tunes, values: Sequence[str]) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """All values as numbers, how many each tune has, and the unique ones, sorted."""
    if isinstance(tunes, Library):
        return tunes.indices, tunes.lengths, tunes.values
    corpus, own, values_indices, _ = get_corpus_data([line for tune in tunes for line in tune.abstract_grammars])
    if values:
        own, values_indices = list(values), {value: index for index, value in enumerate(values)}
    return corpus_indices(corpus, values_indices), np.array([len(tune.values) for tune in tunes]), own


def _told_of_meters(bars: list[Bar], played: Sequence[Bar]) -> list[str]:
    """A line on bars with other beats than any that were played: `learning/rhythm.py` plays them beat by beat."""
    beats = {bar.beats for bar in played}
    known = {bar.meter for bar in played} | {bar.meter for bar in bars if bar.beats in beats}
    strange = [bar for bar in bars if bar.meter not in known]
    if not strange:
        return []
    return [f"bars of {meters_of(strange)}: with the rhythm of the tune's beats, whose bars are of {meters_of(played)}"]
