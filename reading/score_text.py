"""The text of a score's file: unpacked, decoded, and safe to give to a parser.

Scores come from anywhere. Files and members of archives that are too large, texts that define entities of their own and
meters that would be counted for hours are refused here. Errors are ValueErrors without the file's name. Left to others:
what the text means (`reading/scores.py`).
"""

import io
import re
import zipfile
import zlib

# By the file's ending, what music21 calls its format.
FORMATS = {".musicxml": "musicxml", ".xml": "musicxml", ".mxl": "musicxml", ".mei": "mei", ".abc": "abc"}
FORMATS |= {".krn": "humdrum"}
MAX_FILE_BYTES = 10_000_000  # of a file, and of the score in an .mxl: some hundred times a lead sheet
LONGEST_NAME = 60  # characters of a part's name or a title
LONGEST_TEXT = {"abc": 100_000, "humdrum": 1_000_000}  # characters of one tune
# A meter with four digits or more, in each of the formats: music21 would count all its beats.
LONG_METER = re.compile(r"(?:<beats>\s*|^M:\s*|\[M:\s*|\*M|meter\.count=.)[\d+ ()]*\d{4}", re.MULTILINE)
ENCODINGS = re.compile(r"utf-?8|utf-?16|us-ascii|iso-8859-\d+|windows-125\d", re.IGNORECASE)
READABLE_ELSEWHERE = "open it in a notation program and save it as MusicXML"
NOT_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, KeyError, ValueError)


def score_text(data: bytes, ending: str) -> str:
    """A file's content as text; XML that defines entities is refused, for they may grow without bounds."""
    if not data.strip():
        raise ValueError("it is empty; choose a file that holds a score")
    if ending == ".mxl" and data.startswith(b"PK"):
        data = _unpacked(data)
    is_xml = FORMATS[ending] in ("musicxml", "mei")
    declared = re.match(rb"[^>]{,100}encoding=[\"']([\w.-]{,40})", data) if is_xml else None
    encoding = declared[1].decode("ascii", "replace") if declared else "utf-8"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    if not ENCODINGS.fullmatch(encoding):
        raise ValueError(f"its encoding is said to be {encoding!r}; {READABLE_ELSEWHERE}")
    try:
        text = data.decode(encoding).removeprefix("\ufeff")
    except (UnicodeDecodeError, LookupError) as error:
        if is_xml:
            raise ValueError(f"it is no text in {encoding}, so no MusicXML; {READABLE_ELSEWHERE}") from error
        return data.decode("latin-1")
    if is_xml and re.search(r"<!ENTITY|<!DOCTYPE[^>\[]{,1000}\[", text):
        raise ValueError(f"its DOCTYPE defines something of its own, which no score needs; {READABLE_ELSEWHERE}")
    return text


def check_text(text: str, kind: str) -> None:
    """Refuse what would keep music21 busy for hours."""
    if len(text) > LONGEST_TEXT.get(kind, MAX_FILE_BYTES):
        raise ValueError(f"{len(text):,} characters are too many: {LONGEST_TEXT[kind]:,} of {kind} are read")
    meter = LONG_METER.search(text)
    if meter:
        raise ValueError(f"no bar has as many beats as in {meter[0].strip()[:40]!r}; {READABLE_ELSEWHERE}")


def _unpacked(data: bytes) -> bytes:
    """The score in an .mxl: what its container names, else its first member in XML; no more than is allowed of it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            name = _score_name(archive)
            score = _member(archive, name) if name else b""
    except NOT_ZIP as error:
        raise ValueError(f"damaged: it cannot be unpacked ({first_line(error)}); save it again") from error
    if not name:
        raise ValueError(f"no member of it is a score; {READABLE_ELSEWHERE}")
    if len(score) > MAX_FILE_BYTES:
        raise ValueError(f"'{label(name)}' in it unpacks to more than {MAX_FILE_BYTES:,} bytes; take a smaller score")
    return score


def _score_name(archive: zipfile.ZipFile) -> str | None:
    names = archive.namelist()
    if "META-INF/container.xml" in names:
        container = _member(archive, "META-INF/container.xml").decode("utf-8", "replace")
        named = re.search(r"full-path=[\"']([^\"']+)[\"']", container)
        if named and named[1] in names:
            return named[1]
    scores = (name for name in names if name.lower().endswith((".xml", ".musicxml")))
    return next((name for name in scores if not name.startswith("META-INF/")), None)


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    """A member's content, or a byte too much of one that is too long."""
    with archive.open(name) as member:
        return member.read(MAX_FILE_BYTES + 1)


def first_tune(text: str) -> tuple[str, tuple[str, ...]]:
    """The first tune of an ABC text, and what is told of it."""
    starts = [found.start() for found in re.finditer(r"^X:", text, re.MULTILINE)]
    if len(starts) < 2:
        return text, ()
    title = re.search(r"^T:(.*)", text[starts[0] : starts[1]], re.MULTILINE)
    named = f", '{label(title[1])}'" if title else ""
    return text[: starts[1]], (f"file: the first of its {len(starts)} tunes{named}",)


def label(text: str) -> str:
    """A name or title as one short line that can be printed."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())[:LONGEST_NAME]


def first_line(error: BaseException) -> str:
    """An error in one short line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:120] if text else type(error).__name__
