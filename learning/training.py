"""Learning a corpus: its windows, and training that is never done twice.

Trained networks are kept as arrays of numbers in one file each, read without running anything in it, so that a rerun
needs no TensorFlow. Left to others: who trains (`learning/learner.py`), and how (`learning/network.py`).
"""

import io
import math
import zipfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np

from data_utils import training_windows, window_starts
from learning.learner import Network, Training, begin_lessons, begin_training, end_learner
from learning.lessons import Lessons, Schedule, lessons_of, schedule_of
from learning.style import Style
from reading.many_tunes import Tunes, headings_of
from running.console import tell
from running.helpers import result_of
from running.memory import digest_of, recall, remember

BRINGING = 5  # seconds that TensorFlow takes to come, on a slow machine
# What weights depend on besides data and settings.
CODE = ("learning/network.py", "learning/shared_parts.py", "inference_model.py", "running/quiet_tensorflow.py")


def learn(
    style: Style,
    tunes: Tunes,
    windows: int,
    Tx: int,
    training: Training,
    memory: Path | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> Network:
    """Cut windows, tell of the data set, and train, unless the same was trained before.

    One tune has `windows` of `Tx` values in every epoch, as in the original; what is heard of several, and how, is told
    in `learning/lessons.py`. `meanwhile` is called while the network is trained.
    """
    n_values = len(style.values)
    if len(tunes) == 1:
        starts = window_starts([len(style.indices)], windows, Tx)
        inputs, targets = training_windows(style.indices, starts, Tx)
        tell("X", f"{(windows, Tx, n_values)} an epoch, {len(set(starts.tolist()))} different windows in all")
        tell("Y", f"{(Tx, windows, n_values)}")
        network, kept = trained(inputs, targets, n_values, training, memory, meanwhile)
    else:
        names = [(tune.player, tune.title or tune.path.stem) for tune in headings_of(tunes)]
        lessons = lessons_of(style.indices, style.lengths, names, style.terms, Tx, training.seed)
        tell("windows", f"{len(lessons.starts):,} of up to {Tx} values in {training.epochs} epochs, {lessons.told}")
        network, kept = trained_on_library(lessons, training, memory, meanwhile)
    if kept:
        loss, epoch = network.losses[network.best_epoch - 1], network.best_epoch
        tell("training", f"done before, loss {loss:.2f} summed over {Tx} steps after {epoch} epochs")
    if len(network.held_losses):
        held = network.held_losses.min()
        tell("held out", f"loss {held:.2f}, least after epoch {network.best_epoch}, which is kept")
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
    key = weights_key([inputs, targets], n_values, training)
    return _once(key, n_values, training.n_a, memory, meanwhile, begin_training, inputs, targets, n_values, training)


def trained_on_library(
    lessons: Lessons,
    training: Training,
    memory: Path | None = None,
    meanwhile: Callable[[], None] = lambda: None,
    schedule: Schedule | None = None,
) -> tuple[Network, bool]:
    """The same of the lessons of a library, by a `schedule`, None for the rules'."""
    schedule, n_values = schedule or schedule_of(lessons, training.n_a), len(lessons.parts)
    heard = [lessons.indices, lessons.starts, lessons.counts, *lessons.held, lessons.parts]
    key = weights_key(heard, n_values, (training, schedule, lessons.Tx))
    found = _once(key, n_values, training.n_a, memory, meanwhile, begin_lessons, lessons, schedule, training)
    end_learner()
    return found


def _once(
    key: str, n_values: int, n_a: int, memory: Path | None, meanwhile: Callable, begin: Callable, *arguments
) -> tuple[Network, bool]:
    """What is kept of a training, else what comes of beginning it."""
    path = memory and memory / "weights" / f"{key}.npz"
    content = path and recall(path)
    kept = content and network_from_bytes(content, weight_shapes(n_values, n_a))
    if kept:
        return kept, True
    woken, learned = begin(*arguments)
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


def weights_key(heard: list[np.ndarray], n_values: int, training: Training | tuple) -> str:
    """The key of everything that shapes the weights: windows, settings, the training code and what it runs on."""
    root = Path(__file__).resolve().parent.parent
    code = [(root / name).read_bytes() for name in CODE]
    libraries = [f"{name} {version(name)}" for name in ("tensorflow", "keras", "numpy")]
    data = [digest_of(np.ascontiguousarray(one, np.int32).data.cast("B"), repr(one.shape)) for one in heard]
    return digest_of(*data, repr((n_values, training)), *code, *libraries)


def network_to_bytes(network: Network) -> bytes:
    """A network as one file."""
    buffer = io.BytesIO()
    keras_file = np.frombuffer(network.keras_file, np.uint8)
    losses = {"losses": network.losses, "held_losses": network.held_losses}
    np.savez(buffer, *network.weights, **losses, keras_file=keras_file)
    return buffer.getvalue()


def network_from_bytes(content: bytes, shapes: list[tuple[int, ...]]) -> Network | None:
    """What `network_to_bytes` wrote, or None where it is damaged or does not have these shapes.

    An array's header is read before any of it: a few bytes may announce any number of them.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            weights = [_array(archive, f"arr_{number}", shape) for number, shape in enumerate(shapes)]
            losses = _array(archive, "losses", (None,))
            is_older = "held_losses.npy" not in archive.namelist()
            held_losses = np.zeros(0) if is_older else _array(archive, "held_losses", (None,))
            keras_file = _array(archive, "keras_file", (None,), "u1")
    except (ValueError, OSError, LookupError, EOFError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return None
    finite = all(np.isfinite(array).all() for array in (*weights, losses, held_losses))
    fits = finite and len(losses) and len(held_losses) in (0, len(losses))
    return Network(weights, losses, keras_file.tobytes(), held_losses) if fits else None


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
