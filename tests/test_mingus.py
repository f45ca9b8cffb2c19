"""The benchmark of what is foretold: MINGUS's tokens of music of our own; what is said of them adds up and knows
nothing of what is to come."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import bar, chord, note
from mingus import Opinions, Rule, opinions_of, sizes_of, split, tokens_in_seconds, tokens_of, views_of
from ngrams import BackOff, nested, perplexity
from viewpoints import N_DURATIONS, REST, past_of

import music_generate
from inference_model import OneStep
from learning.practice import untrained
from learning.style import learn_style
from music.piece import Tune
from preprocess import write_grammars
from running.settings import declared, read_settings

FULL, HALF, QUARTER, EIGHTH, SIXTEENTH, DOTTED_QUARTER, DOTTED_EIGHTH, SIXTH = 0, 1, 2, 3, 4, 7, 8, 9
C, F = (60, 64, 67), (65, 69, 72)


def tune_of(*notes_by_bar) -> Tune:
    numbers = range(len(notes_by_bar))
    melody = {
        number: [each._replace(onset=each.onset + 48 * number) for each in notes_by_bar[number]] for number in numbers
    }
    chords = {number: [chord(4.0 * number, 4.0, (C, F)[number % 2])] for number in numbers}
    bars = {number: bar(4.0 * number, 4.0) for number in numbers}
    tune = Tune(melody, chords, bars)
    return replace(tune, abstract_grammars=tuple(write_grammars(tune)))


def some_tune(seed: int, n_bars: int = 6) -> Tune:
    """Eighths and quarters up and down, a rest now and then."""
    generator, pitch, bars = np.random.RandomState(seed), 64, []
    for _ in range(n_bars):
        bars.append([])
        for beat in range(4):
            for half in (0, 0.5) if generator.rand() < 0.6 else (0,):
                pitch = int(np.clip(pitch + generator.randint(-4, 5), 55, 80))
                if generator.rand() < 0.85:
                    bars[-1].append(note(beat + half, 0.5, pitch))
    return tune_of(*bars)


def test_a_bar_of_rests_dots_and_triplets_as_tokens():
    third = 1 / 3
    first = [note(0, 0.5, 60), note(1.5, 0.75, 62), note(2.25, 0.25, 64), note(2.5, 0.5, 65)]
    first += [note(3 + number * third, third, 67 + number) for number in range(3)]
    tokens = tokens_of(tune_of(first, [], [note(1, 5 / 12, 72), note(1.5, 2, 71)]).solo)
    assert list(zip(tokens.pitches.tolist(), tokens.durations.tolist(), strict=True)) == [
        (60, EIGHTH),
        (REST, QUARTER),
        (62, DOTTED_EIGHTH),
        (64, SIXTEENTH),
        (65, EIGHTH),
        (67, SIXTEENTH),  # a third is nearer to a fourth than to a half
        (68, SIXTEENTH),
        (69, SIXTEENTH),
        (REST, FULL),
        (REST, QUARTER),
        (72, EIGHTH),  # a rest of a twelfth is none
        (71, HALF),
    ]
    assert tokens.places[:3].tolist() == [0, 12, 36]
    assert tokens.changes.tolist() == [[0, 0]] * 4 + [[5, 0]] * 4 + [[0, 0]] * 4


def test_tokens_in_seconds_are_put_one_after_the_other_until_the_bar_is_full(tmp_path):
    notes = [(0.0, 0.25, 1, 60), (0.25, 0.1, 1, 62), (1.0, 1.0, 1, 64), (2.5, 0.45, 2, 65)]
    rows = [f"{onset},{long},4,1,{number},1,1,0.5,4/4,{pitch},,60,,C7" for onset, long, number, pitch in notes]
    head = "onset,duration,period,division,bar,beat,tatum,beat_duration,signature,pitch,loud_max,loud_median,x,chord"
    (tmp_path / "A_B_FINAL.csv").write_text("\n".join([head, *rows]))
    beats = [f"{number / 2},{number // 4 + 1},{number % 4 + 1},{'' if number else 'C7'}" for number in range(12)]
    (tmp_path / "A_B_FINAL_beattrack.csv").write_text("\n".join(["onset,bar,beat,chord", *beats]))
    tokens = tokens_in_seconds(tmp_path, "A_B")
    assert list(zip(tokens.pitches.tolist(), tokens.durations.tolist(), strict=True)) == [
        (60, EIGHTH),
        (62, SIXTH),
        (REST, DOTTED_QUARTER),  # of 1.3 quarters
        (REST, HALF),  # there is no room for a half note, and what is left is a rest of 1.83 quarters
        (REST, QUARTER),
        (65, QUARTER),
        (REST, HALF),
    ]
    assert tokens.changes.tolist() == [[0, 1]] * 8


def test_knowing_nothing_is_as_many_as_there_are():
    nothing = BackOff(np.zeros((0, 1), np.int64), np.zeros(0, int), N_DURATIONS)(np.zeros((3, 1), np.int64))
    assert perplexity(nothing[:, 0]) == pytest.approx(N_DURATIONS)
    assert perplexity(np.full(7, 1 / 129)) == pytest.approx(129)


def test_back_off_by_hand():
    # After 0 came 1 twice and 2 once; of 0, 1, 2 in all 1, 3 and 2 came. Discount 3/4, and the wider one counts 5 more.
    context, outcome = np.array([0, 0, 0, 1, 1, 1]), np.array([1, 1, 2, 0, 1, 2])
    model = BackOff(nested(context), outcome, 3)
    wide = (np.array([0.25, 2.25, 1.25]) + (0.75 * 3 + 5) / 3) / 11
    after_0 = (np.array([0, 1.25, 0.25]) + (0.75 * 2 + 5) * wide) / 8
    assert model(nested(np.array([0, 9]))) == pytest.approx(np.stack([after_0, wide]))


@pytest.fixture(scope="module")
def heard() -> tuple[list[Tune], list[Opinions]]:
    """Two solos that are alike up to the third bar, as the sampler hears them: one of another tune's style."""
    style, given = learn_style([some_tune(0)]), read_settings(declared(music_generate), "", [], bare="TUNE")
    generator, n, n_a = np.random.RandomState(0), len(style.values), 5
    shapes = (n, 4 * n_a), (n_a, 4 * n_a), (4 * n_a,), (n_a, n), (n,)
    one_step = OneStep([generator.normal(size=shape).astype(np.float32) for shape in shapes])
    tune, other = some_tune(1), some_tune(2)
    other = tune_of(*(source.solo.notes_by_bar[bar] for bar in range(6) for source in ((other, tune)[bar < 3],)))
    habits = untrained(style.player)
    return [tune, other], [opinions_of(one_step, style.player, habits, [each.solo], given)[0] for each in (tune, other)]


def alike(tunes: list[Tune]) -> tuple[int, int]:
    """How many tokens, and notes, begin in the three bars that are alike, but the last, which the next one ends."""
    tokens = tokens_of(tunes[0].solo)
    n = int((tokens.places < 3 * 96).sum()) - 1
    while tokens.pitches[n - 1] == REST:
        n -= 1
    return n, int((tokens.pitches[:n] != REST).sum())


def assert_knows_no_future(one: Opinions, other: Opinions, n: int, n_notes: int):
    assert one.pitches[:, :n_notes] == pytest.approx(other.pitches[:, :n_notes])
    for mine, its in ((one.rests, other.rests), *zip(one.durations, other.durations, strict=True)):
        assert mine[:, :n] == pytest.approx(its[:, :n])
        assert mine[:, n + 3 :].tolist() != its[:, n + 3 :].tolist()


def test_the_sampler_is_asked_before_it_hears(heard):
    tunes, opinions = heard
    assert_knows_no_future(*opinions, *alike(tunes))


def test_n_grams_know_no_future(heard):
    learned, asked = [tokens_of(some_tune(0).solo)], [tokens_of(tune.solo) for tune in heard[0]]
    assert_knows_no_future(*(views_of(learned, [tokens]) for tokens in asked), *alike(heard[0]))


@pytest.mark.parametrize("fitted", [False, True])
def test_what_is_said_adds_up_to_one(heard, fitted):
    past, opinions = past_of([tokens_of(heard[0][0].solo)]), heard[1][0]
    opinions = opinions.and_of(views_of([tokens_of(some_tune(0).solo)], [tokens_of(heard[0][0].solo)]))
    rule = Rule(opinions, past, fitted)
    assert not past.is_rest[-1]

    def said_of_last(**changes) -> tuple[float, float]:
        columns = {name: np.append(getattr(past, name)[:-1], value) for name, value in changes.items()}
        there = opinions._replace(pitches=opinions.pitches[:, :-1]) if changes.get("is_rest") else opinions
        return [each[-1] for each in rule.say(there, past._replace(**columns))]

    pitches = [said_of_last(pitches=pitch)[0] for pitch in range(128)]
    assert sum(pitches) + said_of_last(pitches=REST, is_rest=True)[0] == pytest.approx(1)
    assert sum(said_of_last(durations=duration)[1] for duration in range(N_DURATIONS)) == pytest.approx(1)


def test_no_player_and_no_title_on_both_sides():
    names = [f"{player}_{title}-{take}" for player in "ABCDEFGH" for title in (player * 2, "Blues") for take in (1, 2)]
    for apart in (True, False):
        learned, asked = split([*names, "I_Only"], 3, apart)
        assert asked and not set(learned) & set(asked)
        sides = [{(name[0], name[2:].split("-")[0]) for name in side} for side in (learned, asked)]
        shared = {part for part in zip(*sides[0], strict=True)}, {part for part in zip(*sides[1], strict=True)}
        together = {word for side in shared[0] for word in side} & {word for side in shared[1] for word in side}
        assert bool(together) != apart


def test_sizes_that_are_none_are_told():
    assert sizes_of("10 36") == [10, 36]
    with pytest.raises(ValueError, match="SIZES"):
        sizes_of("ten")
