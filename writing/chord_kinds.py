"""What MusicXML calls a chord: its kind, and the degrees that are added to it, altered or left out.

Programs name a chord by these where they do not show its text, and MuseScore always does where there are degrees; so
they are chosen to give the name that was written: 7#5 is a dominant with an altered fifth, 13sus4 a dominant thirteenth
with a fourth in the place of its third (a seventh that is added to a suspended fourth is a major one to music21). As
names do, they pass over what nobody plays: the eleventh of C13, the third of C11. Degrees are (value, alteration,
'add', 'alter' or 'subtract'); what is added counts from a dominant's tones, as the standard has it. Left to others: the
XML (`writing/lead_sheet.py`).
"""

from music.chord_symbols import Symbol

Degree = tuple[int, int, str]

# By the triad and the seventh (11, 10, 9 of a diminished one, or none), the kind and what is altered in it.
KINDS = {
    ("major", 0): "major", ("major", 10): "dominant", ("major", 11): "major-seventh",
    ("minor", 0): "minor", ("minor", 10): "minor-seventh", ("minor", 11): "major-minor",
    ("diminished", 0): "diminished", ("diminished", 9): "diminished-seventh", ("diminished", 10): "half-diminished",
    ("augmented", 0): "augmented", ("augmented", 10): "augmented-seventh",
}  # fmt: skip
SIXTHS = {"major": "major-sixth", "minor": "minor-sixth"}
EXTENDED = {"dominant": "dominant", "major-seventh": "major", "minor-seventh": "minor"}  # and -ninth, -11th, -13th


def kind_of(symbol: Symbol) -> tuple[str, list[Degree]]:
    """The kind of a chord and its degrees: of 7b9 ('dominant', [(9, -1, 'add')]). N.C. is the kind 'none'."""
    tones = set(symbol.intervals)
    if symbol.root is None:
        return "none", []
    if tones == {0, 7}:
        return "power", []
    kind, degrees = _suspended(symbol, tones) if not {3, 4} & tones and {2, 5} & tones else _tertian(symbol, tones)
    return kind, sorted(degrees, key=lambda degree: symbol.suffix.find(str(degree[0])))  # as they are written


def _suspended(symbol: Symbol, tones: set[int]) -> tuple[str, list[Degree]]:
    """With a sixth or a seventh: as with a third, in whose place another tone stands, which all programs read alike."""
    if tones == {0, 2, 5, 7, 10} and "sus" not in symbol.suffix:
        return "dominant-11th", []
    tone, degree = (5, 4) if 5 in tones else (2, 2)
    if {9, 10, 11} & tones:
        kind, degrees = _tertian(symbol, tones - {tone} | {4})
        return kind, [(degree, 0, "add"), (3, 0, "subtract"), *degrees]
    rest = tones - {0, tone, 7} - (set() if 7 in tones else {6, 8})
    degrees = [_added(symbol, other, False) for other in sorted(rest)]
    return {5: "suspended-fourth", 2: "suspended-second"}[tone], degrees + _fifths(tones)


def _tertian(symbol: Symbol, tones: set[int]) -> tuple[str, list[Degree]]:
    triad, seventh = _triad(symbol, tones), next((tone for tone in (10, 11) if tone in tones), 0)
    if triad == "diminished" and 9 in tones and not seventh:
        tones, seventh = tones - {9}, 9
    elif (triad, seventh) not in KINDS:
        triad = "minor" if triad == "diminished" else "major"
    kind, degrees = KINDS[triad, seventh], []
    fifth_is_said = triad in ("diminished", "augmented")
    rest = tones - {0, 4 if 4 in tones else 3, seventh, 6 if triad == "diminished" else 8 if fifth_is_said else 7}
    if not {3, 4} & tones:
        degrees.append((3, 0, "subtract"))
    if not fifth_is_said:
        degrees += _fifths(tones)
        rest -= set() if 7 in tones else {6, 8}
    if 9 in rest and not seventh and triad in SIXTHS:
        kind, rest = SIXTHS[triad], rest - {9}
    extended, ninth = EXTENDED.get(kind), bool({1, 2, 3} & rest)
    if extended and ninth and 9 in rest and (5 in rest or extended != "minor"):
        kind, ninth, has_11, rest = f"{extended}-13th", 2 in rest, 5 in rest, rest - {2, 5, 9}
        altered = [(9, tone - 2, "add" if ninth else "alter") for tone in (1, 3) if tone in rest]
        degrees += [*altered[:1], *(degree[:2] + ("add",) for degree in altered[1:])]
        degrees += [(11, 1, "add" if has_11 else "alter")] if 6 in rest else []
        rest -= {1, 3, 6}
    elif extended and 2 in rest:
        is_11th = 5 in rest and kind != "dominant"
        kind, rest = f"{extended}-11th" if is_11th else f"{extended}-ninth", rest - ({2, 5} if is_11th else {2})
    return kind, degrees + [_added(symbol, tone, bool(seventh)) for tone in sorted(rest)]


def _triad(symbol: Symbol, tones: set[int]) -> str:
    if 3 in tones and 4 not in tones:
        return "diminished" if 6 in tones and 7 not in tones else "minor"
    is_raised = 8 in tones and not {6, 7} & tones
    return "augmented" if is_raised and 4 in tones and "5" not in symbol.suffix else "major"


def _fifths(tones: set[int]) -> list[Degree]:
    """What differs from a plain fifth."""
    if 7 in tones:
        return []
    if {6, 8} <= tones:
        return [(5, -1, "alter"), (13, -1, "add")]
    return [(5, tone - 7, "alter") for tone in (6, 8) if tone in tones] or [(5, 0, "subtract")]


def _added(symbol: Symbol, tone: int, over_seventh: bool) -> Degree:
    """A tone that a kind does not have, as the degree that is written."""
    suffix = symbol.suffix
    if tone == 2 and not over_seventh and "9" not in suffix:
        return 2, 0, "add"
    if tone == 5 and "4" in suffix and "11" not in suffix:
        return 4, 0, "add"
    if tone == 9 and not over_seventh and "13" not in suffix:
        return 6, 0, "add"
    return {
        1: (9, -1), 2: (9, 0), 3: (9, 1), 5: (11, 0), 6: (11, 1), 7: (5, 0), 8: (13, -1), 9: (13, 0), 10: (7, 0),
        11: (7, 1),
    }[tone] + ("add",)  # fmt: skip
