"""Is a file heard as a musician hears it? Files with known truth, made of real music in many ways, and read.

    python benchmarks/reading.py
    python benchmarks/reading.py --ours --ways rolled,pushed --list-wrong

Solos and lead sheets (`real_music.py`) are accompanied in many ways (`ways.py`), written as MIDI (`known_midi.py`) and
read as any other file. By way and in all it tells how much of melody, bars, tempo and chords is right
(`reading_scores.py`, `chord_accuracy.py`). Writes `benchmarks/reading.md`, unless some ways are asked for.
"""

import sys
import tempfile
from itertools import islice
from pathlib import Path
from random import Random
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
# This script is called as the project's folder `reading` is: the project has to come first.
sys.path.insert(0, str(ROOT))

import running.console  # noqa: F401, before NumPy

# isort: split
import ways
from reading_scores import NOTHING, SCORES, scores_of
from real_music import Music, music_at, places

from preprocess import read_tune
from running.console import run, show
from running.files import write_aside
from running.settings import Settings, declared, path, read_settings, some_of, switch, text, whole

DATA: path = str(ROOT.parent / "shared/data")  # folder with real music: wjazzd and lead_sheets
WAYS: some_of(*ways.WAYS) = ()  # which ways; (): all
SOLOS: whole(0, 456) = 6  # solos to make of each way
SHEETS: whole(0, 502) = 6  # lead sheets to make of each way
OURS: switch = False  # without music21 and the chord templates, which take longer
LIST_WRONG: switch = False  # also tell of each file that went wrong, and what
KEEP: text = ""  # folder in which the files stay, each with its truth; "": none
SEED: whole(0) = 0

# Below these a file went wrong.
RIGHT = {"line": 1, "bars": 0.95, "meter": 1, "tempo": 1, "root": 0.9, "sevenths": 0.75}
RIGHT_THIN = RIGHT | {"root": 0.8, "sevenths": 0.6}  # where neither a bass nor full voicings sound


class Heard(NamedTuple):
    """A file that was read: its way and tune, its scores by reader, and the error where ours refused it."""

    way: str
    tune: str
    scores: dict[str, float]
    others: dict[str, dict[str, float]]
    error: str = ""


def main(argv: list[str] | None = None) -> None:
    """Make, read, compare, print, write."""
    given = read_settings(declared(sys.modules[__name__]), __doc__.splitlines()[0], argv)
    heard = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(given.keep or scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for way in given.ways or ways.WAYS:
            show(f"reading {way}")
            heard += [hear(way, music, given, folder) for music in music_for(way, given)]
    show(f"{len(heard)} files", done=True)
    if given.list_wrong:
        print("".join(f"{one.way}: {one.tune}: {said}\n" for one in heard if (said := faults(one))))
    table = markdown(heard)
    print(table)
    if not given.ways:
        write_aside(ROOT / "benchmarks/reading.md", table.encode())


def music_for(way: str, given: Settings) -> list[Music]:
    """The first solos and sheets, of all that fit a way."""
    chosen = []
    for paths, most in zip(places(Path(given.data)), (given.solos, given.sheets), strict=True):
        fitting = (music for path in paths if (music := music_at(path)) and ways.WAYS[way].fits(music))
        chosen += islice(fitting, most)
    return chosen


def hear(way: str, music: Music, given: Settings, folder: Path) -> Heard:
    """Make a file and read it."""
    take = ways.WAYS[way].make(music, Random(f"{given.seed} {way} {music.name}"))
    path, error = folder / f"{way}__{music.name}.mid", ""
    take.save(path)
    try:
        scores = scores_of(read_tune(path), take.truth)
    except ValueError as refused:
        scores, error = NOTHING, str(refused).removeprefix(f"{path}: ")
    return Heard(way, music.name, scores, {}, error)


def faults(heard: Heard) -> str:
    """What is wrong with a file's reading, in a few words; '' for nothing."""
    if heard.error:
        return f"refused: {heard.error}"
    least = RIGHT if ways.WAYS[heard.way].is_full else RIGHT_THIN
    return ", ".join(f"{name} {heard.scores[name]:.2f}" for name, share in least.items() if heard.scores[name] < share)


def markdown(heard: list[Heard]) -> str:
    """The table by way, and in all."""
    by_way = {way: [one.scores for one in heard if one.way == way] for way in dict.fromkeys(one.way for one in heard)}
    full = [one.scores for one in heard if ways.WAYS[one.way].is_full]
    thin = [one.scores for one in heard if not ways.WAYS[one.way].is_full]
    rows = by_way | {"**bass or full voicings**": full, "**neither**": thin, "**all**": full + thin}
    lines = [f"| way | files | {' | '.join(SCORES)} |", "|---" * (len(SCORES) + 2) + "|"]
    for name, scores in rows.items():
        if scores:
            cells = (_mean([one[score] for one in scores]) for score in SCORES)
            lines.append(f"| {name} | {len(scores)} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _mean(values: list[float]) -> str:
    """In hundredths; a dash where nothing counts."""
    counting = [value for value in values if value == value]
    return f"{100 * sum(counting) / len(counting):.0f}" if counting else "-"


if __name__ == "__main__":
    sys.exit(run(main))
