import math
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from functools import cache

import pytest
from conftest import ROOT, bar, chord, note, solo_of
from hypothesis import given, settings
from hypothesis import strategies as st

from music.notes import Chord, Note
from music.piece import Piece, Solo, lay_out
from music.units import to_quarters, to_steps
from preprocess import read_tune
from writing.pictures import (
    LEFT,
    RIGHT,
    WIDTH,
    Box,
    note_boxes,
    piano_roll,
    piano_roll_png,
    systems,
    training_png,
)

PNG = b"\x89PNG\r\n\x1a\n"


@cache
def our_piece(n_bars: int | None = None) -> Piece:
    """The solo of our own tune, from its first bar, over its chords."""
    solo = read_tune(ROOT / "data/our_tune.mid").solo
    first = Solo(solo.bars[:n_bars], solo.notes_by_bar[:n_bars], solo.chords_by_bar[:n_bars])
    return Piece("A solo after our tune", 130, first)


def piece_with(n_bars: int, notes: Iterable[Note] = (), chords: Iterable[Chord] = ()) -> Piece:
    """A piece in 4/4 with these notes and chords, told from its start."""
    return Piece("Nothing", 120, solo_of([bar(4.0 * number, 4.0) for number in range(n_bars)], notes, chords))


def empty_piece(n_bars: int) -> Piece:
    return piece_with(n_bars)


def long_piece() -> Piece:
    solo = our_piece(16).solo
    four_times = Solo(lay_out(solo.bars * 4), solo.notes_by_bar * 4, solo.chords_by_bar * 4)
    return replace(our_piece(16), solo=four_times)


def box(offset: float, quarter_length: float, pitch: int, kind: str, system: int) -> Box:
    """A rectangle whose times are told in quarters."""
    return Box(to_steps(offset), to_steps(quarter_length), pitch, kind, system)


def test_a_note_held_over_a_systems_end_is_in_both_by_hand():
    # Over a chord for a bar it is a chord tone; the other bars have none.
    piece = piece_with(8, [note(2.0, 1.5, 60), note(15.0, 3.0, 62)], [chord(0.0, 4.0, (48, 52, 55))])
    assert note_boxes(piece) == [box(2.0, 1.5, 60, "C", 0), box(15.0, 1.0, 62, "X", 0), box(16.0, 2.0, 62, "X", 1)]


NOTES = st.builds(Note, st.integers(0, 1100), st.integers(1, 480), st.integers(0, 127))
VOICINGS = st.sampled_from([(48, 52, 55, 59), (50, 53, 57), (61, 68)])
CHORDS = st.builds(chord, st.integers(0, 90), st.integers(1, 4), VOICINGS)


@settings(deadline=None)
@given(st.lists(NOTES, max_size=12), st.lists(CHORDS, max_size=12), st.integers(1, 30))
def test_boxes_add_up_to_the_notes(notes, chords, n_bars):
    piece = piece_with(n_bars, notes, sorted(chords, key=lambda chord: chord.onset))
    assert sorted(piece.solo.notes) == sorted(notes)
    boxes = iter(note_boxes(piece))
    rows = [(row[0].start, row[-1].end) for row in systems(piece.solo.bars)]
    for played, kind in zip(piece.solo.notes, piece.solo.types, strict=True):
        place = played.onset
        while place < played.end:
            box = next(boxes)
            assert (box.onset, box.pitch, box.type) == (place, played.pitch, kind)
            assert rows[box.system][0] <= place
            assert box.onset + box.length <= rows[box.system][1] or box.system == len(rows) - 1
            place = box.onset + box.length
        assert place == played.end
    assert next(boxes, None) is None


def test_what_is_drawn_is_the_piece():
    piece = our_piece(8)
    figure, boxes = piano_roll(piece)
    axes = figure.axes[0]
    # A type's legend swatch is a collection of its own, before its notes.
    drawn = {kind: [c for c in axes.collections if c.get_label() == kind][1] for kind in "CSAX"}
    quarter = (WIDTH - LEFT - RIGHT) / 16
    bottoms = {}
    for kind, collection in drawn.items():
        wanted = [box for box in boxes if box.type == kind]
        assert len(collection.get_paths()) == len(wanted) >= (kind == "C")
        for path, box in zip(collection.get_paths(), wanted, strict=True):
            (left, bottom), (right, _) = path.vertices.min(axis=0), path.vertices.max(axis=0)
            assert left == pytest.approx(LEFT + (to_quarters(box.onset) - 16 * box.system) * quarter)
            assert right - left == pytest.approx(to_quarters(box.length) * quarter, abs=0.021)
            bottoms.setdefault(box.system, {})[box.pitch] = bottom
    for heights in bottoms.values():
        low = min(heights)
        assert all(height == pytest.approx(heights[low] + 0.065 * (pitch - low)) for pitch, height in heights.items())
    assert len(boxes) == len(piece.solo.notes) and {box.system for box in boxes} == {0, 1}


@pytest.mark.parametrize("n_bars", [1, 18, 64])
def test_no_text_runs_into_another_or_off_the_picture(n_bars):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    piece = long_piece() if n_bars == 64 else our_piece(n_bars)
    figure, _ = piano_roll(piece)
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in figure.axes[0].texts]
    for number, (text, box) in enumerate(boxes):
        assert box.x0 >= 0 and box.x1 <= figure.bbox.x1 and box.y0 >= 0 and box.y1 <= figure.bbox.y1, text
        assert not [(text, other) for other, place in boxes[:number] if box.overlaps(place)]


def test_every_name_is_there_where_there_is_room_and_those_on_bar_lines_where_there_is_not():
    def drawn(offsets):
        chords = [chord(offset, 0.25, (60, 64))._replace(symbol=f"Cm7 {offset:g}") for offset in offsets]
        figure, _ = piano_roll(piece_with(4, chords=chords))
        return [float(text.get_text()[4:]) for text in figure.axes[0].texts if text.get_text().startswith("Cm7 ")]

    assert sorted(drawn([0, 2, 4, 6, 14])) == [0, 2, 4, 6, 14]
    assert drawn([3.75, 4.0, 4.25]) == [4.0]


@pytest.mark.parametrize("n_bars", [0, 1, 18])
def test_a_solo_without_notes_is_said_to_have_none(n_bars):
    piece = empty_piece(n_bars)
    assert piano_roll_png(piece).startswith(PNG)
    figure, boxes = piano_roll(piece)
    assert boxes == []
    assert "the solo has no notes" in [text.get_text() for text in figure.axes[0].texts]


@pytest.mark.filterwarnings("error")
def test_a_title_is_text_and_nothing_else():
    for title in ("$x_{", "<b> & \\frac", "独奏", "long " * 60, ""):
        assert piano_roll_png(replace(our_piece(1), title=title)).startswith(PNG)


def test_the_same_piece_gives_the_same_bytes_without_date_or_version():
    one, two = ((piano_roll_png(our_piece(4)), training_png([20.0, 10.0])) for _ in range(2))
    assert one == two and one[0] != one[1]
    assert not any(chunk in content for content in one for chunk in (b"tEXt", b"iTXt", b"tIME"))


@settings(deadline=None, max_examples=10)
@given(st.lists(st.one_of(st.floats(0.01, 1e4), st.just(math.nan), st.just(0.0)), max_size=150))
def test_any_losses_can_be_drawn(losses):
    assert training_png(losses).startswith(PNG)


def test_the_losses_and_the_originals_end_are_in_the_picture(monkeypatch):
    from matplotlib.figure import Figure

    seen, add_axes = [], Figure.add_axes
    monkeypatch.setattr(Figure, "add_axes", lambda *args, **kwargs: seen.append(add_axes(*args, **kwargs)) or seen[-1])
    losses = [120.0, 60.0, 30.0]
    training_png(losses, reference=7.5)
    points = [list(zip(*line.get_data(), strict=True)) for line in seen[0].lines]
    assert [(1, 120.0), (2, 60.0), (3, 30.0)] in points and [(100, 7.5)] in points
    texts = [text.get_text() for text in seen[0].texts]
    assert texts == ["the original after 100 epochs: 7.5", "after 3 epochs: 30.00"]
    assert seen[0].get_ylim()[0] < 7.5 < 120 < seen[0].get_ylim()[1]


def test_matplotlib_waits_until_something_is_drawn_and_pyplot_is_never_needed(tmp_path):
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r});"
        "from writing import pictures; early = 'matplotlib' in sys.modules;"
        "pictures.training_png([9.0]); print(early, 'matplotlib.pyplot' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert ran.stdout == "False False\n", ran.stderr
