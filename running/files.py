"""Files: read within bounds, written without loss, and remembered.

A file is read only where it is one and no larger than it may be. An older file stays whole until the new one is
complete. What was worked out is kept in a file that is named by a key of everything that shaped it; what cannot be kept
or read back is worked out anew: a memory that is full, read-only or damaged is slower, never wrong, and may be deleted
at any time.
"""

import contextlib
import hashlib
import os
import stat
from pathlib import Path


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

    The name of the file beside it is known before the file exists, so that Ctrl-C leaves nothing behind. Raises
    ValueError where the folder cannot be written.
    """
    path = Path(path)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            aside.write_bytes(content)
            os.replace(aside, path)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise ValueError(f"{path}: cannot be written ({error.strerror}); choose another folder") from error


def check_folder(folder: str | os.PathLike) -> Path:
    """The folder, made when missing; ValueError, before any work is done, where it cannot be written to."""
    probe = Path(folder) / ".writable"
    write_aside(probe, b"")
    probe.unlink(missing_ok=True)
    return Path(folder)


def digest_of(*parts: bytes | str) -> str:
    """One key for all the parts; how they are cut matters: ('ab', 'c') and ('a', 'bc') have different keys."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def recall(path: Path) -> bytes | None:
    """What is kept at `path`, or None."""
    try:
        return path.read_bytes()
    except OSError:
        return None


def remember(path: Path, content: bytes) -> None:
    """Keep `content` at `path`, if that is possible."""
    with contextlib.suppress(ValueError):
        write_aside(path, content)
