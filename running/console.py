"""What a run tells, and how it ends: aligned lines, one line of progress, one line for what went wrong."""

import gc
import os
import signal
import sys
from collections.abc import Callable

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
    from running.helpers import end_helpers  # takes a while: until it is there, Ctrl-C has to be answered

    signal.signal(signal.SIGINT, signal.default_int_handler)
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
        end_at_ctrl_c()
        end_helpers()
        gc.freeze()  # or Python, at its end, looks for garbage in all that the libraries hold: 0.3 s
    return 0


def sweep_seldom() -> None:
    """From now on Python looks for garbage less often: a fifth of a large library's import went to it, which makes
    none."""
    gc.set_threshold(50_000, 50, 100)


def end_at_ctrl_c() -> None:
    """From now on Ctrl-C is one line, and the end: before `run`, while modules are imported, and after it. An exception
    would not do: the import that it meets may make another one of it."""

    def end(*_) -> None:
        os.write(2, f"\n{INTERRUPTED}\n".encode())
        os._exit(130)

    signal.signal(signal.SIGINT, end)
