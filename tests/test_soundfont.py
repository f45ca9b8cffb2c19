import io
import os
import random
import struct
from pathlib import Path

import numpy as np
import pytest
from conftest import note

from music.piece import Part
from writing import sound, soundfont
from writing.soundfont import check_font, default_font, font_bytes

pytestmark = pytest.mark.skipif(sound.missing() is not None, reason=str(sound.missing()))

RATE = 44_100
CYCLE = 100  # samples: at 44,100 a second and key 69 it sounds as 441 Hz
SINE = np.round(12_000 * np.sin(2 * np.pi * np.arange(40 * CYCLE) / CYCLE)).astype("<i2")
LOOP = (10 * CYCLE, 30 * CYCLE)
A4 = 69
KEYS, SAMPLE, INSTRUMENT, MODES, ROOT = 43, 53, 41, 54, 58


# --- A font, made of sines --------------------------------------------------------------------------------------------


def chunk(name: bytes, content: bytes, padded: bool = True) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (padded and len(content) % 2)


def vorbis(audio) -> bytes:
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, audio, RATE, format="OGG", subtype="VORBIS")
    return buffer.getvalue()


def made(presets: dict[tuple[int, int], int], packed: bool = False, padded: bool = True) -> bytes:
    """A font: each preset's sine sounds as 441 Hz at the key that is given. `packed` as Ogg Vorbis: an SF3."""
    sounds, phdr, pbag, pgen, inst, ibag, igen, shdr = b"", b"", b"", b"", b"", b"", b"", b""
    for number, ((bank, program), key) in enumerate(presets.items()):
        content = vorbis(SINE) if packed else SINE.tobytes() + bytes(92)
        start = len(sounds) // (1 if packed else 2)
        loop = [place + (0 if packed else start) for place in LOOP]
        length = len(content) if packed else len(SINE)
        sounds += content
        phdr += struct.pack("<20sHHHIII", b"a preset", program, bank, number, 0, 0, 0)
        pbag += struct.pack("<HH", number, 0)
        pgen += struct.pack("<HH", INSTRUMENT, number)
        inst += struct.pack("<20sH", b"an instrument", 2 * number)
        ibag += struct.pack("<HHHH", 3 * number, 0, 3 * number + 1, 0)  # for all its zones, and the one
        igen += struct.pack("<6H", MODES, 1, ROOT, key, SAMPLE, number)
        numbers = (start, start + length, *loop, RATE, 60, 0, 0, 0x11 if packed else 1)
        shdr += struct.pack("<20sIIIIIBbHH", b"a sine", *numbers)
    n = len(presets)
    phdr += struct.pack("<20sHHHIII", b"EOP", 0, 0, n, 0, 0, 0)
    tables = [
        (b"phdr", phdr),
        (b"pbag", pbag + struct.pack("<HH", n, 0)),
        (b"pmod", bytes(10)),
        (b"pgen", pgen + bytes(4)),
        (b"inst", inst + struct.pack("<20sH", b"EOI", 2 * n)),
        (b"ibag", ibag + struct.pack("<HH", 3 * n, 0)),
        (b"imod", bytes(10)),
        (b"igen", igen + bytes(4)),
        (b"shdr", shdr + bytes(46)),
    ]
    about = chunk(b"ifil", struct.pack("<HH", 3 if packed else 2, 1)) + chunk(b"INAM", b"sines\0", padded)
    lists = [
        b"INFO" + about,
        b"sdta" + chunk(b"smpl", sounds, padded),
        b"pdta" + b"".join(chunk(*table) for table in tables),
    ]
    return chunk(b"RIFF", b"sfbk" + b"".join(chunk(b"LIST", content, padded) for content in lists), padded)


@pytest.fixture
def font(tmp_path):
    """Writes a font and tells its path."""

    def write(presets=None, name="sines.sf2", **how) -> str:
        path = tmp_path / name
        path.write_bytes(made(presets or {(0, 0): A4}, **how))
        return str(path)

    return write


def rendered(path, program: int = 0, key: int = A4, quarters: float = 2, channel: int = 0, velocity: int = 100):
    """A note of so many seconds, (samples, 2) at 48,000 a second."""
    return sound.render([Part("Solo", program, channel, [note(0.0, quarters, key, velocity)])], 60, str(path or ""))


def pitch(audio) -> float:
    """The strongest frequency in Hz."""
    spectrum = np.abs(np.fft.rfft(audio.mean(axis=1) * np.hanning(len(audio)), 8 * len(audio)))
    return np.argmax(spectrum) * 48_000 / (8 * len(audio))


def centroid(audio) -> float:
    power = np.abs(np.fft.rfft(audio.mean(axis=1))) ** 2
    return float(power @ np.fft.rfftfreq(len(audio), 1 / 48_000) / power.sum())


# --- What is used of a font -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [{}, {"packed": True}, {"packed": True, "padded": False}])
@pytest.mark.parametrize(("key", "hertz"), [(A4, 441), (A4 + 12, 882), (A4 - 19, 441 * 2 ** (-19 / 12))])
def test_a_users_font_sounds_at_the_right_pitch_and_its_loop_goes_on(font, how, key, hertz):
    path = font(**how)
    check_font(Path(path))
    audio = rendered(path, key=key)
    early, late = audio[4_800:24_000], audio[72_000:91_200]  # the sample itself lasts 91 ms
    assert pitch(early) == pytest.approx(hertz, rel=2e-3)
    assert pitch(late) == pytest.approx(hertz, rel=2e-3)
    assert np.square(late).mean() == pytest.approx(np.square(early).mean(), rel=0.05)
    # A loop that misses its cycle clicks each time round: what is no sine would be there.
    spectrum = np.abs(np.fft.rfft(late.mean(axis=1) * np.blackman(len(late)))) ** 2
    peak = int(np.argmax(spectrum))
    assert spectrum[peak - 8 : peak + 9].sum() / spectrum.sum() > 0.9995


def test_packed_samples_sound_as_the_others(font):
    plain, packed = rendered(font()), rendered(font(name="sines.sf3", packed=True))
    assert np.abs(plain - packed).max() < 0.05 * np.abs(plain).max()


@pytest.mark.parametrize("program", [0, 26, 66, 73])
def test_of_another_font_nothing_is_changed(program):
    """Ours, given as if it were a user's, sounds as the whole of it does, to the bit."""
    from midirenderer import render_wave_from

    from writing.midi import midi_bytes

    parts = [Part("Solo", program, 0, [note(0.0, 1.0, 60, 50)]), Part("Drums", 40, 9, [note(0.5, 0.5, 40, 90)])]
    midi = midi_bytes(parts, 120)
    used = font_bytes(default_font(), frozenset({(0, program), (128, 40)}))
    assert render_wave_from(used, midi) == render_wave_from(default_font().read_bytes(), midi)
    assert len(used) < default_font().stat().st_size / 5


def test_a_missing_preset_is_the_nearest_that_is_there(font):
    path = font({(8, 4): A4 + 24, (0, 30): A4 + 12, (0, 4): A4, (128, 0): A4 - 12, (128, 8): A4 + 5})
    places = {"4": (4, 0), "30": (30, 0), "7": (7, 0), "kit 8": (8, 9), "kit 40": (40, 9)}
    heard = {name: rendered(path, program, channel=channel) for name, (program, channel) in places.items()}
    hertz = {name: pitch(audio[4_800:24_000]) for name, audio in heard.items()}
    assert hertz == pytest.approx({"4": 441, "30": 220.5, "7": 441, "kit 8": 330.4, "kit 40": 882}, rel=2e-3)
    only = font({(5, 9): A4})
    assert [round(pitch(rendered(only, channel=channel)[4_800:24_000])) for channel in (0, 9)] == [441, 441]


def test_only_samples_that_are_used_are_decoded(font):
    path = Path(font({(0, 0): A4, (0, 1): A4}, packed=True))
    content = path.read_bytes()
    second = content.index(b"OggS", content.index(b"vorbis", content.rindex(b"\x01vorbis") - 100) - 100)
    path.write_bytes(content[:second] + b"nope" + content[second + 4 :])
    check_font(path)
    assert rendered(path, 0).any()
    with pytest.raises(ValueError, match=r"sines.sf2: a damaged SoundFont, a sample of it cannot be decoded"):
        rendered(path, 1)


def test_what_is_no_loop_is_played_once(font):
    path = Path(font())
    content = path.read_bytes()
    loop = content.rindex(struct.pack("<II", *LOOP))
    for places in ((3000, 3000), (3000, 1000), (0, 99_999)):
        path.write_bytes(content[:loop] + struct.pack("<II", *places) + content[loop + 8 :])
        audio = rendered(path)
        assert np.abs(audio[:2_000]).max() > 0.01 > 1e-4 > np.abs(audio[9_600:72_000]).max()


def test_a_font_that_was_exchanged_is_read_anew(font):
    path = font({(0, 0): A4})
    before, told = pitch(rendered(path)[4_800:24_000]), soundfont.told(Path(path))
    font({(0, 0): A4 + 12})
    os.utime(path, ns=(1, 1))
    assert pitch(rendered(path)[4_800:24_000]) == pytest.approx(before / 2, rel=2e-3)
    assert told.startswith("sines.sf2 ") and len(told) == 22 and told != soundfont.told(Path(path))
    assert soundfont.told(None).startswith("TimGM6mb.sf2 ")


# --- Our font ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("program", "key"), [(26, 64), (0, 60), (66, 60), (65, 67), (56, 67), (40, 76), (71, 67)])
def test_a_louder_note_is_a_brighter_one_and_as_much_louder_as_before(program, key):
    heard = {velocity: rendered(None, program, key, 0.5, 0, velocity)[:24_000] for velocity in (36, 64, 100, 127)}
    hertz = [centroid(audio) for audio in heard.values()]
    assert hertz[0] < hertz[1] < hertz[2] <= 1.001 * hertz[3]
    assert hertz[2] > 1.1 * hertz[0]
    levels = {velocity: 20 * np.log10(np.sqrt(np.square(audio).mean())) for velocity, audio in heard.items()}
    assert levels[36] < levels[64] < levels[100] < levels[127]
    whole = [rendered(default_font(), program, key, 0.5, 0, velocity)[:24_000] for velocity in (36, 64, 100)]
    before = [20 * np.log10(np.sqrt(np.square(audio).mean())) for audio in whole]
    assert levels[100] == pytest.approx(before[2], abs=0.8)  # some instruments lose their hall
    assert levels[64] == pytest.approx(before[1], abs=2.5)
    assert before[0] - 6 < levels[36] < before[0]


def test_high_notes_keep_their_fundamental_and_cymbals_their_sound():
    for program, key, channel in ((0, 88, 0), (73, 91, 0), (56, 82, 0), (0, 51, 9), (40, 42, 9)):
        soft, before = (rendered(font, program, key, 0.5, channel, 40)[:24_000] for font in (None, default_font()))
        assert 20 * np.log10(np.sqrt(np.square(soft).mean() / np.square(before).mean())) > -6, (program, key)


# --- What is none -----------------------------------------------------------------------------------------------------


def test_what_is_no_font_is_told_in_one_line(tmp_path):
    def told(name: str, content: bytes | None) -> str:
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError) as caught:
            check_font(tmp_path / name)
        assert str(caught.value).startswith(f"{tmp_path / name}: ") and "\n" not in str(caught.value)
        return str(caught.value).removeprefix(f"{tmp_path / name}: ")

    assert told("none.sf2", None) == "cannot be read (No such file or directory); is the path right?"
    assert "; sound is made with SF2 and SF3 files" in told("drums.sfz", b"<region> sample=kick.wav")
    assert told("drums.sfz", b"<region>").startswith("an SFZ instrument; ")
    assert told("a.gig", b"RIFF\x10\0\0\0DLS colh").startswith("a GigaStudio bank; ")
    assert told("a.bank", b"RIFF\x10\0\0\0DLS colh").startswith("a DLS or GigaStudio bank; ")
    assert told("a.sf2", b"RIFF\x10\0\0\0WAVEfmt ").startswith("a recording; ")
    assert told("a.sf3", b"PK\3\4").startswith("a ZIP archive; ")
    assert told("a.sf2", b"").startswith(told("b.sf2", b"<!doctype html>")[:14]) and told("a.sf2", b"")[:4] == "no S"
    (tmp_path / "folder.sf2").mkdir()
    assert told("folder.sf2", None).startswith("not a file but a folder")
    with (tmp_path / "large.sf2").open("wb") as file:
        file.truncate(soundfont.LARGEST + 1)  # a hole: it takes no room
    assert told("large.sf2", None).startswith("a SoundFont has at most 1,500,000,000 bytes")
    with pytest.raises(ValueError):
        check_font(tmp_path / "nul\0.sf2")


@pytest.mark.parametrize("packed", [False, True])
def test_a_font_that_was_cut_off_is_told(font, packed):
    path = Path(font({(0, 0): A4, (128, 0): A4}, packed=packed))
    content = path.read_bytes()
    for length in range(0, len(content), 37):
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match="sines.sf2: (no SoundFont|a damaged SoundFont, it)"):
            check_font(path)
        with pytest.raises(ValueError):
            font_bytes(path, frozenset({(0, 0)}))


@pytest.mark.parametrize("packed", [False, True])
def test_whatever_is_damaged_it_sounds_or_is_told(font, packed):
    path = Path(font({(0, 0): A4, (128, 0): A4}, packed=packed))
    content, generator, n_sound = path.read_bytes(), random.Random(0), 0
    headers = [*range(200), *range(content.index(b"pdta"), len(content))]
    for number in range(400):
        changed = bytearray(content)
        for _ in range(generator.choice((1, 1, 2, 8))):
            place = generator.choice(headers) if number % 4 else generator.randrange(len(changed))
            changed[place] = generator.choice((0, 1, 127, 128, 255, changed[place] ^ 1 << generator.randrange(8)))
        path.write_bytes(changed)
        os.utime(path, ns=(number, number))
        try:
            check_font(path)
            rendered(path, quarters=0.25)
            n_sound += 1
        except ValueError as error:
            assert "\n" not in str(error)
    assert 50 < n_sound < 350


def test_what_would_fill_the_memory_is_refused(font, monkeypatch):
    monkeypatch.setattr(soundfont, "MOST_SOUND", 2 * len(SINE) - 2)
    for packed in (False, True):
        with pytest.raises(ValueError, match="has more than .* bytes of sound|far too long"):
            font_bytes(Path(font(packed=packed, name=f"large{packed}.sf2")), frozenset({(0, 0)}))
    monkeypatch.undo()
    monkeypatch.setattr(soundfont, "MOST_ROWS", 2)
    with pytest.raises(ValueError, match="too many zones|names what is not there"):
        font_bytes(Path(font({(0, 0): A4, (0, 1): A4, (0, 2): A4})), frozenset({(0, 0), (0, 1), (0, 2)}))
