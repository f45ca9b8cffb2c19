from itertools import accumulate, pairwise

from conftest import bar, chord
from hypothesis import given, settings
from hypothesis import strategies as st

from improvising.backing import HIGHEST, LOWEST, backing, beat_steps, chord_root
from music.notes import GRID, Chord, Note, from_grid, to_grid
from music.piece import Bar, Part

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
    offsets = draw(st.lists(st.integers(0, 36 * GRID), min_size=1, max_size=25, unique=True))
    pitches = st.lists(st.integers(40, 76), min_size=1, max_size=6, unique=True).map(tuple)
    return [chord(from_grid(offset), 1.0, draw(pitches)) for offset in sorted(offsets)]


def bars_of(count: int, meter: tuple[int, int] = (4, 4)) -> list[Bar]:
    length = 4 * meter[0] / meter[1]
    return [bar(index * length, length, meter) for index in range(count)]


def on_beats(bass: Part, bars: list[Bar]) -> list[Note]:
    """The bass notes that start on a beat."""
    beats = {to_grid(bar.start) + step for bar in bars for step in accumulate([0, *beat_steps(bar)[:-1]])}
    return [note for note in bass.music if note.onset in beats]


def sounding(chords: list[Chord], note: Note) -> Chord:
    return [chords[0], *(chord for chord in chords if chord.onset <= note.onset)][-1]


@given(chord_lists(), bar_lists(), st.integers(0, 99))
@settings(deadline=None, max_examples=120)
def test_every_note_is_on_the_grid_in_its_bar_and_soft(chords, bars, seed):
    parts = backing(chords, bars, seed)
    assert [(part.name, part.program, part.channel) for part in parts] == [("Bass", 32, 2), ("Drums", 0, 9)]
    for part in parts:
        assert part.music == sorted(part.music, key=lambda note: note.offset)
        for note in part.music:
            onset, length = note.offset * GRID, note.quarter_length * GRID
            assert abs(onset - round(onset)) < 1e-6 and abs(length - round(length)) < 1e-6 and length > 0.5
            bar = next(bar for bar in reversed(bars) if to_grid(bar.start) <= round(onset))
            assert round(onset + length) <= to_grid(bar.start + bar.length)
            assert 30 <= note.velocity < 70
    assert {note.pitch for note in parts[1].music} <= {51, 44}
    assert backing(chords, bars, seed) == parts


@given(chord_lists(), bar_lists(), st.integers(0, 99))
@settings(deadline=None, max_examples=120)
def test_the_bass_walks(chords, bars, seed):
    bass, _ = backing(chords, bars, seed)
    walked = on_beats(bass, bars)
    assert len(walked) == sum(len(beat_steps(bar)) for bar in bars)
    assert all(LOWEST <= note.pitch <= HIGHEST for note in walked)
    roots = [chord_root(sounding(chords, note).pitches) for note in walked]
    assert walked[0].pitch % 12 == roots[0]
    for (before, after), (old, new) in zip(pairwise(walked), pairwise(roots), strict=True):
        assert 1 <= abs(after.pitch - before.pitch) <= 12  # a repeated pitch never, beyond the octave never
        if new != old:
            assert after.pitch % 12 == new
    downbeats = {to_grid(bar.start) for bar in bars}
    for note in walked:
        if note.onset in downbeats:
            assert note.pitch % 12 in {pitch % 12 for pitch in sounding(chords, note).pitches}
    for first, second in pairwise(bass.music):
        assert to_grid(first.offset + first.quarter_length) <= second.onset  # one string at a time


@given(
    st.lists(st.tuples(st.integers(48, 59), st.sampled_from(SEVENTH_CHORDS)), min_size=2),
    st.sampled_from([(4, 4), (3, 4), (5, 4), (12, 8), (7, 8)]),
    st.integers(0, 99),
)
@settings(deadline=None, max_examples=60)
def test_a_chord_a_bar_is_approached_by_step_and_without_leaps(changes, meter, seed):
    bars = bars_of(len(changes), meter)
    chords = [
        chord(bar.start, bar.length, tuple(root + step for step in steps))
        for bar, (root, steps) in zip(bars, changes, strict=True)
    ]
    walked = on_beats(backing(chords, bars, seed)[0], bars)
    per_bar = len(beat_steps(bars[0]))
    assert all(abs(after.pitch - before.pitch) <= 9 for before, after in pairwise(walked))
    for index in range(1, len(bars)):
        new_root = changes[index][0] % 12 != changes[index - 1][0] % 12
        approach, arrival = walked[index * per_bar - 1].pitch, walked[index * per_bar].pitch
        if new_root:
            assert abs(arrival - approach) in (1, 2) and arrival % 12 == changes[index][0] % 12


def test_the_meter_makes_the_beats():
    beats = {(4, 4): [12] * 4, (3, 4): [12] * 3, (6, 8): [18] * 2, (5, 4): [12] * 5, (7, 8): [12, 12, 18], (3, 8): [18]}
    for meter, steps in beats.items():
        assert beat_steps(bar(0.0, 4 * meter[0] / meter[1], meter)) == steps
    assert beat_steps(bar(0.0, 1.5, (4, 4))) == [12, 6]  # an upbeat
    assert beat_steps(bar(0.0, 4.0, (6, 8))) == [18, 18, 12]  # longer than its meter
    assert beat_steps(bar(0.0, 4.0, (32, 32))) == [12] * 4  # a thirty-second is not on the grid


def test_the_root_stacks_in_thirds():
    examples = {
        (48, 52, 55, 59): 0,  # C major 7
        (52, 55, 60): 0,  # C over its third
        (57, 59, 62, 66): 11,  # B minor 7 over its seventh
        (48, 52, 55, 57): 0,  # C6
        (57, 60, 64, 67): 9,  # A minor 7, the same four
        (50, 57, 61, 64, 66): 2,  # D major 9
        (53, 59, 62): 11,  # B diminished over its fifth
        (60,): 0,
        (55, 60): 0,  # a fourth is a fifth turned over
    }
    assert {pitches: chord_root(pitches) for pitches in examples} == examples


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
