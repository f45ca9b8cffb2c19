"""Answers that are kept from run to run: believed only where they could be answers."""

import json

import pytest

import grammar
from music import note_types
from running import answers
from running.answers import answers_in
from running.memory import recall, remember

QUESTIONS = {
    "interval_bounds": (lambda: grammar.interval_bounds(0, 2), ("P4", "m-2")),
    "semitones": (lambda: grammar.semitones("m-2"), -1),
    "note_types": (lambda: note_types.note_types((0, 4, 7, 11)), "CASACASCASAC"),
    "first_scale_tones": (lambda: note_types.first_scale_tones((0, 4, 7, 11)), (0, 2, 4, 6, 7, 9, 11)),
}
ODD = [
    None,
    True,
    1.5,
    10**30,
    -1000,
    "",
    "x",
    "CSAX",
    "P1",
    "\x1b[2J",
    [],
    ["P4"],
    ["P4", 3],
    ["P4", "x"],
    [True, 1],
    {},
]


@pytest.fixture
def nothing_known(monkeypatch):
    """As at the beginning of a program; returns what makes it so again."""
    monkeypatch.setattr(answers, "_known", {})

    def forget():
        answers._known.clear()
        for function in (
            grammar.interval_bounds,
            grammar.semitones,
            note_types.note_types,
            note_types.first_scale_tones,
        ):
            function.cache_clear()

    return forget


@pytest.mark.parametrize("name", QUESTIONS)
def test_what_could_be_no_answer_is_asked_anew_and_kept_anew(name, nothing_known, tmp_path):
    ask, right = QUESTIONS[name]
    nothing_known()
    with answers_in(tmp_path, "music21"):
        assert ask() == right
    (path,) = (tmp_path / "answers").iterdir()
    good = json.loads(recall(path))
    (question,) = (one for one in good if one.startswith(name))
    for other in ODD:
        if other == list(right) if isinstance(right, tuple) else other == right:
            continue
        remember(path, json.dumps(good | {question: other}).encode())
        nothing_known()
        with answers_in(tmp_path, "music21"):
            assert ask() == right, other
        assert json.loads(recall(path)) == good


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"{", b"[" * 100_000, b"\xff", b'{"a": NaN}'])
def test_what_holds_no_answers_at_all_is_as_nothing(content, nothing_known, tmp_path):
    ask, right = QUESTIONS["semitones"]
    nothing_known()
    with answers_in(tmp_path, "music21"):
        ask()
    (path,) = (tmp_path / "answers").iterdir()
    remember(path, content)
    nothing_known()
    with answers_in(tmp_path, "music21"):
        assert ask() == right
    assert "semitones" in recall(path).decode()
