"""Learning a corpus: its windows, and training that is never done twice.

Trained networks are kept as arrays of numbers in one file each, read without running anything in it, so that a rerun
needs no TensorFlow. Left to others: who trains (`learning/learner.py`), and how (`learning/network.py`).
"""

import io
import math
import zipfile
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np

from data_utils import training_windows, window_starts
from learning.learner import Network, Training, begin_training
from learning.style import Style
from reading.library import Tunes
from running.console import tell
from running.helpers import result_of
from running.memory import digest_of, recall, remember

BRINGING = 5  # seconds that TensorFlow takes to come, on a slow machine
MOST_TUNES_AN_EPOCH = 10  # a folder's epoch is as long as that of so many tunes
# What weights depend on besides data and settings.
CODE = ("learning/network.py", "inference_model.py", "running/quiet_tensorflow.py")


def learn(
    style: Style,
    tunes: Tunes,
    windows: int,
    Tx: int,
    training: Training,
    memory: Path | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> Network:
    """Cut windows, tell of the data set, and train, unless the same was trained before (see `trained`).

    `windows` of `Tx` values for each of up to ten tunes are an epoch's. One tune has the same windows in every epoch,
    as in the original; of several, each epoch hears other windows. `meanwhile` is called while the network is trained.
    """
    m, n_values = windows * min(len(tunes), MOST_TUNES_AN_EPOCH), len(style.values)
    starts = window_starts(style.lengths, m if len(tunes) == 1 else m * training.epochs, Tx)
    inputs, targets = training_windows(style.indices, starts, Tx)
    tell("X", f"{(m, Tx, n_values)} an epoch, {len(set(starts.tolist()))} different windows in all")
    tell("Y", f"{(Tx, m, n_values)}")
    network, kept = trained(inputs, targets, n_values, replace(training, windows_an_epoch=m), memory, meanwhile)
    if kept:
        losses = network.losses
        tell("training", f"done before, loss {losses[-1]:.2f} summed over {Tx} steps after {len(losses)} epochs")
    return network


def trained(
    inputs: np.ndarray,
    targets: np.ndarray,
    n_values: int,
    training: Training,
    memory: Path | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> tuple[Network, bool]:
    """A network trained on windows of indices, both (n, Tx), or the one that the same training once gave, and whether
    it was kept.

    `memory` is the folder where networks are kept, None for nowhere; `meanwhile` is called while there is training.
    Raises ValueError where the training came to no end, as for want of memory.
    """
    path = memory and memory / "weights" / f"{weights_key(inputs, targets, n_values, training)}.npz"
    content = path and recall(path)
    kept = content and network_from_bytes(content, weight_shapes(n_values, training.n_a))
    if kept:
        return kept, True
    woken, learned = begin_training(inputs, targets, n_values, training)
    meanwhile()
    what = "the network (N_A, BATCH_SIZE, WINDOWS)"
    result_of(woken, what, f"{'training':<12}bringing TensorFlow", BRINGING)
    network = result_of(learned, what)
    if path:
        remember(path, network_to_bytes(network))
    return network, False


def weight_shapes(n_values: int, n_a: int) -> list[tuple[int, ...]]:
    """The shapes of a network's weights."""
    return [(n_values, 4 * n_a), (n_a, 4 * n_a), (4 * n_a,), (n_a, n_values), (n_values,)]


def weights_key(inputs: np.ndarray, targets: np.ndarray, n_values: int, training: Training) -> str:
    """The key of everything that shapes the weights: windows, settings, the training code and what it runs on."""
    root = Path(__file__).resolve().parent.parent
    code = [(root / name).read_bytes() for name in CODE]
    libraries = [f"{name} {version(name)}" for name in ("tensorflow", "keras", "numpy")]
    data = [array.astype(np.int32).tobytes() + repr(array.shape).encode() for array in (inputs, targets)]
    return digest_of(*data, repr((n_values, training)), *code, *libraries)


def network_to_bytes(network: Network) -> bytes:
    """A network as one file."""
    buffer = io.BytesIO()
    keras_file = np.frombuffer(network.keras_file, np.uint8)
    np.savez(buffer, *network.weights, losses=network.losses, keras_file=keras_file)
    return buffer.getvalue()


def network_from_bytes(content: bytes, shapes: list[tuple[int, ...]]) -> Network | None:
    """What `network_to_bytes` wrote, or None where it is damaged or does not have these shapes.

    An array's header is read before any of it: a few bytes may announce any number of them.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            weights = [_array(archive, f"arr_{number}", shape) for number, shape in enumerate(shapes)]
            losses = _array(archive, "losses", (None,))
            keras_file = _array(archive, "keras_file", (None,), "u1")
    except (ValueError, OSError, LookupError, EOFError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return None
    finite = all(np.isfinite(array).all() for array in (*weights, losses))
    return Network(weights, losses, keras_file.tobytes()) if finite and len(losses) else None


def _array(archive: zipfile.ZipFile, name: str, shape: tuple[int | None, ...], kinds: str = "f4 f8") -> np.ndarray:
    """An array as it stands in the archive, of this shape (None: any length) and kind; ValueError for another one."""
    found = archive.getinfo(f"{name}.npy")
    if found.compress_type != zipfile.ZIP_STORED:
        raise ValueError("it is packed, and may be of any size")
    file = io.BytesIO(archive.read(found))
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("it is written another way")
    its_shape, by_columns, kind = np.lib.format.read_array_header_1_0(file)
    fits = len(its_shape) == len(shape) and all(one in (None, its) for one, its in zip(shape, its_shape, strict=True))
    if not fits or kind.str[1:] not in kinds.split() or not kind.isnative:
        raise ValueError("it is another array")
    data = file.read()
    if len(data) != math.prod(its_shape) * kind.itemsize:
        raise ValueError("it is shorter or longer than it says")
    return np.frombuffer(data, kind).reshape(its_shape, order="F" if by_columns else "C").copy()
