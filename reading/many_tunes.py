"""Many tunes, of which only what is learned from is held: the notes stay on disk until somebody asks for a tune.

Held of each tune are the numbers of its values, some names, and where its reading stands in one nameless file, which
goes with the run however that ends. Whoever takes tunes takes a list or a `Library` of them. Left to others: reading
them (`preprocess.py`), a tune as JSON (`reading/tune_json.py`).
"""

import contextlib
import json
import sys
import tempfile
import threading
import zlib
from array import array
from collections import defaultdict
from collections.abc import Callable, Container, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from grammar import parse_term
from music.piece import Tune, name_of
from reading.repeats import Print, print_of
from reading.tune_json import tune_to_json

MOST_KNOWN = 500  # tunes whose notes are looked at; the values of all are learned
Tunes = Sequence[Tune]  # a list of them, or a library
HELD = 16  # tunes whose notes stay in memory
LARGEST = 500_000_000  # bytes of an unpacked reading
AT_ONCE = 1_000_000  # values that are numbered anew


class Heading(NamedTuple):
    """What is known of a tune of a library without its notes, by the names that it has in a `Tune`."""

    tunes: "Library"
    number: int

    @property
    def path(self) -> Path:
        return Path(self.tunes.paths[self.number])

    @property
    def is_struck(self) -> bool:
        return bool(self.tunes.struck[self.number])

    @property
    def player(self) -> str:
        return self.tunes.players[self.number]

    @property
    def title(self) -> str:
        return self.tunes.titles[self.number]

    @property
    def style(self) -> str:
        return self.tunes.styles[self.number]

    @property
    def name(self) -> str:
        return name_of(self)

    @property
    def values(self) -> list[str]:
        first, end = self.tunes.starts[self.number : self.number + 2]
        return [self.tunes.values[index] for index in self.tunes.indices[first:end].tolist()]


class Library(Sequence):
    """Tunes in a row, each made of its reading when it is asked for.

    `tune_of(reading, path)` makes it. Of each tune, by its number, are held: `paths`, `struck`, `players`, `titles` and
    `styles`; `prints`, what it is known by; `starts`: the places in the corpus where tunes begin, and where the last
    one ends; `n_bars` of all tunes. `memory` is a folder with room for the readings, None for the system's. After the
    last `add` there are `values`, the unique ones, sorted, and `indices`, those of the whole corpus, (n,), as `small`
    as may be.
    """

    def __init__(self, tune_of: Callable[[bytes, Path], Tune], memory: Path | None = None):
        self.paths, self.struck, self.players, self.titles, self.styles = [], bytearray(), [], [], []
        self.prints, self.starts, self.n_bars = [], array("q", [0]), 0
        self._numbers, self._number_of = array("i"), {}  # of the corpus, in order of their first occurrence
        self._file, self._places, self._lock = _nameless(memory), array("q", [0]), threading.Lock()
        self._tune_of, self._tune, self._memory = tune_of, lru_cache(HELD)(self._made), memory

    def add(self, path: Path, reading: bytes) -> None:
        """One tune more, of `packed`. Raises ValueError for what is none."""
        grammars, is_struck, *names, known_by = heading_of(reading)
        known_by = Print.of_text(known_by)
        values = [value for line in grammars for value in line.split()]
        for value in values:
            if value not in self._number_of:
                parse_term(value)
                self._number_of[value] = len(self._number_of)
        self._numbers.extend(map(self._number_of.__getitem__, values))
        self.starts.append(len(self._numbers))
        self.n_bars += len(grammars)
        self.prints.append(known_by)
        self.paths.append(str(path))
        self.struck.append(is_struck)
        for column, name in zip((self.players, self.titles, self.styles), names, strict=True):
            column.append(sys.intern(name))
        self._file.write(reading)
        self._places.append(self._places[-1] + len(reading))

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, which):
        numbers = range(len(self))[which]
        return self._tune(numbers) if isinstance(numbers, int) else [self._tune(number) for number in numbers]

    @property
    def headings(self) -> list[Heading]:
        """What is known of each tune."""
        return [Heading(self, number) for number in range(len(self))]

    @property
    def lengths(self) -> np.ndarray:
        """How many values each tune has, (n_tunes,)."""
        return np.diff(self.starts)

    @cached_property
    def values(self) -> list[str]:
        return sorted(self._number_of)

    @cached_property
    def indices(self) -> np.ndarray:
        numbers, found = np.frombuffer(self._numbers, np.int32), np.empty(len(self._numbers), small(len(self.values)))
        order = np.argsort([self._number_of[value] for value in self.values]).astype(found.dtype)
        for first in range(0, len(numbers), AT_ONCE):
            found[first : first + AT_ONCE] = order[numbers[first : first + AT_ONCE]]
        self._numbers = array("i")
        return found

    @cached_property
    def known(self) -> list[int]:
        return _evenly(self.players)

    def without(self, numbers: Container[int]) -> "Library":
        """A library of its other tunes."""
        others = Library(self._tune_of, self._memory)
        for number in range(len(self)):
            if number not in numbers:
                others.add(Path(self.paths[number]), self._reading(number))
        return others

    def _reading(self, number: int) -> bytes:
        first, end = self._places[number : number + 2]
        with self._lock:  # the page's threads ask, too
            self._file.seek(first)
            return self._file.read(end - first)

    def _made(self, number: int) -> Tune:
        return self._tune_of(self._reading(number), Path(self.paths[number]))


def small(n_values: int) -> np.dtype:
    """The smallest kind of number that holds indices of so many values."""
    return np.min_scalar_type(max(0, n_values - 1))


def headings_of(tunes: Tunes) -> Sequence[Tune | Heading]:
    """What is known of tunes without their notes."""
    return tunes.headings if isinstance(tunes, Library) else tunes


def n_bars_of(tunes: Tunes) -> int:
    """How many bars tunes have together."""
    return tunes.n_bars if isinstance(tunes, Library) else sum(len(tune.bars) for tune in tunes)


def known_of(tunes: Tunes) -> list[int]:
    """The numbers of the tunes whose notes are looked at: all, or of more than `MOST_KNOWN` as many of each player as
    there are or as may be, evenly out of his."""
    return tunes.known if isinstance(tunes, Library) else _evenly([tune.player for tune in tunes])


def _evenly(players: list[str]) -> list[int]:
    if len(players) <= MOST_KNOWN:
        return list(range(len(players)))
    by_player = defaultdict(list)
    for number, player in enumerate(players):
        by_player[player].append(number)
    found = []
    for left, his in zip(range(len(by_player), 0, -1), sorted(by_player.values(), key=len), strict=True):
        share = min(len(his), (MOST_KNOWN - len(found)) // left)
        found += [his[place * len(his) // share] for place in range(share)]
    return sorted(found)


def packed(tune: Tune) -> bytes:
    """A tune as its reading is kept: what `heading_of` reads, and what `json_of` does, each by itself."""
    heading = [tune.abstract_grammars, tune.is_struck, tune.player, tune.title, tune.style, print_of(tune).text]
    return b"".join(zlib.compress(json.dumps(part).encode(), 1) for part in (heading, tune_to_json(tune)))


def heading_of(reading: bytes) -> tuple[list[str], bool, str, str, str, str]:
    """Of a packed tune its grammar, whether a pianist is heard, its player, title and style, and the text of its print
    (`reading/repeats.py`). Raises ValueError for what is none."""
    heading = json.loads(_unpacked(reading)[0])
    if not (isinstance(heading, list) and [type(part) for part in heading] == [list, bool, str, str, str, str]):
        raise ValueError("holds no tune")
    if not all(type(line) is str for line in heading[0]):
        raise ValueError("its grammar is no text")
    return heading


def json_of(reading: bytes) -> object:
    """Of a packed tune what JSON holds of it. Raises ValueError for what is none."""
    return json.loads(_unpacked(_unpacked(reading)[1])[0])


def _unpacked(reading: bytes) -> tuple[bytes, bytes]:
    """The first thing that is packed in it, and what follows."""
    packer = zlib.decompressobj()
    try:
        return packer.decompress(reading, LARGEST), packer.unused_data
    except zlib.error as error:
        raise ValueError(f"cannot be unpacked ({error})") from error


def _nameless(memory: Path | None):
    """A file without a name: where there is room for much, if that can be written."""
    with contextlib.suppress(OSError):
        if memory:
            memory.mkdir(parents=True, exist_ok=True)
            return tempfile.TemporaryFile(dir=memory)
    return tempfile.TemporaryFile()
