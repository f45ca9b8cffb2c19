"""How a solo is played, beside how its source was: off the grid, from note to note, how long, how bent, how swung.

    python benchmarks/feel.py
    python benchmarks/feel.py --solos FOLDER

makes solos as `music_generate.py` does and measures what their MIDI says, in ticks; with a folder of the Weimar Jazz
Database (`weimar.py`) those after each of its solos, learned as played. Writes `benchmarks/feel.md`, for a folder
`benchmarks/swing.md`.
"""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import running.console  # noqa: F401, before NumPy

# isort: split
import evaluate
import numpy as np
import weimar

import music_generate
from improvising.session import playing_of
from learning.feel import is_offbeat
from learning.ground import line_of
from learning.style import learn_style
from music.piece import Solo, Tune
from music.units import GRID, TICKS_PER_QUARTER, quantize
from running.console import run
from running.files import write_aside
from running.settings import Settings, declared, read_settings, text, whole

SOLOS: text = ""  # folder with solos of the database in its CSV export; "": the tune's
N: whole(1, 10_000) = 100  # solos to make of each
NETWORKS: whole(1, 100) = 4  # networks that share them

Played = tuple[np.ndarray, np.ndarray, int]  # how late each note is and how long, in quarters; how many are bent


def main(argv: list[str] | None = None) -> None:
    """Learn, improvise, measure, print, write."""
    settings = declared(music_generate) | declared(sys.modules[__name__])
    given, file = read_settings(settings, __doc__.splitlines()[0], argv, bare="SOLOS"), "feel.md"
    if given.solos:
        table, file = swing_table(given), "swing.md"
    else:
        table = feel_table(music_generate.read_all(given, None)[0], given)
    print(table)
    write_aside(ROOT / "benchmarks" / file, table.encode())


def played(solo: Solo) -> Played:
    """How a solo is played, by the ticks at which its notes start and end in a file."""
    starts = [round((note.offset + nuance.late) * TICKS_PER_QUARTER) for note, nuance in _notes(solo)]
    late = [start / TICKS_PER_QUARTER - quantize(start, TICKS_PER_QUARTER) / GRID for start in starts]
    lengths, bent = [nuance.length for nuance in solo.nuances], sum(bool(nuance.bends) for nuance in solo.nuances)
    return np.array(late), np.array(lengths), bent


def feel_table(tune: Tune, given: Settings) -> str:
    """A line a measure: the source, and solos with their spread."""
    style = learn_style([tune])
    solos = solos_after(style, tune, given)
    found, (late, lengths, bent) = [played(solo) for solo in solos], played(tune.solo)
    late_of_all, lengths_of_all = (np.concatenate([one[index] for one in found]) for index in (0, 1))

    def row(name: str, source: float, values: list[float]) -> str:
        return f"| {name} | {source:.2f} | {np.mean(values):.2f} ± {np.std(values):.2f} |"

    milliseconds, shares = 60_000 / tune.tempo, (0.5, 0.9)
    lines = [f"| of {len(solos)} solos at {tune.tempo:g} | {tune.path.stem} | ours |", "|---|---|---|"]
    for name, share in zip(("median", "upper tenth"), shares, strict=True):
        of = [milliseconds * np.quantile(np.abs(one[0]), share) for one in found]
        lines.append(row(f"off the grid, {name} (ms)", milliseconds * np.quantile(np.abs(late), share), of))
    together = milliseconds * np.quantile(np.abs(late_of_all), shares)
    lines.append(f"| the same of all notes together | | {together[0]:.2f} / {together[1]:.2f} |")
    lines.append(row("lateness with that of the note before (r)", going_on(late), [going_on(one[0]) for one in found]))
    lines.append(f"| lengths, Kolmogorov-Smirnov distance, all together | | {distance(lengths_of_all, lengths):.3f} |")
    lines.append(row("notes that are bent", bent, [one[2] for one in found]))
    return "\n".join(lines) + "\n"


def swing_table(given: Settings) -> str:
    """A line a player: the ratio of an eighth on the beat to the one after it, of the source and of solos."""
    lines = ["| solo | quarters a minute | off-beats | ratio, the source | ours | apart |", "|---|---|---|---|---|---|"]
    folder, apart = Path(given.solos), []
    with tempfile.TemporaryDirectory() as scratch:
        tunes = {name: weimar.tune_of(folder, name, Path(scratch), as_played=True) for name in weimar.solos_in(folder)}
    for name, tune in tunes.items():
        solos = solos_after(learn_style([tune]), tune, given)
        source, ours = swing_of([tune.solo]), swing_of(solos)
        apart.append(abs(ratio(ours[1]) - ratio(source[1])))
        told = f"{ratio(source[1]):.2f} | {ratio(ours[1]):.2f} | {apart[-1]:.2f} |"
        lines.append(f"| {name} | {tune.tempo:.0f} | {source[0]} | {told}")
    near = sum(one <= 0.1 for one in apart)
    lines += ["", f"{near} of {len(apart)} within 0.1; in the median {np.nanmedian(apart):.3f} apart."]
    return "\n".join(lines) + "\n"


def solos_after(style, tune: Tune, given: Settings) -> list[Solo]:
    """Solos at the tune's own tempo."""
    networks = evaluate.networks_of(style, given, given.epochs)
    return evaluate.solos_of(networks, style, playing_of(given), given, tune.path.stem, tune.tempo)


def swing_of(solos: list[Solo]) -> tuple[int, float]:
    """How many off-beats of halved beats there are, and where they lie in the beat on the average."""
    places = []
    for solo in solos:
        line = line_of([solo], list({bar.beats: bar for bar in solo.bars}))
        late = np.array([nuance.late for nuance in solo.nuances])
        places.append((line.in_pulse / GRID + late)[is_offbeat(line, solo.bars)])
    found = np.concatenate(places)
    return len(found), float(found.mean()) if len(found) else float("nan")


def ratio(place: float) -> float:
    """Where an off-beat lies in the beat, as long to short: 0.6 -> 1.5."""
    return place / (1 - place)


def going_on(late: np.ndarray) -> float:
    """The correlation of how late a note is with the one before."""
    return float(np.corrcoef(late[1:], late[:-1])[0, 1])


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """The largest difference of two distributions: of Kolmogorov and Smirnov."""
    at = np.concatenate([one, other])
    shares = [np.searchsorted(np.sort(of), at, "right") / len(of) for of in (one, other)]
    return float(np.abs(shares[0] - shares[1]).max())


def _notes(solo: Solo):
    return zip(solo.notes, solo.nuances, strict=True)


if __name__ == "__main__":
    sys.exit(run(main))
