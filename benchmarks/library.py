"""What does a library teach? Held-out perplexity against the number of tunes, and the sweep that found the rules.

    python benchmarks/library.py --tunes FOLDER_OR_DATABASE
    python benchmarks/library.py --tunes FOLDER_OR_DATABASE --sweep

A share of the tunes is held out by player and title, so that neither occurs on both sides; from the others, or so many
of them as `SIZES` says, a network learns as `music_generate.py` does. Perplexity is that of a value of the held-out
tunes by the values before it in the tune, among all values of the library; n-grams (interpolated by Witten and Bell)
know the same. The mixture of all of them and of what the tune itself has played so far is weighed (EM) on the tunes
that tell the network when to stop. Writes `benchmarks/library.md` and `images/library.png`; the sweep, which varies one
rule at a time (`learning/lessons.py`), writes `benchmarks/library_sweep.md`.
"""

import sys
from collections import Counter, defaultdict
from pathlib import Path
from time import monotonic
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import running.console  # noqa: F401, before NumPy

# isort: split
import numpy as np
from ngrams import NGrams, perplexity

import music_generate
from grammar import parse_term
from inference_model import OneStep
from learning.learner import Training
from learning.lessons import HEARD, Lessons, held_out, lessons_of, schedule_of, stopping
from learning.training import trained_on_library
from music.piece import Tune
from preprocess import get_corpus_data, read_tunes
from running.console import run, show
from running.files import write_aside
from running.settings import Settings, declared, read_settings, switch, text, whole
from writing.pictures import png_bytes

TUNES: text = "solos"  # folder or database of tunes
SIZES: text = "5,10,20,50,100,200"  # numbers of tunes to learn from; all that are not held out are learned from, too
SEEDS: whole(1, 100) = 3  # splits, of which each also draws the network
SWEEP: switch = False  # vary the rules, in place of the sizes

HELD = 0.2  # of the tunes
ORDERS = ("unigram", "bigram", "trigram")
COLOURS = dict(network="#1f5fa8", mixture="#7fb069", unigram="#999999", bigram="#c46a2b", trigram="#8a5a9e")
CACHE_WEIGHT = 20.0  # how often anything was played before a tune began, to what it plays itself
# One rule at a time.
VARIED = {
    "rate": (0.005, 0.01, 0.02, 0.04),
    "dropout": (0.0, 0.2, 0.35, 0.5, 0.65),
    "shrink": (0.2, 1.0, 5.0),
    "heard": (0.25, 0.5, 1.0, 2.0),
    "batch": (16, 32, 64),
    "units": (32, 64, 128, 256),
    "parts": ("shared", "none"),
}


class Library(NamedTuple):
    """Tunes as numbers: the values of each, the `terms` of all values there are, and each tune's player and title."""

    tunes: list[np.ndarray]
    terms: list
    names: list[tuple[str, str]]

    def without(self, held: np.ndarray) -> list[int]:
        return [int(number) for number in np.flatnonzero(~held)]


def main(argv: list[str] | None = None) -> None:
    """Read, split, learn, measure, write."""
    given = read_settings(declared(music_generate) | declared(sys.modules[__name__]), __doc__.splitlines()[0], argv)
    tunes, skipped = read_tunes(Path(given.tunes), memory=Path(given.cache) if given.cache else None)
    library = library_of(tunes)
    told = f"{len(tunes)} tunes, {sum(map(len, library.tunes)):,} values, {len(library.terms):,} kinds\n\n"
    if given.sweep:
        write(ROOT / "benchmarks/library_sweep.md", told + swept(library, given))
        return
    sizes = {int(size) for size in given.sizes.split(",") if size}
    sizes = [*sorted(size for size in sizes if size < len(tunes)), len(tunes)]
    rows = [row for size in sizes if (row := measured(library, size, given))]
    write(ROOT / "benchmarks/library.md", told + table(rows))
    write_aside(ROOT / "images/library.png", curve(rows))


def write(path: Path, content: str) -> None:
    print(content)
    write_aside(path, content.encode())


def library_of(tunes: list[Tune]) -> Library:
    """Tunes as numbers."""
    _, values, numbers, _ = get_corpus_data([line for tune in tunes for line in tune.abstract_grammars])
    sequences = [np.array([numbers[value] for value in tune.values], np.int32) for tune in tunes]
    names = [(tune.player, tune.title or tune.path.stem) for tune in tunes]
    return Library(sequences, [parse_term(value) for value in values], names)


# --- Learning --------------------------------------------------------------------------------------------------------


def split(library: Library, seed: int) -> tuple[list[int], list[int]]:
    """The tunes to learn from and those that are held out: by player and title, neither on both sides."""
    held = held_out(library.names, HELD, seed)
    players = {library.names[number][0] for number in np.flatnonzero(held)} - {""}
    titles = {library.names[number][1] for number in np.flatnonzero(held)}
    learned = [
        number
        for number, (player, title) in enumerate(library.names)
        if not held[number] and player not in players and title not in titles
    ]
    return learned, np.flatnonzero(held).tolist()


def lessons_on(library: Library, numbers: list[int], given: Settings, seed: int, heard: float = HEARD) -> Lessons:
    """What is heard of some of its tunes."""
    sequences = [library.tunes[number] for number in numbers]
    names = [library.names[number] for number in numbers]
    lengths = list(map(len, sequences))
    return lessons_of(np.concatenate(sequences), lengths, names, library.terms, given.tx, seed, heard)


def learned(taught: Lessons, given: Settings, seed: int, n_a: int = 0, batch_size: int = 0, **rules) -> OneStep:
    """A network that has learned the lessons, by these rules in place of the project's."""
    training = Training(n_a or given.n_a, given.epochs, batch_size or given.batch_size, seed)
    schedule = schedule_of(taught, training.n_a)._replace(**rules)
    memory = Path(given.cache) if given.cache else None
    network, _ = trained_on_library(taught, training, memory, schedule=schedule)
    return OneStep(network.weights)


# --- Perplexity ------------------------------------------------------------------------------------------------------


def by_network(one_step: OneStep, tune: np.ndarray) -> np.ndarray:
    """The probability of each value of a tune after those before it, (n,)."""
    a, c = (np.zeros((1, one_step.input_shape[1][1]), np.float32) for _ in range(2))
    x, found = np.zeros((1, one_step.input_shape[0][1]), np.float32), np.empty(len(tune))
    for place, value in enumerate(tune):
        probabilities, a, c = one_step([x, a, c])
        found[place] = probabilities[0, value]
        x[:] = 0
        x[0, value] = 1
    return found


def n_grams_of(tunes: list[np.ndarray], n_values: int) -> NGrams:
    """What follows what in some tunes."""
    grams = NGrams(n_values, len(ORDERS))
    for tune in tunes:
        values = tune.tolist()
        for place, value in enumerate(values):
            grams.hear(values[:place], value)
    return grams


def by_n_grams(grams: NGrams, tune: np.ndarray) -> np.ndarray:
    """The probability of each value of a tune, by each order, (n_orders, n)."""
    values = tune.tolist()
    found = [grams.probabilities(values[:place], value) for place, value in enumerate(values)]
    return np.array(found)[:, 1:].T


def by_itself(tune: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """The probability of each value by how often the tune has played it so far, leaning on the `usual` one, (n,)."""
    played, found = Counter(), np.empty(len(tune))
    for place, value in enumerate(tune.tolist()):
        found[place] = (played[value] + CACHE_WEIGHT * usual[place]) / (place + CACHE_WEIGHT)
        played[value] += 1
    return found


def all_probabilities(one_step: OneStep, grams: NGrams, tunes: list[np.ndarray]) -> np.ndarray:
    """Of each value of some tunes by the network, the n-grams and the tune itself, (2 + n_orders, n)."""
    found = []
    for tune in tunes:
        by_order = by_n_grams(grams, tune)
        found.append([by_network(one_step, tune), *by_order, by_itself(tune, by_order[0])])
    return np.concatenate(found, axis=1)


def mixing_weights(probabilities: np.ndarray) -> np.ndarray:
    """The weights of a mixture under which these are likeliest, (n_models,)."""
    weights = np.full(len(probabilities), 1 / len(probabilities))
    for _ in range(100):
        shares = weights[:, None] * probabilities
        weights = (shares / shares.sum(axis=0)).mean(axis=1)
    return weights


# --- Sizes -----------------------------------------------------------------------------------------------------------


class Row(NamedTuple):
    """Of so many tunes and values, the perplexities by what told them, (n_seeds,) each, and the mean seconds."""

    tunes: int
    values: int
    perplexities: dict[str, list[float]]
    seconds: float


def measured(library: Library, size: int, given: Settings) -> Row | None:
    """Perplexities after learning from so many tunes, in each split; None for more tunes than there are."""
    found, values, seconds, n_tunes = defaultdict(list), [], [], []
    for seed in range(given.seeds):
        numbers, held = split(library, seed)
        chosen = np.random.RandomState(seed).permutation(numbers)[:size].tolist()
        taught, begun = lessons_on(library, chosen, given, seed), monotonic()
        show(f"{len(chosen)} tunes, split {seed + 1} of {given.seeds}")
        one_step = learned(taught, given, seed)
        seconds.append(monotonic() - begun)
        grams = n_grams_of([library.tunes[number] for number in chosen], len(library.terms))
        probabilities = all_probabilities(one_step, grams, [library.tunes[number] for number in held])
        for name, row in zip(("network", *ORDERS), probabilities, strict=False):
            found[name].append(perplexity(row))
        found["mixture"].append(perplexity(mixture_on(taught, one_step, library, chosen) @ probabilities))
        values.append(sum(len(library.tunes[number]) for number in chosen))
        n_tunes.append(len(chosen))
    if size < len(library.tunes) and min(n_tunes) < size:
        return None
    return Row(round(np.mean(n_tunes)), round(np.mean(values)), dict(found), float(np.mean(seconds)))


def mixture_on(taught: Lessons, one_step: OneStep, library: Library, chosen: list[int]) -> np.ndarray:
    """The weights of the mixture, of the tunes that told the network when to stop, by n-grams of the others; where
    there are none, the network's alone is 1."""
    held = stopping([library.names[number] for number in chosen])
    if not any(held):
        return np.eye(len(ORDERS) + 2)[0]
    apart = [library.tunes[number] for number, out in zip(chosen, held, strict=True) if out]
    grams = n_grams_of([library.tunes[n] for n, out in zip(chosen, held, strict=True) if not out], len(library.terms))
    return mixing_weights(all_probabilities(one_step, grams, apart))


def table(rows: list[Row]) -> str:
    """A line for each size: mean ± standard deviation over the splits."""
    names = list(rows[0].perplexities)
    lines = [f"| tunes | values | {' | '.join(names)} | seconds |", "|---" * (len(names) + 3) + "|"]
    for row in rows:
        cells = [f"{np.mean(found):.0f} ± {np.std(found):.0f}" for found in row.perplexities.values()]
        lines.append(f"| {row.tunes} | {row.values:,} | {' | '.join(cells)} | {row.seconds:.0f} |")
    return "\n".join(lines) + "\n"


def curve(rows: list[Row]) -> bytes:
    """Perplexity against tunes, both on logarithmic axes."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, NullFormatter

    figure = Figure(figsize=(8, 4.8), dpi=120, layout="constrained", facecolor="white")
    axes = figure.subplots()
    sizes = [row.tunes for row in rows]
    for name, colour in COLOURS.items():
        found = np.array([row.perplexities[name] for row in rows])  # (n_sizes, n_seeds)
        axes.fill_between(sizes, found.min(axis=1), found.max(axis=1), color=colour, alpha=0.15, linewidth=0)
        width = 2.4 if name in ("network", "mixture") else 1.4
        axes.plot(sizes, found.mean(axis=1), "o-", color=colour, label=name, linewidth=width, markersize=4)
    axes.set(xscale="log", yscale="log", xlabel="tunes learned from", ylabel="perplexity of a held-out value")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.set_yticks([100, 150, 200, 300, 500, 800])
    axes.set_title("The more it hears, the better it guesses", loc="left", fontsize=13, weight="bold")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    return png_bytes(figure)


# --- The sweep -------------------------------------------------------------------------------------------------------


def swept(library: Library, given: Settings) -> str:
    """Held-out perplexity with one rule after the other varied, geometric means over the splits, as a table."""
    lines = ["| rule | " + " | ".join(["perplexity (seconds) by value"]) + " |", "|---|---|"]
    for rule, tried in VARIED.items():
        cells = []
        for value in tried:
            found, begun = [], monotonic()
            for seed in range(given.seeds):
                show(f"{rule} {value}, split {seed + 1} of {given.seeds}")
                found.append(varied(library, given, seed, rule, value))
            seconds = (monotonic() - begun) / given.seeds
            cells.append(f"{value}: {np.exp(np.mean(np.log(found))):.1f} ({seconds:.0f})")
        lines.append(f"| {rule} | {', '.join(cells)} |")
        print(lines[-1], flush=True)
    return "\n".join([*lines, "", "What takes about a second had been learned before: it is the rules' own."]) + "\n"


def varied(library: Library, given: Settings, seed: int, rule: str, value) -> float:
    """The network's held-out perplexity with one rule set to a value."""
    numbers, held = split(library, seed)
    taught = lessons_on(library, numbers, given, seed, HEARD * value if rule == "heard" else HEARD)
    rules = {}
    if rule in ("rate", "dropout"):
        rules = {rule: value}
    elif rule == "shrink":
        rules = {"shrink": value * schedule_of(taught, given.n_a).shrink}
    elif rule == "parts" and value == "none":
        taught = taught._replace(parts=np.arange(len(library.terms), dtype=np.int32)[:, None])
    sizes = {"n_a": value} if rule == "units" else {"batch_size": value} if rule == "batch" else {}
    one_step = learned(taught, given, seed, **sizes, **rules)
    return perplexity(np.concatenate([by_network(one_step, library.tunes[number]) for number in held]))


if __name__ == "__main__":
    sys.exit(run(main))
