"""Which track leads, which is drums or a bass, and which channels are one player's."""

import io
import random
from collections import Counter

import mido
import pytest
from test_any_midi import TPQ, arpeggio, bass, line_of, melody, midi_bytes, notes, pitches, said, struck, tune_of, wheel

from reading.midi import midi_in
from reading.track_names import are_drums, names_bass, role_of
from reading.track_roles import is_percussion

assert tune_of  # a fixture

N_BARS = 16
ROLES = {
    "leads": "Melody,MELODY 1,Mélodie,Melodia,Gesang,Voz,Voce,chant,Lead_Guitar,LeadVox,Sax Solo,Vocals,"
    "Solostimme,Sologitarre,Assolo",
    "may lead": "Right Hand,Piano RH,Piano (R.H.),Rechte Hand,main droite,Mano derecha",
    "accompanies": "Rhythm Guitar,Backing Vocals,Voice Oohs,Choir Aahs,Vocal Pad,L.H.,Synth Voice,Horn Section,"
    "Begleitung,Accompagnement,Melody Echo,Vocal Harmony,Piano Chords,2nd Voice,"
    "Hintergrundchor",
    "": "Bright Piano,Upright,Soloway,Lead 1 (square),Square Lead,Voice Lead,Harmonica",
}


def line(n_bars=N_BARS, low=0, rests=()):
    """A line that does not repeat itself, mostly in steps; it rests in some of each four bars."""
    rng, pitch, played = random.Random(7), 72, []
    for number in range(n_bars):
        for at in sorted(rng.sample(range(8), rng.randint(3, 7))) if number % 4 not in rests else ():
            pitch = min(max(pitch + rng.choice((-2, -1, -1, 1, 2, 2, 3, -4)), 64), 82)
            played.append((4 * number + at / 2, 0.45, pitch + low))
    return notes(*played)


def comping(n_bars=N_BARS):
    return [(start + TPQ, end, pitch, 70) for start, end, pitch, _ in struck(n_bars)]


def pad(n_bars=N_BARS):
    return [(start, end, pitch + 12, 60) for start, end, pitch, _ in struck(n_bars)]


def riff(n_bars=N_BARS):
    return notes(
        *((4 * n + at, 0.4, 67 + up) for n in range(n_bars) for at, up in ((0, 0), (0.5, 3), (1.5, 5), (3, 3)))
    )


def clicks(n_bars=N_BARS):
    return notes(*((beat, 0.1, 77 if beat % 4 else 76) for beat in range(4 * n_bars)))


def hats(n_bars=N_BARS):
    return notes(*((eighth / 2, 0.1, 42) for eighth in range(8 * n_bars)))


def kit(n_bars=N_BARS):
    strokes = [(eighth / 2, 0.4, 51) for eighth in range(8 * n_bars)]
    return notes(*sorted(strokes + [(beat, 0.4, 38 if beat % 2 else 36) for beat in range(4 * n_bars)]))


def raw_of(tmp_path, *tracks, **kwargs):
    return midi_in(midi_bytes(*tracks, **kwargs), tmp_path / "any.mid")


def programs(*of_channels):
    return [(0, mido.Message("program_change", channel=channel, program=one)) for channel, one in of_channels]


# --- Which track leads -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rests", [(), (3,), (1, 2), (0, 1, 2)])
@pytest.mark.parametrize("beside", [comping, pad, riff, bass, clicks, hats, kit, lambda n: arpeggio(n, 0)])
@pytest.mark.parametrize("first", [True, False])
def test_a_line_that_rests_leads_before_what_accompanies_it_in_all_bars(tune_of, rests, beside, first):
    tracks = [("", 0, line(rests=rests)), ("", 1, beside(N_BARS)), ("", 2, bass(N_BARS))]
    tune = tune_of(midi_bytes(*(tracks if first else tracks[::-1])))
    assert line_of(tune) == pitches(line(rests=rests))


@pytest.mark.parametrize(
    ("leads", "others"),
    [
        ("Trumpet", {"Bright Acoustic Piano": arpeggio, "Upright": bass}),
        ("Flute", {"Acoustic Guitar (nylon)": arpeggio, "Acoustic Bass": bass}),
        ("Guitar", {"Rhythm Guitar": arpeggio, "Bass Guitar": bass}),
        ("Lead Guitar", {"Guitar": arpeggio}),
        ("Alto Sax", {"Voice Oohs": pad, "Synth Voice": pad, "Vocal Pad": pad}),
        ("Klavier", {"Chor": pad, "Begleitung": arpeggio}),
        ("Steel Drums", {"Piano": comping, "Bass": bass}),
        ("Percussion (Vibraphone)", {"Piano": comping, "Drums": kit}),
        ("Percussive Organ", {"Brightness": arpeggio}),
        ("Hang Drum", {"Piano": comping, "Bass": bass}),
        ("Kick the bucket", {"Snare": hats, "Piano": comping}),
        ("Trombone", {"Kit": kit, "Click": clicks, "Piano": comping}),
    ],
)
def test_names_mislead_nobody(tune_of, leads, others):
    low = -14 if leads == "Trombone" else 0
    played = [(name, number, part(N_BARS)) for number, (name, part) in enumerate(others.items())]
    tune = tune_of(midi_bytes(*played, (leads, 15, line(low=low, rests=(3,)))))
    assert line_of(tune) == pitches(line(low=low, rests=(3,)))


def test_the_name_counts_where_the_music_does_not_tell(tune_of):
    one, other = line(), line(low=-5)
    for name, serves in (
        ("Melodie", "Flute"),
        ("Canto", "Oboe"),
        ("Lead Vocal", "Backing Vocals"),
        ("Trumpet", "2nd Voice"),
    ):
        tune = tune_of(midi_bytes((serves, 1, one), (name, 0, other), ("Piano", 2, comping())))
        assert line_of(tune) == pitches(other), name
        counted = "" if name == "Trumpet" else "its name, and "
        assert said(tune, "melody").startswith(f"melody: track 1 '{name}' ({counted}{len(other)} onsets")


def test_a_solo_s_marker_names_its_player(tune_of):
    high, low = line(), line(low=-9)
    for text, played in (("Trumpet solo", high), ("Tenor Solo", low), ("Sax solo chorus 1", low), ("Solo", high)):
        marker = (16 * TPQ, mido.MetaMessage("marker", text=text))
        tune = tune_of(midi_bytes(("Trumpet", 0, high), ("Tenor", 1, low), ("Piano", 2, comping()), events=[marker]))
        assert line_of(tune) == pitches(note for note in played if note[0] >= 16 * TPQ), text


@pytest.mark.parametrize(("name", "role"), [(name, role) for role in ROLES for name in ROLES[role].split(",")])
def test_a_role_is_a_whole_word(name, role):
    assert role_of(name) == role


@pytest.mark.parametrize(
    ("name", "program", "drums"),
    [
        ("Drums", None, True), ("drumkit 2", 0, True), ("Schlagzeug", None, True), ("Batería", 0, True),
        ("Percussion", 0, True), ("HiHat", None, True), ("", 115, True), ("", 127, True), ("Bass Drum", None, True),
        ("Steel Drums", None, False), ("Steel Drums", 114, False), ("Percussive Organ", 17, False),
        ("Percussion (Vibraphone)", None, False), ("Percussion", 12, False), ("Timpani", 47, False), ("", 114, False),
        ("Kitty", None, False), ("Beatrice", 56, False), ("Tomás", 24, False), ("Percy", None, False),
    ],
)  # fmt: skip
def test_drums_by_name_and_program(name, program, drums):
    assert are_drums(name, () if program is None else (program,)) is drums


def test_a_bass_by_name():
    assert all(map(names_bass, ("Bass", "E-Bass", "Kontrabass", "Fretless Bass", "Basse", "Upright", "Bajo eléctrico")))
    others = ("Bassoon", "Bass Clarinet", "Bass Drum", "Lead 8 (bass + lead)", "Upright Piano", "Basset", "Basie")
    assert not any(map(names_bass, others))


def test_a_kit_is_heard_on_any_channel_and_a_line_is_none(tmp_path):
    toms = kit() + notes(*((16 * n + 15 + i / 4, 0.2, 50 - 2 * i) for n in range(4) for i in range(3)))
    low = notes(*((n / 2, 0.4, (36, 38, 40, 42, 35)[n * n % 5]) for n in range(128)))  # a bass over the keys of a kit
    pedal = notes(*((n / 2, 0.45, 36) for n in range(128)))
    congas = notes(*((n / 4, 0.1, 60 + n * n * 7 % 11 % 5) for n in range(128)))
    counted = notes(*((beat, 0.9, 72 if beat % 4 else 84) for beat in range(64)))
    for played in (kit(), hats(), clicks(), sorted(toms), congas, counted):
        assert is_percussion(raw_of(tmp_path, ("", 3, played)).tracks[0])
    for played in (line(), bass(N_BARS), low, pedal, struck(N_BARS), arpeggio(N_BARS), riff(), melody()):
        assert not is_percussion(raw_of(tmp_path, ("", 3, played)).tracks[0])
    assert not is_percussion(raw_of(tmp_path, ("", 3, clicks()), events=programs((3, 80))).tracks[0])
    for program in (116, 117):  # General MIDI's drums that have pitches
        assert not is_percussion(raw_of(tmp_path, ("Drums", 3, line()), events=programs((3, program))).tracks[0])
        assert is_percussion(raw_of(tmp_path, ("Drums", 3, congas), events=programs((3, program))).tracks[0])


def test_what_only_its_name_or_its_sound_calls_drums_is_read_where_nothing_else_is(tune_of):
    short = notes(*((n / 2, 0.2, (60, 62, 64)[n % 3]) for n in range(32)))
    assert line_of(tune_of(midi_bytes(("", 0, short)))) == pitches(short)
    assert line_of(tune_of(midi_bytes(("Beat It", 0, line())))) == pitches(line())
    with pytest.raises(ValueError, match="only drums play in it"):
        tune_of(midi_bytes(("Kit", 0, kit())))


# --- Which of its notes -----------------------------------------------------------------------------------------------


def stride(n_bars=N_BARS):
    """A left hand alone, low notes and chords by turns."""
    chords = [(start + beat * TPQ, start + (beat + 1) * TPQ - 5, pitch - 12, 64)
              for start, _, pitch, _ in struck(n_bars) for beat in (1, 3)]  # fmt: skip
    return chords + notes(*((2 * half, 0.9, 36 if half % 2 else 41) for half in range(2 * n_bars)))


BESIDE_A_LINE = [(0, [stride]), (-5, [stride]), (0, [comping, bass]), (-7, [comping, bass]), (-10, [struck, bass])]


@pytest.mark.parametrize("rests", [(), (3,), (2, 3)])
@pytest.mark.parametrize(("low", "beside"), BESIDE_A_LINE)
def test_a_line_rests_and_dips_among_what_accompanies_it_on_its_channel(tune_of, rests, low, beside):
    others = [note for part in beside for note in part(N_BARS)]
    tune = tune_of(midi_bytes(("", 0, sorted(line(low=low, rests=rests) + others))))
    found, true = Counter(line_of(tune)), Counter(pitches(line(low=low, rests=rests)))
    right = (found & true).total()
    assert right >= 0.85 * max(found.total(), true.total())
    assert said(tune, "melody").startswith("melody: the upper line of track 0 'unnamed' (")


@pytest.mark.parametrize("rests", [(), (3,)])
def test_a_line_rests_over_a_pad_on_its_channel(tune_of, rests):
    test_a_line_rests_and_dips_among_what_accompanies_it_on_its_channel(tune_of, rests, 0, [pad, bass])


# --- Whose channels --------------------------------------------------------------------------------------------------

PIANO = [("Piano", 13, comping())]


def spread(played, channels, name="Lead"):
    """A line whose notes go round some channels, as the rows `(name, channel, notes)` of one chunk."""
    return [(name, channel, played[index :: len(channels)]) for index, channel in enumerate(channels)]


def chunks(*parts, events=()):
    """A file of type 1 with a chunk for each part, whose rows `(name, channel, notes)` are in several channels; of one
    part, type 0."""
    files = [mido.MidiFile(file=io.BytesIO(midi_bytes(*rows, midi_type=0, events=events))) for rows in parts]
    files[0].type, files[0].tracks = int(len(parts) > 1), [file.tracks[0] for file in files]
    buffer = io.BytesIO()
    files[0].save(file=buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("beside", [[], [PIANO]])
@pytest.mark.parametrize(
    "channels", [range(6), range(1, 9), (2, 3), range(15), range(1, 16), range(8, 13), range(9, 15)]
)
@pytest.mark.parametrize("program", [None, 26])
def test_a_player_s_channels_are_one_track(tune_of, channels, program, beside):
    channels = [channel for channel in channels if channel != 13]  # the piano's
    events = programs(*((channel, program) for channel in channels)) if program else ()
    tune = tune_of(chunks(spread(line(), channels), *beside, events=events))
    assert line_of(tune) == pitches(line())


def test_players_in_one_chunk_stay_apart(tmp_path):
    def names(data):
        return [track.name for track in midi_in(data, tmp_path / "any.mid").tracks]

    two = [("Band", 0, line()), ("Band", 1, arpeggio(N_BARS)), ("Band", 9, kit())]
    assert names(chunks(two)) == ["unnamed, channel 1", "unnamed, channel 2", "unnamed, channel 10"]
    differ = programs((0, 65), (1, 24))
    assert names(chunks(two[:2], events=differ)) == ["Reed, channel 1", "Guitar, channel 2"]
    assert names(chunks(two[:2], PIANO, events=differ)) == ["Band, channel 1", "Band, channel 2", "Piano"]
    assert names(chunks(two, PIANO)) == ["Band, channel 1", "Band, channel 10", "Piano"]
    assert names(chunks([("", *row) for _, *row in two[:2]], PIANO, events=programs((0, 26), (1, 26)))) == ["", "Piano"]
    twins = programs((0, 0), (1, 0))
    assert names(chunks(two[:2], events=twins)) == ["Piano, channel 1", "Piano, channel 2"]


@pytest.mark.parametrize("name", ["Guitar String {}", "Guitar", ""])
def test_a_guitar_may_have_a_track_for_each_string(tune_of, name):
    strings = [(name.format(string), string, line()[string::6]) for string in range(6)]
    assert line_of(tune_of(midi_bytes(*strings, *PIANO))) == pitches(line())
    four = [(f"Tenor {n + 1}", n, line(rests=tuple({0, 1, 2, 3} - {n}))) for n in range(4)]  # they trade bars
    assert len(tune_of(midi_bytes(*four, *PIANO)).tracks) == 5


def test_a_note_is_bent_by_the_wheel_of_its_own_channel(tune_of):
    played = notes(*((beat, 1.1, pitch) for beat, pitch in enumerate((72, 74, 76, 77))))  # each held into the next
    events = [wheel(0, 0.5, 0), wheel(1.5, 1.0, 1), wheel(1.6, -1.0, 0), wheel(3.0, 0.25, 1)]
    tune = tune_of(chunks(spread(played, (0, 1)), PIANO, events=events))
    found = [tuple((round(at, 2), bend) for at, bend in one.bends) for one in tune.solo.nuances]
    assert found == [((0.0, 0.5),), ((0.5, 1.0),), ((0.0, -1.0),), ((0.0, 0.25),)]
