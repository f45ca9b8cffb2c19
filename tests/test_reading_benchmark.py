"""The benchmark of reading: its truth is in its files, its measures see what is wrong, its ways stay the same."""

import importlib.util
import io
import json
import sys
from dataclasses import replace
from random import Random

import accompaniment as play
import pytest
from chord_accuracy import MEASURES, accuracy, label, rows_of_truth
from conftest import ROOT
from known_midi import truth_of
from other_readers import by_templates
from reading_scores import place_in, scores_of
from real_music import Change, Music, Sound
from ways import LATENCY, WAYS

from music.chord_symbols import parse_symbol
from preprocess import read_tune
from reading.choosing import tune_of
from reading.midi import read_midi

spec = importlib.util.spec_from_file_location("reading_benchmark", ROOT / "benchmarks/reading.py")
benchmark = sys.modules[spec.name] = importlib.util.module_from_spec(spec)  # it looks for itself there
spec.loader.exec_module(benchmark)

SYMBOLS = ("Dm7", "G7", "Cmaj7", "A7", "Fmaj7", "Bm7b5", "E7", "Am7") * 2
DATA = ROOT.parent / "shared/data"


def music_in(beats: int = 4) -> Music:
    """Sixteen bars of a line in eighths that leaps about, over a chord a bar."""
    rng, length = Random(1), 16.0 * beats
    pitches, onsets = [72], [number / 2 for number in range(int(2 * length)) if number % 7]
    while len(pitches) < len(onsets):
        pitches.append(min(84, max(62, pitches[-1] + rng.choice((-4, -3, -2, -1, 1, 2, 3, 5)))))
    line = [Sound(onset, onset + 0.45, pitch) for onset, pitch in zip(onsets, pitches, strict=True)]
    changes = [Change(beats * n, beats * (n + 1), parse_symbol(text)) for n, text in enumerate(SYMBOLS)]
    bass = [Sound(change.start, change.end, 36 + change.symbol.root) for change in changes]
    clock = [(float(beat), beat * 0.6 + beat % 3 / 50) for beat in range(int(length) + 1)]
    return Music("made", 132.0, (beats, 4), length, line, line, changes, clock, bass)


def music_for(way: str) -> Music:
    four = music_in()
    return four if WAYS[way].fits(four) else music_in(3)


def test_what_is_written_plainly_is_read_as_the_truth(tmp_path):
    heard = benchmark.hear("block", music_in(), 0, tmp_path)
    assert heard.scores == dict.fromkeys(heard.scores, 1.0) | {"false": 0.0}
    assert benchmark.faults(heard) == ""
    assert heard.others["music21"]["root"] > 0.5 and heard.others["templates"]["root"] > 0.8
    kept = json.loads((tmp_path / "block__made.json").read_text())
    assert kept["changes"][1] == [4, 8, "G7"] and kept["lines"][:3] == [0, 4, 8] and kept["meter"] == [4, 4]
    table = benchmark.markdown([heard, heard._replace(scores=heard.scores | {"found": 0.5, "root": float("nan")})])
    assert "| block | 2 | 100 | 75 | 0 | 100 | 100 | 100 | 100 | 100 | 100 | 100 | 100 |" in table
    assert "| ours: root |" in table and "| templates: sevenths |" in table


def test_what_is_wrong_is_seen(tmp_path):
    music = music_in()
    WAYS["block"].make(music, Random(0)).save(tmp_path / "a.mid")
    tune, truth = read_tune(tmp_path / "a.mid"), truth_of(music)
    higher = [note._replace(pitch=note.pitch + 12) for note in truth.melody]
    late = [note._replace(onset=note.onset + 0.25) for note in truth.melody]
    assert scores_of(tune, replace(truth, melody=late))["found"] == 1
    assert scores_of(tune, replace(truth, melody=late))["placed"] == 0
    assert scores_of(tune, replace(truth, melody=truth.melody * 2))["found"] == 0.5
    assert scores_of(tune, replace(truth, melody=truth.melody[::2]))["false"] == pytest.approx(0.5, abs=0.01)
    seen = scores_of(
        tune, replace(truth, melody=higher, lines=[line + 1 for line in truth.lines], meter=(3, 4), tempo=128.0)
    )
    assert [seen[name] for name in ("line", "found", "false", "bars", "meter", "tempo")] == [0, 0, 1, 0, 0, 0]
    longer = scores_of(tune, replace(truth, lines=truth.lines[::2]))
    assert longer["bars"] == 0


def test_a_file_that_is_refused_has_nothing_right(tmp_path, monkeypatch):
    def refuse(path):
        raise ValueError(f"{path}: too odd")

    monkeypatch.setattr(benchmark, "read_tune", refuse)
    heard = benchmark.hear("block", music_in(), 0, tmp_path, others={})
    assert benchmark.faults(heard) == "refused: too odd"
    assert heard.scores["found"] == 0 and heard.scores["false"] == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [("C", "C:maj"), ("Bbm7", "Bb:min7"), ("G13b9", "G:7"), ("Dmaj9", "D:maj7"), ("F#m7b5", "Gb:hdim7"),
     ("Eo7", "E:dim7"), ("Bdim", "B:dim"), ("C+", "C:aug"), ("C7#5", "C:7"), ("CmMaj7", "C:minmaj7"), ("F6", "F:maj"),
     ("Am69", "A:min"), ("D7sus4", "D:sus4(b7)"), ("Dsus2", "D:sus2"), ("A5", "A:5"), ("C7alt", "C:7"),
     ("G/B", "G:maj")],
)  # fmt: skip
def test_labels_are_of_third_fifth_and_seventh(text, said):
    mir_eval = pytest.importorskip("mir_eval")
    symbol = parse_symbol(text)
    assert label(symbol.root, symbol.tones) == said
    mir_eval.chord.validate_chord_label(said)
    assert label(None, ()) == "N"


def test_chords_that_have_two_names_do_not_count():
    changes = [
        Change(at, at + 1, parse_symbol(text)) for at, text in enumerate(("C/E", "Dm7/G", "Am7/C", "Am7/G", "N.C."))
    ]
    assert rows_of_truth([*changes, Change(5, 6, None)]) == [(0, 1, "C:maj"), (3, 4, "A:min7")]


def test_accuracy_is_weighed_by_time():
    truth = [(0, 4, "D:min7"), (4, 8, "G:7"), (12, 14, "C:maj")]
    shares = accuracy(truth, [(0, 6, "D:min7"), (6, 9, "G:maj"), (9, 12, "C:maj")])  # from 12 on nothing is told
    assert shares == {"root": 0.75, "thirds": 0.75, "sevenths": 0.5}
    assert all(share != share for share in accuracy(truth, []).values())
    assert set(shares) == set(MEASURES)


@pytest.mark.parametrize("way", WAYS)
def test_a_way_is_the_same_each_time_and_read_without_a_traceback(way, tmp_path):
    def made(seed):
        take, file = WAYS[way].make(music_for(way), Random(seed)), io.BytesIO()
        take.midi().save(file=file)
        return take, file.getvalue()

    take, data = made(3)
    assert data == made(3)[1]
    assert take.truth.melody and rows_of_truth(take.truth.changes) and len(take.truth.lines) > 2
    heard = benchmark.hear(way, music_for(way), 3, tmp_path, others={})
    assert heard.error == "" and 0 <= heard.scores["found"] <= 1


@pytest.mark.parametrize(("way", "least"), [("inversions", 0.85), ("pushed", 0.6), ("held", 0.85), ("pad", 0.85)])
def test_the_truth_of_a_way_is_what_its_chords_play(way, least, tmp_path):
    take = WAYS[way].make(music_in(), Random(0))
    replace(take, voices=take.voices[1:2]).save(tmp_path / "a.mid")
    assert accuracy(rows_of_truth(take.truth.changes), by_templates(tmp_path / "a.mid"))["root"] >= least


@pytest.mark.parametrize(
    "way",
    ["block-no-bass", "arpeggio", "pedal", "shells", "rootless", "rootless-no-bass", "guide-tones", "two-hands"]
    + ["rootless-comping", "power-chords", "thirds", "pushed", "four-voices"],
)
def test_chords_are_heard_however_they_are_played(way, tmp_path):
    least = 0.9 if WAYS[way].is_full else 0.8
    for seed in range(3):
        heard = benchmark.hear(way, music_in(), seed, tmp_path, {})
        assert heard.scores["root"] >= least, (seed, heard.scores)
        assert heard.scores["sevenths"] >= (0.5 if way == "four-voices" else 0.75)  # one voice leaves out a tone


def test_what_a_way_does_is_done():
    music, rng = music_in(), Random(0)
    sounds = {way: WAYS[way].make(music_for(way), Random(0)).voices for way in WAYS}
    by_chord = [{note.onset for note in play.rolled(play.struck(music), rng)[4 * n : 4 * n + 4]} for n in range(8)]
    assert all(len(onsets) == 4 and 0.09 <= max(onsets) - min(onsets) <= 0.181 for onsets in by_chord)
    assert {round(note.onset % 4, 2) for note in sounds["pushed"][1].sounds} == {0, 3.5}
    assert LATENCY[0] <= sounds["latency"][3].sounds[0].onset <= LATENCY[1]
    assert len({note.channel for note in sounds["mpe"][0].sounds}) == 8
    assert len(sounds["resting-lead"][-1].sounds) < len(music.melody) / 3
    assert not any(voice.name == "Acoustic Bass" for voice in sounds["rootless-no-bass"])
    assert all(voice.program is None for voice in sounds["nothing-said"])
    starts = [WAYS["pickup"].make(music, Random(seed)).truth for seed in range(9)]
    assert {start.lines[1] for start in starts} == {0.5, 1, 2}
    assert all(start.lines[2] - start.lines[1] == 4 and start.melody[0].onset < start.lines[1] for start in starts)
    freely = WAYS["no-click"].make(music, rng)
    assert freely.tempos == [(0.0, 120.0)] and freely.truth.lines == music.lines
    assert freely.truth.clock[4] == (4, pytest.approx(music.clock[4][1] * 2))
    assert freely.voices[0].sounds[1].onset == pytest.approx(1.2 * music.melody[1].onset, abs=0.1)


def test_what_was_played_freely_is_judged_in_the_quarters_of_the_music(tmp_path):
    take = WAYS["no-click"].make(music_in(), Random(0))
    take.save(tmp_path / "a.mid")
    raw = read_midi(tmp_path / "a.mid")
    place = place_in(take, raw)
    seen = scores_of(read_tune(tmp_path / "a.mid"), take.truth, place)
    assert [seen[name] for name in ("found", "placed", "beats", "bars", "tempo")] == [1] * 5
    halved = replace(raw, tracks=[replace(one, ticks_per_quarter=240) for one in raw.tracks], ticks_per_quarter=240)
    seen = scores_of(tune_of(halved), take.truth, place_in(take, halved))  # twice as many beats
    assert seen["found"] == 1 and seen["placed"] < 0.6 and seen["beats"] < 0.7
    assert seen["bars"] == 0


def test_chords_that_go_on_are_struck_again_at_bar_lines_only_where_asked():
    same = replace(music_in(), changes=[Change(0, 10, parse_symbol("C")), Change(10, 64, parse_symbol("C"))])
    assert [one[:2] for one in play.pieces(same, every=8)] == [(0, 32), (32, 64)]
    assert [one[:2] for one in play.pieces(same)][:3] == [(0, 4), (4, 8), (8, 12)]
    assert play.pieces(replace(same, changes=[Change(0, 8, None), Change(8, 64, parse_symbol("N.C."))])) == []


def test_an_unknown_way_is_one_line():
    with pytest.raises(ValueError, match="WAYS.*must be some of block") as told:
        benchmark.main(["--ways", "blok"])
    assert "\n" not in str(told.value)
    with pytest.raises(ValueError, match="holds no .*_FINAL.csv; name the folder"):
        benchmark.main(["--data", "nowhere"])


def test_real_music_is_made_heard_and_kept(tmp_path, capsys):
    if not DATA.is_dir():
        pytest.skip("no real music here")
    asked = ["--ours", "--ways", "block,pickup", "--solos", "1", "--sheets", "1", "--list-wrong"]
    benchmark.main([*asked, "--keep", str(tmp_path)])
    assert "| block | 2 | 100 | 100 | 0 | 100 | 100 |" in capsys.readouterr().out
    assert len(list(tmp_path.glob("*.mid"))) == len(list(tmp_path.glob("*.json"))) == 4
