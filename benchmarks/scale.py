"""How do time and memory grow with the corpus? 1 to 100,000 tunes, from nothing and remembered.

    python benchmarks/scale.py --sizes 1 10 100 1000

composes the corpora (`make_corpus.py`) in a temporary folder, or takes the first tunes of a `--corpus` of them, runs
the whole program on each as a process of its own, MIDI only and with the program's own number of training steps, and
writes `benchmarks/scale.md` and `images/scale.png`. A corpus is run twice: from nothing, and with what was read,
learned and practised remembered. 10,000 tunes take some minutes, 100,000 half an hour.

Memory is the sum of what the system says each of the program's processes holds (VmRSS), watched twenty times a second;
what they share counts for each of them.
"""

import argparse
import io
import os
import re
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from make_corpus import write_corpus
from speed import MIDI_ONLY, Took, whole_process

from running.console import show
from running.files import write_aside
from running.made_with import processor

SIZES = (1, 10, 100, 1000, 10_000, 100_000)
MOST_SECONDS, OF_TUNES, MOST_MEMORY = 77, 1000, 1000  # seconds for so many tunes, and MB for any number
COLOURS = ("#0072B2", "#D55E00")
NAMES = {"whole run": "whole run, first time", "whole run again": "again: nothing is read or learned"}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="tunes in each corpus")
    parser.add_argument("--corpus", type=Path, help="a folder that make_corpus.py wrote, with as many tunes or more")
    given = parser.parse_args()
    rows = [measure(size, given.corpus) for size in given.sizes]
    show("measured", done=True)
    text = markdown(rows)
    print(text)
    write_aside(ROOT / "benchmarks/scale.md", text.encode())
    write_aside(ROOT / "images/scale.png", picture(rows))


def measure(size: int, composed: Path | None) -> dict[str, Took | float]:
    """One corpus, whole processes: what each took; beside it the sizes of what lies on disk, in bytes."""
    found = {"tunes": size}
    with tempfile.TemporaryDirectory() as folder:
        corpus, cache = Path(folder) / "corpus", Path(folder) / "cache"
        if composed:
            corpus.mkdir()
            for file in sorted(composed.iterdir())[:size]:
                (corpus / file.name).symlink_to(file.resolve())
        else:
            write_corpus(corpus, size)
        found["corpus bytes"] = size_of(corpus)
        program = [str(ROOT / "music_generate.py"), "--tune", "corpus", "--cache", "cache", *MIDI_ONLY]
        for name in NAMES:
            show(f"{size:,} tunes: {name}")
            found[name], printed = whole_process(program, folder)
        found["remembered bytes"] = size_of(cache / "tunes")
        told = re.search(r"^corpus +(\d+) values, (\d+) unique", printed, re.MULTILINE)
        found["terms"], found["values"] = int(told[1]), int(told[2])
    return found


def memory(took: Took) -> float:
    """The peak in MB of all processes together or, where that cannot be seen, of the largest."""
    return took.together or took.peak


def size_of(folder: Path) -> int:
    """The bytes of all files in a folder."""
    return sum(file.stat().st_size for file in folder.iterdir())


def markdown(rows: list[dict]) -> str:
    """Seconds and memory by the size of the corpus, whether the targets are met, and what one more tune costs."""
    lines = [
        f"{os.cpu_count()} cores of {processor()}; seconds by the clock, in brackets those of all processors and the "
        f"peak memory of all its processes together in MB. The load of the last minutes was {os.getloadavg()[1]:.1f}. "
        "`python benchmarks/scale.py`",
        "",
        "| tunes | terms | unique values | whole run | again |",
        "|---" * 5 + "|",
    ]
    for row in rows:
        took = [f"{row[name].wall:.2f} ({row[name].cpu:.2f}, {memory(row[name]):.0f})" for name in NAMES]
        lines.append(f"| {row['tunes']:,} | {row['terms']:,} | {row['values']:,} | {' | '.join(took)} |")
    first, last = rows[0], rows[-1]
    more = last["tunes"] - first["tunes"]
    lines += [""]
    lines += [
        f"- {OF_TUNES:,} tunes: the whole run ends in {row['whole run'].wall:.0f} s (target: under {MOST_SECONDS} s)"
        for row in rows
        if row["tunes"] == OF_TUNES
    ]
    lines += [
        f"- {last['tunes']:,} tunes: the whole run takes at most {memory(last['whole run']):.0f} MB (target: under "
        f"{MOST_MEMORY} MB)"
    ]
    lines += [
        f"- {row['tunes']:,} tunes, {row['tunes'] / before['tunes']:,.0f} times as many as {before['tunes']:,}, take "
        f"{row['whole run'].wall / before['whole run'].wall:.1f} times as long"
        for before, row in pairwise(rows)
    ]
    lines += [""]
    if more:
        per_tune = {
            "seconds of the whole run": (last["whole run"].wall - first["whole run"].wall) / more,
            "seconds of the run again": (last["whole run again"].wall - first["whole run again"].wall) / more,
            "bytes of MIDI": last["corpus bytes"] / last["tunes"],
            "bytes that are remembered on disk": last["remembered bytes"] / last["tunes"],
            "bytes of memory": 1e6 * (memory(last["whole run"]) - memory(first["whole run"])) / more,
            "terms": last["terms"] / last["tunes"],
            "new unique values, among the last": (last["values"] - rows[-2]["values"])
            / (last["tunes"] - rows[-2]["tunes"]),
        }
        lines += ["One more tune costs:", ""]
        lines += [f"- {amount:,.4g} {name}" for name, amount in per_tune.items()]
    return "\n".join(lines) + "\n"


def picture(rows: list[dict]) -> bytes:
    """Left: seconds against tunes, right: memory against tunes, both on logarithmic axes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    sizes = [row["tunes"] for row in rows]
    for colour, (name, label) in zip(COLOURS, NAMES.items(), strict=True):
        left.plot(sizes, [row[name].wall for row in rows], "o-", color=colour, label=label)
        right.plot(sizes, [memory(row[name]) for row in rows], "o-", color=colour, label=label)
    in_step = [rows[-1]["whole run"].wall * size / sizes[-1] for size in sizes]
    left.plot(sizes, in_step, ":", color="#666666", label="in step with the corpus")
    left.axhline(MOST_SECONDS, color="#666666", linewidth=0.8)
    left.annotate(
        f"target for {OF_TUNES:,}: {MOST_SECONDS} s",
        (sizes[0], MOST_SECONDS),
        (0, 3),
        textcoords="offset points",
        fontsize=8,
    )
    right.axhline(MOST_MEMORY, color="#666666", linewidth=0.8)
    right.annotate(f"target: {MOST_MEMORY} MB", (sizes[0], MOST_MEMORY), (0, 3), textcoords="offset points", fontsize=8)
    for axes, label, title in (
        (left, "seconds", "Time of whole runs"),
        (right, "peak memory (MB)", "Memory of all its processes together"),
    ):
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("tunes")
        axes.set_ylabel(label)
        axes.set_title(title, fontsize=10)
        axes.grid(alpha=0.3)
    right.set_ylim(10, 4000)
    left.legend(fontsize=8)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120, metadata={"Software": None})
    return buffer.getvalue()


if __name__ == "__main__":
    main()
