"""One tune or a folder of them, read into grammar: in parallel, with a line of progress, and remembered on disk.

A folder is searched with everything below it; what cannot be used is listed with the reason and left out. What was read
is remembered by the file's content and by this project's reading code, so that nothing is read twice. Left to others:
reading one file (`preprocess.py`, `reading/scores.py`).
"""

import json
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from music.notes import Chord, Note
from music.piece import Bar
from preprocess import Selection, Tune, read_tune, write_grammars
from running.console import show
from running.memory import key_of, recall, remember

MIDI_ENDINGS = (".mid", ".midi", ".kar", ".rmi")
LEAD_SHEET_ENDINGS = (".musicxml", ".xml", ".mxl", ".mei", ".abc", ".krn")
LARGEST = 10_000_000  # bytes of a file whose reading is remembered
LATEST, LONGEST_BAR = 1e7, 64.0  # quarters: beyond them nothing that was read can lie
FEW = 12  # fewer files than this are read faster here than by other processes, which have to start first
FOLDERS = ("music", "reading")  # whose code decides what is read, beside the two scripts
SCRIPTS = ("preprocess.py", "grammar.py")


class Read(NamedTuple):
    """A tune that was read: the file, its melody and chords, and its lines of grammar, one a bar."""

    path: Path
    tune: Tune
    abstract_grammars: list[str]


class Skipped(NamedTuple):
    """A file that cannot be used, and why."""

    path: Path
    reason: str


def read_tunes(
    path: Path, selection: Selection = Selection(), memory: Path | None = None
) -> tuple[list[Read], list[Skipped]]:
    """Read a file, or all tunes in a folder in order of their names; what cannot be used is skipped.

    `memory` is a folder in which readings are remembered, None for not at all. Raises ValueError where the file, or
    every file of the folder, cannot be used, and where the folder has none.
    """
    if not path.is_dir():
        return [Read(path, *_remembered(path, selection, memory))], []
    endings = MIDI_ENDINGS + LEAD_SHEET_ENDINGS
    files = sorted(file for file in path.rglob("*") if file.suffix.lower() in endings and file.is_file())
    if not files:
        raise ValueError(f"{path}: no file in this folder ends in one of {' '.join(endings)}; set TUNE to another one")
    read, skipped = [], []
    for number, (file, result) in enumerate(zip(files, _results(files, selection, memory), strict=True), 1):
        if isinstance(result, str):
            skipped.append(Skipped(file, result))
        else:
            read.append(Read(file, *result))
        show(f"reading     {number} of {len(files)} files")
    show(f"reading     {len(read)} tunes of {len(files)} files", done=True)
    if not read:
        raise ValueError(f"{path}: none of its {len(files)} files can be used; the first: {skipped[0].reason}")
    return read, skipped


def _results(files: list[Path], selection: Selection, memory: Path | None):
    """For each file, in order, what was read or why it cannot be used."""
    if len(files) < FEW:
        return (_attempt(file, selection, memory) for file in files)
    from joblib import Parallel, delayed

    jobs = (delayed(_attempt)(file, selection, memory) for file in files)
    return Parallel(n_jobs=-1, return_as="generator")(jobs)


@contextmanager
def reading_on(cluster: str):
    """Inside, folders are read by the Dask cluster whose scheduler has this address; '': by this machine.

    Its workers need this project on their path and the folder at the same place. Raises ValueError where Dask is not
    installed or nobody answers.
    """
    if not cluster:
        yield
        return
    try:
        from distributed import Client
    except ImportError:
        raise ValueError("CLUSTER (--cluster) needs Dask, which is not installed: pip install distributed") from None
    from joblib import parallel_config

    try:
        client = Client(cluster, timeout=10)
    except (OSError, ValueError) as error:
        raise ValueError(f"CLUSTER (--cluster): no scheduler answers at {cluster!r} ({error}); start one") from error
    with client, parallel_config(backend="dask"):
        yield


def _attempt(file: Path, selection: Selection, memory: Path | None) -> tuple[Tune, list[str]] | str:
    try:
        return _remembered(file, selection, memory)
    except ValueError as error:
        return str(error)


def _remembered(file: Path, selection: Selection, memory: Path | None) -> tuple[Tune, list[str]]:
    try:
        content = file.read_bytes() if memory and file.is_file() and file.stat().st_size <= LARGEST else None
    except OSError:
        content = None
    if content is None:
        return _read(file, selection)  # which says what is wrong, if anything is
    kept = memory / "tunes" / f"{key_of(content, repr(selection), _code())}.json"
    text = recall(kept)
    if text is not None:
        try:
            return tune_from_json(*json.loads(text))
        except (ValueError, TypeError, LookupError):
            pass  # damaged: read the tune again
    tune, abstract_grammars = _read(file, selection)
    remember(kept, json.dumps(tune_to_json(tune, abstract_grammars)).encode())
    return tune, abstract_grammars


def tune_to_json(tune: Tune, abstract_grammars: list[str]) -> list:
    """A tune and its grammar as what JSON can hold."""
    return [vars(tune), abstract_grammars]


def tune_from_json(parts: dict, abstract_grammars: list[str]) -> tuple[Tune, list[str]]:
    """What `tune_to_json` made, as a tune and its grammar again; ValueError for what cannot be one."""
    parts = dict(parts)
    parts["melody"] = {int(bar): [Note(*note) for note in notes] for bar, notes in parts["melody"].items()}
    parts["chords"] = {
        int(bar): [Chord(offset, length, tuple(pitches), velocity) for offset, length, pitches, velocity in chords]
        for bar, chords in parts["chords"].items()
    }
    parts["bars"] = {
        int(bar): Bar(start, length, tuple(meter)) for bar, (start, length, meter) in parts["bars"].items()
    }
    parts["told"] = tuple(parts["told"])
    tune = Tune(**parts)
    _check(tune, abstract_grammars)
    return tune, abstract_grammars


def _check(tune: Tune, abstract_grammars: list[str]) -> None:
    """Refuse a tune of which the rest of the program could not be sure: it may come from elsewhere."""
    same_bars = list(tune.melody) == list(tune.chords) == list(tune.bars)
    if not (same_bars and tune.bars and len(abstract_grammars) == len(tune.bars)):
        raise ValueError("its melody, chords, bars and grammar do not hold the same bars")
    for number, bar in tune.bars.items():
        music = tune.melody[number] + tune.chords[number]
        pitches = [note.pitch for note in tune.melody[number]]
        pitches += [pitch for chord in tune.chords[number] for pitch in chord.pitches]
        places = [item.offset - bar.start for item in music]
        if not (
            0 <= bar.start <= LATEST
            and 0 < bar.length <= LONGEST_BAR
            and all(type(pitch) is int and 0 <= pitch <= 127 for pitch in pitches)
            and all(-1e-6 <= place < bar.length for place in places)
            and all(0 <= item.quarter_length <= LATEST and 0 <= item.velocity <= 127 for item in music)
            and tune.chords[number]
            and all(chord.pitches for chord in tune.chords[number])
        ):
            raise ValueError(f"its bar {number} holds what cannot be played")


@cache
def _code() -> bytes:
    """What reading is done with: a reading is worth nothing after any of it has changed."""
    root = Path(__file__).resolve().parent.parent
    files = [root / script for script in SCRIPTS]
    files += [file for folder in FOLDERS for file in sorted((root / folder).glob("*.py"))]
    return b"".join(file.read_bytes() for file in files) + version("music21").encode() + version("mido").encode()


def _read(file: Path, selection: Selection) -> tuple[Tune, list[str]]:
    if file.suffix.lower() in LEAD_SHEET_ENDINGS:
        from reading.scores import read_lead_sheet

        tune = read_lead_sheet(file, selection)
    else:
        tune = read_tune(file, selection)
    return tune, write_grammars(tune)
