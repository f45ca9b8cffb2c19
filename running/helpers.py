"""Helpers: other processes that work beside this one, each on one job after the other.

Python's lock is a process's own, and so is the memory that a large library takes, or a file that was made to take all
of it; a helper keeps both away from the program. It starts when it is first needed and serves until the program ends,
however that ends. Python's own pools are not used: they need semaphores, which need a writable /dev/shm and outlive a
program that is ended by a signal, and one process that is killed takes all the others' jobs with it.

Left to others: what is to be done.
"""

import contextlib
import gc
import multiprocessing
import os
import pickle
import queue
import signal
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, wait
from itertools import islice
from multiprocessing import resource_tracker
from time import monotonic

from running.console import PATIENCE, REFRESHED, show
from running.ending import SWEEPS, at_the_end

AHEAD = 1000  # jobs that are begun before their results are asked for

_one_at_a_time = threading.Lock()  # starts, which change for a moment what the whole program has


class HelperEnded(Exception):
    """The process of a helper ended before its job was done."""


class Helper:
    """A process of its own. What it is given is a function that can be imported, and arguments that can be sent."""

    def __init__(self):
        self._process, self._jobs, self._lock = None, None, threading.Lock()

    def begin(self, function: Callable, *arguments) -> Future:
        """Begin a job, or line it up behind those that were begun before; if the process was killed, in a new one."""
        job = Future()
        with self._lock:
            if self._process is None or not self._process.is_alive():
                self._start()
            self._jobs.put((job, function, arguments))
        return job

    def end(self) -> None:
        """End the process at once; it starts again when it is needed."""
        with self._lock:
            if self._process is not None:
                self._process.kill()
            self._process, self._jobs = None, None

    def _start(self) -> None:
        spawning = multiprocessing.get_context("spawn")
        here, there = spawning.Pipe()
        # Outside of what follows: it starts Python's own tracker, which then lets Ctrl-C in whatever was before.
        if os.name != "nt":
            resource_tracker.ensure_running()
        with _one_at_a_time, _deaf_to_ctrl_c(), _main_module_left_out():
            process = spawning.Process(target=_serve, args=(there,), daemon=True)
            process.start()
        self._process = process
        there.close()
        self._jobs = queue.SimpleQueue()
        threading.Thread(target=_hand_over, args=(here, self._jobs), daemon=True).start()


def result_of(job: Future, what: str, doing: str = "", seconds: float = 0):
    """The result of a job; who waits long is told what it is `doing`, for how long, and of about how many `seconds`.

    Raises ValueError, naming `what` was to be made, where its process came to an early end.
    """
    begun = monotonic()
    while doing and not wait([job], timeout=REFRESHED).done:
        waited = monotonic() - begun
        if waited > PATIENCE:
            show(f"{doing} for {waited:.0f} s, of about {max(seconds, waited + 1):.0f}")
    try:
        return job.result()
    except (HelperEnded, MemoryError) as error:
        raise ValueError(
            f"{what} could not be made: its process ended early ({type(error).__name__}), probably for want of memory; "
            "close other programs, or ask for less"
        ) from error


def in_parallel(function: Callable, items: Iterable[tuple], seconds: Callable[..., float]) -> Iterator:
    """What the function gives for each item, a tuple of arguments, in their order, worked on by several helpers.

    In the place of a result stands a TimeoutError where an item took longer than the `seconds` it has, a HelperEnded
    where it took its process with it, a MemoryError where there was too little memory; the others do not notice.
    """
    items = list(items)
    crew, jobs = [Helper() for _ in range(min(os.cpu_count() or 1, len(items)))], queue.SimpleQueue()
    for helper in crew:
        threading.Thread(target=_work_off, args=(helper, function, jobs, seconds), daemon=True).start()

    def begin(item: tuple) -> Future:
        jobs.put((item, result := Future()))
        return result

    try:
        for _, result in in_order(begin, items):
            yield result.result()
    finally:  # also where nobody wants the rest
        with contextlib.suppress(queue.Empty):
            while True:
                jobs.get_nowait()
        for helper in crew:
            jobs.put(None)
            helper.end()


def in_order(begin: Callable, items: Iterable) -> Iterator[tuple]:
    """Each item, and what was begun with it; at most `AHEAD` are begun before they are asked for."""
    items, begun = iter(items), deque()
    while True:
        for item in islice(items, AHEAD - len(begun)):
            begun.append((item, begin(item)))
        if not begun:
            return
        yield begun.popleft()


def end_helpers() -> None:
    """End all helpers at once, whatever they are doing."""
    children = multiprocessing.active_children()
    for process in children:
        process.kill()
    for process in children:  # only then are they gone
        process.join(1)


at_the_end(end_helpers)


def _hand_over(pipe, jobs: queue.SimpleQueue) -> None:
    """Send jobs and fetch results, one after the other, as long as there is somebody to send them to."""
    while True:
        job, *work = jobs.get()
        try:
            pipe.send_bytes(pickle.dumps(work))
            failed, result = pickle.loads(pipe.recv_bytes())
        except (EOFError, OSError):
            job.set_exception(HelperEnded("it was killed"))
            continue
        except Exception as error:  # what cannot be sent
            job.set_exception(error)
            continue
        if failed:
            job.set_exception(result)
        else:
            job.set_result(result)


def _work_off(helper: Helper, function: Callable, jobs: queue.SimpleQueue, seconds: Callable[..., float]) -> None:
    """Let a helper do one job after the other that nobody has taken yet."""
    while job := jobs.get():
        item, result = job
        try:
            result.set_result(helper.begin(function, *item).result(seconds(*item)))
        except (HelperEnded, TimeoutError, MemoryError) as error:
            helper.end()
            result.set_result(error)
        except BaseException as error:
            result.set_exception(error)
    helper.end()


# --- In the other process --------------------------------------------------------------------------------------------


def _serve(pipe) -> None:
    """Do what is sent until nobody sends any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Windows tells every process
    gc.set_threshold(*SWEEPS)
    threading.Thread(target=_end_with_the_program, daemon=True).start()
    while True:
        try:
            function, arguments = pickle.loads(pipe.recv_bytes())
        except EOFError:
            return
        try:
            answer = (False, function(*arguments))
            sent = pickle.dumps(answer)
        except Exception as error:
            error.add_note(traceback.format_exc())
            sent = _as_sent(error)
        with contextlib.suppress(OSError):
            pipe.send_bytes(sent)


def bound_memory(most: int) -> None:
    """From now on this process gets a MemoryError instead of more than `most` bytes, where the system can do that."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _as_sent(error: Exception) -> bytes:
    """An exception, or what there is to say of one that cannot be sent."""
    try:
        sent = pickle.dumps((True, error))
        pickle.loads(sent)
        return sent
    except Exception:
        return pickle.dumps((True, RuntimeError("".join(traceback.format_exception(error)))))


def _end_with_the_program() -> None:
    """If the program is killed while a job is done, nobody would end the helper before it is."""
    multiprocessing.parent_process().join()
    os._exit(1)


# --- Starting it -----------------------------------------------------------------------------------------------------


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
        with _ctrl_c_masked():
            yield
        return
    heard = []
    answer = signal.signal(signal.SIGINT, lambda *sign: heard.append(sign))
    try:
        with _ctrl_c_masked():
            yield
    finally:
        signal.signal(signal.SIGINT, answer)
        if heard and callable(answer):
            answer(*heard[0])


@contextlib.contextmanager
def _ctrl_c_masked():
    """Ctrl-C waits until afterwards, in this thread and in whatever process it starts."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
