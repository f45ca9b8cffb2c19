import io

import numpy as np
import pytest
from conftest import bar, chord, note
from hypothesis import given
from hypothesis import strategies as st

from improvising.backing import backing
from music.notes import Note
from music.piece import Part
from writing import samples, sound
from writing.samples import APART, Range, ranges, sampled

CHORDS = [chord(0.0, 4.0, (48, 52, 55, 59)), chord(4.0, 4.0, (50, 53, 57, 60))]
LINE = [note(0.0, 1.0, 62), note(1.0, 1.0, 77, 20)]
BARS = [bar(0.0, 4.0), bar(4.0, 4.0)]
QUARTET = [Part("Solo", 26, 0, LINE), Part("Chords", 0, 1, CHORDS), *backing(CHORDS, BARS, seed=0)]
WOOD_BLOCK = 76
SMALL = (Range("Solo", 26, 0, (60, 64)), Range("Drums", 0, 9, (WOOD_BLOCK,)))

needs_sound = pytest.mark.skipif(sound.missing() is not None, reason=str(sound.missing()))


def keys_of(*parts: Part) -> dict[str, tuple[int, ...]]:
    return {found.name: found.keys for found in ranges(list(parts))}


# --- What is sampled -------------------------------------------------------------------------------------------------


def test_whole_octaves_hold_the_notes_and_of_drums_what_is_struck_is_sampled():
    keys = keys_of(*QUARTET)
    assert list(keys) == ["Solo", "Chords", "Bass", "Drums"]
    assert keys["Solo"] == (60, 66, 72, 78, 84)
    assert keys["Chords"] == (48, 54, 60, 66, 72)
    assert keys["Drums"] == tuple(sorted({struck.pitch for struck in QUARTET[3].music}))
    assert [(found.program, found.channel) for found in ranges(QUARTET)] == [
        (part.program, part.channel) for part in QUARTET
    ]


@given(st.lists(st.integers(0, 127), min_size=1), st.integers(0, 2))
def test_no_note_is_bent_by_more_than_three_semitones_and_no_sample_is_off_the_keyboard(pitches, around):
    (found,) = ranges([Part("Solo", 26, 0, [Note(0, 12, pitch) for pitch in pitches])], around)
    assert all(min(abs(pitch - key) for key in found.keys) <= 3 for pitch in pitches)
    assert found.keys[0] >= 0 and found.keys[-1] <= 127 and found.keys[0] % 12 == 0
    assert set(np.diff(found.keys).tolist()) == {APART}
    assert found.keys[0] <= max(0, min(pitches) - 12 * around)


def test_another_solo_in_the_same_octaves_needs_the_same_samples():
    one, two, higher = (Part("Solo", 26, 0, [note(0.0, 1.0, pitch) for pitch in (60, top)]) for top in (71, 65, 72))
    assert ranges([one]) == ranges([two]) != ranges([higher])


def test_parts_of_one_name_share_their_samples_and_silent_ones_have_none():
    low, high = (Part("Solo", 26, 0, [note(0.0, 1.0, pitch)]) for pitch in (40, 60))
    assert keys_of(low, high)["Solo"] == tuple(range(36, 73, 6))
    assert ranges([Part("Solo", 26, 0, []), Part("Drums", 0, 9, [])]) == ranges([]) == ()


# --- What it sounds like ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def quartet():
    """The samples, decoded: one channel (seconds * rate,), the rate, and where each part's keys begin."""
    if sound.missing():
        pytest.skip(sound.missing())
    found = sampled(ranges(QUARTET))
    audio, rate = decoded(found.mp3)
    return audio, rate, found.starts


def decoded(mp3: bytes):
    import soundfile

    audio, rate = soundfile.read(io.BytesIO(mp3), dtype="float32", always_2d=True)
    assert audio.shape[1] == 1
    return audio[:, 0], rate


def test_each_key_has_its_four_seconds_one_part_after_the_other(quartet):
    audio, rate, starts = quartet
    assert {name: tuple(keys) for name, keys in starts.items()} == keys_of(*QUARTET)
    in_order = [start for keys in starts.values() for start in keys.values()]
    assert in_order == list(range(0, 4 * len(in_order), 4))
    assert len(audio) == 4 * len(in_order) * rate


def test_every_sample_has_the_pitch_of_its_key(quartet):
    audio, rate, starts = quartet
    heard = {
        name: tuple(pitch_of(audio[round((start + 0.1) * rate) :][:rate], rate) for start in keys.values())
        for name, keys in starts.items()
        if name != "Drums"
    }
    assert heard == {name: keys for name, keys in keys_of(*QUARTET).items() if name != "Drums"}


def pitch_of(audio, rate: int) -> int:
    """The key whose first six partials are strongest in a second of sound, the lower ones counting more."""
    size = 8 * len(audio)
    spectrum = np.abs(np.fft.rfft(audio * np.hanning(len(audio)), size))

    def strength(frequency: float) -> float:
        return spectrum[int(0.985 * frequency * size / rate) : int(1.015 * frequency * size / rate) + 1].max()

    def of_partials(key: int) -> float:
        return sum(strength(number * 440 * 2 ** ((key - 69) / 12)) / number for number in range(1, 7))

    return max(range(24, 97), key=of_partials)


def test_every_sample_begins_at_once_and_has_ended_before_the_next(quartet):
    audio, rate, starts = quartet
    for name, keys in starts.items():
        for key, start in keys.items():
            slot = np.abs(audio[start * rate : (start + 4) * rate])
            loudest = slot.max()
            assert loudest > 1e-3, (name, key)
            assert np.argmax(slot > loudest / 20) < 0.05 * rate, (name, key)
            assert slot[-rate // 200 :].max() < loudest / 20, (name, key)


@needs_sound
def test_what_still_rings_is_faded_out():
    audio, rate = decoded(sampled((Range("Solo", 102, 0, (60, 64)),)).mp3)  # program 102 echoes for long
    assert np.abs(audio[4 * rate - rate // 200 : 4 * rate]).max() < np.abs(audio).max() / 100


@needs_sound
def test_nothing_clips_not_even_what_is_loudest():
    loud = Range("Drums", 0, 9, tuple(range(35, 82))), Range("Solo", 56, 0, tuple(range(48, 97, 4)))  # a trumpet
    audio, _ = decoded(sampled(loud).mp3)
    assert 0.1 < np.abs(audio).max() < 1


def test_the_parts_stand_in_the_mix_as_in_the_sound_file(quartet):
    """What accompanies is softer than the solo."""
    audio, rate, starts = quartet
    levels = {
        name: rms(audio[start * rate :][:rate]) for name, keys in starts.items() for start in [min(keys.values())]
    }
    assert levels["Solo"] > 2.5 * levels["Bass"] > 2.5 * levels["Chords"] > 0


def rms(audio) -> float:
    return float(np.sqrt(np.mean(np.square(audio, dtype=np.float64))))


# --- What is kept ----------------------------------------------------------------------------------------------------


@needs_sound
def test_the_same_samples_are_the_same_bytes_and_rendered_once(tmp_path, monkeypatch):
    first = sampled(SMALL, tmp_path)
    assert first == sampled(SMALL)
    monkeypatch.setattr(samples, "_rendered", lambda wanted, soundfont: pytest.fail("rendered again"))
    assert first == sampled(SMALL, tmp_path)
    assert first.starts == {"Solo": {60: 0, 64: 4}, "Drums": {WOOD_BLOCK: 8}}


@needs_sound
def test_what_is_kept_is_not_taken_for_something_else(tmp_path):
    one, two = sampled(SMALL, tmp_path), sampled(SMALL[:1], tmp_path)
    assert len(list((tmp_path / "sounds").iterdir())) == 2
    assert one.mp3 != two.mp3


@needs_sound
def test_damaged_or_missing_samples_are_rendered_anew(tmp_path):
    first = sampled(SMALL, tmp_path)
    (file,) = (tmp_path / "sounds").iterdir()
    whole = file.read_bytes()
    middle = len(whole) // 2
    for content in (b"", b"nonsense", whole[:-100], whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]):
        file.write_bytes(content)
        assert sampled(SMALL, tmp_path) == first
        assert file.read_bytes() == whole
    file.unlink()
    assert sampled(SMALL, tmp_path) == first


@needs_sound
def test_a_memory_that_cannot_be_written_does_no_harm(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    assert sampled(SMALL[1:], tmp_path / "file") == sampled(SMALL[1:])


@needs_sound
def test_samples_of_another_font_are_others_and_kept_beside_ours(tmp_path):
    from writing.soundfont import default_font

    font = tmp_path / "other.sf2"
    font.write_bytes(default_font().read_bytes())  # as a user's it has its own brightness and reverberation
    wanted = (Range("Solo", 65, 0, (60,)),)
    ours, theirs = sampled(wanted, tmp_path / "memory"), sampled(wanted, tmp_path / "memory", str(font))
    assert ours.starts == theirs.starts and ours.mp3 != theirs.mp3
    assert len(list((tmp_path / "memory/sounds").iterdir())) == 2
    font.write_bytes(b"exchanged")
    with pytest.raises(ValueError, match=r"other\.sf2: no SoundFont"):
        sampled(wanted, tmp_path / "memory", str(font))
