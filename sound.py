"""From parts to an MP3 or WAV file: synthesis on this computer, a mix, and an even loudness.

Every part is rendered alone by a SoundFont synthesiser, brought to its place in the mix by its measured loudness, and
added to the others, so that the solo stands in front whatever instruments and velocities it meets. The sum is brought
to one loudness and kept from clipping. Left to others: the notes (`improvise.py`, `band.py`), MIDI files
(`midi_file.py`).

Audio is a float32 array of shape (samples, 2), left and right, full scale 1. Loudness is in LUFS, the unit of ITU-R
BS.1770; a difference of 1 LU is one of 1 dB. The helper libraries are wheels without system libraries; `missing` tells
which of them is not there.
"""

import importlib.util
import io
import os
import tempfile
from pathlib import Path
from typing import NamedTuple

from files import write_aside
from midi_file import TICKS_PER_QUARTER as TICKS
from midi_file import write_midi
from piece import Part

RATE = 44_100  # samples a second of what is written
RENDERED_RATE = 48_000  # samples a second of what the synthesiser gives
LOUDNESS = -16.0  # LUFS: what streaming services play music at, with room for the peaks of a plucked string
CEILING = 0.79  # -2 dBFS: decoded MP3 overshoots what was encoded by up to about 1 dB
TAIL = 2.0  # seconds after the last release, over which the sound rings out
FADE = 1.5  # seconds at the end of the tail that fade to nothing
MP3_COMPRESSION = 0.2  # 0 (largest) to 1 (smallest) of variable bit rate: about 150 kbit/s for a quartet


class Place(NamedTuple):
    """A part's place in the mix: `level` in LU against the solo, `pan` 0 (left) to 127, `reverb` 0 to 127."""

    level: float
    pan: int
    reverb: int


PLACES = {
    "Solo": Place(0.0, 64, 50),
    "Chords": Place(-7.0, 40, 40),
    "Bass": Place(-6.0, 64, 10),  # low notes stay in the middle and dry, or they blur
    "Drums": Place(-11.0, 84, 30),
}
ELSE = Place(-7.0, 74, 40)
HELPERS = ("midirenderer", "soundfile", "pretty_midi")  # of pretty_midi only its SoundFont file is used
SOUNDFONT = "TimGM6mb.sf2"


def missing() -> str | None:
    """One sentence with the install command where a helper library is not installed, otherwise None."""
    lacking = [name for name in HELPERS if importlib.util.find_spec(name) is None]
    if not lacking and not _soundfont().is_file():
        lacking = ["pretty_midi<0.3"]
    if not lacking:
        return None
    return f"no sound file without {' and '.join(lacking)}: pip install {' '.join(map(repr, lacking))}"


def write_sound(path: str | os.PathLike, parts: list[Part], tempo: float) -> float:
    """Render `parts` at `tempo` (quarters a minute) to `path`, .mp3 or .wav; returns its length in seconds.

    The file lasts `TAIL` seconds longer than the music; it is written aside and moved into place, and the same parts
    give the same bytes. No notes give a file of silence. Raises ValueError for another suffix and where the folder
    cannot be written, ImportError where `missing` is not None.
    """
    path = Path(path)
    kind = path.suffix.lower()
    if kind not in (".mp3", ".wav"):
        raise ValueError(f"{path}: sound is written as .mp3 or .wav, not {kind or 'without suffix'}; change the name")
    import soundfile

    audio = mix(parts, tempo)
    buffer = io.BytesIO()
    if kind == ".mp3":
        # The encoder's delay (25 ms) is noted in the file's first frame, and players leave it out.
        soundfile.write(buffer, audio, RATE, format="MP3", compression_level=MP3_COMPRESSION)
    else:
        soundfile.write(buffer, audio, RATE, format="WAV", subtype="PCM_16")
    write_aside(path, buffer.getvalue())
    return len(audio) / RATE


def mix(parts: list[Part], tempo: float):
    """The parts together, as audio at `RATE`: placed by `PLACES`, at `LOUDNESS`, peaks under `CEILING`, fading out."""
    import numpy as np

    seconds, stems = _render(parts, tempo)
    total = np.zeros((round(seconds * RENDERED_RATE), 2), np.float32)
    for part, stem in zip(parts, stems, strict=True):
        own = loudness(stem, RENDERED_RATE)
        if own > -np.inf:
            total += stem * _factor(PLACES.get(part.name, ELSE).level - own)
    together = loudness(total, RENDERED_RATE)
    audio = _resample(total)
    if together > -np.inf:
        audio = _limit(audio * _factor(LOUDNESS - together))
    faded = round(FADE * RATE)
    audio[-faded:] *= np.cos(np.linspace(0, np.pi / 2, faded, dtype=np.float32))[:, None] ** 2
    return audio


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
    spectra = np.fft.rfft(audio[: n * tenth].reshape(n, tenth, 2), axis=1)  # (n, tenth // 2 + 1, 2)
    power = (spectra.real**2 + spectra.imag**2).sum(axis=2)  # (n, tenth // 2 + 1)
    power = power @ _k_weighting(np.fft.rfftfreq(tenth, 1 / rate)) * 2 / tenth**2  # (n,)
    blocks = (power[:-3] + power[1:-2] + power[2:-1] + power[3:]) / 4  # (n - 3,): 0.4 s each, three quarters shared
    loud = blocks[blocks > 10 ** ((-70 + 0.691) / 10)]
    if not len(loud):
        return -np.inf
    loud = loud[loud > loud.mean() / 10]
    return float(-0.691 + 10 * np.log10(loud.mean()))


def _k_weighting(frequencies):
    """The power gain of BS.1770's two filters, a shelf and a high-pass, whose coefficients it gives for 48 kHz."""
    import numpy as np

    z = np.exp(-2j * np.pi * frequencies / 48_000)
    shelf = np.polyval([1.19839281085285, -2.69169618940638, 1.53512485958697], z)
    shelf /= np.polyval([0.73248077421585, -1.69065929318241, 1], z)
    high_pass = np.polyval([1, -2, 1], z) / np.polyval([0.99007225036621, -1.99004745483398, 1], z)
    return (np.abs(shelf * high_pass) ** 2).astype(np.float32)


def _render(parts: list[Part], tempo: float) -> tuple[float, list]:
    """The length in seconds and each part alone as audio at `RENDERED_RATE`, all of that length."""
    import mido
    import numpy as np
    from midirenderer import render_wave_from

    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "parts.mid"
        write_midi(written, parts, tempo)
        head, *tracks = mido.MidiFile(written).tracks
    us_per_quarter = next(message.tempo for message in head if message.type == "set_tempo")
    ends = [sum(message.time for message in track) for track in tracks]
    seconds = mido.tick2second(max(ends, default=0), TICKS, us_per_quarter) + TAIL
    last_tick = mido.second2tick(seconds, TICKS, us_per_quarter)
    soundfont = _soundfont().read_bytes()
    stems = []
    for part, track, end in zip(parts, tracks, ends, strict=True):
        place = PLACES.get(part.name, ELSE)
        for control, value in ((91, place.reverb), (10, place.pan), (7, 127)):
            track.insert(0, mido.Message("control_change", channel=part.channel, control=control, value=value))
        track[-1].time += last_tick - end + 1
        midi, buffer = mido.MidiFile(type=1, ticks_per_beat=TICKS, tracks=[head, track]), io.BytesIO()
        midi.save(file=buffer)
        wave = render_wave_from(soundfont, buffer.getvalue())
        stem = np.frombuffer(wave, "<i2", offset=44).reshape(-1, 2)
        stems.append(stem[: round(seconds * RENDERED_RATE)].astype(np.float32) / 32768)
    return seconds, stems


def _soundfont() -> Path:
    # Found without importing pretty_midi, which would bring in a good second of other libraries.
    return Path(importlib.util.find_spec("pretty_midi").origin).with_name(SOUNDFONT)


def _factor(decibels: float) -> float:
    return 10 ** (decibels / 20)


def _resample(audio):
    """Audio at `RENDERED_RATE` to audio at `RATE`, by its spectrum."""
    import numpy as np

    seconds = -(-len(audio) // RENDERED_RATE)  # whole seconds: both rates then have a whole number of samples
    spectrum = np.fft.rfft(audio, seconds * RENDERED_RATE, axis=0)[: seconds * RATE // 2 + 1]
    resampled = np.fft.irfft(spectrum * np.float32(RATE / RENDERED_RATE), seconds * RATE, axis=0)
    return resampled[: round(len(audio) * RATE / RENDERED_RATE)].astype(np.float32)


def _limit(audio):
    """Audio turned down smoothly around whatever would pass `CEILING`.

    Gains are worked out for blocks of 5 ms: a block takes the smallest gain within three blocks, then the mean of its
    neighbourhood of two, then samples take the line between block centres, so that none exceeds what its block needs.
    """
    import numpy as np

    size = RATE // 200
    n = -(-len(audio) // size)
    peaks = np.zeros(n * size, np.float32)
    peaks[: len(audio)] = np.abs(audio).max(axis=1)
    needed = np.minimum(1, CEILING / np.maximum(peaks.reshape(n, size).max(axis=1), CEILING))  # (n,)
    lowest = np.lib.stride_tricks.sliding_window_view(np.pad(needed, 5, mode="edge"), 7).min(axis=1)  # (n + 4,)
    gains = np.lib.stride_tricks.sliding_window_view(lowest, 5).mean(axis=1)  # (n,)
    centres = np.arange(n) * size + (size - 1) / 2
    return audio * np.interp(np.arange(len(audio)), centres, gains).astype(np.float32)[:, None]
