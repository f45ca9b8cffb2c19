"""Writing without loss: an older file stays whole until the new one is complete."""

import os
from pathlib import Path


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
