"""From a trained network to solos: when is sampled, realised and repaired, in one place.

Left to others: sampling (`learning/sampler.py`), terms as notes (`grammar.py`), what was learned of the player
(`learning/style.py`), a solo as a finished piece (`improvising/arranging.py`).
"""

import random
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from grammar import REST, Term, filled_onsets, late_onsets, parse_term, realise
from improvising.keeping import Kept, values_of_bar
from improvising.playing import Playing
from inference_model import predict_and_sample
from learning.experts import experts_of, vocabulary_of
from learning.feel import NO_ROOM, SHORTEST
from learning.ground import Line as PlayedLine
from learning.ground import ground_of, line_on
from learning.practice import untrained
from learning.sampler import NOTHING, Ground, NoNetwork, Sampled, Wishes, sample_bars
from learning.style import Style
from learning.touch import Touch
from music.note_types import has_chord
from music.notes import Bar, Note, Nuance
from music.piece import UNTOLD_TEMPO, Solo, from_start, into_bars
from qa import clean_up_notes, fold_types, prune_grammar, prune_notes
from running.console import Progress

OPENING_TERM = "C,0.250"  # what the original puts in front of every bar


# A bar before it has pitches: terms, their onsets in grid steps from the bar line.
Line = tuple[list[Term], list[int]]
Played = tuple[int, int, int, bool]  # index of the value, onset from the bar line, MIDI pitch, whether it fell back


def generate_music(
    inference_model,
    style: Style,
    playing: Playing,
    n_solos: int = 1,
    seed: int = 0,
    kept: Kept | None = None,
    tempo: float = UNTOLD_TEMPO,
) -> list[Solo]:
    """Sample and realise `n_solos` solos as one batch; every choice comes from `seed`. Bars that are `kept` stay. At
    the `tempo`, in quarters a minute, they will be played.

    Source: the family's `generate_music`.
    """
    style, kept = style.first_bars(playing.bars), kept or {}
    if not any(map(has_chord, style.chorus.chords_by_bar)):
        raise ValueError("the bars to improvise in (BARS, CHORDS) hold no chord, only N.C.; there must be one")
    improviser = _Improviser(style, playing, kept)
    generators = [random.Random(f"{seed}/{number}") for number in range(n_solos)]
    solos = improviser.solos(inference_model, generators, seed)
    contour = float(np.exp((style.habits or untrained(style.player))["contour"].item()))
    touch = Touch(style.player.line, contour if "touch" in playing.experts else 0.0)
    progress = Progress("realising", n_solos)
    for number, generator in enumerate(generators):
        progress(number)
        if playing.dynamics:
            solos[number] = improviser.with_velocities(solos[number], touch, generator)
        if playing.feel and playing.one_line or any(bar.nuances for bar in improviser.kept.values()):
            solos[number] = improviser.with_feel(solos[number], tempo, generator)
    return solos


class _Improviser:
    """How solos come about over one chorus: sampled with their pitches, or as values that are changed first."""

    def __init__(self, style: Style, playing: Playing, kept: Kept):
        self.style, self.playing, self.kept, self.chorus = style, playing, kept, style.chorus
        player, shapes = style.player, {bar.beats: bar for bar in reversed(self.chorus.bars)}
        self.ground = ground_of(self.chorus.bars, self.chorus.chords_by_bar, list(shapes))
        self.experts = experts_of(
            player,
            list(shapes.values()),
            self.ground,
            style.habits or untrained(player),
            playing.experts,
            playing.gravity,
            playing.longest_run,
            playing.rhythm == "learned",
        )

    def solos(self, inference_model, generators: list[random.Random], seed: int) -> list[Solo]:
        style, playing, n_solos = self.style, self.playing, len(generators)
        if playing.values_per_bar:
            sampled = _sample_by_number(inference_model, style, playing, n_solos, seed)
            bars_of = [[(indices, None) for indices in solo] for solo in sampled]
        else:
            vocabulary = vocabulary_of(style.player, playing.closeness, playing.longest_run)
            wishes = Wishes(playing.temperature, playing.min_p, playing.density)
            ground = self._keeping(1)
            sampled = sample_bars(inference_model, ground, vocabulary, self.experts, n_solos, wishes, seed)
            if not (playing.quirks or playing.rhythm == "late") and playing.keep_types and playing.one_line:
                return self._played(sampled, style.terms)
            bars_of = [
                [([note[0] for note in notes], [note[1] for note in notes]) for notes in solo]
                for solo in self._by_bar(sampled)
            ]
        values = [
            [
                style.values[index]
                for number, (indices, _) in enumerate(bars)
                if number not in self.kept
                for index in indices
            ]
            for bars in bars_of
        ]
        each = list(zip(bars_of, generators, strict=True))
        if playing.one_line:
            solos = self._with_pitches([[self._reworked(*bar, coin) for bar in bars] for bars, coin in each], seed)
        else:
            solos = [self._as_the_original(*solo) for solo in each]
        return [replace(solo, values=texts) for solo, texts in zip(solos, values, strict=True)]

    def with_velocities(self, solo: Solo, touch: Touch, generator: random.Random) -> Solo:
        """The solo as loud as the player would play it; what is kept stays."""
        drawn = iter(touch.draw(self._line_of(solo), generator))
        notes_by_bar = [[note._replace(velocity=next(drawn)) for note in notes] for notes in solo.notes_by_bar]
        return replace(solo, notes_by_bar=self._with_kept(notes_by_bar))

    def with_feel(self, solo: Solo, tempo: float, generator: random.Random) -> Solo:
        """The solo as the player would play it; what is kept stays."""
        playing, nuances = self.playing, []
        drawn = (Nuance(0.0, note.quarter_length) for note in solo.notes)
        if playing.feel and playing.one_line:
            line = self._line_of(solo)
            drawn = iter(self.style.feel.draw(line, solo.bars, tempo, generator, playing.feel, playing.swing))
        for number, notes in enumerate(solo.notes_by_bar):
            in_bar = [next(drawn) for _ in notes]
            if number in self.kept:
                in_bar = self.kept[number].nuances or [Nuance(0.0, note.quarter_length) for note in notes]
            nuances.append(in_bar)
        if self.kept and playing.one_line:
            nuances = _in_turn(solo, nuances, self.kept)
        return replace(solo, nuances_by_bar=nuances)

    def _line_of(self, solo: Solo) -> PlayedLine:
        places, durations, pitches, velocities = np.array(solo.notes, int).reshape(-1, 4).T
        return line_on(self.ground, np.minimum(places, self.ground.end - 1), pitches, durations, velocities)

    def _with_kept(self, notes_by_bar: list[list[Note]]) -> list[list[Note]]:
        return [self.kept[number].notes if number in self.kept else notes for number, notes in enumerate(notes_by_bar)]

    def _keeping(self, n_solos: int) -> Ground:
        """The ground, with what is kept."""
        values, pitches = (np.repeat(self.ground.kept, n_solos, axis=0) for _ in range(2))
        for number, (notes, _) in self.kept.items():
            bar, chords = self.chorus.bars[number], self.chorus.chords_by_bar[number]
            values[:, bar.start : bar.end] = NOTHING
            for place, index, pitch in values_of_bar(notes, bar, chords, self.style.terms):
                values[:, bar.start + place], pitches[:, bar.start + place] = index, pitch
        return replace(self.ground, kept=values, kept_pitches=pitches)

    def _by_bar(self, sampled: Sampled) -> Iterator[list[list[Played]]]:
        """Of each solo the notes of each bar."""
        bar_of, in_bar = self.ground.bars.tolist(), self.ground.in_bar.tolist()
        for row in zip(*(column.tolist() for column in sampled[:4]), strict=True):
            bars = [[] for _ in self.chorus.bars]
            for value, place, pitch, fell_back in zip(*row, strict=True):
                if place < self.ground.end:
                    bars[bar_of[place]].append((value, in_bar[place], pitch, fell_back))
            yield bars

    def _reworked(self, indices: list[int], onsets: list[int] | None, generator: random.Random) -> Line:
        """A bar's terms, changed as the settings say, and where they begin."""
        playing, texts = self.playing, [self.style.values[index] for index in indices]
        grammar = " ".join([OPENING_TERM, *texts] if "opening" in playing.quirks else texts)
        if not playing.keep_types:
            grammar = fold_types(grammar)
        if "rounded" in playing.quirks:
            grammar = prune_grammar(grammar, generator)
        terms = [parse_term(text) for text in grammar.split()]
        if playing.rhythm == "late":
            return terms, late_onsets(terms)
        return terms, onsets if onsets is not None and len(onsets) == len(terms) else filled_onsets(terms)

    def _as_the_original(self, bars: list[tuple], generator: random.Random) -> Solo:
        """Bars realised one by one; notes that come after the last bar are put into bars like it."""
        chorus, notes_by_bar, n_terms, fallbacks = self.chorus, [], 0, 0
        for number, (chords, bar) in enumerate(zip(chorus.chords_by_bar, bars, strict=True)):
            terms, onsets = self._reworked(*bar, generator) if number not in self.kept else ([], [])
            notes, fell_back = realise(terms, onsets, chords, generator) if has_chord(chords) else ([], 0)
            notes_by_bar.append(clean_up_notes(prune_notes(notes, "pairs" not in self.playing.quirks)))
            n_terms, fallbacks = n_terms + len(terms), fallbacks + fell_back
        bars, chords_by_bar = chorus.bars, chorus.chords_by_bar
        if any(notes and notes[-1].onset >= bar.length for notes, bar in zip(notes_by_bar, bars, strict=True)):
            bars, notes_by_bar, chords_by_bar = into_bars(from_start(notes_by_bar, bars), bars, chords_by_bar)
        return self._solo(bars, notes_by_bar, chords_by_bar, [], n_terms, fallbacks)

    def _with_pitches(self, solos: list[list[Line]], seed: int) -> list[Solo]:
        """Solos whose terms are known as one line each: a term stays if its onset lies in its bar."""
        terms = list(dict.fromkeys(term for lines in solos for line, _ in lines for term in line)) or self.style.terms
        player = replace(self.style.player, terms=[*self.style.terms, *terms])
        number_of, ground = {term: number for number, term in enumerate(player.terms)}, self._keeping(len(solos))
        for row, lines in enumerate(solos):
            for number, (bar, line) in enumerate(zip(self.chorus.bars, lines, strict=True)):
                if number not in self.kept:
                    ground.kept[row, bar.start : bar.end] = NOTHING
                    for term, onset in zip(*line, strict=True):
                        if term.type != REST and onset < bar.length:
                            ground.kept[row, bar.start + onset] = number_of[term]
        vocabulary = vocabulary_of(player, self.playing.closeness, 0)
        experts, model = replace(self.experts, waits=None), NoNetwork(len(player.terms))
        sampled = sample_bars(model, ground, vocabulary, experts, len(solos), seed=seed)
        return self._played(sampled, player.terms)

    def _played(self, sampled: Sampled, terms: list[Term]) -> list[Solo]:
        """What was sampled, of these terms, as solos: notes end with the next one or the bar; over N.C. they rest."""
        chorus, solos, progress = self.chorus, [], Progress("realising", len(sampled.values))
        steps, rests = [term.duration for term in terms], [not has_chord(chords) for chords in chorus.chords_by_bar]
        for bars in self._by_bar(sampled):
            progress(len(solos))
            bars = [[] if number in self.kept else notes for number, notes in enumerate(bars)]
            indices = [note[0] for notes in bars for note in notes]
            bars = [[] if rest else notes for notes, rest in zip(bars, rests, strict=True)]
            notes_by_bar = [_until_next(notes, bar, steps) for notes, bar in zip(bars, chorus.bars, strict=True)]
            if "pairs" in self.playing.quirks:
                notes_by_bar = [prune_notes(notes, every_neighbour=False) for notes in notes_by_bar]
            fallbacks = sum(note[3] for notes in bars for note in notes)
            values = [] if terms is not self.style.terms else [self.style.values[index] for index in indices]
            solos.append(self._solo(chorus.bars, notes_by_bar, chorus.chords_by_bar, values, len(indices), fallbacks))
        return solos

    def _solo(self, bars: list[Bar], notes_by_bar: list[list[Note]], chords_by_bar: list, *rest) -> Solo:
        """A solo over the chorus, with what is kept."""
        notes_by_bar = self._with_kept(notes_by_bar)
        return Solo(bars, notes_by_bar, chords_by_bar, *rest, self.chorus.fifths, self.chorus.sections)


def _in_turn(solo: Solo, nuances: list[list[Nuance]], kept: Kept) -> list[list[Nuance]]:
    """How notes are played around bars that are kept: they begin when those are over, and end when those begin."""
    stays = [number in kept for number, notes in enumerate(solo.notes_by_bar) for _ in notes]
    lengths = [nuance.length for in_bar in nuances for nuance in in_bar]
    starts = [note.offset + nuance.late for note, nuance in zip(solo.notes, _flat(nuances), strict=True)]
    for index in range(1, len(starts)):
        if not stays[index]:
            over = starts[index - 1] + (lengths[index - 1] if stays[index - 1] else NO_ROOM)
            starts[index] = max(starts[index], over)
    for index in range(len(starts) - 2, -1, -1):
        if not stays[index] and starts[index] + lengths[index] > starts[index + 1]:
            is_free = index == 0 or not stays[index - 1]
            if is_free or starts[index] >= starts[index + 1]:
                starts[index] = min(starts[index], starts[index + 1] - SHORTEST)
            lengths[index] = starts[index + 1] - starts[index]
    played = [
        nuance._replace(late=start - note.offset, length=length) if not stay else nuance
        for note, nuance, start, length, stay in zip(solo.notes, _flat(nuances), starts, lengths, stays, strict=True)
    ]
    found = iter(played)
    return [[next(found) for _ in in_bar] for in_bar in nuances]


def _flat(by_bar: list[list[Nuance]]) -> list[Nuance]:
    return [nuance for in_bar in by_bar for nuance in in_bar]


def _until_next(played: list[Played], bar: Bar, steps: list[int]) -> list[Note]:
    """The notes of a bar, which end with the next one or the bar; `steps` are the durations of the values."""
    ends = [*(onset for _, onset, _, _ in played), bar.length][1:]
    return [
        Note(onset, min(steps[value], end - onset), pitch)
        for (value, onset, pitch, _), end in zip(played, ends, strict=True)
    ]


def _sample_by_number(
    inference_model, style: Style, playing: Playing, n_solos: int, seed: int
) -> list[list[list[int]]]:
    """The indices of `values_per_bar` values for each bar of each solo."""
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
            solo.append(values)
    return solos
