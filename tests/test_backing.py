from itertools import accumulate, pairwise

import pytest
from conftest import bar, chord
from hypothesis import given, settings
from hypothesis import strategies as st

from improvising.backing import HIGHEST, LOWEST, backing
from improvising.styles import STYLES, alternatives, groups, off_beats, places, style_of
from music.notes import Bar, Chord, Note
from music.piece import Part
from music.units import GRID, to_quarters

METERS = [(4, 4), (3, 4), (2, 4), (5, 4), (6, 8), (9, 8), (12, 8), (5, 8), (7, 8), (3, 8), (1, 8), (2, 2), (7, 16)]
SEVENTH_CHORDS = [(0, 4, 7, 11), (0, 3, 7, 10), (0, 4, 7, 10)]


@st.composite
def bar_lists(draw):
    meters = draw(st.lists(st.sampled_from(METERS), min_size=1, max_size=9))
    lengths = [4 * numerator / denominator for numerator, denominator in meters]
    starts = [0.0, *accumulate(lengths)]
    return [bar(start, length, meter) for start, length, meter in zip(starts, lengths, meters, strict=False)]


@st.composite
def chord_lists(draw):
    onsets = draw(st.lists(st.integers(0, 36 * GRID), min_size=1, max_size=25, unique=True))
    pitches = st.lists(st.integers(40, 76), min_size=1, max_size=6, unique=True).map(tuple)
    return [chord(to_quarters(onset), 1.0, draw(pitches)) for onset in sorted(onsets)]


def bars_of(count: int, meter: tuple[int, int] = (4, 4)) -> list[Bar]:
    length = 4 * meter[0] / meter[1]
    return [bar(index * length, length, meter) for index in range(count)]


def on_beats(bass: Part, bars: list[Bar]) -> list[Note]:
    """The bass notes that start on a beat."""
    beats = {bar.start + step for bar in bars for step in accumulate([0, *bar.pulses[:-1]])}
    return [note for note in bass.music if note.onset in beats]


def may_be_struck(bars: list[Bar], offbeat: int) -> set[int]:
    """The beats, and the off-beats of quarters and of three eighths."""
    found = set()
    for each in bars:
        for step, pulse in zip(accumulate(each.pulses, initial=each.start), each.pulses, strict=False):
            found |= {step} | {step + between for between in {12: {offbeat}, 18: {6, 12}}.get(pulse, ())}
    return found


def sounding(chords: list[Chord], note: Note) -> Chord:
    return [chords[0], *(chord for chord in chords if chord.onset <= note.onset)][-1]


@given(chord_lists(), bar_lists(), st.integers(0, 99), st.sampled_from(STYLES), st.sampled_from((6, 8)))
@settings(deadline=None, max_examples=200)
def test_every_note_is_on_the_grid_in_its_bar_and_soft(chords, bars, seed, style, offbeat):
    parts = backing(chords, bars, seed, style, offbeat)
    kit = 40 if style == "ballad" else 0  # brushes
    assert [(part.name, part.program, part.channel) for part in parts] == [("Bass", 32, 2), ("Drums", kit, 9)]
    allowed = may_be_struck(bars, offbeat)
    for part in parts:
        assert part.music == sorted(part.music, key=lambda note: note.onset)
        for note in part.music:
            assert type(note.onset) is type(note.duration) is int and note.duration >= 1
            bar = next(bar for bar in reversed(bars) if bar.start <= note.onset)
            assert note.end <= bar.end and note.onset in allowed
            assert 25 <= note.velocity < 70
            assert part.name == "Bass" or note.pitch != 36 or note.velocity <= 35  # the kick is felt
    assert {note.pitch for note in parts[1].music} <= {layer.key for layer in style_of(style).drums}
    assert backing(chords, bars, seed, style, offbeat) == parts


@given(chord_lists(), bar_lists(), st.integers(0, 99), st.sampled_from(STYLES))
@settings(deadline=None, max_examples=200)
def test_the_bass_plays_a_new_chord_where_it_begins_one_string_at_a_time_and_ends_on_the_root(
    chords, bars, seed, style
):
    bass = backing(chords, bars, seed, style, 6)[0].music
    played = {note.onset: note.pitch % 12 for note in bass}
    beats = [bar.start + step for bar in bars for step in accumulate([0, *bar.pulses[:-1]])]
    roots = [sounding(chords, Note(beat, 1, 0)).bass for beat in beats]
    for beat, before, root in zip(beats, [None, *roots], roots, strict=False):
        assert before == root or played[beat] == root
    assert all(bar.start in played for bar in bars)
    assert all(first.end <= second.onset for first, second in pairwise(bass))
    assert all(LOWEST <= note.pitch <= HIGHEST for note in bass)
    assert bass[-1].pitch % 12 == roots[-1]


@given(chord_lists(), bar_lists(), st.integers(0, 99))
@settings(deadline=None, max_examples=120)
def test_the_bass_walks(chords, bars, seed):
    bass, _ = backing(chords, bars, seed)
    walked = on_beats(bass, bars)
    assert len(walked) == sum(len(bar.pulses) for bar in bars)
    assert all(LOWEST <= note.pitch <= HIGHEST for note in walked)
    roots = [sounding(chords, note).bass for note in walked]
    assert walked[0].pitch % 12 == roots[0]
    for (before, after), (old, new) in zip(pairwise(walked), pairwise(roots), strict=True):
        assert 1 <= abs(after.pitch - before.pitch) <= 12  # a repeated pitch never, beyond the octave never
        if new != old:
            assert after.pitch % 12 == new
    downbeats = {bar.start for bar in bars}
    for note in walked:
        if note.onset in downbeats:
            assert note.pitch % 12 in {sounding(chords, note).bass, *sounding(chords, note).tones}
    for first, second in pairwise(bass.music):
        assert first.end <= second.onset  # one string at a time


@given(
    st.lists(st.tuples(st.integers(48, 59), st.sampled_from(SEVENTH_CHORDS)), min_size=2),
    st.sampled_from([(4, 4), (3, 4), (5, 4), (12, 8), (7, 8)]),
    st.integers(0, 99),
)
@settings(deadline=None, max_examples=60)
def test_a_chord_a_bar_is_approached_by_step_and_without_leaps(changes, meter, seed):
    bars = bars_of(len(changes), meter)
    chords = [
        chord(to_quarters(bar.start), to_quarters(bar.length), tuple(root + step for step in steps))
        for bar, (root, steps) in zip(bars, changes, strict=True)
    ]
    walked = on_beats(backing(chords, bars, seed)[0], bars)
    per_bar = len(bars[0].pulses)
    assert all(abs(after.pitch - before.pitch) <= 9 for before, after in pairwise(walked))
    for index in range(1, len(bars)):
        new_root = changes[index][0] % 12 != changes[index - 1][0] % 12
        approach, arrival = walked[index * per_bar - 1].pitch, walked[index * per_bar].pitch
        if new_root:
            assert abs(arrival - approach) in (1, 2) and arrival % 12 == changes[index][0] % 12


def test_the_ride_swings_and_the_foot_is_on_two_and_four():
    chords = [chord(0.0, 4.0, (50, 53, 57, 60))]
    _, drums = backing(chords, bars_of(40), seed=0)
    ride = [note for note in drums.music if note.pitch == 51]
    hat = [note for note in drums.music if note.pitch == 44]
    assert {note.onset % 48 for note in hat} == {12, 36}
    assert {note.onset % 12 for note in ride} == {0, 8}

    def mean(places):
        found = [note.velocity for note in ride if note.onset % 48 in places]
        return sum(found) / len(found)

    assert mean({12, 36}) > mean({0, 24}) + 5 > mean({20, 44}) + 10


@pytest.mark.parametrize("style", ["straight", "ballad", "bossa"])
def test_without_a_walk_the_bass_is_on_roots_and_fifths_and_short_notes_lead_to_a_new_root(style):
    chords = [chord(4.0 * index, 4.0, (48 + root, 52 + root, 55 + root)) for index, root in enumerate((0, 0, 5, 2) * 8)]
    bass = backing(chords, bars_of(32), 3, style, 6)[0].music
    assert len(bass) <= 32 * 4
    for note, after in pairwise(bass):
        degree = (note.pitch - sounding(chords, note).root) % 12
        leads = note.onset % 48 == 36 and abs(after.pitch - note.pitch) in (1, 2)
        assert degree in (0, 7) or leads
    vamp = backing(chords[:1], bars_of(32), 3, style, 6)[0].music
    assert [note.pitch % 12 for note in vamp if note.onset % 48 == 0].count(0) > 0.9 * 32


@pytest.mark.parametrize("meter", METERS)
@pytest.mark.parametrize("style", STYLES)
def test_every_style_keeps_to_the_places_of_every_meter(style, meter):
    pickup, rest = bar(0.0, 0.25, meter), bars_of(40, meter)
    bars = [pickup, *(each._replace(start=each.start + pickup.length) for each in rest)]
    chords = [chord(to_quarters(7 * number), 1.0, (48 + number % 12, 52 + number % 12)) for number in range(20)]
    allowed = may_be_struck(bars, 8)
    for part in backing(chords, bars, 0, style, 8):
        assert {note.onset for note in part.music} <= allowed
        assert part.name == "Drums" or {each.start for each in bars} <= {note.onset for note in part.music}
        assert len(part.music) <= 6 * sum(len(each.pulses) for each in bars)


def onsets(style: str, key: int, offbeat: int = 6, meter: tuple[int, int] = (4, 4)) -> set[int]:
    """Where a drum plays in a bar, of twenty."""
    bars = bars_of(20, meter)
    drums = backing([chord(0.0, 4.0, (50, 53, 57, 60))], bars, 0, style, offbeat)[1]
    return {note.onset % bars[0].length for note in drums.music if note.pitch == key}


def test_styles_have_their_drums():
    assert onsets("straight", 37) == {12, 36} and onsets("straight", 51) == {0, 6, 12, 18, 24, 30, 36, 42}
    assert onsets("bossa", 42) == {0, 6, 12, 18, 24, 30, 36, 42} and onsets("bossa", 37) == {0, 18, 36, 12, 30}
    assert {12, 36} <= onsets("ballad", 38) and onsets("ballad", 40) == {0, 24}
    assert {0, 20, 24} <= onsets("waltz", 51, 8, (3, 4)) and onsets("waltz", 36, 8, (3, 4)) == {0}
    assert onsets("swing", 36, 8) == {0, 12, 24, 36}
    assert onsets("swing", 44, 8, (5, 4)) == {12, 48} and onsets("swing", 44, 8, (7, 4)) == {12, 36, 60}
    assert onsets("straight", 51, 6, (6, 8)) == {0, 6, 12, 18, 24, 30}


@pytest.mark.parametrize("style", STYLES)
def test_comments_are_few_and_the_band_is_spare(style):
    drums = backing([chord(0.0, 4.0, (50, 53, 57, 60))], bars_of(100), 0, style, 8)[1].music
    layers = [layer for layer in style_of(style).drums if layer.chance < 1]
    for key in {layer.key for layer in layers} - {layer.key for layer in style_of(style).drums if layer.chance == 1}:
        assert 0 < sum(note.pitch == key for note in drums) < 40
    assert len(drums) / 100 < 20


def test_a_pattern_is_read_as_it_is_counted():
    seven = bar(0.0, 3.5, (7, 8))
    (group,) = groups(seven)
    assert group == [(0, 12), (12, 12), (24, 18)]
    assert [(place.start, place.is_held) for place in places("1 2&- 3+", group, 8)] == [
        (0, False),
        (20, True),
        (30, False),
        (36, False),
    ]
    assert places("1&", [(0, 6)], 8) == [] and off_beats(6, 8) == ()
    counts = {(4, 4): [4], (5, 4): [3, 2], (7, 4): [4, 3], (6, 4): [3, 3], (9, 4): [3, 2, 4], (12, 8): [4], (2, 2): [4]}
    for meter, expected in counts.items():
        assert list(map(len, groups(bar(0.0, 4 * meter[0] / meter[1], meter)))) == expected


@pytest.mark.parametrize("style", STYLES)
def test_patterns_fit_their_groups(style):
    found = style_of(style)
    for patterns in [found.bass, found.comping, *(layer.patterns for layer in found.drums)]:
        for size in (1, 2, 3, 4):
            group = [(12 * number, 12) for number in range(size)]
            for pattern in alternatives(patterns, group):
                starts = [place.start for place in places(pattern, group, 6)]
                assert starts == sorted(set(starts))
                assert patterns is not found.bass or starts[0] == 0  # each group is begun


def test_an_unknown_style_is_named():
    with pytest.raises(ValueError, match="no style 'polka'; there are swing, "):
        backing([chord(0.0, 1.0, (60, 64))], bars_of(1), 0, "polka")


def test_bars_without_a_chord_hold_the_one_before():
    held = backing([chord(0.0, 1.0, (50, 53, 57))], bars_of(6), seed=3)
    assert held == backing([chord(5.0, 1.0, (50, 53, 57))], bars_of(6), seed=3)  # before the first chord: the first
    downbeats = [note for note in held[0].music if note.onset % 48 == 0]
    assert len(downbeats) == 6 and all(note.pitch % 12 in (2, 5, 9) for note in downbeats)
    assert held[0].music[-1].pitch % 12 == 2  # it ends on the root


def test_another_seed_plays_other_notes():
    chords = [chord(4.0 * bar, 4.0, (50 + bar, 54 + bar, 57 + bar)) for bar in range(4)]
    assert backing(chords, bars_of(4), 0) != backing(chords, bars_of(4), 1)


def test_nothing_to_accompany_gives_no_parts():
    assert backing([], bars_of(4), 0) == []
    assert backing([chord(0.0, 1.0, ())], bars_of(4), 0) == []
    assert backing([chord(0.0, 1.0, (60, 64))], [], 0) == []
    assert backing([chord(0.0, 1.0, (60, 64))], [bar(0.0, 0.0)], 0) == []
