"""What odd files must not do to the reader: cost without end, or make what cannot be kept."""

import mido
import numpy as np
import pytest
from test_any_midi import melody, midi_bytes, notes, struck, tune_of  # noqa: F401

from preprocess import Selection
from reading import beats, chords
from reading.beats import Heard, find_beats


def test_silence_is_not_heard_bar_by_bar(tune_of, monkeypatch):  # noqa: F811
    heard, find = [], chords.find_harmony
    monkeypatch.setattr(chords, "find_harmony", lambda *given: heard.append(given[2]) or find(*given))
    line = notes((0, 1, 72), (1, 1, 74), (8_000, 1, 76), (8_001, 1, 77), (16_000, 1, 79))
    tune = tune_of(midi_bytes(("", 0, line), ("", 1, struck(4_001))))
    assert list(tune.bars) == [0, 2_000, 4_000]
    assert len(heard[0]) < 30
    assert [tune.chords[number][0].root for number in (0, 4_000)] == [0, 0]


def test_beats_are_not_searched_for_in_silence(monkeypatch):
    monkeypatch.setattr(beats, "_likeliest", lambda *_: 1 / 0)
    seconds = np.arange(60) * 19.7
    same = np.ones(60)
    heard = Heard(seconds, same, 72 * same.astype(int), 0 * same, same < 0)
    assert find_beats(seconds, heard) is None


def test_a_marker_that_comes_too_early_is_told_so(tune_of):  # noqa: F811
    marks = [(96 * at, mido.MetaMessage("marker", text=text)) for at, text in ((0, "Head"), (2, "|"), (4, "Solo"))]
    with pytest.raises(ValueError, match="no marker is called 'head' after beat 4: there are 'Head', 'Solo'"):
        tune_of(midi_bytes(("", 0, melody()), events=marks), Selection(from_beat="Solo", to_beat="head"))
    empty = [(0, mido.MetaMessage("marker", text=" "))]
    with pytest.raises(ValueError, match="it has no markers"):
        tune_of(midi_bytes(("", 0, melody()), events=empty), Selection(from_beat="Solo"))
