"""The project's shape: six scripts and a handful of folders, in layers, none of which does anything when imported."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

import music_generate
from running.settings import declared

# From the ground up: a layer may import what stands before it, and no layer two ways.
LAYERS = [
    ("running",),
    ("music", "inference_model"),
    ("grammar", "qa", "writing"),
    ("reading",),
    ("preprocess",),
    ("data_utils",),
    ("learning",),
    ("improvising",),
    ("music_generate",),
]
FOLDERS = ("music", "running", "reading", "learning", "improvising", "writing")
SCRIPTS = ("music_generate", "data_utils", "preprocess", "qa", "grammar", "inference_model")
FILES = [ROOT / f"{name}.py" for name in SCRIPTS]
FILES += [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.py"))]
MODULES = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in FILES]
LEARNS = ("learning.network", "learning.shared_parts", "running.quiet_tensorflow")
MOST_LINES, MOST_PARAMETERS = 50, 7
REASON = re.compile(r"# (Long|Many parameters): \w+")


def test_the_names_of_the_design_are_at_the_top():
    names = "data output images tests benchmarks requirements.txt README.md"
    for name in names.split():
        assert (ROOT / name).exists(), name
    assert {path.stem for path in ROOT.glob("*.py")} == set(SCRIPTS)


def test_the_folders_are_six_and_flat_and_say_what_they_are():
    assert {path.parent.name for path in ROOT.glob("*/__init__.py")} == set(FOLDERS)
    for folder in FOLDERS:
        assert not list((ROOT / folder).glob("*/*.py")), folder
        tree = ast.parse((ROOT / folder / "__init__.py").read_text())
        assert ast.get_docstring(tree) and len(tree.body) == 1, folder


def imported(path: Path) -> set[str]:
    """The rooms, folders and scripts, that a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            names.add(node.module.partition(".")[0])
        elif isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
    return names & {*FOLDERS, *SCRIPTS}


def test_imports_point_downwards():
    floor = {room: number for number, rooms in enumerate(LAYERS) for room in rooms}
    assert set(floor) == {*FOLDERS, *SCRIPTS}
    for path in FILES:
        room = path.relative_to(ROOT).parts[0].removesuffix(".py")
        upwards = {other for other in imported(path) - {room} if floor[other] >= floor[room]}
        assert not upwards, f"{path.relative_to(ROOT)} imports {upwards}, which stand no lower"


@pytest.mark.parametrize("module", MODULES)
def test_importing_reads_trains_prints_nothing_and_brings_tensorflow_only_to_learn(module, tmp_path):
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import {module}; told = 'tensorflow' in sys.modules"
    command = [sys.executable, "-c", f"{program}; sys.exit(told != {module in LEARNS})"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert not list(tmp_path.iterdir())


def test_the_story_is_a_page():
    text = (ROOT / "music_generate.py").read_text()
    main = next(node for node in ast.parse(text).body if getattr(node, "name", "") == "main")
    assert len(text.splitlines()) <= 200
    assert main.end_lineno - main.lineno + 1 <= 40
    assert len(declared(music_generate)) <= 60


def test_no_function_is_long_or_takes_much_without_a_reason():
    scripts = [path for folder in ("benchmarks", "images", "data") for path in (ROOT / folder).glob("*.py")]
    for path in [*FILES, *scripts]:
        text = path.read_text()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                parameters = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                lines = text.splitlines()[node.lineno - 1 : node.end_lineno]
                if len(lines) > MOST_LINES or len([p for p in parameters if p.arg != "self"]) > MOST_PARAMETERS:
                    assert REASON.search("\n".join(lines)), f"{path.relative_to(ROOT)}: {node.name} gives no reason"
