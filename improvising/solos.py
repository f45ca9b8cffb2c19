"""From a trained network to solos: when is sampled, realised and repaired, in one place.

`generate_music` makes solos, `piece_of` makes a solo a finished piece. Left to others: sampling
(`learning/sampler.py`), terms as notes (`grammar.py`), what was learned of the player (`learning/style.py`), the band
(`improvising/backing.py`).
"""

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from grammar import Term, filled_onsets, late_onsets, parse_term, realise
from improvising.backing import backing
from improvising.keeping import Kept, values_of_bar
from improvising.playing import Playing
from inference_model import predict_and_sample
from learning.experts import experts_of, vocabulary_of
from learning.ground import ground_of, line_on
from learning.practice import untrained
from learning.sampler import NOTHING, Ground, Wishes, sample_bars
from learning.style import Style
from learning.touch import Touch
from music.note_types import has_chord
from music.notes import Bar, Note
from music.piece import Part, Piece, Solo, from_start, into_bars
from qa import clean_up_notes, fold_types, prune_grammar, prune_notes
from running.console import Progress

JAZZ_GUITAR, PIANO = 26, 0  # General MIDI programs
OPENING_TERM = "C,0.250"  # what the original puts in front of every bar


class SampledBar(NamedTuple):
    """The indices of a bar's values; and, unless realising is to decide, their onsets in grid steps from the bar line,
    their pitches, and whether the value allows no such pitch."""

    values: list[int]
    onsets: list[int] | None = None
    pitches: list[int] | None = None
    fell_back: list[bool] | None = None


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
    ground = _ground(style, {})[0]
    touch = Touch(style.player.line, "touch" in playing.experts) if playing.dynamics else None
    for number, sampled_bars in enumerate(sample(inference_model, style, playing, n_solos, seed, kept)):
        generator = random.Random(f"{seed}/{number}")
        solo = _realise_solo(style, playing, sampled_bars, generator, kept)
        solos.append(_with_velocities(solo, ground, touch, generator, kept) if touch else solo)
        progress(len(solos))
    return solos


def piece_of(solo: Solo, title: str, tempo: float, backing_seed: int | None = None, written_for: str = "C") -> Piece:
    """A solo over its chords as a finished piece for an electric guitar and a piano; with a seed, bass and drums."""
    parts = [Part("Solo", JAZZ_GUITAR, 0, solo.notes), Part("Chords", PIANO, 1, solo.chords)]
    if backing_seed is not None:
        parts += backing(solo.chords, solo.bars, backing_seed)
    return Piece(title, tempo, solo, parts, written_for)


def _ground(style: Style, kept: Kept) -> tuple[Ground, list[Bar]]:
    """What is improvised over, with what is kept there, and the shapes of its bars."""
    chorus = style.chorus
    shapes = {bar.beats: bar for bar in reversed(chorus.bars)}
    ground = ground_of(chorus.bars, chorus.chords_by_bar, list(shapes))
    values, pitches = ground.kept.copy(), ground.kept.copy()
    for number, notes in kept.items():
        bar, chords = chorus.bars[number], chorus.chords_by_bar[number]
        values[bar.start : bar.end] = NOTHING
        for place, index, pitch in values_of_bar(notes, bar, chords, style.terms):
            values[bar.start + place], pitches[bar.start + place] = index, pitch
    return replace(ground, kept=values, kept_pitches=pitches), list(shapes.values())


def _sample_in_time(
    inference_model, style: Style, playing: Playing, n_solos: int, seed: int, kept: Kept
) -> Iterator[list[SampledBar]]:
    player, (ground, shapes) = style.player, _ground(style, kept)
    habits, learned = style.habits or untrained(player), playing.rhythm == "learned"
    experts = experts_of(player, shapes, ground, habits, playing.experts, playing.gravity, playing.longest_run, learned)
    vocabulary = vocabulary_of(player, playing.closeness, playing.longest_run)
    wishes = Wishes(playing.temperature, playing.min_p, playing.density)
    sampled = sample_bars(inference_model, ground, vocabulary, experts, n_solos, wishes, seed)
    for row in zip(*(column.tolist() for column in sampled[:4]), strict=True):
        bars = [([], [], [], []) for _ in style.chorus.bars]
        for value, place, pitch, fell_back in zip(*row, strict=True):
            if place < ground.end:
                note = value, int(ground.in_bar[place]), pitch, fell_back
                for column, field in zip(bars[ground.bars[place]], note, strict=True):
                    column.append(field)
        yield [SampledBar(*bar) for bar in bars]


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
            solo.append(SampledBar(values))
    return solos


def _realise_solo(
    style: Style, playing: Playing, sampled_bars: list[SampledBar], generator: random.Random, kept: Kept
) -> Solo:
    """One solo, without velocities."""
    notes_by_bar, values, n_terms, fallbacks, previous = [], [], 0, 0, None
    motion = style.motion._replace(closeness=playing.closeness, gravity=playing.gravity) if playing.one_line else None
    chorus = style.chorus
    for number, (bar, chords, sampled) in enumerate(zip(chorus.bars, chorus.chords_by_bar, sampled_bars, strict=True)):
        if number in kept:
            notes_by_bar.append(kept[number])
            previous = kept[number][-1].pitch if kept[number] else previous
            continue
        texts = [style.values[index] for index in sampled.values]
        values += texts
        terms = _reworked(texts, playing, generator) if _reworks(playing) else [parse_term(text) for text in texts]
        notes, fell_back = [], 0
        if not has_chord(chords):
            pass  # N.C.: the solo rests
        elif sampled.pitches is not None and _takes_pitches(playing):
            ends = [*sampled.onsets[1:], bar.length]
            for term, onset, pitch, end in zip(terms, sampled.onsets, sampled.pitches, ends, strict=True):
                notes.append(Note(onset, min(term.duration, end - onset), pitch))
            fell_back = sum(sampled.fell_back)
        else:
            onsets = sampled.onsets
            if playing.rhythm == "late":
                onsets = late_onsets(terms)
            elif playing.rhythm == "filled" or onsets is None or len(onsets) != len(terms):
                onsets = filled_onsets(terms)
            notes, fell_back = realise(terms, chords, generator, motion, previous, onsets, bar.length)
            notes = clean_up_notes(prune_notes(notes, "pairs" not in playing.quirks))
        n_terms += len(terms)
        fallbacks += fell_back
        previous = notes[-1].pitch if notes else previous
        notes_by_bar.append(notes)
    bars, chords_by_bar = chorus.bars, chorus.chords_by_bar
    if any(notes and notes[-1].onset >= bar.length for notes, bar in zip(notes_by_bar, bars, strict=True)):
        # Longer than its bar, as the original's: each note goes where it begins.
        bars, notes_by_bar, chords_by_bar = into_bars(from_start(notes_by_bar, bars), bars, chords_by_bar)
    return Solo(bars, notes_by_bar, chords_by_bar, values, n_terms, fallbacks, chorus.fifths, chorus.sections)


def _with_velocities(solo: Solo, ground: Ground, touch: Touch, generator: random.Random, kept: Kept) -> Solo:
    """The solo as loud as the player would play it; what is kept stays."""
    places, durations, pitches, _ = np.array(solo.notes, int).reshape(-1, 4).T
    drawn = iter(touch.draw(line_on(ground, np.minimum(places, ground.end - 1), pitches, durations), generator))
    notes_by_bar = [[note._replace(velocity=next(drawn)) for note in notes] for notes in solo.notes_by_bar]
    return replace(solo, notes_by_bar=[kept.get(number, notes) for number, notes in enumerate(notes_by_bar)])


def _takes_pitches(playing: Playing) -> bool:
    """Whether notes are played as they were sampled, with what goes before and comes after them in mind."""
    return playing.one_line and playing.rhythm != "late" and not playing.quirks and playing.keep_types


def _reworks(playing: Playing) -> bool:
    return bool(playing.quirks) or not playing.keep_types


def _reworked(values: list[str], playing: Playing, generator: random.Random) -> list[Term]:
    grammar = " ".join([OPENING_TERM, *values] if "opening" in playing.quirks else values)
    if not playing.keep_types:
        grammar = fold_types(grammar)
    if "rounded" in playing.quirks:
        grammar = prune_grammar(grammar, generator)
    return [parse_term(text) for text in grammar.split()]
