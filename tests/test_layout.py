"""The project's shape: flat scripts that do nothing when imported."""

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

MODULES = sorted(path.stem for path in ROOT.glob("*.py"))


def test_the_names_of_the_design_are_at_the_top():
    names = "music_generate.py data_utils.py preprocess.py qa.py grammar.py inference_model.py data output images"
    for name in f"{names} requirements.txt README.md tests".split():
        assert (ROOT / name).exists(), name


def test_there_is_no_package_tree():
    assert not list(ROOT.glob("*/__init__.py"))


@pytest.mark.parametrize("module", MODULES)
def test_importing_reads_trains_and_prints_nothing(module, tmp_path):
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); import {module}"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert not list(Path(tmp_path).iterdir())
