"""Chord symbols of a lead sheet: what each means.

Conventions: pitch classes are 0 (C) to 11; a chord's tones are intervals above its root in semitones, 0 to 11, so that
a ninth is 2. Two numbers mean what is played, not the full stack of thirds: a thirteenth leaves the eleventh out over a
major third, and C11 leaves the third out (it is C9sus4).

The reading is our own. music21's ChordSymbol takes 'Bb7' for B7, 'C-7' for C flat 7 and 'C69' without its third, and
refuses maj9, Δ, ^7, ø, mi7, 6/9, 9sus4 and alt; what both know is held equal by a test. Left to others: charts
(`reading/charts.py`), how they are played (`music/voicings.py`), what a voicing is called (`music/chord_names.py`).
"""

import difflib
import re
from functools import lru_cache
from typing import NamedTuple

from music.keys import FLAT_ROOTS, LETTERS, SHARP_ROOTS, pitch_class

NO_CHORD = "N.C."
LONGEST_SYMBOL = 40  # characters

DEGREES = {"2": 2, "3": 4, "4": 5, "6": 9, "9": 2, "10": 4, "11": 5, "13": 9}
SAME_SIGNS = str.maketrans("♭♯△∆ᐃº˚Øφ−–‑—", "b#ΔΔΔ°°øø----") | {ord("𝄫"): "bb", ord("𝄪"): "##"}
BASS = re.compile(r"(?P<above>.*)/(?P<bass>[A-Ga-g](?:bb|##|[#b])?)")
MAJOR = r"(?:[Mm]ajor|[Mm]aj|MAJOR|MAJ|MA|[Mm]a(?!dd|lt)|M|\^|Δ|j(?=\d))"
HEAD = re.compile(
    r"(?P<quality>[Mm]inor|[Mm]in|MIN|MI|[Mm]i|m(?!aj|a(?!dd|lt))|-|diminished|dim|Dim|DIM|°|o|0|ø|h|augmented|[Aa]ug|AUG|\+)?"
    rf"(?:\((?=M|m|\^|Δ))?(?P<major>{MAJOR})?(?:dominant|dom)?(?P<number>6/?9|6|7M|7|9|11|13|[54](?![+-](?!\d))|2)?"
)
# What follows, one after the other: what it is, and its accidental and degree where it has some; there the accidental
# may stand `behind`, as in Brazil: C7(9+). Whatever stands in parentheses, behind a comma or behind a slash may be a
# bare number.
CHANGES = re.compile(
    rf"(?P<apart>[(),/\s]+)|(?P<sus>[Ss]us|SUS)(?P<suspended>24|2|4|7|9|13)?|(?P<alt>alt(?:ered)?\.?)"
    rf"|(?P<word>[Aa]dd|ADD|no|omit)(?P<its>[b#+-]?)(?P<degree>10|11|13|[2-69])|(?P<seventh>{MAJOR}7?|(?P<raised>[#+]7))"
    r"|(?P<sign>[b#+-])(?P<altered>10|11|13|[24569])|(?P<behind>11|13|[459])(?P<follows>[+-])(?!\d)"
    r"|(?P<augmented>\+|aug)|(?P<bare>11|13|[24679])"
)
# What a misspelled symbol is compared with.
COMMON = " m 7 maj7 m7 m7b5 dim dim7 aug 6 m6 69 9 m9 maj9 11 m11 13 maj13 sus2 sus4 7sus4 9sus4 7alt 7b9 7#9 7#5 7#11"
COMMON = [*COMMON.split(" "), "7b9b13", "13b9", "mMaj7", "add9", "maj7#11", "5"]


class Symbol(NamedTuple):
    """A chord as written in `text`: its root as pitch class and as spelled, its tones as intervals above the root
    (semitones, sorted), its bass as pitch class and as spelled, and the `suffix`, what is written between the two. N.C.
    has no root, no bass and no tones."""

    text: str
    root: int | None
    root_name: str
    intervals: tuple[int, ...]
    bass: int | None
    bass_name: str
    suffix: str = ""

    @property
    def tones(self) -> tuple[int, ...]:
        """Its pitch classes, sorted."""
        return tuple(sorted((self.root + interval) % 12 for interval in self.intervals))


def parse_symbol(text: str) -> Symbol:
    """Read one chord symbol: 'C-7/Bb' -> root 0, intervals (0, 3, 7, 10), bass 10; '(Dm7)' is Dm7.

    Raises ValueError, with symbols that look alike, for what is not a chord symbol.
    """
    symbol = parse_or_none(text)
    if symbol is None:
        raise ValueError(f"{_shown(text)} is not a chord symbol{_look_alikes(text.translate(SAME_SIGNS))}")
    return symbol


@lru_cache(maxsize=4096)
def parse_or_none(text: str) -> Symbol | None:
    """As `parse_symbol`, and None for what is none: to look for what it may have meant takes long."""
    if re.fullmatch(r"\([^()]*\)", text):  # an optional chord, in a chart where it stands alone
        text = text[1:-1]
    plain = text.translate(SAME_SIGNS)
    if re.fullmatch(r"n\.?c\.?|n", plain, re.IGNORECASE):
        return Symbol(text, None, "", (), None, "")
    over = BASS.fullmatch(plain) if len(text) <= LONGEST_SYMBOL else None
    for above, bass in ((over["above"], over["bass"]), (plain, "")) if over else ((plain, ""),):
        for root_name, suffix in _roots(above):
            intervals = _intervals(suffix)
            if intervals is not None:
                bass_name = bass.capitalize() or root_name
                root, under = pitch_class(root_name), pitch_class(bass_name)
                return Symbol(text, root, root_name, intervals, under, bass_name, suffix)
    return None


def over_bass(symbol: Symbol, bass: str) -> Symbol:
    """The same chord over another bass: C7/E, 'G' -> C7/G; N.C. stays what it is."""
    if symbol.root is None:
        return symbol
    above = symbol.text[: symbol.text.rindex("/")] if symbol.bass != symbol.root else symbol.text
    return parse_symbol(f"{above}/{bass}")


def _roots(text: str) -> list[tuple[str, str]]:
    """How the text may fall into a root and what follows, the likelier first.

    The root is read before anything else: the flat of C(b9) is not C's. Of two flats the second is the root's only
    where it cannot be a degree's: Bbb5 is Bb(b5), Bbb7 a seventh chord on B double flat.
    """
    if len(text) > LONGEST_SYMBOL or not re.match("[A-G]", text):
        return []
    lengths = (2, 3, 1) if text[1:2] in ("b", "#") else (1,)
    return [(text[:n], text[n:]) for n in lengths if n < 3 or text[2:3] == text[1:2]]


def tone_name(symbol: Symbol, tone: int) -> str:
    """How a pitch class is spelled over a chord: the letter of its degree where that needs one accidental at most."""
    interval, tones = (tone - symbol.root) % 12, set(symbol.intervals)
    minor, fifth = 3 in tones and 4 not in tones, 7 in tones
    letter_steps = [0, 1, 1, 2 if minor else 1, 2, 3, 4 if minor and not fifth else 3, 4, 5, 5, 6, 6][interval]
    if interval == 8 and 8 in tones and not fifth and not minor:
        letter_steps = 4
    if interval == 9 and {3, 6, 9} <= tones and not {7, 10} & tones:
        letter_steps = 6
    if interval == 3 and not {3, 4} & tones:
        letter_steps = 2
    letters = list(LETTERS)
    letter = letters[(letters.index(symbol.root_name[0]) + letter_steps) % 7]
    alter = (tone - LETTERS[letter] + 6) % 12 - 6
    if abs(alter) > 1:
        return (SHARP_ROOTS if "#" in symbol.root_name else FLAT_ROOTS)[tone]
    return letter + {-1: "b", 0: "", 1: "#"}[alter]


def _intervals(suffix: str) -> tuple[int, ...] | None:
    """The tones that are meant by what follows a root, as intervals above it; None for what means none."""
    if suffix.count("(") != suffix.count(")"):
        return None
    head = HEAD.match(suffix)
    tones = _core(head["quality"] or "", head["major"] or "", (head["number"] or "").replace("/", ""))
    place, apart = head.end(), head.end() > 0 and "(" in head[0]
    while tones is not None and place < len(suffix):
        change = CHANGES.match(suffix, place)
        if not change:
            return None
        is_first, place = place == head.end(), change.end()
        if (change["bare"] and not apart) or (change["raised"] and not (apart or 3 in tones)):
            return None
        if change["behind"] and not (apart or is_first):
            return None
        apart = bool(change["apart"])
        tones = _changed(tones, change)
    return tones and tuple(sorted(tones))


def _core(quality: str, major: str, number: str) -> set[int] | None:
    """The tones of a quality and a number: 'm', '', '7' -> 0, 3, 7, 10."""
    if number == "7M":
        major, number = "M", "7"
    word = quality.lower()
    minor, dim = word in ("minor", "min", "mi", "m", "-"), word in ("diminished", "dim", "°", "o", "0")
    half, aug = word in ("ø", "h"), word in ("augmented", "aug", "+")
    if number == "5" and quality == "-" and not major:
        return {0, 4, 6}  # not a minor fifth: a flat one
    if number == "5" and (minor or dim or half or major):
        return None
    if number in ("4", "5") and not aug:
        return {0, 7} if number == "5" else None if quality or major else {0, 5, 7}
    tones = {0, 3 if minor or dim or half else 4, 6 if dim or half else 8 if aug else 7}
    if number in ("7", "9", "11", "13") or half or major in ("^", "Δ") or (minor and major):
        tones.add(11 if major else 9 if dim else 10)
    if number in ("69", "6"):
        tones = tones - {11} | {9}
    if number in ("69", "9", "11", "13", "2"):
        tones.add(2)
    if number == "11" or (number == "13" and 3 in tones):
        tones.add(5)
    if number == "13":
        tones.add(9)
    if number == "11" and not major:
        tones.discard(4)
    return tones


def _changed(tones: set[int], change: re.Match) -> set[int] | None:
    """Tones after one of the changes that follow quality and number; None where it makes no sense."""
    if change["apart"]:
        return tones
    if change["sus"]:
        how = change["suspended"]
        fourths = {"2": {2}, "24": {2, 5}, "7": {5, 10}, "9": {2, 5, 10}, "13": {5, 9, 10}}.get(how, {5})
        return tones - {3, 4} | fourths
    if change["alt"]:
        return tones - {2, 5, 7, 9, 11} | {1, 3, 6, 8, 10}
    if change["seventh"]:
        return tones - {10} | {11}
    if change["augmented"]:
        return tones - {7} | {8}
    if change["bare"] == "4" and {4, 10} <= tones:  # in the place of a dominant's third
        return tones - {4} | {5}
    if change["bare"]:
        return tones | {10 if change["bare"] == "7" else DEGREES[change["bare"]]}
    degree = change["degree"] or change["altered"] or change["behind"]
    if change["word"] in ("no", "omit"):
        gone = {"3": {3, 4}, "5": {6, 7, 8}}.get(degree, {DEGREES.get(degree)})
        return None if change["its"] else tones - gone
    sign = change["its"] if change["word"] else change["sign"] or change["follows"]
    alter = {"b": -1, "-": -1, "#": 1, "+": 1, "": 0}[sign]
    if degree == "5":
        return tones - {7} | {7 + alter}
    natural = DEGREES[degree]
    if (alter, natural) in ((-1, 5), (1, 9), (1, 4)):  # a flat eleventh and a sharp thirteenth are other notes' names
        return None
    if change["word"]:
        return tones | {natural + alter}
    # In the place of the natural tone; but an eleventh over a major third does not stand in for the third.
    stays = natural == 4 or (natural == 5 and 4 not in tones) or (natural == 9 and not {10, 11} & tones)
    return tones - (set() if stays else {natural}) | {natural + alter}


def _shown(text: str) -> str:
    return repr(text if len(text) <= 24 else text[:21] + "...")


def _look_alikes(text: str) -> str:
    if text.startswith("H"):
        return f"; H is the German name of B: did you mean B{text[1:24]} or, for a German B, Bb{text[1:24]}?"
    root = re.match(r"[A-G][#b]?", text)
    roots = [root[0]] if root else [*FLAT_ROOTS, "F#", "C#", "G#"]
    if not root and re.match(r"[a-g]", text):
        text = text[0].upper() + text[1:]
    known = [name + suffix for name in roots for suffix in COMMON]
    close = difflib.get_close_matches(text[:24], known, n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(close)}?" if close else "; write it as in C, Dm7, G7b9, Bbmaj7/D or N.C."
