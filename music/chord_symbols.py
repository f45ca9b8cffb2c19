"""Chord symbols of a lead sheet, both ways: the name of a voicing, and the chords of a written chart.

Conventions: pitches are MIDI numbers, pitch classes 0 (C) to 11; a chord's tones are intervals above its root in
semitones, 0 to 11, so that a ninth is 2. Names are spelled as on a lead sheet ('Bb', 'F#'), not as in `music/notes.py`.
Two numbers mean what is played, not the full stack of thirds: a thirteenth leaves the eleventh out over a major third,
and C11 leaves the third out (it is C9sus4).

The reading is our own. music21's ChordSymbol takes 'Bb7' for B7, 'C-7' for C flat 7 and 'C69' without its third, and
refuses maj9, Δ, ^7, ø, mi7, 6/9, 9sus4 and alt; what both know is held equal by a test. Left to others: how
a chart is played (`music/voicings.py`), what a note means over a chord (`music/note_types.py`), how a symbol is
engraved (`writing/lead_sheet.py`).
"""

import difflib
import re
from functools import cache
from typing import NamedTuple

NO_CHORD = "N.C."
LONGEST_TEXT = 100_000  # characters of a chart
MOST_BARS = 10_000  # of a chart, repeats played
MOST_CHORDS = 16  # in a bar
LONGEST_SYMBOL = 40  # characters
ROOTLESS = 2.8  # what leaving out the root costs a name; a tension costs about 0.7, an inversion 1.5

LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
FLAT_ROOTS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
SHARP_ROOTS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
MAJOR_ROOTS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MINOR_ROOTS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")

DEGREES = {"2": 2, "4": 5, "6": 9, "9": 2, "11": 5, "13": 9}
NATURALS = {1: 2, 3: 2, 6: 5, 8: 9}  # of the altered tensions, as intervals
SAME_SIGNS = str.maketrans("♭♯△∆º˚Ø−–", "b#ΔΔ°°ø--")
SYMBOL = re.compile(
    r"(?P<root>[A-G][#b]?)"
    r"(?P<quality>minor|[Mm]in|mi|m|-|[Dd]im|°|o|ø|[Aa]ug|\+)?"
    r"(?P<major>[Mm]ajor|[Mm]aj|MAJ|[Mm]a|M|\^|Δ)?(?:dom)?"
    r"(?P<number>6/?9|6|7M|7|9|11|13|5|2)?"
    r"(?P<changes>(?:sus[24]?|alt|add[b#]?(?:9|11|13|2|4|6)|(?:no|omit)[35]|[b#+-](?:5|6|9|11|13)|\+)*)"
    r"(?:/(?P<bass>[A-Ga-g][#b]?))?"
)
CHANGE = re.compile(r"(sus|alt|add|no|omit)?([b#+-]?)(\d*)")
# What a misspelled symbol is compared with.
COMMON = " m 7 maj7 m7 m7b5 dim dim7 aug 6 m6 69 9 m9 maj9 11 m11 13 maj13 sus2 sus4 7sus4 9sus4 7alt 7b9 7#9 7#5 7#11"
COMMON = [*COMMON.split(" "), "7b9b13", "13b9", "mMaj7", "add9", "maj7#11", "5"]


class Symbol(NamedTuple):
    """A chord as written in `text`: its root as pitch class and as spelled, its tones as intervals above the root
    (semitones, sorted), and its bass as pitch class and as spelled. N.C. has no root, no bass and no tones."""

    text: str
    root: int | None
    root_name: str
    intervals: tuple[int, ...]
    bass: int | None
    bass_name: str


def parse_symbol(text: str) -> Symbol:
    """Read one chord symbol: 'C-7/Bb' -> root 0, intervals (0, 3, 7, 10), bass 10.

    Raises ValueError, with symbols that look alike, for what is not a chord symbol.
    """
    plain = re.sub(r"\(([^()]*)\)", _without_parentheses, text.translate(SAME_SIGNS))
    if re.fullmatch(r"n\.?c\.?", plain, re.IGNORECASE):
        return Symbol(text, None, "", (), None, "")
    match = SYMBOL.fullmatch(plain) if len(text) <= LONGEST_SYMBOL else None
    intervals = _intervals(match) if match else None
    if intervals is None:
        raise ValueError(f"{_shown(text)} is not a chord symbol{_look_alikes(plain)}")
    root_name = match["root"]
    bass_name = (match["bass"] or root_name).capitalize()
    return Symbol(text, pitch_class(root_name), root_name, intervals, pitch_class(bass_name), bass_name)


def parse_changes(text: str) -> list[list[Symbol]]:
    """Read a chart: the chords of each bar, evenly spaced over it, repeats played out.

    Bars are parted by '|' or a new line; '|: ... :|' is played twice (':|' alone: from the start), '%' is the bar
    before, '/' keeps the chord for one more slot, 'N.C.' is silence. Between two bar lines with nothing between them
    there is no bar. '| Dm7 G7 | C / F |' -> bars of 2 and 3 slots.
    Raises ValueError for an unknown symbol (naming it, its bar and its place, counted from 1 as written), a sign that
    has nothing to refer to, control characters, and a text that is empty or too long.
    """
    if not isinstance(text, str) or not text.strip():
        raise ValueError("the changes are empty; write bars of chords, such as 'Dm7 G7 | Cmaj7'")
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"the changes are {len(text)} characters long, and at most {LONGEST_TEXT} are read")
    control = re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", text)
    if control:
        raise ValueError(f"the changes hold the control character {control[0]!r} at {control.start()}; remove it")
    text = re.sub(r"\([^()|\n]*\)", lambda group: re.sub(r"\s", "", group[0]), text)
    bars, played, opened = [], [], None
    for piece in re.split(r"(:\|+:?|\|+:(?!\|)|[|\n\r])", text):
        if piece.startswith("|") and piece.endswith(":"):
            if opened is not None:
                raise ValueError(f"the repeat before bar {len(bars) + 1} opens inside another one; close that with :|")
            opened = len(played)
        elif piece.startswith(":|"):
            played += played[opened or 0 :]
            opened = len(played) if piece.endswith(":") else None
        elif piece.strip(" \t|\n\r"):
            bars.append(_parse_bar(piece.split(), bars))
            played.append(bars[-1])
        if len(played) > MOST_BARS:
            raise ValueError(f"the changes have more than {MOST_BARS} bars; write fewer")
    if opened is not None and opened < len(played):
        raise ValueError("a repeat is opened with |: and never closed; write :| where it ends")
    if not played:
        raise ValueError("the changes hold bar lines and no chord; write bars of chords, such as 'Dm7 G7 | Cmaj7'")
    return played


@cache
def name_chord(pitches: tuple[int, ...], fifths: int | None = None) -> str:
    """The symbol of a voicing: (44, 58, 60, 63, 67) -> 'Abmaj9', () -> 'N.C.'; `parse_symbol` reads every one.

    Every root is tried, sounding or not, and the simplest explanation wins: the lowest note counts as the likely
    root, a root that does not sound needs both third and seventh. A lowest note that is not the root is written as
    the bass, but not where it is the seventh close under the root (the root is on top of a close voicing) nor where
    the root is left out. `fifths` is the key's number of sharps (flats below 0) and decides how the root is spelled.
    """
    if not pitches:
        return NO_CHORD
    sounding, lowest = {pitch % 12 for pitch in pitches}, min(pitches)
    # The root nearest above the bass wins a tie, so that the same shape has the same name in every key.
    roots = [(lowest + step) % 12 for step in range(12)]
    explained = [(*_explain(frozenset((p - root) % 12 for p in sounding)), root) for root in roots]
    costs = []
    for cost, suffix, root in explained:
        step = (lowest - root) % 12
        if root in sounding:
            in_place = {0: 0.0, 3: 1.5, 4: 1.5, 7: 1.5, 10: 1.8, 11: 1.8, 6: 1.5 if "b5" in suffix else 3.0}
            cost += in_place.get(step, 3.0)
        else:
            cost += 0.0 if step in (3, 4, 10, 11) else 0.7
        costs.append(cost)
    bass = lowest % 12
    for root in ((bass - step) % 12 for step in (5, 2, 10)):  # a plain triad over a bass of its own: 'C/F'
        above = frozenset((tone - root) % 12 for tone in sounding - {bass})
        if above in (frozenset((0, 4, 7)), frozenset((0, 3, 7))):
            explained.append((0.0, "m" if 3 in above else "", root))
            costs.append(2.3)
    _, suffix, root = explained[costs.index(min(costs))]
    root_name = _root_name(root, suffix, fifths)
    close = (bass - root) % 12 in (10, 11) and any(p % 12 == root and p - lowest <= 2 for p in pitches)
    if bass == root or root not in sounding or close:
        return root_name + suffix
    return f"{root_name}{suffix}/{tone_name(parse_symbol(root_name + suffix), bass)}"


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


def pitch_class(name: str) -> int:
    """The pitch class of a spelled name: 'Bb' -> 10."""
    return (LETTERS[name[0]] + name.count("#") - name[1:].count("b")) % 12


def _parse_bar(words: list[str], bars: list[list[Symbol]]) -> list[Symbol]:
    number = len(bars) + 1
    if words == ["%"]:
        if not bars:
            raise ValueError("bar 1: '%' repeats the bar before, and there is none; write the chord")
        return bars[-1]
    words = [part for word in words for part in ([word.rstrip("/") or "/"] + ["/"] * _slots_after(word))]
    if len(words) > MOST_CHORDS:
        raise ValueError(f"bar {number} has {len(words)} chords, and at most {MOST_CHORDS} fit; is a '|' missing?")
    symbols = []
    for place, word in enumerate(words, 1):
        if word == "/":
            if not symbols and not bars:
                raise ValueError("bar 1, chord 1: '/' keeps the chord before, and there is none; write the chord")
            symbols.append(symbols[-1] if symbols else bars[-1][-1])
            continue
        try:
            symbols.append(parse_symbol(word))
        except ValueError as error:
            alone = "; '%' stands alone in its bar" if word == "%" else ""
            raise ValueError(f"bar {number}, chord {place}: {error}{alone}") from None
    return symbols


def _slots_after(word: str) -> int:
    """How many slashes stand behind a chord without a space: 'C//' -> 2; '//' is two slots, one of them the word's."""
    slashes = len(word) - len(word.rstrip("/"))
    return slashes - (slashes == len(word))


def _without_parentheses(group: re.Match) -> str:
    """'(b9,#11)' -> 'b9#11'; a bare number in parentheses is added: '(9)' -> 'add9'."""
    words = re.split(r"[,\s]+", group[1])
    return "".join(f"add{word}" if word in DEGREES else word for word in words)


def _intervals(match: re.Match) -> tuple[int, ...] | None:
    quality, major, number = match["quality"] or "", match["major"] or "", (match["number"] or "").replace("/", "")
    if number == "7M":
        major, number = "M", "7"
    minor, dim = quality.lower() in ("minor", "min", "mi", "m", "-"), quality.lower() in ("dim", "°", "o")
    half, aug = quality == "ø", quality.lower() in ("aug", "+")
    if number == "5":
        if quality or major:
            return None
        tones = {0, 7}
    else:
        tones = {0, 3 if minor or dim or half else 4, 6 if dim or half else 8 if aug else 7}
    extended = number in ("7", "9", "11", "13")
    if extended or half or major in ("^", "Δ") or (minor and major):
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
    for word, sign, degree in CHANGE.findall(match["changes"]):
        tones = _changed(tones, word, {"+": "#", "-": "b"}.get(sign, sign), degree)
        if tones is None:
            return None
    return tuple(sorted(tones))


def _changed(tones: set[int], word: str, sign: str, degree: str) -> set[int] | None:
    if word == "sus":
        return tones - {3, 4} | {2 if degree == "2" else 5}
    if word == "alt":
        return tones - {2, 5, 7, 9, 11} | {1, 3, 6, 8, 10}
    if word in ("no", "omit"):
        return tones - ({3, 4} if degree == "3" else {6, 7, 8})
    alter = {"b": -1, "#": 1, "": 0}[sign]
    if word == "add":
        return tones | {DEGREES[degree] + alter}
    if not sign:  # the empty match at the end
        return tones
    if degree in ("5", ""):
        return tones - {7} | {7 + alter}
    natural = DEGREES[degree]
    if (alter, natural) in ((-1, 5), (1, 9)):  # a flat eleventh and a sharp thirteenth are other notes' names
        return None
    return tones - ({natural} if 4 in tones or natural != 5 else set()) | {natural + alter}


@cache
def _explain(tones: frozenset[int]) -> tuple[float, str]:
    """The symbol's text after the root for tones over a root, and what it costs: 0 is a plain triad or seventh chord.

    The costs were weighed on voicings whose names were known: a tension about 0.7, an altered one 1, an awkward
    addition 2.5, a tone left over 8.
    """
    minor = 3 in tones and 4 not in tones
    third = 4 if 4 in tones else 3 if minor else 5 if 5 in tones else 2 if 2 in tones else None
    seventh = 10 if 10 in tones else 11 if 11 in tones else 9 if 9 in tones else None
    cost = 0.0 if 0 in tones else ROOTLESS if third in (3, 4) and seventh in (10, 11) else 12.0
    left = tones - {0, 7, third, seventh}
    diminished = minor and 6 in tones and 7 not in tones
    if third is None:
        suffix = {None: "5", 9: "6no3", 10: "7no3", 11: "maj7no3"}[seventh]
        cost += 2.0 + (seventh is not None) * 1.5
    elif third in (2, 5):
        number, added, left = _number(seventh, left, False)
        suffix, cost = f"{number}sus{4 if third == 5 else 2}", cost + added + (1.5 if third == 5 else 2.2)
        cost += {9: 1.2, 11: 1.0}.get(seventh, 0.0) + (0.8 if third == 2 and seventh else 0.0)
    elif diminished:
        left = left - {6}
        number, added, left = _number(seventh, left, True)
        if seventh == 9:
            suffix, cost, left = "dim7", cost + 0.4, tones - {0, 3, 6, 9}
        elif seventh is None:
            suffix, cost, left = "dim", cost + 0.5, tones - {0, 3, 6}
        else:
            suffix, cost = ("m" if seventh == 10 else "mMaj") + number.removeprefix("maj") + "b5", cost + 0.6 + added
            cost += 4.0 if seventh == 11 else 0.0
    elif {1, 3, 6, 8} & tones and seventh == 10 and len({1, 3, 6, 8} & left) >= 3 and not {2, 5, 7, 9, 11} & tones:
        suffix, cost, left = "7alt", cost + 2.0, frozenset()
    else:
        number, added, left = _number(seventh, left, minor)
        cost += added
        if not minor and 8 in left and 7 not in tones:
            left = left - {8}
            suffix, cost = ("aug" if number == "" else f"{number}#5"), cost + 1.0
        else:
            mark = "m" if minor else ""
            suffix = mark + (number[:1].upper() + number[1:] if minor and number.startswith("maj") else number)
            cost += 1.2 if seventh == 11 and minor else 1.2 if seventh == 9 else 0.0
            cost += 0.5 if 7 not in tones else 0.0
    for tone in sorted(left):
        text, price = _tension(tone, seventh in (10, 11), third, seventh == 10 and not minor)
        # An altered tension stands for the natural one; where both sound, it is added.
        both = NATURALS.get(tone) in tones and not text.startswith("add")
        suffix, cost = suffix + ("add" if both else "") + text, cost + price + both
    return cost, suffix


def _number(seventh: int | None, left: frozenset[int], minor: bool) -> tuple[str, float, frozenset[int]]:
    """The number a symbol gets ('7', 'maj9', '69', 'add9'), its cost, and the tones it leaves over."""
    if seventh is None:
        return "", 0.0, left
    if seventh == 9:
        return ("69", 0.5, left - {2}) if 2 in left else ("6", 0.0, left)
    mark = "maj" if seventh == 11 else ""
    if 9 in left:
        return f"{mark}13", 0.8 + (1.0 if minor else 0.0), left - ({2, 5, 9} if minor else {2, 9})
    if minor and 5 in left:
        return f"{mark}11", 0.7, left - {2, 5}
    if 2 in left:
        return f"{mark}9", 0.5, left - {2}
    return f"{mark}7", 0.0, left


def _tension(tone: int, extended: bool, third: int | None, dominant: bool) -> tuple[str, float]:
    text = {1: "b9", 2: "add9", 3: "#9", 5: "add11", 6: "#11", 8: "b13", 9: "add13"}.get(tone, "")
    if not text:
        return "", 8.0  # a second seventh: no symbol says it
    if tone in (2, 5, 9):
        return text, 0.8 if tone == 2 and not extended else 2.0
    if not extended:
        return f"add{text}", 2.5
    if third == 5 and tone != 1:
        return text, 4.0
    return text, 1.0 if (dominant and third == 4) or (tone == 6 and third == 4) or (tone == 1 and third == 5) else 2.5


def _root_name(root: int, suffix: str, fifths: int | None) -> str:
    if fifths is not None:
        in_key = key_names(fifths)
        if root in in_key and in_key[root] not in ("Cb", "Fb", "E#", "B#"):
            return in_key[root]
    minor = suffix.startswith(("m", "dim")) and not suffix.startswith("maj")
    return (MINOR_ROOTS if minor else MAJOR_ROOTS)[root]


@cache
def key_names(fifths: int) -> dict[int, str]:
    """The seven notes of a key by pitch class, spelled: 1 -> {7: 'G', 9: 'A', ..., 6: 'F#'}."""
    names = []
    for step in range(fifths - 1, fifths + 6):  # along the line of fifths, where F C G D A E B are -1 to 5
        turn, letter = divmod(step + 1, 7)
        names.append("FCGDAEB"[letter] + ("#" * turn if turn > 0 else "b" * -turn))
    return {pitch_class(name): name for name in names}


def _shown(text: str) -> str:
    return repr(text if len(text) <= 24 else text[:21] + "...")


def _look_alikes(text: str) -> str:
    root = re.match(r"[A-G][#b]?", text)
    roots = [root[0]] if root else [*FLAT_ROOTS, "F#", "C#", "G#"]
    if not root and re.match(r"[a-g]", text):
        text = text[0].upper() + text[1:]
    known = [name + suffix for name in roots for suffix in COMMON]
    close = difflib.get_close_matches(text[:24], known, n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(close)}?" if close else "; write it as in C, Dm7, G7b9, Bbmaj7/D or N.C."
