"""Sets of files: whole before, whole after, whatever happens between."""

import json
import os
import subprocess
import sys

import pytest
from conftest import ROOT

from running import file_set
from running.file_set import FileSet, settle

OLDER = {"solo": b"older solo", "page": b"older page", "third": b"older third"}
NEWER = {"solo": b"newer solo", "page": b"newer page", "sound": b"newer sound"}
CALLS = 14  # of the system to move something, from an older set to a newer one


def make(folder, content, **facts):
    with FileSet(folder, "set.json") as files:
        for name, data in content.items():
            files.write(name, data)
        return files.put_in_place(facts)


def there(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "set.json"}


@pytest.fixture
def folder(tmp_path):
    make(tmp_path, OLDER)
    (tmp_path / "other").write_bytes(b"of somebody else")
    return tmp_path


def is_whole(folder, content):
    """Whether a set is there, with its manifest, and nothing else but the other file."""
    listed = json.loads((folder / "set.json").read_text())["files"]
    return there(folder) == content | {"other": b"of somebody else"} and sorted(listed) == sorted(content)


def test_files_come_together_with_a_manifest_of_them(tmp_path):
    files = FileSet(tmp_path / "new" / "folder", "set.json")
    where = files.write("solo", b"content")
    assert where.read_bytes() == b"content"
    assert not (tmp_path / "new/folder/solo").exists()
    assert files.put_in_place({"seed": 3}) == []
    assert there(tmp_path / "new" / "folder") == {"solo": b"content"}
    digest = "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73"
    assert json.loads((tmp_path / "new/folder/set.json").read_text()) == {"seed": 3, "files": {"solo": digest}}


def test_what_the_newer_set_does_not_have_goes_unless_it_was_changed(folder):
    assert make(folder, NEWER) == ["third"]
    assert is_whole(folder, NEWER)
    (folder / "sound").write_bytes(b"changed by hand")
    assert make(folder, OLDER) == []
    assert is_whole(folder, OLDER | {"sound": b"changed by hand"}) is False  # it is not listed
    assert (folder / "sound").read_bytes() == b"changed by hand"


def test_what_is_given_up_leaves_the_older_set(folder):
    with FileSet(folder, "set.json") as files:
        files.write("solo", b"newer")
    assert is_whole(folder, OLDER)


@pytest.mark.parametrize("call", range(CALLS + 1))
def test_whatever_step_the_system_refuses_the_older_set_is_whole(folder, monkeypatch, call):
    """Every move in turn, those aside included; beyond the last one all goes well."""
    replace, calls = os.replace, iter(range(100))

    def refuse(source, target):
        if next(calls) == call:
            raise PermissionError(13, "Permission denied")
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    try:
        make(folder, NEWER)
    except ValueError as error:
        assert "cannot be written (Permission denied)" in str(error)
        files = OLDER
    else:
        assert call == CALLS
        files = NEWER
    monkeypatch.undo()
    assert is_whole(folder, files)


@pytest.mark.parametrize("moves", range(CALLS + 1))
def test_whenever_it_is_killed_the_next_run_finds_a_whole_set(folder, moves):
    """Killed before a move: the older set, or after it counted, once the next run has put it in place, the newer."""
    program = f"""
import os, sys
sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "tests")!r}]
from pathlib import Path
from test_file_set import NEWER, make
replace, moves = os.replace, 0
def killed(source, target):
    global moves
    if moves == {moves}:
        os._exit(9)
    moves += 1
    replace(source, target)
os.replace = killed
make(Path({str(folder)!r}), NEWER)
"""
    ended = subprocess.run([sys.executable, "-c", program], timeout=60)
    assert ended.returncode == (9 if moves < CALLS else 0)
    settle(folder, "set.json")
    counted = moves > 5  # the folder was tried, three files and the manifest were made, and it has its other name
    assert is_whole(folder, NEWER if counted else OLDER)


def test_what_a_living_run_makes_is_left_alone(folder):
    files = FileSet(folder, "set.json")
    aside = files.write("solo", b"newer")
    make_other = FileSet(folder, "set.json")
    assert aside.exists()
    make_other.discard()


@pytest.mark.parametrize(
    "manifest", ["", "[]", '{"files": 3}', '{"files": {"..": "", "../x": "", "a/b": ""}}', '{"files": {"other": 3}}']
)
def test_a_manifest_that_is_none_takes_nothing_away(folder, manifest):
    (folder / "set.json").write_text(manifest)
    assert make(folder, NEWER) == []
    assert there(folder) == OLDER | NEWER | {"other": b"of somebody else"}


def test_a_folder_in_the_place_of_a_file_is_told(folder):
    (folder / "sound").mkdir()
    with pytest.raises(ValueError, match="sound: cannot be written, it is a folder"):
        make(folder, NEWER)
    assert (folder / "solo").read_bytes() == OLDER["solo"]
    assert not list(folder.glob(".m*"))
    assert file_set.MAKING.startswith(".m") and file_set.MADE.startswith(".m")


# Puts sets in place, again and again, while others do the same.
AT_ONCE = """
import sys
from running.file_set import FileSet
for number in range(30):
    content = f"{sys.argv[2]}/{number}".encode()
    with FileSet(sys.argv[1], "set.json") as files:
        for name in "abcdefgh"[int(sys.argv[2]) % 3:]:
            files.write(name, content)
        files.put_in_place({"content": content.decode()})
"""


def test_runs_that_end_at_once_leave_the_set_of_one_of_them(tmp_path):
    runs = [
        subprocess.Popen([sys.executable, "-c", AT_ONCE, str(tmp_path), str(number)], cwd=ROOT, stderr=subprocess.PIPE)
        for number in range(8)
    ]
    assert [(run.communicate()[1], run.returncode) for run in runs] == [(b"", 0)] * 8
    manifest = json.loads((tmp_path / "set.json").read_text())
    assert there(tmp_path) == dict.fromkeys(manifest["files"], manifest["content"].encode())


def test_what_a_killed_run_had_begun_does_not_come_over_what_a_living_one_wrote(folder, dead):
    """It was killed while it moved, after the other had begun."""
    with FileSet(folder, "set.json") as files:
        for name, data in NEWER.items():
            files.write(name, data)
        begun = folder / f".made.{dead}"
        begun.mkdir()
        (begun / "page").write_bytes(b"begun page")
        digests = {"page": "x", "solo": "y"}
        (begun / "set.json").write_text(json.dumps({"files": digests}))
        files.put_in_place({})
    assert is_whole(folder, NEWER)
    settle(folder, "set.json")
    assert json.loads((folder / "set.json").read_text())["files"].keys() == NEWER.keys()
    assert (folder / "page").read_bytes() == b"newer page"


def test_a_run_that_does_not_come_to_an_end_is_told(folder, monkeypatch):
    monkeypatch.setattr(file_set, "LONGEST_MOVE", 0.1)
    with FileSet(folder, "set.json") as files:
        files.write("solo", b"newer")
        with (
            file_set._alone_in(folder),
            pytest.raises(ValueError, match="cannot be written .another run does not come to an end there.; is there"),
        ):
            files.put_in_place({})
    assert is_whole(folder, OLDER)
