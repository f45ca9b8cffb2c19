"""What was worked out before: kept in files, checked when it is read back, and bounded.

An entry is a file that is named by a key of everything that shaped it. It carries a digest of its content and of its
name: on any doubt it counts for nothing, and what it held is worked out anew. So a memory that is full, read-only,
damaged or tampered with is slower, never wrong; it may be deleted at any time, and many runs may share it.
"""

import contextlib
import hashlib
import os
import stat
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from running.ending import at_the_end
from running.files import take_away_parts, write_aside

VERSION = b"improviser memory 2\n"  # of how an entry is written
LARGEST_ENTRY = 500_000_000  # bytes
MOST = 2_000_000_000  # bytes of all entries together: beyond them the least recently used go first


def digest_of(*parts: bytes | memoryview | str) -> str:
    """One key for all the parts; how they are cut matters: ('ab', 'c') and ('a', 'bc') have different keys."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()


def recall(path: Path) -> bytes | None:
    """What `remember` kept at `path`, or None where there is nothing, or anything else."""
    try:
        entry = _content_of(path)
        version, digest, content = entry[: len(VERSION)], entry[len(VERSION) :][:64], entry[len(VERSION) + 64 :]
        if version != VERSION or digest != _seal(path, content):
            return None
        with contextlib.suppress(OSError):
            os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))  # it was used just now, and not changed
        return content
    except OSError:
        return None


def remember(path: Path, content: bytes) -> None:
    """Keep `content` at `path`, if that is possible."""
    if len(content) < LARGEST_ENTRY:
        with contextlib.suppress(ValueError):
            write_aside(path, VERSION + _seal(path, content) + content)


def keep_within_bounds(memory: Path | None) -> None:
    """At the end of the program, however it ends, see to it that the memory, if there is one, is not too large."""
    if memory:
        at_the_end(partial(trim, memory))


def trim(memory: Path, most: int = MOST) -> None:
    """Let what was not used for longest go until all entries together have at most `most` bytes, and what killed runs
    had begun to write."""
    for folder in memory.glob("*/"):
        take_away_parts(folder)
    if sum(status.st_size for _, status in _entries(memory)) <= most:  # many: only then are they put in order
        return
    entries = sorted((status.st_atime_ns, status.st_size, path) for path, status in _entries(memory))
    total = sum(size for _, size, _ in entries)
    for _, size, path in entries:
        if total <= most:
            return
        with contextlib.suppress(OSError):
            os.unlink(path)
            total -= size


def _entries(memory: Path) -> Iterator[tuple[str, os.stat_result]]:
    """What lies in the memory's folders, and its status."""
    for folder in memory.glob("*/"):
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    yield entry.path, entry.stat(follow_symlinks=False)


def _content_of(path: Path) -> bytes:
    """The content of a regular file of bounded size; OSError for anything else, without waiting for a pipe."""
    opened = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
    with open(opened, "rb") as file:
        status = os.fstat(opened)
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST_ENTRY:
            raise OSError("not an entry")
        return file.read(LARGEST_ENTRY)


def _seal(path: Path, content: bytes) -> bytes:
    """What tells an entry from a damaged one, and from one that another key was given."""
    return digest_of(path.name, content).encode()
