"""How a run ends before its time: one line, nothing left behind, a status that tells why.

A signal is answered at once, from the first import on, wherever the program is: what was registered is put in order and
the process is over. No exception is raised for it, which an import could make another one of, or a library swallow.
Light, since nothing may come before it, not even Python's own larger modules. Left to others: what is to be done then.
"""

import os
import signal
import sys

# How often Python looks for garbage: a large library makes none while it is imported, of which looking took a fifth.
SWEEPS = (50_000, 50, 100)
AS_BEFORE = "what was written before is as it was"
LINES = {"SIGINT": "interrupted", "SIGTERM": "ended from outside", "SIGHUP": "the terminal is gone"}

_to_put_in_order = {}  # functions, in order
_put_off, _heard = 0, []  # how many ask for patience, and the signals that came meanwhile


def answer_signals() -> None:
    """From now on a signal that ends a program is one line, and the end: status 130 for Ctrl-C, 143 for SIGTERM."""
    for name in LINES:
        number = getattr(signal, name, None)
        if number is None or (name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN):
            continue  # not on this system, or under nohup
        signal.signal(number, _end)


def at_the_end(put_in_order) -> None:
    """Call this when the program ends early, after what was registered before; it may not take long."""
    _to_put_in_order[put_in_order] = None


def not_at_the_end(put_in_order) -> None:
    """What was registered is no longer needed."""
    _to_put_in_order.pop(put_in_order, None)


def all_in_order() -> None:
    """Put everything in order that was registered; it happens once."""
    for put_in_order in list(_to_put_in_order):
        not_at_the_end(put_in_order)
        try:
            put_in_order()
        except Exception:
            pass  # as far as it goes: the rest is to be put in order, too


class put_off:
    """What happens inside is not cut in two by a signal, which is answered afterwards; it may not take long."""

    def __enter__(self) -> None:
        global _put_off
        _put_off += 1

    def __exit__(self, *_) -> None:
        global _put_off
        _put_off -= 1
        if _heard and not _put_off:
            _end(_heard[0])


def leave(line: str, status: int) -> None:
    """End the program now, with this line on stderr."""
    for name in LINES:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    try:
        os.write(2, f"{line}\n".encode(errors="replace"))
    except OSError:
        pass  # nobody listens
    all_in_order()
    try:
        sys.stdout.flush()
    except (OSError, ValueError, AttributeError):
        pass
    os._exit(status)


def _end(number: int, _frame: object = None) -> None:
    if _put_off:
        _heard.append(number)
    else:
        leave(f"\n{LINES[signal.Signals(number).name]}: {AS_BEFORE}", 128 + number)
