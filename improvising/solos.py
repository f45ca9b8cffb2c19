"""From a trained network to solos: when is sampled, realised and repaired, in one place.

`generate_music` makes solos, `piece_of` makes a solo a finished piece. Left to others: the sampling loops
(`inference_model.py`), single bars (`grammar.py`), what was learned of the player (`learning/style.py`), the band
(`improvising/backing.py`).
"""

import random

import numpy as np

from grammar import TYPES, Term, filled_onsets, late_onsets, parse_term, realise
from improvising.backing import backing
from improvising.keeping import Kept, values_of_bar
from improvising.playing import Playing
from inference_model import FREE, NOTHING, BarRules, known_runs, predict_and_sample, sample_bars
from learning.rhythm import draw_velocities
from learning.style import Style
from music.note_types import has_chord, types_at
from music.piece import Part, Piece, Solo, from_start, into_bars
from qa import clean_up_notes, fold_types, prune_grammar, prune_notes
from running.console import Progress

JAZZ_GUITAR, PIANO = 26, 0  # General MIDI programs
OPENING_TERM = "C,0.250"  # what the original puts in front of every bar

# A sampled bar: the values' indices, and their onsets in grid steps from the bar line, or None where the realising
# decides.
SampledBar = tuple[list[int], list[int] | None]


def generate_music(
    inference_model, style: Style, playing: Playing, n_solos: int = 1, seed: int = 0, kept: Kept | None = None
) -> list[Solo]:
    """Sample and realise `n_solos` solos as one batch; every choice comes from `seed`. Bars that are `kept` stay.

    Source: the family's `generate_music`.
    """
    style, kept = style.first_bars(playing.bars), kept or {}
    if not any(map(has_chord, style.chorus.chords_by_bar)):
        raise ValueError("the bars to improvise in (BARS, CHORDS) hold no chord, only N.C.; there must be one")
    sample = _sample_by_number if playing.values_per_bar else _sample_in_time
    solos, progress = [], Progress("realising", n_solos)
    for number, sampled_bars in enumerate(sample(inference_model, style, playing, n_solos, seed, kept)):
        solos.append(_realise_solo(style, playing, sampled_bars, random.Random(f"{seed}/{number}"), kept))
        progress(len(solos))
    return solos


def piece_of(solo: Solo, title: str, tempo: float, backing_seed: int | None = None, written_for: str = "C") -> Piece:
    """A solo over its chords as a finished piece for an electric guitar and a piano; with a seed, bass and drums."""
    parts = [Part("Solo", JAZZ_GUITAR, 0, solo.notes), Part("Chords", PIANO, 1, solo.chords)]
    if backing_seed is not None:
        parts += backing(solo.chords, solo.bars, backing_seed)
    return Piece(title, tempo, solo, parts, written_for)


def bar_rules(style: Style, rhythm: str, longest_run: int, kept: Kept | None = None) -> BarRules:
    """What may be sampled where, by the values and the rhythm over the bars to improvise in, and what is kept there."""
    chorus = style.chorus
    lengths = [bar.length for bar in chorus.bars]
    bars = np.repeat(np.arange(len(lengths)), lengths)  # (n_places,)
    in_bar = np.concatenate([np.arange(length) for length in lengths])
    types = [
        types_at(chords, step) if has_chord(chords) else ""
        for chords, length in zip(chorus.chords_by_bar, lengths, strict=True)
        for step in range(length)
    ]
    has_type = {table: [kind in table for kind in TYPES] + [True] for table in set(types)}  # a rest is always playable
    shapes = sorted(style.rhythm.distances)
    distances = [style.rhythm.distances[beats] for beats in shapes]
    if rhythm != "learned":
        distances = [_back_to_back(table) for table in distances]
    longest = max(map(sum, shapes))
    padded = [np.pad(table, ((0, longest - len(table)), (0, 0), (0, 0))) for table in distances]
    return BarRules(
        starts_bar=np.array([term.lower is None for term in style.terms]),
        steps=np.array([term.duration for term in style.terms]),
        types=np.array([(*TYPES, "R").index(term.type) for term in style.terms]),
        bars=bars,
        in_bar=in_bar,
        left=np.repeat(lengths, lengths) - in_bar,
        playable=np.array([has_type[table] for table in types]),
        tables=np.repeat([shapes.index(bar.beats) for bar in chorus.bars], lengths),
        distances=np.stack(padded),
        first_places=style.rhythm.first_places if rhythm == "learned" else (0,),
        known_runs=known_runs(style.indices, longest_run),
        kept=_kept_values(style, kept or {}),
    )


def _kept_values(style: Style, kept: Kept) -> np.ndarray:
    """`BarRules.kept`."""
    chorus = style.chorus
    values = np.full(sum(bar.length for bar in chorus.bars), FREE)
    for number, notes in kept.items():
        bar, chords = chorus.bars[number], chorus.chords_by_bar[number]
        values[bar.start : bar.end] = NOTHING
        for place, index in values_of_bar(notes, bar, chords, style.terms):
            values[bar.start + place] = index
    return values


def _sample_in_time(
    inference_model, style: Style, playing: Playing, n_solos: int, seed: int, kept: Kept
) -> list[list[SampledBar]]:
    rules = bar_rules(style, playing.rhythm, playing.longest_run, kept)
    indices, places = sample_bars(inference_model, rules, n_solos, playing.temperature, playing.min_p, seed)
    bar_of, in_bar = rules.bars.tolist(), rules.in_bar.tolist()
    solos = []
    for solo_indices, solo_places in zip(indices.tolist(), places.tolist(), strict=True):
        bars = [([], []) for _ in style.chorus.bars]
        for index, place in zip(solo_indices, solo_places, strict=True):
            if place < len(bar_of):
                values, onsets = bars[bar_of[place]]
                values.append(index)
                onsets.append(in_bar[place])
        solos.append(bars)
    return solos


def _sample_by_number(
    inference_model, style: Style, playing: Playing, n_solos: int, seed: int, kept: Kept
) -> list[list[SampledBar]]:
    n_values, n_a = inference_model.input_shape[0][-1], inference_model.input_shape[1][-1]
    shapes = ((n_solos, n_values), (n_solos, n_a), (n_solos, n_a))
    state = nothing = tuple(np.zeros(shape, np.float32) for shape in shapes)
    solos = [[] for _ in range(n_solos)]
    for bar in range(len(style.chorus.bars)):
        _, indices, state = predict_and_sample(
            inference_model,
            *(state if playing.carry_state else nothing),
            n_steps=playing.values_per_bar,
            temperature=playing.temperature,
            min_p=playing.min_p,
            seed=seed * 1000 + bar,  # each bar draws anew
        )
        for solo, values in zip(solos, indices.tolist(), strict=True):
            solo.append((values, None))
    return solos


def _realise_solo(
    style: Style, playing: Playing, sampled_bars: list[SampledBar], generator: random.Random, kept: Kept
) -> Solo:
    """One solo."""
    notes_by_bar, values, n_terms, fallbacks, previous = [], [], 0, 0, None
    motion = style.motion._replace(closeness=playing.closeness, gravity=playing.gravity) if playing.one_line else None
    chorus = style.chorus
    bars = zip(chorus.bars, chorus.chords_by_bar, sampled_bars, strict=True)
    for number, (bar, chords, (indices, onsets)) in enumerate(bars):
        if number in kept:
            notes_by_bar.append(kept[number])
            previous = kept[number][-1].pitch if kept[number] else previous
            continue
        values += [style.values[index] for index in indices]
        terms = [style.terms[index] for index in indices]
        if playing.quirks or not playing.keep_types:
            terms = _reworked([style.values[index] for index in indices], playing, generator)
        if playing.rhythm == "late":
            onsets = late_onsets(terms)
        elif playing.rhythm == "filled" or onsets is None or len(onsets) != len(terms):
            onsets = filled_onsets(terms)
        notes, fell_back = [], 0
        if has_chord(chords):  # in a bar without chords, N.C., the solo rests
            notes, fell_back = realise(terms, chords, generator, motion, previous, onsets, bar.length)
        n_terms += len(terms)
        fallbacks += fell_back
        notes = clean_up_notes(prune_notes(notes, "pairs" not in playing.quirks))
        if notes:
            previous = notes[-1].pitch
        notes_by_bar.append(draw_velocities(notes, bar, style.rhythm, generator) if playing.dynamics else notes)
    bars, chords_by_bar = chorus.bars, chorus.chords_by_bar
    if any(notes and notes[-1].onset >= bar.length for notes, bar in zip(notes_by_bar, bars, strict=True)):
        # Longer than its bar, as the original's: each note goes where it begins.
        bars, notes_by_bar, chords_by_bar = into_bars(from_start(notes_by_bar, bars), bars, chords_by_bar)
    return Solo(bars, notes_by_bar, chords_by_bar, values, n_terms, fallbacks, chorus.fifths, chorus.sections)


def _reworked(values: list[str], playing: Playing, generator: random.Random) -> list[Term]:
    grammar = " ".join([OPENING_TERM, *values] if "opening" in playing.quirks else values)
    if not playing.keep_types:
        grammar = fold_types(grammar)
    if "rounded" in playing.quirks:
        grammar = prune_grammar(grammar, generator)
    return [parse_term(text) for text in grammar.split()]


def _back_to_back(table: np.ndarray) -> np.ndarray:
    """A table in which the next onset comes as soon as the note has ended."""
    certain = np.zeros_like(table)
    for steps in range(table.shape[1]):
        certain[:, steps, max(1, steps)] = 1.0
    return certain
