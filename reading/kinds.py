"""What a file is that is no MIDI file or score: by what it begins with, else by its ending, and the way to MIDI.

Left to others: reading what can be read, and telling what is damaged in it.
"""

import contextlib
import re
import zlib
from pathlib import Path
from typing import NamedTuple

HEAD_BYTES = 4096  # of a file, that tell what it is


class Kind(NamedTuple):
    """A kind of file: `what` it is, the `way` to MIDI, the `endings` of its names, and a regular expression of what it
    `begins` with."""

    what: str
    way: str
    endings: str = ""
    begins: bytes = rb"(?!)"


HEARD = "has sound and no notes; have a program transcribe it to MIDI, or look for the tune as MIDI"
SEEN = "has pictures of notes; have a scanner of scores, such as Audiveris, make MusicXML of it"
SAVE = "is read by its own program; open it in {} and export it as MIDI"
UNPACK = "may hold anything; unpack it and give the MIDI file in it"
IS_MIDI = rb"MThd|(?!PK|\x1f\x8b)(?s:.)*?MThd\0\0\0"  # something may stand before it
MIDI = Kind("a MIDI file", "is known by its ending; let it end in .mid", begins=IS_MIDI)
SCORE = Kind(
    "a MusicXML or MEI score",
    "is known by its ending; let it end in .musicxml or .mei",
    ".musicxml .xml .mxl .mei .abc .krn",
    rb"(?s:.){,2000}?<(score-partwise|score-timewise|mei)\b",
)
DATABASE = Kind(
    "an SQLite database",
    "is known by its ending; let wjazzd.db end in .db",
    ".db .sqlite .sqlite3",
    rb"SQLite format 3\0",
)
SOLO = Kind(
    "a table", "is read as a solo of the Weimar Jazz Database, known by its ending; let it end in .csv", ".csv",
    rb"(?s)onset,duration,period,.*?\bpitch\b",
)  # fmt: skip
ZIP = Kind("a ZIP archive", UNPACK, ".zip", rb"PK\x03\x04|PK\x05\x06")
GZIP = Kind("packed by gzip", UNPACK, ".gz .tgz", rb"\x1f\x8b")
OFFICE = Kind("an office document", "holds no notes; give a MIDI file", ".doc .docx .odt", rb"\xd0\xcf\x11\xe0")
XML = Kind("a text in XML", "is read by the program that wrote it; export it from there as MIDI", begins=rb"\s*<\?xml")
PLAIN = ZIP, GZIP, OFFICE, XML  # these only say what something is packed or written in: its ending knows more
RECORDINGS = (
    Kind("an MP3 recording", HEARD, ".mp3", rb"ID3|\xff[\xfa\xfb\xf2\xf3]"),
    Kind("an M4A, MP4 or AAC recording", HEARD, ".m4a .mp4 .m4b .m4v .mov .aac", rb"(?s:.){4}ftyp|\xff[\xf1\xf9]"),
    Kind("a WAV recording", HEARD, ".wav", rb"(?s)RI?F[F6]4?....WAVE"),
    Kind("an AIFF recording", HEARD, ".aif .aiff", rb"(?s)FORM....AIF"),
    Kind("an Ogg recording", HEARD, ".ogg .oga .opus", rb"OggS"),
    Kind("a FLAC recording", HEARD, ".flac", rb"fLaC"),
    Kind("a recording", HEARD, ".wma .webm .mkv .avi .amr .caf", rb"\x30\x26\xb2\x75|\x1a\x45\xdf\xa3|#!AMR|caff"),
    Kind("a PDF", SEEN, ".pdf", rb"\s*%PDF"),
)
ASIDE = (  # what lies beside tunes and is none
    Kind("a picture", SEEN, ".png .jpg .jpeg .gif .webp .tif .tiff", rb"(?s)\x89PNG|\xff\xd8\xff|GIF8|RIFF....WEBP"),
    Kind(
        "a web page",
        "only leads to the file; get the file itself",
        ".html .htm",
        rb"(?i)[\s\xef\xbb\xbf]*(<\?xml[^<]*)?(<!--(?s:.){,500}?-->\s*)?<(!doctype\s+html|html|head|body|meta|script)\b",
    ),
    Kind(
        "a text", "is no tune; CHORDS (--chords) takes one of changes", ".txt .chords .rtf .irealb", rb"irealb|{\\rtf"
    ),
    Kind("a SoundFont", "has sounds; SOUNDFONT (--soundfont) takes it", ".sf2 .sf3", rb"(?s)RIFF....sfbk"),
)
NOTATION = (
    Kind("a MuseScore file", SAVE.format("MuseScore"), ".mscz .mscx", rb"(PK(?s:.)*?\.mscx|(?s:.){,1000}?<museScore)"),
    Kind(
        "a Guitar Pro file",
        SAVE.format("Guitar Pro, TuxGuitar or MuseScore"),
        ".gp3 .gp4 .gp5 .gpx .gp .gtp",
        rb"(?s).?FICHIER GUITAR|BCF[ZS]|PK.*?score\.gpif",
    ),
    Kind("an Ableton Live set", SAVE.format("Live"), ".als .alc", rb"(?s:.){,500}?<Ableton"),
    Kind("a Sibelius score", SAVE.format("Sibelius"), ".sib", rb"\x0fSIBELIUS"),
    Kind("a Finale score", SAVE.format("Finale"), ".mus .musx", rb"ENIGMA BINARY"),
    Kind(
        "a Band-in-a-Box song", SAVE.format("Band-in-a-Box"), " ".join(f".{a}g{b}" for a in "sm" for b in "u0123456789")
    ),
    Kind("an Encore score", SAVE.format("Encore"), ".enc"),
    Kind("a NoteWorthy score", SAVE.format("NoteWorthy Composer"), ".nwc .nwctxt", rb"\[NoteWorthy|\[NWZ\]"),
    Kind("a Dorico score", SAVE.format("Dorico"), ".dorico"),
    Kind("a capella score", SAVE.format("capella"), ".cap .capx"),
    Kind("a Power Tab file", SAVE.format("TuxGuitar"), ".ptb", rb"ptab"),
    Kind("a TuxGuitar or TablEdit file", SAVE.format("TuxGuitar or TablEdit"), ".tg .tef"),
    Kind("a LilyPond text", "is a program; add \\midi { } to its score block and run LilyPond", ".ly"),
    Kind("a Logic or GarageBand project", SAVE.format("Logic or GarageBand"), ".logic .logicx .band"),
    Kind("a Cubase project", SAVE.format("Cubase"), ".cpr .npr", rb"(?s)RIFF....NUND"),
    Kind("an FL Studio project", SAVE.format("FL Studio"), ".flp", rb"FLhd"),
    Kind("a Reaper project", SAVE.format("Reaper"), ".rpp", rb"<REAPER"),
    Kind("a Cakewalk project", SAVE.format("Cakewalk"), ".wrk .cwp", rb"CAKEWALK"),
    Kind("a Pro Tools session", SAVE.format("Pro Tools"), ".ptx .ptf"),
    Kind("a studio's project", SAVE.format("it"), ".song .reason .rns .bwproject .mmp .mmpz .dawproject"),
    Kind(
        "a tracker module",
        SAVE.format("OpenMPT"),
        ".mod .xm .it .s3m",
        rb"(?s)Extended Module: |IMPM|.{44}SCRM|.{1080}(M\.K\.|M!K!|FLT4|[468]CHN)",
    ),
)
ARCHIVE = Kind("an archive", UNPACK, ".rar .7z .tar .sit", rb"(?s).{257}ustar|Rar!|7z\xbc\xaf|SIT!|StuffIt")
KINDS = (ARCHIVE, MIDI, DATABASE, SOLO, *NOTATION, SCORE, *RECORDINGS, *ASIDE, *PLAIN)  # the most telling first


def kind_of(head: bytes, ending: str) -> Kind | None:
    """What a file is that begins so and whose name ends so ('.gp5'); None for what nothing is known of."""
    named = next((kind for kind in KINDS if ending in kind.endings.split()), None)
    found = next((kind for kind in KINDS if re.match(kind.begins, head)), None)
    if found is GZIP:
        with contextlib.suppress(zlib.error):
            head = zlib.decompressobj(31).decompress(head, HEAD_BYTES)  # 31: as gzip packs
        found = next((kind for kind in NOTATION if re.match(kind.begins, head)), GZIP)
    return named or found if found in PLAIN else found or named


def refuse_other_kinds(path: Path, right: Kind) -> None:
    """Raise ValueError, naming the file, what it is and the way to MIDI, where it is known to be of another kind."""
    head = b""
    with contextlib.suppress(OSError):  # who reads it tells of that
        if path.is_file():
            with path.open("rb") as file:
                head = file.read(HEAD_BYTES)
    kind = kind_of(head, path.suffix.lower()) if head else None
    if kind not in (None, right):
        raise ValueError(f"{path}: {kind.what}, which {kind.way}")


def others_among(files: list[Path], tunes: list[Path]) -> list[Path]:
    """Those of some files that would be tunes if their kind were read; of recordings and PDFs those that do not bear
    the name of one of the `tunes` beside them."""
    names = tuple(str(tune.with_suffix("")) for tune in tunes)
    found = []
    for file in files:
        kind = kind_of(b"", file.suffix.lower())
        if kind in NOTATION or kind in RECORDINGS and not str(file).startswith(names):
            found.append(file)
    return found
