"""Helpers: other processes that work beside this one, each on one job after the other.

Python's lock is a process's own, and so is the memory that a large library takes; a helper keeps both away from the
program. It starts when it is first needed and serves until the program ends. Left to others: what is to be done.
"""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from running.console import sweep_seldom


class Helper:
    """A process of its own. What it is given is a function that can be imported, and arguments that can be sent."""

    def __init__(self):
        self._pool, self._processes = None, []

    def begin(self, function: Callable, *arguments) -> Future:
        """Begin a job, or line it up behind those that were begun before."""
        if self._pool is None:
            # Outside of what follows: it starts Python's own tracker, which then lets Ctrl-C in whatever was before.
            spawning = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, mp_context=spawning, initializer=_prepare_helper)
        others = multiprocessing.active_children()
        with _deaf_to_ctrl_c(), _main_module_left_out():
            try:
                job = self._pool.submit(function, *arguments)
            except BrokenProcessPool as error:  # it ended before: whoever asks for the result is told
                job = Future()
                job.set_exception(error)
        self._processes += [process for process in multiprocessing.active_children() if process not in others]
        return job

    def end(self) -> None:
        """End the process at once; it starts again when it is needed."""
        for process in self._processes:
            process.kill()
        self._pool, self._processes = None, []


def result_of(job: Future, what: str):
    """The result of a job. Raises ValueError, naming `what` was to be made, where its process came to an early end."""
    try:
        return job.result()
    except (BrokenProcessPool, MemoryError) as error:
        raise ValueError(
            f"{what} could not be made: its process ended early ({type(error).__name__}), probably for want of memory; "
            "close other programs, or ask for less"
        ) from error


def end_helpers() -> None:
    """End all helpers at once, whatever they are doing; not the processes that a library has started its own way."""
    for process in multiprocessing.active_children():
        if isinstance(process, multiprocessing.context.SpawnProcess):
            process.kill()


def _prepare_helper() -> None:
    """In a helper: bring libraries faster, and watch for the end of the program. If that is killed, the helper would
    wait for a job for ever."""
    sweep_seldom()

    def watch() -> None:
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextlib.contextmanager
def _main_module_left_out():
    """A process that is started meanwhile does not import the script that the user runs, with all that it brings."""
    main = vars(sys.modules["__main__"])
    hidden = {name: main.pop(name) for name in ("__file__", "__spec__") if name in main}
    main["__spec__"] = None
    try:
        yield
    finally:
        main.update(hidden)


@contextlib.contextmanager
def _deaf_to_ctrl_c():
    """What is started meanwhile never hears Ctrl-C: that is for this process to answer, in one line. One that comes
    meanwhile is heard afterwards, even if a thread heard it that some library has started."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = []
    answer = signal.signal(signal.SIGINT, lambda *sign: heard.append(sign))
    can_mask = hasattr(signal, "pthread_sigmask")  # not on Windows
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if can_mask else None
    try:
        yield
    finally:
        if can_mask:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        signal.signal(signal.SIGINT, answer)
        if heard and callable(answer):
            answer(*heard[0])
