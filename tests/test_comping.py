from itertools import accumulate, pairwise
from statistics import fmean

import pytest
from conftest import bar, chord
from hypothesis import given, settings
from hypothesis import strategies as st

from improvising.comping import comp, learn_rhythm
from improvising.styles import STYLES
from music.notes import Bar, Chord, Note
from music.units import GRID, to_quarters
from reading.changes import typed_chorus

METERS = [(4, 4), (3, 4), (5, 4), (6, 8), (7, 8), (7, 4), (12, 8), (2, 2), (9, 8), (3, 8), (7, 16), (1, 8)]
ROOTS = (0, 5, 10, 3, 8, 2, 7)
NO_CHORD = Chord(0, 12, (), 0, None, "N.C.", (), None)


@st.composite
def bar_lists(draw):
    """Bars of any meters, some cut: a pickup is shorter than its meter."""
    bars, start = [], 0
    for meter in draw(st.lists(st.sampled_from(METERS), min_size=1, max_size=8)):
        whole = 48 * meter[0] // meter[1]
        length = draw(st.sampled_from((whole, whole, whole, max(1, whole // 4), max(1, whole - 6))))
        bars.append(Bar(start, length, meter))
        start += length
    return bars


@st.composite
def harmonies(draw):
    onsets = draw(st.lists(st.integers(0, 16 * GRID), min_size=1, max_size=20, unique=True))
    found = []
    for onset in sorted(onsets):
        root = draw(st.sampled_from((*ROOTS, None)))
        voicing = () if root is None else (48 + root, 52 + root, 58 + root)
        found.append(chord(to_quarters(onset), 1.0, voicing) if voicing else NO_CHORD._replace(onset=onset))
    return found


def bars_of(count: int, meter: tuple[int, int] = (4, 4)) -> list[Bar]:
    length = 4 * meter[0] / meter[1]
    return [bar(index * length, length, meter) for index in range(count)]


def a_chord_a_bar(bars: list[Bar]) -> list[Chord]:
    """Another chord in each."""
    roots = [48 + ROOTS[number % len(ROOTS)] for number in range(len(bars))]
    return [
        chord(to_quarters(each.start), to_quarters(each.length), (root, root + 4, root + 10))
        for each, root in zip(bars, roots, strict=True)
    ]


def may_be_struck(bars: list[Bar], offbeat: int) -> list[int]:
    """The beats, and the off-beats of quarters and of three eighths."""
    found = set()
    for each in bars:
        for step, pulse in zip(accumulate(each.pulses, initial=each.start), each.pulses, strict=False):
            found |= {step} | {step + between for between in {12: {offbeat}, 18: {6, 12}}.get(pulse, ())}
    return sorted(found)


def eighths(count: int, start: int = 0) -> list[Note]:
    return [Note(start + 6 * number, 6, 70) for number in range(count)]


def harmony_of(chords: list[Chord], end: int) -> list[Chord]:
    """The chords as they sound, each until another voicing."""
    found = []
    for each in chords:
        if each.onset < end and not (found and found[-1].pitches == each.pitches):
            found.append(each)
    ends = [*(each.onset for each in found), end][1:]
    return [each._replace(duration=until - each.onset) for each, until in zip(found, ends, strict=True)]


@given(harmonies(), bar_lists(), st.integers(0, 99), st.sampled_from(STYLES), st.sampled_from((6, 8)), st.booleans())
@settings(deadline=None, max_examples=300)
def test_strikes_are_on_their_places_with_the_chord_that_sounds_or_comes(chords, bars, seed, style, offbeat, learned):
    rhythm = learn_rhythm(*played([0, 9, 20, 39])) if learned else None
    struck = comp(chords, bars, eighths(30), seed, style, offbeat, rhythm)
    assert struck == comp(chords, bars, eighths(30), seed, style, offbeat, rhythm)
    allowed, end = may_be_struck(bars, offbeat), bars[-1].end
    harmony = harmony_of(chords, end)
    for each in struck:
        sounds = [held for held in harmony if held.onset <= each.onset < held.end]
        after = next((place for place in allowed if place > each.onset), end)
        comes = [held for held in harmony if each.onset < held.onset <= after]
        assert each.onset in allowed and 45 <= each.velocity <= 80
        assert sounds and sounds[0].pitches  # in N.C. and before the first chord is silence
        taken = next(held for held in sounds + comes if held.pitches == each.pitches and held.end >= each.end)
        assert (each.symbol, each.tones, each.bass) == (taken.symbol, taken.tones, taken.bass)
        assert each.duration >= 1 and each.end <= end
    assert all(first.end <= second.onset for first, second in pairwise(struck))


@given(harmonies(), bar_lists(), st.integers(0, 99), st.sampled_from(STYLES))
@settings(deadline=None, max_examples=300)
def test_every_chord_of_a_beat_is_heard(chords, bars, seed, style):
    struck, allowed = comp(chords, bars, [], seed, style, 6), may_be_struck(bars, 6)
    for each in harmony_of(chords, bars[-1].end):
        places = [place for place in allowed if each.onset <= place < each.end]
        if each.pitches and each.duration >= GRID and places:
            before = max([place for place in allowed if place < places[0]], default=0)
            assert any(each.pitches == one.pitches and before <= one.onset <= places[0] for one in struck)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("meter", METERS[:8])
def test_each_style_plays_in_each_meter(style, meter):
    bars = [bar(0.0, 0.5, meter), *(each._replace(start=each.start + 6) for each in bars_of(40, meter))]
    chords = a_chord_a_bar(bars)
    takes = [comp(chords, bars, [], seed, style, 6) for seed in range(3)]
    assert takes[0] != takes[1] != takes[2] != takes[0]
    for take in takes:
        per_beat = len(take) / sum(len(each.pulses) for each in bars)
        assert 0.2 < per_beat <= 1.0
        assert take[0].onset == 0 and take[0].pitches == chords[0].pitches
        shapes = [tuple(one.onset - each.start for one in take if each.start <= one.onset < each.end) for each in bars]
        assert len(set(shapes)) >= 4  # it is no loop
        assert sum(before == after for before, after in pairwise(shapes)) < len(shapes) / 2


def test_styles_differ_in_length_and_number():
    bars = bars_of(64)
    takes = {style: comp(a_chord_a_bar(bars), bars, [], 0, style, 6) for style in STYLES}
    mean = {style: fmean(each.duration for each in take) for style, take in takes.items()}
    assert mean["ballad"] == max(mean.values()) > 20 and mean["bossa"] == min(mean.values()) < 12
    assert len(takes["bossa"]) == max(map(len, takes.values())) and len(takes["ballad"]) < 2.2 * 64


def test_anticipations_take_the_chord_to_come_over_the_bar_line_and_are_not_struck_again():
    bars = bars_of(64)
    chords = a_chord_a_bar(bars)
    struck = comp(chords, bars, [], 0, "swing")
    anticipated = [each for each in struck if each.onset % 48 == 44]
    assert 10 < len(anticipated) < 40
    for each in anticipated:
        following = chords[min(each.onset // 48 + 1, 63)]
        assert each.pitches == following.pitches
        assert each.onset + 4 not in {one.onset for one in struck}
    assert any(each.end > each.onset + 4 for each in anticipated)


def test_the_same_voicing_again_need_not_be_struck_on_its_beat():
    chorus = typed_chorus("Dm7 | % | % | % | N.C. | N.C.", bar(0, 4))
    chords = [
        one._replace(onset=one.onset + 48 * number)
        for number, in_bar in enumerate(chorus.chords_by_bar)
        for one in in_bar
    ]
    struck = [comp(chords, chorus.bars, [], seed) for seed in range(10)]
    downbeats = [{each.onset // 48 for each in take if each.onset % 48 == 0} for take in struck]
    assert all(0 in found for found in downbeats) and not all({0, 1, 2, 3} <= found for found in downbeats)
    assert all(each.end <= 4 * 48 for take in struck for each in take)


@pytest.mark.parametrize("style", STYLES)
def test_the_pianist_plays_more_and_louder_where_the_solo_rests_or_holds(style):
    bars = bars_of(64, (3, 4) if style == "waltz" else (4, 4))
    length, per_bar = bars[0].length, bars[0].length // 6
    chords = a_chord_a_bar(bars)[::4]
    solo = [note for each in bars[::4] for note in eighths(2 * per_bar, each.start)]  # two bars of four
    solo += [Note(each.start, 2 * length, 70) for each in bars[2::8]]  # then a long note, or silence
    busy, free = [], []
    for seed in range(4):
        for each in comp(chords, bars, solo, seed, style):
            (busy if each.onset // length % 4 < 2 else free).append(each)
    assert len(free) > 1.2 * len(busy)
    assert fmean(each.velocity for each in free) > fmean(each.velocity for each in busy) + 8


def played(places: list[int], count: int = 8, velocities: tuple[int, ...] = (90, 70)):
    """What a pianist strikes, in bars of four quarters: on all of the places, then on all but the first."""
    bars, struck = bars_of(count), []
    for number in range(count):
        these = places[number % 2 :]
        struck.append([chord(to_quarters(place), 0.25, (50, 54, 57), velocities[place % 12 > 0]) for place in these])
    return struck, bars


@pytest.mark.parametrize("places", [[0, 20, 36], [0, 9, 18, 30, 42], [0, 12, 24, 36, 44]])
@pytest.mark.parametrize("text", ["Dm7 | G7 | C | A7", "Dm7 G7 | Em7 A7", "Dm7 | % | % | %"])
def test_a_learned_rhythm_is_as_dense_as_the_pianist(places, text):
    chorus = typed_chorus(text, bar(0, 4)).repeated(64)
    chords = [
        one._replace(onset=one.onset + 48 * number)
        for number, in_bar in enumerate(chorus.chords_by_bar[:64])
        for one in in_bar
    ]
    struck = comp(chords, chorus.bars[:64], eighths(512), 0, "swing", 8, learn_rhythm(*played(places)))
    assert len(struck) / 64 == pytest.approx(len(places) - 0.5, rel=0.15)


def test_a_learned_rhythm_is_played_with_its_accents_at_the_off_beats_that_are_wanted():
    rhythm = learn_rhythm(*played([0, 9, 20, 39]))
    bars = bars_of(32)
    for offbeat in (6, 8):
        struck = comp([chord(0.0, 4.0, (50, 54, 57))], bars, [], 1, "ballad", offbeat, rhythm)
        assert {each.onset % 48 for each in struck} == {0, offbeat, 12 + offbeat, 36}
        mean = {place: fmean(each.velocity for each in struck if each.onset % 48 == place) for place in (0, offbeat)}
        assert mean[0] > mean[offbeat] + 10
    in_three = bars_of(8, (3, 4))
    chords = a_chord_a_bar(in_three)
    assert comp(chords, in_three, [], 1, "waltz", 8, rhythm) == comp(chords, in_three, [], 1, "waltz", 8)


def test_no_rhythm_is_learned_of_few_bars_or_held_chords():
    struck, bars = played([0, 20, 36])
    assert learn_rhythm(struck, bars).patterns.keys() == {(12, 12, 12, 12)}
    assert learn_rhythm(struck[:3], bars[:3]) is None
    assert learn_rhythm([in_bar[:1] for in_bar in struck], bars) is None
    assert learn_rhythm([[NO_CHORD] * 4 for _ in bars], bars) is None
    assert learn_rhythm([], []) is None


def test_nothing_to_play_is_silence():
    chords = [chord(0.0, 4.0, (50, 54, 57))]
    assert comp([], bars_of(4), eighths(4), 0) == []
    assert comp(chords, [], eighths(4), 0) == [] == comp(chords, [bar(0.0, 0.0)], [], 0)
    assert comp([NO_CHORD], bars_of(4), [], 0) == []
    late = comp([chord(6.0, 4.0, (50, 54, 57))], bars_of(4), [], 0)
    assert late[0].onset == 72
    with pytest.raises(ValueError, match="no style 'polka'"):
        comp(chords, bars_of(1), [], 0, "polka")
