"""What the sampler says of every next note of solos that it has never heard: it hears them note by note, and is asked
each time before the note comes.

`Listener` is the sampler itself (`learning/sampler.py`); the true note takes the place of the one that it would have
drawn. What it draws without its being heard, the density and register of every two bars and, before a pitch, the gap
and the duration of the same note, is drawn by `COPIES` that hear the same. What they say is averaged, each counted by
how well it foretold what came since its register was drawn (a particle filter). Left to others: what is made of it
(`benchmarks/mingus.py`).

Conventions as in `learning/sampler.py`. Solos lie one after the other over one `Ground`, and are heard beside each
other.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from learning.rhythm import next_longer
from learning.sampler import END_OF_PHRASE, N_INTERVALS, NO_WISHES, WIDEST, Experts, Ground, Sampler, Vocabulary

COPIES = 8
N_PITCHES = 128  # of MIDI
RHYTHMS = ("as played", "unhurried", "without the network", "the network alone")
FACTORS = ("network", "harmony", "lines", "motifs", "register", "ahead")  # of the weight of a pitch
LEAST = 1e-9


class Notes(NamedTuple):
    """The notes of a solo over the ground, (n,) each: places, pitches, and durations in grid steps; and its end."""

    places: np.ndarray
    pitches: np.ndarray
    durations: np.ndarray
    end: int

    @property
    def gaps(self) -> np.ndarray:
        """Until the next note, or the end."""
        return np.diff(self.places, append=self.end)


# Asked after a note whose gap and duration have the probabilities (4, n_gaps, n_durations): solo, number of the note,
# probabilities -> where the next note may be. And of that one, if it is there: solo, number, which of the places.
AskAfter = Callable[[int, int, np.ndarray], list[int]]
AskBefore = Callable[[int, int, int, np.ndarray], None]


class Said(NamedTuple):
    """Of every note of a solo what was said of its pitch before it came: the probabilities, (n, 128), and of each
    factor alone, the other factors being 1, the mean of its logarithm, (n, factors, 128)."""

    pitches: np.ndarray
    factors: np.ndarray


def listen(listener: "Listener", solos: list[Notes], after: AskAfter, before: AskBefore) -> list[Said]:
    """Hear all `solos` beside each other, and tell what was said of each pitch; of gaps and durations `after` and
    `before` are told. A note's pitch is asked for where it is, its duration where it may be."""
    steps = max(len(solo.places) for solo in solos)
    columns = [np.stack([*solo[:3], solo.gaps]) for solo in solos]
    notes = np.stack([np.pad(c, ((0, 0), (0, steps - c.shape[1])), mode="edge") for c in columns], axis=1)
    said = [
        Said(np.zeros((len(s.places), N_PITCHES)), np.zeros((len(s.places), len(FACTORS), N_PITCHES))) for s in solos
    ]
    listener.begin_at(notes[0, :, 0])
    maybe = [[] for _ in solos]
    for step in range(steps):
        for number in range(max(map(len, maybe))):
            rhythm = listener.rhythm(np.array([there[min(number, len(there) - 1)] if there else 0 for there in maybe]))
            for solo, there in enumerate(maybe):
                if number < len(there):
                    before(solo, step, number, rhythm[solo])
        rhythm, pitch, factors = listener.hear(notes[:, :, step])
        for solo, line in enumerate(solos):
            maybe[solo] = []
            if step < len(line.places):
                said[solo].pitches[step], said[solo].factors[step] = pitch[solo], factors[solo]
                maybe[solo] = after(solo, step, rhythm[solo]) if step + 1 < len(line.places) else []
    return said


class Listener(Sampler):
    """The sampler, `COPIES` times for each of so many `solos`, (batch,) in all."""

    def __init__(self, one_step, ground: Ground, vocabulary: Vocabulary, experts: Experts, solos: int):
        super().__init__(_Shared(one_step), ground, vocabulary, experts, solos * COPIES, NO_WISHES)
        self.trust, self.generator = np.full((solos, COPIES), 1 / COPIES), np.random.RandomState(0)
        same = {name: np.ones_like(getattr(experts, name)) for name in ("lines", "colours")}
        nobody = replace(experts, **same, motif=1.0, ahead=None, known=experts.known._replace(length=0))
        known = {"harmony": "colours", "lines": "lines", "motifs": "motif", "ahead": "ahead"}
        self.alone = {
            name: replace(nobody, **{known[name]: getattr(experts, known[name])}) if name in known else nobody
            for name in FACTORS
        }
        self.calm = replace(experts, haste=0.0)

    def begin_at(self, places: np.ndarray) -> None:
        """Go to the first notes, (solos,)."""
        self.place = np.repeat(places, COPIES)

    def rhythm(self, places: np.ndarray) -> np.ndarray:
        """What is said of gap and duration if the next note is there, (solos,) -> (solos, 4, n_gaps, n_durations)."""
        here, memory = np.repeat(places, COPIES), self.memory
        probabilities = self._ask_network(here)
        self.memory = memory
        return self._rhythm(here, probabilities)[0]

    def hear(self, notes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Hear the notes that come, (4, solos): places, pitches, durations, gaps. Tell what was said of gap and
        duration, given the place, and of the pitch: as `rhythm`, (solos, 128) and (solos, factors, 128)."""
        here, pitch, duration, distance = np.repeat(notes, COPIES, axis=1)
        self.place = here
        until = self.level_until
        self._draw_level(here, self.generator.random_sample(len(here)))
        self.trust[(self.level_until != until).reshape(self.trust.shape).any(axis=1)] = 1 / COPIES
        probabilities = self._ask_network(here)
        rhythm, of_gap = self._rhythm(here, probabilities)
        shares, factors = self._pitches(here, probabilities)
        told = self._on_keyboard(self._averaged(shares), 0.0), self._on_keyboard(self._averaged(factors), np.log(LEAST))

        gap, held = next_longer(self.experts.gaps, distance), next_longer(self.vocabulary.durations, duration)
        column = np.clip(pitch - self.experts.low, 0, len(self.pitches) - 1)
        there = np.where(self.pitches[column] == pitch, shares[self.rows, column], 1)
        self.trust *= np.maximum(of_gap[self.rows, gap] * there, LEAST).reshape(self.trust.shape)
        self.trust /= self.trust.sum(axis=1, keepdims=True)
        self._take(here, pitch, held, gap, probabilities, distance)
        return rhythm, *told

    def _averaged(self, rows: np.ndarray) -> np.ndarray:
        apart = rows.reshape(*self.trust.shape, -1)
        return (self.trust[:, None] @ apart).reshape(len(self.trust), *rows.shape[1:])

    def _on_keyboard(self, told: np.ndarray, elsewhere: float) -> np.ndarray:
        found = np.full((*told.shape[:-1], N_PITCHES), elsewhere)
        found[..., self.pitches] = told
        return found

    def _rhythm(self, here: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """As `rhythm`, and the probabilities of the gaps as played, (batch, n_gaps)."""
        experts, by_duration = self.experts, probabilities @ self.of_duration
        played = self._weigh_gaps(here, by_duration)
        self.experts = self.calm
        calm, self.experts = self._weigh_gaps(here, by_duration), experts
        network = np.maximum(by_duration @ experts.holds.T, 1e-300)  # (batch, n_gaps), of which the others are made
        gaps = np.stack([played, calm, calm / network, network], axis=1)
        gaps /= np.maximum(gaps.sum(axis=2, keepdims=True), 1e-300)
        # P(duration | gap) is by_duration * holds, whose sum over the durations is what the network says of the gap.
        apart = (gaps / network[:, None] * self.trust.reshape(-1, 1, 1)).reshape(*self.trust.shape, -1)
        joint = np.swapaxes(apart, 1, 2) @ by_duration.reshape(*self.trust.shape, -1)  # (solos, 4 n_gaps, n_durations)
        return joint.reshape(len(joint), len(RHYTHMS), *experts.holds.shape) * experts.holds, gaps[:, 0]

    def _pitches(self, here: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The probabilities of the pitches, (batch, n_pitches), and each factor's logarithm, (batch, factors,
        n_pitches)."""
        gap, held = self._draw_gap(here, probabilities, self.generator.random_sample((2, len(here))))
        place = np.minimum(here + self.experts.gaps[gap], self.ground.end)
        said = np.where(self.vocabulary.holds == held[:, None], probabilities, 0)
        ends = (place - here - self.vocabulary.durations[held] >= END_OF_PHRASE) | (place >= self.ground.end)
        weights = self._weigh_pitches(here, place, said, ends)[0]
        experts, registers, kernels, factors = self.experts, self.registers, self.kernels, []
        for name, alone in self.alone.items():
            speaks, self.experts = name == "network", alone
            self.registers = registers if name == "register" else np.ones_like(registers)
            self.kernels = kernels if speaks else np.zeros_like(kernels[:1])
            factor = self._weigh_pitches(here, place, said if speaks else np.zeros_like(said[:, :1]), ends)[0]
            factors.append(np.log(np.maximum(factor / factor.max(axis=1, keepdims=True), LEAST)))
        self.experts, self.registers, self.kernels = experts, registers, kernels
        return weights / weights.sum(axis=1, keepdims=True), np.stack(factors, axis=1)

    def _take(self, here, pitch, held, gap, probabilities, distance) -> None:
        """Go on from the true note: of the values of its duration the one that would be played for it."""
        kind = self.ground.kinds[self.ground.tables[here], pitch % 12]
        interval = np.clip(pitch - self.pitch + WIDEST, 0, N_INTERVALS - 1)
        fits = np.where(self.vocabulary.holds == held[:, None], probabilities, 0)
        probabilities = np.where(fits.any(axis=1, keepdims=True), fits, probabilities)
        weights = probabilities * self.kernels[:, kind * N_INTERVALS + interval].T
        value = np.where(weights.any(axis=1, keepdims=True), weights, probabilities).argmax(axis=1)
        self._go_on(here, here + distance, value, pitch, kind, gap)


class _Shared:
    """A one-step model whose copies all remember the same: it is asked once for all of them."""

    def __init__(self, one_step):
        self.one_step, self.input_shape, self.asked, self.said = one_step, one_step.input_shape, [None], None

    def __call__(self, inputs: list[np.ndarray]) -> list[np.ndarray]:
        if any(mine is not its for mine, its in zip(self.asked, inputs, strict=False)):
            said = self.one_step([each[::COPIES] for each in inputs])
            self.asked, self.said = inputs, [np.repeat(each, COPIES, axis=0) for each in said]
        return self.said
