"""What MusicXML calls a chord: by the standard's tones, and by the name that MuseScore makes of it."""

import re

import pytest

from music.chord_symbols import COMMON, parse_symbol
from reading.musicxml import KINDS as READ_AS
from reading.musicxml import NATURALS
from writing.chord_kinds import kind_of

# Tones that are written but not played: a thirteenth's eleventh, an eleventh's third.
UNPLAYED = {"dominant-13th": {5}, "major-13th": {5}, "dominant-11th": {4}}
FULL = {"dominant-11th": {0, 2, 4, 5, 7, 10}, "major-11th": {0, 2, 4, 5, 7, 11}, "minor-11th": {0, 2, 3, 5, 7, 10}}
FULL |= {f"{name[:-4]}13th": tones | {9} for name, tones in FULL.items()}


def by_the_standard(kind: str, degrees: list) -> set[int]:
    """The tones of a kind with its degrees."""
    tones = set(FULL.get(kind) or parse_symbol("C" + READ_AS[kind]).intervals)
    for value, alter, what in degrees:
        plain = NATURALS[value]
        if what == "add":
            tones.add((plain + alter) % 12)
        else:
            of_chord = {7: {9, 10, 11}, 3: {3, 4}}.get(value, {plain}) & tones
            assert of_chord, (kind, value)
            tones -= of_chord
            if what == "alter":
                tones.add((of_chord.pop() + alter) % 12)
    return tones


def by_musescore(kind: str, degrees: list) -> str:
    """The suffix that MuseScore 3 and 4 build where a kind has degrees, or a text that says more than the kind."""
    parts = {"augmented-seventh": "aug7", "augmented": "aug", "half-diminished": "m7b5"}
    parts |= {"diminished-seventh": "dim7", "diminished": "dim", "power": "5", "major": "", "minor": "m"}
    number = (re.search(r"seventh|ninth|11th|13th|sixth", kind) or [""])[0]
    number = {"seventh": "7", "ninth": "9", "11th": "11", "13th": "13", "sixth": "6"}.get(
        number, "7" if kind == "dominant" else ""
    )
    head = parts.get(kind, {"ma": "maj", "mi": "m"}.get(kind[:2], "") if "suspended" not in kind else "")
    head = "" if kind == "major-sixth" else "m" if kind == "major-minor" else head
    changes = [{"suspended-fourth": "sus4", "suspended-second": "sus2", "major-minor": "maj7"}.get(kind, "")]
    extends = kind in ("major-minor", "augmented-seventh")
    for value, alter, what in degrees:
        change = {-1: "b", 0: "add", 1: "#"}[alter] if what != "subtract" else "no"
        if (change, value) == ("add", 7) and "suspended" in kind:
            number, extends, change = "7", True, ""
        elif change == "add" and extends and value in (9, 11, 13):
            number, change = str(max(value, int(number or 0))), ""
        elif (change, value) == ("add", 9) and "sixth" in kind:
            number, change = "69", ""
        changes.append(f"{change}{value}" if change else "")
    if "no3" in changes and {"add4", "add2"} & set(changes):
        changes = [change.replace("add", "sus") for change in changes if change != "no3"]
    changes = [change for change in changes if change]
    suffix = (head if re.search(r"\d$", head) else head + number) + "{}"
    in_brackets = not number and changes and changes[0][0] in "#b"
    return suffix.format("({})".format("".join(changes)) if in_brackets else "".join(changes))


MORE = "7b5 9#5 9b5 13#11 13b9 13#9 7#9#5 7b9#11 7b9b13 9#11 maj9#11 maj7#5 maj7b5 maj13#11 m7b13 mMaj9 m69 m6add9 m9b5"
MORE += " sus24 7sus2 7susb9 7sus4b9 13sus4 13susb9 6sus4 add11 madd9 add2 madd11 7no3 7no5 9no5 2 4 7add13 9add13"
MORE += " maj11 7add11 b5 #11 7alt aug7 +7 7+ augmaj7 dim(maj7) dim9 m11b5 mMaj13 69#11 alt m#5 m7#5 sus2sus4 13#5"
EVERY = sorted({*COMMON, *MORE.split()})


@pytest.mark.parametrize("suffix", [*EVERY, "no3", "7#5b9"])
def test_kinds_and_degrees_mean_the_chord_s_tones_by_the_standard(suffix):
    symbol = parse_symbol(f"C({suffix})" if suffix[:1] in ("b", "#") else f"C{suffix}")
    kind, degrees = kind_of(symbol)
    assert by_the_standard(kind, degrees) - set(symbol.intervals) <= UNPLAYED.get(kind, set())
    assert set(symbol.intervals) <= by_the_standard(kind, degrees)
    if suffix in ("13", "maj13", "11"):
        assert not degrees  # or it would be called '13no11'


NAMED = "7#5 13sus4 9sus4 7sus4 sus4 sus2 7sus2 13 maj13 m13 11 m11 7b9 7#9 7#11 13b9 13#11 7b9#11 7b9b13 7#9#5 7#5#9 5"
NAMED += " maj7#5 m7b5 dim7 add9 madd9 7b5 7sus4b9 9#11 9#5 maj9 m9 69 m69 mmaj7 m9maj7 6 m6 (b5) (#11) m7b13"


@pytest.mark.parametrize("suffix", [*NAMED.split(), "maj7#11", "7no3", "maj9#11"])
def test_musescore_names_a_chord_as_it_is_written(suffix):
    written = {"mmaj7": "mMaj7", "m9maj7": "mMaj9"}.get(suffix, suffix)
    assert by_musescore(*kind_of(parse_symbol(f"C{written}"))) == suffix


@pytest.mark.parametrize(
    ("suffix", "kind", "degrees"),
    [
        ("7#5", "dominant", [(5, 1, "alter")]),
        ("+7", "augmented-seventh", []),
        ("aug", "augmented", []),
        ("13sus4", "dominant-13th", [(3, 0, "subtract"), (4, 0, "add")]),
        ("7susb9", "dominant", [(4, 0, "add"), (3, 0, "subtract"), (9, -1, "add")]),
        ("ø", "half-diminished", []),
        ("6/9", "major-sixth", [(9, 0, "add")]),
        ("7alt", "dominant", [(5, -1, "alter"), (13, -1, "add"), (9, -1, "add"), (9, 1, "add")]),
        ("dim", "diminished", []),
    ],
)
def test_by_hand(suffix, kind, degrees):
    assert kind_of(parse_symbol(f"C{suffix}")) == (kind, degrees)


def test_no_chord_is_a_kind():
    assert kind_of(parse_symbol("N.C.")) == ("none", [])
