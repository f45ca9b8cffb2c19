from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from conftest import bar, chord, learned_from, playing, untrained

from improvising.measures import longest_verbatim_run, notes_a_bar
from improvising.solos import generate_music
from inference_model import OneStep, music_inference_model
from learning.experts import EXPERTS, experts_of, know, vocabulary_of
from learning.ground import ground_of
from learning.network import shared_layers
from learning.practice import untrained as unpractised
from learning.sampler import (
    FREE,
    NOTHING,
    Experts,
    Ground,
    NoNetwork,
    Sampled,
    Stretches,
    Vocabulary,
    Wishes,
    length_class,
    sample_bars,
)
from learning.style import Style

BAR = 48  # places in a bar of our tune, which has 24 of them
END = 24 * BAR


class Asked(NamedTuple):
    """What is sampled over, from and with."""

    ground: Ground
    vocabulary: Vocabulary
    experts: Experts


def asked_of(style: Style, rhythm: bool = True, longest_run: int = 0, on=EXPERTS) -> Asked:
    chorus, player = style.chorus, style.player
    shapes = {bar.beats: bar for bar in chorus.bars}
    ground = ground_of(chorus.bars, chorus.chords_by_bar, list(shapes))
    experts = experts_of(player, list(shapes.values()), ground, unpractised(player), on, 0.15, longest_run, rhythm)
    return Asked(ground, vocabulary_of(player, 0.2, longest_run), experts)


@pytest.fixture(scope="module")
def learned(our_tune) -> tuple[Style, list[np.ndarray]]:
    return learned_from(our_tune)


@pytest.fixture(scope="module")
def style(learned) -> Style:
    return learned[0]


def solos_in(sampled: Sampled, end: int):
    """Each solo's values, places, pitches and fall-backs, without what lies beyond the end."""
    for row in zip(*sampled[:4], strict=True):
        played = row[1] < end
        yield [column[played] for column in row]


# --- One note --------------------------------------------------------------------------------------------------------


def test_bars_keep_the_grammar_the_range_and_the_time(style):
    ground, vocabulary, experts = asked_of(style)
    sampled = sample_bars(untrained(len(style.values)), ground, vocabulary, experts, 20, Wishes(1.5), seed=3)
    types = "CSAX"
    for values, places, pitches, fell_back in solos_in(sampled, END):
        assert (np.diff(places) > 0).all()
        assert (pitches >= experts.low).all() and (pitches <= experts.high).all()
        before = None
        for value, place, pitch, fell in zip(values, places, pitches, fell_back, strict=True):
            term, begins = style.terms[value], before is None or before[0] // BAR != place // BAR
            assert (term.lower is None) == begins
            assert place % BAR + term.duration <= BAR
            if not fell:
                assert types[ground.kinds[ground.tables[place]][pitch % 12]] == term.type
                assert begins or term.lower <= pitch - before[1] <= term.upper
            before = place, pitch
    assert sampled.fell_back.mean() < 0.05
    assert len({tuple(row) for row in sampled.pitches.tolist()}) == 20


def test_the_same_bars_come_of_the_keras_model(learned):
    style, weights = learned
    reference = music_inference_model(*shared_layers(len(weights[0]), 64, seed=0), len(weights[0]))
    reference.set_weights(weights)
    asked = asked_of(style.first_bars(8), longest_run=8)
    for batch, wishes in ((1, Wishes()), (5, Wishes(0.7, 0.05))):
        mine, theirs = (sample_bars(model, *asked, batch, wishes, seed=2) for model in (OneStep(weights), reference))
        assert all((one == two).all() for one, two in zip(mine[:4], theirs[:4], strict=True))


def test_a_batch_of_one_is_a_solo_too_and_seeds_differ(style):
    asked, model = asked_of(style.first_bars(2)), untrained(len(style.values))
    one, two, other = (sample_bars(model, *asked, 1, seed=seed).values.tolist() for seed in (1, 1, 2))
    assert one == two != other


TERMS = ("C,0.250", "C,0.250,<P4,m-2>", "C,0.500,<m2,P-5>")  # of an interval up to a fourth up, to a fifth down


def tiny(n_bars: int, **changed) -> Asked:
    """Bars of C in which nothing but three values is known, and nobody has an opinion."""
    from grammar import parse_term
    from music.notes import Note
    from music.piece import Solo

    bars = [bar(4.0 * number, 4.0) for number in range(n_bars)]
    notes = [[Note(0, 3, 60), Note(3, 3, 64), Note(9, 6, 72), Note(24, 3, 67)] for _ in bars]
    chords = [[chord(0.0, 4.0, (60, 64, 67))] for _ in bars]
    terms = [parse_term(text) for text in TERMS]
    player = know([Solo(bars, notes, chords)], terms, np.array([0, 1, 2, 1] * n_bars))
    ground = ground_of(bars, chords, [bars[0].beats])
    experts = experts_of(player, bars[:1], ground, unpractised(player), (), 1.0, 0, False)
    return Asked(ground, vocabulary_of(player, 1.0, 0), replace(experts, **changed))


def test_without_opinions_the_network_s_values_and_intervals_are_played():
    ground, vocabulary, experts = tiny(2)
    sampled = sample_bars(NoNetwork(3), ground, vocabulary, experts, 400, seed=1)
    later = sampled.values[(sampled.places < ground.end) & (sampled.places % BAR > 0) & (sampled.places % BAR <= 24)]
    assert np.mean(later == 1) == pytest.approx(0.5, abs=0.03)
    assert not sampled.fell_back[sampled.places < ground.end].any()


def test_an_opinion_is_multiplied_with_the_network_s():
    """Twelve semitones count ten times: the pitch is drawn in proportion to probability times weight."""
    ground, vocabulary, experts = tiny(1)
    register = np.where(np.arange(experts.low, experts.high + 1) == 67, 3.0, 1.0)
    plain, weighed = (
        sample_bars(NoNetwork(3), ground, vocabulary, replace(experts, register=weights), 4000, seed=1)
        for weights in (np.ones_like(register), register)
    )
    odds = []
    for sampled in (plain, weighed):
        first = sampled.pitches[:, 0]
        odds.append((first == 67).sum() / (first == 64).sum())
    assert odds[1] / odds[0] == pytest.approx(3, rel=0.15)


def test_a_pitch_is_chosen_with_what_follows_in_mind():
    """With an opinion of what is ahead that forbids all but one pitch, it is played, unless a phrase ends with it."""
    ground, vocabulary, experts = tiny(1)
    n_pitches = experts.high - experts.low + 1
    ahead = np.zeros((1, 12, 4, n_pitches, 12))
    ahead[:, :, :, 64 - experts.low] = 1
    sampled = sample_bars(NoNetwork(3), ground, vocabulary, replace(experts, ahead=ahead), 50, seed=1)
    assert set(sampled.pitches[:, 0].tolist()) == {64}


def test_a_motif_is_what_came_after_the_same_two_intervals_in_the_same_solo():
    ground, vocabulary, experts = tiny(8)

    def recurring_share(motif: float) -> float:
        """Of the intervals after two that were heard before, the share that is the one that came last time."""
        sampled = sample_bars(NoNetwork(3), ground, vocabulary, replace(experts, motif=motif), 60, seed=1)
        again = met = 0
        for _, _, pitches, _ in solos_in(sampled, ground.end):
            heard, intervals = {}, np.diff(pitches).tolist()
            for context, interval in zip(zip(intervals, intervals[1:], strict=False), intervals[2:], strict=False):
                met, again = met + (context in heard), again + (heard.get(context) == interval)
                heard[context] = interval
        return again / met

    seldom, plain, often = map(recurring_share, (1e-6, 1.0, 1e6))
    assert 2 * seldom < plain < 0.6 and often > 0.95


def test_streams_are_told_by_their_length():
    assert length_class(np.array([1, 2, 3, 4, 5, 8, 9, 12, 13, 99])).tolist() == [0, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_values_that_never_fit_are_still_played_rather_than_nothing():
    """One value, longer than the bar: the loop must end, with one note a bar."""
    ground, vocabulary, experts = tiny(3)
    longer = replace(vocabulary, steps=np.full(3, 60), durations=np.array([60]), holds=np.zeros(3, int))
    sampled = sample_bars(NoNetwork(3), ground, longer, replace(experts, holds=np.ones((len(experts.gaps), 1))), 1)
    assert sampled.places[0].tolist() == [0, 60, 120]


def test_a_stretch_begins_and_ends_where_it_is_told_and_the_network_goes_on(learned):
    asked, model = asked_of(learned[0]), OneStep(learned[1])
    begin, end = np.array([0, 5 * BAR]), np.array([2 * BAR, 8 * BAR])
    first = sample_bars(model, *asked, 2, seed=1, stretches=Stretches(begin, end, None))
    for number, places in enumerate(first.places):
        played = places[places < END]
        assert begin[number] <= played.min() < begin[number] + BAR and played.max() < end[number]
    onward, again = (
        sample_bars(model, *asked, 2, seed=1, stretches=Stretches(begin, end, memory))
        for memory in (first.memory, None)
    )
    assert (again.values == first.values).all() and not np.array_equal(onward.values, first.values)


# --- Many notes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tune", ["our_tune", "metheny"])
def test_the_temperature_leaves_the_player_s_density(tune, request):
    style, weights = learned_from(request.getfixturevalue(tune))
    for temperature in ("0.5", "1", "1.5"):
        solos = generate_music(OneStep(weights), style, playing("--temperature", temperature), 60, seed=0)
        density = np.mean([notes_a_bar(solo) for solo in solos])
        assert density == pytest.approx(notes_a_bar(style.source), rel=0.1), temperature


@pytest.mark.parametrize("density", [0.6, 0.8, 1.2])
def test_solos_are_as_dense_as_is_wanted(learned, density):
    style, weights = learned
    solos = generate_music(OneStep(weights), style, playing("--density", str(density)), 40, seed=0)
    found = np.mean([notes_a_bar(solo) for solo in solos])
    assert found == pytest.approx(density * notes_a_bar(style.source), rel=0.1)


def test_known_runs_are_broken_off(our_tune):
    """A network that has nearly memorised the solo still copies no run longer than it may, of values or intervals."""
    style, weights = learned_from(our_tune, epochs=60)
    source = [str(interval) for interval in style.player.line.intervals[1:]]
    values, intervals = {}, {}
    for longest_run in (0, 5):
        sampled = sample_bars(OneStep(weights), *asked_of(style, longest_run=longest_run), 20, Wishes(0.7))
        solos = list(solos_in(sampled, END))
        values[longest_run] = max(longest_verbatim_run(solo[0].tolist(), style.indices.tolist()) for solo in solos)
        played = [[str(interval) for interval in np.diff(solo[2])] for solo in solos]
        intervals[longest_run] = max(longest_verbatim_run(line, source) for line in played)
    assert values[5] <= 5 < values[0]
    assert intervals[5] <= 5 < intervals[0]


# --- Kept bars -------------------------------------------------------------------------------------------------------


def keeping(ground: Ground, solo: dict[int, tuple[int, int]], bars) -> Ground:
    """The ground with these bars kept as they are in a solo, told as its values and pitches by their places."""
    values = np.where(np.isin(ground.bars, list(bars)), NOTHING, FREE)[None]
    values[:, -1] = FREE
    pitches = np.full_like(values, FREE)
    for place, (value, pitch) in solo.items():
        if ground.bars[place] in bars:
            values[0, place], pitches[0, place] = value, pitch
    return replace(ground, kept=values, kept_pitches=pitches)


def as_solos(sampled: Sampled) -> list[dict[int, tuple[int, int]]]:
    """Sampled rows as values and pitches by their places."""
    return [
        {place: (value, pitch) for value, place, pitch in zip(*(column.tolist() for column in row[:3]), strict=True)}
        for row in solos_in(sampled, END)
    ]


def of_bars(solo: dict[int, tuple[int, int]], bars) -> dict[int, tuple[int, int]]:
    return {place: note for place, note in solo.items() if place // BAR in bars}


@pytest.mark.parametrize("rhythm", [True, False])
@pytest.mark.parametrize(
    ("bars", "empty"),
    [
        ({0}, set()),
        ({23}, set()),
        ({0, 23}, set()),
        ({4, 5, 6, 11}, set()),
        (set(range(24)) - {9}, set()),
        (set(range(24)), set()),
        ({7}, {7}),
        ({0, 23}, {0, 23}),
        ({0, 1, 2}, {0, 1}),
        ({8, 9, 10, 11}, {9, 10}),
        ({21, 22, 23}, {22, 23}),
        (set(range(24)), set(range(24)) - {9}),
    ],
)
def test_kept_bars_come_out_as_they_were_and_free_ones_are_played(learned, rhythm, bars, empty):
    style, weights = learned
    ground, vocabulary, experts = asked_of(style, rhythm, longest_run=8)
    model = OneStep(weights)
    (before,) = as_solos(sample_bars(model, ground, vocabulary, experts, 1, seed=1))
    before = of_bars(before, set(range(24)) - empty)
    sampled = sample_bars(model, keeping(ground, before, bars), vocabulary, experts, 8, seed=2)
    solos, free = as_solos(sampled), set(range(24)) - bars
    for solo, at in zip(solos, sampled.places, strict=True):
        assert of_bars(solo, bars) == of_bars(before, bars)
        assert (np.diff(at[at < END]) > 0).all()
        played = of_bars(solo, free)
        for place, (value, _) in played.items():
            begins = not any(other // BAR == place // BAR for other in played if other < place)
            assert (style.terms[value].lower is None) == begins
        if not rhythm:
            assert {place // BAR for place in played} == free
        else:  # with learned gaps a bar may be passed over, as the player does, but none is left too late for a value
            assert all(place % BAR + style.terms[value].duration <= BAR for place, (value, _) in played.items())
    assert {place // BAR for solo in solos for place in of_bars(solo, free)} == free
    assert len({tuple(solo.items()) for solo in solos}) == (8 if free else 1)


def test_a_first_bar_that_is_kept_begins_where_it_does_however_late_solos_begin(learned):
    style, weights = learned
    ground, vocabulary, experts = asked_of(style)
    experts = replace(experts, first_places=(30,))
    before = {6: (0, 60), 33: (1, 62)}
    free = sample_bars(OneStep(weights), ground, vocabulary, experts, 4)
    assert free.places[:, 0].tolist() == [30] * 4
    kept = sample_bars(OneStep(weights), keeping(ground, before, {0}), vocabulary, experts, 4)
    assert all(of_bars(solo, {0}) == before for solo in as_solos(kept))


class Overheard:
    """A model, and what it was given and what it answered."""

    def __init__(self, model):
        self.model, self.input_shape, self.given, self.answered = model, model.input_shape, [], []

    def __call__(self, inputs):
        self.given.append(inputs)
        self.answered.append(self.model(inputs))
        return self.answered[-1]


def test_the_network_hears_what_is_kept_and_goes_on_from_there(learned):
    style, weights = learned
    (ground, *rest), model = asked_of(style), OneStep(weights)
    (before,) = as_solos(sample_bars(model, ground, *rest, 1, seed=1))
    heard = Overheard(model)
    sampled = sample_bars(heard, keeping(ground, before, {0, 1, 2, 6}), *rest, 3, seed=2)
    assert len(heard.given) == sampled.values.shape[1]
    assert not any(array.any() for array in heard.given[0])
    for step, (x, a, c) in enumerate(heard.given[1:], 1):
        assert (x == np.eye(len(style.values))[sampled.values[:, step - 1]]).all()
        assert (a == heard.answered[step - 1][1]).all() and (c == heard.answered[step - 1][2]).all()
