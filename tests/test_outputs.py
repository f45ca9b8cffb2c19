import pytest
from conftest import bar, chord, note, solo_of

from music.piece import Part, Piece
from writing import engraving, sound
from writing.outputs import Results, Studio, Wanted, write_outputs

STUDIO, ALL = Studio(), Wanted(True, True, True, True)
EVERYTHING = ["html", "midi", "mp3", "musicxml", "png", "svg"]


def piece(pitch=60) -> Piece:
    notes = [note(0.0, 1.0, pitch), note(1.0, 1.0, pitch + 4)]
    solo = solo_of([bar(0.0, 4.0)], notes, [chord(0.0, 4.0, (48, 52, 55, 59))])
    parts = [Part("Solo", 26, 0, solo.notes), Part("Chords", 0, 1, solo.chords)]
    return Piece("A solo", 130, solo, parts)


def results_of(*pitches, ranking=None) -> Results:
    pieces = [piece(pitch) for pitch in pitches]
    return Results(
        pieces,
        ranking or [*range(len(pieces))],
        dict.fromkeys(range(len(pieces)), {"copied": "0"}),
        piece(),
        *STUDIO.begin([piece()]),
        [9.0],
        {},
    )


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_everything_is_written_and_named(tmp_path):
    told = write_outputs(tmp_path, results_of(60), ALL, STUDIO)
    written = [*(f"my_music.{ending}" for ending in EVERYTHING), "training.png"]
    assert names(tmp_path) == written
    assert sorted(line.split()[-1] for line in told) == [str(tmp_path / name) for name in written]


def test_each_output_can_be_turned_off(tmp_path):
    write_outputs(tmp_path, results_of(60), Wanted(sound=False, score=False, pictures=False, page=False), STUDIO)
    assert names(tmp_path) == ["my_music.midi"]


def test_of_several_each_has_a_number_and_the_best_the_name(tmp_path):
    told = write_outputs(tmp_path, results_of(60, 62, 64, ranking=[1, 0, 2]), Wanted(False, False, False, True), STUDIO)
    numbered = [f"my_music_{number:03d}.midi" for number in (1, 2, 3)]
    assert names(tmp_path) == ["my_music.html", "my_music.midi", *numbered]
    assert (tmp_path / "my_music.midi").read_bytes() == (tmp_path / numbered[1]).read_bytes()
    assert "the best is number 2" in told[0]
    page = (tmp_path / "my_music.html").read_text()
    assert all(name in page for name in ("Solo 2", "Solo 1", "Solo 3", "The source"))


@pytest.mark.parametrize(("module", "left_out"), [(sound, ["mp3"]), (engraving, ["musicxml", "svg"])])
def test_a_missing_library_is_one_sentence_and_the_rest_is_written(tmp_path, monkeypatch, module, left_out):
    monkeypatch.setattr(module, "missing", lambda: "it is not installed: pip install it")
    told = write_outputs(tmp_path, results_of(60), ALL, STUDIO)
    assert told[0] == "it is not installed: pip install it"
    expected = [f"my_music.{ending}" for ending in EVERYTHING if ending not in left_out]
    assert names(tmp_path) == [*expected, "training.png"]


def test_the_same_run_gives_the_same_bytes(tmp_path):
    for folder in ("one", "two"):
        write_outputs(tmp_path / folder, results_of(60, 62), ALL, STUDIO)
    for name in names(tmp_path / "one"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name
