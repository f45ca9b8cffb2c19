"""From a trained network to solos: sampling, realising, and the family's repairs, in one place.

`learn_material` gathers what the source says beside the network; `generate_music` makes solos of it. Left to others:
the network (`model.py`), the sampling loops (`inference_model.py`), single bars (`grammar.py`), files (`midi_file.py`).
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from grammar import TYPES, Line, Term, filled_onsets, late_onsets, parse_term, realise
from harmony import note_types, sounding_chord
from measures import Heard, hear
from notes import Chord, Note, from_grid, to_grid
from piece import Bar, Part, Piece
from preprocess import BEATS_PER_BAR, Tune, get_corpus_data
from qa import clean_up_notes, fold_types, prune_grammar, prune_notes
from rhythm import Rhythm, draw_velocities, learn_rhythm

JAZZ_GUITAR, PIANO = 26, 0  # General MIDI programs
OPENING_TERM = "C,0.250"  # what the original puts in front of every bar


@dataclass(frozen=True)
class Material:
    """What is learned from a tune beside the network.

    `corpus`: all values in order; `values`: the unique ones, sorted, by index; `terms`: the same, parsed; `melody`,
    `bars`: the solo's notes and the chords of each bar of the chorus, offsets from the bar line; `low` and `high`: the
    solo's range; `rhythm`.
    """

    corpus: list[str]
    values: list[str]
    terms: list[Term]
    melody: list[list[Note]]
    bars: list[list[Chord]]
    low: int
    high: int
    rhythm: Rhythm

    def corpus_indices(self) -> np.ndarray:
        """The corpus as numbers, (len(corpus),)."""
        return np.searchsorted(self.values, self.corpus)


@dataclass(frozen=True)
class Playing:
    """How solos are sampled and realised. The defaults are ours; `AS_THE_ORIGINAL` is the original's way.

    `temperature`, `min_p`: see `inference_model.draw`. `bars`: how many bars, 0 for the whole chorus.
    `values_per_bar`: that many values in every bar, whatever its length, or 0 for as many as the bar holds.
    `carry_state`: whether the network goes on from bar to bar or starts each from nothing (matters where
    `values_per_bar` is set). `rhythm`: 'learned' gaps, 'filled' (one note after the other), or 'late' (a note starts
    when its own duration has passed, as in the original). `keep_types`: whether A and X stay, or become C.
    `round_durations`: whether durations are rounded by a coin. `opening`: whether the term C,0.25 is put in front of
    each bar. `one_line`: whether the line keeps to its bar and the source's range and goes on from its last note.
    `every_neighbour`: whether repeated pitches are looked for among all neighbours or in disjoint pairs.
    `longest_run`: where a run of values from the corpus is broken off, 0 for never (counts only where the bar's time
    decides). `dynamics`: whether velocities are the player's or all the same. `closeness`, `gravity`: see
    `grammar.Line`.
    """

    temperature: float = 1.0
    min_p: float = 0.0
    bars: int = 0
    values_per_bar: int = 0
    carry_state: bool = True
    rhythm: str = "learned"
    keep_types: bool = True
    round_durations: bool = False
    opening: bool = False
    one_line: bool = True
    every_neighbour: bool = True
    dynamics: bool = True
    longest_run: int = 8
    closeness: float = 0.2
    gravity: float = 0.7


AS_THE_ORIGINAL = Playing(
    temperature=0.0,
    bars=5,
    values_per_bar=50,
    carry_state=False,
    rhythm="late",
    keep_types=False,
    round_durations=True,
    opening=True,
    one_line=False,
    every_neighbour=False,
    dynamics=False,
    longest_run=0,
)


@dataclass
class Solo:
    """One solo: its `bars` of notes, offsets from each bar line, the `values` that were sampled for it, and how many of
    its terms fell back."""

    bars: list[list[Note]] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    n_terms: int = 0
    fallbacks: int = 0

    def notes(self) -> list[Note]:
        """All notes, offsets from the start of the solo."""
        return _from_start(self.bars)


def learn_material(tune: Tune, abstract_grammars: list[str], density: float = 1.0) -> Material:
    """Gather what a tune says beside its grammar: the chords of its bars, its range, its rhythm.

    `density`: how many notes are wanted for each of the player's.
    """
    corpus, values, _, _ = get_corpus_data(abstract_grammars)
    terms = [parse_term(value) for value in values]
    pitches = [note.pitch for bar in tune.melody.values() for note in bar]
    bars = [_from_bar_line(chords, bar) for bar, chords in tune.chords.items()]
    rhythm = learn_rhythm(tune.melody, to_grid(BEATS_PER_BAR), {term.steps for term in terms}, density)
    melody = [_from_bar_line(notes, bar) for bar, notes in tune.melody.items()]
    return Material(corpus, values, terms, melody, bars, min(pitches), max(pitches), rhythm)


def generate_music(
    inference_model,
    material: Material,
    playing: Playing = Playing(),
    n_solos: int = 1,
    seed: int = 0,
    on_solo: Callable[[int], None] = lambda done: None,
) -> list[Solo]:
    """Sample and realise `n_solos` solos as one batch; every choice comes from `seed`.

    `on_solo(done)` is told after each solo that is realised. Source: the family's `generate_music`.
    """
    chorus = material.bars[: playing.bars or None]
    in_time = playing.values_per_bar == 0
    sample = _sample_in_time if in_time else _sample_by_number
    sampled = sample(inference_model, material, playing, chorus, n_solos, seed)
    solos = []
    for number, sampled_bars in enumerate(sampled):
        solos.append(_realise_solo(material, playing, chorus, sampled_bars, random.Random(f"{seed}/{number}")))
        on_solo(len(solos))
    return solos


def piece_of(solo: Solo, material: Material, title: str, tempo: float) -> Piece:
    """A solo over its chords as a finished piece, on an electric guitar and a piano."""
    chords = material.bars[: len(solo.bars)]
    notes = _from_start(solo.bars)
    types = "".join(
        note_types(sounding_chord(bar_chords, note.offset).pitches)[note.pitch % 12]
        for bar, bar_chords in zip(solo.bars, chords, strict=True)
        for note in bar
    )
    parts = [Part("Solo", JAZZ_GUITAR, 0, notes), Part("Chords", PIANO, 1, _from_start(chords))]
    bars = [Bar(number * BEATS_PER_BAR, BEATS_PER_BAR) for number in range(len(chords))]
    return Piece(title, tempo, bars, notes, _from_start(chords), types, parts)


def heard_source(material: Material) -> Heard:
    """The solo that is learned from, as read: quantised, its bars one after the other."""
    return Heard(material.melody, material.bars, BEATS_PER_BAR)


def heard_solo(solo: Solo, material: Material) -> Heard:
    """A solo as it sounds: each note in the bar in which it begins."""
    return hear(solo.notes(), material.bars[: len(solo.bars)], BEATS_PER_BAR)


def bar_rules(material: Material, chorus: list[list[Chord]], rhythm: str = "learned", longest_run: int = 0):
    """The `inference_model.BarRules` of a tune's values and rhythm over the chords of a chorus."""
    from inference_model import BarRules, known_runs

    bar_steps = material.rhythm.bar_steps
    tables = [note_types(sounding_chord(bar, from_grid(step)).pitches) for bar in chorus for step in range(bar_steps)]
    has_type = {table: [kind in table for kind in TYPES] for table in set(tables)}
    playable = np.array([has_type[table] for table in tables]).reshape(len(chorus), bar_steps, len(TYPES))
    distances, first_places = material.rhythm.distances, material.rhythm.first_places
    if rhythm != "learned":
        distances = np.zeros_like(distances)
        for steps in range(1, distances.shape[1]):
            distances[:, steps, steps] = 1.0
        distances[:, 0, 1] = 1.0
        first_places = (0,)
    return BarRules(
        starts_bar=np.array([term.lower is None for term in material.terms]),
        steps=np.array([term.steps for term in material.terms]),
        types=np.array([TYPES.index(term.type) for term in material.terms]),
        playable=playable,
        distances=distances,
        first_places=first_places,
        known_runs=known_runs(material.corpus_indices(), longest_run),
    )


# A sampled bar: the values' indices, and their onsets in grid steps from the bar line, or None where the realising
# decides.
SampledBar = tuple[list[int], list[int] | None]


def _sample_in_time(inference_model, material, playing, chorus, n_solos, seed) -> list[list[SampledBar]]:
    from inference_model import sample_bars

    bar_steps = material.rhythm.bar_steps
    rules = bar_rules(material, chorus, playing.rhythm, playing.longest_run)
    indices, places = sample_bars(inference_model, rules, n_solos, playing.temperature, playing.min_p, seed)
    solos = []
    for solo_indices, solo_places in zip(indices.tolist(), places.tolist(), strict=True):
        bars = [([], []) for _ in chorus]
        for index, place in zip(solo_indices, solo_places, strict=True):
            if place < len(chorus) * bar_steps:
                bar, onset = divmod(place, bar_steps)
                bars[bar][0].append(index)
                bars[bar][1].append(onset)
        solos.append(bars)
    return solos


def _sample_by_number(inference_model, material, playing, chorus, n_solos, seed) -> list[list[SampledBar]]:
    from inference_model import predict_and_sample

    n_values, n_a = inference_model.input_shape[0][-1], inference_model.input_shape[1][-1]
    shapes = ((n_solos, n_values), (n_solos, n_a), (n_solos, n_a))
    state = nothing = tuple(np.zeros(shape, np.float32) for shape in shapes)
    solos = [[] for _ in range(n_solos)]
    for bar in range(len(chorus)):
        _, indices, state = predict_and_sample(
            inference_model,
            *(state if playing.carry_state else nothing),
            n_steps=playing.values_per_bar,
            temperature=playing.temperature,
            min_p=playing.min_p,
            seed=seed * 1000 + bar,
        )
        for solo, values in zip(solos, indices.tolist(), strict=True):
            solo.append((values, None))
    return solos


def _realise_solo(material, playing, chorus, sampled_bars, generator) -> Solo:
    solo, previous = Solo(), None
    line = Line(material.low, material.high, playing.closeness, playing.gravity) if playing.one_line else None
    for chords, (indices, onsets) in zip(chorus, sampled_bars, strict=True):
        solo.values += [material.values[index] for index in indices]
        terms = [material.terms[index] for index in indices]
        if playing.opening or playing.round_durations or not playing.keep_types:
            terms = _reworked([material.values[index] for index in indices], playing, generator)
        if playing.rhythm == "late":
            onsets = late_onsets(terms)
        elif playing.rhythm == "filled" or onsets is None or len(onsets) != len(terms):
            onsets = filled_onsets(terms)
        notes, fallbacks = realise(terms, chords, generator, line, previous, onsets, material.rhythm.bar_steps)
        solo.n_terms += len(terms)
        solo.fallbacks += fallbacks
        notes = clean_up_notes(prune_notes(notes, playing.every_neighbour))
        if notes:
            previous = notes[-1].pitch
        solo.bars.append(draw_velocities(notes, material.rhythm, generator) if playing.dynamics else notes)
    return solo


def _reworked(values: list[str], playing: Playing, generator: random.Random) -> list[Term]:
    grammar = " ".join([OPENING_TERM, *values] if playing.opening else values)
    if not playing.keep_types:
        grammar = fold_types(grammar)
    if playing.round_durations:
        grammar = prune_grammar(grammar, generator)
    return [parse_term(text) for text in grammar.split()]


def _from_bar_line(music: list, bar: int) -> list:
    """Notes or chords of a bar, moved so that offsets count from the bar line."""
    return [_moved(item, -bar) for item in music]


def _from_start(bars: list[list]) -> list:
    """Notes or chords of bars one after the other, moved so that offsets count from the start."""
    return [_moved(item, number) for number, bar in enumerate(bars) for item in bar]


def _moved(item, bars: int):
    return item._replace(offset=from_grid(to_grid(item.offset) + bars * to_grid(BEATS_PER_BAR)))
