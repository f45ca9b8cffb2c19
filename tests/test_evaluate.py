"""The evaluation, run as a user runs it with tiny settings, and its simple models worked by hand."""

import subprocess
import sys

import evaluate
import pytest
from conftest import ROOT


def test_the_table_is_printed_and_written(tmp_path):
    flags = ["--tune", ROOT / "data/our_tune.mid", "--output", tmp_path, "--n", "2", "--epochs", "10", "--folds", "2"]
    flags += ["--experts", "harmony,touch"]  # so that there are fewer to do without
    command = [sys.executable, ROOT / "benchmarks/evaluate.py", *flags, "--cache", ""]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (ran.returncode, ran.stderr) == (0, "")
    table = (tmp_path / "evaluation.md").read_text()
    for row in ("notes a bar", "grooving similarity", "share of X", "overlapping area, mean", "longest verbatim run",
                "held-out perplexity, a trigram"):  # fmt: skip
        assert row in table and row in ran.stdout
    assert all(line.count("|") == 6 for line in table.splitlines())
    assert all((tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG") for name in ("evaluation", "sense"))
    assert "| no harmony | no touch | none |" in (tmp_path / "ablation.md").read_text()


def test_uniform_and_unigram_perplexity_by_hand():
    grammars = ["C,0.250 C,0.250", "S,0.250 C,0.250"]
    assert evaluate.n_gram_perplexity(grammars, 0, 2) == pytest.approx(2)
    # Each bar from the other, Witten-Bell: from "C C", C is (2 + 1/2) / 3; from "S C", C is (1 + 2/2) / 4.
    expected = (1 / (1 / 2 * 1 / 2 * 1 / 6 * 5 / 6)) ** (1 / 4)
    assert evaluate.n_gram_perplexity(grammars, 1, 2) == pytest.approx(expected)


def test_folds_leave_every_bar_out_once():
    left_out = evaluate.folds_of(["a b", "c", "d e f"], 2)
    assert [fold.tolist() for fold in left_out] == [
        [True, True, False, True, True, True],
        [False, False, True, False, False, False],
    ]
