"""How many epochs, which temperature? Closeness to the source and held-out perplexity against originality.

    python benchmarks/sweep.py

trains networks for several numbers of epochs, lets each improvise at several temperatures, and writes what it measures
to `benchmarks/sweep.md` and `images/sweep.png`. Takes some minutes. The defaults of `music_generate.py` were chosen by
it.
"""

import sys
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import running.console  # noqa: F401, before NumPy

# isort: split
import evaluate
import likeness
import numpy as np

import music_generate
from improvising import measures
from improvising.session import playing_of
from improvising.solos import generate_music
from learning.style import Style, learn_style
from music.piece import Solo
from running.console import run, show
from running.files import write_aside
from running.settings import declared, read_settings, whole
from writing.pictures import png_bytes

N: whole(1, 100_000) = 60  # solos of each kind
NETWORKS: whole(1, 1000) = 2  # networks that share them
FOLDS: whole(2, 1000) = 6  # parts the bars are dealt into for the held-out perplexity: each is left out once

EPOCHS_TRIED = (5, 10, 15, 20, 25, 30, 40, 60, 100)
TEMPERATURES_TRIED = (0.8, 1.0, 1.2)
MIN_P_TRIED = (0.0, 0.05)


def main() -> None:
    """Sweep, print, write."""
    given = read_settings(declared(music_generate) | declared(sys.modules[__name__]), __doc__.splitlines()[0])
    tune = evaluate.read_tune_of(given)
    style = learn_style([tune])
    given.longest_run = 0  # copying is to be seen, not broken off
    ceiling = sum(likeness.halves_ceiling(style.source).values())
    perplexity = evaluate.held_out_perplexity(tune.abstract_grammars, given, list(EPOCHS_TRIED))
    rows = []
    for epochs in EPOCHS_TRIED:
        networks = evaluate.networks_of(style, given, epochs)
        for temperature, min_p in product(TEMPERATURES_TRIED, MIN_P_TRIED):
            given.temperature, given.min_p = temperature, min_p
            playing, share = playing_of(given), given.n // given.networks
            solos = [
                solo
                for number, network in enumerate(networks)
                for solo in generate_music(network, style, playing, share, number)
            ]
            tried = {"epochs": epochs, "temperature": temperature, "min-p": min_p}
            rows.append(tried | {"held-out perplexity": perplexity[epochs]} | measured(solos, style, ceiling))
            show(f"{epochs} epochs, temperature {temperature}, min-p {min_p}")
    show("swept", done=True)
    table = markdown(rows)
    print(table)
    write_aside(ROOT / "benchmarks/sweep.md", table.encode())
    write_aside(ROOT / "images/sweep.png", picture(rows, perplexity))


def measured(solos: list[Solo], style: Style, ceiling: float) -> dict[str, float]:
    """How close to the source solos are, and how much of it they copy; `ceiling`: the sum of the areas in reach."""
    areas = likeness.overlapping_areas(style.source, solos)
    runs = [measures.longest_verbatim_run(solo.values, style.corpus) for solo in solos]
    known = [measures.known_run_share(solo.values, style.corpus) for solo in solos]
    return {
        "distance from the source": np.mean([measures.distance_from(style.source, solo) for solo in solos]),
        "overlapping area / ceiling": sum(areas.values()) / ceiling,
        "longest run, median": np.median(runs),
        "longest run, most": max(runs),
        "known 4-value runs": np.mean(known),
    }


def markdown(rows: list[dict]) -> str:
    """The rows as a table; values as the network sampled them, before they are realised."""
    lines = ["| " + " | ".join(rows[0]) + " |", "|" + "---|" * len(rows[0])]
    lines += ["| " + " | ".join(f"{value:.3g}" for value in row.values()) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def picture(rows: list[dict], perplexity: dict[int, float]) -> bytes:
    """Left: distance from the source against copying, a line a temperature. Right: held-out perplexity by epochs."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.6), dpi=120, layout="constrained")
    left, right = figure.subplots(1, 2)
    for temperature, colour in zip(TEMPERATURES_TRIED, ("#0072B2", "#D55E00", "#009E73"), strict=True):
        line = [row for row in rows if row["temperature"] == temperature and row["min-p"] == 0]
        across = [100 * row["known 4-value runs"] for row in line]
        up = [row["distance from the source"] for row in line]
        left.plot(across, up, "o-", color=colour, label=f"temperature {temperature}")
        for row, x, y in zip(line, across, up, strict=True):
            left.annotate(f"{row['epochs']}", (x, y), textcoords="offset points", xytext=(4, 4), fontsize=8)
    left.set_xscale("symlog", linthresh=0.5)
    left.set_xlabel("runs of 4 values that stand in the corpus (%)")
    left.set_ylabel("distance from the source")
    left.set_title("Closeness against originality; numbers are epochs", fontsize=10)
    left.legend(fontsize=8)
    right.plot(list(perplexity), list(perplexity.values()), "o-", color="#0072B2")
    right.set_yscale("log")
    right.set_xlabel("epochs")
    right.set_ylabel("held-out perplexity")
    right.set_title("What the network learns beyond the solo", fontsize=10)
    return png_bytes(figure)


if __name__ == "__main__":
    sys.exit(run(main))
