"""A trained network with all that belongs to it in one file, to take along and to improvise with elsewhere.

The file is what Keras saves (`.keras`, a zip archive that Keras opens too) with two members more: the weights as bare
arrays, and the tunes with their grammar as JSON. Loading reads only those two, so that nothing in a file from elsewhere
is ever run, and needs no TensorFlow. Left to others: networks as bytes (`learning/training.py`),
tunes as JSON (`reading/tune_json.py`).
"""

import io
import json
import os
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from grammar import parse_term
from learning.leaning import lean
from learning.learner import Network, keras_file_of
from learning.training import network_from_bytes, network_to_bytes, weight_shapes
from music.catalogue import Wanted, chosen
from music.piece import Tune
from preprocess import get_corpus_data, tune_as_kept
from reading.many_tunes import Tunes, known_of
from reading.tune_json import tune_to_json
from running.console import tell
from running.files import read_bounded, write_aside

FORMAT = 3
VALUES_OF_TUNES = 2  # the format that had no values beside those of its tunes
# Settings that do not count beside it: the file has tunes.
BROUGHT = ("TUNE", "MELODY_TRACK", "CHORD_TRACKS", "FROM_BEAT", "TO_BEAT", "TUNE_CHORDS", "CLUSTER")
WEIGHTS, MATERIAL = "improviser/weights.npz", "improviser/material.json"
LARGEST = 500_000_000  # bytes of the file
ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError)


class Saved(NamedTuple):
    """What a file holds: tunes as read, the network, and its values, sorted: those of all tunes that it learned."""

    tunes: list[Tune]
    network: Network
    values: list[str]

    def chosen(self, wanted: Wanted, other_styles: Iterable[str] = ()) -> list[Tune]:
        """Those of its tunes that are wanted; ValueError for what it has none of, see `music.catalogue.chosen`."""
        return chosen(self.tunes, wanted, other_styles)

    def leaning_to(self, tunes: list[Tune]) -> Network:
        """The network as it leans to some of its tunes, a player's."""
        return lean(self.network, self.values, tunes, self.tunes)


def save(path: str | os.PathLike, network: Network, tunes: Tunes, values: list[str], Tx: int) -> None:
    """Write a trained network, as a Keras model of windows of `Tx` values, with its values and those of its tunes
    that the experts know. Raises ValueError for a name not in .keras, and where it cannot be written."""
    path = Path(path)
    if path.suffix != ".keras":
        raise ValueError(f"{path}: SAVE (--save) must end in .keras, the ending that Keras knows")
    material = {"format": FORMAT, "n_a": network.n_a, "values": values}
    material["tunes"] = [tune_to_json(tunes[number]) for number in known_of(tunes)]
    content = io.BytesIO(keras_file_of(network, Tx))
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr(WEIGHTS, network_to_bytes(network._replace(keras_file=b"")))
        archive.writestr(MATERIAL, json.dumps(material))
    write_aside(path, content.getvalue())
    tell("saved", str(path))


def load(path: str | os.PathLike) -> Saved:
    """Read what `save` wrote. Raises ValueError, saying what is missing or differs, for anything else."""
    path = Path(path)
    data = read_bounded(path, LARGEST, "a file that SAVE wrote")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            content, material = _member(archive, WEIGHTS), json.loads(_member(archive, MATERIAL))
    except (ValueError, RecursionError, OSError, EOFError, *ZIP_ERRORS) as error:
        raise ValueError(f"{path}: not a file that SAVE wrote, or damaged ({error}); save the network again") from error
    try:
        if material["format"] not in (VALUES_OF_TUNES, FORMAT):
            raise ValueError(f"has format {material['format']}, this program reads format {FORMAT}")
        tunes, n_a = [tune_as_kept(parts) for parts in material["tunes"]], material["n_a"]
        own = get_corpus_data([line for tune in tunes for line in tune.abstract_grammars])[1]
        values = own if material["format"] == VALUES_OF_TUNES else _checked(material["values"], own)
        if not own or type(n_a) is not int or not 1 <= n_a <= 4096:
            raise ValueError(f"has {len(own)} values and {n_a!r} units")
    except (ValueError, TypeError, LookupError) as error:
        raise ValueError(f"{path}: its tunes or settings cannot be used ({error}); save the network again") from error
    n = len(values)
    network = network_from_bytes(content, weight_shapes(n, n_a))
    if network is None:
        raise ValueError(
            f"{path}: its weights do not fit its {n} values and {n_a} units, or are damaged; save the network again"
        )
    tell("loaded", f"{path}, trained for {len(network.losses)} epochs, loss {network.losses[-1]:.2f}")
    return Saved(tunes, network._replace(keras_file=b""), values)


def _checked(values: list[str], own: list[str]) -> list[str]:
    """The values, if they are some, sorted, with those of the tunes among them; ValueError otherwise."""
    are_terms = all(type(value) is str and parse_term(value) for value in values)
    if not are_terms or values != sorted(set(values)) or not set(own) <= set(values):
        raise ValueError("its values are not those of its tunes and others, in order")
    return values


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    """A member as it stands in the archive. One that is packed may be larger than the file by any factor."""
    if name not in archive.namelist():
        raise ValueError(f"it has no member {name}")
    if archive.getinfo(name).compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"its member {name} is packed, which SAVE never does")
    return archive.read(name)
