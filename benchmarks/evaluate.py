"""How good are the solos? One table: the source, the original's settings, ours; and how well the network predicts.

    python benchmarks/evaluate.py

generates solos in one batch, measures them (`improvising/measures.py`), prints the table, and writes it as Markdown and
as a picture to `output/`. The constants and flags of the tune, of learning and of improvising are those of
`music_generate.py`.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import music_generate
from data_utils import corpus_indices, one_hot, training_windows, window_starts
from grammar import TYPES
from improvising import measures
from improvising.improvise import AS_THE_ORIGINAL, Playing, Solo, generate_music, heard_solo, learn_material
from improvising.measures import Heard
from preprocess import get_corpus_data
from reading.collection import Read
from running.console import show
from running.files import check_folder, write_aside
from running.settings import read_settings, run, whole
from writing.pictures import png_bytes

N = 100  # solos to measure, 1 to 100000
NETWORKS = 1  # networks that share the solos evenly, trained from SEED, SEED + 1, and so on
FOLDS = 6  # parts the bars are dealt into for the held-out perplexity: each is left out once

RULES = music_generate.RULES | {"N": whole(1, 100_000), "NETWORKS": whole(1, 1000), "FOLDS": whole(2, 1000)}
ORIGINAL_EPOCHS = 100

ROWS: dict[str, Callable[[Heard], float]] = {
    "notes a bar": measures.notes_a_bar,
    "share of the bar that sounds": measures.sounding_share,
    "pitch range (semitones)": measures.pitch_range,
    "mean leap (semitones)": measures.mean_leap,
    "mean onset distance (quarters)": measures.mean_onset_distance,
    "pitch-class entropy, 1 bar": measures.pitch_class_entropy,
    "pitch-class entropy, 4 bars": lambda heard: measures.pitch_class_entropy(heard, 4),
    "grooving similarity": measures.grooving_similarity,
    **{f"share of {kind}": lambda heard, kind=kind: measures.type_shares(heard)[kind] for kind in TYPES},
    "repeated pitches": measures.repeated_pitch_share,
    "distinct bars": measures.distinct_bars,
    "notes over the next or the bar": measures.simultaneous_notes,
}


def main(argv: list[str] | None = None) -> None:
    """The whole evaluation. Raises ValueError for whatever a user can put right."""
    given = read_settings(vars(music_generate) | globals(), RULES, __doc__.splitlines()[0], argv)
    output = check_folder(given.output)
    read = read_tune_of(given)
    abstract_grammars = read.abstract_grammars
    material = learn_material([read.tune], [abstract_grammars], given.density)
    source = material.source

    ours = solos_of(material, music_generate.playing_of(given), given, given.epochs, given.n, given.networks, "ours")
    original = solos_of(material, AS_THE_ORIGINAL, given, ORIGINAL_EPOCHS, given.n, given.networks, "the original")
    columns = {
        "the source": [source],
        "the original's settings": [heard_solo(solo, material) for solo in original],
        "ours": [heard_solo(solo, material) for solo in ours],
    }
    table = table_of(columns, source)
    table += originality_rows(
        abstract_grammars, material.corpus, {"the original's settings": original, "ours": ours}, columns
    )
    table += perplexity_rows(abstract_grammars, given)

    print_table(table)
    write_aside(output / "evaluation.md", markdown(table).encode())
    write_aside(output / "evaluation.png", picture(columns))
    for name in ("evaluation.md", "evaluation.png"):
        music_generate.tell("wrote", str(output / name))


def read_tune_of(given) -> Read:
    """The one tune that is evaluated."""
    reads = music_generate.read_all(given, Path(given.cache) if given.cache else None)
    if len(reads) > 1:
        raise ValueError(f"{given.tune}: solos are measured against one tune; set TUNE to a file")
    return reads[0]


# --- Solos -----------------------------------------------------------------------------------------------------------


def solos_of(material, playing: Playing, given, epochs: int, n: int, networks: int, name: str) -> list[Solo]:
    """`n` solos from `networks` networks that are trained for `epochs`, the network's number added to the seed."""
    solos = []
    for number in range(networks):
        seed = given.seed + number
        show(f"{name}: network {number + 1} of {networks}")
        inference_model = train_on(material.corpus, material.values, given, epochs, seed)[1]
        share = n * (number + 1) // networks - n * number // networks
        solos += generate_music(inference_model, material, playing, share, seed)
    show(f"{name}: {len(solos)} solos", done=True)
    return solos


def train_on(
    corpus: list[str],
    values: list[str],
    given,
    epochs: int,
    seed: int,
    on_epoch=lambda epoch, model: None,
    report_every=10,
):
    """Train a network on a corpus: `(training model, inference model)`; `on_epoch(epoch, model)` after every
    `report_every` epochs."""
    from inference_model import music_inference_model
    from learning.network import djmodel, shared_layers, train

    indices = corpus_indices(corpus, {value: index for index, value in enumerate(values)})
    inputs, targets = training_windows(indices, window_starts([len(corpus)], given.windows, given.tx), given.tx)
    LSTM_cell, densor = shared_layers(len(values), given.n_a, seed)
    model = djmodel(None, LSTM_cell, densor, len(values))
    train(
        model,
        inputs,
        targets,
        epochs,
        given.batch_size,
        seed,
        on_epoch=lambda epoch, loss: on_epoch(epoch, model),
        report_every=report_every,
    )
    return model, music_inference_model(LSTM_cell, densor, len(values))


# --- The table -------------------------------------------------------------------------------------------------------

# A row: its name, and the cell of each column by the column's name.
Row = tuple[str, dict[str, str]]
COLUMNS = ("the source", "the original's settings", "ours")


def table_of(columns: dict[str, list[Heard]], source: Heard) -> list[Row]:
    """The measures of single solos, mean and spread, and the likeness of whole columns to the source."""
    rows = []
    for name, measure in ROWS.items():
        rows.append(
            (name, {column: mean_and_spread([measure(heard) for heard in set_]) for column, set_ in columns.items()})
        )
    ceiling = measures.halves_ceiling(source)
    areas = {
        column: measures.overlapping_areas(source, set_) for column, set_ in columns.items() if column != "the source"
    }
    areas["the source"] = ceiling  # its own halves: what can be reached
    for feature in ceiling:
        rows.append((f"overlapping area, {feature}", {column: f"{areas[column][feature]:.3f}" for column in COLUMNS}))
    means = {column: np.mean(list(areas[column].values())) for column in COLUMNS}
    rows.append(("overlapping area, mean", {column: f"{means[column]:.3f}" for column in COLUMNS}))
    return rows


def originality_rows(abstract_grammars, corpus, solos: dict[str, list[Solo]], columns) -> list[Row]:
    """How much is copied, both in the values that were sampled and in what is read back from the notes."""
    share, longest = measures.self_borrowing([line.split() for line in abstract_grammars])
    lengths, shares = (
        {"the source": f"{longest:.1f} (a bar in the others)"},
        {"the source": f"{share:.3f} (a bar in the others)"},
    )
    read_lengths, read_shares = dict(lengths), dict(shares)
    for column, set_ in solos.items():
        runs = [measures.longest_verbatim_run(solo.values, corpus) for solo in set_]
        lengths[column] = f"{np.median(runs):g} (most {max(runs)})"
        shares[column] = mean_and_spread([measures.known_run_share(solo.values, corpus) for solo in set_])
        read = [measures.values_of(heard) for heard in columns[column]]
        runs = [measures.longest_verbatim_run(values, corpus) for values in read]
        read_lengths[column] = f"{np.median(runs):g} (most {max(runs)})"
        read_shares[column] = mean_and_spread([measures.known_run_share(values, corpus) for values in read])
    return [
        ("longest verbatim run, sampled", lengths),
        ("longest verbatim run, read back", read_lengths),
        ("4-value runs in the corpus, sampled", shares),
        ("4-value runs in the corpus, read back", read_shares),
    ]


def mean_and_spread(numbers: list[float]) -> str:
    """Mean and standard deviation; of one number, the number."""
    mean = f"{np.mean(numbers):.3f}"
    return mean if len(numbers) == 1 else f"{mean} ± {np.std(numbers):.3f}"


def print_table(table: list[Row]) -> None:
    """Print the table, aligned."""
    widths = [max(len(name) for name, _ in table), *(max(len(cells.get(c, "")) for _, cells in table) for c in COLUMNS)]
    widths = [widths[0], *(max(width, len(c)) for width, c in zip(widths[1:], COLUMNS, strict=True))]
    for name, cells in [("", {column: column for column in COLUMNS}), *table]:
        line = [name, *(cells.get(column, "") for column in COLUMNS)]
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def markdown(table: list[Row]) -> str:
    """The table as Markdown."""
    lines = ["| measure | " + " | ".join(COLUMNS) + " |", "|---|" + "---|" * len(COLUMNS)]
    lines += [f"| {name} | " + " | ".join(cells.get(column, "") for column in COLUMNS) + " |" for name, cells in table]
    return "\n".join(lines) + "\n"


# --- Held-out perplexity ---------------------------------------------------------------------------------------------


def perplexity_rows(abstract_grammars: list[str], given) -> list[Row]:
    """Perplexity of bars that were left out of training: the network's at our epochs and at the original's, and of
    simple models of the same values."""
    by_epochs = held_out_perplexity(abstract_grammars, given, sorted({given.epochs, ORIGINAL_EPOCHS}))
    rows = [
        (
            "held-out perplexity, the LSTM",
            {"the original's settings": f"{by_epochs[ORIGINAL_EPOCHS]:.1f}", "ours": f"{by_epochs[given.epochs]:.1f}"},
        )
    ]
    for order, name in ((3, "a trigram"), (1, "a unigram"), (0, "uniform")):
        value = f"{n_gram_perplexity(abstract_grammars, order, given.folds):.1f}"
        rows.append((f"held-out perplexity, {name}", {column: value for column in COLUMNS[1:]}))
    return rows


def folds_of(abstract_grammars: list[str], folds: int) -> list[np.ndarray]:
    """For each fold, which values of the corpus are left out, (len(corpus),) bool: bars are dealt out in turn."""
    bar_of_value = np.repeat(np.arange(len(abstract_grammars)), [len(line.split()) for line in abstract_grammars])
    return [bar_of_value % folds == fold for fold in range(min(folds, len(abstract_grammars)))]


def held_out_perplexity(abstract_grammars: list[str], given, epochs: list[int]) -> dict[int, float]:
    """The network's perplexity on left-out bars after each of these numbers of epochs.

    The network of a fold is trained on the corpus without its bars, with all values in its vocabulary, and then hears
    the whole solo in order; what it gave the left-out values before it heard them is counted.
    """
    corpus, values, values_indices, _ = get_corpus_data(abstract_grammars)
    indices = corpus_indices(corpus, values_indices)
    heard = one_hot(np.concatenate([[-1], indices[:-1]]), len(values))[None]  # (1, len(corpus), n_values)
    logs = defaultdict(list)
    step = int(np.gcd.reduce(epochs))
    for number, left_out in enumerate(folds_of(abstract_grammars, given.folds)):
        show(f"held-out perplexity: fold {number + 1} of {given.folds}")
        kept = [value for value, out in zip(corpus, left_out, strict=True) if not out]

        def note_down(epoch: int, model, left_out=left_out) -> None:
            if epoch in epochs:
                probabilities = np.asarray(model(heard))[0, np.arange(len(indices)), indices]
                logs[epoch].extend(np.log(np.maximum(probabilities[left_out], 1e-12)))

        train_on(kept, values, given, max(epochs), given.seed, note_down, report_every=step)
    show("", done=False)
    return {epoch: float(np.exp(-np.mean(found))) for epoch, found in logs.items()}


def n_gram_perplexity(abstract_grammars: list[str], order: int, folds: int) -> float:
    """The same for a model of `order` values (0: uniform), smoothed as Witten and Bell (1991) do, down to uniform."""
    corpus, values, _, _ = get_corpus_data(abstract_grammars)
    logs = []
    for left_out in folds_of(abstract_grammars, folds):
        followers = [defaultdict(Counter) for _ in range(order)]
        for place, value in enumerate(corpus):
            for length in range(order):
                if place >= length and not left_out[place - length : place + 1].any():
                    followers[length][tuple(corpus[place - length : place])][value] += 1
        for place in np.flatnonzero(left_out):
            probability = 1 / len(values)
            for length in range(min(order, place + 1)):
                seen = followers[length][tuple(corpus[place - length : place])]
                if seen:
                    probability = (seen[corpus[place]] + len(seen) * probability) / (seen.total() + len(seen))
            logs.append(np.log(probability))
    return float(np.exp(-np.mean(logs)))


# --- The picture -----------------------------------------------------------------------------------------------------


def picture(columns: dict[str, list[Heard]]) -> bytes:
    """A PNG of the measures: our solos and the original's settings as spreads, the source as a line."""
    from matplotlib.figure import Figure

    names = [name for name in ROWS if name != "notes over the next or the bar"]
    figure = Figure(figsize=(11, 8.5), dpi=120, layout="constrained")
    for axes, name in zip(figure.subplots(4, 4).flat, [*names, None, None], strict=False):
        if name is None:
            axes.set_axis_off()
            continue
        sets = [[ROWS[name](heard) for heard in columns[column]] for column in COLUMNS[:0:-1]]
        boxes = axes.boxplot(sets, orientation="horizontal", widths=0.6, whis=(0, 100), patch_artist=True)
        for box, colour in zip(boxes["boxes"], ("#56B4E9", "#E69F00"), strict=True):
            box.set_facecolor(colour)
        for median in boxes["medians"]:
            median.set_color("black")
        axes.axvline(ROWS[name](columns["the source"][0]), color="#009E73", linewidth=2.5)
        axes.set_title(name, fontsize=9)
        axes.set_yticks([1, 2], ["ours", "original"], fontsize=8)
        axes.tick_params(axis="x", labelsize=8)
    figure.suptitle("Solos against their source (green): boxes hold the middle half, whiskers everything", fontsize=11)
    return png_bytes(figure)


if __name__ == "__main__":
    sys.exit(run(main))
