import io
import pickle
from dataclasses import fields, replace

import numpy as np
import pytest

from learning import learner
from learning.learner import Network, Training
from learning.network import train_network
from learning.training import network_from_bytes, network_to_bytes, trained, weight_shapes, weights_key
from running.helpers import Helper
from running.memory import digest_of, recall, remember

N_VALUES = 9
TRAINING = Training(n_a=4, epochs=2, batch_size=4, seed=1)


def windows():
    indices = np.random.default_rng(0).integers(0, N_VALUES, (6, 5))
    return indices, np.roll(indices, -1, axis=1)


def run(folder, training=TRAINING, meanwhile=lambda: None) -> tuple[Network, bool]:
    return trained(*windows(), N_VALUES, training, folder, meanwhile)


def alike(one: Network, two: Network) -> bool:
    weights = (mine.tobytes() == theirs.tobytes() for mine, theirs in zip(one.weights, two.weights, strict=True))
    return all(weights) and (one.losses == two.losses).all() and one.keras_file == two.keras_file


def test_the_other_process_trains_as_this_one_would(capfd, monkeypatch):
    monkeypatch.setattr(learner, "LEARNER", Helper())  # one that writes to where this test listens
    network, kept = run(None)
    weights, losses, _ = train_network(*windows(), N_VALUES, TRAINING, lambda epoch, loss: None)
    assert not kept
    assert [array.shape for array in network.weights] == weight_shapes(N_VALUES, 4)
    assert alike(network, Network(weights, losses, network.keras_file))
    assert (network.n_a, network.n_parameters) == (4, sum(array.size for array in weights))
    told = f"training    epoch 2 of 2, loss {losses[-1]:.2f} summed over 5 steps\n"
    assert capfd.readouterr().out == told


def test_the_same_training_is_done_once(tmp_path):
    calls = []
    network, kept = run(tmp_path, meanwhile=lambda: calls.append("training"))
    assert not kept and calls == ["training"]
    again, kept = run(tmp_path, meanwhile=lambda: calls.append("nothing to wait for"))
    assert kept and calls == ["training"]
    assert alike(network, again) and network.keras_file


def test_another_training_is_not_taken_for_it(tmp_path):
    run(tmp_path)
    network, kept = run(tmp_path, replace(TRAINING, n_a=5))
    assert not kept and network.n_a == 5
    assert len(list((tmp_path / "weights").iterdir())) == 2


def test_whatever_shapes_the_weights_is_in_their_key():
    inputs, targets = windows()
    keys = [weights_key([inputs, targets], N_VALUES, TRAINING)]
    assert keys == [weights_key([inputs.astype(np.int32), targets.copy()], N_VALUES, replace(TRAINING))]
    for field in fields(Training):
        keys.append(weights_key([inputs, targets], N_VALUES, replace(TRAINING, **{field.name: 77})))
    keys.append(weights_key([inputs, targets], N_VALUES + 1, TRAINING))
    keys.append(weights_key([inputs[:, ::-1], targets], N_VALUES, TRAINING))
    keys.append(weights_key([inputs, targets[::-1]], N_VALUES, TRAINING))
    keys.append(weights_key([inputs.reshape(5, 6), targets.reshape(5, 6)], N_VALUES, TRAINING))
    assert len(set(keys)) == len(keys)


def test_damaged_weights_are_not_used(tmp_path):
    network, _ = run(tmp_path)
    (file,) = (tmp_path / "weights").iterdir()
    whole = file.read_bytes()
    for content in (b"", b"nonsense", whole[:-100]):
        file.write_bytes(content)
        again, kept = run(tmp_path)
        assert not kept and alike(again._replace(keras_file=b""), network._replace(keras_file=b""))


SHAPES = weight_shapes(N_VALUES, 4)


def network_of(shapes=SHAPES, losses=(3.0, 2.0)) -> Network:
    generator = np.random.default_rng(0)
    weights = [generator.normal(size=shape).astype(np.float32) for shape in shapes]
    return Network(weights, np.array(losses), b"what Keras saved")


class Harmful:
    def __reduce__(self):
        return (pytest.fail, ("code of the file was run",))


def test_a_network_survives_its_bytes():
    network = network_of()
    assert alike(network_from_bytes(network_to_bytes(network), SHAPES), network)


@pytest.mark.parametrize(
    "network",
    [
        network_of(weight_shapes(N_VALUES, 5)),
        network_of(SHAPES[:4]),
        network_of(losses=()),
        network_of(losses=((3.0, 2.0),)),
        network_of(losses=("3.0",)),
        network_of()._replace(weights=[*network_of().weights[:4], np.full(N_VALUES, np.nan)]),
        network_of()._replace(weights=[*network_of().weights[:4], np.array(["weight"] * N_VALUES)]),
    ],
)
def test_what_is_no_network_of_this_shape_is_none(network):
    assert network_from_bytes(network_to_bytes(network), SHAPES) is None


def test_code_in_the_bytes_is_not_run():
    buffer = io.BytesIO()
    np.savez(buffer, *network_of().weights[:4], np.array([Harmful()] * N_VALUES, dtype=object), losses=np.ones(1))
    for content in (buffer.getvalue(), pickle.dumps(Harmful())):
        assert network_from_bytes(content, SHAPES) is None


def test_without_a_folder_nothing_is_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert not run(None)[1]
    assert not list(tmp_path.iterdir())


def test_a_memory_that_cannot_be_written_does_no_harm(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    assert not run(tmp_path / "file")[1]
    remember(tmp_path / "file" / "kept", b"content")
    assert recall(tmp_path / "file" / "kept") is None
    assert digest_of("ab", "c") != digest_of("a", "bc") and digest_of("a", b"b") == digest_of(b"a", "b")
