"""A bar is counted before the piece: whole, with what a pickup lacks, and nothing of the piece is lost by it."""

import io
from dataclasses import replace
from itertools import accumulate, pairwise

import mido
import pytest
from conftest import bar, chord, solo_of

from improvising.arranging import Arrangement, piece_of
from improvising.keeping import kept_of_piece
from music.notes import Note, Nuance
from music.piece import DRUM_CHANNEL, Part, Piece, Solo
from music.units import TICKS_PER_QUARTER
from writing.count_in import FIRST, OTHERS, STICKS, counted_in
from writing.midi import piece_bytes, played

COMMON, WALTZ, COMPOUND, CUT, FIVE = (4.0, (4, 4)), (3.0, (3, 4)), (3.0, (6, 8)), (4.0, (2, 2)), (5.0, (5, 4))
PICKUP = (1.0, (4, 4))
SHAPES = [
    # the bars, and where sticks are struck and loudly, in grid steps, and how many steps are counted
    ([COMMON] * 3, [0, 12, 24, 36], [0], 48),
    ([WALTZ] * 3, [0, 12, 24], [0], 36),
    ([COMPOUND] * 3, [0, 18], [0], 36),
    ([CUT] * 3, [0, 12, 24, 36], [0], 48),
    ([FIVE] * 2, [0, 12, 24, 36, 48], [0], 60),
    ([PICKUP, COMMON, COMMON], [0, 12, 24, 36, 48, 60, 72], [0, 48], 84),
    ([(0.5, (3, 4)), WALTZ, WALTZ], [0, 12, 24, 36, 48, 60], [0, 36], 66),
    ([(1.5, (6, 8)), COMPOUND, COMPOUND], [0, 18, 36], [0, 36], 54),
    ([WALTZ, COMMON, COMMON], [0, 12, 24, 36], [0], 48),  # as the commonest bar
]


def piece_in(shapes, drums=True, feel=True, count_in=True) -> Piece:
    """A piece in such bars: a chord and two notes in each, with drums or without."""
    starts = accumulate((length for length, _ in shapes), initial=0.0)
    bars = [bar(start, *shape) for start, shape in zip(starts, shapes, strict=False)]
    notes = [Note(one.start + at, 3, 60 + at, 80) for one in bars for at in (0, 3)]
    solo = solo_of(bars, notes, [chord(one.start / 12, one.length / 12, (48, 52, 55)) for one in bars])
    if feel:
        nuances = [[Nuance(0.0125 * one.onset, 0.2) for one in in_bar] for in_bar in solo.notes_by_bar]
        solo = replace(solo, nuances_by_bar=nuances)
    return piece_of(solo, "Counted", Arrangement(120.0, band=drums, count_in=count_in, swing=0.6))


@pytest.mark.parametrize("drums", [True, False])
@pytest.mark.parametrize(("shapes", "sticks", "loud", "steps"), SHAPES)
def test_a_bar_is_counted_and_what_a_pickup_lacks(shapes, sticks, loud, steps, drums):
    piece = piece_in(shapes, drums)
    heard, counted = counted_in(piece)
    (part,) = [part for part in heard.parts if part.channel == DRUM_CHANNEL]
    strokes = [note for note in part.music if note.onset < steps]
    assert counted == steps and [note.onset for note in strokes] == sticks
    assert all(note.pitch == STICKS and note.end <= steps for note in strokes)
    assert [note.velocity for note in strokes] == [FIRST if note.onset in loud else OTHERS for note in strokes]
    assert len(part.music) == len(sticks) + (len(piece.parts[-1].music) if drums else 0)


@pytest.mark.parametrize("feel", [True, False])
@pytest.mark.parametrize("drums", [True, False])
@pytest.mark.parametrize("shapes", [shapes for shapes, *_ in SHAPES])
def test_all_else_is_heard_as_it_was_only_later(shapes, drums, feel):
    piece = piece_in(shapes, drums, feel)
    heard, steps = counted_in(piece)
    late = steps * TICKS_PER_QUARTER // 12
    for before, after in zip(piece.parts, heard.parts, strict=False):
        moved = [(start + late, end + late, key, velocity) for start, end, key, velocity in sorted(played(before))]
        assert [stroke for stroke in sorted(played(after)) if stroke[0] >= late] == moved
    for name in ("notes", "chords"):
        own, found = getattr(piece.solo, name), getattr(heard.solo, name)
        assert found == [one._replace(onset=one.onset + steps) for one in own]
    assert heard.solo.nuances_by_bar[1:] == piece.solo.nuances_by_bar and (heard.tempo, heard.title) == (
        piece.tempo,
        piece.title,
    )
    bars = heard.solo.bars
    assert all(one.end == after.start for one, after in pairwise(bars)) and not any(one.lacking for one in bars[:-1])
    assert len(bars) == len(piece.solo.bars) + 1 == len(heard.solo.notes_by_bar) == len(heard.solo.chords_by_bar)
    kept = kept_of_piece(piece, range(1, len(shapes) + 1), piece.solo.bars)
    assert [kept[number].notes for number in range(len(shapes))] == piece.solo.notes_by_bar


def test_the_file_s_bar_lines_are_where_the_bars_begin():
    head, *tracks = mido.MidiFile(file=io.BytesIO(piece_bytes(piece_in([PICKUP, WALTZ, WALTZ])))).tracks
    ticks = accumulate(message.time for message in head)
    meters = [(tick, one.numerator) for tick, one in zip(ticks, head, strict=True) if one.type == "time_signature"]
    assert meters == [(0, 3), (3 * 480, 4), (7 * 480, 3)]
    solo = next(track for track in tracks if track.name == "Solo")
    assert sum(message.time for message in solo[:5]) == 6 * 480  # the pickup is the second bar's last quarter
    assert [track.name for track in tracks] == ["Solo", "Chords", "Bass", "Drums"]


def test_without_a_count_in_or_without_bars_the_piece_stays():
    for piece in (piece_in([COMMON], count_in=False), Piece("", 120.0, Solo([], [], []), [], count_in=True)):
        assert counted_in(piece) == (piece, 0)
    one = piece_in([PICKUP])  # a bar alone is no pickup
    assert counted_in(one)[1] == 12 and isinstance(counted_in(one)[0].parts[-1], Part)
