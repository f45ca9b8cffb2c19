"""How long does each part of a run take, beside the least it could take?

    python benchmarks/speed.py --runs 5

starts whole processes in turn, so that drift of the machine hits all alike, several times each, and writes medians with
their spread to `benchmarks/speed.md`. A part's floor is measured in the same round: the bare imports, the same network
without Keras (`plain_training.py`), or the library that a part cannot do without. Ratios are medians of the rounds'
ratios. Memory is told of the program's own process, and of it and its helpers together. Nothing is asserted: a busy
machine is slower.

`--stage NAME` runs one of the child processes and prints what it measured as JSON: for each part the seconds by the
clock, those of all processors, and how many pieces of work they were.
"""

import argparse
import contextlib
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from statistics import median
from time import perf_counter, process_time, sleep
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import music_generate
from improvising.session import playing_of
from reading.fetching import METHENY, OURS
from running.console import show
from running.files import write_aside
from running.made_with import processor
from running.settings import declared, read_settings

EPOCHS = 100  # the original's training
CHUNK = 10  # epochs that run inside one call of the compiled graph
SOLOS = 1000  # the large batch
TEMPO = 112  # quarters a minute
SINGLE_SOLOS = 30  # how many batches of one are timed
MIDI_ONLY = ["--sound", "no", "--score", "no", "--pictures", "no", "--page", "no"]
BARE, BARE_IMPORTS = "import tensorflow, music21", "start-up: TensorFlow and music21, bare"
OWN = "import sys; sys.path.insert(0, sys.argv[1]); import "
FIRST, AGAIN = "whole run, MIDI only, first time", "whole run, MIDI only, again"
ALL_FIRST, ALL_AGAIN = "whole run, all outputs, first time", "whole run, all outputs, again"
COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}  # what was compiled once is kept, as where nobody forbids it
WHOLE_RUNS = (FIRST, AGAIN, ALL_FIRST, ALL_AGAIN)


class Took(NamedTuple):
    """What something took: seconds by the clock and of all processors, for `count` pieces of work, and peaks of memory
    in MB (0: not known): of the largest process, of the first one by itself, and of it and its helpers together."""

    wall: float
    cpu: float
    count: int = 1
    peak: float = 0.0
    own: float = 0.0
    together: float = 0.0


class Row(NamedTuple):
    """A line of the table: what is measured, its floor and the floor's name, and the target, if there is one.

    `unit` '' is seconds; any other is counted by the second. `most` is a bound on the seconds, `most_times` on the
    ratio to the floor, `least` on the rate.
    """

    name: str
    floor: str = ""
    floor_name: str = ""
    unit: str = ""
    most: float | None = None
    most_times: float | None = None
    least: float | None = None


ROWS = [
    Row(BARE_IMPORTS),
    Row("start-up: all that a rerun imports", BARE_IMPORTS, "bare imports"),
    Row("start-up: all that the learner imports", BARE_IMPORTS, "bare imports"),
    Row("reading to grammars", "reading floor", "`import music21, mido`, and mido's own reading", most=0.4),
    Row("tensors", "tensors floor", "rows of an identity matrix"),
    Row("building the network", "building floor", "its variables alone"),
    Row("tracing the training", "tracing floor", "plain TensorFlow graph, unrolled"),
    Row("building and tracing", most=1.0),
    Row("training, an epoch", "training floor", "plain TensorFlow graph", most_times=1.3),
    Row("training, an epoch ", "training in NumPy", "plain NumPy, one thread"),
    Row("practising"),
    Row("solos, 1 at once", "sampling 1 floor", "plain NumPy, no rules", "notes"),
    Row("solos, 1 at once ", most=0.1),
    Row(f"solos, {SOLOS:,} at once", "sampling 1000 floor", "plain NumPy, no rules", "notes"),
    Row(f"solos, {SOLOS:,} at once ", most=20),
    Row("writing MIDI", "writing floor", "mido saving the same file"),
    Row(AGAIN, BARE_IMPORTS, "bare imports", most_times=0.25),
    Row(ALL_AGAIN, BARE_IMPORTS, "bare imports", most_times=0.6),
    Row(FIRST, BARE_IMPORTS, "bare imports", most_times=1.4),
    Row(ALL_FIRST, BARE_IMPORTS, "bare imports", most_times=1.7),
    Row("all outputs beside, again"),
    Row("all outputs beside, first time"),
]
MOST_MEMORY = {AGAIN: 200}  # MB of the program's own process


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5, help="rounds, each of all processes")
    parser.add_argument("--stage", choices=STAGES, help="be one of the child processes")
    given = parser.parse_args()
    if given.stage:
        print(json.dumps(STAGES[given.stage]()))
        return
    rounds = [one_round(f"round {number + 1} of {given.runs}") for number in range(given.runs)]
    table = markdown(rounds)
    show("measured", done=True)
    print(table)
    write_aside(ROOT / "benchmarks/speed.md", table.encode())


def one_round(name: str) -> dict[str, Took]:
    """Every process once, in an empty folder: what each measured."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        stage, program = [str(Path(__file__).resolve()), "--stage"], [str(ROOT / "music_generate.py")]
        program += ["--tune", str(tune()), "--epochs", str(EPOCHS)]
        processes = {
            BARE_IMPORTS: ["-c", BARE],
            "start-up: all that a rerun imports": ["-c", f"{OWN} music_generate", str(ROOT)],
            "start-up: all that the learner imports": ["-c", f"{OWN} learning.network", str(ROOT)],
            FIRST: [*program, "--cache", "one", *MIDI_ONLY],
            AGAIN: [*program, "--cache", "one", *MIDI_ONLY],
            ALL_FIRST: [*program, "--cache", "two"],
            ALL_AGAIN: [*program, "--cache", "two"],
        }
        # Parts and whole runs take turns, so that what is compared lies close together in time.
        for (process, arguments), part in zip_longest(processes.items(), STAGES):
            show(f"{name}: {process}")
            found[process] = whole_process(arguments, folder)[0]
            if part:
                found |= {key: Took(*took) for key, took in stage_of([*stage, part], folder).items()}
    for when, more, less in (("first time", found[ALL_FIRST], found[FIRST]), ("again", found[ALL_AGAIN], found[AGAIN])):
        found[f"all outputs beside, {when}"] = Took(more.wall - less.wall, more.cpu - less.cpu)
    parts = [found[part] for part in ("building the network", "tracing the training")]
    found["building and tracing"] = Took(sum(part.wall for part in parts), sum(part.cpu for part in parts))
    return found


def whole_process(arguments: list[str], folder: str, environment: dict[str, str] | None = None) -> tuple[Took, str]:
    """Run Python with these arguments in `folder`: what it took and what it printed. ValueError where it failed."""
    with tempfile.TemporaryFile("w+") as printed, tempfile.TemporaryFile("w+") as complaint:
        began = perf_counter()
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=folder,
            env=os.environ | COMPILED | (environment or {}),
            stdout=printed,
            stderr=complaint,
        )
        memory = Memory(process.pid)
        _, status, used = os.wait4(process.pid, 0)
        wall = perf_counter() - began
        memory.process_ended.set()
        process.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        complaint.seek(0)
        if process.returncode:
            raise ValueError(f"{' '.join(arguments)} failed: {complaint.read()[-2000:]}")
        peak = used.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
        return Took(wall, used.ru_utime + used.ru_stime, 1, peak, memory.own, memory.together), printed.read()


class Memory:
    """The peaks of a process's memory in MB, watched from outside while it runs, where the system shows processes as
    files: its `own`, and the most of it and all that it has started `together` (what they share counts for each)."""

    def __init__(self, pid: int):
        self.own = self.together = 0.0
        self.process_ended = threading.Event()
        threading.Thread(target=self._watch, args=(pid,), daemon=True).start()

    def _watch(self, pid: int) -> None:
        while not self.process_ended.is_set():
            with contextlib.suppress(OSError, ValueError, LookupError):  # it has just ended
                self.own = max(self.own, in_status(pid, "VmHWM"))
                self.together = max(self.together, sum(in_status(one, "VmRSS") for one in family_of(pid)))
            sleep(0.05)


def in_status(pid: int, field: str) -> float:
    """A field of a process's status, kB as MB; 0 for a process that has ended."""
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(lines.get(field, "0 kB").split()[0]) / 1e3


def family_of(pid: int) -> list[int]:
    """A process and all that it has started."""
    family = [pid]
    for one in family:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{one}/task").iterdir():
                family += map(int, (task / "children").read_text().split())
    return family


def stage_of(arguments: list[str], folder: str) -> dict:
    """What a child process measured. Small matrices are multiplied faster by one thread of NumPy's than by two."""
    return json.loads(whole_process(arguments, folder, {"OPENBLAS_NUM_THREADS": "1"})[1].splitlines()[-1])


def tune() -> Path:
    """Metheny's tune where it is, else ours."""
    path = ROOT / METHENY
    return path if path.is_file() else ROOT / OURS


# --- The child processes ---------------------------------------------------------------------------------------------


class Clock:
    """`with clock("name"):` notes what the block took, a `count`-th of it where it does the same several times."""

    def __init__(self):
        self.took = {}

    @contextlib.contextmanager
    def __call__(self, name: str, count: int = 1):
        wall, cpu = perf_counter(), process_time()
        yield
        self.took[name] = (perf_counter() - wall, process_time() - cpu, count)


def reading() -> dict:
    """In a fresh process: music21 is imported on the way."""
    clock = Clock()
    with clock("reading to grammars"):
        from preprocess import get_musical_data

        get_musical_data(tune())
    return clock.took


def reading_floor() -> dict:
    """What no reader that uses music21 and mido can avoid."""
    clock = Clock()
    with clock("reading floor"):
        import mido
        import music21

        assert music21
        mido.MidiFile(tune())
    return clock.took


def data():
    """What is learned of the tune, and its windows: `(style, inputs, targets)`, with the program's own settings."""
    from data_utils import training_windows, window_starts
    from learning.style import learn_style
    from preprocess import read_tune

    style = learn_style([read_tune(tune())])
    starts = window_starts([len(style.corpus)], music_generate.WINDOWS, music_generate.TX)
    return style, *training_windows(style.indices, starts, music_generate.TX)


def ours() -> dict:
    """The program's own parts, one after the other."""
    # Long: each part is timed where the one before has left its things.
    from data_utils import data_processing
    from improvising import solos
    from improvising.arranging import Arrangement, piece_of
    from inference_model import OneStep
    from learning.learner import Training
    from learning.network import build, train
    from learning.practice import practise
    from writing.midi import write_midi

    clock = Clock()
    style, inputs, targets = data()
    n_values = len(style.values)
    values_indices = {value: index for index, value in enumerate(style.values)}
    with clock("tensors"):
        data_processing(style.corpus, values_indices, music_generate.WINDOWS, music_generate.TX)
    with clock("building the network"):
        network = build(n_values, music_generate.N_A, music_generate.TX, music_generate.NETWORK_SEED)[0]

    ticks = [(perf_counter(), process_time())]
    losses = train(
        network,
        inputs,
        targets,
        Training(music_generate.N_A, EPOCHS + CHUNK, music_generate.BATCH_SIZE, music_generate.NETWORK_SEED),
        on_epoch=lambda epoch, loss: ticks.append((perf_counter(), process_time())),
        report_every=CHUNK,
    )
    clock.took |= training_times(ticks, "training, an epoch", "tracing the training")
    clock.took["training, an epoch "] = clock.took["training, an epoch"]
    assert losses[-1] < 15, f"learned too little: {losses[-1]}"

    playing, one_step = playing_of(read_settings(declared(music_generate), "", [])), OneStep(network.get_weights())
    with clock("practising"):
        habits = practise(one_step, style.player, playing.experts, playing.closeness, playing.gravity)
    style = replace(style, habits=habits)
    solo = solos.generate_music(one_step, style, playing)[0]
    piece = piece_of(solo, "A solo", Arrangement(TEMPO))
    with clock("writing MIDI"):
        write_midi("solo.midi", piece)
    for batch, times in ((1, SINGLE_SOLOS), (SOLOS, 2)):
        name, count = f"solos, {batch:,} at once", 0
        with clock(name):
            for seed in range(times):
                count += sum(len(solo.notes) for solo in solos.generate_music(one_step, style, playing, batch, seed))
        clock.took[name] = (*clock.took[name][:2], count)
        clock.took[f"{name} "] = tuple(took / times for took in clock.took[name][:2])
    return clock.took


def training_times(ticks: list[tuple[float, float]], training: str, tracing: str) -> dict:
    """From the times after each chunk of epochs: the steady time of an epoch, and what the first chunk took more."""
    epochs = CHUNK * (len(ticks) - 2)
    steady = [(last - second) / epochs for second, last in zip(ticks[1], ticks[-1], strict=True)]
    traced = [second - first - CHUNK * epoch for first, second, epoch in zip(*ticks[:2], steady, strict=True)]
    return {training: (*steady, 1), tracing: (*traced, 1)}


def trained_plainly(make_epochs, training: str, tracing: str) -> dict:
    """Train without Keras: the same measures."""
    from plain_training import shuffled

    style, inputs, targets = data()
    settings = (len(style.values), music_generate.N_A, music_generate.BATCH_SIZE, 0)
    ticks = [(perf_counter(), process_time())]
    run_epochs, orders = make_epochs(inputs, targets, *settings), shuffled(len(inputs), EPOCHS + CHUNK, 0)
    for start in range(0, len(orders), CHUNK):
        losses = run_epochs(orders[start : start + CHUNK])
        ticks.append((perf_counter(), process_time()))
    assert losses[-1] < 15, f"learned too little: {losses[-1]}"
    return training_times(ticks, training, tracing)


def plain_tensorflow() -> dict:
    """The floors that need TensorFlow."""
    import tensorflow as tf
    from plain_training import starting_weights, tensorflow_epochs

    clock = Clock()
    tf.constant(0.0)  # TensorFlow sets itself up with the first tensor
    with clock("building floor"):
        _ = [tf.Variable(array) for array in starting_weights(78, music_generate.N_A, 0)]
    return clock.took | trained_plainly(tensorflow_epochs, "training floor", "tracing floor")


def plain_numpy() -> dict:
    """The floors that need NumPy or less."""
    import io

    import mido
    import numpy as np
    from plain_training import numpy_epochs, numpy_sampling, starting_weights

    clock = Clock()
    style, inputs, targets = data()
    n_values = len(style.values)
    with clock("tensors floor"):
        rows = np.eye(n_values + 1, n_values, dtype=np.float32)
        _ = rows[inputs], rows[targets.T]
    weights = starting_weights(n_values, music_generate.N_A, 0)
    for batch, times in ((1, SINGLE_SOLOS), (SOLOS, 2)):
        with clock(f"sampling {batch} floor", batch * times * 100):
            for seed in range(times):
                numpy_sampling(weights, batch, 100, seed)
    midi = mido.MidiFile(type=1)
    midi.tracks.append(mido.MidiTrack(mido.Message("note_on", note=60, time=1) for _ in range(400)))
    with clock("writing floor"):
        midi.save(file=io.BytesIO())
    return clock.took | trained_plainly(numpy_epochs, "training in NumPy", "nothing to trace")


STAGES = {
    "reading": reading,
    "plain-tensorflow": plain_tensorflow,
    "ours": ours,
    "plain-numpy": plain_numpy,
    "reading-floor": reading_floor,
}

# --- The table -------------------------------------------------------------------------------------------------------


def markdown(rounds: list[dict[str, Took]]) -> str:
    """The machine, what each part took, and what memory."""
    libraries = [f"{name} {importlib.metadata.version(name)}" for name in ("tensorflow", "keras", "music21", "numpy")]
    lines = [
        f"{len(rounds)} rounds on {os.cpu_count()} cores of {processor()}; Python {platform.python_version()}, "
        f"{', '.join(libraries)}; {tune().name}, {EPOCHS} epochs. The load of the last minutes was "
        f"{os.getloadavg()[1]:.1f}. `python benchmarks/speed.py --runs {len(rounds)}`",
        "",
        "| what | median | min-max | processors | floor | its median | times the floor | target | met |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [line_of(row, rounds) for row in ROWS]
    lines += [
        "",
        "| peak memory (MB) | its own: median | min-max | with its helpers: median | min-max | target | met |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [line_of_memory(name, rounds) for name in (BARE_IMPORTS, *WHOLE_RUNS)]
    return "\n".join(lines) + "\n"


def line_of_memory(name: str, rounds: list[dict[str, Took]]) -> str:
    """The peaks of one of the whole processes; without helpers to see, those of the largest process."""
    own = [found[name].own or found[name].peak for found in rounds]
    together = [found[name].together or found[name].peak for found in rounds]
    cells = [name]
    for peaks in (own, together):
        cells += [f"{median(peaks):.0f}", f"{min(peaks):.0f}-{max(peaks):.0f}"]
    most = MOST_MEMORY.get(name)
    cells += [f"<= {most} MB of its own", "yes" if median(own) <= most else "no"] if most else ["", ""]
    return "| " + " | ".join(cells) + " |"


def line_of(row: Row, rounds: list[dict[str, Took]]) -> str:
    """One row of the table."""
    each = [found[row.name].wall / found[row.name].count for found in rounds]
    cpu = median(found[row.name].cpu / found[row.name].count for found in rounds)
    floors = [found[row.floor].wall / found[row.floor].count for found in rounds] if row.floor else []
    times = median(one / floor for one, floor in zip(each, floors, strict=True)) if floors else None
    target, met = "", None
    if row.most is not None:
        target, met = f"<= {row.most:g} s", median(each) <= row.most
    if row.most_times is not None:
        target, met = f"<= {row.most_times:g} times", times <= row.most_times
    if row.least is not None:
        target, met = f">= {row.least:,} {row.unit}/s", 1 / median(each) >= row.least
    ends = [min(each), max(each)] if not row.unit else [max(each), min(each)]  # the smaller figure first
    cells = [
        row.name.strip(),
        amount(median(each), row.unit),
        " to ".join(amount(end, row.unit) for end in ends),
        amount(cpu, row.unit),
        row.floor_name,
        amount(median(floors), row.unit) if floors else "",
        f"{times:.2f}" if times else "",
        target,
        "" if met is None else "yes" if met else "no",
    ]
    return "| " + " | ".join(cells) + " |"


def amount(seconds: float, unit: str) -> str:
    """Seconds for one piece of work as text: '1.24 s', '12.4 ms', or with a unit '2,310 values/s'."""
    if unit:
        return f"{1 / seconds:,.0f} {unit}/s"
    return f"{seconds:.2f} s" if abs(seconds) >= 0.1 else f"{1000 * seconds:.3g} ms"


if __name__ == "__main__":
    main()
