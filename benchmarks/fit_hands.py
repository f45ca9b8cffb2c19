"""Fits the weights by which a melody is parted from its accompaniment in one track (`reading/hands.py`).

    python benchmarks/fit_hands.py ../shared/data

Real solos and lead sheets are accompanied in the ways of `ways.py`; all who play but the drums share one track, played
unevenly, the melody louder or not, rested or as it is. Of half of the tunes a logistic choice is fitted at each onset
among its notes, or none, along the true line and then along those found. Printed are the weights, and of the other
tunes the share of right lines, and the mean F-measure of their notes, with those in use, with the fitted ones, and with
those in use without each one in turn.
"""

import random
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from fit_line import TICKS, fitted, played, track  # first: it finds the project's packages

# isort: split
import ways
from reading_scores import LINE_FALSE, LINE_FOUND
from real_music import Music, music_at, places

from reading import hands
from reading.raw_tune import RawNote

SHARED = (
    "two-hands,stride,oom-pah,one-channel,inversions,rolled,strummed,uneven-release,pedal,shells,rootless,pushed,held,"
    "pad,comping,rootless-comping,block-no-bass,rootless-no-bass,guide-tones,four-voices,oohs"
)  # ways in which one may play all of it
TUNES = 25  # solos, and as many sheets, in each half
ROUNDS = 2  # along lines that were found
EVERY = 3  # of so many onsets one is learnt from
RESTING = 0.25  # share of files whose melody rests most of the time
PLAIN = 0.3  # share of files as the benchmark has them
NAMES = [*hands.BESIDE, *hands.AFTER]

File = tuple[str, list[RawNote], list[RawNote]]  # its way and tune, its notes, its melody


def files(musics: list[Music], seed: int) -> Iterator[File]:
    """Each tune in some of the ways."""
    for number, music in enumerate(musics):
        for way in SHARED.split(",")[number % 4 :: 4]:
            rng = random.Random(f"{seed} {way} {music.name}")
            heard = ways.resting(music, rng) if rng.random() < RESTING else music
            yield f"{way} {music.name}", *together(ways.WAYS[way].make(heard, rng), rng)


def together(take, rng: random.Random) -> tuple[list[RawNote], list[RawNote]]:
    """The notes of all players of a take but the drums, as one track has them, and those of its melody."""
    melody = [(note.onset, note.end - note.onset, note.pitch, note.velocity) for note in take.truth.melody]
    there = Counter((onset, pitch) for onset, _, pitch, _ in melody)
    others = []
    for voice in take.voices:
        for note in voice.sounds if voice.channel != 9 else ():
            if there[note.onset, note.pitch]:
                there[note.onset, note.pitch] -= 1
            else:
                others.append((note.onset, note.end - note.onset, note.pitch, note.velocity))
    if rng.random() > PLAIN:
        up = 12 * int(np.mean([pitch for _, _, pitch, _ in melody]) < 62 and rng.random() < 0.6)
        legato = rng.choice((1, 1, 0.9, 0.6, 1.15))
        melody = [(onset, long * legato, pitch + up, loud) for onset, long, pitch, loud in melody]
        melody, others = played(rng, melody, rng.choice((0, 8, 16))), played(rng, others, 0)
    line = track("", 0, 0, melody).notes()
    left = Counter((note.onset, note.pitch) for note in line)
    rest = [note for note in track("", 0, 0, others).notes() if not left[note.onset, note.pitch]]
    return sorted(line + rest), line


def choices(weights: np.ndarray | None, file: File) -> list[tuple[np.ndarray, np.ndarray]]:
    """At some onsets the features of what is right, a note or none (zeros), and of the others, along the line that the
    weights find, None for the right one."""
    name, notes, melody = file
    rng, groups, truth = random.Random(name), hands.candidates(notes, TICKS), set(melody)
    if weights is None:
        line, told = truth, hands.told_apart(groups, truth)
    else:
        use(weights)
        told = hands.first_told(groups, notes)
        for _ in range(rng.randint(1, hands.PASSES)):
            line = set(hands.best_line(groups, told, TICKS))
            told = hands.told_apart(groups, line)
    usual, rows, last, place = hands.usual_company(groups), [], None, 0.0
    for group in groups:
        if last and rng.randrange(EVERY) == 0:
            table = np.array([
                [*hands.beside(one, told, usual), *hands.after(one, last, place, TICKS)] for one in group
            ] + [[0.0] * len(NAMES)])  # fmt: skip
            right = next((index for index, one in enumerate(group) if one.note in truth), len(group))
            rows.append((table[right], np.delete(table, right, axis=0)))
        if chosen := next((one.note for one in group if one.note in line), None):
            place = hands.MEMORY * place + (1 - hands.MEMORY) * chosen.pitch if last else chosen.pitch
            last = chosen
    return rows


def use(weights: np.ndarray) -> None:
    hands.BESIDE.update(zip(hands.BESIDE, weights, strict=False))
    hands.AFTER.update(zip(hands.AFTER, weights[len(hands.BESIDE) :], strict=True))


def rightness(weights: np.ndarray, file: File) -> tuple[bool, float]:
    """Whether the line is right, and the F-measure of its notes."""
    use(weights)
    _, notes, melody = file
    line = hands.split_hands(notes, TICKS)[0]
    right = len({note[::2] for note in line} & {note[::2] for note in melody})
    is_right = right >= LINE_FOUND * len(melody) and len(line) - right <= LINE_FALSE * len(line)
    return is_right, 2 * right / (len(line) + len(melody))


def report(learnt: list[File], others: list[File]) -> None:
    now, rows = np.array([*hands.BESIDE.values(), *hands.AFTER.values()]), []
    with ProcessPoolExecutor() as pool:

        def printed(name: str, weights: np.ndarray) -> None:
            right, shares = zip(*pool.map(partial(rightness, weights), others, chunksize=8), strict=True)
            print(f"{name:20}{np.mean(right):8.1%}{np.mean(shares):8.3f}", flush=True)

        weights = None
        for _ in range(1 + ROUNDS):
            rows += [row for of in pool.map(partial(choices, weights), learnt, chunksize=8) for row in of]
            weights = fitted(rows)
        for name, old, new in zip(NAMES, now, weights, strict=True):
            print(f"{name:20}{old:8.2f}{new:8.2f}")
        print(f"of {len(others)} files of other tunes:")
        printed("in use", now)
        printed("fitted", weights)
        for index, name in enumerate(NAMES):
            printed(f"without {name}", np.where(np.arange(len(now)) == index, 0.0, now))


if __name__ == "__main__":
    found = [[music for path in paths if (music := music_at(path))] for paths in (
        paths[: 2 * TUNES] for paths in places(Path(sys.argv[1]))
    )]  # fmt: skip
    report(*(list(files([music for of in found for music in of[half::2]], half)) for half in (0, 1)))
