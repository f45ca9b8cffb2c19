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
from pathlib import Path
from typing import NamedTuple

from grammar import parse_term
from learning.learner import Network, keras_file_of
from learning.training import network_from_bytes, network_to_bytes, weight_shapes
from music.piece import Tune
from preprocess import get_corpus_data
from reading.tune_json import tune_from_json, tune_to_json
from running.console import tell
from running.files import read_bounded, write_aside

FORMAT = 2
WEIGHTS, MATERIAL = "improviser/weights.npz", "improviser/material.json"
LARGEST_MEMBER = 500_000_000  # bytes of the file, and of a member unpacked: a file from elsewhere may lie about it


class Saved(NamedTuple):
    """What a file holds: the tunes as read, and the network."""

    tunes: list[Tune]
    network: Network


def save(path: str | os.PathLike, network: Network, tunes: list[Tune], Tx: int) -> None:
    """Write a trained network, as a Keras model of windows of `Tx` values, and its tunes. Raises ValueError for a name
    not in .keras, and where it cannot be written."""
    path = Path(path)
    if path.suffix != ".keras":
        raise ValueError(f"{path}: SAVE (--save) must end in .keras, the ending that Keras knows")
    material = {"format": FORMAT, "n_a": network.n_a, "tunes": [tune_to_json(tune) for tune in tunes]}
    content = io.BytesIO(keras_file_of(network, Tx))
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr(WEIGHTS, network_to_bytes(network._replace(keras_file=b"")))
        archive.writestr(MATERIAL, json.dumps(material))
    write_aside(path, content.getvalue())
    tell("saved", str(path))


def load(path: str | os.PathLike) -> Saved:
    """Read what `save` wrote. Raises ValueError, saying what is missing or differs, for anything else."""
    path = Path(path)
    data = read_bounded(path, LARGEST_MEMBER, "a file that SAVE wrote")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            content, material = _member(archive, WEIGHTS), json.loads(_member(archive, MATERIAL))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"{path}: not a file that SAVE wrote, or damaged ({error}); save the network again") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: {error}") from error
    try:
        if material["format"] != FORMAT:
            raise ValueError(f"has format {material['format']}, this program reads format {FORMAT}")
        tunes = [tune_from_json(parts) for parts in material["tunes"]]
        n_a = int(material["n_a"])
        values = get_corpus_data([line for tune in tunes for line in tune.abstract_grammars])[1]
        for value in values:
            parse_term(value)
        if not values or not 1 <= n_a <= 4096:
            raise ValueError(f"has {len(values)} values and {n_a} units")
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
        raise ValueError(f"{path}: its tunes or settings cannot be used ({error}); save the network again") from error
    n = len(values)
    network = network_from_bytes(content, weight_shapes(n, n_a))
    if network is None:
        raise ValueError(
            f"{path}: its weights do not fit its {n} values and {n_a} units, or are damaged; save the network again"
        )
    tell("loaded", f"{path}, trained for {len(network.losses)} epochs, loss {network.losses[-1]:.2f}")
    return Saved(tunes, network._replace(keras_file=b""))


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        size = archive.getinfo(name).file_size
    except KeyError:
        raise ValueError(f"has no member {name}: SAVE of this program did not write it") from None
    if size > LARGEST_MEMBER:
        raise ValueError(f"its member {name} has {size:,} bytes, more than the {LARGEST_MEMBER:,} that are read")
    with archive.open(name) as member:
        return member.read(LARGEST_MEMBER)
