"""Learning a corpus: its windows, and training that is never done twice.

Trained weights are kept as arrays of numbers in one file, read without running anything in it. Left to others: the
network and the training itself (`learning/network.py`).
"""

import io
import zipfile
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np

from data_utils import training_windows, window_starts
from learning.style import Style
from music.piece import Tune
from running.console import show, tell
from running.files import digest_of, recall, remember

MOST_TUNES_AN_EPOCH = 10  # a folder's epoch is as long as that of so many tunes


@dataclass(frozen=True)
class Training:
    """How a network is trained: `epochs`, the windows in a step (`batch_size`), the `seed` of their order, and how many
    `windows_an_epoch` are taken in turn, None for all of them."""

    epochs: int
    batch_size: int
    seed: int
    windows_an_epoch: int | None = None


def learn(model, style: Style, tunes: list[Tune], windows: int, training: Training, folder: Path | None) -> np.ndarray:
    """Cut windows, tell of the data set, and train; return the loss of each epoch.

    `windows` for each of up to ten tunes are an epoch's. One tune has the same windows in every epoch, as in the
    original; of several, each epoch hears other windows.
    """
    lengths = [len(tune.values) for tune in tunes]
    (_, Tx, n_values), m = model.input_shape, windows * min(len(tunes), MOST_TUNES_AN_EPOCH)
    starts = window_starts(lengths, m if len(tunes) == 1 else m * training.epochs, Tx)
    inputs, targets = training_windows(style.indices, starts, Tx)
    tell("X", f"{(m, Tx, n_values)} an epoch, {len(set(starts.tolist()))} different windows in all")
    tell("Y", f"{(Tx, m, n_values)}")

    def on_epoch(epoch: int, loss: float) -> None:
        text = f"epoch {epoch} of {training.epochs}, loss {loss:.2f} summed over {Tx} steps"
        show(f"{'training':<12}{text}", done=epoch == training.epochs)

    training = replace(training, windows_an_epoch=m)
    losses, kept = trained(model, inputs, targets, training, on_epoch, folder)
    if kept:
        tell("training", f"done before, loss {losses[-1]:.2f} summed over {Tx} steps after {len(losses)} epochs")
    return losses


def trained(model, inputs, targets, training: Training, on_epoch, folder: Path | None) -> tuple[np.ndarray, bool]:
    """Train a model as `network.train` does, or give it the weights that the same training once gave.

    `folder` is where weights are kept, None for nowhere. Returns the losses, (epochs,), and whether they were kept.
    """
    from learning.network import best_strategy, train

    shapes = [tuple(array.shape) for array in model.get_weights()]
    path = folder and folder / "weights" / f"{weights_key(inputs, targets, shapes, training)}.npz"
    content = path and recall(path)
    kept = content and weights_from_bytes(content, shapes)
    if kept:
        model.set_weights(kept[0])
        return kept[1], True
    with best_strategy().scope():
        losses = train(model, inputs, targets, training, on_epoch)
    if path:
        remember(path, weights_to_bytes(model.get_weights(), losses))
    return losses, False


def weights_key(inputs: np.ndarray, targets: np.ndarray, shapes: list[tuple[int, ...]], training: Training) -> str:
    """The key of everything that shapes the weights: windows, settings, the training code and what it runs on."""
    code = (Path(__file__).resolve().parent / "network.py").read_bytes()
    libraries = [f"{name} {version(name)}" for name in ("tensorflow", "keras", "numpy")]
    data = [array.astype(np.int32).tobytes() + repr(array.shape).encode() for array in (inputs, targets)]
    return digest_of(*data, repr(shapes), repr(training), code, *libraries)


def weights_to_bytes(weights: list[np.ndarray], losses: np.ndarray) -> bytes:
    """Weights and the loss of each epoch as one file."""
    buffer = io.BytesIO()
    np.savez(buffer, *weights, losses=losses)
    return buffer.getvalue()


def weights_from_bytes(content: bytes, shapes: list[tuple[int, ...]]) -> tuple[list[np.ndarray], np.ndarray] | None:
    """What `weights_to_bytes` wrote, or None where it is damaged or does not have these shapes."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            weights = [arrays[f"arr_{number}"] for number in range(len(shapes))]
            losses = arrays["losses"]
    except (ValueError, OSError, LookupError, EOFError, zipfile.BadZipFile):
        return None
    fits = [array.shape for array in weights] == shapes and all(np.isfinite(array).all() for array in weights)
    return (weights, losses) if fits and losses.ndim == 1 else None
