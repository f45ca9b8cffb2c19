"""What is kept is believed only if it is, to the last bit, what was kept there."""

import os
import threading
import time

import pytest

from running import memory
from running.memory import digest_of, recall, remember, trim


@pytest.fixture
def kept(tmp_path):
    path = tmp_path / "tunes" / "key.json"
    remember(path, b"what was worked out")
    return path


def test_what_was_remembered_is_recalled(kept, tmp_path):
    assert recall(kept) == b"what was worked out"
    assert recall(tmp_path / "tunes" / "other.json") is None
    remember(kept, b"")
    assert recall(kept) == b""


def test_no_changed_byte_is_believed_wherever_it_stands(kept):
    content = kept.read_bytes()
    for place in range(len(content)):
        for flipped in (1, 128):
            kept.write_bytes(content[:place] + bytes([content[place] ^ flipped]) + content[place + 1 :])
            assert recall(kept) is None, place


def test_nothing_cut_or_longer_is_believed(kept):
    content = kept.read_bytes()
    for length in range(len(content)):
        kept.write_bytes(content[:length])
        assert recall(kept) is None, length
    kept.write_bytes(content + b"\0")
    assert recall(kept) is None


def test_an_entry_under_another_key_is_not_believed(kept):
    other = kept.with_name("other.json")
    kept.rename(other)
    assert recall(other) is None


def test_an_entry_as_another_version_wrote_it_is_not_believed(kept):
    kept.write_bytes(kept.read_bytes().replace(memory.VERSION, b"improviser memory 1\n"))
    assert recall(kept) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_what_is_no_file_is_neither_waited_for_nor_read_without_end(kept, tmp_path):
    kept.unlink()
    os.mkfifo(kept)
    asked = threading.Thread(target=recall, args=(kept,), daemon=True)
    asked.start()
    asked.join(5)
    assert not asked.is_alive()
    for other in (tmp_path, "/dev/zero"):
        kept.unlink()
        kept.symlink_to(other)
        assert recall(kept) is None


def test_what_is_too_large_is_neither_kept_nor_read(kept, monkeypatch):
    monkeypatch.setattr(memory, "LARGEST_ENTRY", 10)
    assert recall(kept) is None
    remember(kept.with_name("large"), b"0123456789")
    assert not kept.with_name("large").exists()


def test_what_was_not_used_for_longest_goes_first(tmp_path):
    paths = [tmp_path / room / name for room in ("tunes", "weights") for name in ("a", "b", "c")]
    for age, path in enumerate(paths):
        remember(path, bytes(1000))
        os.utime(path, (time.time() - 1000 + age,) * 2)
    assert recall(paths[0])  # and so it was used last
    trim(tmp_path, 3 * paths[0].stat().st_size)
    assert [path for path in paths if path.exists()] == [paths[0], *paths[-2:]]
    trim(tmp_path)
    assert sum(path.exists() for path in paths) == 3


def test_what_killed_runs_had_begun_goes_and_what_living_ones_write_stays(tmp_path, dead):
    left, living = (tmp_path / "tunes" / f".key.{number}.part" for number in (dead, os.getpid()))
    left.parent.mkdir()
    for path in (left, living):
        path.write_bytes(b"half of it")
    trim(tmp_path)
    assert not left.exists() and living.exists()


def test_a_memory_that_cannot_be_written_is_no_memory(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    remember(tmp_path / "file" / "key", b"content")
    assert recall(tmp_path / "file" / "key") is None
    trim(tmp_path / "file")
    trim(tmp_path / "nowhere")


def test_how_the_parts_of_a_key_are_cut_matters():
    assert digest_of("ab", "c") != digest_of("a", "bc") != digest_of("abc")
    assert digest_of("a", b"b") == digest_of(b"a", "b")
