"""Draw the README's three diagrams: training.png, sampling.png and pipeline.png.

    python images/draw_diagrams.py

writes them beside this file, byte for byte the same each time on one release of matplotlib. It reads no music
and no model: the figures in the pictures (78 values, 30 steps, 64 units, ...) are written out here.

Conventions: a picture is 800 units wide, one unit is one pixel at 800 px, x runs to the right and y down;
font sizes are in the same unit. The files have twice that resolution. Colours are Okabe and Ito's, which the
colour-blind too can tell apart; the parts of the network have the same ones in all three pictures.
"""

from pathlib import Path

# ---- what may be changed -----------------------------------------------------------------------------------
WIDTH = 800  # units, and pixels at normal resolution
SCALE = 2  # file pixels per unit: 2 stays sharp on a high-density screen

BLUE = "#0072B2"  # values of the grammar and melody notes
ORANGE = "#E69F00"  # the LSTM
GREEN = "#009E73"  # the softmax layer and its probabilities
RED = "#D55E00"  # what decides: the targets and the loss, the draw
PURPLE = "#CC79A7"  # the state (a, c) handed from step to step
SKY = "#56B4E9"  # chords
INK, GREY, PALE = "#222222", "#5A5A5A", "#C8C8C8"  # text, lesser text, guide lines

TITLE, HEAD, BODY, SMALL = 18, 14, 13, 12  # font sizes; below 12 is hard to read at 800 px


# ---- pens --------------------------------------------------------------------------------------------------
def canvas(height):
    """Return an empty white picture and its axes, WIDTH x `height` units."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH / 100, height / 100), dpi=100, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(height, 0)  # y runs down
    axes.axis("off")
    return figure, axes


def tint(colour, strength=0.16):
    """Mix a '#RRGGBB' colour with white: tint('#000000', 0.2) == '#cccccc'."""
    channels = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(255 - (255 - channel) * strength):02x}" for channel in channels)


def write(axes, x, y, text, size=BODY, colour=INK, align="center", bold=False, mono=False):
    """Write text, one line or several, with its middle at height y; `align` is the side that stands at x."""
    # Many parameters: every text of the pictures is written here, each in a look of its own.
    family = "DejaVu Sans Mono" if mono else "DejaVu Sans"  # both come with matplotlib
    lines = text.split("\n")
    for i, line in enumerate(lines):
        # Each line is set by its base line: the middle of a text depends on whether it has a "p" or a "t".
        base = y + size * (0.36 + 1.4 * (i - (len(lines) - 1) / 2))
        axes.text(
            x,
            base,
            line,
            fontsize=size * 0.72,
            color=colour,
            ha=align,
            va="baseline",
            zorder=5,
            fontweight="bold" if bold else "normal",
            family=family,
        )


def box(axes, left, top, width, height, colour, fill=None, radius=7, line=1.4, zorder=1.0):
    """Draw a rounded box; without `fill` it is filled with a tint of its colour."""
    # Many parameters: every box of the pictures is drawn here, each in a look of its own.
    from matplotlib.patches import FancyBboxPatch

    axes.add_patch(
        FancyBboxPatch(
            (left, top),
            width,
            height,
            boxstyle=f"round,pad=0,rounding_size={radius}",
            linewidth=line,
            edgecolor=colour,
            facecolor=tint(colour) if fill is None else fill,
            zorder=zorder,
        )
    )


def arrow(axes, *points, colour=GREY, line=1.4, head="-|>"):
    """Draw an arrow along the points; its head is at the last one, with "<|-|>" also at the first."""
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path as Outline

    axes.add_patch(
        FancyArrowPatch(
            path=Outline(points),
            arrowstyle=head,
            mutation_scale=11,
            color=colour,
            fill=len(points) == 2,
            linewidth=line,
            joinstyle="round",
            zorder=2,
        )
    )


def heading(axes, title, subtitle):
    """Write the picture's title and the line below it."""
    write(axes, 16, 24, title, TITLE, align="left", bold=True)
    write(axes, 16, 49, subtitle, BODY, GREY, align="left")


def at_step(name, step):
    """Spell a quantity at a step for matplotlib: at_step('x', 2) == '$x^{\\\\langle 2\\\\rangle}$'."""
    return rf"${name}^{{\langle {step}\rangle}}$"


# ---- training.png ------------------------------------------------------------------------------------------
def draw_training():
    """The training graph unrolled over its 30 steps."""
    # Long: a picture from its top to its bottom, nothing of which is drawn twice.
    figure, axes = canvas(648)
    heading(
        axes,
        "Training: one cell, unrolled over 30 steps",
        "At each step the network guesses the solo's next value; the last has none: its target is zero.",
    )
    columns = {1: 250, 2: 369, 3: 488, 30: 726}  # step -> x of its middle
    dots, wide = 607, 92
    loss, pair, softmax, lstm, inputs = 76, 160, 310, 396, 512  # the rows, y of their upper edges

    for middle, colour, name, lines in (
        (loss + 26, RED, "loss", "summed over 30 steps"),
        (pair + 25, RED, "target", "the input, one step on"),
        (pair + 83, GREEN, "prediction", "78 probabilities"),
        (softmax + 20, GREEN, "softmax layer", "64 → 78"),
        (lstm + 30, ORANGE, "LSTM cell", "64 units"),
        (inputs + 18, BLUE, "input", "one-hot, 78 values"),
    ):
        write(axes, 16, middle - 9, name, BODY, align="left", bold=True)
        write(axes, 16, middle + 9, lines, SMALL, GREY, align="left")
        axes.plot([8, 8], [middle - 16, middle + 16], color=colour, linewidth=2.6, solid_capstyle="round")

    box(axes, columns[1] - wide / 2, loss, columns[30] - columns[1] + wide, 52, RED)
    write(
        axes,
        (columns[1] + columns[30]) / 2,
        loss + 26,
        r"loss  =  $\sum_{t=1}^{30}$  cross-entropy( " + at_step("y", "t") + " , " + at_step(r"\hat{y}", "t") + " )",
        HEAD,
    )

    for step, x in columns.items():
        left = x - wide / 2
        box(axes, left - 7, pair, wide + 14, 108, PALE, fill="#F7F7F7")
        box(axes, left, pair + 8, wide, 34, RED)
        target = "0" if step == 30 else at_step("x", step + 1)
        write(axes, x, pair + 26, at_step("y", step) + " = " + target, HEAD)
        box(axes, left, pair + 66, wide, 34, GREEN)
        write(axes, x, pair + 84, at_step(r"\hat{y}", step), HEAD)
        arrow(axes, (x, pair + 42), (x, pair + 66), head="<|-|>")
        box(axes, left, softmax, wide, 40, GREEN)
        write(axes, x, softmax + 20, "softmax", BODY, bold=True)
        box(axes, left, lstm, wide, 60, ORANGE)
        write(axes, x, lstm + 30, "LSTM", HEAD, bold=True)
        box(axes, left, inputs, wide, 36, BLUE)
        write(axes, x, inputs + 19, at_step("x", step) + (" = 0" if step == 1 else ""), HEAD)

        arrow(axes, (x, inputs), (x, lstm + 60))
        arrow(axes, (x, lstm), (x, softmax + 40), colour=PURPLE)
        write(axes, x + 8, lstm - 22, at_step("a", step), SMALL, GREY, align="left")
        arrow(axes, (x, softmax), (x, pair + 100))
        arrow(axes, (x, pair), (x, loss + 52), colour=RED)

    box(axes, 126, lstm + 5, 58, 50, PURPLE)
    write(axes, 155, lstm + 19, at_step("a", 0) + " = 0", SMALL)
    write(axes, 155, lstm + 42, at_step("c", 0) + " = 0", SMALL)
    half = wide / 2
    for tail, tip, step in (
        (184, columns[1] - half, None),
        (columns[1] + half, columns[2] - half, 1),
        (columns[2] + half, columns[3] - half, 2),
        (columns[3] + half, dots - 14, 3),
        (dots + 14, columns[30] - half, 29),
    ):
        arrow(axes, (tail, lstm + 30), (tip, lstm + 30), colour=PURPLE, line=2)
        if step:
            state = at_step("a", step) + ", " + at_step("c", step)
            write(axes, (tail + tip) / 2, lstm + 80, state, SMALL, GREY)
    for middle in (pair + 54, softmax + 20, lstm + 30, inputs + 18):
        write(axes, dots, middle - 2, "…", TITLE, GREY)
    write(axes, dots, softmax + 2, "the same layer", SMALL)
    write(axes, dots, lstm + 8, "the same cell", SMALL)

    axes.plot([16, 784], [574, 574], color=PALE, linewidth=1)
    write(axes, 16, 598, "parameters", BODY, align="left", bold=True)
    for x, colour, count, what in (
        (columns[1], ORANGE, "36,608", "the LSTM cell"),
        (columns[3], GREEN, "5,070", "the softmax layer"),
        (columns[30] - 18, INK, "41,678", "shared by all 30 steps"),
    ):
        write(axes, x, 598, count, TITLE, bold=True)
        axes.plot([x - 34, x + 34], [611, 611], color=colour, linewidth=2.4)
        write(axes, x, 626, what, SMALL, GREY)
    write(axes, columns[2], 598, "+", TITLE, GREY)
    write(axes, dots - 9, 598, "=", TITLE, GREY)
    return figure


# ---- sampling.png ------------------------------------------------------------------------------------------
def draw_sampling():
    """The loop that draws values, and how one value becomes a note."""
    figure, axes = canvas(676)
    heading(
        axes,
        "Sampling: one value at a time",
        "Each drawn value is the next input; the state (a, c) goes on from step to step and bar to bar.",
    )
    draw_loop(axes)
    axes.plot([16, 784], [336, 336], color=PALE, linewidth=1)
    draw_spelling(axes)
    draw_keyboard(axes)
    return figure


def draw_loop(axes):
    """The upper half of sampling.png: model, mask, temperature, draw, and back."""
    top, tall = 136, 88  # of all boxes in the loop
    middle = top + tall / 2
    box(axes, 16, top, 82, tall, BLUE)
    write(axes, 57, middle, "value\nbefore", BODY, bold=True)
    box(axes, 124, top, 118, tall, ORANGE)
    write(axes, 183, middle - 14, "one-step\nmodel", BODY, bold=True)
    write(axes, 183, middle + 22, "LSTM, softmax", SMALL, GREY)
    arrow(axes, (98, middle), (124, middle))
    arrow(axes, (216, top), (216, top - 26), (150, top - 26), (150, top), colour=PURPLE, line=2)
    write(axes, 183, top - 38, "state (a, c)", SMALL)

    # Eight of the 78 values stand for all. The bar has begun, so the two without an interval are ruled out.
    probabilities = (0.10, 0.22, 0.30, 0.05, 0.12, 0.08, 0.09, 0.04)
    allowed = (1, 0, 1, 1, 1, 0, 1, 1)
    masked = normalised([p * a for p, a in zip(probabilities, allowed, strict=True)])
    tempered = normalised([p ** (1 / 1.5) for p in masked])
    drawn = 4
    panels = (
        ("probabilities", "of the 78 values", probabilities),
        ("mask", "what the bar allows", masked),
        ("temperature", "careful or bold", tempered),
        ("draw", "with the experts", tempered),
    )
    for number, (name, note, heights) in enumerate(panels):
        left, foot = 270 + number * 133.5, top + tall - 10
        last = number == len(panels) - 1
        box(axes, left, top, 113, tall, RED if last else GREEN, fill="white")
        write(axes, left + 56.5, top - 34, name, BODY, bold=True)
        write(axes, left + 56.5, top - 15, note, SMALL, GREY)
        axes.plot([left + 8, left + 105], [foot, foot], color=PALE, linewidth=1)
        for i, height in enumerate(heights):
            x = left + 10 + i * 12
            colour = RED if last and i == drawn else tint(GREEN, 0.3) if last else GREEN
            axes.bar(x, -height * 165, width=8.5, bottom=foot, align="edge", color=colour, zorder=2)
            if number and not allowed[i]:  # a small cross where the bar stood
                axes.plot(x + 4.25, foot - 7, "x", color=GREY, markersize=4.5, markeredgewidth=1.2)
        arrow(axes, (left - (20.5 if number else 28), middle), (left, middle))

    write(axes, 460, top + tall + 28, "first value of a bar: no interval\nlater values: with an interval", SMALL, GREY)
    back = top + tall + 76
    arrow(axes, (727, top + tall), (727, back), (57, back), (57, top + tall), colour=BLUE, line=2)
    box(axes, 283, back - 16, 234, 32, BLUE, fill="white", zorder=3)
    write(axes, 400, back, "the drawn value is the next input", BODY)


def normalised(weights):
    """Scale weights to a sum of 1: normalised([1, 3]) == [0.25, 0.75]."""
    return [weight / sum(weights) for weight in weights]


def draw_spelling(axes):
    """The lower left of sampling.png: what the three parts of a value say."""
    write(axes, 16, 364, "A value, spelled out", HEAD, align="left", bold=True)
    parts = (
        (16, 32, "S", GREEN, "a scale tone", "in the scale of the chord that sounds"),
        (66, 76, "0.333", ORANGE, "a third of a beat long", "the note's own length"),
        (160, 112, "<P4,m-2>", BLUE, "a fourth up to a second down", "the reach from the note before"),
    )
    for i, (left, wide, text, colour, words, note) in enumerate(parts):
        box(axes, left, 390, wide, 40, colour)
        write(axes, left + wide / 2, 410, text, TITLE, mono=True)
        if i < 2:
            write(axes, left + wide + 9, 413, ",", TITLE, mono=True)
        # From right to left the words stand lower and lower, so that no leader crosses a line of text.
        x, y = left + 16, 472 + (2 - i) * 62
        axes.plot([x, x, x + 12], [430, y, y], color=colour, linewidth=1.8, solid_joinstyle="round")
        write(axes, x + 18, y, words, BODY, align="left", bold=True)
        write(axes, x + 18, y + 19, note, SMALL, GREY, align="left")


def draw_keyboard(axes):
    """The lower right of sampling.png: the value as a note on G7, after a G4."""
    left, top, key, tall = 456, 470, 41, 110
    write(axes, left, 364, "… and played on the bar's chord", HEAD, align="left", bold=True)
    write(axes, left, 392, "chord G7: G B D F, its scale C major", BODY, align="left")
    write(axes, left, 412, "note before: G4", BODY, align="left")
    names = ("E4", "F4", "G4", "A4", "B4", "C5", "D5", "E5")
    for i, name in enumerate(names):
        fill = tint(SKY, 0.32) if name[0] in "GBDF" else tint(GREEN, 0.32)
        box(axes, left + i * key, top, key, tall, GREY, fill=fill, radius=3, line=1)
        write(axes, left + (i + 0.5) * key, top + tall - 13, name, SMALL, bold=name == "A4")
        if name[0] in "GABDE" and i:  # a black key stands on the left of these
            box(axes, left + i * key - 11, top, 22, 62, INK, fill="#444444", radius=2, line=1, zorder=3)

    start, end = left + 2 * key - 11, left + 6 * key - 12  # F#4, a second below G4, to C5, a fourth above
    axes.plot([start, start, end, end], [top - 5, top - 13, top - 13, top - 5], color=BLUE, linewidth=2)
    write(axes, (start + end) / 2, top - 25, "within reach: F#4 to C5", SMALL)

    before, drawn = {"color": GREY, "markerfacecolor": "white"}, {"color": RED, "markerfacecolor": RED}
    for i, look in ((2, before), (3, drawn)):
        axes.plot(left + (i + 0.5) * key, top + 78, "o", markersize=8, markeredgewidth=2, zorder=4, **look)
    y = top + tall + 20
    for x, colour, text in ((left, SKY, "chord tone"), (left + 164, GREEN, "other scale tone")):
        box(axes, x, y - 7, 14, 14, GREY, fill=tint(colour, 0.32), radius=2, line=0.8)
        write(axes, x + 22, y, text, SMALL, GREY, align="left")
    for x, look, text in ((left, before, "note before"), (left + 164, drawn, "drawn note")):
        axes.plot(x + 7, y + 21, "o", markersize=7, markeredgewidth=1.8, **look)
        write(axes, x + 22, y + 21, text, SMALL, GREY, align="left")
    write(axes, left, y + 50, "A4, for a third of a beat", BODY, align="left", bold=True)


# ---- pipeline.png ------------------------------------------------------------------------------------------
def draw_pipeline():
    """From the MIDI file of a solo to the MIDI file of a new one."""
    figure, axes = canvas(560)
    heading(
        axes,
        "From MIDI to MIDI",
        "Above, left to right, a solo is taken apart; below, right to left, a new one is put together.",
    )
    wide, tall, gap = 172, 196, 28
    upper, lower = 76, 340
    stages = (  # number, column, top, colour, name, caption, picture
        (1, 0, upper, GREY, "MIDI file", "a solo and its chords,\nas played", draw_played),
        (2, 1, upper, SKY, "Quantised", "notes and chords on a\ngrid of 1/4 or 1/3 beat", draw_quantised),
        (3, 2, upper, BLUE, "Grammar", "one line a bar,\n78 different values", draw_grammar),
        (4, 3, upper, BLUE, "Windows", "60 of 30 one-hot values:\n(60, 30, 78)", draw_windows),
        (5, 3, lower, ORANGE, "LSTM", "64 units and a softmax:\nwhat comes next?", draw_network),
        (6, 2, lower, BLUE, "Sampled values", "a new line of grammar\nfor every bar", draw_sampled),
        (7, 1, lower, SKY, "New notes", "each value a note\nover its bar's chords", draw_realised),
        (8, 0, lower, GREY, "MIDI file", "a new solo\nover the same chords", draw_written),
    )
    for number, column, top, colour, name, caption, picture in stages:
        left = 14 + column * (wide + gap)
        box(axes, left, top, wide, tall, colour, fill="white", radius=9, line=1.6)
        axes.plot(
            left + 20, top + 20, "o", color=colour, markersize=15, markerfacecolor=tint(colour), markeredgewidth=1.2
        )
        write(axes, left + 20, top + 20, str(number), SMALL, bold=True)
        write(axes, left + 38, top + 20, name, BODY, align="left", bold=True)
        write(axes, left + wide / 2, top + tall - 26, caption, SMALL, GREY)
        picture(axes, left + 12, top + 42)  # each fills 148 x 96 units

    for column in range(3):
        edge = 14 + column * (wide + gap) + wide
        arrow(axes, (edge + 1, upper + tall / 2), (edge + gap - 1, upper + tall / 2), line=2)
        arrow(axes, (edge + gap - 1, lower + tall / 2), (edge + 1, lower + tall / 2), line=2)
    last, second = 14 + 3 * (wide + gap) + wide / 2, 14 + wide + gap + wide / 2
    arrow(axes, (last, upper + tall + 1), (last, lower - 1), line=2)
    write(axes, last - 10, (upper + tall + lower) / 2, "to learn from", SMALL, GREY, align="right")
    arrow(axes, (second, upper + tall + 1), (second, lower - 1), colour=SKY, line=2)
    write(axes, second + 10, (upper + tall + lower) / 2, "the chords, bar by bar", SMALL, GREY, align="left")
    return figure


def draw_notes(axes, left, top, notes, colour):
    """Notes of a bar as dashes on 148 x 96 units; a note is (onset, length in beats, height 0 to 11)."""
    for onset, length, height in notes:
        box(
            axes,
            left + onset * 37,
            top + 88 - height * 8,
            length * 37 - 1.5,
            6.5,
            colour,
            fill=colour,
            radius=1.5,
            line=0,
            zorder=3,
        )


def draw_grid(axes, left, top, melody, chords):
    """Melody over chords, with the beats as lines."""
    for beat in range(5):
        axes.plot([left + beat * 37] * 2, [top, top + 96], color=PALE, linewidth=1)
    draw_notes(axes, left, top, melody, BLUE)
    draw_notes(axes, left, top, chords, SKY)


def draw_tracks(axes, left, top, melody, chords):
    """Melody over chords, each on a track of its own."""
    box(axes, left - 3, top - 1, 154, 52, BLUE, fill=tint(BLUE, 0.08), radius=3, line=0)
    box(axes, left - 3, top + 55, 154, 43, SKY, fill=tint(SKY, 0.14), radius=3, line=0)
    draw_notes(axes, left, top, melody, BLUE)
    draw_notes(axes, left, top, chords, SKY)


CHORDS = ((0, 2, 0), (0, 2, 1.5), (0, 2, 3), (2, 2, 0.5), (2, 2, 2), (2, 2, 3.5))
MELODY = ((0, 0.5, 7), (0.5, 1 / 3, 8), (1, 0.25, 9), (1.5, 0.5, 8), (2, 1 / 3, 10), (2.75, 0.25, 9), (3, 2 / 3, 6))
NEW_MELODY = (
    (0, 0.25, 6),
    (0.25, 0.5, 8),
    (1, 1 / 3, 9),
    (4 / 3, 1 / 3, 10),
    (2, 0.5, 9),
    (2.5, 0.25, 7),
    (2.75, 0.25, 8),
    (3.25, 0.5, 6),
)


def draw_played(axes, left, top):
    shifts = (0.07, -0.06, 0.09, -0.08, 0.06, 0.08, -0.05)  # beats: nobody plays on the grid
    melody = [
        (onset + shift, length * 0.85, height) for (onset, length, height), shift in zip(MELODY, shifts, strict=True)
    ]
    chords = [(onset + 0.03 * (i % 3), length * 0.95, height) for i, (onset, length, height) in enumerate(CHORDS)]
    draw_tracks(axes, left, top, melody, chords)


def draw_quantised(axes, left, top):
    draw_grid(axes, left, top, MELODY, CHORDS)


def draw_realised(axes, left, top):
    draw_grid(axes, left, top, NEW_MELODY, CHORDS)


def draw_written(axes, left, top):
    draw_tracks(axes, left, top, NEW_MELODY, CHORDS)


def draw_lines(axes, left, top, lines):
    """Four lines of grammar, cut off where the card ends."""
    for i, line in enumerate(lines):
        y = top + 12 + i * 24
        box(axes, left - 4, y - 10, 156, 20, BLUE, fill=tint(BLUE, 0.08), radius=3, line=0)
        write(axes, left, y, line + "…", SMALL, align="left", mono=True)


def draw_grammar(axes, left, top):
    draw_lines(
        axes, left, top, ("C,0.250 S,0.333,<P4", "S,0.500 C,0.250,<m3", "C,0.333 C,0.250,<d5", "C,0.250 A,0.250,<m2")
    )


def draw_sampled(axes, left, top):
    draw_lines(
        axes, left, top, ("C,0.250 C,0.250,<P4", "S,0.250 C,0.333,<m3", "C,0.500 A,0.250,<P4", "S,0.333 S,0.250,<d5")
    )


def draw_windows(axes, left, top):
    """Three windows, one behind the other; rows are steps, columns values. The first step is all zeros."""
    hot = (None, 3, 7, 1, 4, 9, 2)  # the column that is 1 in each row
    for depth in (2, 1, 0):
        x, y = left + 12 + depth * 11, top + 20 - depth * 9
        box(axes, x, y, 104, 74, BLUE, fill="white", radius=2, line=1, zorder=3 - depth * 0.2)
    for row, one in enumerate(hot):
        for column in range(10):
            fill = BLUE if column == one else tint(BLUE, 0.1)
            box(
                axes,
                left + 16 + column * 9.8,
                top + 24 + row * 9.8,
                7.8,
                7.8,
                BLUE,
                fill=fill,
                radius=1,
                line=0,
                zorder=4,
            )


def draw_network(axes, left, top):
    """Three steps of the unrolled cell: a value in, the next one out."""
    for i in range(3):
        x = left + 8 + i * 49
        box(axes, x, top + 34, 34, 28, ORANGE, radius=5)
        box(axes, x + 8, top + 82, 18, 12, BLUE, radius=3)
        box(axes, x + 8, top + 2, 18, 12, GREEN, radius=3)
        arrow(axes, (x + 17, top + 82), (x + 17, top + 62))
        arrow(axes, (x + 17, top + 34), (x + 17, top + 14))
        if i:
            arrow(axes, (x - 15, top + 48), (x, top + 48), colour=PURPLE, line=1.8)


# ---- the story ---------------------------------------------------------------------------------------------
def main():
    """Write the three pictures beside this file."""
    try:
        from matplotlib import style
    except ImportError:
        raise SystemExit("The diagrams need matplotlib: python -m pip install matplotlib") from None

    folder = Path(__file__).resolve().parent
    with style.context("default"):  # a reader's own matplotlibrc changes nothing
        for draw in (draw_training, draw_sampling, draw_pipeline):
            path = folder / f"{draw.__name__.removeprefix('draw_')}.png"
            # The release of matplotlib is kept out of the file, so that a new one need not change its bytes.
            draw().savefig(path, dpi=100 * SCALE, metadata={"Software": None})
            print(f"{path.name}  {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
