"""What is kept and loaded, scores and charts, damaged and made up: some of each, and all that was ever found."""

import json
import random
import re
import zipfile

import numpy as np
import pytest
from fuzz_kept import Kept, check
from fuzz_texts import ABC, XML, chart, check_chart, check_scores, odd_scores

import preprocess
from learning.saved_network import load
from music.units import GRID
from reading import bounds
from running.helpers import bound_memory


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    return Kept(tmp_path_factory.mktemp("kept"))


@pytest.mark.parametrize("tenth", range(10))
def test_what_is_kept_is_right_or_refused(kept, tenth):
    for number in range(20):
        check(kept, random.Random(f"test/{tenth}/{number}"))


def test_charts_are_read_or_refused():
    for number in range(500):
        check_chart(chart(random.Random(f"test/{number}")))


def test_scores_are_read_or_refused_and_none_ends_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr(bounds, "SECONDS", 8)
    scores = {"whole.musicxml": XML, "whole.abc": ABC} | odd_scores(random.Random("test"), 10)
    assert check_scores(scores, tmp_path) >= 2


LATE = "<forward><duration>9999999999</duration></forward>"
BOMBS = {
    "deep.musicxml": XML.replace("<rest/>", "<rest>" * 20_000 + "</rest>" * 20_000),
    "late.musicxml": XML.replace("<backup>", LATE + "<backup>"),
    "long.musicxml": XML.replace("<duration>12<", "<duration>9999999999<"),
    "often.musicxml": XML.replace('times="2"', 'times="9999999999"'),
    "fine.musicxml": XML.replace("<divisions>4<", "<divisions>9999999999<"),
    "high.musicxml": XML.replace("<octave>5<", "<octave>9999999999<"),
    "tuplet.musicxml": XML.replace("<actual-notes>3<", "<actual-notes>9999999999<"),
    "degree.musicxml": XML.replace("<degree-value>9<", "<degree-value>9999999999<"),
    "many.musicxml": XML.replace("<beats>4<", "<beats>9999999999<"),
    "long.abc": ABC.replace("d4", "d9999999999"),
    "tuplet.abc": ABC.replace("(3def", "(9999999999def"),
    "meter.abc": ABC.replace("M:4/4", "M:9999999999/4"),
    "unit.abc": ABC.replace("L:1/8", "L:1/9999999999"),
    "ending.abc": ABC.replace("|1 ", "|9999999999 "),
    "rests.abc": ABC.replace("A8", "Z9999999999"),
    "inline.abc": ABC.replace("A8", "[M:99/1][L:1/999]Z99"),
    "tempo.abc": ABC.replace("=120", "=9999999999"),
}


def test_what_would_take_all_time_or_memory_is_refused_and_the_rest_of_the_folder_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(bounds, "SECONDS", 8)
    assert check_scores({"a.musicxml": XML} | BOMBS | {"z.abc": ABC}, tmp_path) >= 2


def slow(file, *given):
    while file.suffix == ".abc":
        pass
    return preprocess._attempt(file, *given)


def greedy(file, *given):
    bound_memory(1_500_000_000)
    bytearray(10**10 if file.suffix == ".abc" else 1)
    return preprocess._attempt(file, *given)


@pytest.mark.parametrize(
    ("attempt", "reason"),
    [
        (slow, r"takes more than \d+ s to read; take a smaller or simpler one"),
        (greedy, "takes more than 3,000 MB to read; take a smaller or simpler one"),
    ],
)
def test_the_bounds_are_told(tmp_path, monkeypatch, attempt, reason):
    monkeypatch.setattr(bounds, "SECONDS", 6)
    monkeypatch.setattr(preprocess, "_attempt", attempt)
    for name, text in (("a.musicxml", XML), ("b.abc", ABC)):
        (tmp_path / name).write_text(text)
    tunes, skipped = preprocess.read_tunes(tmp_path)
    assert [tune.path.name for tune in tunes] == ["a.musicxml"]
    assert [file.path.name for file in skipped] == ["b.abc"]
    with pytest.raises(ValueError, match=reason):
        preprocess.read_tunes(tmp_path / "b.abc")


@pytest.mark.parametrize(
    "nuance",
    [
        [13, 1.0, []], [-13, 1.0, []], ["0", 1.0, []], [True, 1.0, []], [float("nan"), 1.0, []],
        [0.0, -0.1, []], [0.0, float("inf"), []], [0.0, 1.0], [], None,
        [0.0, 1.0, [[-0.1, 1.0]]], [0.0, 1.0, [[0.0, 97.0]]], [0.0, 1.0, [[0.0]]], [0.0, 1.0, [["0", 1]]],
        [0.0, 1.0, [[0.0, float("nan")]]],
    ],
)  # fmt: skip
def test_what_cannot_have_been_played_is_refused(kept, nuance):
    material = json.loads(json.dumps(kept.material))
    bar = [*material["tunes"][0]["bars"]][3]
    material["tunes"][0]["nuances"][bar][0] = nuance
    with pytest.raises(ValueError, match=f"its bar {bar} holds what cannot be played|cannot be used"):
        load(kept.saved(json.dumps(material).encode(), kept.weights))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"program": 128}, "its instrument is 128"),
        ({"program": -1}, "its instrument is -1"),
        ({"program": True}, "its instrument is True"),
        ({"program": "26"}, "its instrument is '26'"),
        ({"nuances": {"0": []}}, "its bars are not those of what was played"),
        ({"nuances": []}, "cannot be used"),
    ],
)
def test_an_instrument_that_is_none_and_other_bars_that_were_played_are_refused(kept, change, reason):
    material = json.loads(json.dumps(kept.material))
    material["tunes"][0] |= change
    with pytest.raises(ValueError, match=reason):
        load(kept.saved(json.dumps(material).encode(), kept.weights))


def test_for_each_note_there_is_one_way_in_which_it_was_played(kept):
    material = json.loads(json.dumps(kept.material))
    bar = [*material["tunes"][0]["bars"]][3]
    material["tunes"][0]["nuances"][bar].pop()
    with pytest.raises(ValueError, match=f"its bar {bar} holds what cannot be played"):
        load(kept.saved(json.dumps(material).encode(), kept.weights))


@pytest.mark.parametrize("length", [13 * GRID, 64 * GRID])
def test_a_bar_longer_than_any_that_is_read_is_refused(kept, length):
    """Found by hand: one of 64 quarters took 80 s and gigabytes to improvise in."""
    material = json.loads(json.dumps(kept.material))
    (tune,) = material["tunes"]
    last = [*tune["bars"]][-1]
    tune["bars"][last] = [tune["bars"][last][0], length, [4, 4]]
    with pytest.raises(ValueError, match=f"its bar {last} holds what cannot be played"):
        load(kept.saved(json.dumps(material).encode(), kept.weights))


def test_a_small_file_that_unpacks_to_a_large_one_is_refused_unread(kept):
    """14 kB took 3.2 GB and 94 s."""
    path = kept.saved(b"[" + b" " * 10**7 + b"]", kept.weights, packed=True)
    assert path.stat().st_size < 50_000
    with pytest.raises(ValueError, match="is packed, which SAVE never does"):
        load(path)


def test_an_array_that_announces_more_than_there_is_is_refused_unread(kept, monkeypatch):
    monkeypatch.setattr(np, "fromfile", lambda *_: pytest.fail("it was read"))
    for shape in (b"(999999999, 999999999)", b"(-1, 16)", b"()"):
        header = re.search(rb"'shape': \(\d+, 16\)", kept.weights)[0]
        weights = kept.weights.replace(header, b"'shape': " + shape, 1)
        assert weights != kept.weights
        with pytest.raises(ValueError, match="weights do not fit|damaged"):
            load(kept.saved(json.dumps(kept.material).encode(), weights))


def test_the_file_is_as_it_should_be_where_nothing_was_changed(kept):
    path = kept.saved(json.dumps(kept.material).encode(), kept.weights)
    assert zipfile.is_zipfile(path) and kept.check_saved(path)
