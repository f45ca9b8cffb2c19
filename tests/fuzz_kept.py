"""Damage what is kept and what is loaded, and check that it is refused or right. Run by hand, as long as wanted (see
`fuzzing.py`).

Readings, networks and saved files are damaged byte by byte, and changed inside with their digests made anew. What is
damaged has to be worked out anew, with the same result; what was changed inside is refused with one line, or can be
improvised with in a moment. `test_kept.py` checks some hundreds in the same way, and everything that was ever found.
"""

import contextlib
import io
import json
import random
import tempfile
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
from fuzzing import ROOT, fuzz

from improvising.solos import generate_music
from inference_model import OneStep
from learning.learner import Network
from learning.saved_network import FORMAT, MATERIAL, WEIGHTS, load
from learning.style import learn_style
from learning.training import network_to_bytes, weight_shapes
from preprocess import read_tunes
from reading.many_tunes import heading_of, json_of
from reading.tune_json import tune_to_json
from running.memory import recall, remember

ODD = [None, True, -1, 0, 1, 2**31, 10**30, 1e308, float("nan"), [], [[]], {}]
ODD += ["", "x", "C,0.250", "P1", "\x1b[2J", "é" * 999]


def tiny_network(n_values: int, n_a: int = 4) -> Network:
    generator = np.random.default_rng(1)
    weights = [generator.normal(0, 0.3, shape).astype(np.float32) for shape in weight_shapes(n_values, n_a)]
    return Network(weights, np.array([3.0, 2.0], np.float32))


class Kept:
    """A tune, its reading as it is remembered, and a saved network, in a folder."""

    def __init__(self, folder: Path):
        self.folder, self.tune_file, self.memory = folder, ROOT / "data/our_tune.mid", folder / "memory"
        self.tune = read_tunes(self.tune_file, memory=self.memory)[0][0]
        (self.entry,) = (self.memory / "tunes").iterdir()
        self.bytes, self.reading = self.entry.read_bytes(), recall(self.entry)
        self.network = tiny_network(len(learn_style([self.tune]).values))
        self.material = {
            "format": FORMAT,
            "n_a": 4,
            "values": sorted({*self.tune.values}),
            "tunes": [tune_to_json(self.tune)],
        }
        self.material = json.loads(json.dumps(self.material))
        self.weights = network_to_bytes(self.network)

    def saved(self, material: bytes, weights: bytes, packed: bool = False) -> Path:
        path = self.folder / "saved.keras"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
            archive.writestr(WEIGHTS, weights)
            archive.writestr(MATERIAL, material)
        return path

    def check_memory(self, entry: bytes) -> None:
        """Whatever stands in the memory, the tune is the one that is in the file."""
        self.entry.write_bytes(entry)
        assert read_tunes(self.tune_file, memory=self.memory)[0] == [self.tune]

    def check_reading(self, reading: bytes) -> None:
        """A reading with a right digest is refused, and the tune read anew, or is a tune that can be played."""
        remember(self.entry, reading)
        playable(read_tunes(self.tune_file, memory=self.memory)[0][0])

    def check_saved_bytes(self, content: bytes) -> None:
        path = self.folder / "saved.keras"
        path.write_bytes(content)
        self.check_saved(path)

    def check_saved(self, path: Path) -> bool:
        """Whether a file can be loaded; refused with one line otherwise."""
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                loaded = load(path)
        except ValueError as error:
            assert str(error).startswith(f"{path}: ") and len(str(error)) < 1500, error
            return False
        playable(loaded.tunes[0], loaded.network)
        return True


def playable(tune, network: Network | None = None) -> None:
    """Improvise two bars after a tune."""
    from conftest import playing  # not before the fuzzer sees the project coming

    style = learn_style([tune])
    network = network or tiny_network(len(style.values))
    (solo,) = generate_music(OneStep(network.weights), style, replace(playing(), bars=2))
    assert all(0 <= note.pitch <= 127 and 1 <= note.velocity <= 127 for note in solo.notes)


def damaged(data: bytes, generator: random.Random) -> bytes:
    """Some bytes changed, cut out or put in."""
    data = bytearray(data)
    for _ in range(generator.choice((1, 1, 1, 2, 20))):
        place, length = generator.randrange(len(data)), generator.choice((1, 2, 10, 300))
        match generator.randrange(5):
            case 0:
                del data[place : place + length]
            case 1:
                data[place:place] = generator.randbytes(length)
            case 2:
                data[place] ^= 1 << generator.randrange(8)
            case _:
                data[place] = generator.randrange(256)
        data = data or bytearray(1)
    return bytes(data)


def odd(value: object, generator: random.Random) -> object:
    """What JSON holds, with one thing in it changed, doubled, left out, or in the place of another."""
    if not isinstance(value, dict | list) or not value or generator.random() < 0.1:
        return generator.choice((*ODD, value, [value] * 3, deep(generator.choice((5, 2000)))))
    value = value.copy()
    key = generator.choice([*value] if isinstance(value, dict) else range(len(value)))
    match generator.randrange(12):
        case 0:
            del value[key]
        case 1 if isinstance(value, list):
            value.insert(key, value[generator.randrange(len(value))])
        case 2 if isinstance(value, dict):
            value[generator.choice(("", "x", "-1", "99999999999", "melody"))] = value[key]
        case 3 if type(value[key]) in (int, float):
            value[key] = value[key] * generator.choice((-1, 0, 2, 1000)) + generator.choice((0, 1, 0.5))
        case _:
            value[key] = odd(value[key], generator)
    return value


def deep(levels: int) -> object:
    found = []
    for _ in range(min(levels, 400)):
        found = [found]
    return found


def check(kept: Kept, generator: random.Random) -> None:
    """One change of one kind of thing."""
    match generator.randrange(5):
        case 0:
            kept.check_memory(damaged(kept.bytes, generator))
        case 1:
            parts = [json.dumps(odd(of(kept.reading), generator)).encode() for of in (heading_of, json_of)]
            part = generator.choice((parts[1], damaged(parts[1], generator), b"[" * 10**5))
            reading = zlib.compress(parts[0]) + zlib.compress(part)
            kept.check_reading(generator.choice((reading, damaged(reading, generator))))
        case 2:
            path = kept.saved(json.dumps(kept.material).encode(), kept.weights)
            kept.check_saved_bytes(damaged(path.read_bytes(), generator))
        case 3:
            kept.check_saved(kept.saved(json.dumps(odd(kept.material, generator)).encode(), kept.weights))
        case 4:
            weights = damaged(kept.weights, generator) if generator.random() < 0.5 else odd_weights(kept, generator)
            kept.check_saved(kept.saved(json.dumps(kept.material).encode(), weights, generator.random() < 0.1))


def odd_weights(kept: Kept, generator: random.Random) -> bytes:
    """Arrays of other shapes, kinds and numbers, and headers that announce more than there is."""
    arrays = [array.copy() for array in kept.network.weights]
    number = generator.randrange(len(arrays))
    one = arrays[number]
    others = [one.astype(kind) for kind in (np.float64, ">f4", int, str)]
    arrays[number] = generator.choice([one.T, one[:1], one[..., None], one * np.nan, *others])
    buffer = io.BytesIO()
    np.savez(buffer, *arrays, losses=np.float32([1.0]), keras_file=np.zeros(0, np.uint8))
    content = buffer.getvalue()
    if generator.random() < 0.3:
        content = content.replace(b"'shape': (", b"'shape': (9" if generator.random() < 0.5 else b"'shape': (-", 1)
    return content


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        kept = Kept(Path(folder))
        fuzz(lambda generator: check(kept, generator))
