"""What does each expert do? Solos without one of them, and without any, beside the source and ours.

    python benchmarks/ablation.py

The settings are those of `music_generate.py` and of `evaluate.py`. What is left practises anew, so that a column tells
what no other expert can do. Prints the table and writes it to `benchmarks/ablation.md`.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "benchmarks"))

import evaluate
import sense

import music_generate
from improvising.measures import notes_a_bar
from improvising.session import playing_of
from learning.experts import EXPERTS
from learning.style import learn_style
from music.piece import Solo
from running.console import run
from running.files import write_aside
from running.settings import declared, read_settings


def main(argv: list[str] | None = None) -> None:
    """Improvise without each, measure, print, write."""
    settings = declared(music_generate) | declared(evaluate)
    given = read_settings(settings, __doc__.splitlines()[0], argv, bare="TUNE")
    style, playing = learn_style([evaluate.read_tune_of(given)]), playing_of(given)
    without = {"ours": EXPERTS} | {f"no {name}": tuple(set(EXPERTS) - {name}) for name in EXPERTS} | {"none": ()}
    columns = {"the source": [style.source]}
    for name, experts in without.items():
        columns[name] = evaluate.solos_of(style, replace(playing, experts=experts), given, given.epochs, name)
    table = markdown({name: means_of(solos) for name, solos in columns.items()})
    print(table)
    write_aside(ROOT / "benchmarks/ablation.md", table.encode())


def means_of(solos: list[Solo]) -> dict[str, float]:
    """The mean of each measure over solos."""
    measured = [sense.measure(solo) for solo in solos]
    means = {name: float(np.nanmean([one[name] for one in measured])) for name in sense.MEASURES}
    spread = np.mean([np.std([note.pitch for note in solo.notes]) for solo in solos])
    return {"notes a bar": float(np.mean([*map(notes_a_bar, solos)])), "spread of pitches": float(spread)} | means


def markdown(columns: dict[str, dict[str, float]]) -> str:
    """A line for each measure, a column for each way."""
    lines = ["| measure | " + " | ".join(columns) + " |", "|---|" + "---|" * len(columns)]
    for name in next(iter(columns.values())):
        lines.append(f"| {name} | " + " | ".join(f"{column[name]:.2f}" for column in columns.values()) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(run(main))
