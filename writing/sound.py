"""From parts to an MP3 or WAV file: synthesis on this computer, a mix, and an even loudness.

The solo and what accompanies it are rendered apart by a SoundFont synthesiser and added by their measured loudness, so
that the solo stands in front whatever instrument and velocities it has; among the accompanying parts, controllers make
the balance. All stand in one small room. The sum is brought to one loudness and kept from clipping. Left to others: the
notes (`improvising/solos.py`, `improvising/backing.py`), MIDI files (`writing/midi.py`), fonts
(`writing/soundfont.py`): wherever one is asked for here, it is the path of an SF2 or SF3 file, or '' for ours.

Audio is a float32 array of shape (samples, 2), left and right, full scale 1. Loudness is in LUFS, the unit of ITU-R
BS.1770; a difference of 1 LU is one of 1 dB. The helper libraries are wheels without system libraries; `missing` tells
which of them is not there.
"""

import importlib.util
import io
import os
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from music.piece import DRUM_CHANNEL, SOLO, Part
from running.files import write_aside
from writing.midi import TICKS_PER_QUARTER, midi_bytes, played
from writing.soundfont import DRUMS, default_font, font_bytes, told

RATE = 44_100  # samples a second of what is written
RENDERED_RATE, WAV_HEADER_BYTES = 48_000, 44  # of what the synthesiser gives: 16 bits, stereo
LOUDNESS = -16.0  # LUFS: near what streaming services play music at, with room for the peaks of plucked strings
SOLO_AHEAD = 5.0  # LU between the solo and everything else together
CEILING = 0.79  # -2 dBFS: decoded MP3 overshoots what was encoded by up to about 1 dB
TAIL = 2.0  # seconds after the last release, over which the sound rings out
FADE = 1.5  # seconds at the end of the tail that fade to nothing
MP3_COMPRESSION = 0.3  # 0 (largest) to 1 (smallest) of a variable bit rate: about 160 kbit/s for a quartet

# The synthesiser's own reverberation is a hall of 1.2 s, which loud notes have and soft ones do not: it stays off. A
# club is smaller, answers sooner, and is silent between the notes.
ROOM_DELAY, ROOM_LENGTH = 0.008, 0.5  # seconds until it answers, and how long it does
ROOM_DECAY = 0.42  # seconds in which it falls by 60 dB
ROOM_BASS, ROOM_TREBLE = 150, 5000  # Hz, below and above which it answers less: the bass stays dry, the rest soft
SOLO_IN_ROOM, OTHERS_IN_ROOM = -14.0, -12.0  # dB of the room to the sound itself: the solo stands nearer
ROOM_BLOCK = 2**17  # samples that are worked out at once


class Place(NamedTuple):
    """A part's place in the mix as controllers, 0 to 127: `volume` (40 log10(volume / 127) dB) and `pan`."""

    volume: int
    pan: int


# The SoundFont's cymbals, softly struck, are some 20 LU below its piano: the other parts make room for them.
PLACES = {
    SOLO: Place(127, 64),
    "Chords": Place(56, 44),
    "Bass": Place(71, 64),  # low notes stay in the middle, or they blur
    "Drums": Place(127, 80),
}
ELSE = Place(56, 72)
SOUNDFONT_CARRIER = "pretty_midi==0.2.11.post0"  # of this wheel only its sound file is used
HELPERS = ("midirenderer", "soundfile", SOUNDFONT_CARRIER)


def missing() -> str | None:
    """One sentence with the install command where a helper library is not installed, otherwise None."""
    lacking = [helper for helper in HELPERS if importlib.util.find_spec(helper.partition("=")[0]) is None]
    if not lacking and not default_font().is_file():
        lacking = [SOUNDFONT_CARRIER]
    return f"no sound file without {' and '.join(lacking)}: pip install {' '.join(lacking)}" if lacking else None


def bring_libraries() -> None:
    """Import what rendering needs."""
    import midirenderer  # noqa: F401
    import mido  # noqa: F401
    import soundfile  # noqa: F401


def write_sound(path: str | os.PathLike, parts: list[Part], tempo: float, soundfont: str = "") -> float:
    """Render `parts` at `tempo` (quarters a minute) to `path`, .mp3 or .wav; returns its length in seconds.

    The file lasts `TAIL` seconds longer than the music; it is written aside and moved into place, and the same parts
    give the same bytes. No notes give `TAIL` seconds of silence. Raises ValueError for another suffix, where the folder
    cannot be written, and for a font that cannot be played; ask `missing` first whether the helper libraries are there.
    """
    path = Path(path)
    kind = path.suffix.lower()
    if kind not in (".mp3", ".wav"):
        raise ValueError(f"{path}: sound is written as .mp3 or .wav, not {kind or 'without suffix'}; change the name")
    audio = mix(parts, tempo, soundfont)
    write_aside(path, _encoded(audio, kind))
    return len(audio) / RATE


def mp3_bytes(parts: list[Part], tempo: float, soundfont: str = "") -> bytes:
    """The MP3 file that `write_sound` writes."""
    return _encoded(mix(parts, tempo, soundfont), ".mp3")


def mix(parts: list[Part], tempo: float, soundfont: str = ""):
    """The parts together, as audio at `RATE`: at `LOUDNESS`, peaks under `CEILING`, fading out after the last release.

    The part named 'Solo' is set `SOLO_AHEAD` of the others; where there is none, or nothing else, there is nothing to
    weigh. No notes: silence.
    """
    import numpy as np

    solo, others = _stems(parts, tempo, soundfont)
    solo, others = _at_loudness(solo, RENDERED_RATE, SOLO_AHEAD), _at_loudness(others, RENDERED_RATE, 0.0)
    audio = solo + others + room(sent(solo, SOLO_IN_ROOM) + sent(others, OTHERS_IN_ROOM))
    audio = _limit(_at_loudness(resampled(audio, RENDERED_RATE, RATE), RATE, LOUDNESS))
    faded = round(FADE * RATE)
    audio[-faded:] *= np.cos(np.linspace(0, np.pi / 2, faded, dtype=np.float32))[:, None] ** 2
    return audio


def sent(audio, level: float):
    """What audio (samples, 2) sends to the room, (samples,): its middle, at a level in dB."""
    import numpy as np

    return (audio[:, 0] + audio[:, 1]) * np.float32(10 ** (level / 20) / 2)


def room(sound):
    """What the room answers to sound (samples,) at `RENDERED_RATE`: float32 (samples, 2), as long as the sound.

    The answer to a click is noise of one energy that decays, another one on each side. It is laid over block by block.
    """
    import numpy as np

    answer = _room_spectrum()
    step = ROOM_BLOCK - round((ROOM_DELAY + ROOM_LENGTH) * RENDERED_RATE)
    answered = np.zeros((len(sound) + ROOM_BLOCK, 2), np.float32)
    for at in range(0, len(sound), step):
        spectrum = np.fft.rfft(sound[at : at + step], ROOM_BLOCK)
        answered[at : at + ROOM_BLOCK] += np.fft.irfft(spectrum * answer).T  # (ROOM_BLOCK, 2)
    return answered[: len(sound)]


@lru_cache(maxsize=1)
def _room_spectrum():
    """Of the room's answer to a click, at `RENDERED_RATE` and in `ROOM_BLOCK`: complex64 (2, ROOM_BLOCK // 2 + 1)."""
    import numpy as np

    length, delay = round(ROOM_LENGTH * RENDERED_RATE), round(ROOM_DELAY * RENDERED_RATE)
    spectrum = np.fft.rfft(np.random.default_rng(0).standard_normal((2, length)))
    frequencies = np.fft.rfftfreq(length, 1 / RENDERED_RATE)
    spectrum *= frequencies**2 / (frequencies**2 + ROOM_BASS**2) / (1 + (frequencies / ROOM_TREBLE) ** 2)
    answer = np.fft.irfft(spectrum, length) * 10 ** (-3 * np.arange(length) / (ROOM_DECAY * RENDERED_RATE))
    answer /= np.sqrt(np.square(answer).sum(axis=1, keepdims=True))
    return np.fft.rfft(np.pad(answer, ((0, 0), (delay, 0))).astype(np.float32), ROOM_BLOCK)


def loudness(audio, rate: int) -> float:
    """The integrated loudness of audio (samples, 2) in LUFS, gated as in ITU-R BS.1770-4; -inf for silence.

    The K-weighting is applied to the spectra of tenths of a second instead of by filters in time, which differs by
    less than 0.1 LU on music. Audio shorter than the gate's 0.4 s counts as -inf.
    """
    import numpy as np

    tenth = rate // 10
    n = len(audio) // tenth
    if n < 4:
        return -np.inf
    weighting = _k_weighting(np.fft.rfftfreq(tenth, 1 / rate)) * 2 / tenth**2  # (tenth // 2 + 1,)
    power = np.zeros(n)
    for channel in audio[: n * tenth].T:
        spectra = np.fft.rfft(channel.reshape(n, tenth))  # (n, tenth // 2 + 1)
        power += (spectra.real**2 + spectra.imag**2) @ weighting
    blocks = (power[:-3] + power[1:-2] + power[2:-1] + power[3:]) / 4  # (n - 3,): 0.4 s each, three quarters shared
    loud = blocks[blocks > 10 ** ((-70 + 0.691) / 10)]
    if not len(loud):
        return -np.inf
    loud = loud[loud > loud.mean() / 10]
    return float(-0.691 + 10 * np.log10(loud.mean()))


def _encoded(audio, kind: str) -> bytes:
    import soundfile

    buffer = io.BytesIO()
    if kind == ".mp3":
        # The encoder's delay (25 ms) is noted in the file's first frame, and players leave it out.
        soundfile.write(buffer, audio, RATE, format="MP3", compression_level=MP3_COMPRESSION)
    else:
        soundfile.write(buffer, audio, RATE, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def _k_weighting(frequencies):
    """The power gain of BS.1770's two filters, a shelf and a high-pass, whose coefficients it gives for 48 kHz."""
    import numpy as np

    z = np.exp(-2j * np.pi * frequencies / 48_000)
    shelf = np.polyval([1.19839281085285, -2.69169618940638, 1.53512485958697], z)
    shelf /= np.polyval([0.73248077421585, -1.69065929318241, 1], z)
    high_pass = np.polyval([1, -2, 1], z) / np.polyval([0.99007225036621, -1.99004745483398, 1], z)
    return (np.abs(shelf * high_pass) ** 2).astype(np.float32)


def _stems(parts: list[Part], tempo: float, soundfont: str = ""):
    """The solo and everything else, each as audio at `RENDERED_RATE` and as long as the longer one."""
    import numpy as np

    solo = render([part for part in parts if part.name == SOLO], tempo, soundfont)
    others = render([part for part in parts if part.name != SOLO], tempo, soundfont)
    n = max(len(solo), len(others))
    return [np.pad(stem, ((0, n - len(stem)), (0, 0))) for stem in (solo, others)]


def render(parts: list[Part], tempo: float, soundfont: str = ""):
    """Parts with their places in the mix, and the tail, as the synthesiser gives them: float32 (samples, 2) at
    `RENDERED_RATE`."""
    import mido
    import numpy as np

    ends = [end for part in parts for _, end, _, _ in played(part)]
    last_tick = max(ends, default=0) + round(TAIL * tempo / 60 * TICKS_PER_QUARTER)
    audio = np.zeros((round(last_tick / TICKS_PER_QUARTER * 60 / tempo * RENDERED_RATE), 2), np.float32)
    if not ends:
        return audio
    midi = mido.MidiFile(file=io.BytesIO(midi_bytes(parts, tempo)))
    for part, track in zip(parts, midi.tracks[1:], strict=True):
        place = PLACES.get(part.name, ELSE)
        for control, value in ((7, place.volume), (10, place.pan), (91, 0)):
            track.insert(0, mido.Message("control_change", channel=part.channel, control=control, value=value))
        end = sum(message.time for message in track)
        track[-1].time += last_tick - end + 1  # the synthesiser stops where the last track ends
    buffer = io.BytesIO()
    midi.save(file=buffer)
    presets = frozenset((DRUMS if part.channel == DRUM_CHANNEL else 0, part.program) for part in parts)
    font = font_bytes(_path_of(soundfont), presets)
    samples = _synthesised(buffer.getvalue(), font, soundfont or "our SoundFont")[: len(audio)]
    audio[: len(samples)] = samples / np.float32(32768)
    return audio


@lru_cache(maxsize=2)
def _synthesised(midi: bytes, font: bytes, name: str):
    """16 bits, (samples, 2); `name` is what an error calls the font."""
    import numpy as np
    from midirenderer import render_wave_from

    try:
        wave = render_wave_from(font, midi)
    except BaseException as error:
        if type(error).__name__ not in ("RuntimeError", "PanicException"):  # the latter, Rust's, is no Exception
            raise
        raise ValueError(f"{name}: the synthesiser cannot play it ({error}); give another SoundFont") from error
    return np.frombuffer(wave, "<i2", offset=WAV_HEADER_BYTES).reshape(-1, 2)


def made_with(soundfont: str = "") -> str:
    """What decides how it sounds: libraries with their versions, the font with a digest of it."""
    return " ".join([*(f"{name} {version(name)}" for name in ("midirenderer", "soundfile")), told(_path_of(soundfont))])


def _path_of(soundfont: str) -> Path | None:
    return Path(soundfont) if soundfont else None


def _at_loudness(audio, rate: int, level: float):
    own = loudness(audio, rate)
    return audio * 10 ** ((level - own) / 20) if own > float("-inf") else audio


def resampled(audio, rate: int, new_rate: int):
    """Audio (samples, channels) of one rate at another one, by its spectrum."""
    import numpy as np

    seconds = -(-len(audio) // rate)  # whole seconds: both rates then have a whole number of samples
    new = np.zeros((seconds * new_rate, audio.shape[1]), np.float32)
    for index, channel in enumerate(audio.T):
        spectrum = np.fft.rfft(channel, seconds * rate)[: seconds * new_rate // 2 + 1]
        new[:, index] = np.fft.irfft(spectrum * np.float32(new_rate / rate), seconds * new_rate)
    return new[: round(len(audio) * new_rate / rate)]


def _limit(audio):
    """Audio turned down smoothly around whatever would pass `CEILING`.

    Gains are worked out for blocks of 5 ms: a block takes the smallest gain within three blocks, then the mean of its
    neighbourhood of two, then samples take the line between block centres, so that none exceeds what its block needs.
    """
    import numpy as np

    size = RATE // 200
    n = -(-len(audio) // size)
    padded = np.zeros((n * size, 2), np.float32)
    padded[: len(audio)] = np.abs(audio)
    needed = CEILING / np.maximum(padded.reshape(n, 2 * size).max(axis=1), CEILING)  # (n,)
    lowest = np.lib.stride_tricks.sliding_window_view(np.pad(needed, 5, mode="edge"), 7).min(axis=1)  # (n + 4,)
    gains = np.lib.stride_tricks.sliding_window_view(lowest, 5).mean(axis=1)  # (n,)
    centres = np.arange(n) * size + (size - 1) / 2
    return audio * np.interp(np.arange(len(audio)), centres, gains).astype(np.float32)[:, None]
