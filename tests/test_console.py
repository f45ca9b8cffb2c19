"""How a run ends, in programs that are run for it."""

import ast
import os
import signal
import subprocess
import sys

import pytest
from conftest import ROOT

from running.console import printable

ONE_THREAD = """
import music_generate
from inference_model import np
from threadpoolctl import threadpool_info

np.ones((2, 2)) @ np.ones((2, 2))
print([library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"])
"""
AS_BEFORE = ": what was written before is as it was"
SIGNALS = [
    (signal.SIGINT, 130, "interrupted" + AS_BEFORE),
    (signal.SIGTERM, 143, "ended from outside" + AS_BEFORE),
    (signal.SIGHUP, 129, "the terminal is gone" + AS_BEFORE),
]
BEGINNING = "import os, signal, sys, time\nfrom running.console import begin, run\n"
# What an import may make of an interruption: something else, or nothing.
STUBBORN = """
print("ready", flush=True)
try:
    time.sleep(60)
except BaseException:
    raise ImportError("a library could not be imported") from None
"""


def start(program: str):
    command = [sys.executable, "-c", BEGINNING + program]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(program: str) -> tuple[int, str, list[str]]:
    process = start(program)
    told, complaint = process.communicate(timeout=60)
    return process.returncode, told, complaint.strip().splitlines()


def signalled(program: str, sign: signal.Signals) -> tuple[int, str, list[str]]:
    """A program that gets a signal as soon as it says that it is ready."""
    process = start(program)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(sign)
    told, complaint = process.communicate(timeout=30)
    return process.returncode, told, complaint.strip().splitlines()


def test_what_answers_signals_is_there_before_what_takes_long():
    assert ended("begin(); print('multiprocessing' in sys.modules, 'numpy' in sys.modules)") == (0, "False False\n", [])


@pytest.mark.parametrize(("sign", "status", "line"), SIGNALS)
def test_before_the_run_a_signal_is_one_line_whatever_an_import_makes_of_exceptions(sign, status, line):
    assert signalled("begin()" + STUBBORN, sign) == (status, "", [line])


@pytest.mark.parametrize(("sign", "status", "line"), SIGNALS)
def test_during_the_run_things_are_put_in_order(sign, status, line):
    program = """
from running.ending import at_the_end, not_at_the_end
begin()
def main():
    at_the_end(lambda: print("in order", flush=True))
    at_the_end(lambda: 1 / 0)
    at_the_end(lambda: print("all of it", flush=True))
    at_the_end(main)
    not_at_the_end(main)
    print("ready", flush=True)
    time.sleep(60)
sys.exit(run(main))
"""
    assert signalled(program, sign) == (status, "in order\nall of it\n", [line])


def test_what_may_not_be_cut_in_two_is_done_first():
    program = """
from running.ending import put_off
begin()
with put_off():
    print("ready", flush=True)
    with put_off():
        time.sleep(1)
    print("done", flush=True)
time.sleep(60)
"""
    assert signalled(program, signal.SIGINT) == (130, "done\n", [SIGNALS[0][2]])


def test_after_the_run_it_is_one_line_again():
    assert signalled("begin(); run(lambda: None)" + STUBBORN, signal.SIGINT) == (130, "", [SIGNALS[0][2]])


def test_what_is_not_to_be_heard_is_not_heard():
    """As under nohup, or in the background of a plain shell."""
    program = """
signal.signal(signal.SIGHUP, signal.SIG_IGN)
begin()
print("ready", flush=True)
time.sleep(1)
print("still there", flush=True)
"""
    assert signalled(program, signal.SIGHUP) == (0, "still there\n", [])


NO_ROOM = "raise OSError(28, 'No space left on device', 'out/file')"


@pytest.mark.parametrize(
    ("raised", "status", "complaint"),
    [
        ("pass", 0, []),
        ("raise ValueError('tune.mid: is\\nno tune')", 2, ["-c: tune.mid: is no tune"]),
        ("raise ValueError('tune\\x1b[2J\\udc80.mid')", 2, ["-c: tune\\x1b[2J\\udc80.mid"]),
        ("raise KeyboardInterrupt", 130, ["interrupted"]),
        (NO_ROOM, 2, ["-c: out/file: No space left on device; is there room, and may it be used?"]),
        ("bytes(2**62)", 2, ["-c: there is not enough memory; close other programs, or ask for less"]),
        (
            "import nonsuch",
            2,
            ["-c: a library cannot be used (No module named 'nonsuch'); pip install -r requirements.txt"],
        ),
    ],
)
def test_what_a_user_or_the_machine_can_cause_is_one_line(raised, status, complaint):
    program = f"def main():\n    print('some of it')\n    {raised}\nsys.exit(run(main))"
    assert ended(program) == (status, "some of it\n", complaint)


def test_what_is_nobody_s_fault_but_ours_is_told_in_full():
    status, _, complaint = ended("sys.exit(run(lambda: 1 / 0))")
    assert status == 1 and complaint[-1] == "ZeroDivisionError: division by zero" and len(complaint) > 3


LOUD = """begin()
from running.console import say
def main():
    for _ in range(100_000):
        say("line")
sys.exit(run(main))
"""


def shell(redirected: str, program: str = LOUD) -> subprocess.CompletedProcess:
    command = f'{sys.executable} -c "$PROGRAM" {redirected}'
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PROGRAM": BEGINNING + program}
    return subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, timeout=60)


def test_whoever_stops_listening_hears_no_complaint():
    assert shell("| head -n 1").stderr == ""
    assert shell("| head -n 1; exit ${PIPESTATUS[0]}").returncode == 2


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no device that is always full")
def test_a_full_disk_behind_stdout_is_one_line():
    ran = shell("> /dev/full")
    assert ran.returncode == 2
    assert ran.stderr == "-c: the system: No space left on device; is there room, and may it be used?\n"
    assert shell("2> /dev/full", "sys.exit(run(lambda: int('x')))").returncode == 2


def test_without_stdout_or_stderr_it_runs_all_the_same():
    assert (shell(">&-").returncode, shell("2>&-").returncode, shell(">&- 2>&-").returncode) == (0, 0, 0)


def test_what_is_lacking_is_told_before_it_is_missed():
    program = (
        "import importlib.util\nimportlib.util.find_spec = lambda name: None if name == 'music21' else True\nbegin()"
    )
    assert ended(program) == (2, "", ["-c: music21 is not installed here; pip install -r requirements.txt"])
    program = "sys.version_info = (3, 9, 1)\nbegin()"
    assert ended(program) == (2, "", ["-c: this is Python 3.9, and 3.11 is needed; start it with a newer one"])


def test_the_entry_can_be_read_by_a_python_that_is_too_old():
    """Down to 3.8: what its grammar cannot read it could not tell either."""
    for name in ("music_generate.py", "running/console.py", "running/ending.py"):
        ast.parse((ROOT / name).read_text(), feature_version=(3, 8))


def test_what_a_terminal_would_obey_is_shown():
    assert printable("a\x1b[2J\r\n\u202e\udc80é ♭") == r"a\x1b[2J\r\n\u202e\udc80é ♭"


def test_the_linear_algebra_has_one_thread():
    """With more, sampling takes ten times as long where other processes have work as well."""
    status, told, complaint = ended(ONE_THREAD)
    assert (status, complaint) == (0, []) and set(told.strip("[] \n").split(", ")) == {"1"}
