import importlib.util

import numpy as np
import pytest
from conftest import bar, chord, note

from improvising.backing import backing
from music.piece import Part
from music.units import GRID
from writing import sound

TEMPO = 130.0
QUARTER = 60 / TEMPO
CHORDS = [chord(4.0 * up, 3.5, (50 + up, 54 + up, 57 + up, 60 + up), 70) for up in range(4)]
BARS = [bar(4.0 * number, 4.0) for number in range(4)]
LINE = [note(step / 2, 5 / 12, 62 + 5 * step % 17, 70 + step % 30) for step in range(31)]
QUARTET = [Part("Solo", 26, 0, LINE), Part("Chords", 0, 1, CHORDS), *backing(CHORDS, BARS, seed=0)]
WOOD_BLOCK = 76  # dry and sudden
STROKES = [0.0, 1.0, 1.5, 2.0, 2 + 2 / 3, 4.0, 4 + 1 / 3, 6.0, 7.75]


@pytest.fixture(scope="module")
def helpers():
    if sound.missing():
        pytest.skip(sound.missing())


@pytest.fixture(scope="module")
def quartet(helpers, tmp_path_factory):
    """The file, and the seconds it is said to last."""
    path = tmp_path_factory.mktemp("sound") / "quartet.mp3"
    return path, sound.write_sound(path, QUARTET, TEMPO)


def decoded(path):
    import soundfile

    return soundfile.read(path, dtype="float32", always_2d=True)


def true_peak(audio) -> float:
    """The largest value between the samples, too: at four times their rate."""
    return float(np.abs(sound.resampled(audio, 44_100, 4 * 44_100)).max())


def in_the_room(parts):
    """The solo and the others as `mix` adds them."""
    levels = (sound.SOLO_AHEAD, sound.SOLO_IN_ROOM), (0.0, sound.OTHERS_IN_ROOM)
    for stem, (ahead, level) in zip(sound._stems(parts, TEMPO), levels, strict=True):
        balanced = sound._at_loudness(stem, 48_000, ahead)
        yield balanced + sound.room(sound.sent(balanced, level))


def rms(audio) -> float:
    return float(np.sqrt(np.mean(np.square(audio, dtype=np.float64))))


def test_the_mp3_is_as_long_as_the_music_and_its_tail(quartet):
    path, seconds = quartet
    audio, rate = decoded(path)
    assert (rate, audio.shape[1]) == (44_100, 2)
    end = max(item.offset + item.quarter_length for part in QUARTET for item in part.music)
    assert seconds == pytest.approx(end * QUARTER + 2, abs=0.01)
    assert len(audio) / rate == pytest.approx(seconds, abs=0.001)


def test_it_is_loud_enough_and_does_not_clip(quartet):
    audio, rate = decoded(quartet[0])
    assert np.abs(audio).max() < 10 ** (-0.3 / 20)
    assert sound.loudness(audio, rate) == pytest.approx(-16, abs=0.3)
    assert np.isfinite(audio).all()
    assert true_peak(audio) < 10 ** (-1 / 20)


def test_no_bar_is_silent_and_the_tail_fades_to_nothing(quartet):
    audio, rate = decoded(quartet[0])
    bar = round(4 * QUARTER * rate)
    assert all(rms(audio[start : start + bar]) > 0.03 for start in range(0, 4 * bar, bar))
    tail = audio[-round(1.9 * rate) :]
    levels = [rms(piece) for piece in np.array_split(tail, 8)]
    assert levels[0] > 1e-3 and levels[-1] < 1e-4
    assert all(after < before for before, after in zip(levels, levels[1:], strict=False))


def test_the_same_parts_give_the_same_bytes(quartet, tmp_path):
    path, _ = quartet
    sound.write_sound(tmp_path / "again.mp3", QUARTET, TEMPO)
    assert (tmp_path / "again.mp3").read_bytes() == path.read_bytes() == sound.mp3_bytes(QUARTET, TEMPO)
    assert [file.name for file in tmp_path.iterdir()] == ["again.mp3"]


@pytest.mark.parametrize("suffix", [".mp3", ".WAV"])
@pytest.mark.parametrize("tempo", [97.0, 180.0])
def test_onsets_are_where_the_notes_are(helpers, tmp_path, suffix, tempo):
    path = tmp_path / f"strokes{suffix}"
    sound.write_sound(path, [Part("Solo", 0, 9, [note(offset, 1 / 12, WOOD_BLOCK, 100) for offset in STROKES])], tempo)
    audio, rate = decoded(path)
    window = rate // 500
    energy = np.square(audio).sum(axis=1)[: len(audio) // window * window].reshape(-1, window).sum(axis=1)  # 2 ms each
    quiet = 0.05 * energy.max()
    for offset in STROKES:
        written = offset * 60 / tempo
        near = slice(max(0, round((written - 0.03) * 500)), round((written + 0.03) * 500))
        heard = (near.start + int(np.argmax(energy[near] > quiet))) / 500
        assert energy[near].max() > quiet
        assert heard == pytest.approx(written, abs=0.02)


def test_the_solo_is_in_front_whatever_its_velocity(helpers):
    solo, others = sound._stems(QUARTET, TEMPO)
    assert solo.shape == others.shape
    gap = sound.loudness(solo, 48_000) - sound.loudness(others, 48_000)
    softer = [QUARTET[0]._replace(music=[note._replace(velocity=note.velocity // 3) for note in LINE]), *QUARTET[1:]]
    assert sound.loudness(sound._stems(softer, TEMPO)[0], 48_000) < sound.loudness(solo, 48_000) - 15
    with_solo, without = sound.mix(softer, TEMPO), sound.mix(QUARTET[1:], TEMPO)
    assert np.isfinite(gap)
    difference = sound.loudness(with_solo, 44_100) - sound.loudness(without, 44_100)
    assert difference == pytest.approx(0, abs=0.5)
    # With the solo 5 LU ahead the others fall by 10 log10(1 + 10 ** 0.5) = 6.2 dB: so much of them is left over.
    left_over = float(np.vdot(with_solo, without) / np.vdot(without, without))
    assert 20 * np.log10(left_over) == pytest.approx(-6.2, abs=1.0)


@pytest.mark.parametrize("program", [0, 11, 26, 32, 40, 56, 57, 64, 65, 66, 67, 71, 73])
@pytest.mark.parametrize("kit", [0, 40])
def test_any_instrument_is_in_front_of_bass_and_drums(helpers, program, kit):
    low = [item._replace(pitch=item.pitch - 24) for item in LINE] if program == 32 else LINE
    parts = [Part("Solo", program, 0, low), *QUARTET[2:3], QUARTET[3]._replace(program=kit)]
    solo, others = (sound.loudness(audio, 48_000) for audio in in_the_room(parts))
    assert solo - others == pytest.approx(sound.SOLO_AHEAD, abs=1)  # a bass has no room, and a solo has
    audio = sound.mix(parts, TEMPO)
    assert sound.loudness(audio, 44_100) == pytest.approx(-16, abs=0.3)
    assert np.abs(audio).max() <= sound.CEILING + 1e-6


def test_lone_strokes_are_turned_down_instead_of_clipped(helpers):
    audio = sound.mix([Part("Drums", 0, 9, [note(float(beat), 1 / 12, WOOD_BLOCK, 120) for beat in range(6)])], TEMPO)
    assert 0.6 < np.abs(audio).max() <= sound.CEILING + 1e-6


def test_no_notes_are_two_seconds_of_silence(helpers, tmp_path):
    for parts in ([], [Part("Solo", 26, 0, [])]):
        assert sound.write_sound(tmp_path / "nothing.mp3", parts, TEMPO) == pytest.approx(2, abs=0.01)
        assert np.abs(decoded(tmp_path / "nothing.mp3")[0]).max() < 1e-4


def test_one_short_note_sounds(helpers):
    audio = sound.mix([Part("Solo", 26, 0, [note(0.0, 0.25, 69, 20)])], TEMPO)
    assert sound.loudness(audio, 44_100) == pytest.approx(-16, abs=1.5)


def test_loudness_of_a_sine_by_hand():
    # BS.1770: a full-scale sine of 997 Hz in one channel reads -3.01 LUFS; in both 3.01 more.
    times = np.arange(3 * 48_000) / 48_000
    sine = np.sin(2 * np.pi * 997 * times)
    assert sound.loudness(np.column_stack([sine, 0 * sine]), 48_000) == pytest.approx(-3.01, abs=0.05)
    assert sound.loudness(np.column_stack([sine, sine]) / 10, 48_000) == pytest.approx(-20, abs=0.05)
    low = np.sin(2 * np.pi * 25 * times)
    assert sound.loudness(np.column_stack([low, low]), 48_000) < -8
    padded = np.concatenate([np.column_stack([sine, sine]) / 10, np.zeros((5 * 48_000, 2))])
    assert sound.loudness(padded, 48_000) == pytest.approx(-20, abs=0.7)  # the gate leaves the silence out
    assert sound.loudness(np.zeros((48_000, 2)), 48_000) == sound.loudness(np.ones((100, 2)), 48_000) == -np.inf


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(("rate", "new_rate"), [(48_000, 44_100), (48_000, 32_000), (44_100, 48_000)])
def test_resampling_keeps_pitch_level_and_length(rate, new_rate, channels):
    length, new_length = 5 * rate // 4, 5 * new_rate // 4
    sine = np.sin(2 * np.pi * 1000 * np.arange(length) / rate).astype(np.float32)
    resampled = sound.resampled(np.column_stack([sine] * channels), rate, new_rate)
    assert resampled.shape == (new_length, channels)
    expected = np.sin(2 * np.pi * 1000 * np.arange(new_length) / new_rate)
    assert np.abs(resampled[1000:-1000] - expected[1000:-1000, None]).max() < 0.01


def test_what_is_rendered_lasts_until_it_has_rung_out(helpers):
    whole = sound.render(QUARTET, TEMPO)
    end = max(event.onset + event.duration for part in QUARTET for event in part.music) / GRID * 60 / TEMPO
    assert (whole.shape, whole.dtype) == ((round((end + sound.TAIL) * 48_000), 2), np.float32)
    assert rms(whole[: 2 * 48_000]) > 0.01 > rms(whole[-4_800:])
    assert (sound.render(QUARTET, TEMPO) == whole).all()  # from memory
    assert not sound.render([], TEMPO).any() and len(sound.render([], TEMPO)) == 2 * 48_000


def test_the_limiter_holds_its_ceiling_and_leaves_the_rest_alone():
    generator = np.random.default_rng(0)
    audio = (0.1 * generator.standard_normal((50_001, 2))).astype(np.float32)
    audio[::9_973] *= 60
    limited = sound._limit(audio)
    assert np.abs(limited).max() <= sound.CEILING * (1 + 1e-5)
    untouched = np.flatnonzero(np.abs(limited - audio).max(axis=1) == 0)
    assert len(untouched) > 25_000


# --- The room ---------------------------------------------------------------------------------------------------------


def answer_to(frequency: float) -> float:
    """How much of a tone comes back from the room, in dB, each side for itself."""
    tone = np.sin(2 * np.pi * frequency * np.arange(48_000) / 48_000).astype(np.float32)
    return 20 * np.log10(rms(sound.room(tone)[24_000:]) / rms(tone))


def test_a_click_in_the_room_is_answered_for_less_than_six_tenths_of_a_second():
    click = np.zeros(72_000, np.float32)
    click[1_000] = 1
    answer = sound.room(click)
    assert (answer.shape, answer.dtype) == ((72_000, 2), np.float32)
    assert np.square(answer).sum(axis=0) == pytest.approx([1, 1], rel=1e-3)
    assert np.abs(answer[:1_380]).max() < 1e-6 < 1e-3 < np.abs(answer[1_384:1_450]).max()  # 8 ms later
    energy = np.square(answer[1_384:], dtype=np.float64).sum(axis=1)
    left = 10 * np.log10(np.cumsum(energy[::-1])[::-1] / energy.sum() + 1e-12)
    assert np.argmax(left < -60) < 0.6 * 48_000
    slope = np.polyfit(*[(np.arange(len(left)) / 48_000, left)[i][2_400:14_400] for i in (0, 1)], 1)[0]
    assert -60 / slope == pytest.approx(0.42, abs=0.05)  # seconds
    assert abs(np.corrcoef(answer.T)[0, 1]) < 0.1  # it is all around


def test_the_room_leaves_the_bass_dry_and_is_soft():
    middle = np.mean([answer_to(hertz) for hertz in range(400, 2_000, 100)])
    assert middle == pytest.approx(3, abs=3)
    assert np.mean([answer_to(hertz) for hertz in (41, 49, 55, 62, 73)]) < middle - 12
    assert np.mean([answer_to(hertz) for hertz in range(10_000, 16_000, 500)]) < middle - 10


def test_the_room_is_the_same_however_long_the_sound_is():
    noise = np.random.default_rng(0).standard_normal(300_000).astype(np.float32)
    whole = sound.room(noise)
    n = len(noise) + 30_000
    click = np.zeros(30_000, np.float32)
    click[0] = 1
    spectrum = np.fft.rfft(noise, n)[:, None] * np.fft.rfft(sound.room(click).astype(np.float64), n, axis=0)
    assert np.abs(whole - np.fft.irfft(spectrum, n, axis=0)[: len(noise)]).max() < 1e-4
    assert np.abs(sound.room(noise[:1_000]) - whole[:1_000]).max() < 1e-4
    assert sound.room(noise[:0]).shape == (0, 2)


def test_the_others_stand_a_little_farther_off_and_the_sound_itself_prevails(helpers):
    for stem, inside in zip(sound._stems(QUARTET, TEMPO), in_the_room(QUARTET), strict=True):
        assert 0.9 < np.corrcoef(stem.ravel(), inside.ravel())[0, 1] < 0.9999
    assert sound.OTHERS_IN_ROOM > sound.SOLO_IN_ROOM


# --- Fonts ------------------------------------------------------------------------------------------------------------


def test_what_it_was_made_with_tells_the_font(helpers, tmp_path):
    (tmp_path / "other.sf2").write_bytes(b"other")
    ours, other = sound.made_with(), sound.made_with(str(tmp_path / "other.sf2"))
    assert ours.startswith("midirenderer ") and ours.split()[-2] == "TimGM6mb.sf2" and len(ours.split()[-1]) == 12
    assert other.split()[-2:] == ["other.sf2", "d9298a10d1b0"]


def test_a_users_font_is_what_is_heard_and_a_bad_one_is_told(helpers, tmp_path):
    from writing.soundfont import default_font

    copy = tmp_path / "copy.sf2"
    copy.write_bytes(default_font().read_bytes())
    parts = [Part("Solo", 65, 0, LINE[:4]), QUARTET[3]]
    theirs, ours = sound.mix(parts, TEMPO, str(copy)), sound.mix(parts, TEMPO)
    assert theirs.shape == ours.shape and (theirs != ours).any()  # ours is darker where it is soft
    assert sound.mp3_bytes(parts, TEMPO, str(copy)) != sound.mp3_bytes(parts, TEMPO)
    copy.write_bytes(copy.read_bytes()[:-1])
    for render in (sound.mix, sound.mp3_bytes, sound.render):
        with pytest.raises(ValueError, match=r"copy\.sf2: a damaged SoundFont"):
            render(parts, TEMPO, str(copy))
    with pytest.raises(ValueError, match=r"no\.sf2: cannot be read"):
        sound.write_sound(tmp_path / "a.mp3", parts, TEMPO, str(tmp_path / "no.sf2"))


def test_what_the_synthesiser_cannot_play_is_told(helpers):
    midi = b"MThd\0\0\0\6\0\0\0\1\1\xe0MTrk\0\0\0\4\0\xff/\0"
    with pytest.raises(ValueError, match="odd.sf2: the synthesiser cannot play it"):
        sound._synthesised(midi, b"RIFF", "odd.sf2")


def test_another_suffix_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"\.mp3 or \.wav, not \.ogg"):
        sound.write_sound(tmp_path / "solo.ogg", QUARTET, TEMPO)
    assert not list(tmp_path.iterdir())


def test_a_missing_helper_is_one_sentence_with_the_command(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "midirenderer" else find(name))
    assert sound.missing() == "no sound file without midirenderer: pip install midirenderer"
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert sound.missing().endswith("pip install midirenderer soundfile pretty_midi==0.2.11.post0")
