"""Files: read within bounds and written without loss.

A file is read only where it is one and no larger than it may be. An older file stays whole until the new one is
complete.
"""

import contextlib
import os
import stat
import time
from pathlib import Path

from running.ending import at_the_end, not_at_the_end

AN_HOUR = 3600  # seconds


def read_bounded(path: str | os.PathLike, most: int, what: str) -> bytes:
    """The content of a file of at most `most` bytes; `what` is what such a file is called: "a MIDI file".

    Raises ValueError, naming the file, where it is a folder or a device, too large, or cannot be read.
    """
    path = Path(path)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ValueError(f"{path}: not a file but a folder or a device; give the path of {what}")
        if status.st_size > most:
            raise ValueError(
                f"{path}: {what} has at most {most:,} bytes here, this one has {status.st_size:,}; take a smaller one"
            )
        with path.open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror}); is the path right?") from error


def write_aside(path: str | os.PathLike, content: bytes) -> None:
    """Write beside `path`, then move into place; the folder is made when missing.

    The file beside it is gone however the program ends. Raises ValueError where the folder cannot be written.
    """
    path = Path(path)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")

    def take_away() -> None:
        aside.unlink(missing_ok=True)

    at_the_end(take_away)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            aside.write_bytes(content)
            os.replace(aside, path)
        finally:
            take_away()
    except (OSError, ValueError) as error:  # ValueError: a name that no system takes
        reason = getattr(error, "strerror", None) or error
        raise ValueError(f"{path}: cannot be written ({reason}); choose another folder") from error
    finally:
        not_at_the_end(take_away)


def take_away_parts(folder: Path) -> None:
    """Remove what processes that were killed had begun to write in a folder."""
    for part in folder.glob(".*.part"):
        if is_abandoned(part.with_suffix("")):
            with contextlib.suppress(OSError):
                part.unlink()


def is_abandoned(path: Path) -> bool:
    """Whether the process whose number the name ends in (`.making.1234`) is no more, on this machine.

    Where that cannot be asked, what was not touched for an hour is taken to be abandoned.
    """
    number = path.suffix[1:]
    if not number.isdecimal():
        return False
    if os.name == "nt":  # there a signal, of any kind, would kill it
        with contextlib.suppress(OSError):
            return time.time() - path.stat().st_mtime > AN_HOUR
        return False
    try:
        os.kill(int(number), 0)
    except (ProcessLookupError, OverflowError):
        return True
    except OSError:
        return False
    return False


def check_folder(folder: str | os.PathLike) -> Path:
    """The folder, made when missing; ValueError, before any work is done, where it cannot be written to."""
    probe = Path(folder) / ".writable"
    write_aside(probe, b"")
    probe.unlink(missing_ok=True)
    return Path(folder)
