"""How many epochs, which temperature? Closeness to the source and held-out perplexity against originality.

    python benchmarks/sweep.py

trains networks for several numbers of epochs, lets each improvise at several temperatures, and writes what it measures
to `benchmarks/sweep.md` and `images/sweep.png`. Takes some minutes. The defaults of `music_generate.py` were chosen by
it.
"""

import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import evaluate

import music_generate
from improvising import measures
from improvising.improvise import generate_music, heard_solo, learn_material
from running.console import show
from running.files import write_aside
from running.settings import read_settings, run, whole
from writing.pictures import png_bytes

N = 60  # solos of each kind
NETWORKS = 2  # networks that share them
FOLDS = 6
EPOCHS_TRIED = (5, 10, 15, 20, 25, 30, 40, 60, 100)
TEMPERATURES_TRIED = (0.8, 1.0, 1.2)
MIN_P_TRIED = (0.0, 0.05)
RULES = evaluate.RULES | {"N": whole(1, 100_000)}


def main() -> None:
    """Sweep, print, write."""
    given = read_settings(vars(music_generate) | globals(), RULES, __doc__.splitlines()[0], None)
    read = evaluate.read_tune_of(given)
    abstract_grammars = read.abstract_grammars
    material = learn_material([read.tune], [abstract_grammars], given.density)
    source = material.source
    given.longest_run = 0  # copying is to be seen, not broken off
    ceiling = np.mean(list(measures.halves_ceiling(source).values()))
    perplexity = evaluate.held_out_perplexity(abstract_grammars, given, list(EPOCHS_TRIED))
    rows = []
    for epochs in EPOCHS_TRIED:
        networks = [
            evaluate.train_on(material.corpus, material.values, given, epochs, given.seed + number)[1]
            for number in range(given.networks)
        ]
        for temperature in TEMPERATURES_TRIED:
            for min_p in MIN_P_TRIED:
                given.temperature, given.min_p = temperature, min_p
                playing = music_generate.playing_of(given)
                solos = [
                    solo
                    for number, network in enumerate(networks)
                    for solo in generate_music(network, material, playing, given.n // given.networks, number)
                ]
                heard = [heard_solo(solo, material) for solo in solos]
                runs = [measures.longest_verbatim_run(solo.values, material.corpus) for solo in solos]
                rows.append(
                    {
                        "epochs": epochs,
                        "temperature": temperature,
                        "min-p": min_p,
                        "held-out perplexity": perplexity[epochs],
                        "distance from the source": np.mean([measures.distance_from(source, solo) for solo in heard]),
                        "overlapping area / ceiling": np.mean(list(measures.overlapping_areas(source, heard).values()))
                        / ceiling,
                        "longest run, median": np.median(runs),
                        "longest run, most": max(runs),
                        "known 4-value runs": np.mean(
                            [measures.known_run_share(solo.values, material.corpus) for solo in solos]
                        ),
                    }
                )
                show(f"{epochs} epochs, temperature {temperature}, min-p {min_p}")
    show("swept", done=True)
    table = markdown(rows)
    print(table)
    write_aside(ROOT / "benchmarks/sweep.md", table.encode())
    write_aside(ROOT / "images/sweep.png", picture(rows, perplexity))


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
