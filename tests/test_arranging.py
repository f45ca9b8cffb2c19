"""A finished piece: who accompanies, in which style, and where their off-beats lie."""

from collections import defaultdict
from itertools import accumulate, pairwise

import pytest
from conftest import bar, chord, solo_of
from hypothesis import given, settings
from hypothesis import strategies as st

from improvising.arranging import Arrangement, piece_of, style_for, style_in
from improvising.backing import backing
from improvising.comping import comp
from improvising.styles import STYLES
from learning.feel import SHORTEST
from music.notes import Note, Nuance
from music.piece import Piece, Solo
from music.units import GRID, SIXTEENTH, TICKS_PER_QUARTER
from writing.midi import played

MINOR, DOMINANT = (50, 53, 57, 60), (43, 47, 53, 57)


def over_two_chords(places=(), n_bars=4, meter=(4, 4)) -> Solo:
    """A solo with notes at these places, over a new chord in every bar."""
    length = 4 * meter[0] / meter[1]
    bars = [bar(number * length, length, meter) for number in range(n_bars)]
    chords = [chord(number * length, length, (MINOR, DOMINANT)[number % 2]) for number in range(n_bars)]
    return solo_of(bars, [Note(place, 2, 60) for place in sorted(places) if place < bars[-1].end], chords)


def piece(solo: Solo, **more) -> Piece:
    return piece_of(solo, "A piece", Arrangement(120.0, **more))


def part(of: Piece, name: str):
    (found,) = [part for part in of.parts if part.name == name]
    return found


def off_beats(music) -> dict[int, set[int]]:
    """By quarter the places between it and the next at which something begins."""
    found = defaultdict(set)
    for item in music:
        if item.onset % GRID:
            found[item.onset // GRID].add(item.onset % GRID)
    return found


PLACES = st.sets(st.integers(0, 16 * GRID - 1), max_size=50)
SWINGS = st.sampled_from([0.5, 0.55, 0.6, 2 / 3, 0.75])


@settings(max_examples=100, deadline=None)
@given(PLACES, st.sampled_from([(4, 4), (3, 4)]), st.sampled_from(STYLES), SWINGS, st.integers(0, 9), st.booleans())
def test_off_beats_are_the_soloist_s_and_in_a_halved_beat_at_the_swing(places, meter, style, swing, seed, comps):
    solo = over_two_chords(places, meter=meter)
    found = piece(solo, style=style, swing=swing, seed=seed, comps=comps, band=True)
    there, placed = off_beats(solo.notes), []
    for other in found.parts[1:]:
        own = off_beats(other.music)
        for beat, steps in own.items():
            for step in steps - there[beat]:
                assert all(abs(step - known) > SIXTEENTH for known in there[beat])
        if other.name == "Chords":
            there = defaultdict(set, {beat: there[beat] | own[beat] for beat in [*there, *own]})
        nuances = other.nuances or [Nuance(0.0, item.quarter_length) for item in other.music]
        placed += zip([other] * len(nuances), other.music, nuances, strict=True)
    for other, item, nuance in placed:
        beat, step = divmod(item.onset, GRID)
        is_halved = step in (6, 8) and there[beat] | {step} == {step}
        assert nuance.late == (pytest.approx(swing - step / GRID) if is_halved else 0.0), other.name
        assert nuance.length == pytest.approx(max(SHORTEST, item.quarter_length - nuance.late))


@settings(max_examples=60, deadline=None)
@given(PLACES, st.sampled_from(STYLES), SWINGS, st.integers(0, 9))
def test_who_comes_earlier_is_let_go_earlier(places, style, swing, seed):
    """The bass plays one note at a time, also where it comes earlier or is swung."""
    found = piece(over_two_chords(places), style=style, swing=swing, seed=seed, comps=True, band=True)
    strokes = sorted(played(part(found, "Bass")))
    assert all(end <= start for (_, end, *_), (start, *_) in pairwise(strokes))
    assert min(one.duration for one in part(found, "Chords").music) > 0


@pytest.mark.parametrize(
    ("places", "heard", "end"),
    [
        ((), 0.6, 1.0),  # nobody is there: at the swing
        ((6,), 0.6, 1.0),
        ((8,), 0.6, 1.0),  # joined, it ends where it was written to end
        ((9,), 0.75, 1.0),  # a dotted eighth is no half: where it is
        ((3, 9), 0.75, 1.0),  # of two as near the later one
        ((5, 8), 5 / 12, 1.0),  # nor are two of a triplet
        ((2,), 0.5, 1.0),  # too far, and the beat is not halved
        ((1, 11), 0.5, 1.0),
    ],
)
def test_by_hand_where_an_off_beat_is_heard(places, heard, end):
    solo = solo_of([bar(0.0, 4.0)], [Note(place, 1, 60) for place in places], [chord(0.5, 0.5, MINOR)])
    found = min(played(part(piece(solo, swing=0.6), "Chords")))[:2]
    assert found == pytest.approx((TICKS_PER_QUARTER * heard, TICKS_PER_QUARTER * end), abs=1)


def test_half_the_feel_goes_half_the_way_and_none_stays_on_the_grid():
    solo = solo_of([bar(0.0, 4.0)], [Note(6, 6, 60)], [chord(0.5, 0.5, MINOR)])
    for feel, late in ((1.0, [0.2]), (0.5, [0.1]), (0.0, [])):
        nuances = part(piece(solo, swing=0.7, feel=feel), "Chords").nuances
        assert [nuance.late for nuance in nuances] == pytest.approx(late)


def test_where_nobody_listens_all_is_as_it_was_made():
    solo = over_two_chords(range(3, 190, 7))
    alone = {"style": "bossa", "swing": 2 / 3, "seed": 3, "band": True, "feel": 0.0, "comps": True}
    made = piece(solo, listens=False, **alone)
    assert part(made, "Chords").music == comp(solo.chords, solo.bars, solo.notes, 3, "bossa", 8)
    assert made.parts[2:] == backing(solo.chords, solo.bars, 3, "bossa", 8)
    assert piece(solo, **alone) != made and not any(part.nuances for part in piece(solo, **alone).parts)


def test_a_pianist_comps_only_where_that_is_asked_for():
    solo = over_two_chords(n_bars=8)
    assert part(piece(solo), "Chords").music == solo.chords
    struck = part(piece(solo, comps=True), "Chords").music
    assert len(struck) > len(solo.chords) and {one.symbol for one in struck} == {one.symbol for one in solo.chords}
    assert [one.name for one in piece(solo).parts] == ["Solo", "Chords"]
    assert [one.name for one in piece(solo, band=True).parts] == ["Solo", "Chords", "Bass", "Drums"]


def test_the_lead_is_the_soloist_with_his_feel_and_what_was_asked_is_in_the_piece():
    nuances = [[Nuance(0.1, 0.2, ((0.0, 1.0),))]]
    solo = Solo([bar(0.0, 4.0)], [[Note(0, 6, 60)]], [[chord(0.0, 4.0, MINOR)]], nuances_by_bar=nuances)
    found = piece(solo, program=65, written_for="Bb", count_in=True, style="waltz")
    assert found.parts[0] == ("Solo", 65, 0, solo.notes, nuances[0])
    assert (found.written_for, found.count_in, found.style, found.tempo) == ("Bb", True, "waltz", 120.0)
    nothing = piece(Solo([], [], []), comps=True, band=True)
    assert [part.music for part in nothing.parts] == [[], []]


@pytest.mark.parametrize(
    ("words", "style"),
    [
        ("Medium Up Swing", "swing"), ("Bossa Nova", "bossa"), ("Latin-Swing", "bossa"), ("Samba", "bossa"),
        ("Jazz Waltz", "waltz"), ("Ballad", "ballad"), ("Even 8ths", "straight"), ("Funk", "straight"),
        ("Rock Ballad", "ballad"), ("Bebop", "swing"), ("Slow BLUES", "swing"), ("Hora", None), ("", None),
    ],
)  # fmt: skip
def test_a_chart_s_words_name_a_style(words, style):
    assert style_in(words) == style


@pytest.mark.parametrize(
    ("meter", "tempo", "swing", "style"),
    [
        ((4, 4), 120, 0.6, "swing"), ((4, 4), 76, 0.6, "ballad"), ((4, 4), 77, 0.5, "straight"),
        ((3, 4), 120, 0.6, "waltz"), ((3, 4), 70, 0.6, "waltz"), ((6, 8), 120, 0.6, "straight"),
        ((2, 2), 200, 0.6, "swing"), ((5, 4), 120, 0.56, "swing"), ((3, 4), 120, 0.55, "waltz"),
    ],
)  # fmt: skip
def test_without_words_beats_tempo_and_swing_say_the_style(meter, tempo, swing, style):
    lengths = [4 * meter[0] / meter[1]] * 3
    bars = [bar(start, length, meter) for start, length in zip(accumulate(lengths, initial=0), lengths, strict=False)]
    assert style_for([bar(0.0, 1.0, (1, 4)), *bars], tempo, swing) == style
