"""From a trained network to solos: sampling, realising, and the family's repairs, in one place.

`learn_material` gathers what the source says beside the network; `generate_music` makes solos of it; `piece_of` makes a
solo a finished piece. Left to others: the network (`learning/network.py`), the sampling loops (`inference_model.py`),
single bars (`grammar.py`), rhythm (`learning/rhythm.py`), files (`reading/midi_tracks.py`).
"""

import random
from dataclasses import dataclass, field, replace

import numpy as np

from grammar import TYPES, Line, Term, filled_onsets, late_onsets, parse_term, realise
from improvising.backing import backing
from improvising.measures import Heard, hear
from learning.rhythm import Rhythm, draw_velocities, learn_rhythm
from music.note_types import note_types, sounding_chord
from music.notes import Chord, Note, from_grid, to_grid
from music.piece import Bar, Part, Piece
from preprocess import Tune, get_corpus_data
from qa import clean_up_notes, fold_types, prune_grammar, prune_notes
from reading.changes import Chorus, lay_out

JAZZ_GUITAR, PIANO = 26, 0  # General MIDI programs
OPENING_TERM = "C,0.250"  # what the original puts in front of every bar


@dataclass(frozen=True)
class Material:
    """What is learned from tunes beside the network.

    `corpus`: all values of all tunes in order; `values`: the unique ones, sorted, by index; `terms`: the same, parsed;
    `source`: the solo that is learned from (the first one), as heard; `chorus`: what is improvised over; `line`: the
    range, the register and the leaps of the solos; `rhythm`.
    """

    corpus: list[str]
    values: list[str]
    terms: list[Term]
    source: Heard
    chorus: Chorus
    line: Line
    rhythm: Rhythm

    def corpus_indices(self) -> np.ndarray:
        """The corpus as numbers, (len(corpus),)."""
        return np.searchsorted(self.values, self.corpus)

    @property
    def bars(self) -> list[Bar]:
        return self.chorus.bars

    @property
    def chords(self) -> list[list[Chord]]:
        return self.chorus.chords

    def first_bars(self, count: int) -> "Material":
        """The same over the first bars only; 0: over all of them."""
        return replace(self, chorus=self.chorus.first_bars(count))


@dataclass(frozen=True)
class Playing:
    """How solos are sampled and realised. The defaults are ours; `AS_THE_ORIGINAL` is the original's way.

    `temperature`, `min_p`: see `inference_model.draw`. `bars`: how many bars, 0 for all there are.
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
    gravity: float = 0.03


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


def learn_material(
    tunes: list[Tune],
    abstract_grammars: list[list[str]],
    density: float = 1.0,
    chorus: Chorus | None = None,
) -> Material:
    """Gather what tunes say beside their grammar: chords to improvise over, range, rhythm.

    `abstract_grammars` are the lines of each tune, `density` how many notes are wanted for each of the player's,
    `chorus` what to improvise over; without any, the changes of the first tune.
    """
    corpus, values, _, _ = get_corpus_data([line for lines in abstract_grammars for line in lines])
    terms = [parse_term(value) for value in values]
    played = [_bars_of(tune) for tune in tunes]
    own = tune_chorus(tunes[0])
    source, chorus = Heard([notes for _, notes in played[0]], own.chords, own.bars), chorus or own
    lines = [[note.pitch for bar in tune.melody.values() for note in bar] for tune in tunes]
    pitches = [pitch for line in lines for pitch in line]
    leaps = np.concatenate([np.abs(np.diff(line)) for line in lines])
    leap = max(1.5, float(leaps.mean())) if len(leaps) else 3.0
    line = Line(min(pitches), max(pitches), round(float(np.median(pitches))), leap=leap)
    rhythm = learn_rhythm(played, chorus.bars, min(term.steps for term in terms), density)
    return Material(corpus, values, terms, source, chorus, line, rhythm)


def tune_chorus(tune: Tune) -> Chorus:
    """The changes of a tune's solo."""
    chords = [_moved(tune.chords[number], -bar.start) for number, bar in tune.bars.items()]
    return Chorus(lay_out(list(tune.bars.values())), chords)


def generate_music(
    inference_model, material: Material, playing: Playing = Playing(), n_solos: int = 1, seed: int = 0
) -> list[Solo]:
    """Sample and realise `n_solos` solos as one batch; every choice comes from `seed`.

    Source: the family's `generate_music`.
    """
    material = material.first_bars(playing.bars)
    sample = _sample_by_number if playing.values_per_bar else _sample_in_time
    return [
        _realise_solo(material, playing, sampled_bars, random.Random(f"{seed}/{number}"))
        for number, sampled_bars in enumerate(sample(inference_model, material, playing, n_solos, seed))
    ]


def piece_of(heard: Heard, title: str, tempo: float, backing_seed: int | None = None) -> Piece:
    """A solo over its chords as a finished piece for an electric guitar and a piano; with a seed, bass and drums."""
    types = "".join(
        note_types(sounding_chord(chords, note.offset).pitches)[note.pitch % 12] if chords else "X"
        for notes, chords in zip(heard.bars, heard.chords, strict=True)
        for note in notes
    )
    chords = _from_start(heard.chords, heard.lines)
    parts = [Part("Solo", JAZZ_GUITAR, 0, heard.notes()), Part("Chords", PIANO, 1, chords)]
    if backing_seed is not None:
        parts += backing(chords, heard.lines, backing_seed)
    return Piece(title, tempo, heard.lines, heard.notes(), chords, types, parts)


def heard_solo(solo: Solo, material: Material) -> Heard:
    """A solo as it sounds: each note in the bar in which it begins."""
    bars = material.bars[: len(solo.bars)]
    return hear(_from_start(solo.bars, bars), material.chords[: len(solo.bars)], bars)


def bar_rules(material: Material, rhythm: str = "learned", longest_run: int = 0):
    """The `inference_model.BarRules` of the values and the rhythm over the bars to improvise in."""
    from inference_model import BarRules, known_runs

    lengths = [to_grid(bar.length) for bar in material.bars]
    bars = np.repeat(np.arange(len(lengths)), lengths)  # (n_places,)
    in_bar = np.concatenate([np.arange(length) for length in lengths])
    types = [
        note_types(sounding_chord(chords, from_grid(step)).pitches) if chords else ""
        for chords, length in zip(material.chords, lengths, strict=True)
        for step in range(length)
    ]
    has_type = {table: [kind in table for kind in TYPES] + [True] for table in set(types)}  # a rest is always playable
    shapes = sorted(material.rhythm.distances)
    distances = [material.rhythm.distances[shape] for shape in shapes]
    if rhythm != "learned":
        distances = [_back_to_back(table) for table in distances]
    longest = max(shapes)
    padded = [np.pad(table, ((0, longest - len(table)), (0, 0), (0, 0))) for table in distances]
    return BarRules(
        starts_bar=np.array([term.lower is None for term in material.terms]),
        steps=np.array([term.steps for term in material.terms]),
        types=np.array([(*TYPES, "R").index(term.type) for term in material.terms]),
        bars=bars,
        in_bar=in_bar,
        left=np.repeat(lengths, lengths) - in_bar,
        playable=np.array([has_type[table] for table in types]),
        tables=np.repeat([shapes.index(length) for length in lengths], lengths),
        distances=np.stack(padded),
        first_places=material.rhythm.first_places if rhythm == "learned" else (0,),
        known_runs=known_runs(material.corpus_indices(), longest_run),
    )


# A sampled bar: the values' indices, and their onsets in grid steps from the bar line, or None where the realising
# decides.
SampledBar = tuple[list[int], list[int] | None]


def _sample_in_time(inference_model, material, playing, n_solos, seed) -> list[list[SampledBar]]:
    from inference_model import sample_bars

    rules = bar_rules(material, playing.rhythm, playing.longest_run)
    indices, places = sample_bars(inference_model, rules, n_solos, playing.temperature, playing.min_p, seed)
    bar_of, in_bar = rules.bars.tolist(), rules.in_bar.tolist()
    solos = []
    for solo_indices, solo_places in zip(indices.tolist(), places.tolist(), strict=True):
        bars = [([], []) for _ in material.bars]
        for index, place in zip(solo_indices, solo_places, strict=True):
            if place < len(bar_of):
                values, onsets = bars[bar_of[place]]
                values.append(index)
                onsets.append(in_bar[place])
        solos.append(bars)
    return solos


def _sample_by_number(inference_model, material, playing, n_solos, seed) -> list[list[SampledBar]]:
    from inference_model import predict_and_sample

    n_values, n_a = inference_model.input_shape[0][-1], inference_model.input_shape[1][-1]
    shapes = ((n_solos, n_values), (n_solos, n_a), (n_solos, n_a))
    state = nothing = tuple(np.zeros(shape, np.float32) for shape in shapes)
    solos = [[] for _ in range(n_solos)]
    for bar in range(len(material.bars)):
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


def _realise_solo(material: Material, playing: Playing, sampled_bars: list[SampledBar], generator) -> Solo:
    solo, previous = Solo(), None
    line = material.line._replace(closeness=playing.closeness, gravity=playing.gravity) if playing.one_line else None
    for bar, chords, (indices, onsets) in zip(material.bars, material.chords, sampled_bars, strict=True):
        solo.values += [material.values[index] for index in indices]
        terms = [material.terms[index] for index in indices]
        if playing.opening or playing.round_durations or not playing.keep_types:
            terms = _reworked([material.values[index] for index in indices], playing, generator)
        if playing.rhythm == "late":
            onsets = late_onsets(terms)
        elif playing.rhythm == "filled" or onsets is None or len(onsets) != len(terms):
            onsets = filled_onsets(terms)
        notes, fallbacks = [], 0
        if chords:  # in a bar without chords, N.C., the solo rests
            notes, fallbacks = realise(terms, chords, generator, line, previous, onsets, to_grid(bar.length))
        solo.n_terms += len(terms)
        solo.fallbacks += fallbacks
        notes = clean_up_notes(prune_notes(notes, playing.every_neighbour))
        if notes:
            previous = notes[-1].pitch
        solo.bars.append(draw_velocities(notes, bar, material.rhythm, generator) if playing.dynamics else notes)
    return solo


def _reworked(values: list[str], playing: Playing, generator: random.Random) -> list[Term]:
    grammar = " ".join([OPENING_TERM, *values] if playing.opening else values)
    if not playing.keep_types:
        grammar = fold_types(grammar)
    if playing.round_durations:
        grammar = prune_grammar(grammar, generator)
    return [parse_term(text) for text in grammar.split()]


def _back_to_back(table: np.ndarray) -> np.ndarray:
    """A table in which the next onset comes as soon as the note has ended."""
    certain = np.zeros_like(table)
    for steps in range(table.shape[1]):
        certain[:, steps, max(1, steps)] = 1.0
    return certain


def _bars_of(tune: Tune) -> list[tuple[Bar, list[Note]]]:
    return [(bar, _moved(tune.melody[number], -bar.start)) for number, bar in tune.bars.items()]


def _from_start(music: list[list], bars: list[Bar]) -> list:
    """Notes or chords by bar, moved so that offsets count from the start."""
    return [item for bar, items in zip(bars, music, strict=True) for item in _moved(items, bar.start)]


def _moved(music: list, by: float) -> list:
    steps = to_grid(by)
    return [item._replace(offset=from_grid(to_grid(item.offset) + steps)) for item in music]
