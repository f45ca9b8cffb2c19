import io
import json
import pickle
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import playing

from improvising.solos import generate_music
from inference_model import OneStep
from learning.feel import learn_feel
from learning.learner import Network
from learning.network import build, keras_file
from learning.saved_network import MATERIAL, WEIGHTS, load, save
from learning.style import learn_style
from preprocess import read_tune
from running.quiet_tensorflow import keras


@pytest.fixture(scope="module")
def saved(our_tune, tmp_path_factory):
    """The file, the tune and the network that it was made of."""
    tune = read_tune(our_tune)
    model = build(len(learn_style([tune]).values), 8, 30, seed=5)[0]
    network = Network(model.get_weights(), np.array([3.0, 2.0]), keras_file(model))
    path = tmp_path_factory.mktemp("saved") / "network.keras"
    save(path, network, [tune], learn_style([tune]).values, 30)
    return path, tune, network


def rewritten(path, tmp_path, **members):
    """A copy of the file with some members changed; None leaves a member out."""
    copy = tmp_path / "other.keras"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
        for name in old.namelist():
            content = members.get(name.rpartition("/")[2].partition(".")[0], old.read(name))
            if content is not None:
                new.writestr(name, content)
    return copy


def test_what_was_saved_is_loaded_and_improvises_alike(saved, capsys):
    path, tune, network = saved
    loaded = load(path)
    assert loaded.network.n_a == 8 and loaded.network.losses.tolist() == [3.0, 2.0]
    assert loaded.tunes == [replace(tune, path=Path("our_tune.mid"))]
    assert same_weights(loaded.network.weights, network.weights)
    assert capsys.readouterr().out == f"loaded      {path}, trained for 2 epochs, loss 2.00\n"
    solos = [
        generate_music(OneStep(weights), learn_style([of]), playing())
        for weights, of in ((network.weights, tune), (loaded.network.weights, loaded.tunes[0]))
    ]
    assert solos[0] == solos[1]


def test_a_saved_file_keeps_feel_instrument_and_whether_chords_are_struck(saved, tmp_path):
    path, tune, _ = saved
    (found,) = load(path).tunes
    assert len(found.solo.nuances) == len(tune.solo.notes) and found.nuances == tune.nuances
    assert (found.program, found.is_struck, found.tempo) == (26, True, 118.0)
    own, kept = learn_feel([tune]), learn_feel([found])
    assert (
        own.told == kept.told and (own.late == kept.late).all() and (own.known == kept.known).all() and own.known.any()
    )
    with zipfile.ZipFile(path) as archive:
        material = json.loads(archive.read(MATERIAL))
    for name in ("nuances", "program", "strikes"):
        del material["tunes"][0][name]
    (older,) = load(rewritten(path, tmp_path, material=json.dumps(material))).tunes  # of a version that kept none
    assert (older.nuances, older.program, older.is_struck) == ({}, None, False) and older.melody == tune.melody


def test_a_file_of_the_format_before_has_the_values_of_its_tunes(saved, tmp_path):
    path, tune, _ = saved
    with zipfile.ZipFile(path) as archive:
        material = json.loads(archive.read(MATERIAL))
    del material["values"]
    loaded = load(rewritten(path, tmp_path, material=json.dumps(material | {"format": 2})))
    assert loaded.values == load(path).values == sorted({*tune.values})


def same_weights(some, others) -> bool:
    return all((one == two).all() for one, two in zip(some, others, strict=True))


def test_keras_opens_the_file_too(saved):
    path, tune, network = saved
    opened = keras.models.load_model(path, compile=False)
    assert opened.input_shape == (None, 30, len({*tune.values}))
    assert same_weights(opened.get_weights(), network.weights)


def test_what_was_loaded_is_saved_again_as_another_file_that_keras_opens(saved, tmp_path):
    """Of a loaded network only the weights are known: Keras has to make its file anew."""
    loaded = load(saved[0])
    save(tmp_path / "again.keras", loaded.network, loaded.tunes, loaded.values, 20)
    again = load(tmp_path / "again.keras")
    assert same_weights(again.network.weights, saved[2].weights)
    assert (again.tunes, again.network.losses.tolist()) == (loaded.tunes, [3.0, 2.0])
    opened = keras.models.load_model(tmp_path / "again.keras", compile=False)
    assert opened.input_shape == (None, 20, len({*saved[1].values}))
    assert same_weights(opened.get_weights(), saved[2].weights)


def with_note(material, note):
    material["tunes"][0]["melody"]["12"] = [note]
    return material


class Harmful:
    def __reduce__(self):
        return (pytest.fail, ("code of the file was run",))


def test_code_in_the_file_is_not_run(saved, tmp_path):
    buffer = io.BytesIO()
    np.savez(buffer, arr_0=np.array([Harmful()], dtype=object))
    for harmful in (buffer.getvalue(), pickle.dumps(Harmful())):
        with pytest.raises(ValueError, match="weights do not fit|damaged"):
            load(rewritten(saved[0], tmp_path, weights=harmful))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda material: material | {"format": 99}, "has format 99, this program reads format 3"),
        (lambda material: material | {"n_a": 16}, r"weights do not fit its \d+ values and 16 units"),
        (lambda material: material | {"n_a": -1}, "units"),
        (lambda material: material | {"tunes": []}, "0 values"),
        (lambda material: material | {"tunes": [["a", 3, 4]]}, "cannot be used"),
        (lambda material: material | {"tunes": [{"melody": {}, "abstract_grammars": ["Q,1"]}]}, "cannot be used"),
        (lambda material: [], "cannot be used"),
        (lambda material: material | {"values": material["values"][1:]}, "its values are not those of its tunes"),
        (lambda material: material | {"values": material["values"][::-1]}, "its values are not those of its tunes"),
        (lambda material: material | {"values": [*material["values"], None]}, "its values are not those of its tunes"),
        (lambda material: material | {"values": [*material["values"], "Z,1.000"]}, "is not a term"),
        (lambda material: with_note(material, [576, 3, 300, 90]), "holds what cannot be played"),
        (lambda material: with_note(material, [576, 3, "C4", 90]), "holds what cannot be played"),
        (lambda material: with_note(material, [10_800, 3, 60, 90]), "holds what cannot be played"),
        (lambda material: with_note(material, [576.5, 3, 60, 90]), "holds what cannot be played"),
        (lambda material: with_note(material, [None, 3, 60, 90]), "cannot be used"),
    ],
)
def test_what_does_not_fit_is_said(saved, tmp_path, change, message):
    with zipfile.ZipFile(saved[0]) as archive:
        material = json.loads(archive.read(MATERIAL))
    with pytest.raises(ValueError, match=message):
        load(rewritten(saved[0], tmp_path, material=json.dumps(change(material))))


def test_files_that_are_something_else_are_told(saved, tmp_path):
    other = tmp_path / "other.keras"
    for content, message in (
        (b"", "damaged"),
        (b"no zip", "damaged"),
        (saved[0].read_bytes()[:-200], "no member|damaged"),
    ):
        other.write_bytes(content)
        with pytest.raises(ValueError, match=message):
            load(other)
    with pytest.raises(ValueError, match=f"has no member {WEIGHTS}"):
        load(rewritten(saved[0], tmp_path, weights=None))
    with pytest.raises(ValueError, match="cannot be read"):
        load(tmp_path / "nonsuch.keras")
    for path in (tmp_path, "/dev/zero"):
        with pytest.raises(ValueError, match="not a file but a folder or a device|cannot be read"):
            load(path)
    with pytest.raises(ValueError, match="must end in .keras"):
        save(tmp_path / "network.zip", saved[2], [saved[1]], [], 30)
