"""Names of notes as a lead sheet spells them ('Bb', 'F#'), and keys: which one music is in, and how it spells.

Left to others: music21's one spelling of each MIDI number (`music/notes.py`), names of chords (`music/chord_names.py`).
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

from music.notes import Chord, Note

LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
FLAT_ROOTS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
SHARP_ROOTS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
MAJOR_ROOTS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MINOR_ROOTS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")

# How well each semitone above the tonic fits the key, as listeners judge it. Krumhansl and Kessler (1982).
PROFILES = {
    "major": (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    "minor": (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
}
# Profiles alone find the signature of 41 of 48 lead sheets, its seven notes alone of 43, both so weighed of 47.
IN_KEY = 3.0
CHORDS_WEIGH = 0.5  # of a chord's tone beside a note of the melody that lasts as long
FIFTHS = (0, -5, 2, -3, 4, -1, -6, 1, -4, 3, -2, 5)  # sharps (flats below 0) of the major key on each pitch class


class Key(NamedTuple):
    """A key: its `tonic` as a pitch class, and its `mode`, 'major' or 'minor'."""

    tonic: int
    mode: str

    @property
    def fifths(self) -> int:
        """Its signature: the number of sharps, or of flats below 0."""
        return FIFTHS[self.tonic if self.mode == "major" else (self.tonic + 3) % 12]

    @property
    def name(self) -> str:
        """'Bb major'."""
        return f"{key_names(self.fifths)[self.tonic]} {self.mode}"


def find_key(weights: Sequence[float]) -> Key:
    """The key that fits the weights of the twelve pitch classes best: its profile, and how much of them it holds.

    No weights at all give C major.
    """
    total, mean = sum(weights), sum(weights) / 12
    if not total:
        return Key(0, "major")
    spread = sum((weight - mean) ** 2 for weight in weights) ** 0.5 or 1.0

    def fit(key: Key) -> float:
        profile = PROFILES[key.mode]
        middle = sum(profile) / 12
        scale = sum((value - middle) ** 2 for value in profile) ** 0.5 * spread
        alike = sum((profile[step] - middle) * (weights[(key.tonic + step) % 12] - mean) for step in range(12)) / scale
        inside = sum(weights[tone] for tone in key_names(key.fifths)) / total
        return round(alike + IN_KEY * inside, 9)  # so that the last bit of a sum never decides

    keys = [Key(tonic, mode) for mode in PROFILES for tonic in range(12)]
    return max(keys, key=lambda key: (fit(key), -abs(key.fifths)))


def key_of(notes: Iterable[Note], chords: Iterable[Chord] = ()) -> Key:
    """The key of a melody and its chords."""
    weights = [0.0] * 12
    for note in notes:
        weights[note.pitch % 12] += note.duration
    for chord in chords:
        for tone in chord.tones:
            weights[tone] += CHORDS_WEIGH * chord.duration
    return find_key(weights)


def fifths_of(name: str) -> int | None:
    """The sharps (flats below 0) of a key by its name: 'Eb' -> -3, 'G-' or 'Gm' -> -2; None for what is none."""
    key = re.fullmatch(r"\s*([A-G][#b♯♭]?)\s*(-|m|mi|min|minor|major|maj)?\s*", name)
    if not key:
        return None
    tonic, minor = key[1].replace("♯", "#").replace("♭", "b"), key[2] and not key[2].startswith("maj")
    fifths = "FCGDAEB".index(tonic[0]) - 1 + 7 * (tonic.count("#") - tonic[1:].count("b")) - 3 * bool(minor)
    return fifths if abs(fifths) <= 7 else None


def pitch_class(name: str) -> int:
    """The pitch class of a spelled name: 'Bb' -> 10."""
    return (LETTERS[name[0]] + name.count("#") - name[1:].count("b")) % 12


@cache
def key_names(fifths: int) -> dict[int, str]:
    """The seven notes of a key by pitch class, spelled: 1 -> {7: 'G', 9: 'A', ..., 6: 'F#'}."""
    names = []
    for step in range(fifths - 1, fifths + 6):  # along the line of fifths, where F C G D A E B are -1 to 5
        turn, letter = divmod(step + 1, 7)
        names.append("FCGDAEB"[letter] + ("#" * turn if turn > 0 else "b" * -turn))
    return {pitch_class(name): name for name in names}


def root_name(root: int, is_minor: bool, fifths: int | None) -> str:
    """How a chord's root is spelled in a key, or on its own where no key is given."""
    if fifths is not None:
        in_key = key_names(fifths)
        if root in in_key and in_key[root] not in ("Cb", "Fb", "E#", "B#"):
            return in_key[root]
    return (MINOR_ROOTS if is_minor else MAJOR_ROOTS)[root]
