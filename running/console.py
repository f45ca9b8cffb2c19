"""What a run tells, and how it ends: aligned lines, one line of progress, one line for what went wrong."""

import os
import sys
from collections.abc import Callable

from running.helpers import end_helpers

INTERRUPTED = "interrupted: what was written before is as it was"


def tell(what: str, text: str) -> None:
    """One aligned line of the run's story."""
    print(f"{what:<12}{text}")


def show(text: str, done: bool = False) -> None:
    """The state of a long piece of work: rewritten in place on a terminal, written once, when `done`, elsewhere."""
    if sys.stdout.isatty():
        print(f"\r\033[K{text}", end="\n" if done else "", flush=True)
    elif done:
        print(text, flush=True)


def run(main: Callable[[], object]) -> int:
    """Run a program: what a user can cause becomes one line on stderr and status 2, Ctrl-C one line and 130."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # a tune's names may hold what a narrow console cannot show
    try:
        main()
    except ValueError as error:
        print(f"{sys.argv[0].rpartition('/')[2]}: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"\n{INTERRUPTED}", file=sys.stderr)
        return 130
    finally:
        end_helpers()
    return 0


def say_interrupted(kind: type, error: BaseException, trace) -> None:
    """A `sys.excepthook` for the time before `run`: Ctrl-C while modules are imported is one line, too."""
    if issubclass(kind, KeyboardInterrupt):
        print(f"\n{INTERRUPTED}", file=sys.stderr, flush=True)
        os._exit(130)  # else Python would end itself by the signal
    else:
        sys.__excepthook__(kind, error, trace)
