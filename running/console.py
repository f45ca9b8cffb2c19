"""What a run tells, and how it begins and ends: aligned lines, one line of progress, one line for what went wrong."""

import contextlib
import gc
import importlib.util
import os
import sys
import unicodedata
from collections.abc import Callable
from time import monotonic

from running.ending import SWEEPS, all_in_order, answer_signals, leave

# Before NumPy comes: its matrices are small here, and threads that share one wait for each other most of the time, ten
# times as long where other processes have work as well.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

OLDEST_PYTHON = (3, 11)
LIBRARIES = ("numpy", "tensorflow", "keras", "music21", "mido")
PATIENCE, REFRESHED = 2.0, 0.2  # seconds: from when on progress is shown, and how often
INSTALL = "pip install -r requirements.txt"


def begin() -> None:
    """Before anything else is imported: signals are answered, and what is lacking is one line, not a traceback."""
    answer_signals()
    if sys.version_info < OLDEST_PYTHON:
        found, needed = (".".join(map(str, version[:2])) for version in (sys.version_info, OLDEST_PYTHON))
        leave(f"{_program()}: this is Python {found}, and {needed} is needed; start it with a newer one", 2)
    lacking = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
    if lacking:
        leave(f"{_program()}: {' and '.join(lacking)} is not installed here; {INSTALL}", 2)
    sys.excepthook = _say_what_is_broken
    gc.set_threshold(*SWEEPS)


def tell(what: str, text: str) -> None:
    """One aligned line of the run's story."""
    say(f"{what:<12}{text}")


def say(line: str) -> None:
    """One line, at once; on a terminal in the place of one that tells of progress."""
    print(("\r\033[K" if sys.stdout.isatty() else "") + printable(line), flush=True)


def show(text: str, done: bool = False) -> None:
    """The state of a long piece of work: rewritten in place on a terminal, written once, when `done`, elsewhere."""
    if sys.stdout.isatty():
        print(f"\r\033[K{printable(text)}", end="\n" if done else "", flush=True)
    elif done:
        say(text)


class Progress:
    """How far a long piece of work is, on one line, and about how long the rest takes; silent about a short one."""

    def __init__(self, what: str, total: int):
        self.what, self.total = what, total
        self.begun = self.told = monotonic()

    def __call__(self, done: int) -> None:
        """So much of the total is done."""
        now = monotonic()
        if now - self.begun < PATIENCE or (now - self.told < REFRESHED and done < self.total):
            return
        self.told = now
        left = (now - self.begun) / max(done, 1) * (self.total - done)
        rest = f", about {left:.0f} s left" if done < self.total else ""
        show(f"{self.what:<12}{done:,} of {self.total:,}{rest}", done=done >= self.total)


def printable(text: str) -> str:
    """A text without what a terminal would obey, or what cannot be written: a file's name may hold anything."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def fitted(text: str, width: int) -> str:
    """A text in so many columns, filled up or cut: ('Trumpet', 5) -> 'Trum…'. Of an ideogram it takes two."""
    text, columns = printable(text), 0
    for place, sign in enumerate(text):
        columns += 2 if unicodedata.east_asian_width(sign) in "FW" else 1
        if columns > width - (place < len(text) - 1):
            return fitted(text[:place] + "…", width)
    return text + " " * (width - columns)


def run(main: Callable[[], object]) -> int:
    """Run a program to its end, and put everything in order: what a user or the machine can cause becomes one line on
    stderr and status 2, Ctrl-C one line and 130."""
    for stream in ("stdout", "stderr"):
        if getattr(sys, stream) is None:  # it was closed before the program began
            setattr(sys, stream, open(os.devnull, "w"))  # noqa: SIM115
        getattr(sys, stream).reconfigure(errors="replace")  # a tune's names may hold what a narrow console cannot show
    try:
        main()
        sys.stdout.flush()
        return 0
    except BrokenPipeError:  # whoever listened has gone, and nobody would hear a complaint
        return 2
    except KeyboardInterrupt:
        complain("interrupted", "\n")
        return 130
    except (ValueError, OSError, MemoryError, ImportError) as error:
        complain(f"{_program()}: {_reason(error)}")
        return 2
    finally:
        all_in_order()
        _let_nothing_fail_that_still_stands_in_the_buffers()
        gc.freeze()  # or Python, at its end, looks for garbage in all that the libraries hold: 0.3 s


def complain(line: str, before: str = "") -> None:
    """One line on stderr, if it can be written."""
    with contextlib.suppress(OSError):
        if sys.stdout.isatty():
            print("\r\033[K", end="", flush=True)
        print(before + printable(" ".join(line.split())), file=sys.stderr, flush=True)


def _reason(error: Exception) -> str:
    """What went wrong, and what may help."""
    if isinstance(error, MemoryError):
        return "there is not enough memory; close other programs, or ask for less"
    if isinstance(error, ImportError):
        return f"a library cannot be used ({error}); {INSTALL}"
    if isinstance(error, OSError):
        where = error.filename if isinstance(error.filename, str | os.PathLike) else "the system"
        return f"{where}: {error.strerror or error}; is there room, and may it be used?"
    return str(error)


def _say_what_is_broken(kind: type, error: BaseException, traceback: object) -> None:
    if isinstance(error, ImportError | MemoryError | OSError):
        leave(f"{_program()}: {_reason(error)}", 2)
    sys.__excepthook__(kind, error, traceback)


def _let_nothing_fail_that_still_stands_in_the_buffers() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with contextlib.suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _program() -> str:
    return os.path.basename(sys.argv[0])
