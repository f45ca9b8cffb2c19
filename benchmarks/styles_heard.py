"""Is a player's style heard? Solos after several players over the same changes, told apart, and held against the real.

    python benchmarks/styles_heard.py --solos FOLDER --players "Charlie Parker, Miles Davis, Chet Baker"

Reads the Weimar Jazz Database (a folder of its CSV export, or wjazzd.db) and makes solos after each of the players over
the same `CHARTS`, at one tempo, two ways: learned from his solos alone, and from one network of all solos with PLAYER.

A classifier is trained on the real solos: linear discriminant analysis of every `HEARD` bars, with a covariance that
leans on the unit matrix, because there are more features than can be told of so few bars. It hears density, lengths,
intervals, types, places, phrases, range, swing and articulation, and neither loudness nor tempo; a solo is whose its
bars are on average. First it is asked for real solos that it did not hear. Then, on the measures of `sense.py` and
`MEASURES`, players and solos are held against each other, `MEASURED` bars at a time, in standard deviations of all real
solos. Of every other solo, ours after its first half are held against all second halves.
Writes `benchmarks/styles_heard.md`.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import running.console  # noqa: F401, before NumPy

# isort: split
import numpy as np
import sense
import told_apart

import music_generate
from improvising.measures import notes_a_bar, sounding_share
from improvising.session import playing_of
from improvising.solos import generate_music
from inference_model import OneStep
from learning.feel import OFFBEATS, is_offbeat
from learning.ground import Line
from learning.learner import Training
from learning.practice import practise
from learning.sampler import END_OF_PHRASE
from learning.saved_network import Saved
from learning.style import learn_style
from learning.training import learn
from music.catalogue import Wanted, chosen
from music.chorus import usual_bar
from music.piece import Solo, Tune, lay_out
from music.units import GRID
from preprocess import read_tunes
from reading.changes import typed_chorus
from running.console import run, show
from running.files import write_aside
from running.settings import Settings, declared, read_settings, text, whole

SOLOS: text = "solos"  # the database, or a folder with solos of it in its CSV export
PLAYERS: text = "Charlie Parker, Miles Davis, Chet Baker"  # who are to be told apart
N: whole(1, 1000) = 3  # solos to make after each player over each of the charts
SEEDS: whole(1, 100) = 3  # networks to train and times to improvise, from NETWORK_SEED and SEED on

HEARD, MEASURED, AT_LEAST = 4, 16, 8  # bars that are classified and measured at a time; notes in the first
LEANS, BARS_A_SOLO, SPEED = 0.3, 64, 160.0  # of the covariance on the unit matrix; to play; quarters a minute
CHARTS = {
    "a blues": "F7 | Bb7 | F7 | Cm7 F7 | Bb7 | Bdim7 | F7 | Am7b5 D7 | Gm7 | C7 | F7 D7 | Gm7 C7",
    "rhythm changes": "|: Bbmaj7 G7 | Cm7 F7 | Dm7 G7 | Cm7 F7 | Fm7 Bb7 | Eb7 Ab7 | Dm7 G7 | Cm7 F7 :| "
    "D7 | % | G7 | % | C7 | % | F7 | % | Bbmaj7 G7 | Cm7 F7 | Dm7 G7 | Cm7 F7 | Fm7 Bb7 | Eb7 Ab7 | Cm7 F7 | Bbmaj7",
    "twos and fives": "Dm7 | G7 | Cmaj7 | A7 | Dm7 | G7 | Cmaj7 | % | Fm7 | Bb7 | Ebmaj7 | C7 | Fm7 | Bb7 | Ebmaj7 | %",
    "a ballad": "|: Ebmaj7 | Cm7 | Fm7 | Bb7 | Gm7b5 C7 | Fm7 | Abm7 Db7 | Ebmaj7 :| "
    "Bbm7 | Eb7 | Abmaj7 | % | Am7b5 | D7 | Gm7 C7 | Fm7 Bb7 | "
    "Ebmaj7 | Cm7 | Fm7 | Bb7 | Gm7b5 C7 | Fm7 Bb7 | Ebmaj7 | %",
}
ALONE, PICKED = "his solos alone", "all solos, with PLAYER"
BESIDE_THE_LINE = (1, -2, -1)  # features: mean pitch, swing, articulation
LOUDNESS = ("velocity with pitch (r)", "peaks louder (sd)")  # are not heard here

Rows = list[np.ndarray]  # of each solo its features, (n, n_features)

# Beside the measures of sense, of a solo and its line.
MEASURES: dict[str, Callable[[Solo, Line], float]] = {
    "notes a bar": lambda solo, line: notes_a_bar(solo),
    "share that sounds": lambda solo, line: sounding_share(solo),
    "notes a phrase": lambda solo, line: len(line.places) / max(1, _rests(line).sum()),
    "gaps of a triplet or less": lambda solo, line: sense.share((line.distances > 0) & (line.distances <= GRID // 3)),
    "notes on the beat": lambda solo, line: sense.share(line.in_pulse == 0),
    "mean pitch": lambda solo, line: sense.share(line.pitches),
    "spread of pitches": lambda solo, line: float(np.std(line.pitches)),
    "repeated notes": lambda solo, line: sense.share(line.intervals[1:] == 0),
    "chord tones": lambda solo, line: sense.share(line.kinds == sense.CHORD),
    "approach tones": lambda solo, line: sense.share(line.kinds == sense.APPROACH),
}


def main(argv: list[str] | None = None) -> None:
    """Read, learn, improvise, judge, measure, print, write."""
    settings = declared(music_generate) | declared(sys.modules[__name__])
    given = read_settings(settings, __doc__.splitlines()[0], argv, bare="SOLOS")
    tunes, _ = read_tunes(Path(given.solos))
    players = {name.strip(): chosen(tunes, Wanted(player=name.strip())) for name in given.players.split(",")}
    real = {name: [rows_of(tune.solo) for tune in own] for name, own in players.items()}
    page = []

    def add(text: str) -> None:
        show("", done=True)
        print(text, flush=True)
        page.append(text)

    add(f"# Whose solo? {', '.join(players)}\n\n## Real solos that the classifier did not hear\n")
    add(confusion(players, *left_out(list(real.values()))))
    add(_by_the_line(*map(right, left_out(list(real.values()), BESIDE_THE_LINE))))
    made, libraries = solos_of(tunes, players, given)
    every = [np.concatenate(rows) for rows in real.values()]
    for way, seeds in made.items():
        found = [[[*map(rows_of, solos)] for solos in one.values()] for one in seeds]
        counts = [judged(Judge(every), one) for one in found]
        add(f"## Ours, learned from {way}\n")
        add(confusion(players, *(np.sum(one, axis=0) for one in zip(*counts, strict=True))))
        bars, solos = (", ".join(f"{right(one):.0%}" for one in each) for each in zip(*counts, strict=True))
        add(f"By seed: {bars} of the bars, {solos} of the solos.\n")
        counts = [judged(Judge(every, BESIDE_THE_LINE), one) for one in found]
        add(_by_the_line(*(np.mean([*map(right, one)]) for one in zip(*counts, strict=True))))
    add("## How far from whom\n\n" + distance_table(tunes, players, made))
    add("## After half of his solos, told by a classifier that heard the other half\n")
    add(confusion(players, *by_halves(libraries[0], players, real, given)))
    add("## The others, by halves of their solo\n\n" + others_table(libraries[0], tunes, players, given))
    write_aside(ROOT / "benchmarks/styles_heard.md", "\n".join(page).encode())


# --- Solos -----------------------------------------------------------------------------------------------------------


def solos_of(tunes: list[Tune], players: dict[str, list[Tune]], given: Settings) -> tuple[dict, list[Saved]]:
    """Of each way and each seed the solos after each player; and the networks of all solos."""
    made, libraries = {ALONE: [], PICKED: []}, []
    for number in range(given.seeds):
        libraries.append(library_of(tunes, given, number))
        for way, seeds in made.items():
            seeds.append({})
            for name, own in players.items():
                show(f"seed {number}, {way}: {name}", done=True)
                saved = library_of(own, given, number) if way == ALONE else libraries[number]
                seeds[number][name] = solos_after(saved, own, given, number)
    return made, libraries


def library_of(tunes: list[Tune], given: Settings, number: int) -> Saved:
    """A network of tunes, as SAVE keeps it."""
    style = learn_style(tunes)
    training = Training(given.n_a, given.epochs, given.batch_size, given.network_seed + number)
    network = learn(style, tunes, given.windows, given.tx, training, _memory(given))
    return Saved(tunes, network._replace(keras_file=b""), style.values)


def solos_after(
    saved: Saved, own: list[Tune], given: Settings, number: int, charts: Sequence[str] = tuple(CHARTS.values())
) -> list[Solo]:
    """`N` solos after a player's own tunes, with PLAYER, over each of the charts."""
    style, one_step = learn_style(own, values=saved.values), OneStep(saved.leaning_to(own).weights)
    playing, found = playing_of(given), []
    way = playing.experts, playing.closeness, playing.gravity
    style = replace(style, habits=practise(one_step, style.player, *way, _memory(given)))
    for place, chart in enumerate(charts):
        chorus = typed_chorus(chart, usual_bar(style.source.bars))
        over = replace(style, chorus=chorus.repeated(max(1, BARS_A_SOLO // len(chorus.bars))))
        seed = given.seed + number * len(CHARTS) + place
        found += generate_music(one_step, over, playing, given.n, seed, tempo=SPEED)
    return found


def _memory(given: Settings) -> Path | None:
    return Path(given.cache) if given.cache else None


# --- The classifier --------------------------------------------------------------------------------------------------


def rows_of(solo: Solo) -> np.ndarray:
    """What is heard of a solo, every `HEARD` bars, (n, n_features)."""
    line, played = sense.line(solo), np.array([nuance[:2] for nuance in solo.nuances])
    swung, rows = is_offbeat(line, solo.bars), []
    for first in range(0, max(1, len(solo.bars) - HEARD + 1), HEARD):
        here = (line.bars >= first) & (line.bars < first + HEARD)
        if here.sum() >= AT_LEAST:
            notes = Line(*(column[here] for column in line))._replace(velocities=np.zeros(here.sum()))
            late, length = played[here].T
            offbeats = (notes.in_pulse / GRID + late)[swung[here]]
            longer = length * GRID / np.maximum(1, notes.durations)
            heard = told_apart.features(notes, solo.bars[first].start)
            rest = [_rests(notes).mean(), np.mean(offbeats) if len(offbeats) > 2 else sum(OFFBEATS) / 2 / GRID]
            rows.append([*heard, *rest, longer.mean()])
    return np.array(rows)


def _rests(line: Line) -> np.ndarray:
    """Whether a rest follows each note but the last."""
    return (np.diff(line.places) - line.durations[:-1]) >= END_OF_PHRASE


class Judge:
    """Linear discriminant analysis: whose of some classes rows are, each class (n, n_features), all equally likely; it
    is deaf to some of the features."""

    def __init__(self, classes: list[np.ndarray], deaf_to: Sequence[int] = ()):
        self.deaf_to = list(deaf_to)
        classes = [np.delete(rows, self.deaf_to, axis=1) for rows in classes]
        every = np.concatenate(classes)
        self.mean, self.spread = every.mean(axis=0), every.std(axis=0) + 1e-9
        classes = [(rows - self.mean) / self.spread for rows in classes]
        means = np.array([rows.mean(axis=0) for rows in classes])  # (n_classes, n_features)
        covariance = np.mean([np.cov(rows.T, bias=True) for rows in classes], axis=0)
        covariance = (1 - LEANS) * covariance + LEANS * np.eye(len(covariance))
        self.weights = np.linalg.solve(covariance, means.T)  # (n_features, n_classes)
        self.bias = -(means.T * self.weights).sum(axis=0) / 2

    def believed(self, rows: np.ndarray) -> np.ndarray:
        """The logarithm of how likely each class is, (n, n_classes)."""
        rows = np.delete(rows, self.deaf_to, axis=1)
        scores = (rows - self.mean) / self.spread @ self.weights + self.bias
        return scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)


def judged(judge: Judge, solos: list[Rows]) -> tuple[np.ndarray, np.ndarray]:
    """Of some bars, and of some solos, how many of each class (rows) are taken for which (columns)."""
    bars, wholes = np.zeros((2, len(solos), len(solos)), int)
    for number, of_class in enumerate(solos):
        for solo in of_class:
            believed = judge.believed(solo)
            np.add.at(bars[number], believed.argmax(axis=1), 1)
            wholes[number, believed.mean(axis=0).argmax()] += 1
    return bars, wholes


def left_out(real: list[Rows], deaf_to: Sequence[int] = ()) -> tuple[np.ndarray, np.ndarray]:
    """The same of real solos, each judged by what was learned of all others."""
    bars, wholes = np.zeros((2, len(real), len(real)), int)
    for number, of_class in enumerate(real):
        for place, rows in enumerate(of_class):
            others = [*real[:number], of_class[:place] + of_class[place + 1 :], *real[number + 1 :]]
            alone = [[rows] if other == number else [] for other in range(len(real))]
            found = judged(Judge([np.concatenate(each) for each in others], deaf_to), alone)
            bars, wholes = bars + found[0], wholes + found[1]
    return bars, wholes


def by_halves(saved: Saved, players: dict[str, list[Tune]], real: dict[str, Rows], given: Settings) -> tuple:
    """The same of solos after every other solo of each player, by a judge of those between; and the other way round."""
    counts = []
    for half in (0, 1):
        judge = Judge([np.concatenate(rows[1 - half :: 2]) for rows in real.values()])
        show(f"after half of the solos, {half + 1} of 2")
        solos = [solos_after(saved, own[half::2], given, 0) for own in players.values()]
        counts.append(judged(judge, [[*map(rows_of, each)] for each in solos]))
    return tuple(np.sum(one, axis=0) for one in zip(*counts, strict=True))


def right(counts: np.ndarray) -> float:
    """The share that is told rightly, each player counting the same."""
    return float(np.mean(counts.diagonal() / counts.sum(axis=1)))


def _by_the_line(bars: float, solos: float) -> str:
    return (
        f"By one who is deaf to register, swing and articulation: {bars:.0%} of the bars, {solos:.0%} of the solos.\n"
    )


def confusion(players: dict, bars: np.ndarray, solos: np.ndarray) -> str:
    """Who is taken for whom, as Markdown: by bars, and by solos."""
    lines = [f"| {HEARD} bars (solos) of | taken for {' | '.join(players)} |", "|---|" + "---|" * len(players)]
    for name, *rows in zip(players, bars, solos, strict=True):
        lines.append(f"| {name} | " + " | ".join(f"{one} ({two})" for one, two in zip(*rows, strict=True)) + " |")
    lines.append(
        f"\nRight: {right(bars):.0%} of the bars, {right(solos):.0%} of the solos; by chance {1 / len(bars):.0%}.\n"
    )
    return "\n".join(lines)


# --- The measures ----------------------------------------------------------------------------------------------------


def measured(solos: list[Solo]) -> np.ndarray:
    """The mean of each measure over all `MEASURED` bars of some solos, (n_measures,)."""
    found = []
    for solo in solos:
        for part in parts(solo, MEASURED):
            line = sense.line(part)
            if len(line.places) >= 2 * AT_LEAST:
                known = {name: value for name, value in sense.measure(part).items() if name not in LOUDNESS}
                found.append([*known.values(), *(measure(part, line) for measure in MEASURES.values())])
    return np.ma.masked_invalid(found).mean(axis=0).filled(np.nan)


def parts(solo: Solo, n_bars: int) -> Iterator[Solo]:
    """So many bars of a solo at a time; a shorter one as a whole."""
    for first in range(0, max(1, len(solo.bars) - n_bars + 1), n_bars):
        bars = slice(first, first + n_bars)
        yield Solo(lay_out(solo.bars[bars]), solo.notes_by_bar[bars], solo.chords_by_bar[bars])


def apart(one: np.ndarray, other: np.ndarray, spread: np.ndarray) -> float:
    """The root mean square of how far measures are apart."""
    return float(np.sqrt(np.nanmean(((one - other) / spread) ** 2)))


def distance_table(tunes: list[Tune], players: dict[str, list[Tune]], made: dict[str, list[dict]]) -> str:
    """How far real players and solos after them are from each real player, and what is farthest off, as Markdown."""
    spread = np.nanstd([measured([tune.solo]) for tune in tunes], axis=0)
    theirs = {name: measured([tune.solo for tune in own]) for name, own in players.items()}
    names = [name for name in sense.MEASURES if name not in LOUDNESS] + list(MEASURES)
    lines = [f"| | from {' | '.join(players)} | farthest off |", "|---|" + "---|" * (len(players) + 1)]
    for way, seeds in {"himself": [], **made}.items():
        for name in players:
            ours = measured([solo for found in seeds for solo in found[name]]) if seeds else theirs[name]
            off = (ours - theirs[name]) / spread
            worst = np.argsort(-np.nan_to_num(abs(off)))[: 3 if seeds else 0]
            told = ", ".join(f"{names[index]} {off[index]:+.1f}" for index in worst)
            cells = " | ".join(f"{apart(ours, other, spread):.2f}" for other in theirs.values())
            lines.append(f"| {name}, {way} | {cells} | {told} |")
    return "\n".join(lines) + "\n"


def others_table(saved: Saved, tunes: list[Tune], players: dict[str, list[Tune]], given: Settings) -> str:
    """For whom else solos after the first half of a solo are nearest to its second half, of all second halves."""
    others = [tune for tune in tunes if all(tune not in own for own in players.values())]
    split = [halves_of(tune) for tune in others]
    second = [measured([half.solo]) for _, half in split]
    spread, ranks = np.nanstd(second, axis=0), {"his own first half": [], "ours": []}
    for number, (half, _) in enumerate(split):
        show(f"halves of solos: {number + 1} of {len(split)}")
        solos = solos_after(saved, [half], given, 0, tuple(CHARTS.values())[::2])
        for way, those in (("his own first half", [half.solo]), ("ours", solos)):
            far = [apart(measured(those), other, spread) for other in second]
            ranks[way].append(sum(one < far[number] for one in far))
    lines = [f"| of {len(others)} | nearest to his own second half | among the nearest five | median rank |"]
    lines += ["|---|---|---|---|"]
    for way, found in ranks.items():
        found = np.array(found)
        lines.append(f"| {way} | {(found == 0).sum()} | {(found < 5).sum()} | {np.median(found) + 1:g} |")
    chance = f"| by chance | 1 | 5 | {(len(others) + 1) / 2:g} |"
    return "\n".join([*lines, chance]) + "\n"


def halves_of(tune: Tune) -> tuple[Tune, Tune]:
    """The first half of a tune's bars, and the second."""
    grammars, middle = dict(zip(tune.bars, tune.abstract_grammars, strict=True)), len(tune.bars) // 2
    found = []
    for numbers in ([*tune.bars][:middle], [*tune.bars][middle:]):
        columns = {name: getattr(tune, name) for name in ("melody", "chords", "bars", "nuances")}
        columns = {name: {number: column[number] for number in numbers} for name, column in columns.items()}
        lines = tuple(grammars[number] for number in numbers)
        found.append(replace(tune, **columns, abstract_grammars=lines, sections={}, strikes={}))
    return found[0], found[1]


if __name__ == "__main__":
    sys.exit(run(main))
