"""The project's shape: six scripts and a handful of folders, none of which does anything when imported."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

FOLDERS = ("music", "running", "reading", "learning", "improvising", "writing")
MODULES = sorted(path.stem for path in ROOT.glob("*.py"))
MODULES += [f"{folder}.{path.stem}" for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.py"))]


def test_the_names_of_the_design_are_at_the_top():
    names = "music_generate.py data_utils.py preprocess.py qa.py grammar.py inference_model.py data output images"
    for name in f"{names} requirements.txt README.md tests".split():
        assert (ROOT / name).exists(), name


def test_the_scripts_are_six_and_the_folders_flat():
    scripts = {"music_generate", "data_utils", "preprocess", "qa", "grammar", "inference_model"}
    assert {path.stem for path in ROOT.glob("*.py")} == scripts
    assert {path.parent.name for path in ROOT.glob("*/__init__.py")} == set(FOLDERS)
    for folder in FOLDERS:
        assert not list((ROOT / folder).glob("*/*.py"))
        tree = ast.parse((ROOT / folder / "__init__.py").read_text())
        assert ast.get_docstring(tree) and len(tree.body) == 1, folder


@pytest.mark.parametrize("module", MODULES)
def test_importing_reads_trains_and_prints_nothing(module, tmp_path):
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); import {module}"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert not list(Path(tmp_path).iterdir())
