"""The Weimar Jazz Database as it is downloaded: `wjazzd.db`, or its CSV export, two files a solo.

`NAME_FINAL.csv` has the notes, `NAME_FINAL_beattrack.csv` the beats, beside it or in a folder beside or below; the
database has both in its tables `melody` and `beats`, and in `solo_info` who plays what. A solo of the database has a
path of its own, the file's and behind it its name: `wjazzd.db/CharlieParker_DonnaLee`. The format:
https://jazzomat.hfm-weimar.de/dbformat/dbformat.html.

Left to others: the solo's bars, notes and chords (`reading/annotated.py`), which of them are wanted
(`music/catalogue.py`).
"""

import csv
import glob
import hashlib
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import lru_cache
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from music.chord_symbols import NO_CHORD, Symbol, parse_or_none
from music.piece import Tune
from reading.annotated import tune_of_rows
from reading.choosing import Selection
from running.files import read_bounded

TERMS = (
    "of the Weimar Jazz Database (Jazzomat Research Project, University of Music Franz Liszt Weimar; Open Database "
    "License 1.0): https://jazzomat.hfm-weimar.de"
)
DATABASE_ENDINGS = (".db", ".sqlite", ".sqlite3")
SOLO_ENDING = ".csv"
BEATS = "_beattrack"  # ends the name of the CSV file with a solo's beats
LARGEST = 10_000_000  # bytes of a solo as CSV
NEEDED = {"melody": {"melid", "onset", "pitch", "duration"}, "beats": {"melid", "onset"}}  # columns by table
DOWNLOAD = "take wjazzd.db as https://jazzomat.hfm-weimar.de has it"
# The database's words for instruments, as General MIDI programs.
INSTRUMENTS = {"ss": 64, "as": 65, "ts": 66, "ts-c": 66, "bs": 67, "cl": 71, "bcl": 71, "fl": 73, "fln": 73, "ob": 68}
INSTRUMENTS |= {"tp": 56, "cor": 56, "flgh": 56, "tb": 57, "tu": 58, "p": 0, "org": 16, "vib": 11, "g": 26, "b": 32}
INSTRUMENTS |= {"voc": 53, "vc": 42, "vln": 40, "bjo": 105, "harm": 22}

# A chord as the database writes it: tensions follow one another as numbers, each with its accidental behind it.
CHORD = re.compile(
    r"(?P<root>[A-G][b#]?)(?P<kind>sus4?|min|maj(?!7)|dim|aug|m(?!aj)|-|o|\+)?(?P<seventh>6|j7?|maj7|7)?"
    r"(?P<tensions>(?:13b?|11#?|9[b#]?)*)(?P<change>alt|b5)?(?P<sus>sus4?)?(?P<bass>/[A-G][b#]?)?"
)
KINDS = {"min": "m", "-": "m", "m": "m", "o": "dim", "dim": "dim", "maj": "", "": ""}
ALTERED = {"9b": "b9", "9#": "#9", "11#": "#11", "13b": "b13"}


class Listed(NamedTuple):
    """A solo as it is found: its `path`, who plays what in which style ('' where that is not told) on which General
    MIDI `program` (None likewise); its number in its database, None of a CSV file."""

    path: Path
    player: str = ""
    title: str = ""
    style: str = ""
    program: int | None = None
    number: int | None = None


class Annotated(NamedTuple):
    """A solo as its rows: of its beats and of its notes, each a value, a text, a number or None, by column."""

    beats: list[dict]
    notes: list[dict]


def is_database(path: Path) -> bool:
    """Whether a path is that of a database."""
    return path.suffix.lower() in DATABASE_ENDINGS and path.is_file()


def is_in_database(path: Path) -> bool:
    """Whether a path is that of a solo in a database."""
    return is_database(path.parent)


def table_of(solos: list[Listed]) -> list[str]:
    """A line for each solo: its player, title, style, and how many bars and notes it has."""
    rows = [("player", "title", "style", "bars", "notes", "name for OVER")]
    for solo in solos:
        try:
            beats, notes = read_annotated(solo.path)
            bars = len({row.get("bar") for row in beats if row.get("bar") not in (None, "")})
            rows.append((solo.player, solo.title, solo.style.lower(), str(bars), str(len(notes)), solo.path.name))
        except ValueError as error:
            rows.append((solo.player, solo.title, solo.style.lower(), "", "", str(error)))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return ["  ".join((*map(str.ljust, row, widths), row[5])).rstrip() for row in rows]


def solos_in(path: Path) -> list[Listed]:
    """The solos of a database, by name. Raises ValueError, naming the file and a fix, for what is none or is damaged,
    and for one without solos."""
    return list(_read_list(path, path.stat().st_mtime_ns)[0].values())


def listed(path: Path) -> Listed:
    """What is told of a solo of the database, by its path; of a CSV file by its name:
    'CharlieParker_DonnaLee-1_FINAL.csv' -> Charlie Parker, Donna Lee. Raises ValueError for a solo there is not."""
    if is_in_database(path):
        solos, _ = _read_list(path.parent, path.parent.stat().st_mtime_ns)
        if path.name not in solos:
            raise ValueError(f"{path}: this database has no solo of that name; --list shows those it has")
        return solos[path.name]
    player, _, title = path.stem.removesuffix("_FINAL").rpartition("_")
    return Listed(path, _parted(player), _parted(re.sub(r"-\d+$", "", title)))


def is_solo_file(path: Path) -> bool:
    """Whether a CSV file begins as one with a solo's notes does."""
    if path.suffix.lower() != SOLO_ENDING:
        return False
    try:
        with path.open("rb") as file:
            return {b"onset", b"pitch", b"bar", b"tatum"} <= set(re.split(rb'[;,"\r\n]', file.read(1000)))
    except OSError:
        return False


def sources_in(files: Iterable[Path]) -> list[Listed]:
    """The solos among some files, by path: those of databases, and CSV files that begin as one. A database that cannot
    be read stands for itself; Thumbs.db, which Windows leaves beside pictures, is none."""
    found = []
    for file in files:
        if is_database(file) and file.name.lower() != "thumbs.db":
            try:
                found += solos_in(file)
            except ValueError:
                found.append(Listed(file))  # reading it says what is wrong
        elif is_solo_file(file):
            found.append(listed(file))
    return found


def files_behind(path: Path) -> tuple[Path, ...]:
    """The files that a tune was read from: its database, a solo's two CSV files, else its own."""
    if is_in_database(path):
        return (path.parent,)
    return files_of(path) if path.suffix.lower() == SOLO_ENDING and path.is_file() else (path,)


def content_of(path: Path) -> bytes:
    """What a solo's reading depends on: its name, which tells who plays, and the bytes of its files or the digest of
    its database. ValueError where they cannot be read."""
    if is_in_database(path):
        files = [_digest(path.parent, path.parent.stat().st_mtime_ns).encode()]
    else:
        files = [read_bounded(file, LARGEST, "a solo as CSV") for file in files_of(path)]
    return b"\0".join([path.name.encode(errors="surrogateescape"), *files])


@lru_cache(maxsize=4)
def _digest(path: Path, _: int) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror}); is the path right?") from error


def read_solo(path: Path, selection: Selection = Selection()) -> Tune:
    """A solo of the database, or of its CSV files, without its grammar; see `reading.annotated.tune_of_rows`. Raises
    ValueError, naming the file and a fix, where it cannot be read."""
    solo, rows = listed(path), read_annotated(path)
    tune = tune_of_rows(path, rows.beats, rows.notes, symbol_of, selection)
    names = ", ".join(name for name in (solo.player, solo.title, solo.style.lower()) if name)
    told = f"{names}, {TERMS}" if names else TERMS
    who = {"player": solo.player, "title": solo.title, "style": solo.style, "program": solo.program}
    return replace(tune, told=(told, *tune.told), **who)


def read_annotated(path: Path) -> Annotated:
    """The rows of a solo, of a database or of its two CSV files. Raises ValueError, naming the file and a fix, where
    they cannot be read or are none."""
    return _rows_in_database(path) if is_in_database(path) else _rows_in_files(path)


@lru_cache(maxsize=4096)
def symbol_of(text: str) -> Symbol | None:
    """A chord as the database writes it, in our spelling: 'Bbj7' -> Bbmaj7, 'C-7' -> Cm7, 'G79b/F' -> G7b9/F, 'NC' ->
    N.C.; None for what is none."""
    text = text.strip()
    if re.fullmatch(r"(?i)n\.?c\.?", text):
        return parse_or_none(NO_CHORD)
    found = CHORD.fullmatch(text)
    return found and parse_or_none(_our_spelling(found)) or parse_or_none(text)


def _our_spelling(chord: re.Match) -> str:
    kind, seventh, change = chord["kind"] or "", chord["seventh"] or "", chord["change"] or ""
    tensions = re.findall(r"13b?|11#?|9[b#]?", chord["tensions"])
    is_major, sus = seventh[:1] in ("j", "m"), kind.startswith("sus") or bool(chord["sus"])
    fifth = {"+": "#5", "aug": "#5", "b5": "b5"}.get(change or kind, "") if seventh or tensions else ""
    natural = [tension for tension in tensions if tension in ("9", "11", "13")]
    has_third = not sus and kind in ("", "maj", "+", "aug")
    added = "add11" * (has_third and "11" in natural)  # C11 would leave the third out, and C13 the eleventh
    natural = [tension for tension in natural if not added or tension != "11"]
    if seventh == "6":
        number = "69" if "9" in natural else "6"
    else:
        number = natural[-1] if natural else "7" if seventh or tensions else ""
    quality = "aug" if kind in ("+", "aug") and not fifth else KINDS.get(kind, "")
    major = ("Maj" if quality else "maj") if is_major else ""
    altered = "".join(ALTERED[tension] for tension in tensions if tension in ALTERED)
    suffix = quality + major + number + "alt" * (change == "alt") + "sus" * sus + fifth + altered + added
    return chord["root"] + suffix + (chord["bass"] or "")


# --- CSV files -------------------------------------------------------------------------------------------------------


def files_of(path: Path) -> tuple[Path, Path]:
    """The two files of a solo, notes and beats. Raises ValueError where the beats are not near."""
    name = path.stem + BEATS + path.suffix
    near = [path.with_name(name)]
    for folder in (path.parent, path.absolute().parent.parent):
        near += [folder / name, *sorted(folder.glob(f"*/{glob.escape(name)}"))]
    for beats in near:
        if beats.is_file():
            return path, beats
    raise ValueError(f"{path}: its beats, {name}, lie neither beside it nor in a folder beside; put them there")


def _rows_in_files(path: Path) -> Annotated:
    if path.stem.endswith(BEATS):
        notes = path.stem.removesuffix(BEATS) + path.suffix
        raise ValueError(f"{path}: the beats of a solo; give the file with its notes, {notes}")
    notes = _rows_of(path, "a solo of the Weimar Jazz Database as CSV", {"onset", "pitch", "duration"})
    return Annotated(_rows_of(files_of(path)[1], "the beats of a solo as CSV", {"onset"}), notes)


def _rows_of(path: Path, what: str, needed: set[str]) -> list[dict]:
    content = read_bounded(path, LARGEST, what)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    first = text.partition("\n")[0]
    reader = csv.DictReader(StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",")
    try:
        lacking = needed - set(reader.fieldnames or ())
        if lacking:
            raise ValueError(f"{path}: not {what}, for it has no column {sorted(lacking)[0]!r}; {DOWNLOAD}")
        return list(reader)
    except csv.Error as error:
        raise ValueError(f"{path}: not {what} ({error}); {DOWNLOAD}") from error


def _parted(name: str) -> str:
    """A name of a file in words: 'DonnaLee' -> 'Donna Lee', 'JJJohnson' -> 'JJ Johnson'."""
    parted = ""
    for before, sign, after in zip(" " + name, name, name[1:] + " ", strict=False):
        begins = sign.isupper() and (before.islower() or before.isdigit() or before.isupper() and after.islower())
        parted += " " + sign if begins else sign
    return parted


# --- The database ----------------------------------------------------------------------------------------------------


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The database, to be read only. Raises ValueError, naming the file, for whatever is wrong with it."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            connection.text_factory = lambda data: data.decode("utf-8", "replace")
            yield connection
    except sqlite3.Error as error:
        raise ValueError(f"{path}: not an SQLite database, or a damaged one ({error}); {DOWNLOAD}") from error


@lru_cache(maxsize=4)
def _read_list(path: Path, _: int) -> tuple[dict[str, Listed], dict[str, dict[int, tuple[int, int]]]]:
    """The solos of a database by name, and by table and solo between which rows its own are."""
    with _opened(path) as connection:
        spans = {}
        for table, needed in NEEDED.items():
            columns = {row[1].lower() for row in connection.execute(f"PRAGMA table_info({table})")}
            if lacking := needed - columns:
                what = f"no column {sorted(lacking)[0]!r} in its table {table!r}" if columns else f"no table {table!r}"
                raise ValueError(f"{path}: not the Weimar Jazz Database, for it has {what}; {DOWNLOAD}")
            found = connection.execute(f"SELECT melid, min(rowid), max(rowid) FROM {table} GROUP BY melid")
            spans[table] = {number: (first, last) for number, first, last in found if number is not None}
        told = {row.get("melid"): row for row in _rows(connection, "SELECT * FROM solo_info", optional=True)}
        files = _rows(connection, "SELECT * FROM transcription_info", optional=True)
        named = {row.get("melid"): str(row.get("filename_sv") or "") for row in files}
    if not spans["melody"]:
        raise ValueError(f"{path}: a database without solos; {DOWNLOAD}")
    solos = {}
    for number in sorted(spans["melody"], key=lambda number: (isinstance(number, str), number)):
        row = told.get(number, {})
        player, title, style = (str(row.get(what) or "").strip() for what in ("performer", "title", "style"))
        name = _name_of(named.get(number, ""), player, title, number)
        again = sum(re.fullmatch(re.escape(name) + r"(~\d+)?", other) is not None for other in solos)
        name += f"~{again + 1}" * bool(again)
        program = INSTRUMENTS.get(str(row.get("instrument") or "").strip().lower())
        solos[name] = Listed(path / name, player, title, style, program, number)
    return dict(sorted(solos.items())), spans


def _name_of(file: str, player: str, title: str, number: int) -> str:
    """What a solo is called: as its project file is, without a dot, which would begin an ending."""
    name = re.sub(r"(_FINAL)?(\.\w+)?$", "", re.split(r"[\\/]", file)[-1])
    name = name or "_".join("".join(word[:1].upper() + word[1:] for word in text.split()) for text in (player, title))
    return re.sub(r"[\\/.\0]", "", name).strip("_ ") or str(number)


def _rows_in_database(path: Path) -> Annotated:
    number = listed(path).number
    _, spans = _read_list(path.parent, path.parent.stat().st_mtime_ns)
    found = {}
    with _opened(path.parent) as connection:
        for table in NEEDED:
            first, last = spans[table].get(number, (0, -1))
            query = f"SELECT * FROM {table} WHERE rowid BETWEEN ? AND ? AND melid = ? ORDER BY rowid"
            found[table] = _rows(connection, query, (first, last, number))
    return Annotated(found["beats"], found["melody"])


def _rows(connection: sqlite3.Connection, query: str, values: tuple = (), optional: bool = False) -> list[dict]:
    """Rows by column; no table that is `optional`, no rows."""
    try:
        cursor = connection.execute(query, values)
    except sqlite3.OperationalError:
        if optional:
            return []
        raise
    names = [column[0].lower() for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]
