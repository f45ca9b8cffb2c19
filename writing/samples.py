"""Sampled instruments for the page: single notes of each part, which a browser plays at any tempo, in any order.

They are rendered by the SoundFont synthesiser as the sound file is, with each part's place in the mix and the room, six
semitones apart (a player bends one by three at most), one behind the other in a single sound. Left to others: synthesis
and the mix of the sound file (`writing/sound.py`), playing (`writing/page_template.html`).
"""

import io
from pathlib import Path
from typing import NamedTuple

from music.notes import Note
from music.piece import DRUM_CHANNEL, SOLO, Part
from music.units import GRID
from running.memory import digest_of, recall, remember
from writing import sound
from writing import soundfont as fonts
from writing.midi import played

APART = 6  # semitones between two samples: the SoundFont stretches its own recordings farther
TEMPO = 60.0  # a quarter is a second
SLOT, HELD = 4, 3  # seconds: from one sample to the next, and how long its key is held
FADE = 0.05  # seconds, at the end of a sample
VELOCITY = 100
RATE = 32_000  # samples a second: a guitar and a piano have little above 16 kHz
COMPRESSION = 0.6  # 0 (largest) to 1 (smallest)


class Range(NamedTuple):
    """The keys of one part to sample: its `name` (which gives it its place in the mix), `program`, MIDI `channel`."""

    name: str
    program: int
    channel: int
    keys: tuple[int, ...]


class Sampled(NamedTuple):
    """Samples as a page needs them: the `mp3`, and by a part's name the second at which each key's sample begins."""

    mp3: bytes
    starts: dict[str, dict[int, float]]


def ranges(parts: list[Part], octaves_around: int = 0) -> tuple[Range, ...]:
    """What to sample for some parts: whole octaves that hold all their notes, of drums the keys that are struck.

    Whole octaves, so that another solo by the same player needs the same samples.
    """
    struck = {}
    for part in parts:
        keys = struck.setdefault(part.name, (part, set()))[1]
        keys.update(pitch for _, _, pitch, _ in played(part))
    found = []
    for part, keys in struck.values():
        if part.channel != DRUM_CHANNEL and keys:
            low, high = min(keys) // 12 - octaves_around, max(keys) // 12 + 1 + octaves_around
            keys = range(max(0, 12 * low), min(127, 12 * high) + 1, APART)
        if keys:
            found.append(Range(part.name, part.program, part.channel, tuple(sorted(keys))))
    return tuple(found)


def sampled(wanted: tuple[Range, ...], memory: Path | None = None, soundfont: str = "") -> Sampled:
    """Render the samples, or take those that were rendered before; `memory` is where they are kept, or None.

    `soundfont` as in `writing/sound.py`.
    """
    starts, slots = {}, []
    for one in wanted:
        starts[one.name] = {key: SLOT * (len(slots) + place) for place, key in enumerate(one.keys)}
        slots += one.keys
    code = [Path(module).read_bytes() for module in (__file__, sound.__file__, fonts.__file__)]
    path = memory and memory / "sounds" / digest_of(repr(wanted), *code, sound.made_with(soundfont))
    mp3 = path and recall(path)
    if not (mp3 and _lasts(mp3, SLOT * len(slots))):
        mp3 = _rendered(wanted, soundfont)
        if path:
            remember(path, mp3)
    return Sampled(mp3, starts)


def _lasts(mp3: bytes, seconds: int) -> bool:
    """Whether it is a sound of that length, as samples are."""
    import soundfile

    try:
        found = soundfile.info(io.BytesIO(mp3))
    except (soundfile.SoundFileError, TypeError):
        return False
    return (found.samplerate, found.channels) == (RATE, 1) and abs(found.duration - seconds) < 1


def _rendered(wanted: tuple[Range, ...], soundfont: str) -> bytes:
    """One part after the other, each note in its slot, as an MP3 of one channel."""
    import numpy as np
    import soundfile

    size, parts = SLOT * sound.RENDERED_RATE, []
    envelope = np.ones(size, np.float32)
    fading = round(FADE * sound.RENDERED_RATE)
    envelope[-fading:] = np.linspace(1, 0, fading, dtype=np.float32)
    for name, program, channel, keys in wanted:
        notes = [Note(SLOT * GRID * place, HELD * GRID, key, VELOCITY) for place, key in enumerate(keys)]
        stereo = sound.render([Part(name, program, channel, notes)], TEMPO, soundfont)[: size * len(keys)]
        answer = sound.room(sound.sent(stereo, sound.SOLO_IN_ROOM if name == SOLO else sound.OTHERS_IN_ROOM))
        parts.append((stereo.mean(axis=1) + answer[:, 0]).reshape(len(keys), size) * envelope)
    audio = sound.resampled(np.concatenate(parts).T, sound.RENDERED_RATE, RATE).T.ravel()
    peak = float(np.abs(audio).max())
    assert peak < 1, "a single note is louder than full scale"
    buffer = io.BytesIO()
    soundfile.write(buffer, audio, RATE, format="MP3", compression_level=COMPRESSION)
    return buffer.getvalue()
