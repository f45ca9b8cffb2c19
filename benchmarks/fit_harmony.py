"""What each constant of the harmony is worth (`reading/harmonise.py`), on tunes it was tuned on and on others.

    python benchmarks/fit_harmony.py ../shared/data

Real solos and lead sheets are accompanied in the ways of `ways.py` that concern chords, and read; what the harmony is
judged from is kept. Printed are the shares of time in which root and seventh are right, where a bass or full voicings
sound and where neither does: of both kinds of tunes; and of those it was tuned on with each constant a little lower and
higher.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np
from fit_line import TICKS  # noqa: F401, first: it finds the project's packages

# isort: split
import ways
from chord_accuracy import Row, accuracy, label, rows_of_truth
from real_music import music_at, places

from music.units import to_quarters
from preprocess import read_tune
from reading import chords, harmonise

CHORDAL = (
    "block,inversions,block-no-bass,rolled,arpeggio,pedal,shells,rootless,rootless-no-bass,guide-tones,power-chords,"
    "thirds,pushed,comping,rootless-comping,two-hands,oom-pah,four-voices,bright-piano"
)
NOT_TUNED_ON = 17, 20  # of the solos and of the sheets the last ones
LITTLE = 1.25
TABLES = ("_states_in", "_likely", "_likely_low", "_needed", "_moves_in")  # that are made once of the constants
SINGLE = "BASS_TELLS CHANGES FOREIGN LACKING LOWEST_TELLS MOST_PLAYED MOST_SUNG MOST_UNDER PLAYED SELDOM SUNG TONIC"


class Heard(NamedTuple):
    """What `find_harmony` is given of a file, and its true chords."""

    way: str
    given: tuple
    truth: list[Row]


def files(paths: list[Path], folder: Path) -> Iterator[Heard]:
    """Each tune in every fourth way."""
    taken, find_harmony = [], chords.find_harmony
    chords.find_harmony = lambda *given: taken.append(given) or find_harmony(*given)
    for number, music in enumerate(filter(None, map(music_at, paths))):
        for way in CHORDAL.split(",")[number % 4 :: 4]:
            take, path = ways.WAYS[way].make(music, Random(f"{way} {music.name}")), folder / "tune.mid"
            take.save(path)
            read_tune(path)
            yield Heard(way, taken[-1], rows_of_truth(take.truth.changes))
    chords.find_harmony = find_harmony


def rightness(heard: list[Heard]) -> list[float]:
    """Roots and sevenths where a bass or full voicings sound, and where neither does."""
    for name in TABLES:
        getattr(harmonise, name).cache_clear()
    scores = {True: [], False: []}
    for way, given, truth in heard:
        found = [
            (to_quarters(one.onset), to_quarters(one.onset + one.duration), label(one.root, one.tones))
            for one in harmonise.find_harmony(*given)
        ]
        of = accuracy(truth, found)
        scores[ways.WAYS[way].is_full].append((of["root"], of["sevenths"]))
    return [share for is_full in (True, False) for share in np.nanmean(scores[is_full], axis=0)]


def printed(name: str, heard: list[Heard]) -> None:
    print(f"{name:32}" + "".join(f"{share:8.1%}" for share in rightness(heard)), flush=True)


def main(data: Path) -> None:
    of_kinds = [*zip(places(data), NOT_TUNED_ON, strict=True)]
    with tempfile.TemporaryDirectory() as scratch:
        tuned, others = (
            [*files([path for paths, last in of_kinds for path in paths[part(last)]], Path(scratch))]
            for part in (lambda last: slice(None, -last), lambda last: slice(-last, None))
        )
    print(f"{'':32}    full: roots, sevenths; neither: roots, sevenths")
    printed(f"{len(tuned)} files of tunes tuned on", tuned)
    printed(f"{len(others)} files of other tunes", others)
    for name in SINGLE.split():
        now = getattr(harmonise, name)
        for factor in (1 / LITTLE, LITTLE):
            changed = np.multiply(now, factor)
            setattr(harmonise, name, tuple(changed.tolist()) if changed.ndim else float(changed))
            printed(f"{name} times {factor:g}", tuned)
        setattr(harmonise, name, now)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
