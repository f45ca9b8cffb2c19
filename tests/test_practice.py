import json
from pathlib import Path

import numpy as np
import pytest
from conftest import learned_from, playing

from improvising.solos import generate_music
from inference_model import OneStep
from learning.experts import EXPERTS, count, tables_of
from learning.ground import line_of
from learning.practice import as_dense, density_spread, practise, untrained
from learning.style import Style

CLOSENESS, GRAVITY = 0.2, 0.15


@pytest.fixture(scope="module")
def learned(our_tune) -> tuple[Style, OneStep]:
    style, weights = learned_from(our_tune)
    return style, OneStep(weights)


@pytest.fixture(scope="module")
def habits(learned):
    style, model = learned
    return practise(model, style.player, EXPERTS, CLOSENESS, GRAVITY)


def shares(style: Style, solos, name: str) -> np.ndarray:
    """How often each outcome of a table is found in each context, beside all notes."""
    line = line_of(solos, [bar.beats for bar in style.player.shapes])
    counts = count(line, style.player, tables_of(style.player)[name])
    return counts / counts.sum()


def test_after_practice_there_is_as_much_of_each_as_in_the_source(learned, habits):
    """Closer to the source in every table than without practice, and close."""
    style, model = learned
    before = generate_music(model, style, playing(), 60, seed=3)
    after = generate_music(model, Style(**{**vars(style), "habits": habits}), playing(), 60, seed=3)
    for name in tables_of(style.player):
        source, unpractised, practised = (shares(style, solos, name) for solos in ([style.source], before, after))
        was, found = (np.abs(shares - source).sum() / 2 for shares in (unpractised, practised))
        assert found < 0.15, name
        assert found < was + 0.01, name


def test_who_practises_the_same_way_learns_the_same(learned, habits):
    style, model = learned
    again = practise(model, style.player, EXPERTS, CLOSENESS, GRAVITY)
    assert all((again[name] == habits[name]).all() for name in habits)


def test_experts_that_are_off_learn_nothing(learned):
    style, model = learned
    found = practise(model, style.player, ("harmony", "lines"), CLOSENESS, GRAVITY)
    learnt = {name for name, table in found.items() if table.any()}
    assert learnt == {"place", "ending", "arrival", "hurry"}


def test_what_was_practised_is_kept_and_anything_else_is_not_believed(learned, habits, tmp_path: Path, monkeypatch):
    style, model = learned
    asked = model, style.player, EXPERTS, CLOSENESS, GRAVITY, tmp_path
    first = practise(*asked)
    (kept,) = tmp_path.glob("habits/*")
    assert all((first[name] == habits[name]).all() for name in habits)

    from learning import practice

    calls = []
    monkeypatch.setattr(practice, "_practise", lambda *arguments: calls.append(arguments) or untrained(style.player))
    recalled = practise(*asked)
    assert not calls and all((recalled[name] == habits[name]).all() for name in habits)
    practise(*asked[:3], 0.3, GRAVITY, tmp_path)
    assert len(calls) == 1, "another closeness is another practice"

    good = {name: table.tolist() for name, table in habits.items()}
    for wrong in (
        [],
        {},
        good | {"gap": [[1.0]]},
        good | {"gap": [["x"] * len(good["gap"][0])]},
        good | {"level": [[float("nan")]]},
        good | {"level": [[1e9]]},
        good | {"more": [[0.0]]},
    ):
        content = json.dumps(wrong).encode()
        monkeypatch.setattr(practice, "recall", lambda path, content=content: content)
        before = len(calls)
        practise(*asked)
        assert len(calls) == before + 1, wrong
    assert kept.is_file()


def test_gaps_are_wanted_as_long_on_average_as_all_were(learned):
    player = learned[0].player
    wanted = as_dense(np.zeros(len(player.gaps)) + 1, player)
    distances = player.line.distances[player.line.distances > 0]
    assert wanted @ player.gaps / wanted.sum() == pytest.approx(distances.mean(), rel=0.01)


def test_the_spread_of_density_by_hand(learned):
    line = learned[0].player.line
    line = type(line)(*(column[: len(column) // 4 * 4] for column in line))
    assert density_spread(line._replace(bars=np.arange(len(line.bars)) // 2)) == 0.05, "no less"
    bars = np.repeat([0, 2], [1, 3])
    four = type(line)(*(column[:4] for column in line))._replace(bars=bars)
    assert density_spread(four) == pytest.approx(0.5)
