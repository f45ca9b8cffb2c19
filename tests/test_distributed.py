"""Larger machines: a Dask cluster reads a folder, and a TensorFlow strategy trains on several devices."""

import importlib.util
import os
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT, four_bars

from preprocess import FEW, read_tune, read_tunes, reading_on
from reading.many_tunes import headings_of


@pytest.fixture
def cluster():
    """Two Dask workers, processes of their own, that listen on this computer only."""
    if importlib.util.find_spec("distributed") is None:
        message = "the distributed library is not installed: pip install -r requirements-dev.txt"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    from distributed import Client, LocalCluster

    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "host": "127.0.0.1"}
    with LocalCluster(**options, dashboard_address=None) as started, Client(started) as client:
        yield client


@pytest.fixture
def folder(tmp_path, write_tune, our_tune):
    """More tunes than are read in one process, no two alike, and one file that is none."""
    folder = tmp_path / "tunes"
    folder.mkdir()
    shutil.copy(our_tune, folder)
    for number in range(FEW):
        pitches = [60 + (step * (number + 1)) % 13 for step in range(8)]
        shutil.move(write_tune(four_bars(pitches)), folder / f"tiny{number:02d}.mid")
    (folder / "broken.mid").write_bytes(b"MThd nonsense")
    return folder


def test_a_dask_cluster_reads_a_folder_as_one_process_does(cluster, folder, monkeypatch):
    with reading_on(cluster.scheduler.address):
        tunes, skipped = read_tunes(folder)
    readers = cluster.run(lambda: "preprocess" in sys.modules)
    assert list(readers.values()) == [True, True]
    monkeypatch.setattr("preprocess.FEW", 1000)
    again = read_tunes(folder)
    assert (list(tunes), skipped) == (list(again[0]), again[1])
    assert len(tunes) == FEW + 1 and len({tune.abstract_grammars for tune in tunes}) == FEW + 1
    assert [file.name for file, _ in skipped] == ["broken.mid"]


def test_a_dask_cluster_reads_a_thousand_tunes_in_order_and_they_are_remembered(
    cluster, tmp_path, write_tune, monkeypatch
):
    folder, memory = tmp_path / "tunes", tmp_path / "memory"
    folder.mkdir()
    for number in range(1000):
        pitches = [60 + (number // 13 ** (step % 3) + 5 * step) % 13 for step in range(8)]
        shutil.move(write_tune(four_bars(pitches)), folder / f"{number:04d}.mid")
    with reading_on(cluster.scheduler.address):
        tunes, skipped = read_tunes(folder, memory=memory)
    assert [tune.path.name for tune in headings_of(tunes)] == [f"{number:04d}.mid" for number in range(1000)]
    assert not skipped and all(tunes[number] == read_tune(tunes[number].path) for number in range(0, 1000, 125))
    monkeypatch.setattr("preprocess.read_tune", lambda *_: pytest.fail("it is read again"))
    again, _ = read_tunes(folder, memory=memory)
    assert again.values == tunes.values and (again.indices == tunes.indices).all()


def test_a_cluster_that_does_not_answer_is_told():
    if importlib.util.find_spec("distributed") is None:
        pytest.skip("the distributed library is not installed: pip install -r requirements-dev.txt")
    with pytest.raises(ValueError, match="no scheduler answers at 'nonsense://'"), reading_on("nonsense://"):
        pytest.fail("a cluster answered")


# Devices are set up before TensorFlow starts, hence a process of its own. 61 windows: the last batch, of 29, cannot
# be shared out evenly.
TRAIN_ON_ONE_AND_ON_TWO = """
import numpy as np
from learning.learner import Training
from learning.network import djmodel, shared_layers, train
from running.quiet_tensorflow import tf

two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], two)
inputs = np.random.default_rng(0).integers(-1, 20, (61, 10))
targets = np.roll(inputs, -1, axis=1)


def trained():
    model = djmodel(10, *shared_layers(20, 16, seed=0), 20)
    return train(model, inputs, targets, Training(16, epochs=12, batch_size=32, seed=0)), model.get_weights()


losses, weights = trained()
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
with strategy.scope():
    losses_of_two, weights_of_two = trained()
assert strategy.num_replicas_in_sync == 2
assert losses[-1] < losses[0] - 0.5, losses
np.testing.assert_allclose(losses_of_two, losses, rtol=0, atol=1e-5)
for one, other in zip(weights, weights_of_two, strict=True):
    np.testing.assert_allclose(other, one, rtol=0, atol=1e-5)
"""


def test_two_replicas_learn_what_one_device_learns():
    done = subprocess.run(
        [sys.executable, "-c", TRAIN_ON_ONE_AND_ON_TWO],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
