"""Trained weights that are kept: the same tune and the same settings are never trained twice.

The weights are arrays of numbers in one file, read without running anything in it. Left to others: training
(`learning/network.py`), where results are kept (`running/memory.py`).
"""

import io
import zipfile
from importlib.metadata import version
from pathlib import Path

import numpy as np

from running import memory


def key_of(inputs: np.ndarray, targets: np.ndarray, **settings) -> str:
    """The key of everything that shapes the weights: windows, settings, the training code and what it runs on."""
    code = (Path(__file__).resolve().parent / "network.py").read_bytes()
    libraries = [f"{name} {version(name)}" for name in ("tensorflow", "keras", "numpy")]
    data = [array.astype(np.int32).tobytes() + repr(array.shape).encode() for array in (inputs, targets)]
    return memory.key_of(*data, repr(sorted(settings.items())), code, *libraries)


def to_bytes(weights: list[np.ndarray], losses: np.ndarray) -> bytes:
    """Weights and the loss of each epoch as one file."""
    buffer = io.BytesIO()
    np.savez(buffer, *weights, losses=losses)
    return buffer.getvalue()


def from_bytes(content: bytes, shapes: list[tuple[int, ...]]) -> tuple[list[np.ndarray], np.ndarray] | None:
    """What `to_bytes` wrote, or None where it is damaged or does not have these shapes."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            weights = [arrays[f"arr_{number}"] for number in range(len(shapes))]
            losses = arrays["losses"]
    except (ValueError, OSError, LookupError, EOFError, zipfile.BadZipFile):
        return None
    fits = [array.shape for array in weights] == shapes and all(np.isfinite(array).all() for array in weights)
    return (weights, losses) if fits and losses.ndim == 1 else None


def trained(model, inputs, targets, settings: dict, on_epoch, folder: Path | None) -> tuple[np.ndarray, bool]:
    """Train a model as `model.train` does, or give it the weights that the same training once gave.

    `settings` are the arguments `epochs`, `batch_size`, `seed` and `windows_an_epoch` of `model.train`; `folder` is
    where weights are kept, None for nowhere. Returns the losses, (epochs,), and whether they were kept.
    """
    from learning.network import train

    shapes = [tuple(array.shape) for array in model.get_weights()]
    path = folder and folder / "weights" / f"{key_of(inputs, targets, shapes=shapes, **settings)}.npz"
    content = path and memory.recall(path)
    kept = content and from_bytes(content, shapes)
    if kept:
        model.set_weights(kept[0])
        return kept[1], True
    losses = train(model, inputs, targets, **settings, on_epoch=on_epoch)
    if path:
        memory.remember(path, to_bytes(model.get_weights(), losses))
    return losses, False
