"""Processes that work beside this one; their jobs here are functions that Python brings along."""

import operator
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from conftest import ROOT

from running.helpers import Helper, HelperEnded, _deaf_to_ctrl_c, bound_memory, in_parallel, result_of

HELPER = Helper()


def test_a_helper_is_one_other_process_that_does_one_job_after_the_other():
    jobs = [HELPER.begin(os.getpid) for _ in range(3)]
    (pid,) = {result_of(job, "nothing") for job in jobs}
    assert pid != os.getpid()
    assert result_of(HELPER.begin(operator.add, [1], [2]), "a sum") == [1, 2]
    assert result_of(Helper().begin(os.getpid), "nothing") not in (pid, os.getpid())


def test_this_process_hears_ctrl_c_as_before():
    before, main = signal.pthread_sigmask(signal.SIG_BLOCK, []), dict(vars(sys.modules["__main__"]))
    Helper().begin(os.getpid).result()
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before
    assert vars(sys.modules["__main__"]) == main


@pytest.fixture
def ctrl_c():
    """It raises KeyboardInterrupt, also in the background of a plain shell, where nobody hears it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("heard_by", ["this thread", "a library's thread"])
def test_ctrl_c_waits_until_a_helper_has_started(heard_by, ctrl_c):
    thread = threading.Thread(target=time.sleep, args=(1,))
    thread.start()
    went_on = []
    with pytest.raises(KeyboardInterrupt), _deaf_to_ctrl_c():
        signal.pthread_kill(thread.ident if heard_by == "a library's thread" else threading.get_ident(), signal.SIGINT)
        for _ in range(50):
            time.sleep(0.002)
        went_on.append(True)
    assert went_on == [True]


def test_what_goes_wrong_in_a_job_is_as_it_was():
    with pytest.raises(ZeroDivisionError):
        result_of(HELPER.begin(divmod, 1, 0), "a quotient")
    assert result_of(HELPER.begin(divmod, 7, 2), "a quotient") == (3, 1)


def test_who_waits_long_is_told_for_how_long(monkeypatch, capsys):
    monkeypatch.setattr("running.helpers.PATIENCE", 0.3)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    result_of(HELPER.begin(time.sleep, 1), "a rest", "rest        lying", 9)
    result_of(HELPER.begin(time.sleep, 0.1), "a rest", "rest        sitting", 9)
    told = capsys.readouterr().out
    assert told.startswith("\r\033[Krest        lying for 0 s, of about 9") and "sitting" not in told


def test_want_of_memory_is_told():
    with pytest.raises(ValueError, match=r"^a very long row could not be made: .* \(MemoryError\), .* want of memory"):
        result_of(HELPER.begin(bytes, 2**62), "a very long row")


def test_an_early_end_is_told_to_all_who_wait_and_who_comes_later_finds_another_process():
    helper = Helper()
    jobs = [helper.begin(os._exit, 1), helper.begin(os.getpid)]
    for job in jobs:
        with pytest.raises(ValueError, match=r"^the net could not be made: its process ended early \(HelperEnded\)"):
            result_of(job, "the net")
    helper._process.join()
    assert result_of(helper.begin(os.getpid), "the net") != os.getpid()


# A script as a user writes one, with work in it that must not be done once more by a helper.
SCRIPT = """
import os, sys, time
print("the script is read", flush=True)
if __name__ == "__main__":
    from running.helpers import Helper, end_helpers
    helpers = Helper(), Helper()
    print(*(helper.begin(os.getpid).result() for helper in helpers), flush=True)
    jobs = [helper.begin(time.sleep, float(sys.argv[1])) for helper in helpers]
    if sys.argv[2:] == ["end"]:
        end_helpers()
    else:
        print(*(job.result() for job in jobs))
"""


@pytest.fixture
def script(tmp_path):
    """Run it: the process, and the numbers of its helpers' processes."""
    (tmp_path / "script.py").write_text(SCRIPT)
    started = []

    def start(*arguments):
        command = [sys.executable, tmp_path / "script.py", *arguments]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment))
        assert started[-1].stdout.readline() == "the script is read\n"
        return started[-1], [int(pid) for pid in started[-1].stdout.readline().split()]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_helpers_do_not_hear_ctrl_c(script):
    process, helpers = script("1")
    for _ in range(5):
        for helper in helpers:
            os.kill(helper, signal.SIGINT)
        time.sleep(0.1)
    rest, _ = process.communicate(timeout=30)
    assert (process.returncode, rest) == (0, "None None\n")


def test_the_script_is_not_read_again_and_its_helpers_end_with_it(script, processes):
    process, helpers = script("600", "end")
    rest, _ = process.communicate(timeout=30)
    assert (process.returncode, rest) == (0, "")
    assert processes.end_of(lambda: any(map(processes.is_running, helpers)))


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL])
def test_a_program_that_is_killed_leaves_no_helper_behind(script, processes, sign):
    process, helpers = script("600")
    assert all(map(processes.is_running, helpers))
    process.send_signal(sign)
    assert processes.end_of(lambda: any(map(processes.is_running, helpers)))


def test_many_things_are_done_beside_each_other_and_come_in_order():
    items = [(number, 2) for number in range(20)]
    assert list(in_parallel(pow, items, lambda *_: 60)) == [number**2 for number in range(20)]
    assert list(in_parallel(pow, [], lambda *_: 60)) == []


def test_what_takes_too_long_or_its_process_with_it_is_one_result_of_many():
    items = [(time.sleep, 0), (os._exit, 1), (time.sleep, 60), (bytes, 2**62), (os.getpid,)] * 2
    results = list(in_parallel(called, items, lambda function, *_: 5 if function is time.sleep else 60))
    for found in (results[:5], results[5:]):
        assert [type(result) for result in found] == [type(None), HelperEnded, TimeoutError, MemoryError, int]


def called(function, *arguments):
    return function(*arguments)


def test_what_goes_wrong_in_one_of_many_is_as_it_was():
    results = in_parallel(divmod, [(7, 2), (1, 0)], lambda *_: 60)
    assert next(results) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_nobody_works_on_when_nobody_wants_the_rest(processes):
    HELPER.begin(os.getpid).result()  # with it comes Python's own process that keeps the books
    before = set(processes.of_group(os.getpgrp()))
    results = in_parallel(called, [(os.getpid,), *[(time.sleep, 600)] * 5], lambda *_: 600)
    next(results)
    results.close()
    assert processes.end_of(lambda: set(processes.of_group(os.getpgrp())) - before)


def test_a_helper_has_no_more_memory_than_it_may_have():
    helper = Helper()
    helper.begin(bound_memory, 2_000_000_000).result()
    with pytest.raises(MemoryError):
        helper.begin(bytes, 4_000_000_000).result()
    helper.end()
