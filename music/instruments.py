"""General MIDI's instruments: their names, how they are written for, and which one a text means.

Programs count from 0, as in a MIDI file's bytes (many lists begin with 1). Left to others: what they sound like.
"""

import difflib
import re
from functools import lru_cache
from typing import NamedTuple

NAMES = tuple(
    """
    Acoustic Grand Piano, Bright Acoustic Piano, Electric Grand Piano, Honky-tonk Piano, Electric Piano 1,
    Electric Piano 2, Harpsichord, Clavinet, Celesta, Glockenspiel, Music Box, Vibraphone, Marimba, Xylophone,
    Tubular Bells, Dulcimer, Drawbar Organ, Percussive Organ, Rock Organ, Church Organ, Reed Organ, Accordion,
    Harmonica, Tango Accordion, Acoustic Guitar (nylon), Acoustic Guitar (steel), Electric Guitar (jazz),
    Electric Guitar (clean), Electric Guitar (muted), Overdriven Guitar, Distortion Guitar, Guitar Harmonics,
    Acoustic Bass, Electric Bass (finger), Electric Bass (pick), Fretless Bass, Slap Bass 1, Slap Bass 2,
    Synth Bass 1, Synth Bass 2, Violin, Viola, Cello, Contrabass, Tremolo Strings, Pizzicato Strings,
    Orchestral Harp, Timpani, String Ensemble 1, String Ensemble 2, Synth Strings 1, Synth Strings 2, Choir Aahs,
    Voice Oohs, Synth Voice, Orchestra Hit, Trumpet, Trombone, Tuba, Muted Trumpet, French Horn, Brass Section,
    Synth Brass 1, Synth Brass 2, Soprano Sax, Alto Sax, Tenor Sax, Baritone Sax, Oboe, English Horn, Bassoon,
    Clarinet, Piccolo, Flute, Recorder, Pan Flute, Blown Bottle, Shakuhachi, Whistle, Ocarina, Square Lead,
    Sawtooth Lead, Calliope Lead, Chiff Lead, Charang Lead, Voice Lead, Fifths Lead, Bass and Lead, New Age Pad,
    Warm Pad, Polysynth Pad, Choir Pad, Bowed Pad, Metallic Pad, Halo Pad, Sweep Pad, Rain, Soundtrack, Crystal,
    Atmosphere, Brightness, Goblins, Echoes, Sci-fi, Sitar, Banjo, Shamisen, Koto, Kalimba, Bagpipe, Fiddle, Shanai,
    Tinkle Bell, Agogo, Steel Drums, Woodblock, Taiko Drum, Melodic Tom, Synth Drum, Reverse Cymbal,
    Guitar Fret Noise, Breath Noise, Seashore, Bird Tweet, Telephone Ring, Helicopter, Applause, Gunshot
    """.replace("\n", " ")
    .strip()
    .split(", ")
)
NAMES = tuple(" ".join(name.split()) for name in NAMES)
JAZZ_GUITAR, PIANO, ACOUSTIC_BASS = 26, 0, 32
HIGHEST = 127
NO_PITCH = 112  # from here on General MIDI has drums and noises
# What players call otherwise than General MIDI, as patterns for whole words, in the order in which they count: before
# the names of one word and after them.
CALLED_FIRST = {
    "bass guitar|electric bass|e bass": 33,
    "double bass|upright bass|contrabass": 32,
    "soprano sax": 64,
    "alto sax": 65,
    "bari(tone)? sax": 67,
    "tenor sax": 66,
    "nylon( string)? guitar": 24,
    "acoustic guitar": 25,
    "electric piano|rhodes": 4,
    "voices?|vocals?|vox": 53,
}
CALLED = {
    r"flugel\w*|cornet": 56,
    "alto": 65,
    "bari(tone)?": 67,
    "tenor|sax": 66,
    r"guit\w*": 26,
    "vib(es)?": 11,
    "piano|pno|keys": 0,
    "organ": 16,
    "strings": 48,
    "bass": 32,
}
ONE_WORD = {name.lower(): program for program, name in enumerate(NAMES[:80]) if name.isalpha()}  # instruments' names


class Reader(NamedTuple):
    """Who reads a part: the `name` on it, how many semitones `above` its sound it is written, its General MIDI
    `program`, its `sound` as MusicXML names it, and the `clef`: 'G' or 'F', with an 8 below where it sounds so, or ''
    for the one with fewer ledger lines."""

    name: str
    above: int
    program: int
    sound: str
    clef: str = "G"


TRUMPET = Reader("Trumpet in Bb", 2, 56, "brass.trumpet")
SOPRANO = Reader("Soprano saxophone", 2, 64, "wind.reed.saxophone.soprano")
ALTO = Reader("Alto saxophone", 9, 65, "wind.reed.saxophone.alto")
TENOR = Reader("Tenor saxophone", 14, 66, "wind.reed.saxophone.tenor")
BARITONE = Reader("Baritone saxophone", 21, 67, "wind.reed.saxophone.baritone")
HORNS = {"Bb": (TRUMPET, TENOR), "Eb": (ALTO, BARITONE)}  # by the key in which they are written
READERS = {reader.program: reader for reader in (TRUMPET, SOPRANO, ALTO, TENOR, BARITONE)}
READERS |= {
    59: TRUMPET._replace(program=59),
    60: Reader("Horn in F", 7, 60, "brass.french-horn"),
    69: Reader("English horn", 7, 69, "wind.reed.english-horn"),
    71: Reader("Clarinet in Bb", 2, 71, "wind.reed.clarinet.bflat"),
    **{program: Reader("Guitar", 0, program, "pluck.guitar.electric", "G8") for program in range(24, 32)},
    **{program: Reader("Bass", 0, program, "pluck.bass", "F8") for program in (*range(32, 40), 43)},
}
IN_KEY = {"C": 0, "Bb": 2, "Eb": 9}  # semitones, without octaves, that such a part is written above its sound


def readers_of(program: int, key: str | None) -> tuple[Reader, ...]:
    """Who may read a part for an instrument that is asked for in a key, None: as its players read."""
    own = READERS.get(program, Reader(NAMES[program], 0, program, "", ""))
    if key is None or own.above % 12 == IN_KEY[key]:
        return (own,)
    return HORNS.get(key, (own._replace(name=NAMES[program], above=0),))


@lru_cache(1000)
def program_in(text: str) -> int | None:
    """The instrument that a text names: 'Tenor Saxophone' -> 66; None for none."""
    words = _plain(text)
    for program, name in enumerate(NAMES[:NO_PITCH]):
        if _plain(name) == words:
            return program
    found = _called(words, CALLED_FIRST)
    if found is None:
        found = next((ONE_WORD[word] for word in words.split() if word in ONE_WORD), None)
    return _called(words, CALLED) if found is None else found


def _called(words: str, called: dict[str, int]) -> int | None:
    return next((program for known, program in called.items() if re.search(rf"\b({known})(?![a-z])", words)), None)


def program_of(text: str) -> int:
    """The instrument that a listener asks for, by its General MIDI name, as players call it, or by its number from 0.

    Raises ValueError, naming the likeliest, for any other text.
    """
    if text.strip().isdecimal() and len(text.strip()) < 4 and int(text) <= HIGHEST:
        return int(text)
    names = {_plain(name): program for program, name in enumerate(NAMES)}
    found = names.get(_plain(text), program_in(text))
    if found is None:
        close = difflib.get_close_matches(_plain(text), names, n=1, cutoff=0.0)
        raise ValueError(f"{text!r} is no instrument; is {NAMES[names[close[0]]]!r} meant?")
    return found


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", text.lower().replace("saxophone", "sax")))
