from dataclasses import fields, replace

import numpy as np
import pytest

from learning.network import djmodel, shared_layers
from learning.training import Training, trained
from running.files import digest_of, recall, remember

TRAINING = Training(epochs=2, batch_size=4, seed=1, windows_an_epoch=6)


def windows():
    indices = np.random.default_rng(0).integers(0, 9, (6, 5))
    return indices, np.roll(indices, -1, axis=1)


def fresh(n_a=4):
    LSTM_cell, densor = shared_layers(9, n_a, 0)
    return djmodel(5, LSTM_cell, densor, 9)


def run(folder, inputs=None, training=TRAINING, n_a=4):
    model = fresh(n_a)
    data = windows() if inputs is None else inputs
    losses, kept = trained(model, *data, training, lambda epoch, loss: None, folder)
    return losses, kept, model.get_weights()


def test_the_same_training_is_done_once(tmp_path):
    losses, kept, learned = run(tmp_path)
    assert not kept
    again, kept, recalled = run(tmp_path)
    assert kept
    assert (losses == again).all()
    assert all((one == two).all() for one, two in zip(learned, recalled, strict=True))


@pytest.mark.parametrize("name", [field.name for field in fields(Training)])
def test_a_changed_setting_trains_anew(tmp_path, name):
    run(tmp_path)
    assert not run(tmp_path, training=replace(TRAINING, **{name: getattr(TRAINING, name) + 1}))[1]


def test_other_windows_or_another_width_train_anew(tmp_path):
    run(tmp_path)
    inputs, targets = windows()
    assert not run(tmp_path, (inputs[:, ::-1], targets))[1]
    assert not run(tmp_path, n_a=5)[1]


def test_damaged_weights_are_not_used(tmp_path):
    run(tmp_path)
    (file,) = (tmp_path / "weights").iterdir()
    for content in (b"", b"nonsense", file.read_bytes()[:-100]):
        file.write_bytes(content)
        assert not run(tmp_path)[1]


def test_without_a_folder_nothing_is_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert not run(None)[1]
    assert not list(tmp_path.iterdir())


def test_a_memory_that_cannot_be_written_does_no_harm(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    remember(tmp_path / "file" / "kept", b"content")
    assert recall(tmp_path / "file" / "kept") is None
    assert digest_of("ab", "c") != digest_of("a", "bc") and digest_of("a", b"b") == digest_of(b"a", "b")
