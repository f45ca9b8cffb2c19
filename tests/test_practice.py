import json
from pathlib import Path

import numpy as np
import pytest
from conftest import learned_from, playing

from improvising.solos import generate_music
from inference_model import OneStep
from learning.experts import EXPERTS, count, tables_of
from learning.ground import Line, line_of
from learning.practice import AMOUNTS, as_dense, density_spread, foretold, practise, recurring, untrained
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


def test_after_practice_lines_have_as_much_sense_as_the_source_s(learned, habits):
    """What they foretell, how often they recur and how their density varies: closer on the whole, and close."""
    style, model = learned
    shapes = [bar.beats for bar in style.player.shapes]
    before, after = (
        line_of(generate_music(model, Style(**{**vars(style), "habits": known}), playing(), 60, seed=3), shapes)
        for known in (None, habits)
    )
    off = [
        [
            abs(np.log(amount.measured(line, style.player.line) / amount.measured(style.player.line, line)))
            for amount in AMOUNTS.values()
        ]
        for line in (before, after)
    ]
    assert sum(off[1]) < sum(off[0])
    assert max(off[1]) < 0.25, dict(zip(AMOUNTS, off[1], strict=True))


def test_who_practises_the_same_way_learns_the_same(learned, habits):
    style, model = learned
    again = practise(model, style.player, EXPERTS, CLOSENESS, GRAVITY)
    assert all((again[name] == habits[name]).all() for name in habits)


def test_experts_that_are_off_learn_nothing(learned):
    style, model = learned
    found = practise(model, style.player, ("harmony", "lines"), CLOSENESS, GRAVITY)
    learnt = {name for name, table in found.items() if table.any()}
    assert learnt == {"place", "ending", "arrival", "hurry", "sense"}


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


def line_with(intervals: list[int], begins: tuple[int, ...] = (0,), bars=None) -> Line:
    """A line of these intervals, of solos that begin at these notes; all else is nought."""
    nought, n = np.zeros(len(intervals), int), len(intervals)
    line = Line(*[nought] * len(Line._fields))._replace(pitches=60 + np.cumsum(intervals), places=np.arange(n))
    return line._replace(begins=np.isin(np.arange(n), begins), bars=nought if bars is None else np.array(bars))


def test_the_spread_of_density_by_hand():
    def spread(*bars: int) -> float:
        line = line_with([0] * len(bars), bars=bars)
        return density_spread(line, line)

    assert spread(*np.arange(40) // 2) == 0
    assert spread(0, 2, 2, 2, 3) == pytest.approx(1.5 / 2.5), "one note in two bars, four in the next two"
    assert spread(0) == spread(0, 2) == 0, "a last bar without another does not count"


def test_what_intervals_foretell_by_hand():
    up_and_down = line_with([0, *[2, -2] * 8])
    assert foretold(up_and_down, up_and_down) == pytest.approx(1.0, abs=0.01), "one bit: the next turns back"
    assert foretold(up_and_down, line_with([0, 2, -2, 2])) == pytest.approx(0.9, abs=0.11), "among four notes at a time"
    assert foretold(line_with([0] * 9), line_with([0] * 9)) == 0
    assert foretold(line_with([0]), up_and_down) == 0
    two_solos = line_with([0, 2, -2, 2, 0, 7, -7, 7], begins=(0, 4))
    assert foretold(two_solos, two_solos) == pytest.approx(2.0), "nothing from one solo to the next"


def test_what_recurs_by_hand():
    line = line_with([0, 1, 2, 3, 9, 1, 2, 3])
    assert recurring(line, line) == pytest.approx(2 / 5), "1 2 3 twice, and three others"
    assert recurring(line, line_with([0, 1, 2, 3])) == 0, "not within four notes"
    apart = line_with([0, 1, 2, 3, 0, 1, 2, 3], begins=(0, 4))
    assert recurring(apart, apart) == 0, "not from one solo to the next"
    assert recurring(line_with([0]), line) == 0


def test_a_thin_solo_beside_a_dense_one_is_no_variation_of_density():
    bars = [*np.repeat(np.arange(20), 8), *np.arange(20)]  # eight notes a bar, then one
    line = line_with([1] * 180, begins=(0, 160), bars=bars)
    assert density_spread(line, line) == pytest.approx(0)
    short = line_with([1] * 90, begins=(0, 80), bars=[*np.repeat(np.arange(10), 8), *np.arange(10)])
    assert density_spread(short, short) > 0.5  # of so few bars nobody knows
