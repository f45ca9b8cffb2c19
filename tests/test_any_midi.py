"""Any MIDI file is a tune: what is chosen, how its bars run, and that nothing but one clear line refuses a file."""

import io
import random
import time

import mido
import pytest
from conftest import bar
from fuzz_readers import changed, check, odd_file
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from music.notes import Nuance
from preprocess import Selection, get_musical_data, read_tune, write_grammars
from reading import choosing
from reading.meters import find_bars
from reading.midi import read_midi
from reading.midi_bytes import decode

TPQ = 96
SCALE = (72, 74, 76, 77, 79, 81, 83, 84)
BASS = {"C": 36, "F": 41, "G": 43, "Am": 45}
TRIADS = {"C": (60, 64, 67), "F": (60, 65, 69), "G": (59, 62, 67), "Am": (60, 64, 69)}
CHANGES = ("C", "Am", "F", "G")


def notes(*played):
    """Notes `(onset, length, pitch)` in quarters as `(start, end, pitch, velocity)` in ticks."""
    return [(round(at * TPQ), round((at + length) * TPQ), pitch, 80) for at, length, pitch in played]


def melody(n_bars=4, length=4.0, start=0.0):
    """Quarter notes, nearly as long as they may be: a tone of the bar's chord, then up the scale of C."""
    tops = [[TRIADS[CHANGES[number % 4]][-1] + 12, *SCALE] for number in range(n_bars)]
    return notes(
        *((start + n * length + beat, 0.9, tops[n][beat]) for n in range(n_bars) for beat in range(int(length)))
    )


def struck(n_bars=4, length=4.0):
    return notes(*((n * length, length - 0.2, pitch) for n in range(n_bars) for pitch in TRIADS[CHANGES[n % 4]]))


def bass(n_bars=4, length=4.0):
    return notes(*((n * length + beat, 0.9, BASS[CHANGES[n % 4]]) for n in range(n_bars) for beat in (0, length // 2)))


def arpeggio(n_bars=4, low=-12):
    order = (0, 1, 2, 1) * 2
    return notes(
        *((4 * n + i / 2, 0.5, TRIADS[CHANGES[n % 4]][o] + low) for n in range(n_bars) for i, o in enumerate(order))
    )


def drums(n_bars=4):
    return notes(*((step / 2, 0.1, 42 if step % 2 else 36) for step in range(8 * n_bars)))


def meter(numerator, denominator, at=0.0):
    return round(at * TPQ), mido.MetaMessage("time_signature", numerator=numerator, denominator=denominator)


def midi_bytes(*tracks, midi_type=1, events=(), ticks_per_quarter=TPQ):
    """A file of tracks `(name, channel, notes)`, whose `events` `(tick, message)` are in the first one."""
    midi = mido.MidiFile(type=midi_type, ticks_per_beat=ticks_per_quarter)
    for name, channel, played in tracks:
        row = [(start, 1, "note_on", pitch, velocity) for start, _, pitch, velocity in played]
        row += [(end, 0, "note_off", pitch, 0) for _, end, pitch, _ in played]
        row = [(at, is_on, mido.Message(kind, channel=channel, note=p, velocity=v)) for at, is_on, kind, p, v in row]
        row.append((0, -1, mido.MetaMessage("track_name", name=name)))
        if not midi.tracks:
            row += [(at, -1, message) for at, message in events]
        track, now = mido.MidiTrack(), 0
        for at, _, message in sorted(row, key=lambda event: event[:2]):
            track.append(message.copy(time=at - now))
            now = at
        midi.tracks.append(track)
    if midi_type == 0:
        midi.tracks = [mido.merge_tracks(midi.tracks)]
    buffer = io.BytesIO()
    midi.save(file=buffer)
    return buffer.getvalue()


@pytest.fixture
def tune_of(tmp_path):
    """Read and check a file of these bytes."""

    def read(data, selection=Selection()):
        path = tmp_path / "any.mid"
        path.write_bytes(data)
        if check(path, selection) is None:
            read_tune(path, selection)  # for its error
        return read_tune(path, selection)

    return read


def said(tune, what):
    """The one line that was told of the melody, the chords, the solo or another thing."""
    (line,) = [line for line in tune.told if line.startswith(f"{what}: ")]
    return line


def roots(tune):
    return [[chord.pitches[0] % 12 for chord in chords] for chords in tune.chords.values()]


def line_of(tune):
    return [note.pitch for note in tune.solo.notes]


def pitches(played):
    return [pitch for _, _, pitch, _ in sorted(played)]


# --- What is chosen --------------------------------------------------------------------------------------------------


def without_known(monkeypatch):
    monkeypatch.setattr(choosing, "KNOWN_TUNES", {})


def test_metheny_in_another_file(metheny, monkeypatch):
    without_known(monkeypatch)
    tune = read_tune(metheny)
    assert said(tune, "melody").startswith("melody: track 5 'Guitar' (")
    assert said(tune, "solo") == "solo: between beats 268 and 491.917, from the marker 'Guit. solo 2:20'"


@pytest.mark.parametrize("midi_type", [0, 1])
def test_metheny_saved_again_without_names_and_cut(metheny, tmp_path, midi_type):
    midi = mido.MidiFile(metheny)
    for track in midi.tracks:
        now, kept = 0, []
        for message in track:
            now += message.time
            if message.type not in ("track_name", "instrument_name", "marker") and now < 560 * 96:
                kept.append(message.copy(time=now))
        track[:] = [message.copy(time=message.time - (kept[i - 1].time if i else 0)) for i, message in enumerate(kept)]
    midi.type = midi_type
    midi.tracks = midi.tracks if midi_type else [mido.merge_tracks(midi.tracks)]
    midi.save(tmp_path / "again.mid")
    tune, known = (
        read_tune(path, Selection(from_beat=476.0, to_beat=548.0)) for path in (tmp_path / "again.mid", metheny)
    )
    assert tune.melody == known.melody
    alike = sum(tune.chords[number][0].root == known.chords[number][0].root for number in known.bars)
    assert alike >= 14, alike  # of 18: judged by all that sounds, not each strike by itself


def test_our_tune_is_the_solo_as_marked(our_tune):
    tune = read_tune(our_tune)
    assert list(tune.bars) == list(range(12, 36))
    assert tune.bars == {number: bar(4.0 * number, 4.0, (4, 4)) for number in range(12, 36)}
    assert tune.tempo == 118.0
    assert said(tune, "solo") == "solo: between beats 48 and 143.917, from the marker 'Solo'"
    assert said(tune, "melody").startswith("melody: track 2 'Guitar' (")
    heard = "chords: heard in track 0 'Piano', track 1 'Bass'; struck by track 0 'Piano' ("
    assert said(tune, "chords").startswith(heard)


def test_a_type_0_trio_is_parted_by_channel(tune_of):
    tracks = [("Trio", 3, melody()), ("", 1, struck()), ("", 9, drums())]
    events = [(0, mido.Message("program_change", channel=3, program=65))]
    tune = tune_of(midi_bytes(*tracks, midi_type=0, events=events))
    assert line_of(tune) == pitches(melody())
    assert [chords[0].pitches for chords in tune.chords.values()] == [TRIADS[name] for name in CHANGES]
    assert said(tune, "melody").startswith("melody: track 1 'Reed, channel 4'")
    assert "struck by track 0 'unnamed, channel 2'" in said(tune, "chords")


def test_two_hands_in_one_track(tune_of):
    tune = tune_of(midi_bytes(("Piano", 0, melody() + arpeggio())))
    assert line_of(tune) == pitches(melody())
    assert roots(tune) == [[0], [9], [5], [7]]
    assert said(tune, "melody") == "melody: the upper line of track 0 'Piano' (no other track has pitches)"
    assert said(tune, "chords") == "chords: heard in the rest of track 0 'Piano'"


def test_two_hands_in_one_track_with_chords_in_the_left(tune_of):
    rests = [note for note in melody() if note[0] % (8 * TPQ) != 2 * TPQ]  # the right hand rests where the left goes on
    left = [(start, end, pitch - 12, velocity) for start, end, pitch, velocity in struck()]
    tune = tune_of(midi_bytes(("", 0, rests + left)))
    assert line_of(tune) == pitches(rests)
    assert [chords[0].pitches[0] for chords in tune.chords.values()] == [48, 48, 48, 47]
    assert "the rest of track 0 'unnamed' (it strikes" in said(tune, "chords")


def test_two_hands_in_two_tracks(tune_of):
    right = [(start, end, pitch, 80) for start, end, pitch, _ in melody()]
    right += notes((0, 1, 67), (4, 1, 64))  # a chord now and then
    for tracks in ([("Piano", 0, right), ("Piano", 0, arpeggio())], [("", 0, arpeggio()), ("", 0, right)]):
        tune = tune_of(midi_bytes(*tracks))
        assert line_of(tune) == pitches(melody())
        assert roots(tune) == [[0], [9], [5], [7]]


def test_a_melody_that_overlaps_itself_stays_whole(tune_of):
    legato = [(start, end + 60, pitch, velocity) for start, end, pitch, velocity in melody()]
    tune = tune_of(midi_bytes(("", 0, legato), ("", 1, struck())))
    assert line_of(tune) == pitches(melody())
    assert said(tune, "melody").startswith("melody: track 0 'unnamed' (16 onsets in 4 bars, 100% of them single")


def test_a_doubled_melody_is_its_top(tune_of):
    octaves = [(start, end - 20, pitch - 12, velocity) for start, end, pitch, velocity in melody()]
    tune = tune_of(midi_bytes(("", 0, melody() + octaves), ("", 1, struck())))
    assert line_of(tune) == pitches(melody())
    thirds = [(start, end, pitch - 4, velocity) for start, end, pitch, velocity in melody()]
    tune = tune_of(midi_bytes(("Lead", 0, melody() + thirds), ("", 1, struck())))
    assert line_of(tune) == pitches(melody())


def test_a_track_that_doubles_the_melody_makes_no_chords(tune_of):
    below = [(start + 3, end, pitch - 12, velocity) for start, end, pitch, velocity in melody()]
    alone = tune_of(midi_bytes(("", 0, melody())))
    for second in (melody(), below):
        tune = tune_of(midi_bytes(("", 0, melody()), ("", 1, second)))
        assert (tune.melody, tune.chords) == (alone.melody, alone.chords)
        assert said(tune, "chords") == said(alone, "chords")


def test_of_two_melodies_one_is_taken_and_both_told(tune_of):
    lower = [(start, end, pitch - 3, velocity) for start, end, pitch, velocity in melody()]
    tune = tune_of(midi_bytes(("Flute 2", 1, lower), ("Flute 1", 0, melody()), ("Piano", 2, struck())))
    assert line_of(tune) == pitches(melody())
    assert "it might be track 0 'Flute 2' as well" in said(tune, "melody")


def test_a_name_decides(tune_of):
    low = [(start, end, pitch - 24, velocity) for start, end, pitch, velocity in melody()]
    tune = tune_of(midi_bytes(("Flute", 0, melody()), ("Cello solo", 1, low), ("Piano", 2, struck())))
    assert line_of(tune) == pitches(low)


def test_chords_of_bass_and_several_instruments(tune_of):
    strings = [(start, end, pitch, velocity) for start, end, pitch, velocity in struck()]
    thirds, fifths = strings[1::3], strings[2::3]
    tracks = [("Voice", 0, melody()), ("Bass", 1, bass()), ("Horn", 2, thirds), ("Oboe", 3, fifths), ("", 9, drums())]
    tune = tune_of(midi_bytes(*tracks))
    assert line_of(tune) == pitches(melody())
    assert roots(tune) == [[0], [9], [5], [7]]
    assert said(tune, "chords") == "chords: heard in track 1 'Bass', track 2 'Horn', track 3 'Oboe'"


def test_what_the_pedal_holds_sounds_on(tune_of):
    bars = ((57, 60, 64, 67), (62, 57, 60, 65), (55, 59, 62, 65), (60, 55, 59, 64))
    places = [(4 * number + beat, pitch) for number, bar in enumerate(bars) for beat, pitch in enumerate(bar)]
    touched = [(at, 0.25, pitch) for at, pitch in places]
    held = [(at, 3.75 - at % 4, pitch) for at, pitch in places]
    pedals = [(at, value) for bar in range(4) for at, value in ((4 * bar, 127), (4 * bar + 3.75, 0))]

    def chords(played, pedals=()):
        pressed = [mido.Message("control_change", channel=0, control=64, value=value) for _, value in pedals]
        events = [(round(at * TPQ), message) for (at, _), message in zip(pedals, pressed, strict=True)]
        return tune_of(midi_bytes(("Piano", 0, notes(*played)), ("Voice", 1, melody()), events=events)).chords

    assert chords(touched, pedals) == chords(held)
    assert chords(touched, pedals[:1]) != chords(held)  # it is never released


def test_two_chords_in_a_bar(tune_of):
    names = ("C", "G", "Am", "F") * 2
    parts = [notes(*((2 * n, 2, TRIADS[name][part]) for n, name in enumerate(names))) for part in range(3)]
    low = notes(*((2 * n, 2, BASS[name]) for n, name in enumerate(names)))
    tracks = [("Voice", 0, melody())] + [("", number + 1, part) for number, part in enumerate([low, *parts])]
    tune = tune_of(midi_bytes(*tracks))
    assert roots(tune) == [[0, 7], [9, 5]] * 2
    assert [(chord.offset, chord.quarter_length) for chord in tune.chords[1]] == [(4.0, 2.0), (6.0, 2.0)]


def test_a_melody_alone(tune_of):
    song = (67, 67, 69, 67, 72, 71, 71, 67, 65, 65, 67, 65, 62, 64, 60, 60)
    tune = tune_of(midi_bytes(("", 0, notes(*((n, 0.95, pitch) for n, pitch in enumerate(song))))))
    assert said(tune, "chords") == "chords: made from the melody alone, in C major (nothing else with pitches sounds)"
    assert [chords[-1].pitches[0] % 12 for chords in tune.chords.values()] == [0, 0, 5, 0]
    assert len(write_grammars(tune)) == 4


def test_a_chord_that_rounds_out_of_the_window_is_heard_all_the_same(tune_of):
    chord = [(383, 480, pitch, 80) for pitch in TRIADS["C"]]
    tune = tune_of(midi_bytes(("", 0, melody(1)), ("", 1, chord)), Selection(0, (1,), 0.0, 3.995))
    assert list(tune.melody) == [0]
    assert said(tune, "chords").startswith("chords: heard in ")
    assert tune.chords[0]


def test_drums_alone_are_no_tune(tune_of):
    with pytest.raises(ValueError, match="only drums play in it; choose a file with a melody"):
        tune_of(midi_bytes(("Guitar", 9, drums())))


# --- Bars ------------------------------------------------------------------------------------------------------------


def test_a_waltz_in_one_track(tune_of):
    oompah = notes(*((3 * n, 0.9, BASS[CHANGES[n]]) for n in range(4)))
    oompah += notes(*((3 * n + b, 0.8, p - 12) for n in range(4) for b in (1, 2) for p in TRIADS[CHANGES[n]][:2]))
    tune = tune_of(midi_bytes(("", 0, melody(length=3.0) + oompah), events=[meter(3, 4)]))
    assert list(tune.bars.values()) == [bar(3.0 * n, 3.0, (3, 4)) for n in range(4)]
    assert line_of(tune) == pitches(melody(length=3.0))
    assert roots(tune) == [[0], [9], [5], [7]]
    assert all(line.count(" ") == 2 for line in write_grammars(tune))


@pytest.mark.parametrize(("signature", "length"), [((6, 8), 3.0), ((5, 4), 5.0), ((7, 8), 3.5), ((2, 2), 4.0)])
def test_bars_follow_the_meter(tune_of, signature, length):
    high = notes(*((step / 2, 0.5, SCALE[step % 8]) for step in range(round(8 * length))))
    low = notes(*((n * length, length, pitch) for n in range(4) for pitch in TRIADS[CHANGES[n]]))
    tune = tune_of(midi_bytes(("", 0, high), ("", 1, low), events=[meter(*signature)]))
    assert list(tune.bars.values()) == [bar(n * length, length, signature) for n in range(4)]
    assert [len(notes) for notes in tune.solo.notes_by_bar] == [2 * length] * 4
    assert [chords[0].pitches for chords in tune.chords.values()] == [TRIADS[name] for name in CHANGES]


def test_a_pickup_and_a_change_of_meter(tune_of):
    events = [meter(1, 4), meter(4, 4, at=1), meter(3, 4, at=9)]
    tune = tune_of(midi_bytes(("", 0, melody(4)), ("", 1, struck(4)), events=events))
    assert list(tune.bars.values()) == [
        bar(0, 1, (1, 4)),
        bar(1, 4, (4, 4)),
        bar(5, 4, (4, 4)),
        bar(9, 3, (3, 4)),
        bar(12, 3, (3, 4)),
        bar(15, 3, (3, 4)),
    ]
    assert [len(notes) for notes in tune.solo.notes_by_bar] == [1, 4, 4, 3, 3, 1]
    assert tune.chords[0][0].pitches == TRIADS["C"]


@pytest.mark.parametrize(
    ("meters", "expected"),
    [
        ([], [(0, 4, (4, 4)), (4, 4, (4, 4)), (8, 4, (4, 4))]),
        ([(480, (3, 4))], [(0, 4, (4, 4)), (4, 1, (1, 4)), (5, 3, (3, 4)), (8, 3, (3, 4))]),  # a change within a bar
        ([(144, (3, 4))], [(0, 1.5, (3, 8)), (1.5, 3, (3, 4))]),
        ([(0, (6, 8)), (0, (2, 4))], [(0, 2, (2, 4)), (2, 2, (2, 4))]),  # of two at once the later counts
        ([(0, (4, 4)), (96, (4, 4))], [(0, 4, (4, 4)), (4, 4, (4, 4))]),  # repeated, nothing changes
        ([(385, (3, 4))], [(0, 4, (4, 4)), (4, 3, (3, 4))]),  # a tick late
        ([(32, (3, 4))], [(0, 0.25, (1, 16)), (0.25, 3, (3, 4))]),  # a third of a beat: bars start on sixteenths
        ([(0, (0, 4)), (0, (1, 8)), (0, (13, 4)), (0, (4, 2**255)), (0, (7, 32))], [(0, 4, (4, 4))]),
    ],
)
def test_bars_by_hand(meters, expected):
    bars, told = find_bars(meters, TPQ, last_tick=12 * TPQ)
    expected = [bar(*quarters_and_meter) for quarters_and_meter in expected]
    assert [bars[number] for number in range(len(expected))] == expected
    for number, one in enumerate(expected):
        assert bars.number(one.start) == bars.number(one.end - 1) == number
    assert len(told) == any(numerator in (0, 1, 13) for _, (numerator, _) in meters)


def test_bars_are_found_without_counting_them():
    started = time.perf_counter()
    with pytest.raises(ValueError, match="it is 699,051 bars long and at most 20,000 are read"):
        find_bars([], TPQ, last_tick=2**28 - 1)
    bars, _ = find_bars([], TPQ, last_tick=19_000 * 4 * TPQ)
    assert bars[10**9] == bar(4e9, 4)
    assert time.perf_counter() - started < 1


def test_rests_of_a_bar_or_two_are_bars(tune_of):
    sparse = notes((0, 1, 72), (9, 1, 74), (24, 1, 76))
    tune = tune_of(midi_bytes(("", 0, sparse), ("", 1, struck(8, 3.0)), events=[meter(3, 4)]))
    assert list(tune.bars) == [0, 1, 2, 3, 8]
    assert write_grammars(tune) == ["C,1.000", "R,3.000", "R,3.000", write_grammars(tune)[3], write_grammars(tune)[4]]


# --- Odd files -------------------------------------------------------------------------------------------------------

TRACKS = (("Guitar", 0, melody()), ("Piano", 1, struck()))


@pytest.mark.parametrize("ticks_per_quarter", [1, 5, 120, 15360])
def test_any_resolution(tune_of, ticks_per_quarter):
    scaled = []
    for name, channel, played in TRACKS:
        times = [
            (round(a * ticks_per_quarter / TPQ), round(b * ticks_per_quarter / TPQ), p, v) for a, b, p, v in played
        ]
        scaled.append((name, channel, times))
    tune = tune_of(midi_bytes(*scaled, ticks_per_quarter=ticks_per_quarter))
    assert line_of(tune) == pitches(melody())
    assert [note.offset for notes in tune.melody.values() for note in notes] == list(range(16))


def test_tempo_at_the_start_of_the_window(tune_of):
    events = [
        (at * TPQ, mido.MetaMessage("set_tempo", tempo=tempo)) for at, tempo in ((0, 600000), (4, 0), (8, 400000))
    ]
    data = midi_bytes(*TRACKS, events=events)
    tune = tune_of(data)
    assert tune.tempo == 100.0
    assert said(tune, "tempo").startswith("tempo: 1 tempos make no sense and are left out, first 0 ")
    assert tune_of(data, Selection(from_beat=8.0)).tempo == 150.0
    assert tune_of(midi_bytes(*TRACKS)).tempo == 120.0


def test_the_tempo_is_the_one_that_holds_for_most_beats_of_the_tune_s_bars(tune_of):
    def tempo(*changes, selection=Selection()):
        events = [(at * TPQ, mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm))) for at, bpm in changes]
        return tune_of(midi_bytes(*TRACKS, events=events), selection).tempo

    assert tempo((0, 60), (4, 240)) == 240.0
    assert tempo((0, 60), (8, 240)) == 60.0  # of two as many beats the first
    assert tempo((0, 200), (4, 100), (8, 200)) == 200.0  # in two parts
    assert tempo((0, 100), (15, 50)) == 100.0  # a ritardando
    assert tempo((8, 150)) == 120.0  # until then none is told
    assert tempo((0, 60), (4, 240), (8, 200), selection=Selection(from_beat=4.0, to_beat=7.0)) == 240.0
    assert tempo((0, 90), (16, 20), (999, 30)) == 90.0  # beyond the tune


# --- How it was played -----------------------------------------------------------------------------------------------


def wheel(at, semitones, channel=0):
    """The pitch wheel where it bends by so many of its usual two semitones."""
    return round(at * TPQ), mido.Message("pitchwheel", channel=channel, pitch=min(round(4096 * semitones), 8191))


def controls(*pairs):
    return [(0, mido.Message("control_change", control=control, value=value)) for control, value in pairs]


def bends(tune):
    return [one.bends for one in tune.solo.nuances]


@pytest.mark.parametrize("midi_type", [0, 1])
def test_how_late_and_how_long_each_note_was_is_kept(tune_of, midi_type):
    late, line = (0, 7, -9, 11, -3), []
    for number, (start, end, pitch, velocity) in enumerate(melody()):
        line.append((max(0, start + late[number % 5]), end - number, pitch, velocity))
    tune = tune_of(midi_bytes(("Guitar", 0, line), ("Piano", 1, struck()), midi_type=midi_type))
    assert [len(of_bar) for of_bar in tune.nuances.values()] == [4] * 4 and list(tune.nuances) == list(tune.bars)
    for number, (note, nuance) in enumerate(zip(tune.solo.notes, tune.solo.nuances, strict=True)):
        start, end, *_ = line[number]
        assert nuance == Nuance(round(start / TPQ - note.offset, 6), round((end - start) / TPQ, 6), ())
        assert note.offset == number


def test_bends_are_kept_with_the_note_that_sounds(tune_of):
    events = [wheel(0.25, 1.0), wheel(0.5, 1.0), wheel(0.75, 0.0)]  # a place that is told twice is one
    events += [
        wheel(1.9, -0.5),
        wheel(1.95, -1.0),
        wheel(2.0, 0.5),
        wheel(2.5, 0.0),
    ]  # before the third note, and at it
    events += [wheel(2.95, 1.5), wheel(4.95, 0.0), wheel(1.0, 2.0, channel=1)]  # held over; the piano's
    found = bends(tune_of(midi_bytes(*TRACKS, events=events)))
    assert found[:3] == [((0.25, 1.0), (0.75, 0.0)), (), ((0.0, 0.5), (0.5, 0.0))]
    assert found[3:5] == [((0.0, 1.5),)] * 2 and not any(found[5:])


RPN, NRPN, NOTHING_SET = ((101, 0), (100, 0)), ((99, 0), (98, 0)), ((101, 127), (100, 127))


@pytest.mark.parametrize(
    ("settings", "semitones"),
    [
        ((), 1.0), ((*RPN, (6, 12)), 6.0), ((*RPN, (6, 12), *NOTHING_SET, (6, 3)), 6.0), ((*RPN, (6, 99)), 48.0),
        ((*RPN, (6, 48)), 24.0),
        ((*RPN, (6, 12), (38, 50)), 6.0), ((*RPN, *NRPN, (6, 12)), 1.0), ((*RPN[::-1], (6, 1)), 0.5),
        (((101, 0), (100, 1), (6, 12)), 1.0), (((6, 12),), 1.0),
    ],
)  # fmt: skip
def test_a_file_says_how_far_the_wheel_bends(tune_of, settings, semitones):
    tune = tune_of(midi_bytes(*TRACKS, events=[*controls(*settings), wheel(0.25, 1.0), wheel(0.5, 0.0)]))
    assert bends(tune)[0] == ((0.25, semitones), (0.5, 0.0))


@pytest.mark.parametrize(
    ("name", "programs", "window", "program"),
    [
        ("Guitar", {0: 65}, Selection(), 65),  # the file's word counts before the name
        ("Guitar", {0: 27, 8: 65}, Selection(), 27),
        ("Guitar", {0: 27, 8: 65}, Selection(from_beat=8.0), 65),
        ("Guitar", {0: 27, 8: 65}, Selection(from_beat=4.0), 27),
        ("Guitar", {8: 65}, Selection(), 65),
        ("Guitar", {}, Selection(), 26),
        ("Tenor Saxophone", {}, Selection(), 66),
        ("Melody", {}, Selection(), None),
    ],
)
def test_the_instrument_is_the_melody_s_at_its_first_note_else_by_its_name(tune_of, name, programs, window, program):
    events = [(at * TPQ, mido.Message("program_change", program=one)) for at, one in programs.items()]
    events.append((0, mido.Message("program_change", channel=1, program=4)))
    assert tune_of(midi_bytes((name, 0, melody()), ("Piano", 1, struck()), events=events), window).program == program


def test_chords_are_struck_or_not(tune_of):
    line, marker = ("Guitar", 0, melody()), [(0, mido.MetaMessage("marker", text=name)) for name in ("Cmaj7",)]
    for others, is_struck in (([("Piano", 1, struck())], True), ([("Bass", 1, bass())], False), ([], False)):
        assert tune_of(midi_bytes(line, *others)).is_struck is is_struck
    assert tune_of(midi_bytes(line, events=marker)).is_struck is False


def test_metheny_as_he_played(metheny):
    tune, raw = read_tune(metheny), read_midi(metheny)
    assert (tune.tempo, tune.program, tune.is_struck) == (112.0, 26, True)
    assert len(bends(tune)) == 193 and sum(map(bool, bends(tune))) == 15
    first, last = (number * raw.ticks_per_quarter for number in (476, 548))
    assert sum(first <= tick < last for tick, _ in raw.tracks[5].bends) == 142
    assert max(abs(bend) for note in bends(tune) for _, bend in note) == 2.0


def raw_file(*rows, header=b"\0\1"):
    chunks = b"".join(b"MTrk" + len(row).to_bytes(4, "big") + row for row in rows)
    return b"MThd\0\0\0\6" + header + len(rows).to_bytes(2, "big") + b"\0\x60" + chunks


CHORD = b"\0\x91\x30\x50\0\x34\x50\0\x37\x50\x60\x30\0\0\x34\0\0\x37\0"


@pytest.mark.parametrize(
    ("row", "line"),
    [
        (b"\0\x90\x48\x50\x30\x48\0\0\x4a\x50\x30\x4a\0", [(0, 0.5, 72), (0.5, 0.5, 74)]),  # running status, no end
        (b"\0\xff\x59\2\x64\7\0\x90\x48\x50\x60\x48\0", [(0, 1, 72)]),  # a key of a hundred sharps
        (b"\0\xf0\2\x7e\xf7\0\xff\x7f\1\0\0\x90\x48\x50\x60\x48\0", [(0, 1, 72)]),  # system exclusive, sequencer
        (b"\0\x90\x48\x50\x60\xff\x01\0\0\x48\0", [(0, 1, 72)]),  # running status goes on after a text
        (b"\0\x80\x48\0\0\x90\x48\x50\x60\x48\0\0\x48\0", [(0, 1, 72)]),  # releases without a note
        (b"\0\x90\x48\x50\x60\x4a\x50\x60\x4a\0", [(0, 1, 72), (1, 1, 74)]),  # a note that never ends
        (b"\0\x90\x48\x50\x60\x48\x50\x60\x48\0\0\x48\0", [(0, 2, 72), (1, 1, 72)]),  # struck again while it sounds
        (b"\0\x90\x48\x50\0\x48\0", [(0, 0.25, 72)]),  # no length at all
        (b"\0\x90\xc8\xff\x60\x7f\0\0\xff\x2f\0", [(0, 1, 127)]),  # data bytes above 127
        (b"\0\x90\x48\x50\xa0\0\x48\0", [(0, 16, 72)]),  # hangs for minutes
    ],
)
def test_odd_events(tune_of, row, line):
    tune = tune_of(raw_file(row, CHORD))
    assert [(note.offset, note.quarter_length, note.pitch) for bar in tune.melody.values() for note in bar] == line


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"Fl\xf6te", "Flöte"),
        ("Flöte".encode(), "Flöte"),
        ("ピアノ".encode("cp932"), "ピアノ"),
        (b"two\nlines\0\x07", "two lines"),
        ("\u202eolos\u2028".encode(), "olos"),
        (b"", ""),
        (b"\xff\xfe", "ÿþ"),
        (b"x" * 500, "x" * 60),
    ],
)
def test_names_are_printable_lines(tune_of, name, shown):
    assert decode(name) == shown
    row = b"\0\xff\x03" + bytes([0x80 | len(name) >> 7, len(name) & 0x7F]) + name
    tune = tune_of(raw_file(row + b"\0\x90\x48\x50\x60\x48\0", CHORD))
    assert said(tune, "melody").startswith(f"melody: track 0 '{shown or 'unnamed'}' (")


def test_mido_reads_the_same(our_tune, metheny):
    for path in (our_tune, metheny):
        theirs = []
        for track in mido.MidiFile(path).tracks:
            now, events = 0, []
            for message in track:
                now += message.time
                if message.type in ("note_on", "note_off"):
                    is_on = message.type == "note_on" and message.velocity > 0
                    events.append((now, is_on, message.note, message.velocity))
            theirs += [events] if events else []
        assert [track.events for track in read_midi(path).tracks] == theirs


@pytest.mark.parametrize("spacing", [b"\0", b"\x08"])
def test_a_hundred_thousand_notes_are_read_in_time(tune_of, spacing, tmp_path):
    row = b"\0\x90" + spacing.join(bytes((index * 7 % 128, 80)) for index in range(100_000))
    path = tmp_path / "many.mid"
    path.write_bytes(raw_file(row))
    started = time.perf_counter()
    read_tune(path)
    assert time.perf_counter() - started < 30  # seconds on a busy machine: it takes some 6
    path.write_bytes(raw_file(row + b"\0\x40\x50"))
    with pytest.raises(ValueError, match="it has more than 100,000 notes, too many for a tune"):
        read_tune(path)


def test_megabytes_of_nonsense_are_answered_at_once(tmp_path):
    nonsense = random.Random(0).randbytes(3_900_000)
    releases = b"\0\x80" + b"\1\0\0" * 1_300_000
    started = time.perf_counter()
    for content in (
        raw_file(b"")[:14] + nonsense,
        raw_file(nonsense),
        raw_file(b"\xff" * 3_900_000),
        raw_file(releases),
    ):
        (tmp_path / "nonsense.mid").write_bytes(content)
        assert check(tmp_path / "nonsense.mid") is None
    assert time.perf_counter() - started < 20


def test_a_folder_and_a_large_file_are_told(tmp_path):
    with pytest.raises(ValueError, match="not a file but a folder or a device"):
        get_musical_data(tmp_path)
    (tmp_path / "large.mid").write_bytes(b"MThd" + bytes(4_000_000))
    with pytest.raises(ValueError, match="at most 4,000,000 bytes here, this one has 4,000,004"):
        get_musical_data(tmp_path / "large.mid")
    with pytest.raises(ValueError, match="cannot be read"):
        get_musical_data(tmp_path / "missing.mid")


# --- Many odd files --------------------------------------------------------------------------------------------------

EVENT = st.tuples(
    st.sampled_from((0, 0, 1, 12, 24, 48, 96, 500)), st.integers(0, 15), st.integers(0, 127), st.integers(0, 127)
)
METER = st.tuples(st.integers(0, 3000), st.integers(0, 255), st.integers(0, 7))
TEMPO = st.tuples(st.integers(0, 3000), st.integers(0, 2**24 - 1))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tracks=st.lists(st.lists(EVENT, max_size=60), min_size=1, max_size=5),
    channels=st.lists(st.sampled_from((0, 1, 9, None)), min_size=5, max_size=5),
    meters=st.lists(METER, max_size=4),
    tempos=st.lists(TEMPO, max_size=3),
    resolution=st.sampled_from((1, 24, 96, 480, 32767)),
)
def test_odd_files_are_tunes_or_told(tmp_path, tracks, channels, meters, tempos, resolution):
    midi = mido.MidiFile(ticks_per_beat=resolution)
    events = [(at, "time_signature", {"numerator": n, "denominator": 2**d}) for at, n, d in meters]
    events += [(at, "set_tempo", {"tempo": tempo}) for at, tempo in tempos]
    now, first = 0, mido.MidiTrack()
    for at, kind, values in sorted(events, key=lambda event: event[0]):
        first.append(mido.MetaMessage(kind, time=at - now, **values))
        now = at
    midi.tracks.append(first)
    for row, one_channel in zip(tracks, channels, strict=False):
        track = mido.MidiTrack()
        for delta, channel, pitch, velocity in row:
            channel = channel if one_channel is None else one_channel
            # Half the events release what may sound: a pitch of the octave above middle C.
            pitch, velocity = (60 + pitch % 12, velocity) if velocity % 2 else (pitch, 0)
            track.append(mido.Message("note_on", channel=channel, note=pitch, velocity=velocity, time=delta))
        midi.tracks.append(track)
    midi.save(tmp_path / "odd.mid")
    check(tmp_path / "odd.mid")


def test_odd_and_damaged_files_are_tunes_or_told(our_tune, tmp_path):
    ours, path = our_tune.read_bytes(), tmp_path / "damaged.mid"
    tunes = 0
    for number in range(300):
        generator = random.Random(number)
        path.write_bytes(changed(ours, generator) if number % 2 else odd_file(generator))
        tunes += check(path) is not None
    assert 50 < tunes < 250
