"""From a file, or a folder of them, to chords and lines of grammar: the data set.

A tune is any MIDI file or score with pitches, or a solo of the Weimar Jazz Database; a folder is searched with
everything below it, in parallel, and what cannot be used, or is in another file once more, is listed with the reason
and left out. What was read is remembered by the file's content and by the reading code, so that nothing is read twice.

Left to others: what is found in a file and chosen (`reading/`), the grammar of a bar (`grammar.py`), windows and
one-hot tensors (`data_utils.py`).
"""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from grammar import REST, parse_melody, parse_term
from music.catalogue import Wanted, chosen
from music.chorus import usual_bar
from music.notes import Chord
from music.piece import Tune
from music.units import duration_text
from reading import weimar
from reading.bounds import read_apart
from reading.changes import typed_chorus
from reading.choosing import Selection, tune_of
from reading.kinds import others_among
from reading.listing import listing
from reading.many_tunes import Library, Tunes, heading_of, json_of, packed
from reading.midi import read_midi
from reading.raw_tune import RawTune
from reading.repeats import repeats_among
from reading.tune_changes import over_changes
from reading.tune_json import tune_from_json
from running.console import Progress, show
from running.files import read_bounded
from running.helpers import in_order
from running.memory import VERSION, digest_of, recall, remember

MIDI_ENDINGS = (".mid", ".midi", ".kar", ".rmi")
SCORE_ENDINGS = (".musicxml", ".xml", ".mxl", ".mei", ".abc", ".krn")
LARGEST = 10_000_000  # bytes of a file whose reading is remembered; what is larger is read each time
FEW = 12  # fewer files than this are read faster here than by other processes, which have to start first
# Whose code decides what is read: a reading is worth nothing after any of it has changed.
READERS = ("music/*.py", "reading/*.py", "preprocess.py", "grammar.py")


_clients = []  # of the Dask cluster that reads, if there is one


class Skipped(NamedTuple):
    """A file that cannot be used, and why."""

    path: Path
    reason: str


def get_musical_data(
    path: str | os.PathLike, selection: Selection = Selection()
) -> tuple[dict[int, list[Chord]], list[str]]:
    """Read a tune, MIDI or score, and write each bar of its melody as grammar.

    Returns `chords`, the chords of each bar by bar number, and `abstract_grammars`, one line of grammar for each of
    those bars, in order. Source: the family's `get_musical_data`. Raises ValueError as `read_tune` does.
    """
    tune = read_tune(path, selection)
    return tune.chords, list(tune.abstract_grammars)


def get_corpus_data(
    abstract_grammars: Iterable[str],
) -> tuple[list[str], list[str], dict[str, int], dict[int, str]]:
    """All terms in order, the unique ones sorted, and the maps from value to index and from index to value.

    Source: the family's `get_corpus_data`, which numbers the values in the changing order of a set. No grammars, or
    empty ones, give an empty corpus.
    """
    corpus = [term for line in abstract_grammars for term in line.split()]
    values = sorted(set(corpus))
    values_indices = {value: index for index, value in enumerate(values)}
    indices_values = dict(enumerate(values))
    return corpus, values, values_indices, indices_values


def read_tune(path: str | os.PathLike, selection: Selection = Selection()) -> Tune:
    """The quantised melody, its grammar, and the chords of a file, by bar; see `reading.choosing.tune_of`.

    Raises ValueError, naming the file and a fix, where it cannot be read, has no melody, or nothing in the window.
    """
    path = Path(path)
    tune = _read_solo(path, selection) or tune_of(_read_raw(path, selection), selection)
    return replace(tune, abstract_grammars=tuple(write_grammars(tune)), path=path)


def list_file(path: Path, selection: Selection = Selection()) -> list[str]:
    """What a file holds and what would be read of it, in lines; see `reading.listing.listing`. ValueError, naming the
    file and a fix, where it cannot be read."""
    if weimar.is_database(path):
        return weimar.table_of(weimar.solos_in(path))
    if _is_solo(path):
        weimar.read_annotated(path)  # which tells what is wrong with it
        return weimar.table_of([weimar.listed(path)])
    if path.is_dir():
        inside = sorted(path.rglob("*"))
        if solos := weimar.sources_in(inside):
            return weimar.table_of(solos)
        files = [file for file in inside if file.suffix.lower() in MIDI_ENDINGS + SCORE_ENDINGS]
        there = f"one of its files, as {files[0]}" if files else "a file"
        raise ValueError(f"{path}: a folder, of which nothing can be listed; set TUNE to {there}")
    if path.suffix.lower() in SCORE_ENDINGS:
        (lines,) = read_apart(_listed, [(path, selection)])
    else:
        lines = _listed(path, selection)
    if isinstance(lines, str):
        raise ValueError(lines)
    return lines


def _listed(path: Path, selection: Selection) -> list[str] | str:
    try:
        return listing(_read_raw(path, selection), selection)
    except ValueError as error:
        return str(error)


def _is_solo(path: Path) -> bool:
    """Whether a path is that of a solo in a database, or in CSV files."""
    return weimar.is_in_database(path) or path.suffix.lower() == weimar.SOLO_ENDING


def _read_solo(path: Path, selection: Selection) -> Tune | None:
    """The solo of the database that a path names; None for a path of anything else."""
    if _is_solo(path):
        return weimar.read_solo(path, selection)
    if weimar.is_database(path):
        name = weimar.solos_in(path)[0].path
        raise ValueError(f"{path}: a database of solos; read one of them, as {name}")
    return None


def _read_raw(path: Path, selection: Selection) -> RawTune:
    if path.suffix.lower() in SCORE_ENDINGS:
        from reading.scores import read_score

        raw = read_score(path)
        if selection.meter or selection.pickup is not None:
            told = "meter: a score's bars are as written; METER and PICKUP are for MIDI files"
            raw = replace(raw, told=(*raw.told, told))
        return raw
    return read_midi(path, selection.meter, selection.pickup)


def with_changes(tunes: Tunes, changes: str, song: str = "") -> Tunes:
    """The one tune over changes that are given for it, as `reading.changes.typed_chorus` takes them, and its grammar
    over them. No changes: the tunes as they are.

    Raises ValueError as that does, and for several tunes.
    """
    if not changes:
        return tunes
    if len(tunes) > 1:
        raise ValueError(f"TUNE_CHORDS (--tune-chords) gives the changes of one tune, TUNE is a folder of {len(tunes)}")
    (tune,) = tunes
    chorus = typed_chorus(changes, usual_bar(list(tune.bars.values())), song, "TUNE_CHORDS")
    tune = over_changes(tune, chorus, tune.begins)
    return [replace(tune, abstract_grammars=tuple(write_grammars(tune)))]


def tune_as_kept(parts: dict) -> Tune:
    """A tune that JSON has kept, with the grammar of its notes. Raises ValueError for what is none: it may come from
    elsewhere."""
    tune = tune_from_json(parts)
    for (number, bar), line in zip(tune.bars.items(), tune.abstract_grammars, strict=True):
        notes, terms = tune.melody[number], [parse_term(term) for term in line.split()]
        played = [note.duration for note in notes] or [bar.length]
        if [term.duration for term in terms] != played or any((term.type == REST) == bool(notes) for term in terms):
            raise ValueError(f"its bar {number} is not what its grammar says")
    return tune


def write_grammars(tune: Tune) -> list[str]:
    """One line of grammar for each bar of a tune; a bar of rest is 'R' and its length: 'R,4.000'."""
    return [
        parse_melody(notes, tune.chords[bar]) if notes else f"{REST},{duration_text(tune.bars[bar].length)}"
        for bar, notes in tune.melody.items()
    ]


def read_tunes(
    path: Path,
    selection: Selection = Selection(),
    memory: Path | None = None,
    when_new=lambda: None,
    wanted: Wanted = Wanted(),
    other_styles: tuple[str, ...] = (),
) -> tuple[Tunes, list[Skipped]]:
    """Read a file, or all tunes in a folder or database, a `Library`, in order of their names; what cannot be used is
    skipped.

    `memory` is a folder in which readings are remembered, None for not at all. `when_new` is called before a file is
    read that nobody remembers, if this process reads it. Only those are read that are `wanted`; see
    `music.catalogue.chosen`, which takes `other_styles`, too. Raises ValueError where the file, or
    every file of the folder, cannot be used, and where the folder has none.
    """
    files = [source.path for source in chosen(_sources_in(path), wanted, other_styles)]
    if len(files) == 1 and not path.is_dir():
        return [_read_file(files[0], selection, memory, when_new)], []
    library, skipped = Library(lambda reading, file: _tune_of(reading, file, selection), memory), []
    progress = Progress("reading", len(files))
    for number, (file, result) in enumerate(_readings(files, selection, memory, when_new)):
        progress(number)
        if isinstance(result, str):
            skipped.append(Skipped(file, result))
        else:
            library.add(file, result)
    library, skipped = _once(library, skipped)
    show(f"reading     {len(library)} tunes of {len(files)} files", done=True)
    if any(library.players):
        show(f"terms       the solos are {weimar.TERMS}", done=True)
    if not library:
        raise ValueError(f"{path}: none of its {len(files)} files can be used; the first: {skipped[0].reason}")
    return library, skipped


def _once(library: Library, skipped: list[Skipped]) -> tuple[Library, list[Skipped]]:
    """Each tune of a library once, and what is skipped with those that are in another one."""
    repeats = repeats_among(library.prints, library.paths)
    told = [Skipped(Path(library.paths[number]), reason) for number, reason in repeats.items()]
    library = library.without(repeats) if repeats else library
    library.prints.clear()  # nobody asks again
    return library, sorted(skipped + told)


def _sources_in(path: Path) -> list[weimar.Listed]:
    """The tunes of a folder or a database, by name, or the one of a file, with what is told of them before they are
    read. Raises ValueError where there are none."""
    if weimar.is_database(path):
        return weimar.solos_in(path)
    if not path.is_dir():
        return [weimar.listed(path)] if _is_solo(path) else [weimar.Listed(path)]
    endings = MIDI_ENDINGS + SCORE_ENDINGS
    files, others = [], []
    for file in path.rglob("*"):
        if file.is_file():
            (files if file.suffix.lower() in endings else others).append(file)
    sources = [weimar.Listed(file) for file in files + others_among(others, files)] + weimar.sources_in(others)
    if not sources:
        every = " ".join((*endings, weimar.SOLO_ENDING, *weimar.DATABASE_ENDINGS))
        raise ValueError(f"{path}: no file in this folder ends in one of {every}; set TUNE to another one")
    return sorted(sources)


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
    try:
        client = Client(cluster, timeout=10)
    except (OSError, ValueError) as error:
        raise ValueError(f"CLUSTER (--cluster): no scheduler answers at {cluster!r} ({error}); start one") from error
    with client:
        _clients.append(client)
        try:
            yield
        finally:
            _clients.remove(client)


def _read_file(file: Path, selection: Selection, memory: Path | None, when_new) -> Tune:
    """The tune of one file, which is remembered."""
    entry = _entry(file, selection, memory)
    kept = entry and recall(entry)
    if kept:
        with suppress(ValueError, RecursionError):  # not what was kept: reading it says what is wrong
            return _as_kept(kept, file)
    when_new()
    if file.suffix.lower() in SCORE_ENDINGS:
        result = _read_here(file, selection)
        if isinstance(result, str):
            raise ValueError(result)
        tune = _tune_of(result, file, selection)
    else:
        tune = read_tune(file, selection)
    if memory:
        _remember(packed(tune), file, selection, memory)
    return tune


def _readings(files: list[Path], selection: Selection, memory: Path | None, when_new) -> Iterator[tuple]:
    """Each file, in order, and its reading, packed, or why it cannot be used."""
    entries, progress = [], Progress("files", len(files))
    for number, file in enumerate(files):
        progress(number)
        entry = _entry(file, selection, memory)
        entries.append(str(entry) if entry and entry.is_file() else "")
    new = [file for file, entry in zip(files, entries, strict=True) if not entry]
    few = len(new) < FEW and not _clients
    apart = deque(file for file in new if not few or file.suffix.lower() in SCORE_ENDINGS)
    if apart and few:
        when_new()
    results = _read_apart(list(apart), selection)
    for file, entry in zip(files, entries, strict=True):
        reading = entry and _recalled(Path(entry))
        if not reading:
            if apart and apart[0] == file:
                apart.popleft()
                _, reading = next(results)
            else:
                when_new()
                reading = _read_here(file, selection)
            if isinstance(reading, bytes):
                _remember(reading, file, selection, memory)
        yield file, reading


def _read_here(file: Path, selection: Selection) -> bytes | str:
    """The reading of one file; a score is read in another process, within bounds."""
    if file.suffix.lower() not in SCORE_ENDINGS:
        return _attempt(file, selection)
    ((_, reading),) = _read_apart([file], selection)
    return reading


def _read_apart(files: list[Path], selection: Selection) -> Iterator[tuple[Path, bytes | str]]:
    """Read files in other processes, or on the cluster, each within bounds of time and memory."""
    if not _clients or not files:
        yield from zip(files, read_apart(_attempt, [(file, selection) for file in files]), strict=True)
        return
    from distributed import KilledWorker

    for file, job in in_order(lambda file: _clients[-1].submit(_attempt, file, selection, pure=False), files):
        try:
            yield file, job.result()
        except (KilledWorker, MemoryError):
            yield file, f"{file}: takes more memory to read than a worker of the cluster has; take a simpler one"


def _attempt(file: Path, selection: Selection) -> bytes | str:
    """The reading of a file, packed; or what is wrong with it."""
    try:
        return packed(read_tune(file, selection))
    except ValueError as error:
        return str(error)


def _tune_of(reading: bytes, file: Path, selection: Selection) -> Tune:
    """The tune of a packed reading of a file; it is read again where that holds none that can be believed."""
    try:
        return _as_kept(reading, file)
    except (ValueError, RecursionError):
        return read_tune(file, selection)


def _as_kept(reading: bytes, file: Path) -> Tune:
    return replace(tune_as_kept(json_of(reading)), path=file)


def _recalled(entry: Path) -> bytes | None:
    """The packed reading that is kept there, if it is one."""
    reading = recall(entry)
    try:
        return reading if reading and heading_of(reading) else None
    except (ValueError, RecursionError):
        return None


def _remember(reading: bytes, file: Path, selection: Selection, memory: Path | None) -> None:
    entry = _entry(file, selection, memory)
    if entry:
        remember(entry, reading)


def _entry(file: Path, selection: Selection, memory: Path | None) -> Path | None:
    """Where the reading of a file is kept; None for a file that cannot be read, whose reading says why."""
    is_solo = _is_solo(file)
    with suppress(ValueError, OSError):
        if memory and (is_solo or file.is_file() and file.stat().st_size <= LARGEST):
            content = weimar.content_of(file) if is_solo else read_bounded(file, LARGEST, "a tune")
            return memory / "tunes" / f"{digest_of(content, file.suffix.lower(), repr(selection), _code())}.json.z"
    return None


@cache
def _code() -> str:
    """The digest of what reading is done with, and of how it is kept."""
    root = Path(__file__).resolve().parent
    sources = [file.read_bytes() for pattern in READERS for file in sorted(root.glob(pattern))]
    return digest_of(*sources, version("music21"), version("mido"), VERSION)
