import base64
import hashlib
import json
import os
import time
from concurrent.futures import Future
from dataclasses import replace

import pytest
from conftest import bar, chord, note, solo_of

from music.piece import Part, Piece
from running.file_set import MAKING
from running.helpers import result_of
from writing import engraving, outputs, samples, sound
from writing.outputs import Results, Wanted, prepare_studio, write_outputs
from writing.page import Copy

ALL, NOTHING = Wanted(True, True, True, True), Wanted(False, False, False, False)
# In the order in which they are written.
EVERYTHING = [*(f"my_music.{ending}" for ending in ("midi", "mp3", "musicxml", "svg", "png")), "training.png"]
EVERYTHING += ["my_music.html", "my_music.json"]


def piece(pitch=60, title="A solo") -> Piece:
    notes = [note(0.0, 1.0, pitch), note(1.0, 1.0, pitch + 4)]
    solo = solo_of([bar(0.0, 4.0)], notes, [chord(0.0, 4.0, (48, 52, 55, 59))])
    parts = [Part("Solo", 26, 0, solo.notes), Part("Chords", 0, 1, solo.chords)]
    return Piece(title, 130, solo, parts)


def results_of(*pitches, ranking=None) -> Results:
    pieces = [piece(pitch) for pitch in pitches]
    return Results(
        pieces,
        ranking or [*range(len(pieces))],
        dict.fromkeys(range(len(pieces)), {"copied": "0"}),
        {number: [Copy(0, 1, f"bar {number + 70}", piece())] for number in range(len(pieces))},
        {"The source": piece(title="The source"), "As played": piece(title="The source")},
        [9.0],
        {},
    )


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def told_of(folder, *names):
    return [f"wrote       {folder / name}" for name in names]


def heard_of(folder, *names):
    """What is told of files that can be heard before the rest is there."""
    return [f"to be heard {folder / MAKING}.{os.getpid()}{os.sep}{name}" for name in names]


def test_everything_is_written_and_told_in_the_order_of_hearing(tmp_path):
    told = list(write_outputs(tmp_path, results_of(60), ALL))
    assert told == heard_of(tmp_path, *EVERYTHING[:2]) + told_of(tmp_path, *EVERYTHING)
    assert names(tmp_path) == sorted(EVERYTHING)


def test_what_can_be_heard_is_told_as_soon_as_it_is_there_and_the_rest_comes_at_once(tmp_path):
    midi, _, *rest = (told for told in there_while_told(tmp_path))
    assert [path.name for path in midi] == ["my_music.midi"]
    assert all({path.name for path in there} == set(EVERYTHING) for there in rest)


def there_while_told(folder):
    """The files that are there each time something is told."""
    for _ in write_outputs(folder, results_of(60), ALL):
        yield [path for path in folder.rglob("*") if path.is_file()]


def test_the_sound_comes_before_the_rest_even_if_it_is_late(tmp_path):
    outputs.STUDIO.begin(time.sleep, 2)
    told = list(write_outputs(tmp_path, results_of(60), ALL))
    assert told == heard_of(tmp_path, *EVERYTHING[:2]) + told_of(tmp_path, *EVERYTHING)


def test_what_is_given_up_leaves_the_older_set_whole(tmp_path):
    """After each thing that is told before the end, whatever was made until then."""
    list(write_outputs(tmp_path, results_of(60), ALL))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for count in (1, 2):
        made = write_outputs(tmp_path, results_of(72), ALL)
        for _ in range(count):
            next(made)
        made.close()
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_smaller_set_takes_the_rest_of_the_larger_one_away(tmp_path):
    list(write_outputs(tmp_path, results_of(60, 62), ALL))
    (tmp_path / "my_music.png").write_bytes(b"painted over")
    *_, told = write_outputs(tmp_path, results_of(60), NOTHING)
    assert names(tmp_path) == ["my_music.json", "my_music.midi", "my_music.png"]
    assert told.startswith("removed     ") and "my_music_002.midi" in told and "my_music.png" not in told


def test_the_manifest_lists_what_was_written_and_how(tmp_path):
    list(write_outputs(tmp_path, results_of(60, 62), ALL, facts={"seed": 5}, more={"more.txt": b"more"}))
    manifest = json.loads((tmp_path / "my_music.json").read_text())
    assert manifest["seed"] == 5
    assert set(manifest["files"]) == set(names(tmp_path)) - {"my_music.json"}
    assert "more.txt" in manifest["files"]
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest


def test_what_another_process_draws_is_the_same(tmp_path, monkeypatch):
    """As everything long is."""
    drawn = replace(ALL, sound=False)
    list(write_outputs(tmp_path / "here", results_of(60, 62), drawn))
    monkeypatch.setattr(outputs, "LONG", 0)
    list(write_outputs(tmp_path / "there", results_of(60, 62), drawn))
    for path in (tmp_path / "here").iterdir():
        assert path.read_bytes() == (tmp_path / "there" / path.name).read_bytes(), path.name


class AtOnce:
    """A helper that has always just finished."""

    def begin(self, function, *arguments) -> Future:
        job = Future()
        job.set_result(function(*arguments))
        return job


def test_a_sound_that_is_at_hand_does_not_wait_for_the_page(tmp_path, monkeypatch):
    before_the_page = []
    monkeypatch.setattr(outputs, "STUDIO", AtOnce())

    def page(*_):
        before_the_page.extend(path.name for path in tmp_path.glob("*/*"))
        return b"the page"

    monkeypatch.setattr(outputs, "_page", page)
    told = list(write_outputs(tmp_path, results_of(60), ALL))
    assert told == heard_of(tmp_path, *EVERYTHING[:2]) + told_of(tmp_path, *EVERYTHING)
    assert sorted(before_the_page) == sorted(EVERYTHING[:-2])


@pytest.mark.parametrize(
    ("wanted", "made"),
    [
        ({}, []),
        ({"sound"}, ["my_music.mp3"]),
        ({"score"}, ["my_music.musicxml", "my_music.svg"]),
        ({"pictures"}, ["my_music.png", "training.png"]),
        ({"page"}, ["my_music.html"]),
        ({"sound", "page"}, ["my_music.mp3", "my_music.html"]),
    ],
)
def test_each_output_can_be_had_by_itself(tmp_path, wanted, made):
    wanted = Wanted(*(name in wanted for name in ("sound", "score", "pictures", "page")))
    told = list(write_outputs(tmp_path, results_of(60), wanted))
    heard = [name for name in ("my_music.midi", "my_music.mp3") if made and name in ("my_music.midi", *made)]
    assert told == heard_of(tmp_path, *heard) + told_of(tmp_path, "my_music.midi", *made, "my_music.json")
    assert names(tmp_path) == sorted(["my_music.midi", *made, "my_music.json"])
    if wanted.page:
        page = (tmp_path / "my_music.html").read_text()
        assert ('["MP3","./my_music.mp3"]' in page) == wanted.sound
        assert ("my_music.mp3" in page) == wanted.sound  # a link to what is not there would be a dead one
        assert "my_music.midi" in page and "my_music.musicxml" not in page


def test_of_several_each_has_a_number_and_the_best_the_name(tmp_path):
    wanted = Wanted(False, False, False, True)
    told = list(write_outputs(tmp_path, results_of(60, 62, 64, ranking=[1, 0, 2]), wanted))
    numbered = [f"my_music_{number:03d}.midi" for number in (1, 2, 3)]
    assert names(tmp_path) == ["my_music.html", "my_music.json", "my_music.midi", *numbered]
    assert (tmp_path / "my_music.midi").read_bytes() == (tmp_path / numbered[1]).read_bytes()
    assert told == [
        *heard_of(tmp_path, "my_music.midi"),
        f"wrote       {tmp_path / numbered[0]} to _003.midi; the best is number 2",
        *told_of(tmp_path, "my_music.midi", "my_music.html", "my_music.json"),
    ]
    page = (tmp_path / "my_music.html").read_text()
    in_order = [page.index(f'"{name}"') for name in ("Solo 2", "Solo 1", "Solo 3", "The source")]
    assert in_order == sorted(in_order)
    assert page.index('"bar 71"') < page.index('"bar 70"') < page.index('"bar 72"')  # each with its own copies


def test_of_more_than_the_page_shows_the_best_are_on_it(tmp_path):
    results = results_of(*range(60, 66), ranking=[4, 2, 0, 5, 1, 3])
    list(write_outputs(tmp_path, results, Wanted(False, False, False, True)))
    page = (tmp_path / "my_music.html").read_text()
    assert [number for number in range(1, 7) if f'"Solo {number}"' in page] == [1, 3, 5, 6]


@pytest.mark.parametrize(("module", "left_out"), [(sound, ["mp3"]), (engraving, ["musicxml", "svg"])])
def test_a_missing_library_is_one_sentence_and_the_rest_is_written(tmp_path, monkeypatch, module, left_out):
    monkeypatch.setattr(module, "missing", lambda: "it is not installed: pip install it")
    told = list(write_outputs(tmp_path, results_of(60), ALL))
    midi, *rest = [name for name in EVERYTHING if name.rpartition(".")[2] not in left_out]
    heard = heard_of(tmp_path, midi, *(name for name in rest if name == "my_music.mp3"))
    assert told == [heard[0], "it is not installed: pip install it", *heard[1:], *told_of(tmp_path, midi, *rest)]
    assert names(tmp_path) == sorted([midi, *rest])


def test_the_same_run_gives_the_same_bytes_also_with_samples_that_were_kept(tmp_path):
    folders = tmp_path / "one", tmp_path / "two", tmp_path / "three"
    for folder, memory in zip(folders, (None, tmp_path / "memory", tmp_path / "memory"), strict=True):
        list(write_outputs(folder, results_of(60, 62), ALL, memory))
    for name in names(folders[0]):
        assert len({(folder / name).read_bytes() for folder in folders}) == 1, name


def test_the_page_has_samples_for_all_that_is_shown_and_they_are_kept(tmp_path):
    results, wanted, memory = results_of(60, 96), Wanted(False, False, False, True), tmp_path / "memory"
    list(write_outputs(tmp_path / "out", results, wanted, memory))
    parts = [part for shown in (*results.pieces, *results.beside.values()) for part in shown.parts]
    needed = samples.sampled(samples.ranges(parts), memory)
    assert max(needed.starts["Solo"]) >= 100 and min(needed.starts["Solo"]) <= 60
    assert base64.b64encode(needed.mp3).decode() in (tmp_path / "out/my_music.html").read_text()
    assert len(list((memory / "sounds").iterdir())) == 1


def test_what_is_prepared_beside_the_learning_is_what_the_page_needs(tmp_path):
    """A solo in the octaves of its source needs no other samples."""
    results, wanted, memory = results_of(62), Wanted(True, False, False, True), tmp_path / "memory"
    prepare_studio(results.beside["As played"], wanted, memory)
    result_of(outputs.STUDIO.begin(os.getpid), "nothing")  # it has done what came before
    (kept,) = (memory / "sounds").iterdir()
    before = kept.stat().st_mtime_ns
    list(write_outputs(tmp_path / "out", results, wanted, memory))
    assert list((memory / "sounds").iterdir()) == [kept] and kept.stat().st_mtime_ns == before


@pytest.mark.parametrize("wanted", [NOTHING, Wanted(False, True, True, False)])
def test_nobody_is_woken_for_what_makes_no_sound(tmp_path, monkeypatch, wanted):
    monkeypatch.setattr(outputs, "STUDIO", None)
    prepare_studio(piece(), wanted, tmp_path)
    assert len(list(write_outputs(tmp_path, results_of(60), wanted))) in (2, 7)


def die(*_):
    os._exit(1)


def test_a_studio_that_dies_is_told_and_leaves_the_older_set(tmp_path, monkeypatch):
    list(write_outputs(tmp_path, results_of(60), NOTHING))
    before = (tmp_path / "my_music.midi").read_bytes()
    monkeypatch.setattr(sound, "mp3_bytes", die)
    lines = write_outputs(tmp_path, results_of(72), Wanted(True, False, True, False))
    assert next(lines) == heard_of(tmp_path, "my_music.midi")[0]
    with pytest.raises(ValueError, match="the sound could not be made: its process ended early"):
        list(lines)
    assert (tmp_path / "my_music.midi").read_bytes() == before
    assert names(tmp_path) == ["my_music.json", "my_music.midi"]


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ValueError, match="cannot be written"):
        next(write_outputs(tmp_path / "file", results_of(60), NOTHING))
    assert (tmp_path / "file").read_bytes() == b"not a folder"
