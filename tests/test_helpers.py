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

from running.helpers import Helper, _deaf_to_ctrl_c, result_of

HELPER = Helper()


def test_a_helper_is_one_other_process_that_does_one_job_after_the_other():
    jobs = [HELPER.begin(os.getpid) for _ in range(3)]
    (pid,) = {result_of(job, "nothing") for job in jobs}
    assert pid != os.getpid()
    assert result_of(HELPER.begin(operator.add, [1], [2]), "a sum") == [1, 2]
    assert result_of(Helper().begin(os.getpid), "nothing") not in (pid, os.getpid())


def test_this_process_hears_ctrl_c_as_before():
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    Helper().begin(os.getpid).result()
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before
    main = vars(sys.modules["__main__"])
    assert main["__spec__"] is not None and main["__file__"]


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


def test_want_of_memory_is_told():
    with pytest.raises(ValueError, match=r"^a very long row could not be made: .* \(MemoryError\), .* want of memory"):
        result_of(HELPER.begin(bytes, 2**62), "a very long row")


def test_an_early_end_is_told_to_all_who_wait_and_to_all_who_come_later():
    helper = Helper()
    jobs = [helper.begin(os._exit, 1), helper.begin(os.getpid)]
    told = r"^the net could not be made: its process ended early \(BrokenProcessPool\)"
    for job in jobs:
        with pytest.raises(ValueError, match=told):
            result_of(job, "the net")
    with pytest.raises(ValueError, match=told):
        result_of(helper.begin(os.getpid), "the net")


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


# joblib's workers count as children of multiprocessing's, too, but cannot be ended as its own are.
BESIDE_JOBLIB = """
import os
from joblib import Parallel, delayed
from running.helpers import Helper, end_helpers
Parallel(n_jobs=2)(delayed(abs)(number) for number in range(4))
helper = Helper()
print(helper.begin(os.getpid).result(), flush=True)
end_helpers()
"""


def test_helpers_end_beside_the_workers_of_a_library(processes):
    command, environment = [sys.executable, "-c", BESIDE_JOBLIB], os.environ | {"PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert processes.end_of(lambda: processes.is_running(int(ran.stdout)))
