"""What a voicing is called, and what a chord is called in another key.

Left to others: reading names (`music/chord_symbols.py`), keys and their spelling (`music/keys.py`).
"""

from collections.abc import Iterable
from functools import cache

from music.chord_symbols import NO_CHORD, Symbol, parse_symbol, tone_name
from music.keys import root_name

ROOTLESS = 2.8  # what leaving out the root costs a name; a tension costs about 0.7, an inversion 1.5
LOWEST_HAND = 48  # C3: below it a note is a bass
NATURALS = {1: 2, 3: 2, 6: 5, 8: 9}  # of the altered tensions, as intervals


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
    spelled = root_name(root, _is_minor(suffix), fifths)
    close = (bass - root) % 12 in (10, 11) and any(p % 12 == root and p - lowest <= 2 for p in pitches)
    if bass == root or root not in sounding or close:
        return spelled + suffix
    return f"{spelled}{suffix}/{tone_name(parse_symbol(spelled + suffix), bass)}"


def spelled_symbol(root: int, intervals: Iterable[int], bass: int, fifths: int | None = None) -> Symbol:
    """The symbol of a chord whose root and tones (semitones above it) are known, spelled in a key: 9, (0, 3, 7), 0 ->
    Am/C."""
    suffix = _explain(frozenset(intervals) | {0})[1]
    return _moved_to(root, bass, suffix, fifths)


def transposed(symbol: Symbol, by: int, fifths: int) -> Symbol:
    """A symbol moved by semitones, spelled for the key that it is moved to: G7/B by 3 -> Bb7/D."""
    if symbol.root is None:
        return symbol
    return _moved_to((symbol.root + by) % 12, (symbol.bass + by) % 12, symbol.suffix, fifths)


def name_voicing(pitches: tuple[int, ...], bass: int | None, is_held: bool, fifths: int) -> Symbol:
    """The symbol of a voicing with what a bass plays under it: (57, 59, 62, 66) over 35 -> Bm7.

    `bass` is a MIDI pitch, or None. It decides where it is the root; as another tone, only where it is held: a bass
    that walks passes through tones that mean nothing. The voicing's own lowest note is a bass only where it is a low
    one that nobody plays under: a left hand turns its chords over.
    """
    lowest = min(pitches)
    alone = parse_symbol(name_chord(tuple(sorted(pitches)), fifths))
    is_foreign = alone.bass not in alone.tones
    if bass is not None:
        under = bass if bass < lowest else lowest - 12 + (bass - lowest) % 12
        over_bass = parse_symbol(name_chord((under, *sorted(pitches)), fifths))
        if over_bass.root == bass % 12 or is_held or is_foreign:
            return over_bass
    elif is_foreign or lowest < LOWEST_HAND:
        return alone
    return _moved_to(alone.root, alone.root, alone.suffix, fifths)


def _moved_to(root: int, bass: int, suffix: str, fifths: int | None) -> Symbol:
    name = root_name(root, _is_minor(suffix), fifths)
    spelled = parse_symbol(name + _after(name, suffix))
    return spelled if bass == root else parse_symbol(f"{spelled.text}/{tone_name(spelled, bass)}")


def _after(name: str, suffix: str) -> str:
    """A suffix as it can stand behind a root: the flat of b9 behind a C would be the C's."""
    return f"({suffix})" if len(name) == 1 and suffix.startswith(("b", "#", "♭", "♯")) else suffix


@cache
def _is_minor(suffix: str) -> bool:
    intervals = parse_symbol("C" + _after("C", suffix)).intervals
    return 3 in intervals and 4 not in intervals


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
