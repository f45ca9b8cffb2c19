"""Does it play like whoever it learns from? Each solo of the Weimar Jazz Database learned, and measured against.

    python benchmarks/players.py --solos FOLDER

Of every solo in the folder (`weimar.py`) a network is trained as `music_generate.py` does, and solos are made over its
own changes. The distance of each measure's mean from the source is told in standard deviations of human players, those
of all windows of 18 bars in the folder. Writes `benchmarks/players.md`, and the players' means and spreads, which
`evaluate.py` shows, to `benchmarks/humans.json`.
"""

import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import running.console  # noqa: F401, before NumPy

# isort: split
import evaluate
import numpy as np
import sense
import weimar

import music_generate
from improvising.measures import notes_a_bar
from improvising.session import playing_of
from learning.style import learn_style
from music.piece import Solo, Tune, lay_out
from running.console import run, show
from running.files import write_aside
from running.settings import Settings, declared, read_settings, text, whole

SOLOS: text = "solos"  # folder with solos of the database in its CSV export
N: whole(1, 10_000) = 24  # solos to make of each
NETWORKS: whole(1, 100) = 1  # networks that share them, trained from SEED, SEED + 1, and so on

WINDOW, FEWEST = 18, 12  # bars that are measured together, and at least
NEAR, NEAR_DENSITY = 0.5, 0.1  # of a standard deviation; of the density


def main(argv: list[str] | None = None) -> None:
    """Read, learn, improvise, measure, print, write."""
    settings = declared(music_generate) | declared(sys.modules[__name__])
    given, folder = read_settings(settings, __doc__.splitlines()[0], argv, bare="SOLOS"), ROOT / "benchmarks"
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(given.solos)
        tunes = {name: weimar.tune_of(path, name, Path(scratch)) for name in weimar.solos_in(path)}
    humans = humans_of([tune.solo for tune in tunes.values()])
    distances = {name: distances_of(name, tune, given, humans) for name, tune in tunes.items()}
    show(f"{len(tunes)} players", done=True)
    table = markdown(distances, humans)
    print(table)
    write_aside(folder / "players.md", table.encode())
    write_aside(folder / "humans.json", (json.dumps(humans, indent=1) + "\n").encode())


def humans_of(solos: list[Solo]) -> dict[str, tuple[float, float]]:
    """Mean and standard deviation of each measure over all windows of `WINDOW` bars."""
    found = [sense.measure(window) for solo in solos for window in windows(solo)]
    columns = {name: np.array([measured[name] for measured in found]) for name in sense.MEASURES}
    return {name: (float(np.nanmean(column)), float(np.nanstd(column))) for name, column in columns.items()}


def windows(solo: Solo) -> list[Solo]:
    """Its bars by `WINDOW`, one after the other; a last one that is too short is left out."""
    found = []
    for first in range(0, max(1, len(solo.bars) - FEWEST + 1), WINDOW):
        bars = slice(first, first + WINDOW)
        found.append(Solo(lay_out(solo.bars[bars]), solo.notes_by_bar[bars], solo.chords_by_bar[bars]))
    return found


def distances_of(name: str, tune: Tune, given: Settings, humans: dict) -> dict[str, float]:
    """How far the mean of its solos is from the source, by measure, in human standard deviations; the density's share
    is told as it is."""
    style = learn_style([tune])
    networks = evaluate.networks_of(style, given, given.epochs)
    solos = evaluate.solos_of(networks, style, playing_of(given), given, name)
    measured, source = [sense.measure(solo) for solo in solos], sense.measure(style.source)
    distances = {
        measure: (float(np.nanmean([one[measure] for one in measured])) - source[measure]) / spread
        for measure, (_, spread) in humans.items()
    }
    return distances | {"density": float(np.mean([*map(notes_a_bar, solos)])) / notes_a_bar(style.source) - 1}


def markdown(distances: dict[str, dict[str, float]], humans: dict) -> str:
    """A line for each measure: for how many players it is near, and how far it is from all."""
    lines = [
        f"| measure | human players (sd) | near, of {len(distances)} | mean distance (sd) | root mean square |",
        "|---|---|---|---|---|",
    ]
    for name, (mean, spread) in humans.items():
        found = np.array([one[name] for one in distances.values()])
        near, found = int((np.abs(found) <= NEAR).sum()), found[np.isfinite(found)]
        root = np.sqrt(np.mean(found**2))
        lines.append(f"| {name} | {mean:.3f} ({spread:.3f}) | {near} | {found.mean():+.2f} | {root:.2f} |")
    density = np.array([one["density"] for one in distances.values()])
    near = int((np.abs(density) <= NEAR_DENSITY).sum())
    lines.append(f"| density, a share of the source's | | {near} | {density.mean():+.1%} | {density.std():.1%} |")
    every = sum(all(abs(one[name]) <= NEAR for name in humans) for one in distances.values())
    lines.append(f"| all measures at once | | {every} | | |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(run(main))
