"""The machine fails, once, at one place after the other: what was there before is whole, and the next run gives the
right bytes. Of places that are many only some are tried, unless EVERY_FAULT is set in the environment."""

import builtins
import hashlib
import itertools
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT

import music_generate
from running.console import run
from running.helpers import Helper, HelperEnded

TINY = ["--tune", str(ROOT / "data/our_tune.mid"), "--epochs", "2", "--windows", "8", "--n-a", "8", "--bars", "2"]
APART = {"a read": 7, "an array": 5, "a move": 4, "a folder": 3, "a write": 2, "opening": 2}
LARGE = 2_000  # numbers in an array: what has fewer is not what memory runs out for


class Fault:
    """Lets the `number`-th call of some functions fail; `calls`: how many there were."""

    def __init__(self, monkeypatch, number: int):
        self.patch, self.number, self.calls = monkeypatch.setattr, number, 0

    def of(self, owner: object, name: str, fail, counts=lambda *_: True) -> None:
        real = getattr(owner, name)

        def one(*arguments, **named):
            if counts(*arguments):
                self.calls += 1
                if self.calls - 1 == self.number:
                    return fail(*arguments)
            return real(*arguments, **named)

        self.patch(owner, name, one)


def refuse(error: int):
    def fail(*arguments):
        raise OSError(error, os.strerror(error), str(arguments[0]))

    return fail


def half_written(path: Path, content: bytes) -> None:
    """The disk is full before all of it is there."""
    with open(path, "wb") as file:
        file.write(content[: len(content) // 2])
    refuse(28)(path)


def no_memory(*_):
    raise MemoryError


def killed(*_):
    """In the place of a job: one whose process was killed."""
    return Helper().begin(os._exit, 1)


FAULTS = {
    "a write": lambda fault: fault.of(Path, "write_bytes", half_written),
    "a move": lambda fault: fault.of(os, "replace", refuse(13)),
    "a folder": lambda fault: fault.of(os, "mkdir", refuse(13)),
    "a read": lambda fault: fault.of(Path, "read_bytes", refuse(5)),
    "opening": lambda fault: fault.of(builtins, "open", refuse(24)),
    "an array": lambda fault: [
        fault.of(np, name, no_memory, lambda *given: np.size(given[0]) > LARGE or np.prod(given[0]) > LARGE)
        for name in ("zeros", "ones", "empty")
    ],
    "a helper": lambda fault: fault.of(Helper, "begin", killed),
}


def program(folder: Path, seed: int) -> int:
    """One run of the program in this process, its status."""
    arguments = [*TINY, "--seed", str(seed), "--cache", str(folder / "cache"), "--output", str(folder / "out")]
    status = run(lambda: music_generate.main(arguments))
    return status


def set_in(folder: Path) -> dict[str, str]:
    """The digest of each file."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A folder with what is remembered and an older set, that set, and the newer one."""
    folder = tmp_path_factory.mktemp("runs")
    assert program(folder, 2) == 0
    newer = set_in(folder / "out")
    assert program(folder, 1) == 0
    return folder, set_in(folder / "out"), newer


@pytest.mark.parametrize("kind", FAULTS)
def test_a_set_is_whole_whatever_fails(kind, runs, tmp_path, capsys):
    kept, older, newer = runs
    assert older != newer and len(older) == 8
    apart = 1 if os.environ.get("EVERY_FAULT") else APART.get(kind, 1)
    for number in itertools.count(0, apart):
        folder = tmp_path / str(number)
        shutil.copytree(kept, folder)
        capsys.readouterr()
        with pytest.MonkeyPatch.context() as monkeypatch:
            fault = Fault(monkeypatch, number)
            FAULTS[kind](fault)
            status = program(folder, 2)
        complaint = capsys.readouterr().err
        if fault.calls <= number:
            break
        assert status in (0, 2), (kind, number)
        assert len(complaint.splitlines()) == (1 if status else 0), (kind, number, complaint)
        assert set_in(folder / "out") == (older if status else newer), (kind, number, complaint)
        assert not [path for path in folder.rglob(".*") if path.name != ".cache"], (kind, number)
        assert program(folder, 2) == 0 and set_in(folder / "out") == newer, (kind, number)
        shutil.rmtree(folder)
    assert status == 0 and number > 2, f"{kind} was never needed"


def test_a_job_that_was_killed_is_one_of_those_that_are_told():
    with pytest.raises(HelperEnded):
        killed().result()
