"""Is a file heard as a musician hears it? Files with known truth, made of real music in many ways, and read.

    python benchmarks/reading.py
    python benchmarks/reading.py --ours --ways rolled,pushed --list-wrong

Solos and lead sheets (`real_music.py`) are accompanied in many ways (`ways.py`), written as MIDI (`known_midi.py`) and
read as any other file. By way and in all it tells how much of melody, bars, tempo and chords is right
(`reading_scores.py`, `chord_accuracy.py`). Writes `benchmarks/reading.md`, unless some ways are asked for.
"""

import sys
import tempfile
from collections.abc import Callable, Iterable
from itertools import islice, zip_longest
from pathlib import Path
from random import Random
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
# This script is called as the project's folder `reading` is: the project has to come first.
sys.path.insert(0, str(ROOT))

import running.console  # noqa: F401, before NumPy

# isort: split
import ways
from chord_accuracy import MEASURES, accuracy, rows_of_truth
from other_readers import by_music21, by_templates
from reading_scores import LINE_FALSE, LINE_FOUND, NEAR_FOUND, NOTHING, SCORES, TEMPO, place_in, scores_of
from real_music import Music, music_at, places

from preprocess import read_tune
from reading.midi import read_midi
from running.console import run, show
from running.files import write_aside
from running.settings import Settings, declared, path, read_settings, some_of, switch, text, whole

DATA: path = str(ROOT.parent / "shared/data")  # folder with real music: wjazzd and lead_sheets
WAYS: some_of(*ways.WAYS) = ()  # which ways; (): all
SOLOS: whole(0, 456) = 12  # solos to make of each way
SHEETS: whole(0, 502) = 12  # lead sheets to make of each way
OTHERS: whole(0, 1000) = 2  # how many files of each way music21 and chord templates read, too: they take long
OURS: switch = False  # without these
LIST_WRONG: switch = False  # also tell of each file that went wrong, and what
KEEP: text = ""  # folder in which the files stay, each with its truth; "": none
SEED: whole(0) = 0

OTHER_READERS = {"music21": by_music21, "templates": by_templates}
# Below these a file went wrong.
RIGHT = {"line": 1, "bars": 0.95, "meter": 1, "tempo": 1, "root": 0.9, "sevenths": 0.75}
RIGHT_THIN = RIGHT | {"root": 0.8, "sevenths": 0.6}  # where neither a bass nor full voicings sound

INTRODUCTION = f"""# How right files of known truth are read

`benchmarks/reading.py`, in hundredths: files with the right line (at least {LINE_FOUND:.0%} of its notes, at most
{LINE_FALSE:.0%} others); notes found within a sixteenth, false, and placed on their very grid step; beats (F-measure,
within {NEAR_FOUND} of one), bars, meter, tempo (within {TEMPO:.0%}, without a click of the mean); time in which the
chord's root, root and third, root and all up to the seventh are right (`mir_eval.chord`). The ways are told in
`ways.py`."""


class Heard(NamedTuple):
    """A file that was read: its way and tune, its scores, the error where it was refused, and how right its chords are
    by other readers."""

    way: str
    tune: str
    scores: dict[str, float]
    error: str = ""
    others: dict[str, dict[str, float]] = {}


def main(argv: list[str] | None = None) -> None:
    """Make, read, compare, print, write."""
    given = read_settings(declared(sys.modules[__name__]), __doc__.splitlines()[0], argv)
    heard = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(given.keep or scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for way in given.ways or ways.WAYS:
            show(f"reading {way}")
            for number, music in enumerate(music_for(way, given)):
                others = {} if given.ours or number >= given.others else OTHER_READERS
                heard.append(hear(way, music, given.seed, folder, others))
    show(f"{len(heard)} files", done=True)
    if given.list_wrong:
        print("".join(f"{one.way}: {one.tune}: {said}\n" for one in heard if (said := faults(one))))
    table = markdown(heard)
    print(table)
    if not given.ways:
        write_aside(ROOT / "benchmarks/reading.md", f"{INTRODUCTION}\n\n{table}".encode())


def music_for(way: str, given: Settings) -> list[Music]:
    """The first solos and sheets, of all that fit a way, by turns."""
    chosen = []
    for paths, most in zip(places(Path(given.data)), (given.solos, given.sheets), strict=True):
        fitting = (music for path in paths if (music := music_at(path)) and ways.WAYS[way].fits(music))
        chosen.append([*islice(fitting, most)])
    return [music for pair in zip_longest(*chosen) for music in pair if music]


def hear(way: str, music: Music, seed: int, folder: Path, others: dict[str, Callable] = OTHER_READERS) -> Heard:
    """Make a file in a folder, and read it."""
    take = ways.WAYS[way].make(music, Random(f"{seed} {way} {music.name}"))
    path, error = folder / f"{way}__{music.name}.mid", ""
    take.save(path)
    try:
        scores = scores_of(read_tune(path), take.truth, place_in(take, read_midi(path)))
    except ValueError as refused:
        scores, error = NOTHING, str(refused).removeprefix(f"{path}: ")
    chords = rows_of_truth(take.truth.changes)
    return Heard(way, music.name, scores, error, {name: accuracy(chords, read(path)) for name, read in others.items()})


def faults(heard: Heard) -> str:
    """What is wrong with a file's reading, in a few words; '' for nothing."""
    if heard.error:
        return f"refused: {heard.error}"
    least = RIGHT if ways.WAYS[heard.way].is_full else RIGHT_THIN
    return ", ".join(f"{name} {heard.scores[name]:.2f}" for name, share in least.items() if heard.scores[name] < share)


def markdown(heard: list[Heard]) -> str:
    """The scores by way, and in all, in hundredths; then the chords of those files that others read, too, beside
    theirs."""
    table = _table(heard, [(score, lambda one, score=score: one.scores[score]) for score in SCORES])
    both = [one for one in heard if one.others]
    if not both:
        return table
    columns = [(f"ours: {measure}", lambda one, measure=measure: one.scores[measure]) for measure in MEASURES]
    for name in OTHER_READERS:
        for measure in MEASURES:
            columns.append((f"{name}: {measure}", lambda one, at=(name, measure): one.others[at[0]][at[1]]))
    return f"{table}\nChords of the files that others read, too:\n\n{_table(both, columns)}"


def _table(heard: list[Heard], columns: list[tuple[str, Callable[[Heard], float]]]) -> str:
    """A row for each way and for all of them, with the means of the columns."""
    groups = {way: [one for one in heard if one.way == way] for way in dict.fromkeys(one.way for one in heard)}
    full, thin = ([one for one in heard if ways.WAYS[one.way].is_full is which] for which in (True, False))
    groups |= {"**a bass or full voicings**": full, "**neither**": thin, "**all**": heard}
    lines = [f"| way | files | {' | '.join(name for name, _ in columns)} |", "|---" * (len(columns) + 2) + "|"]
    for name, files in groups.items():
        cells = [_mean(value(one) for one in files) for _, value in columns]
        lines += [f"| {name} | {len(files)} | {' | '.join(cells)} |"] if files else []
    return "\n".join(lines) + "\n"


def _mean(values: Iterable[float]) -> str:
    """A dash where nothing counts."""
    counting = [value for value in values if value == value]
    return f"{100 * sum(counting) / len(counting):.0f}" if counting else "-"


if __name__ == "__main__":
    sys.exit(run(main))
