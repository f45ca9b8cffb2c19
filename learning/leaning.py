"""A network that learned from many players leans to one of them.

Its weights stay what they are, and with them what it knows of what follows what; only the bias of the softmax layer is
moved: each value's by the logarithm of its share in the player's tunes over its share in all tunes. A few notes tell
little of hundreds of values: a share leans on what the player's types, durations and intervals make of all tunes'
share, each of which leans on all tunes' in turn. Left to others: the experts, which know his tunes alone
(`learning/style.py`).
"""

from collections.abc import Sequence

import numpy as np

from grammar import Term, parse_term
from learning.learner import Network
from learning.rhythm import mixed
from music.piece import Tune
from running.console import tell

WEIGHT_MADE, WEIGHT_ALL = 30.0, 5.0  # how often what a share leans on was "seen"


def lean(network: Network, values: Sequence[str], own: Sequence[Tune], learned: Sequence[Tune]) -> Network:
    """The network, whose `values` these are, as it leans to a player's `own` tunes among those it has `learned`; as it
    is where these are all."""
    if len(own) == len(learned):
        return network
    numbers = {value: number for number, value in enumerate(values)}
    in_all, in_own = (
        np.bincount([numbers[value] for tune in tunes for value in tune.values], minlength=len(numbers))
        for tunes in (learned, own)
    )
    tell("player", f"{len(own)} of {len(learned)} tunes, {in_own.sum():,} of {in_all.sum():,} values")
    *weights, bias = network.weights
    towards = leaning([parse_term(value) for value in values], in_own, in_all)
    return network._replace(weights=[*weights, bias + towards.astype(bias.dtype)])


def leaning(terms: Sequence[Term], in_own: np.ndarray, in_all: np.ndarray) -> np.ndarray:
    """How much likelier each of the `terms` is to be, as a logarithm, by how often it stands in the player's tunes and
    in all, (n_values,) each."""
    of_all = mixed(in_all, np.full(len(terms), 1 / len(terms)), 1.0)
    made = of_all.copy()
    for parts in ([term.type for term in terms], [term.duration for term in terms], [term[2:] for term in terms]):
        number_of = {part: number for number, part in enumerate(dict.fromkeys(parts))}
        part = np.array([number_of[part] for part in parts])
        theirs = np.bincount(part, of_all)
        made *= (mixed(np.bincount(part, in_own), theirs, WEIGHT_ALL) / theirs)[part]
    return np.log(mixed(in_own, made / made.sum(), WEIGHT_MADE) / of_all)
