"""The fuzzers, for a moment each: that they run, are guided where that can be had, and tell what fails."""

import importlib.util
import random
import subprocess
import sys

import pytest
from conftest import ROOT
from fuzzing import Chosen

FUZZERS = ("fuzz_readers.py", "fuzz_kept.py", "fuzz_texts.py")
FAILING = """
import sys
sys.path.insert(0, {tests!r})
from fuzzing import fuzz

def one(generator):
    if generator.randrange(256) == 77 and generator.choice("ab") == "b":
        raise AssertionError("found")

fuzz(one)
"""


def fuzzed(script, *options, folder=ROOT):
    return subprocess.run([sys.executable, script, *options], cwd=folder, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("name", FUZZERS[:2])
def test_fuzzers_find_nothing_in_a_moment(name):
    done = fuzzed(ROOT / "tests" / name, "--seconds", "1")
    assert done.returncode == 0, done.stderr
    assert "none failed" in done.stdout


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris has no wheel for this system")
@pytest.mark.parametrize("name", FUZZERS)
def test_guided_fuzzers_find_nothing_in_a_moment(name, tmp_path):
    done = fuzzed(ROOT / "tests" / name, "--seconds", "3", "--guided", folder=tmp_path)
    assert done.returncode == 0 and "Done " in done.stderr, done.stderr
    assert not [*tmp_path.iterdir()]


@pytest.fixture
def failing(tmp_path):
    script = tmp_path / "failing.py"
    script.write_text(FAILING.format(tests=str(ROOT / "tests")))
    return script


def test_what_fails_ends_the_fuzzer_and_can_be_had_again(failing):
    done = fuzzed(failing, "--seconds", "20")
    assert done.returncode == 1 and "failed at number " in done.stdout and "AssertionError: found" in done.stderr


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris has no wheel for this system")
def test_what_a_guided_fuzzer_finds_is_kept_and_can_be_had_again(failing, tmp_path):
    done = fuzzed(failing, "--seconds", "60", "--guided", folder=tmp_path)
    assert done.returncode != 0 and "found" in done.stderr
    (crash,) = tmp_path.glob("crash-*")
    again = fuzzed(failing, "--again", crash.name, folder=tmp_path)
    assert again.returncode == 1 and "AssertionError: found" in again.stderr


def test_choices_stand_in_the_bytes_and_the_rest_is_drawn():
    first, second = Chosen(b"\x00\xff"), Chosen(b"\x00\xff")
    assert [first.getrandbits(8), first.getrandbits(8)] == [0, 255]
    second.getrandbits(16)
    assert [first.random() for _ in range(9)] == [second.random() for _ in range(9)]
    assert Chosen(b"\x40").choice("ab") == "b" and Chosen(b"\x00").choice("ab") == "a"
    assert isinstance(first, random.Random) and 0 <= Chosen(b"\xff" * 7).random() < 1
