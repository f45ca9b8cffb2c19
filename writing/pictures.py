"""Pictures of a run as PNG files: the piano roll of a solo, and how the loss fell.

Left to others: the page that plays (`writing/page.py`, which takes palette and names from here), the engraved score,
and what a chord is called. Conventions: times in grid steps from the start of the piece, pitches as MIDI numbers. A
system is a row of bars, as on paper. Pictures hold neither date nor version: the same music gives the same bytes on one
machine.
"""

import io
import warnings
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from music.notes import Bar, Chord, pitch_name
from music.piece import Piece
from music.units import GRID

# Okabe and Ito's palette keeps apart for every kind of colour vision; `TYPE_FILLS` tells the same in grey.
TYPE_COLOURS = {"C": "#0072B2", "S": "#009E73", "A": "#E69F00", "X": "#CC79A7"}
TYPE_NAMES = {"C": "chord tone", "S": "scale tone", "A": "approach tone", "X": "other tone"}
TYPE_FILLS = {"C": "solid", "S": "hollow", "A": "striped", "X": "crossed"}

INK, FAINT, FAINTER, SHADE, PALE_GREEN = "#1B1B1F", "#8A8A92", "#D9D9DE", "#F1F1F4", "#E3F4EE"
BLACK_KEYS = (1, 3, 6, 8, 10)
DPI = 110
WIDTH = 12.0  # inches, as all measures of the layout below
LEFT, RIGHT, TOP, BOTTOM = 0.55, 0.2, 1.0, 0.3
SEMITONE = 0.065
ABOVE, BELOW = 0.42, 0.16  # above a system: chord names and bar numbers; below it: air


class Box(NamedTuple):
    """A rectangle of the piano roll: `onset` and `length` in grid steps, `pitch`, `type`, and the `system` it is in."""

    onset: int
    length: int
    pitch: int
    type: str
    system: int


def piano_roll_png(piece: Piece) -> bytes:
    """The solo as a piano roll in systems, its chords' symbols above, as a PNG.

    A name that would run into another is left out, and so is one that was said last in its row; its chord keeps a
    tick. A piece without notes or without bars is a picture that says so.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a title may hold a letter that the font lacks: it becomes a box
        return png_bytes(piano_roll(piece)[0])


def training_png(losses: list[float], reference: float | None = None, held_losses: Sequence[float] = ()) -> bytes:
    """The loss, summed over the steps of a window, after each epoch from 1 on, as a PNG.

    `reference` is where the original ends after 100 epochs on the same tune, None on any other. The scale is
    logarithmic, because the end is what is compared. No losses give the reference alone, or nothing. `held_losses` are
    those of what was held out; the network is that of the least of them.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    figure = Figure(figsize=(8, 4.5), dpi=DPI, facecolor="white")
    axes = figure.add_axes((0.09, 0.125, 0.87, 0.755))
    epochs = [epoch for epoch, loss in enumerate(losses, 1) if 0 < loss < float("inf")]
    drawn = [losses[epoch - 1] for epoch in epochs]
    axes.set_yscale("log")
    axes.set_xlim(0, max(105 if reference else 1, len(losses) * 1.05))
    heights = [*drawn, *held_losses, *([reference, reference * 4] if reference else [])] or [1.0]
    axes.set_ylim(min(heights) / 1.6, max(heights) * 1.6)
    if reference:
        axes.axhline(reference, color=TYPE_COLOURS["A"], linewidth=1.5, linestyle=(0, (5, 3)))
        axes.plot([100], [reference], "D", markersize=8, markerfacecolor="white", markeredgecolor=INK)
        text = f"the original after 100 epochs: {reference:g}"
        axes.annotate(text, (100, reference), (0, 11), textcoords="offset points", ha="right", color=INK, fontsize=10)
    if len(held_losses):
        _draw_held(axes, held_losses)
    if drawn:
        axes.plot(epochs, drawn, color=TYPE_COLOURS["C"], linewidth=2.2)
        axes.plot(epochs[-1:], drawn[-1:], "o", markersize=7, color=TYPE_COLOURS["C"])
        # Right of its point, where the curve does not come from, as far as there is room; but not on top of the
        # reference's own text, which stands above the line.
        has_room = bool(reference) and epochs[-1] < 70 or epochs[-1] < 0.7 * len(losses)
        below = not reference or drawn[-1] < reference * 1.6
        away = (10, -28 if below else -4) if has_room else (0, -20 if below else 11)
        style = {"textcoords": "offset points", "ha": "left" if has_room else "right", "color": INK}
        text = f"after {epochs[-1]} epoch{'s' * (epochs[-1] > 1)}: {drawn[-1]:.2f}"
        axes.annotate(text, (epochs[-1], drawn[-1]), away, fontsize=10, weight="bold", **style)
    else:
        axes.text(0.5, 0.6, "nothing was learned", transform=axes.transAxes, ha="center", color=INK, fontsize=12)
    axes.set_title("How the loss fell", loc="left", fontsize=14, weight="bold", color=INK)
    axes.set_xlabel("epoch", fontsize=10, color=INK)
    axes.set_ylabel("loss, summed over the steps of a window", fontsize=10, color=INK)
    axes.xaxis.set_major_locator(MaxNLocator(10, steps=[1, 2, 5, 10], integer=True))
    axes.yaxis.set_major_locator(LogLocator(10, subs=(1, 2, 5), numticks=20))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="y", color=FAINTER, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return png_bytes(figure)


def _draw_held(axes, losses: Sequence[float]) -> None:
    """The loss of what was held out, and where it is least."""
    least = min(losses)
    best = list(losses).index(least) + 1
    axes.plot(range(1, len(losses) + 1), losses, color=TYPE_COLOURS["A"], linewidth=2.2)
    axes.plot([best], [least], "D", markersize=8, markerfacecolor="white", markeredgecolor=INK)
    text = f"held out: least after {best} epoch{'s' * (best > 1)}, {least:.2f}"
    place = {"textcoords": "offset points", "ha": "center" if best < 0.7 * len(losses) else "right"}
    axes.annotate(text, (best, least), (0, 13), color=INK, fontsize=10, **place)


def systems(bars: list[Bar]) -> list[list[Bar]]:
    """The bars of each row: four, which is a phrase, or six where four would make more than six rows."""
    per_row = 4 if len(bars) <= 24 else 6
    return [bars[first : first + per_row] for first in range(0, len(bars), per_row)]


def note_boxes(piece: Piece) -> list[Box]:
    """A rectangle for each note of the solo, in order; a note that is held over the end of a system gives one for each.

    The lengths of a note's boxes add up to its own; what is held over the last bar stays in the last system.
    """
    starts = [system[0].start for system in systems(piece.solo.bars)]
    boxes = []
    for note, kind in zip(piece.solo.notes, piece.solo.types, strict=True):
        system = max((number for number, start in enumerate(starts) if start <= note.onset), default=0)
        onset, end = note.onset, note.end
        for line in starts[system + 1 :]:
            if line >= end:
                break
            boxes.append(Box(onset, line - onset, note.pitch, kind, system))
            onset, system = line, system + 1
        boxes.append(Box(onset, end - onset, note.pitch, kind, system))
    return boxes


def pitch_range(piece: Piece) -> tuple[int, int]:
    """The lowest and highest MIDI pitch that a roll shows: a tone around the solo, and an octave at least."""
    pitches = [note.pitch for note in piece.solo.notes] or [66]
    low, high = min(pitches) - 2, max(pitches) + 2
    missing = max(0, 12 - (high - low))
    return low - missing // 2, high + missing - missing // 2


def named_pitches(low: int, high: int) -> list[int]:
    """The pitches that an axis names: C, E and G; C and G over more than three octaves; C over more than five."""
    classes = (0, 4, 7) if high - low <= 36 else (0, 7) if high - low <= 60 else (0,)
    return [pitch for pitch in range(low, high + 1) if pitch % 12 in classes]


class Layout:
    """Where everything of a piano roll is, in inches: `rows` of bars, pitches from `low` to `high`, its `height`."""

    def __init__(self, piece: Piece):
        self.rows, (self.low, self.high) = systems(piece.solo.bars), pitch_range(piece)
        self.staff = (self.high - self.low + 1) * SEMITONE
        self.height = TOP + max(1, len(self.rows)) * (ABOVE + self.staff + BELOW) + BOTTOM
        longest = max((row[-1].end - row[0].start for row in self.rows), default=16 * GRID)
        self.step = (WIDTH - LEFT - RIGHT) / longest

    def x(self, onset: float, system: int) -> float:
        return LEFT + (onset - self.rows[system][0].start) * self.step

    def y(self, pitch: float, system: int) -> float:
        top = self.height - TOP - (system + 1) * (ABOVE + self.staff) - system * BELOW
        return top + (pitch - self.low) * SEMITONE


class Lines(NamedTuple):
    """What is drawn under the notes, collected because a line by itself costs more: corners, and pairs of ends."""

    shades: list
    beats: list
    edges: list
    bars: list


def piano_roll(piece: Piece):
    """The matplotlib Figure of a piano roll, and its boxes; see `piano_roll_png`.

    One pair of axes in inches holds everything, because a pair for each system would cost more than all its notes. Each
    type's boxes are one collection, labelled with the type.
    """
    from matplotlib.collections import LineCollection, PolyCollection
    from matplotlib.figure import Figure

    layout = Layout(piece)
    boxes = note_boxes(piece) if layout.rows else []
    figure = Figure(figsize=(WIDTH, layout.height), dpi=DPI, facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(0, layout.height))
    axes.set_axis_off()

    def write(left, bottom, text, **style):
        axes.text(left, bottom, text, **({"color": INK, "fontsize": 9, "parse_math": False} | style))

    write(LEFT, layout.height - 0.42, _shortened(piece.title, 90), fontsize=15, weight="bold")
    _draw_legend(axes, write, piece, layout.height - 0.8)
    if not boxes:
        middle = layout.y((layout.low + layout.high) / 2, 0)
        place = {"ha": "center", "va": "center", "backgroundcolor": "white"}
        write(WIDTH / 2, middle, "the solo has no notes", fontsize=12, **place)
    lines = Lines([], [], [], [])
    for system in range(len(layout.rows)):
        _draw_system(layout, system, piece, write, lines)
    axes.add_collection(PolyCollection(lines.shades, facecolor=SHADE, edgecolor="none"))
    axes.add_collection(LineCollection(lines.beats, colors=FAINTER, linewidths=0.8))
    axes.add_collection(LineCollection(lines.edges, colors=FAINT, linewidths=0.6))
    axes.add_collection(LineCollection(lines.bars, colors=INK, linewidths=1.1))
    for kind in TYPE_COLOURS:
        axes.add_collection(_filled([_corners_of(box, layout) for box in boxes if box.type == kind], kind))
    return figure, boxes


def _draw_system(layout: Layout, system: int, piece: Piece, write, lines: Lines) -> None:
    """A row of bars without its notes: keys, bar and beat lines, numbers and chord names."""
    row = layout.rows[system]
    left, right = layout.x(row[0].start, system), layout.x(row[-1].end, system)
    bottom, top = layout.y(layout.low, system), layout.y(layout.high + 1, system)
    for pitch in range(layout.low, layout.high + 1):
        if pitch % 12 in BLACK_KEYS:
            lines.shades.append(_corners(left, layout.y(pitch, system), right, layout.y(pitch + 1, system)))
    for pitch in named_pitches(layout.low, layout.high):
        middle = layout.y(pitch + 0.5, system)
        write(left - 0.08, middle, pitch_name(pitch), ha="right", va="center", fontsize=7.5)
        if pitch % 12 == 0:
            lines.edges.append([(left, layout.y(pitch, system)), (right, layout.y(pitch, system))])
    lines.edges.extend([(left, edge), (right, edge)] for edge in (bottom, top))
    for bar in row:
        place = layout.x(bar.start, system)
        lines.bars.append([(place, bottom), (place, top + 0.1)])
        number = piece.solo.bars.index(bar) + 1
        write(place + 0.04, top + 0.03, str(number), fontsize=7.5, color="#5C5C66")
        for line in accumulate(bar.beats[:-1]):
            place = layout.x(bar.start + line, system)
            lines.beats.append([(place, bottom), (place, top)])
    lines.bars.append([(right, bottom), (right, top + 0.1)])
    _draw_chord_names(write, lines.bars, piece.solo.chords, row, top, lambda onset: layout.x(onset, system))


def _corners_of(box: Box, layout: Layout) -> list[tuple[float, float]]:
    # A hair of air on the right keeps a note from the one that follows on the same pitch.
    left = layout.x(box.onset, box.system)
    right = max(layout.x(box.onset + box.length, box.system) - 0.015, left + 0.02)
    return _corners(left, layout.y(box.pitch, box.system), right, layout.y(box.pitch + 1, box.system))


def _draw_chord_names(write, bar_lines: list, chords: list[Chord], row: list[Bar], top: float, x) -> None:
    """The names over a system, above its bar numbers, each with a tick at its onset; those on bar lines come first. A
    chord that goes on, or is struck again, has only the tick; a row begins with a name."""
    first, end = row[0].start, row[-1].end
    on_line = {bar.start for bar in row}
    taken = []
    named, before = [], ""
    for chord in chords:
        if first <= chord.onset < end:
            named.append((chord.onset, "" if named and chord.symbol == before else chord.symbol))
        before = chord.symbol
    for onset, name in sorted(named, key=lambda pair: (pair[0] not in on_line, pair[0])):
        bar_lines.append([(x(onset), top), (x(onset), top + 0.06)])
        width = 0.12 * len(name)  # about what bold letters of this size take
        left = min(x(onset), WIDTH - 0.05 - width)
        if name and all(left >= until + 0.1 or left + width + 0.1 <= since for since, until in taken):
            write(left, top + 0.19, name, fontsize=10.5, weight="bold")
            taken.append((left, left + width))


def _draw_legend(axes, write, piece: Piece, bottom: float) -> None:
    left = LEFT
    for kind, name in TYPE_NAMES.items():
        axes.add_collection(_filled([_corners(left, bottom, left + 0.3, bottom + 0.13)], kind))
        text = f"{kind}  {name}, {piece.solo.types.count(kind)}"
        write(left + 0.38, bottom, text)
        left += 0.75 + 0.075 * len(text)
    bars = "1 bar" if len(piece.solo.bars) == 1 else f"{len(piece.solo.bars)} bars"
    write(WIDTH - RIGHT, bottom, f"{bars}, {piece.tempo:g} quarters a minute", ha="right", color="#5C5C66")


def _filled(corners: list, kind: str):
    from matplotlib.collections import PolyCollection

    colour, fill = TYPE_COLOURS[kind], TYPE_FILLS[kind]
    style = {"facecolor": colour, "edgecolor": INK, "linewidth": 0.7, "zorder": 3, "label": kind}
    if fill == "hollow":
        style |= {"facecolor": PALE_GREEN, "edgecolor": colour, "linewidth": 1.7}
    hatch = {"striped": "/////", "crossed": "xxxx"}.get(fill)
    return PolyCollection(corners, hatch=hatch, **style)


def _corners(left: float, bottom: float, right: float, top: float) -> list[tuple[float, float]]:
    return [(left, bottom), (left, top), (right, top), (right, bottom)]


def _shortened(text: str, length: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1] + "…"


def png_bytes(figure) -> bytes:
    """A figure of matplotlib's as a PNG at its own resolution; the same figure gives the same bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    content = io.BytesIO()
    FigureCanvasAgg(figure).print_png(content, metadata={"Software": None})
    return content.getvalue()
