"""PLAYER with LOAD: a saved network of two players of opposite habits plays as the one, or as the other."""

import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest

import music_generate
from inference_model import OneStep
from learning.leaning import lean, leaning
from learning.learner import Network
from learning.saved_network import load, save
from learning.style import learn_style
from learning.training import weight_shapes
from music.notes import Note
from preprocess import read_tune

CHART = "Cmaj7 | Am7 | Dm7 | G7"
LOW, HIGH = "Lew Low", "Hy High"


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """A file with a network that has learned nothing, and two tunes: one of long low notes, one of short high ones."""
    folder = tmp_path_factory.mktemp("library")
    tunes = [tune_of(folder, LOW, 45, 96), tune_of(folder, HIGH, 76, 24)]
    values, random = learn_style(tunes).values, np.random.RandomState(0)
    weights = [random.normal(0, 0.1, shape).astype(np.float32) for shape in weight_shapes(len(values), 8)]
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()  # in the place of the file that Keras makes
    path = folder / "library.keras"
    save(path, Network(weights, np.array([9.0]), empty.getvalue()), tunes, values, 30)
    return path


def tune_of(folder, player: str, lowest: int, ticks: int):
    """Eight bars that go up and down a scale, a note every so many ticks (96 a quarter)."""
    import mido

    tracks, scale = [], [0, 2, 4, 5, 7, 9, 7, 5, 4, 2]
    line = [(start, ticks, lowest + scale[start // ticks % len(scale)]) for start in range(0, 8 * 384, ticks)]
    chords = [(bar * 384, 380, pitch) for bar in range(8) for pitch in (48, 52, 55, 59)]
    for name, channel, notes in (("Solo", 0, line), ("Piano", 1, chords)):
        events = [(start, "note_on", pitch, 80) for start, _, pitch in notes]
        events += [(start + length, "note_off", pitch, 0) for start, length, pitch in notes]
        track, now = mido.MidiTrack([mido.MetaMessage("track_name", name=name)]), 0
        for tick, kind, pitch, velocity in sorted(events, key=lambda event: (event[0], event[1] == "note_on")):
            track.append(mido.Message(kind, channel=channel, note=pitch, velocity=velocity, time=tick - now))
            now = tick
        tracks.append(track)
    path = folder / f"{player}.mid"
    mido.MidiFile(ticks_per_beat=96, tracks=tracks).save(path)
    return replace(read_tune(path), player=player, title=f"{player}'s Tune")


def solo_after(library, tmp_path, player: str, monkeypatch) -> list[Note]:
    monkeypatch.chdir(tmp_path)  # nothing is needed but the file
    off = [f"--{name}=false" for name in ("sound", "score", "pictures", "page")]
    flags = ["--load", str(library), "--player", player, "--chords", CHART, "--choruses", "4", "--cache", "", *off]
    results = music_generate.main([*flags, "--output", str(tmp_path / "out")])
    assert "after " + player in results.pieces[0].title
    return results.pieces[0].solo.notes


def test_each_player_of_a_saved_network_is_told_from_the_other(library, tmp_path, monkeypatch, capsys):
    low, high = (solo_after(library, tmp_path, player, monkeypatch) for player in (LOW, HIGH))
    assert max(note.pitch for note in low) < 60 < min(note.pitch for note in high)
    assert np.median([note.duration for note in low]) == 12 and np.median([note.duration for note in high]) == 3
    assert len(high) > 2 * len(low)
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("player", "corpus"))]
    assert told[:2] == ["corpus      32 values, 7 unique", "player      1 of 2 tunes, 32 of 160 values"]


def test_a_player_that_the_network_does_not_know_is_refused(library, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match=r"PLAYER \(--player\) 'Lou Low' is not among what was read; there is Lew Low"):
        solo_after(library, tmp_path, "Lou Low", monkeypatch)
    assert not list((tmp_path / "out").iterdir())


def test_a_network_leans_to_its_player_only_where_there_are_others(library):
    saved = load(library)
    (tune,) = (tune for tune in saved.tunes if tune.player == LOW)
    terms = learn_style(saved.tunes).terms
    long, leaned = np.array([term.duration == 12 for term in terms]), saved.leaning_to([tune])
    start = [np.zeros((1, size), np.float32) for size in (len(terms), 8, 8)]
    before, after = (OneStep(network.weights)(start)[0][0, long].sum() for network in (saved.network, leaned))
    assert before < 0.5 < 0.9 < after < 1
    assert saved.leaning_to(saved.tunes) is saved.network
    assert lean(saved.network, saved.values, saved.tunes, saved.tunes) is saved.network


def test_of_a_few_notes_types_durations_and_intervals_count_by_themselves(library):
    """Three notes of one duration and interval, over a chord tone and two scale tones: what shares only some of that
    with them is likelier than what shares nothing."""
    terms = learn_style(load(library).tunes).terms
    in_all, in_own = np.full(len(terms), 10), np.zeros(len(terms), int)
    chosen = next(number for number, term in enumerate(terms) if term.lower is not None and term.duration == 12)
    in_own[chosen] = 3
    found = leaning(terms, in_own, in_all)
    alike = [sum(one == two for one, two in zip(term[:2], terms[chosen][:2], strict=True)) for term in terms]
    mean = [np.mean([found[number] for number, shared in enumerate(alike) if shared == count]) for count in range(3)]
    assert found.argmax() == chosen and mean[0] < mean[1] < mean[2]
    assert np.isfinite(leaning(terms, in_own * 0, in_all)).all()
