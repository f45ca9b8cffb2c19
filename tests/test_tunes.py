import json
import shutil
from dataclasses import replace
from pathlib import Path

import mido
import pytest
from conftest import four_bars

import preprocess
from music.notes import Chord
from music.piece import DRUM_CHANNEL
from preprocess import FEW, read_tunes
from reading.tune_json import tune_from_json, tune_to_json


@pytest.fixture
def folder(tmp_path, write_tune, our_tune):
    """Two tunes, one of them a folder down, and two files that are none."""
    folder = tmp_path / "tunes"
    (folder / "deeper").mkdir(parents=True)
    shutil.move(write_tune(four_bars()), folder / "tiny.mid")
    shutil.copy(our_tune, folder / "deeper/ours.MID")
    (folder / "broken.mid").write_bytes(b"MThd nonsense")
    (folder / "notes.txt").write_text("not a tune")
    return folder


def transposed(tune_path, up, path):
    """A copy of a MIDI file in another key."""
    file = mido.MidiFile(tune_path)
    for track in file.tracks:
        for message in track:
            if message.type in ("note_on", "note_off") and message.channel != DRUM_CHANNEL:
                message.note += up
    file.save(path)


def contents(tunes):
    """The tunes, whatever files they come from."""
    return [replace(tune, path=Path()) for tune in tunes]


def test_a_folder_is_read_and_what_cannot_be_used_is_listed(folder):
    tunes, skipped = read_tunes(folder)
    assert [tune.path.name for tune in tunes] == ["ours.MID", "tiny.mid"]
    assert [(file.name, "broken.mid" in reason) for file, reason in skipped] == [("broken.mid", True)]


def test_many_files_are_read_by_several_processes_alike(folder, our_tune):
    moved = {f"copy{number:02d}.mid": number + 1 for number in range(FEW)}
    for name, up in moved.items():
        transposed(our_tune, up, folder / name)
    tunes, skipped = read_tunes(folder)
    assert len(tunes) == FEW + 2 and len(skipped) == 1
    ours = next(tune for tune in tunes if tune.path.name == "ours.MID")
    for tune in tunes:
        if up := moved.get(tune.path.name):
            assert tune.values and tune.bars == ours.bars
            assert [note.pitch - up for note in tune.solo.notes] == [note.pitch for note in ours.solo.notes]


def test_what_was_read_is_remembered_by_content(folder, tmp_path, monkeypatch):
    memory = tmp_path / "memory"
    first, _ = read_tunes(folder, memory=memory)
    monkeypatch.setattr(preprocess, "read_tune", lambda *arguments: pytest.fail("read again"))
    (folder / "broken.mid").unlink()
    (folder / "tiny.mid").rename(folder / "renamed.mid")
    again, _ = read_tunes(folder, memory=memory)
    assert contents(again) == contents(first)
    assert [tune.path.name for tune in again] == ["ours.MID", "renamed.mid"]


def test_it_is_told_before_something_is_read_anew_and_only_then(folder, tmp_path, monkeypatch):
    memory, happened = tmp_path / "memory", []

    def read(*files):
        """What happens while these are read, in order."""
        happened.clear()
        for file in files or (folder,):
            read_tunes(file, memory=memory, when_new=lambda: happened.append("new"))
        return list(happened)

    reading = preprocess.read_tune
    monkeypatch.setattr(preprocess, "read_tune", lambda *given: happened.append(given[0].name) or reading(*given))
    assert read() == ["new", "broken.mid", "new", "ours.MID", "new", "tiny.mid"]
    assert read() == ["new", "broken.mid"]  # what cannot be read is not remembered
    assert read(folder / "tiny.mid", folder / "deeper/ours.MID") == []
    for file in (memory / "tunes").iterdir():
        file.write_text("[{}")
    assert read(folder / "tiny.mid") == ["new", "tiny.mid"]
    memory = None
    assert read(folder / "tiny.mid") == ["new", "tiny.mid"]


def test_a_device_is_not_read_without_end(tmp_path):
    with pytest.raises(ValueError, match="/dev/zero"):
        read_tunes(Path("/dev/zero"), memory=tmp_path)


def test_a_damaged_memory_is_not_believed(folder, tmp_path):
    memory = tmp_path / "memory"
    first = read_tunes(folder, memory=memory)
    for file in (memory / "tunes").iterdir():
        file.write_text("[{}")
    assert read_tunes(folder, memory=memory) == first


def test_a_tune_survives_json(folder):
    for tune in read_tunes(folder)[0]:
        again = tune_from_json(json.loads(json.dumps(tune_to_json(tune))))
        assert again == replace(tune, path=Path(tune.path.name))  # the folder is nobody's business


def test_a_folder_fails_only_if_nothing_can_be_used(tmp_path):
    with pytest.raises(ValueError, match="no file in this folder ends in"):
        read_tunes(tmp_path)
    (tmp_path / "broken.mid").write_bytes(b"nonsense")
    with pytest.raises(ValueError, match="none of its 1 files can be used; the first: .*not a MIDI file"):
        read_tunes(tmp_path)


@pytest.mark.parametrize("which", ["metheny", "our_tune"])
def test_whatever_was_read_is_remembered(tmp_path, which, request, monkeypatch):
    """Found by the time that a rerun took: a chord of no length was never believed, and its tune read each time."""
    tune_path = request.getfixturevalue(which)
    tunes, _ = read_tunes(tune_path, memory=tmp_path)
    monkeypatch.setattr(preprocess, "read_tune", lambda *_: pytest.fail("it is read again"))
    assert read_tunes(tune_path, memory=tmp_path)[0] == tunes


def test_silence_and_chords_of_no_length_are_kept(write_tune):
    tune = preprocess.read_tune(write_tune(four_bars()))
    number, chords = next(iter(tune.chords.items()))
    silence = Chord(chords[0].onset, 0, (), 0, None, "N.C.", (), None)
    kept = replace(tune, chords=tune.chords | {number: [chords[0]._replace(duration=0), silence]})
    assert contents([preprocess.tune_as_kept(json.loads(json.dumps(tune_to_json(kept))))]) == contents([kept])
