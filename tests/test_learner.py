"""Who brings TensorFlow: only the process that trains, and only where something is to be trained."""

import os
import re
import subprocess
import sys

import pytest
from conftest import ROOT

MIDI_ONLY = ["--sound=no", "--score=no", "--pictures=no", "--page=no"]
TINY = ["--epochs", "2", "--windows", "8", "--n-a", "8", *MIDI_ONLY]
LEARN = ["--tune", str(ROOT / "data/our_tune.mid"), "--cache", "cache", *TINY]

# The program, and what it has brought and left running at its end.
WATCHED = """
import multiprocessing, sys
import music_generate
from running.helpers import end_helpers
music_generate.main(sys.argv[1:])
print(sorted({"tensorflow", "keras"} & set(sys.modules)), len(multiprocessing.active_children()))
end_helpers()
"""


def run(folder, *arguments, program=WATCHED):
    ran = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout.splitlines()


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A folder, and what was told of each run in it: in turn, all on the same tune with the same settings."""
    folder = tmp_path_factory.mktemp("learner")
    return folder, {
        "first": run(folder, *LEARN, "--output", "first"),
        "again": run(folder, *LEARN, "--output", "again"),
        "saving": run(folder, *LEARN, "--output", "saving", "--save", "one.keras"),
        "loaded": run(folder, "--load", "one.keras", "--output", "loaded", *TINY),
        "loaded and saving": run(folder, "--load", "one.keras", "--output", "both", "--save", "two.keras", *TINY),
        "loaded twice": run(folder, "--load", "two.keras", "--output", "twice", *TINY),
    }


@pytest.mark.parametrize(
    ("name", "helpers"),
    [
        ("first", 1),
        ("again", 0),
        ("saving", 0),  # the file that Keras saved is remembered
        ("loaded", 0),
        ("loaded and saving", 1),  # Keras makes its file anew
        ("loaded twice", 0),
    ],
)
def test_no_main_process_brings_tensorflow_and_what_is_remembered_starts_no_other(runs, name, helpers):
    assert runs[1][name][-1] == f"[] {helpers}"


def test_the_network_s_facts_are_told_whoever_learned_it(runs):
    facts = {}
    for name, told in runs[1].items():
        (network,) = (line for line in told if line.startswith("network "))
        (loss,) = (re.search(r" loss (\d+\.\d+)", line)[1] for line in told if " loss " in line)
        facts[name] = network, loss
    assert set(facts.values()) == {facts["first"]}
    assert facts["first"][0] == "network     3,281 parameters"  # 4 * (73 + 8 + 1) * 8 + (8 + 1) * 73


def test_the_same_music_comes_from_a_network_learned_remembered_or_loaded(runs):
    folder, _ = runs
    music = {path.parent.name: path.read_bytes() for path in folder.glob("*/my_music.midi")}
    assert set(music) == {"first", "again", "saving", "loaded", "both", "twice"}
    assert set(music.values()) == {music["first"]}


def test_what_a_saved_network_holds_goes_on_from_file_to_file(runs):
    folder, told = runs
    assert "saved       one.keras" in told["saving"]
    assert "saved       two.keras" in told["loaded and saving"]
    assert (folder / "one.keras").stat().st_size > 10_000 < (folder / "two.keras").stat().st_size


# The program, whose learner is killed some time after it was given something to do, as a system out of memory does.
KILLED = """
import multiprocessing, sys, threading
import learning.learner, learning.training, music_generate
from running.console import run

def kill():
    multiprocessing.active_children()[0].kill()

def then_killed(begin):
    def begun(*arguments):
        job = begin(*arguments)
        threading.Timer(seconds, kill).start()
        return job
    return begun

what, seconds, arguments, sys.argv = sys.argv[1], float(sys.argv[2]), sys.argv[3:], ["music_generate.py"]
if what == "waking":
    music_generate.wake_learner = then_killed(music_generate.wake_learner)
else:
    learning.training.begin_training = then_killed(learning.training.begin_training)
sys.exit(run(lambda: music_generate.main(arguments)))
"""


def run_killed(folder, what, seconds, epochs):
    arguments = [*LEARN, "--epochs", epochs, "--output", "out"]
    return subprocess.run(
        [sys.executable, "-c", KILLED, what, str(seconds), *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("seconds", [0, 1, 6])
def test_a_learner_that_dies_is_one_line(tmp_path, seconds):
    """While it brings TensorFlow, or trains."""
    ran = run_killed(tmp_path, "training", seconds, "100000")
    assert ran.returncode == 2, ran.stderr
    (line,) = ran.stderr.splitlines()
    assert line.startswith("music_generate.py: the network (N_A, BATCH_SIZE, WINDOWS) could not be made")
    assert not list((tmp_path / "out").iterdir()) and not (tmp_path / "cache/weights").exists()


def test_a_learner_that_dies_before_it_is_needed_is_not_missed(tmp_path):
    ran = run_killed(tmp_path, "waking", 0, "2")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert (tmp_path / "out/my_music.midi").exists()
