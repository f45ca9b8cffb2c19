"""The time of a MIDI file: beats, latency, meter and pickup, where it is silent or has what a sequencer writes."""

import math
import random
from pathlib import Path

import mido
import pytest
from test_any_midi import TPQ, meter, midi_bytes, said

from preprocess import read_tune, write_grammars
from reading.choosing import Selection, tune_of
from reading.midi import midi_in

CHANGES = (2, 7, 0, 5, 11, 4, 9, 9)  # roots
SEVENTH = (0, 4, 7, 11)
FOUR = meter(4, 4)


def a_band(length=4, pickup=0.0, late=0.0, swing=0.5, laid_back=0.0, unevenness=0.0):
    """Sixteen bars of a sax in eighths, a piano that strikes each bar's chord, and a walking bass; in front of them a
    pickup, and all of it so late."""
    rng = random.Random(length)
    sax, piano, bass = [], [], []

    def add(part, at, lasts, pitch, behind=0.0):
        start = max(0, round((at + pickup + late + behind + rng.gauss(0, unevenness)) * TPQ))
        part.append((start, start + round(lasts * TPQ), pitch, 80))

    for number in range(16):
        root, start = CHANGES[number % 8], length * number
        for step in SEVENTH:
            add(piano, start, length - 0.2, 52 + (root + step) % 12)
        for beat in range(length):
            add(bass, start + beat, 0.9, 36 + (root + (SEVENTH[beat % 4])) % 12)
            for off in (0.0, swing):
                add(sax, start + beat + off, 0.45, 72 + (root + rng.choice(SEVENTH)) % 12, laid_back)
    if pickup:
        add(sax, -pickup, 0.45, 71)
    return [("Sax", 0, sax), ("Piano", 1, piano), ("Bass", 2, bass)]


def read(content, **asked):
    return tune_of(midi_in(content, Path("any.mid"), asked.get("meter"), asked.get("pickup")), Selection(**asked))


def bars_of(tune):
    return [(one.start / 12, one.meter) for one in tune.bars.values()]


def regular(length, count=16, first=0.0):
    return [(first + length * number, (length, 4)) for number in range(count)]


# --- Latency ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("late", [0.11, 0.03, 0.05, 0.17])
@pytest.mark.parametrize("swing", [0.5, 2 / 3])
@pytest.mark.parametrize("unevenness", [0.0, 0.01])
def test_what_all_tracks_are_late_by_is_taken_out(late, swing, unevenness):
    on_time = read(midi_bytes(*a_band(swing=swing), events=[FOUR]))
    tune = read(midi_bytes(*a_band(late=late, swing=swing, unevenness=unevenness), events=[FOUR]))
    assert said(tune, "time") == f"time: all notes lie {late:.2f} quarters late; taken out"
    assert write_grammars(tune) == write_grammars(on_time)


def test_what_all_tracks_are_early_by_as_well():
    early = [
        (name, channel, [(s - 10, e - 10, *rest) for s, e, *rest in part if s]) for name, channel, part in a_band()
    ]
    assert said(read(midi_bytes(*early)), "time") == "time: all notes lie 0.10 quarters early; taken out"


@pytest.mark.parametrize(
    "how", [{}, {"swing": 2 / 3}, {"laid_back": 0.12}, {"late": 0.02}, {"late": 0.25}, {"unevenness": 0.04}]
)
def test_no_latency_is_heard_where_tracks_differ_or_play_on_the_grid(how):
    assert not [line for line in read(midi_bytes(*a_band(**how))).told if line.startswith("time")]


# --- Without a click -------------------------------------------------------------------------------------------------


def played_freely(band, tempo, seed=1):
    """The band at a tempo that wanders by a twentieth and more, each note a little off, in a file that says 120."""
    rng, at, beats = random.Random(seed), 0.3, []
    for number in range(200):
        beats.append(at)
        at += 60 / tempo * (1 + 0.05 * math.sin(number / 7 + seed))

    def ticks(tick):
        beat, part = divmod(tick / TPQ, 1)
        return round((beats[int(beat)] * (1 - part) + beats[int(beat) + 1] * part + rng.gauss(0, 0.008)) * 2 * TPQ)

    return [
        (name, channel, [(start := ticks(s), max(start + 1, ticks(e)), *rest) for s, e, *rest in part])
        for name, channel, part in band
    ]


def comping(band):
    """A sax and a piano that strikes the first beat and the half after the third, as in many a left hand."""
    (_, _, sax), (name, channel, chords), _ = band
    again = [(s + 5 * TPQ // 2, e, *rest) for s, e, *rest in chords]
    return [("Piano", 0, sax + [(s, s + 2 * TPQ, *rest) for s, _, *rest in chords] + again)]


@pytest.mark.parametrize("tempo", [66, 97, 120, 143, 230])
@pytest.mark.parametrize("arranged", [list, comping])
def test_beats_are_found_where_nobody_played_to_a_click(tempo, arranged):
    if arranged is comping and tempo == 230:
        return  # chords twice in a bar may as well be half as fast
    band = arranged(a_band(swing=2 / 3 if tempo > 100 else 0.5))
    as_written = read(midi_bytes(*band, events=[FOUR]), melody_track=0)
    tune = read(midi_bytes(*played_freely(band, tempo), events=[FOUR]), melody_track=0)
    assert f"they are found, at about {tune.tempo:.0f} a minute" in said(tune, "time")
    assert tune.tempo == pytest.approx(tempo, rel=0.02)
    assert bars_of(tune)[:16] == bars_of(as_written)
    of_both = [{(one.onset, one.pitch) for one in heard.solo.notes} for heard in (as_written, tune)]
    assert len(of_both[0] & of_both[1]) > 0.9 * len(of_both[0])


def test_where_nothing_tells_the_beats_the_file_keeps_its_bars_and_says_so():
    rng = random.Random(3)
    line = sorted(rng.randrange(64 * TPQ) for _ in range(150))
    line = [("Sax", 0, [(at, at + 20, rng.randrange(60, 80), 80) for at in line])]
    tune = read(midi_bytes(*line, events=[FOUR]))
    assert said(tune, "time").endswith(
        "bars are the file's; record to a click, or move the notes to the beats in a sequencer"
    )
    assert tune.bars[0].length == 48 and tune.tempo == 120.0


@pytest.mark.parametrize("parts", [3, 4, 6, 8, 12])
def test_a_figure_that_fills_the_beat_is_on_the_beat(parts):
    line = [(at * TPQ // parts, (at + 1) * TPQ // parts, 60 + 7 * at % 12, 80) for at in range(32 * parts)]
    assert not [told for told in read(midi_bytes(("Harp", 0, line))).told if told.startswith("time")]


# --- Meter and pickup ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [3, 5, 7])
@pytest.mark.parametrize(("events", "says"), [((), "no meter"), ([FOUR], "4/4 from the start, as sequencers do")])
def test_a_meter_that_the_file_does_not_tell(length, events, says):
    tune = read(midi_bytes(*a_band(length), events=events))
    assert bars_of(tune) == regular(length)
    assert f"{length}/4, which harmony and long notes keep (the file tells {says})" in said(tune, "meter")


def test_six_eighths_are_told_from_three_quarters():
    band = [
        (
            name,
            channel,
            [(s, e, *rest) for s, e, *rest in part if s % (3 * TPQ) in (0, TPQ, 3 * TPQ // 2, 5 * TPQ // 2)],
        )
        for name, channel, part in a_band(3)
    ]
    band[2] = ("Bass", 2, [(TPQ * n * 3 // 2, TPQ * (n + 1) * 3 // 2, 36 + CHANGES[n // 2 % 8], 80) for n in range(32)])
    assert bars_of(read(midi_bytes(*band)))[:2] == [(0.0, (6, 8)), (3.0, (6, 8))]


@pytest.mark.parametrize("events", [[meter(3, 4)], [meter(2, 2)], [FOUR, meter(3, 4, at=32)], [meter(12, 8)]])
def test_a_meter_that_the_file_tells_is_believed(events):
    tune = read(midi_bytes(*a_band(4), events=events))
    assert tune.bars[0].meter == (events[0][1].numerator, events[0][1].denominator)
    assert not [line for line in tune.told if line.startswith("meter")]


@pytest.mark.parametrize(("length", "pickup"), [(4, 1), (4, 2), (4, 3), (3, 1), (3, 2), (5, 2)])
@pytest.mark.parametrize("is_told", [False, True])
def test_a_pickup_at_tick_0(length, pickup, is_told):
    tune = read(midi_bytes(*a_band(length, pickup), events=[meter(length, 4)] if is_told else ()))
    assert bars_of(tune) == [(0.0, (pickup, 4)), *regular(length, first=float(pickup))]
    assert said(tune, "pickup").startswith(f"pickup: {pickup} quarter")


def shifted(band, by, only=("Sax", "Piano", "Bass")):
    """Some of the band so many quarters later."""
    return [
        (name, channel, [(s + round(by * TPQ), e + round(by * TPQ), *rest) for s, e, *rest in part])
        if name in only
        else (name, channel, part)
        for name, channel, part in band
    ]


def with_upbeat(band):
    (name, channel, sax), *others = band
    return [(name, channel, [(0, TPQ // 3, 71, 80), *sax]), *others]


@pytest.mark.parametrize(("length", "pickup"), [(4, 0.5), (4, 1.5), (4, 2.5), (3, 0.5), (3, 1.5), (2, 0.5)])
@pytest.mark.parametrize("without", [(), ("Bass",)])
def test_a_pickup_of_half_a_beat(length, pickup, without):
    band = [one for one in with_upbeat(shifted(a_band(length), pickup)) if one[0] not in without]
    tune = read(midi_bytes(*band, events=[meter(length, 4)]), melody_track=0)
    assert bars_of(tune)[1:6] == regular(length, 5, first=pickup)
    assert said(tune, "pickup").startswith(f"pickup: {pickup:g} quarter")


@pytest.mark.parametrize(("told", "length", "pickup"), [((6, 8), 3, 0.5), ((6, 8), 3, 1.0), ((7, 8), 3.5, 1.5)])
def test_a_pickup_in_a_meter_of_eighths(told, length, pickup):
    sax, piano, bass = a_band(7)
    by = length / 7  # the band in sevens at another pace
    if told == (6, 8):
        sax, piano, bass = a_band(6)
        by = 0.5
    band = [
        (name, channel, [(round(s * by), round(e * by), *rest) for s, e, *rest in part])
        for name, channel, part in (sax, piano, bass)
    ]
    tune = read(midi_bytes(*with_upbeat(shifted(band, pickup)), events=[meter(*told)]), melody_track=0)
    assert [one[0] for one in bars_of(tune)[1:4]] == [pickup, pickup + length, pickup + 2 * length]


@pytest.mark.parametrize("without", [(), ("Bass",)])
@pytest.mark.parametrize("length", [4, 3, 2])
def test_chords_ahead_of_their_bars_are_no_pickup(length, without):
    pushed = [
        (name, channel, [(max(0, s - TPQ // 2 * (name == "Piano")), e, *rest) for s, e, *rest in part])
        for name, channel, part in a_band(length)
        if name not in without
    ]
    tune = read(midi_bytes(*pushed, events=[meter(length, 4)]), melody_track=0)
    assert bars_of(tune)[:5] == regular(length, 5)


def comped(band, *places):
    """The piano strikes its chord, short, at these places of each bar instead."""
    (name, channel, chords), others = band[1], [one for one in band if one[0] != "Piano"]
    short = [(s + round(at * TPQ), s + round((at + 0.4) * TPQ), *rest) for s, _, *rest in chords for at in places]
    return [others[0], (name, channel, sorted(short)), *others[1:]]


@pytest.mark.parametrize("places", [(1, 3), (0.5, 1.5, 2.5, 3.5), (1.5, 3.5)])
def test_chords_between_the_beats_are_no_pickup(places):
    band = [one for one in comped(a_band(), *places) if one[0] != "Bass"]
    assert bars_of(read(midi_bytes(*band, events=[FOUR]), melody_track=0))[:5] == regular(4, 5)


@pytest.mark.parametrize("places", [(0, 1.5), (1.5,)])
def test_a_waltz_comped_half_past_its_second_beat_is_no_six_eighths(places):
    sax, piano, _ = comped(a_band(3), *places)
    sax = (*sax[:2], [one for one in sax[2] if one[0] % TPQ == 0])
    bass = ("Bass", 2, [(3 * n * TPQ, 3 * (n + 1) * TPQ, 36 + CHANGES[n % 8], 80) for n in range(16)])
    assert bars_of(read(midi_bytes(sax, piano, bass), melody_track=0))[:5] == regular(3, 5)


def test_a_line_alone_tells_no_pickup():
    line = [("Fiddle", 0, [*a_band(4, 1)[0][2]])]
    assert bars_of(read(midi_bytes(*line, events=[FOUR])))[:4] == regular(4, 4)


def test_no_pickup_is_heard_where_the_meters_tell_it():
    tune = read(midi_bytes(*a_band(4, 2), events=[meter(2, 4), meter(4, 4, at=2)]))
    assert bars_of(tune) == [(0.0, (2, 4)), *regular(4, first=2.0)]
    assert not [line for line in tune.told if line.startswith("pickup")]


@pytest.mark.parametrize(
    ("asked", "bars"),
    [
        ({"meter": "3/4"}, [(0.0, (3, 4)), (3.0, (3, 4))]),
        ({"meter": " 6/8 "}, [(0.0, (6, 8)), (3.0, (6, 8))]),
        ({"pickup": 1}, [(0.0, (1, 4)), (1.0, (4, 4)), (5.0, (4, 4))]),
        ({"pickup": 1.5, "meter": "3/4"}, [(0.0, (3, 8)), (1.5, (3, 4)), (4.5, (3, 4))]),
        ({"pickup": 0.5}, [(0.0, (1, 8)), (0.5, (4, 4))]),
        ({"pickup": 5}, [(0.0, (1, 4)), (1.0, (4, 4))]),  # as many quarters into a bar
        ({"pickup": 0}, [(0.0, (4, 4)), (4.0, (4, 4))]),
    ],
)
def test_what_is_asked_for_overrules_what_the_file_says_and_what_is_found(asked, bars):
    for pickup in (0, 1):
        tune = read(midi_bytes(*a_band(4, pickup), events=[FOUR]), **asked)
        if "pickup" in asked or not pickup:
            assert bars_of(tune)[: len(bars)] == bars
            assert not [line for line in tune.told if line.startswith(("meter", "pickup"))]


@pytest.mark.parametrize("wrong", ["4", "3/5", "13/4", "1/16", "0/4", "waltz"])
def test_a_meter_that_makes_no_bar_is_told(wrong):
    with pytest.raises(ValueError, match=r"any\.mid: no bar of .* is in '" + wrong):
        read(midi_bytes(*a_band()), meter=wrong)


@pytest.mark.parametrize("asked", [{"meter": "3/4"}, {"pickup": 1}])
def test_a_score_keeps_its_bars_and_says_so(tmp_path, asked):
    (tmp_path / "a.abc").write_text("X:1\nM:4/4\nL:1/4\nK:C\n" + '"C"CDEF|"G"GFED|' * 4 + "\n")
    tune = read_tune(tmp_path / "a.abc", Selection(**asked))
    assert bars_of(tune) == regular(4, 8)
    assert said(tune, "meter") == "meter: a score's bars are as written; METER and PICKUP are for MIDI files"


# --- Tempo -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("late", [1 / TPQ, 5 / TPQ, 2.0, 8.0])
def test_a_tempo_that_only_stands_in_for_the_real_one_does_not_count(late):
    tempos = [(0, mido.MetaMessage("set_tempo", tempo=500000)), (late, mido.MetaMessage("set_tempo", tempo=272727))]
    events = [(round(at * TPQ), message) for at, message in tempos]
    assert read(midi_bytes(*a_band(pickup=8 if late == 8 else 0), events=events)).tempo == 220.0


def test_a_tempo_that_follows_a_player_is_the_middle_one():
    rng = random.Random(1)
    tempos = [round(60e6 / rng.gauss(97, 3)) for _ in range(64)]
    events = [(beat * TPQ, mido.MetaMessage("set_tempo", tempo=tempo)) for beat, tempo in enumerate(tempos)]
    assert read(midi_bytes(*a_band(), events=events)).tempo == pytest.approx(97, abs=1)
