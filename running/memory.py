"""Results kept on disk, so that what was worked out once is not worked out again.

A result's file is named by a key of everything that shaped it. What cannot be kept or read back is worked out anew: a
memory that is full, read-only or damaged is slower, never wrong. The folder may be deleted at any time.
"""

import contextlib
import hashlib
from pathlib import Path

from running.files import write_aside


def key_of(*parts: bytes | str) -> str:
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
