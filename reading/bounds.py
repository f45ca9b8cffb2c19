"""Reading in other processes, within bounds of time and memory: few files tell beforehand what they will take."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from running.helpers import HelperEnded, bound_memory, in_parallel

# A file may take so many seconds, and one more for so many bytes; and so many bytes of memory.
SECONDS, BYTES_A_SECOND, MOST_MEMORY = 15, 20_000, 3_000_000_000


def read_apart(function: Callable, jobs: list[tuple]) -> Iterator:
    """What the function gives for each job, arguments that begin with a file's path, in order; for one that takes too
    much a text that says so."""
    for (file, *_), result in zip(
        jobs, in_parallel(_bounded, [(function, *job) for job in jobs], _seconds), strict=True
    ):
        match result:
            case HelperEnded() | MemoryError():
                yield f"{file}: takes more than {MOST_MEMORY // 10**6:,} MB to read; take a smaller or simpler one"
            case TimeoutError():
                yield f"{file}: takes more than {_seconds(None, file):.0f} s to read; take a smaller or simpler one"
            case _:
                yield result


def _bounded(function: Callable, *job):
    bound_memory(MOST_MEMORY)
    return function(*job)


def _seconds(_, file: Path, *__) -> float:
    """How long reading a file may take: a thousand times as long as it should."""
    with suppress(OSError):
        return SECONDS + file.stat().st_size / BYTES_A_SECOND
    return SECONDS
