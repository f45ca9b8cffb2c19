"""How a run ends, in programs that are run for it."""

import os
import signal
import subprocess
import sys

import pytest
from conftest import ROOT

INTERRUPTED = "interrupted: what was written before is as it was"
BEGINNING = "import signal, sys, time\nfrom running.console import end_at_ctrl_c, run\n"
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


def interrupted(program: str) -> tuple[int, list[str]]:
    """A program that is interrupted as soon as it says that it is ready."""
    process = start(program)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=30)
    return process.returncode, complaint.strip().splitlines()


def test_what_answers_ctrl_c_is_there_before_what_takes_long():
    assert ended("print('multiprocessing' in sys.modules)") == (0, "False\n", [])


def test_before_the_run_ctrl_c_is_one_line_whatever_an_import_makes_of_exceptions():
    assert interrupted("end_at_ctrl_c()" + STUBBORN) == (130, [INTERRUPTED])


def test_during_the_run_it_lets_things_be_put_in_order():
    program = """
def main():
    try:
        print("ready", flush=True)
        time.sleep(60)
    finally:
        print("in order", file=sys.stderr, flush=True)
end_at_ctrl_c()
sys.exit(run(main))
"""
    assert interrupted(program) == (130, ["in order", "", INTERRUPTED])


def test_after_the_run_it_is_one_line_again():
    assert interrupted("run(lambda: None)" + STUBBORN) == (130, [INTERRUPTED])


@pytest.mark.parametrize(
    ("raised", "status", "complaint"),
    [
        ("pass", 0, []),
        ("raise ValueError('tune.mid: is\\nno tune')", 2, ["-c: tune.mid: is no tune"]),
        ("raise KeyboardInterrupt", 130, [INTERRUPTED]),
    ],
)
def test_what_a_user_can_cause_is_one_line(raised, status, complaint):
    program = f"def main():\n    print('some of it')\n    {raised}\nsys.exit(run(main))"
    assert ended(program) == (status, "some of it\n", complaint)


def test_what_is_nobody_s_fault_but_ours_is_told_in_full():
    status, _, complaint = ended("sys.exit(run(lambda: 1 / 0))")
    assert status == 1 and complaint[-1] == "ZeroDivisionError: division by zero" and len(complaint) > 3
