"""The sampler: a product of the network and of experts that know what it cannot.

The network says which value comes next. Small experts say what fits the place, the chord, the last pitches and gaps,
and what follows; their weights are multiplied with its probabilities, and gap, pitch and value are drawn together
(products of experts: Johnson, Keller and Weintraut, "Learning to create jazz melodies using a product of experts",
2017). Left to others: what the experts learn (`learning/experts.py`, `learning/practice.py`).

Conventions: axes are (batch, ...). Places and times are grid steps; places count from the start of a solo, over all its
bars. Intervals go from -WIDEST to WIDEST semitones; as an index, 0 is the widest down and `NO_INTERVAL` is none.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from inference_model import KnownRuns, known_followers, pick, tempered
from running.console import Progress

WIDEST = 24
N_INTERVALS = NO_INTERVAL = 2 * WIDEST + 1
N_TYPES = NO_TYPE = 4
SIZE_CLASSES = (1, 2, 3, 5, 8)  # where each begins: a semitone, a tone, a third, a fourth, more; before: a repeat
N_CLASSES = NO_CLASS = 2 * len(SIZE_CLASSES) + 1
NOT_HEARD = -128
FREE, NOTHING = -1, -2  # in `Ground.kept`
LEAST = 1e-30  # of a probability: what is allowed stays possible where it has been rounded to zero
END_OF_PHRASE = 6  # steps of rest after a note
BARS_A_LEVEL = 2  # for so many bars the line keeps its density and register
HURRY, MOST_HURRY = 0.054, 1.35  # of the rate: for each note that it is behind or ahead of the player, and at most


@dataclass(frozen=True)
class Ground:
    """What is improvised over, place by place. Arrays are (n_places + 1,), the last is the end.

    `bars`: the bar; `in_bar`, `in_pulse` and `left`: the steps since its bar line and its beat, and until the next bar;
    `shapes`: which of the experts' `waits` holds; `accents`: 0 where a bar or its second half begins, 1 on other beats,
    2 between them; `chords`: the number of the chord; `tables`: which of the `kinds`, (n_tables, 12), what each pitch
    class is over it. `kept` and `kept_pitches`, (1 or batch, n_places + 1): the value that stands there already,
    `NOTHING` where none begins in a bar that is kept, and `FREE` in all other bars; and its pitch, or `FREE`.
    """

    bars: np.ndarray
    in_bar: np.ndarray
    in_pulse: np.ndarray
    left: np.ndarray
    shapes: np.ndarray
    accents: np.ndarray
    chords: np.ndarray
    tables: np.ndarray
    kinds: np.ndarray
    kept: np.ndarray
    kept_pitches: np.ndarray

    @property
    def end(self) -> int:
        return len(self.bars) - 1

    def scene(self, places: np.ndarray, bars: np.ndarray, chords: np.ndarray) -> np.ndarray:
        """The number of what a note at each of the `places` meets: its accent, and whether its chord and its bar are
        others than those of the note before."""
        return self.accents[places] * 4 + (self.chords[places] != chords) * 2 + (self.bars[places] != bars)


N_SCENES = 12


@dataclass(frozen=True)
class Vocabulary:
    """The values as numbers, each (n_values,): whether it `starts_bar`, having no interval; its duration in grid
    `steps`, and which of the `durations` that is (`holds`); its type, `kinds`, a rest's is `NO_TYPE`. `kernels`,
    (n_values, 4 types, n_intervals), is how well a type and an interval fit it, adding up to 1; a rest's are 0.
    `known` is what would be copied."""

    starts_bar: np.ndarray
    steps: np.ndarray
    kinds: np.ndarray
    durations: np.ndarray
    holds: np.ndarray
    kernels: np.ndarray
    known: KnownRuns


@dataclass(frozen=True)
class Experts:
    """What is multiplied with the network's probabilities, as weights: 1 is no opinion.

    Of the next onset: `gaps`, (n_gaps,), the distances there are; `waits`, (n_shapes, longest bar, n_gaps + 1, n_gaps),
    by the place and the gap before (the last: none), or None for one note after the other; `streams`, (6,), of the same
    gap once more, by how often it came before; `holds`, (n_gaps, n_durations), of a duration; `rate`, the player's
    notes in a grid step, and `haste`, the power of e for each step by which gaps are to be weighed to be e times as
    short; `first_places`, where in its bar the first note may come.

    Of the pitch, from `low` to `high`: `lines`, (n_intervals + 1, n_intervals + 1, n_intervals), of an interval after
    the last but one and the last; `motif`, of the interval that came after these two in this solo before; `colours`,
    (12 scenes, 2, 5, 4, n_intervals), of a type and an interval, by scene, phrase end and the type before; `ahead`,
    (n_tables, 12 scenes, 4, n_pitches, n_classes + 1), of what can be expected of the next note, by its table and scene
    and by type, pitch and interval class of this one, or None; `register`, (n_pitches,); `gravity`, by which weights
    fall for an octave from `home`. `levels`, (n, 2): densities beside the mean, and homes, of which one pair is drawn
    for every two bars. `known` are intervals (as indices) that would be copied.
    """

    gaps: np.ndarray
    waits: np.ndarray | None
    streams: np.ndarray
    holds: np.ndarray
    rate: float
    haste: float
    first_places: tuple[int, ...]
    low: int
    high: int
    lines: np.ndarray
    motif: float
    colours: np.ndarray
    ahead: np.ndarray | None
    register: np.ndarray
    gravity: float
    home: float
    levels: np.ndarray
    known: KnownRuns


Memory = tuple[np.ndarray, np.ndarray, np.ndarray]  # the network's next input and its states, as it takes them


class Sampled(NamedTuple):
    """Notes of a batch of solos, each (batch, n): the value's index, the place (the end: there is none), the pitch, and
    whether the value allows no such pitch; and what the network remembers at the end."""

    values: np.ndarray
    places: np.ndarray
    pitches: np.ndarray
    fell_back: np.ndarray
    memory: Memory


class Stretches(NamedTuple):
    """Where each solo of a batch begins and ends, (batch,) each, and what the network remembers; None: nothing."""

    begin: np.ndarray
    end: np.ndarray
    memory: Memory | None


class Wishes(NamedTuple):
    """How it is sampled: `temperature` and `min_p` as in `inference_model.draw`, and how many notes are wanted for each
    of the player's."""

    temperature: float = 1.0
    min_p: float = 0.0
    density: float = 1.0


NO_WISHES = Wishes()


def sample_bars(
    inference_model,
    ground: Ground,
    vocabulary: Vocabulary,
    experts: Experts,
    batch: int,
    wishes: Wishes = NO_WISHES,
    seed: int = 0,
    stretches: Stretches | None = None,
) -> Sampled:
    """Sample `batch` solos over all bars, or each over a stretch of its own.

    Of each note are drawn: the gap to the next, by the place, the gap before and the durations that the network
    expects; how long it sounds; its pitch, by the types and intervals that the network expects; and its value, of those
    that are such a note. A bar's first value has no interval and later ones have one; it fits into the rest of its bar,
    the chord has a tone of its type, and neither it nor the pitch goes on with a known run, each as far as there are
    such. What is kept is taken as it is. Temperature leaves the shares of the durations as they are, and with them the
    density. States start at zero and go on from bar to bar.
    """
    # Many parameters: what is sampled from, over, with, how, and how much of it.
    sampler = Sampler(inference_model, ground, vocabulary, experts, batch, wishes)
    generator = np.random.RandomState(seed)
    begin, end, memory = stretches or Stretches(np.zeros(batch, int), np.full(batch, ground.end), None)
    sampler.memory = memory or sampler.memory
    first = generator.choice(experts.first_places, batch)
    sampler.begin(begin + np.minimum(first, ground.left[begin] - 1), begin)
    notes, progress = [], Progress("sampling", ground.end)
    while (sampler.place < end).any():
        progress(int(sampler.place.min()))
        place = np.where(sampler.place < end, sampler.place, ground.end)
        value, pitch, fell_back = sampler.next_note(generator.random_sample((5, batch)))
        notes.append((value, place, pitch, fell_back))
    columns = [np.array([note[number] for note in notes]).reshape(-1, batch).T for number in range(4)]
    return Sampled(*columns, sampler.memory)


class Sampler:
    """A batch of solos on their way: what came before, (batch,) each, and what the network remembers."""

    def __init__(self, inference_model, ground, vocabulary, experts, batch, wishes):
        self.model, self.ground, self.vocabulary, self.experts = inference_model, ground, vocabulary, experts
        self.wishes, self.rows = wishes, np.arange(batch)
        n_values, n_a = (shape[-1] for shape in inference_model.input_shape[:2])
        self.memory = tuple(np.zeros((batch, size), np.float32) for size in (n_values, n_a, n_a))
        self.one_hot = np.eye(n_values, dtype=np.float32)
        self.of_duration = np.eye(len(vocabulary.durations))[vocabulary.holds]  # (n_values, n_durations)
        self.kernels = vocabulary.kernels.reshape(n_values, -1).astype(np.float32)
        self.allowed, (self.next_kept, self.onward) = _allowed_values(vocabulary, ground), _kept_places(ground.kept)
        self.kept_rows = self.rows if len(ground.kept) > 1 else self.rows * 0
        self.keeps = (ground.kept != FREE).any()
        self.pitches = np.arange(experts.low, experts.high + 1)
        self.kinds = ground.kinds[:, self.pitches % 12]  # (n_tables, n_pitches)
        away = self.pitches - np.arange(128)[:, None] + WIDEST  # from each MIDI pitch
        self.reached = np.clip(away, 0, N_INTERVALS - 1)  # the interval's index
        self.near = (self.reached == away).astype(np.float32)
        kinds_there = np.array([np.isin(np.arange(N_TYPES + 1), kinds) for kinds in self.kinds])
        self.playable = kinds_there[:, vocabulary.kinds]  # (n_tables, n_values)

        self.pitch, self.kind = np.full(batch, round(experts.home)), np.full(batch, NO_TYPE)
        self.interval = self.interval_before = np.full(batch, NO_INTERVAL)
        self.gap, self.stream = np.full(batch, len(experts.gaps)), np.zeros(batch, int)
        self.bar, self.chord, self.level_until = np.full((3, batch), -1)
        self.level, self.registers = np.ones(batch), np.ones((batch, len(self.pitches)))
        self.ahead_of_player = np.zeros(batch)  # in notes
        self.heard = np.full((batch, N_INTERVALS + 1, N_INTERVALS + 1), NOT_HEARD, np.int8)
        self.values = np.full((batch, vocabulary.known.length), -1, np.int64)  # the last ones
        self.intervals = np.full((batch, experts.known.length), -1, np.int64)

    def begin(self, place: np.ndarray, bar_lines: np.ndarray) -> None:
        """Go to the first notes."""
        self.place = self._onward(np.minimum(place, self.next_kept[self.kept_rows, bar_lines]))

    def _onward(self, place: np.ndarray) -> np.ndarray:
        return self.onward[self.kept_rows, place]

    def next_note(self, chance: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Play a note and go to the next place: value, pitch, and whether the value allows no such pitch. `chance` are
        numbers in [0, 1), (5, batch)."""
        ground, experts, vocabulary = self.ground, self.experts, self.vocabulary
        here = np.minimum(self.place, ground.end - 1)
        self._draw_level(here, chance[0])
        probabilities = self._ask_network(here)
        gap, held = self._draw_gap(here, probabilities, chance[1:3])
        place = self.place + (vocabulary.durations[held] if experts.waits is None else experts.gaps[gap])
        place = np.minimum(place, ground.end)
        if self.keeps:
            place = self._onward(np.minimum(place, self.next_kept[self.kept_rows, here + 1]))

        probabilities = np.where(vocabulary.holds == held[:, None], probabilities, 0)
        ends = (place - self.place - vocabulary.durations[held] >= END_OF_PHRASE) | (place >= ground.end)
        weights, kinds, intervals = self._weigh_pitches(here, place, probabilities, ends)
        chosen = pick(weights, chance[3])
        kind, interval = kinds[self.rows, chosen], intervals[self.rows, chosen]
        weights = probabilities * self.kernels[:, kind * N_INTERVALS + interval].T
        fell_back = ~weights.any(axis=1)
        value = pick(_where_any(weights, probabilities), chance[4])
        pitch = self.pitches[chosen]
        if self.keeps:
            kept_pitch = ground.kept_pitches[self.kept_rows, here]
            pitch, fell_back = np.where(kept_pitch >= 0, kept_pitch, pitch), fell_back & (kept_pitch < 0)
            kind = ground.kinds[ground.tables[here], pitch % 12]
        self._go_on(here, place, value, pitch, kind, gap)
        return value, pitch, fell_back

    def _draw_level(self, here: np.ndarray, chance: np.ndarray) -> None:
        bars, levels = self.ground.bars[here], self.experts.levels
        new = bars >= self.level_until
        if new.any():
            level, home = levels[(chance * len(levels)).astype(int)].T
            registers = self.experts.gravity ** (((self.pitches - home[:, None]) / 12) ** 2) * self.experts.register
            self.registers = np.where(new[:, None], registers, self.registers)
            self.level = np.where(new, level, self.level)
            self.level_until = np.where(new, bars + BARS_A_LEVEL, self.level_until)

    def _ask_network(self, here: np.ndarray) -> np.ndarray:
        """The probabilities of the values that may come here, (batch, n_values)."""
        ground, known = self.ground, self.vocabulary.known
        probabilities, *states = map(np.asarray, self.model(list(self.memory)))
        allowed = self.allowed[(ground.bars[here] != self.bar).astype(int), ground.left[here]]
        fits = _where_any(allowed & self.playable[ground.tables[here]], allowed)
        if known.length and len((copied := known_followers(self.values, known))[0]):
            new = fits.copy()
            new[copied] = False
            fits = _where_any(new, fits)
        probabilities = np.where(fits, np.maximum(probabilities, LEAST), 0.0)
        self.memory = self.memory[0], *states
        if self.keeps:
            kept = ground.kept[self.kept_rows, here]
            probabilities = np.where((kept >= 0)[:, None], self.one_hot[kept], probabilities)
        return tempered(probabilities, self.wishes.temperature, self.wishes.min_p, self.vocabulary.holds)

    def _draw_gap(self, here: np.ndarray, probabilities: np.ndarray, chance: np.ndarray) -> tuple:
        """The index of the gap to the next onset, and that of the duration."""
        experts, ground = self.experts, self.ground
        by_duration = probabilities @ self.of_duration  # (batch, n_durations)
        if experts.waits is None:
            return self.gap, pick(by_duration, chance[1])
        gap = pick(self._weigh_gaps(here, by_duration), chance[0])
        last = self.place + experts.gaps[gap] >= ground.end  # held as before the longest rest
        return gap, pick(by_duration * experts.holds[np.where(last, -1, gap)], chance[1])

    def _weigh_gaps(self, here: np.ndarray, by_duration: np.ndarray) -> np.ndarray:
        """Weights of all gaps, (batch, n_gaps), where the network expects these durations."""
        experts, ground = self.experts, self.ground
        slower = np.minimum(np.maximum(HURRY * self.ahead_of_player, -MOST_HURRY), MOST_HURRY)
        slower = experts.haste * (slower - np.log(self.level * self.wishes.density))
        weights = experts.waits[ground.shapes[here], ground.in_bar[here], self.gap]
        weights = weights * np.exp(slower[:, None] * (experts.gaps - experts.gaps[0])) * (by_duration @ experts.holds.T)
        again = np.flatnonzero(self.stream)
        weights[again, self.gap[again]] *= experts.streams[length_class(self.stream[again])]
        return weights

    def _weigh_pitches(self, here: np.ndarray, place: np.ndarray, probabilities: np.ndarray, ends: np.ndarray) -> tuple:
        """Weights, types and intervals (as indices) of all pitches, (batch, n_pitches) each."""
        experts, ground, rows = self.experts, self.ground, self.rows
        kinds, intervals = self.kinds[ground.tables[here]], self.reached[self.pitch]
        sounds = kinds * N_INTERVALS + intervals  # (batch, n_pitches)
        scene = ground.scene(here, self.bar, self.chord)
        context = (scene * 2 + ends) * (N_TYPES + 1) + self.kind
        weights = experts.colours.take(context[:, None] * (N_TYPES * N_INTERVALS) + sounds)
        context = self.interval_before * (N_INTERVALS + 1) + self.interval
        weights = weights * experts.lines.take(context[:, None] * N_INTERVALS + intervals)
        weights *= self.registers * self.near[self.pitch]
        again = self.heard[rows, self.interval_before, self.interval] + (self.pitch - WIDEST - experts.low)
        row = np.flatnonzero((again >= 0) & (again < len(self.pitches)))
        weights[row, again[row]] *= experts.motif
        if experts.ahead is not None:
            scene = ground.scene(place, ground.bars[here], ground.chords[here])
            taken = np.where(self.kind[:, None] == NO_TYPE, NO_CLASS, CLASSES[intervals])
            context = (ground.tables[place] * N_SCENES + scene)[:, None] * N_TYPES + kinds
            context = context * len(self.pitches) + np.arange(len(self.pitches))
            follows = experts.ahead.take(context * (N_CLASSES + 1) + taken)
            weights *= np.where(ends[:, None], 1, follows)
        of_network = (probabilities.astype(np.float32) @ self.kernels)[rows[:, None], sounds]
        weights = _where_any(weights * of_network, weights)
        if experts.known.length and len((copied := known_followers(self.intervals, experts.known))[0]):
            new, (row, interval) = weights.copy(), copied
            pitch = interval - WIDEST + self.pitch[row] - experts.low
            there = (pitch >= 0) & (pitch < len(self.pitches))
            new[row[there], pitch[there]] = 0
            weights = _where_any(new, weights)
        return weights, kinds, intervals

    def _go_on(self, here, place, value, pitch, kind, gap) -> None:
        began, ground = self.kind == NO_TYPE, self.ground
        interval = np.minimum(np.maximum(pitch - self.pitch + WIDEST, 0), N_INTERVALS - 1)
        self.heard[self.rows, self.interval_before, self.interval] = interval
        self.interval_before = self.interval
        self.interval = np.where(began, NO_INTERVAL, interval)
        for last, new in ((self.values, value), (self.intervals, interval)):
            if last.shape[1]:
                last[:, :-1], last[:, -1] = last[:, 1:].copy(), new
        self.stream = np.where(gap == self.gap, self.stream + 1, 1)
        self.ahead_of_player += 1 - self.experts.rate * self.wishes.density * (place - here)
        self.pitch, self.kind, self.gap, self.place = pitch, kind, gap, place
        self.memory = self.one_hot[value], *self.memory[1:]
        self.bar, self.chord = ground.bars[here], ground.chords[here]


def size_class(intervals: np.ndarray) -> np.ndarray:
    """How far, either way: 0 to 5, of intervals in semitones."""
    return np.digitize(np.abs(intervals), SIZE_CLASSES)


def interval_class(intervals: np.ndarray) -> np.ndarray:
    """How far and which way: 0 to 10, the widest down first."""
    return np.sign(intervals) * size_class(intervals) + len(SIZE_CLASSES)


def length_class(lengths: np.ndarray) -> np.ndarray:
    """The class of a stream of so many equal gaps: 1, 2, 3 and 4, 5 to 8, 9 to 12, more."""
    return np.digitize(lengths, [2, 3, 5, 9, 13])


CLASSES = interval_class(np.arange(N_INTERVALS) - WIDEST)


def _where_any(narrow: np.ndarray, wide: np.ndarray) -> np.ndarray:
    """The narrower choice in the rows in which it leaves one."""
    leaves = narrow.any(axis=1)
    return narrow if leaves.all() else np.where(leaves[:, None], narrow, wide)


def _allowed_values(vocabulary: Vocabulary, ground: Ground) -> np.ndarray:
    """(2, longest bar + 1, n_values): by whether it is a bar's first value, and by the steps left in the bar."""
    left, notes = np.arange(ground.left.max() + 1), vocabulary.kinds != NO_TYPE
    notes = notes if notes.any() else ~notes
    fits = (vocabulary.steps <= left[:, None]) & notes  # (longest bar + 1, n_values)
    allowed = np.stack([fits & ~vocabulary.starts_bar, fits & vocabulary.starts_bar])
    for kind, of_kind in enumerate((notes & ~vocabulary.starts_bar, notes & vocabulary.starts_bar)):
        if not of_kind.any():  # a corpus whose bars hold one note each has no value with an interval
            of_kind = notes
        shortest = of_kind & (vocabulary.steps == vocabulary.steps[of_kind].min())
        allowed[kind] = np.where(allowed[kind].any(axis=1, keepdims=True), allowed[kind], shortest)
    return allowed


def _kept_places(kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each place and the end, of the shape of `kept`: the next at which a kept value stands, and the next that is
    that or free; the place itself counts, and the end stands for none."""
    end = kept.shape[1] - 1

    def next_of(wanted: np.ndarray) -> np.ndarray:
        places = np.where(wanted, np.arange(end + 1), end)
        return np.minimum.accumulate(places[:, ::-1], axis=1)[:, ::-1]

    return next_of(kept >= 0), next_of(kept != NOTHING)


class NoNetwork:
    """A model that has no opinion, for values that are all kept."""

    def __init__(self, n_values: int):
        self.input_shape = [(None, n_values), (None, 1), (None, 1)]

    def __call__(self, inputs: list[np.ndarray]) -> list[np.ndarray]:
        return [np.ones_like(inputs[0]), *inputs[1:]]
