"""Many tunes of which only the grammar is held: they teach what a list of them teaches, and take little memory."""

import json
import shutil
import tempfile
import tracemalloc
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import four_bars

import music_generate
import preprocess
from data_utils import training_windows, window_starts
from learning.learner import Network
from learning.network import build, keras_file
from learning.saved_network import load, save
from learning.style import learn_style
from preprocess import read_tune, read_tunes
from reading import many_tunes
from reading.many_tunes import Library, heading_of, headings_of, known_of, n_bars_of, packed
from running import helpers


@pytest.fixture
def folder(tmp_path, write_tune, our_tune):
    """Five tunes, no two alike."""
    folder = tmp_path / "tunes"
    folder.mkdir()
    shutil.copy(our_tune, folder / "ours.mid")
    for number in range(4):
        shutil.move(
            write_tune(four_bars([60 + step * (number + 1) % 13 for step in range(8)])), folder / f"{number}.mid"
        )
    return folder


def library_of(tunes, **made) -> Library:
    """A library of these tunes, with nothing to read again."""
    found = Library(lambda reading, path: preprocess._as_kept(reading, path), **made)
    for tune in tunes:
        found.add(tune.path, packed(tune))
    return found


def by_players(folder, *players):
    tune = read_tune(folder / "0.mid")
    return [
        replace(tune, player=player, title=f"no. {number}", path=Path(f"{number}.mid"))
        for number, player in enumerate(players)
    ]


def test_a_library_teaches_what_a_list_of_its_tunes_teaches(folder):
    tunes, _ = read_tunes(folder)
    assert isinstance(tunes, Library) and list(tunes) == [read_tune(file) for file in sorted(folder.iterdir())]
    ours, theirs = learn_style(tunes), learn_style(list(tunes))
    assert (ours.corpus, ours.values, ours.terms, ours.source) == (
        theirs.corpus, theirs.values, theirs.terms, theirs.source
    )  # fmt: skip
    assert (ours.indices == theirs.indices).all() and ours.indices.itemsize == 1
    assert (ours.lengths == theirs.lengths).all() and (ours.feel.told, ours.size) == (theirs.feel.told, theirs.size)
    assert all((one == other).all() for one, other in zip(ours.player.line, theirs.player.line, strict=True))
    assert n_bars_of(tunes) == n_bars_of(list(tunes)) == 16 + 24
    names = ("path", "values", "is_struck", "player", "title", "style")
    for heading, tune in zip(headings_of(tunes), tunes, strict=True):
        assert [getattr(heading, name) for name in names] == [getattr(tune, name) for name in names]


def test_the_one_tune_of_a_folder_is_learned_as_its_file_is(our_tune, tmp_path):
    shutil.copy(our_tune, tmp_path)
    tunes, _ = read_tunes(tmp_path)
    styles = learn_style(tunes), learn_style([read_tune(our_tune)])
    starts = window_starts([len(styles[0].indices)], 60, 30)
    ours, theirs = (training_windows(style.indices, starts, 30) for style in styles)
    assert isinstance(tunes, Library) and (np.array(ours) == theirs).all()


def test_of_many_tunes_some_are_looked_at_evenly_and_of_every_player(folder, monkeypatch):
    monkeypatch.setattr(many_tunes, "MOST_KNOWN", 6)
    assert known_of(library_of(by_players(folder, *[""] * 24))) == [0, 4, 8, 12, 16, 20]
    mixed = by_players(folder, *["Bird"] * 12, "Miles", *["Trane"] * 4)
    assert known_of(library_of(mixed)) == known_of(mixed) == [0, 4, 8, 12, 13, 15]
    assert known_of(mixed[:6]) == [0, 1, 2, 3, 4, 5]


def test_the_network_learns_from_all_and_the_experts_from_those_that_are_looked_at(folder, monkeypatch):
    monkeypatch.setattr(many_tunes, "MOST_KNOWN", 2)
    tunes, _ = read_tunes(folder)
    style = learn_style(tunes)
    assert len(style.indices) == style.lengths.sum() == sum(len(tune.values) for tune in tunes)
    assert style.corpus == tunes[0].values + tunes[2].values
    assert len(style.player.line.places) == sum(len(tunes[number].solo.notes) for number in (0, 2))
    assert style.size.endswith(f"unique, of which the experts know {len(style.corpus)}")


def test_a_tune_takes_the_memory_of_its_values_and_names(folder):
    tune = read_tune(folder / "ours.mid")
    found, reading = library_of([tune]), packed(tune)
    tracemalloc.start()
    try:
        taken = []
        for first, last in ((0, 100), (100, 300)):
            for number in range(first, last):
                found.add(Path(f"a/folder/somewhere/tune{number:06d}.mid"), reading)
            taken.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert (taken[1] - taken[0]) / 200 < 8 * len(tune.values) + 250  # the notes of one take 100,000 bytes
    assert found[0] is found[0] and all(found[number].melody == tune.melody for number in range(0, 300, 10))
    assert found._tune.cache_info().currsize == many_tunes.HELD


def test_what_was_read_before_an_interruption_is_not_read_again(folder, tmp_path, monkeypatch):
    reading, read = preprocess.read_tune, []

    def interrupted(file, *given):
        if len(read) == 3:
            raise KeyboardInterrupt
        read.append(file.name)
        return reading(file, *given)

    monkeypatch.setattr(preprocess, "read_tune", interrupted)
    with pytest.raises(KeyboardInterrupt):
        read_tunes(folder, memory=tmp_path / "memory")
    monkeypatch.setattr(preprocess, "read_tune", lambda file, *given: read.append(file.name) or reading(file, *given))
    assert len(read_tunes(folder, memory=tmp_path / "memory")[0]) == 5
    assert read == ["0.mid", "1.mid", "2.mid", "3.mid", "ours.mid"]


def test_notes_outlive_their_folder_and_the_memory_and_leave_nothing_behind(folder, tmp_path, monkeypatch):
    room = tmp_path / "room"
    room.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(room))
    wanted = read_tune(folder / "ours.mid")
    for memory in (None, tmp_path / "memory"):
        tunes, _ = read_tunes(folder, memory=memory)
        assert not list(room.iterdir())
        if memory:
            shutil.rmtree(memory)
            shutil.rmtree(folder)
        assert tunes[-1] == wanted and tunes[1:3] == [tunes[1], tunes[2]]


def test_a_reading_that_cannot_be_believed_is_read_again(folder):
    tunes = Library(lambda *given: preprocess._tune_of(*given, preprocess.Selection()))
    file, heading = folder / "0.mid", json.dumps(heading_of(packed(read_tune(folder / "0.mid")))).encode()
    for parts in (b"{}", b"[", b"[" * 10**5):
        tunes.add(file, zlib.compress(heading) + zlib.compress(parts))
        assert tunes[len(tunes) - 1] == read_tune(file)
    for wrong in (b"", b"nonsense", zlib.compress(b"[]"), zlib.compress(heading.replace(b"C,0", b"Q,0"))):
        with pytest.raises(ValueError):
            tunes.add(file, wrong)
    assert len(tunes) == 3


def test_no_more_is_begun_than_can_be_held(monkeypatch):
    monkeypatch.setattr(helpers, "AHEAD", 5)
    begun = []
    for done, (item, number) in enumerate(helpers.in_order(lambda item: begun.append(item) or item**2, range(20))):
        assert number == item**2 == done**2 and len(begun) <= done + 5
    assert begun == list(range(20))


def test_a_saved_library_keeps_the_values_of_all_and_the_notes_of_those_that_are_looked_at(
    folder, tmp_path, monkeypatch
):
    monkeypatch.setattr(many_tunes, "MOST_KNOWN", 2)
    tunes, _ = read_tunes(folder)
    style, path = learn_style(tunes), tmp_path / "library.keras"
    model = build(len(style.values), 8, 30, seed=5)[0]
    save(path, Network(model.get_weights(), np.array([3.0]), keras_file(model)), tunes, style.values, 30)
    loaded = load(path)
    assert loaded.tunes == [replace(tunes[number], path=Path(tunes[number].path.name)) for number in (0, 2)]
    again = learn_style(loaded.tunes, values=loaded.values)
    assert (again.values, again.terms, again.corpus) == (style.values, style.terms, style.corpus)
    assert (again.player.corpus == style.player.corpus).all()


def test_a_whole_run_looks_at_no_more_tunes_than_the_experts_know(folder, tmp_path, monkeypatch, write_tune):
    for number in range(5, 25):
        notes = [60 + step * number % 17 for step in range(8)]
        shutil.move(write_tune(four_bars(notes)), folder / f"{number}.mid")
    monkeypatch.setattr(many_tunes, "MOST_KNOWN", 2)
    made, as_kept = [], preprocess._as_kept
    monkeypatch.setattr(preprocess, "_as_kept", lambda reading, file: made.append(file) or as_kept(reading, file))
    off = [f"--{name}=no" for name in ("sound", "score", "pictures")]
    few = ["--epochs", "1", "--n-a", "4", "--experts", "gaps", "--bars", "2", "--style", "bossa"]
    monkeypatch.setattr("learning.lessons.MOST_VALUES", 300)
    folders = ["--tune", str(folder), "--cache", str(tmp_path / "cache"), "--output", str(tmp_path / "out")]
    music_generate.main([*folders, *few, *off])
    assert 1 <= len(set(made)) <= 3  # those two, and the one whose changes are played
