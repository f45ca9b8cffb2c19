from itertools import accumulate, pairwise

from conftest import bar, chord
from hypothesis import given, settings
from hypothesis import strategies as st

from improvising.backing import HIGHEST, LOWEST, backing
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


def sounding(chords: list[Chord], note: Note) -> Chord:
    return [chords[0], *(chord for chord in chords if chord.onset <= note.onset)][-1]


@given(chord_lists(), bar_lists(), st.integers(0, 99))
@settings(deadline=None, max_examples=120)
def test_every_note_is_on_the_grid_in_its_bar_and_soft(chords, bars, seed):
    parts = backing(chords, bars, seed)
    assert [(part.name, part.program, part.channel) for part in parts] == [("Bass", 32, 2), ("Drums", 0, 9)]
    for part in parts:
        assert part.music == sorted(part.music, key=lambda note: note.onset)
        for note in part.music:
            assert type(note.onset) is type(note.duration) is int and note.duration >= 1
            bar = next(bar for bar in reversed(bars) if bar.start <= note.onset)
            assert note.end <= bar.end
            assert 30 <= note.velocity < 70
    assert {note.pitch for note in parts[1].music} <= {51, 44}
    assert backing(chords, bars, seed) == parts


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
