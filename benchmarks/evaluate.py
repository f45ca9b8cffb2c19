"""How good are the solos? One table: the source, the original's settings, ours; and how well the network predicts.

    python benchmarks/evaluate.py

generates solos in one batch, measures them (`improvising/measures.py`, `likeness.py`), prints the table, and writes it
as Markdown and as a picture to `output/`. The constants and flags of the tune, of learning and of improvising are those
of `music_generate.py`.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import running.console  # noqa: F401, before NumPy

# isort: split
import likeness
import numpy as np
import sense
import told_apart
from ngrams import NGrams

import music_generate
from data_utils import NOTHING, corpus_indices, one_hot, training_windows, window_starts
from grammar import TYPES
from improvising import measures
from improvising.playing import AS_THE_ORIGINAL, Playing
from improvising.session import playing_of
from improvising.solos import generate_music
from inference_model import OneStep, music_inference_model
from learning.learner import Training
from learning.practice import practise
from learning.style import Style, learn_style
from music.piece import UNTOLD_TEMPO, Solo, Tune
from preprocess import get_corpus_data
from running.console import run, show, tell
from running.files import check_folder, write_aside
from running.settings import Settings, declared, read_settings, switch, whole
from writing.pictures import png_bytes

N: whole(1, 100_000) = 100  # solos to measure
NETWORKS: whole(1, 1000) = 1  # networks that share the solos evenly, trained from SEED, SEED + 1, and so on
ABLATION: switch = True  # also without each expert, and without any
FOLDS: whole(2, 1000) = 6  # parts the bars are dealt into for the held-out perplexity: each is left out once

ORIGINAL_EPOCHS = 100
SOURCE, ORIGINAL, OURS, HUMANS = COLUMNS = ("the source", "the original's settings", "ours", "human players (sd)")
MOST_TOLD_APART = 100  # solos: a classifier needs no more

FARTHEST = 4  # human standard deviations that the picture shows

ROWS: dict[str, Callable[[Solo], float]] = {
    "notes a bar": measures.notes_a_bar,
    "share of the bar that sounds": measures.sounding_share,
    "pitch range (semitones)": likeness.pitch_range,
    "mean leap (semitones)": measures.mean_leap,
    "mean onset distance (quarters)": measures.mean_onset_distance,
    "pitch-class entropy, 1 bar": measures.pitch_class_entropy,
    "pitch-class entropy, 4 bars": lambda solo: measures.pitch_class_entropy(solo, 4),
    "grooving similarity": measures.grooving_similarity,
    **{f"share of {kind}": lambda solo, kind=kind: measures.type_shares(solo)[kind] for kind in TYPES},
    "repeated pitches": likeness.repeated_pitch_share,
    "distinct bars": likeness.distinct_bars,
    "notes over the next or the bar": likeness.simultaneous_notes,
}

# The solos of each column, by its name.
Columns = dict[str, list[Solo]]
# A row: its name, and the cell of each column by the column's name.
Row = tuple[str, dict[str, str]]


def main(argv: list[str] | None = None) -> None:
    """The whole evaluation. Raises ValueError for whatever a user can put right."""
    settings = declared(music_generate) | declared(sys.modules[__name__])
    given = read_settings(settings, __doc__.splitlines()[0], argv, bare="TUNE")
    output = check_folder(given.output)
    tune = read_tune_of(given)
    style = learn_style([tune])

    as_the_original, networks = (networks_of(style, given, epochs) for epochs in (ORIGINAL_EPOCHS, given.epochs))
    columns = {
        SOURCE: [style.source],
        ORIGINAL: solos_of(as_the_original, style, AS_THE_ORIGINAL, given, ORIGINAL),
        OURS: solos_of(networks, style, playing_of(given), given, OURS),
    }
    table = measure_rows(columns) + sense_rows(columns) + told_apart_rows(columns) + likeness_rows(columns)
    table += originality_rows(columns, style.corpus, tune.abstract_grammars)
    table += perplexity_rows(tune.abstract_grammars, given)

    print_table(table)
    write_aside(output / "evaluation.md", markdown(table).encode())
    write_aside(output / "evaluation.png", picture(columns))
    write_aside(output / "sense.png", sense_picture(columns))
    if given.ablation:
        without = ablation_table(networks, style, given, columns)
        print(without)
        write_aside(output / "ablation.md", without.encode())
    for name in ("evaluation.md", "evaluation.png", "sense.png", *["ablation.md"] * given.ablation):
        tell("wrote", str(output / name))


def read_tune_of(given: Settings) -> Tune:
    """The one tune that is evaluated."""
    tunes = music_generate.read_all(given, Path(given.cache) if given.cache else None)
    if len(tunes) > 1:
        raise ValueError(f"{given.tune}: solos are measured against one tune; set TUNE to a file")
    return tunes[0]


# --- Solos -----------------------------------------------------------------------------------------------------------


def networks_of(style: Style, given: Settings, epochs: int) -> list[OneStep]:
    """`given.networks` networks that are trained for `epochs`, the network's number added to the seed."""
    networks = []
    for number in range(given.networks):
        show(f"training for {epochs} epochs: network {number + 1} of {given.networks}")
        networks.append(train_on(style.indices, len(style.values), given, epochs, given.seed + number))
    return networks


def solos_of(
    networks: list[OneStep], style: Style, playing: Playing, given: Settings, name: str, tempo: float = UNTOLD_TEMPO
) -> list[Solo]:
    """`given.n` solos, which the networks share evenly."""
    solos = []
    for number, network in enumerate(networks):
        show(f"{name}: network {number + 1} of {len(networks)}")
        share = given.n * (number + 1) // len(networks) - given.n * number // len(networks)
        if playing.experts:
            way = playing.experts, playing.closeness, playing.gravity
            style = replace(style, habits=practise(network, style.player, *way))
        solos += generate_music(network, style, playing, share, given.seed + number, tempo=tempo)
    show(f"{name}: {len(solos)} solos", done=True)
    return solos


def train_on(
    indices: np.ndarray,
    n_values: int,
    given: Settings,
    epochs: int,
    seed: int,
    on_epoch=lambda epoch, model: None,
    report_every: int = 10,
):
    """Train a network on a corpus of indices, and return its inference model.

    `on_epoch(epoch, model)` is told the training model after every `report_every` epochs.
    """
    from learning.network import djmodel, shared_layers, train  # brings TensorFlow, which takes seconds

    inputs, targets = training_windows(indices, window_starts([len(indices)], given.windows, given.tx), given.tx)
    LSTM_cell, densor = shared_layers(n_values, given.n_a, seed)
    model = djmodel(None, LSTM_cell, densor, n_values)  # of any length: it hears the whole solo, too
    training = Training(given.n_a, epochs, given.batch_size, seed)
    train(model, inputs, targets, training, lambda epoch, loss: on_epoch(epoch, model), report_every)
    return OneStep(music_inference_model(LSTM_cell, densor, n_values).get_weights())


# --- The table -------------------------------------------------------------------------------------------------------


def measure_rows(columns: Columns) -> list[Row]:
    """The measures of single solos, mean and spread."""
    return [
        (name, {column: mean_and_spread([measure(solo) for solo in solos]) for column, solos in columns.items()})
        for name, measure in ROWS.items()
    ]


def humans() -> dict[str, tuple[float, float]]:
    """Mean and standard deviation of each measure of sense over human players (`players.py`)."""
    return {name: tuple(found) for name, found in json.loads((ROOT / "benchmarks/humans.json").read_text()).items()}


def sense_rows(columns: Columns) -> list[Row]:
    """The measures of a line's sense, mean and spread, and those of human players."""
    measured = {column: [sense.measure(solo) for solo in solos] for column, solos in columns.items()}
    rows = []
    for name, (mean, spread) in humans().items():
        cells = {column: mean_and_spread([one[name] for one in found]) for column, found in measured.items()}
        rows.append((name, cells | {HUMANS: f"{mean:.3f} ({spread:.3f})"}))
    return rows


def told_apart_rows(columns: Columns) -> list[Row]:
    """How well a classifier tells two bars of the source from two bars of each column's solos and, to compare, one of
    these solos from the others."""
    told, control = {}, {}
    for column in (ORIGINAL, OURS):
        solos = columns[column][:MOST_TOLD_APART]
        show(f"a classifier listens: {column}")
        told[column] = f"{told_apart.told_apart(columns[SOURCE][0], solos):.2f}"
        each = [told_apart.told_apart(solos[n], solos[:n] + solos[n + 1 :]) for n in range(min(5, len(solos)))]
        control[column] = f"{np.mean(each):.2f}"
    return [("two bars told from the source's (AUC)", told), ("two bars of one told from the others' (AUC)", control)]


def likeness_rows(columns: Columns) -> list[Row]:
    """How like the source each column is as a whole; in the source's own, what can be reached: its halves."""
    source = columns[SOURCE][0]
    areas = {SOURCE: likeness.halves_ceiling(source)}
    areas |= {column: likeness.overlapping_areas(source, columns[column]) for column in (ORIGINAL, OURS)}
    for each in areas.values():
        each["mean"] = np.mean(list(each.values()))
    return [
        (f"overlapping area, {feature}", {column: f"{areas[column][feature]:.3f}" for column in columns})
        for feature in areas[SOURCE]
    ]


def originality_rows(columns: Columns, corpus: list[str], abstract_grammars: Sequence[str]) -> list[Row]:
    """How much is copied, both in the values that were sampled and in what is read back from the notes."""
    share, longest = likeness.self_borrowing([line.split() for line in abstract_grammars])
    length_rows, share_rows = [], []
    for way, values_of in (("sampled", lambda solo: solo.values), ("read back", measures.values_of)):
        lengths = {SOURCE: f"{longest:.1f} (a bar in the others)"}
        shares = {SOURCE: f"{share:.3f} (a bar in the others)"}
        for column in (ORIGINAL, OURS):
            read = [values_of(solo) for solo in columns[column]]
            runs = [measures.longest_verbatim_run(values, corpus) for values in read]
            lengths[column] = f"{np.median(runs):g} (most {max(runs)})"
            shares[column] = mean_and_spread([measures.known_run_share(values, corpus) for values in read])
        length_rows.append((f"longest verbatim run, {way}", lengths))
        share_rows.append((f"{measures.RUN}-value runs in the corpus, {way}", shares))
    return length_rows + share_rows


def mean_and_spread(numbers: list[float]) -> str:
    """Mean and standard deviation of the numbers that are ones; of one number, the number."""
    mean = f"{np.nanmean(numbers):.3f}"
    return mean if len(numbers) == 1 else f"{mean} ± {np.nanstd(numbers):.3f}"


def print_table(table: list[Row]) -> None:
    """Print the table, aligned."""
    lines = [["", *COLUMNS], *([name, *(cells.get(column, "") for column in COLUMNS)] for name, cells in table)]
    widths = [max(map(len, texts)) for texts in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def markdown(table: list[Row]) -> str:
    """The table as Markdown."""
    lines = ["| measure | " + " | ".join(COLUMNS) + " |", "|---|" + "---|" * len(COLUMNS)]
    lines += [f"| {name} | " + " | ".join(cells.get(column, "") for column in COLUMNS) + " |" for name, cells in table]
    return "\n".join(lines) + "\n"


# --- What each expert does -------------------------------------------------------------------------------------------


def ablation_table(networks: list[OneStep], style: Style, given: Settings, columns: Columns) -> str:
    """The measures of solos without each expert, and without any, as Markdown, beside the source's and ours. What is
    left practises anew, so that a column tells what no other expert can do."""
    playing, experts = playing_of(given), playing_of(given).experts
    sets = {SOURCE: columns[SOURCE], OURS: columns[OURS]}
    ways = {f"no {one}": tuple(other for other in experts if other != one) for one in experts} | {"none": ()}
    for name, left in ways.items():
        sets[name] = solos_of(networks, style, replace(playing, experts=left), given, name)
    measured = {name: [_all_measures(solo) for solo in solos] for name, solos in sets.items()}
    lines = ["| measure | " + " | ".join(sets) + " |", "|---|" + "---|" * len(sets)]
    for row in measured[SOURCE][0]:
        means = (np.nanmean([one[row] for one in found]) for found in measured.values())
        lines.append(f"| {row} | " + " | ".join(f"{mean:.2f}" for mean in means) + " |")
    return "\n".join(lines) + "\n"


def _all_measures(solo: Solo) -> dict[str, float]:
    spread = float(np.std([note.pitch for note in solo.notes])) if solo.notes else 0.0
    return {"notes a bar": measures.notes_a_bar(solo), "spread of pitches": spread} | sense.measure(solo)


# --- Held-out perplexity ---------------------------------------------------------------------------------------------


def perplexity_rows(abstract_grammars: Sequence[str], given: Settings) -> list[Row]:
    """Perplexity of bars that were left out of training: the network's at our epochs and at the original's, and of
    simple models of the same values."""
    by_epochs = held_out_perplexity(abstract_grammars, given, sorted({given.epochs, ORIGINAL_EPOCHS}))
    cells = {ORIGINAL: f"{by_epochs[ORIGINAL_EPOCHS]:.1f}", OURS: f"{by_epochs[given.epochs]:.1f}"}
    rows = [("held-out perplexity, the LSTM", cells)]
    for order, name in ((3, "a trigram"), (1, "a unigram"), (0, "uniform")):
        value = f"{n_gram_perplexity(abstract_grammars, order, given.folds):.1f}"
        rows.append((f"held-out perplexity, {name}", {ORIGINAL: value, OURS: value}))
    return rows


def folds_of(abstract_grammars: Sequence[str], folds: int) -> list[np.ndarray]:
    """For each fold, which values of the corpus are left out, (len(corpus),) bool: bars are dealt out in turn."""
    bar_of_value = np.repeat(np.arange(len(abstract_grammars)), [len(line.split()) for line in abstract_grammars])
    return [bar_of_value % folds == fold for fold in range(min(folds, len(abstract_grammars)))]


def held_out_perplexity(abstract_grammars: Sequence[str], given: Settings, epochs: list[int]) -> dict[int, float]:
    """The network's perplexity on left-out bars after each of these numbers of epochs.

    The network of a fold is trained on the corpus without its bars, with all values in its vocabulary, and then hears
    the whole solo in order; what it gave the left-out values before it heard them is counted.
    """
    corpus, values, values_indices, _ = get_corpus_data(abstract_grammars)
    indices = corpus_indices(corpus, values_indices)
    heard = one_hot(np.concatenate([[NOTHING], indices[:-1]]), len(values))[None]  # (1, len(corpus), n_values)
    logs = defaultdict(list)
    step = int(np.gcd.reduce(epochs))
    for number, left_out in enumerate(folds_of(abstract_grammars, given.folds)):
        show(f"held-out perplexity: fold {number + 1} of {given.folds}")

        def note_down(epoch: int, model, left_out=left_out) -> None:
            if epoch in epochs:
                probabilities = np.asarray(model(heard))[0, np.arange(len(indices)), indices]
                logs[epoch].extend(np.log(np.maximum(probabilities[left_out], 1e-12)))

        train_on(indices[~left_out], len(values), given, max(epochs), given.seed, note_down, step)
    show("", done=False)
    return {epoch: float(np.exp(-np.mean(found))) for epoch, found in logs.items()}


def n_gram_perplexity(abstract_grammars: Sequence[str], order: int, folds: int) -> float:
    """The same for a model of `order` values, smoothed as Witten and Bell (1991) do, down to uniform."""
    corpus, values, _, _ = get_corpus_data(abstract_grammars)
    logs = []
    for left_out in folds_of(abstract_grammars, folds):
        grams, before = NGrams(len(values), order), []
        for value, is_out in zip(corpus, left_out, strict=True):
            if not is_out:
                grams.hear(before, value)
            before = [] if is_out else [*before, value]
        for place in np.flatnonzero(left_out):
            logs.append(np.log(grams.probabilities(corpus[:place], corpus[place])[-1]))
    return float(np.exp(-np.mean(logs)))


# --- The picture -----------------------------------------------------------------------------------------------------


def picture(columns: Columns) -> bytes:
    """A PNG of the measures: our solos and the original's settings as spreads, the source as a line."""
    from matplotlib.figure import Figure

    names = [name for name in ROWS if name != "notes over the next or the bar"]
    figure = Figure(figsize=(11, 8.5), dpi=120, layout="constrained")
    for axes, name in zip(figure.subplots(4, 4).flat, [*names, None, None], strict=False):
        if name is None:
            axes.set_axis_off()
            continue
        sets = [[ROWS[name](solo) for solo in columns[column]] for column in (OURS, ORIGINAL)]
        boxes = axes.boxplot(sets, orientation="horizontal", widths=0.6, whis=(0, 100), patch_artist=True)
        for box, colour in zip(boxes["boxes"], ("#56B4E9", "#E69F00"), strict=True):
            box.set_facecolor(colour)
        for median in boxes["medians"]:
            median.set_color("black")
        axes.axvline(ROWS[name](columns[SOURCE][0]), color="#009E73", linewidth=2.5)
        axes.set_title(name, fontsize=9)
        axes.set_yticks([1, 2], ["ours", "original"], fontsize=8)
        axes.tick_params(axis="x", labelsize=8)
    figure.suptitle("Solos against their source (green): boxes hold the middle half, whiskers everything", fontsize=11)
    return png_bytes(figure)


def sense_picture(columns: Columns) -> bytes:
    """A PNG: how far from the source each measure of sense is, in standard deviations of human players."""
    from matplotlib.figure import Figure

    source, known = sense.measure(columns[SOURCE][0]), humans()
    figure = Figure(figsize=(9, 7.5), dpi=120, layout="constrained")
    axes = figure.subplots()
    axes.axvspan(-0.5, 0.5, color="#009E73", alpha=0.15, label="half a human standard deviation")
    axes.axvline(0, color="#009E73", linewidth=2.5, label="the source")
    rows = range(len(known), 0, -1)
    human = [(mean - source[name]) / spread for name, (mean, spread) in known.items()]
    axes.errorbar(human, rows, xerr=1, fmt=" ", color="#BBBBBB", elinewidth=6, label="human players, mean ± sd")
    for column, colour, mark in ((ORIGINAL, "#E69F00", "x"), (OURS, "#0072B2", "o")):
        measured = [sense.measure(solo) for solo in columns[column]]
        means = {name: np.nanmean([one[name] for one in measured]) for name in known}
        away = [(means[name] - source[name]) / known[name][1] for name in known]
        axes.plot(np.clip(away, -FARTHEST, FARTHEST), rows, mark, color=colour, markersize=8, label=column)
    axes.set_xlim(-FARTHEST - 0.2, FARTHEST + 0.2)
    axes.set_yticks(list(rows), list(known), fontsize=9)
    axes.set_xlabel(f"distance from the source, in human standard deviations (beyond {FARTHEST}: at the edge)")
    figure.legend(fontsize=8, loc="outside lower center", ncols=5)
    return png_bytes(figure)


if __name__ == "__main__":
    sys.exit(run(main))
