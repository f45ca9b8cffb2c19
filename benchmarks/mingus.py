"""How well are the next pitch and the next duration of solos foretold that nobody has heard? Beside a published table.

    python benchmarks/mingus.py --solos FOLDER

MINGUS (Madaghiele, Lisena and Troncy, "MINGUS: Melodic Improvisation Neural Generator Using Seq2Seq", ISMIR 2021) are
two transformers, one for pitches and one for durations, learned from the Weimar Jazz Database. Its published
perplexities, of solos that were left out: pitch 11.01, duration 4.14. The paper itself was out of reach; what is said
here of it is by its code (github.com/vincenzomadaghiele/MINGUS, version b24f58e), and by somebody who trained it anew
on 340 solos and had 13.08 and 4.09 (or 13.53 and 4.05) on 40 others (github.com/kudrmax/MINGUS):

- Solos in 4/4. Bar by bar, each note is a token, and so is each rest; none goes over a bar line.
- Pitch tokens: MIDI 0 to 127, R for a rest (and one for padding, which is not counted).
- Duration tokens, eleven: a whole note, half, quarter, eighth, sixteenth, 32nd; a dotted half, quarter, eighth; and
  two that it calls triplets, of 1/6 and 1/12 of a quarter. What lies between goes to the nearest: a triplet eighth
  (1/3) is a sixteenth.
- Lengths are seconds over the beat's; a note that is followed by a rest of up to 1/8 of a quarter is held until the
  next. A rest is a token if it is longer than half a quarter; a bar of rest is a whole note's rest. Lengths that are
  rounded do not add up to a bar, and notes for which there is no room left in theirs are dropped.
- Each of the two guesses token t + 1 of tokens 1 to t and what goes with these: for pitches the durations, chords,
  bass, beats and places in the bar, for durations the bass, beats and places. Neither sees the other's token t + 1, nor
  where it begins. At most 35 tokens are remembered.
- By solo, in no told order: 70 % to learn from, 10 % to stop by, 20 % (86 solos) to measure, with players and titles
  on all sides.
- The perplexity is e to the mean of the cross-entropy over all tokens, rests among them.

Here the sampler (`learning/sampler.py`), taught and practised by some solos, hears others note by note and is asked
before each (`listening.py`); a gap and a duration of ours are one note's token and those of the rests after it, so what
it says of tokens is the sum over all gaps and durations that begin with what has come. Besides, n-grams are counted
from several points of view (`viewpoints.py`). What is fitted, is fitted to some of the solos that are learned from,
which nobody has counted. Writes `benchmarks/mingus.md`.
"""

import re
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import running.console  # noqa: F401, before NumPy

# isort: split
import numpy as np
import weimar
from listening import FACTORS, RHYTHMS, Listener, Notes, listen
from ngrams import NO, Pool, perplexity
from viewpoints import (
    BAR,
    DURATIONS,
    N_DURATIONS,
    N_PITCHES,
    REST,
    UNIT,
    Past,
    PitchViews,
    RhythmViews,
    Tokens,
    chord_kind,
    past_of,
)

import music_generate
from inference_model import OneStep
from learning.experts import Habits, Player, experts_of, vocabulary_of
from learning.ground import ground_of
from learning.learner import Training
from learning.practice import practise
from learning.style import learn_style
from learning.training import learn
from music.note_types import sounding_chord
from music.piece import Solo, Tune
from music.units import GRID
from reading.weimar import read_annotated
from running.console import run, show
from running.files import write_aside
from running.settings import Settings, declared, read_settings, text, whole

SOLOS: text = "solos"  # folder with solos of the database in its CSV export
SIZES: text = "10 20 36"  # how many solos to learn from
SPLITS: whole(1, 100) = 3  # ways of dividing the solos

IN_BAR = BAR // UNIT * GRID  # grid steps
SHORTEST_REST, LEAST_REST = GRID / 8, GRID / 2  # shorter: the note is held; not longer: no token
TINY = 1e-12
# What lengths in seconds are rounded to before they are tokens; a rest of a twelfth is none.
NOTES, RESTS = np.append(DURATIONS, [1 / 16, 3 / 8]), DURATIONS[:-1]
ONE_IN = 6  # solos is foretold, and of those to learn from one in as many is what powers are fitted to
MOST_ASKED, MOST_FITTED = 40, 20  # of them: hearing takes longer than learning
TOGETHER = 8  # solos are heard beside each other
FLOORS = np.array([1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2])  # shares of all tokens alike
WAYS = (
    "as often as in what was learned",
    "the sampler as it plays",
    "the sampler, its powers fitted",
    "n-grams",
    "both",
    "MINGUS's tokens: as often as in what was learned",
    "MINGUS's tokens: n-grams",
)
PUBLISHED = (
    ("MINGUS, published (about 300 solos, at random)", 11.01, 4.14),
    ("MINGUS, trained anew by another (340 solos)", 13.08, 4.09),
)
DIFFERENCES = """
What differs from the published measurement:

- **Tokens.** The first rows are of the solos as this program reads them, by the database's bars, beats and divisions,
  with MINGUS's eleven durations and its rule of rests, from the first note to the last. The rows of *MINGUS's tokens*
  are rounded from seconds as there, note by note: to n-grams these durations are harder, and only they compare with
  4.14.
- **What counts.** All tokens but the first of each solo, rests too, each by all that came before it in its solo, where
  the published network remembers 35 tokens at most. As there, neither of pitch and duration is told of the other. The
  sampler is asked for a pitch where the note begins, which past durations tell but for rests of half a quarter and
  less, and for a duration where it thinks that the note begins; n-grams where the last token ends.
- **Chords.** All know the changes; the published network knows the bass and the next chord, too.
- **Splits.** *Apart*: no player and no title on both sides. *At random*: by solo, as there.
- **Ways.** *As it plays*: nothing is fitted but a share of all tokens alike, so that none is impossible. *Powers
  fitted*: its factors (network, harmony, lines, motifs, register, what is ahead; rhythm with and without its hurry, and
  with and without the network), each to a power. *n-grams*: of intervals, degrees, registers, places in the bar, and of
  what the solo itself did before, each to a power. *Both*: all of them, each to a power. Powers and shares are fitted
  to a sixth of the solos that are learned from (20 at most), which nobody had counted by then.
"""


# --- Tokens ----------------------------------------------------------------------------------------------------------


def nearest(quarters: float, among: np.ndarray = DURATIONS) -> int:
    """Which duration is nearest."""
    return int(np.abs(among - quarters).argmin())


@cache
def tokens_after(place: int, gap: int, duration: int) -> tuple[tuple[int, int], ...]:
    """A note at a place of its bar and the rests until the next one, as tokens: after how many grid steps each begins,
    and which duration it has."""
    until = min(gap, IN_BAR - place)
    length = min(duration, until)
    if until - length <= SHORTEST_REST:
        length = until
    rests = [(length, until - length)]
    rests += [(bar, min(gap - bar, IN_BAR)) for bar in range(IN_BAR - place, gap, IN_BAR)]
    parts = [(0, length), *(rest for rest in rests if rest[1] > LEAST_REST)]
    return tuple((at, nearest(long / GRID)) for at, long in parts)


def tokens_of(solo: Solo) -> Tokens:
    """The tokens of a solo as we read it, from its first note to its last."""
    changes = []
    for chords in solo.chords_by_bar:
        for beat in range(BAR // UNIT):
            chord = sounding_chord(chords, beat * GRID)
            changes.append(chord_kind(chord.root, chord.tones) if chord else chord_kind(None, ()))
    onsets, durations, pitches, _ = np.array(solo.notes).T
    found, end = [], onsets[-1] + min(durations[-1], IN_BAR - onsets[-1] % IN_BAR)
    for onset, gap, duration, pitch in zip(onsets, np.diff(onsets, append=end), durations, pitches, strict=True):
        tokens = tokens_after(int(onset % IN_BAR), int(gap), int(duration))
        found += [(REST if at else pitch, token, (onset + at) * UNIT // GRID) for at, token in tokens]
    return Tokens(*np.array(found).T, np.array(changes))


def tokens_in_seconds(folder: Path, name: str) -> Tokens:
    """The tokens of a solo as MINGUS makes them, of seconds: its lengths are rounded one by one and put one after the
    other in their bar, until there is no room. As there, the last bar is left out."""
    beats, notes = read_annotated(folder / f"{name}_FINAL.csv")
    first = max(int(beats[0]["bar"]), int(notes[0]["bar"]))
    beats, by_bar = [beat for beat in beats if int(beat["bar"]) >= first], {}
    for row in notes:
        played = *(float(row[key]) for key in ("onset", "duration", "beat_duration")), round(float(row["pitch"]))
        by_bar.setdefault(int(row["bar"]), []).append(played)
    lines = [number for number, beat in enumerate(beats) if int(beat["beat"]) == 1]
    found, changes, is_full, ended, chord = [], [], False, 0.0, chord_kind(None, ())
    for bar, line in enumerate(line for line in lines if beats[line]["bar"] != beats[-1]["bar"]):
        begin, end = (float(beats[min(at, len(beats) - 1)]["onset"]) for at in (line, line + 4))
        here = by_bar.get(int(beats[line]["bar"]), [])
        parts = _parts(here, ended if is_full else begin, end)
        if here:
            onset, duration, beat, _ = here[-1]
            ended = onset + duration if (end - onset - duration) / beat > 1 / 8 else end
        at = 0.0
        for pitch, length in parts:
            if at + length <= 4:
                found += (
                    [(pitch, nearest(length), round((bar * 4 + at) * UNIT))] if pitch != REST or length > 0.5 else []
                )
                at += length
        if at < 4 and 4 - at > 0.5:
            found.append((REST, nearest(4 - at), round((bar * 4 + at) * UNIT)))
        is_full = at >= 4
        for beat in beats[line : line + 4]:
            if beat["chord"]:
                symbol = weimar.symbol_of(beat["chord"])
                tones = [symbol.root + step for step in symbol.intervals] if symbol else ()
                chord = chord_kind(symbol.root if symbol else None, tones)
            changes.append(chord)
        changes += [chord] * (4 * (bar + 1) - len(changes))
    return Tokens(*np.array(found).T, np.array(changes))


def _parts(notes: list[tuple[float, float, float, int]], ended: float, bar_end: float) -> list[tuple[int, float]]:
    """The notes and rests of a bar, as pitches and rounded lengths in quarters."""
    parts = []
    for number, (onset, duration, beat, pitch) in enumerate(notes):
        if number == 0 and (onset - ended) / beat > 1 / 8:
            parts.append((REST, RESTS[nearest((onset - ended) / beat, RESTS)]))
        until = notes[number + 1][0] if number + 1 < len(notes) else bar_end
        rest = (until - onset - duration) / beat
        length = duration / beat if rest > 1 / 8 else (until - onset) / beat
        parts.append((pitch, NOTES[nearest(length, NOTES)]))
        if rest > 1 / 8 and number + 1 < len(notes):
            parts.append((REST, RESTS[nearest(rest, RESTS)]))
    return parts


# --- What is said of them --------------------------------------------------------------------------------------------


class Opinions(NamedTuple):
    """What several say of tokens, (experts, n, outcomes) each: of the pitch of those that are notes; of whether each is
    a rest; of its duration if it is a note, and if it is a rest."""

    pitches: np.ndarray
    rests: np.ndarray
    durations: tuple[np.ndarray, np.ndarray]

    def and_of(self, other: "Opinions") -> "Opinions":
        """What these say and what others say."""
        durations = (np.concatenate(two) for two in zip(self.durations, other.durations, strict=True))
        pitches, rests = (np.concatenate(two) for two in zip(self[:2], other[:2], strict=True))
        return Opinions(pitches, rests, tuple(durations))

    def only(self, first: int, last: int, rhythms: int) -> "Opinions":
        """Some of those who speak of pitches, and the first who speak of the rest."""
        return Opinions(self.pitches[first:last], self.rests[:rhythms], tuple(d[:rhythms] for d in self.durations))


class Rule:
    """How opinions become probabilities: powers and floors, fitted to tokens that were not counted, or as they are."""

    def __init__(self, opinions: Opinions, past: Past, fitted: bool):
        start = None if fitted else 1.0
        self.pitch, self.rest = (
            Pool(len(said), kinds, start) for said, kinds in zip(opinions[:2], (2, 1), strict=True)
        )
        self.duration = [Pool(len(said), start=start) for said in opinions.durations]
        if fitted:
            notes, is_rest = ~past.is_rest, past.is_rest.astype(int)
            self.pitch.fit(opinions.pitches, past.pitches[notes], after_rest(past))
            self.rest.fit(opinions.rests, is_rest)
            for rest, pool in enumerate(self.duration):
                pool.fit(opinions.durations[rest][:, is_rest == rest], past.durations[is_rest == rest])
        self.floors = 0.0, 0.0
        said = self.say(opinions, past)
        self.floors = tuple(
            min(FLOORS, key=lambda floor: perplexity(raised(each[counted(past)], floor, n)))
            for each, n in zip(said, (N_PITCHES + 1, N_DURATIONS), strict=True)
        )

    def say(self, opinions: Opinions, past: Past) -> tuple[np.ndarray, np.ndarray]:
        """The probabilities of the pitches and durations that came, (n,) each."""
        rests, (note, rest) = self.rest(opinions.rests), self.durations(opinions)
        rows, notes = np.arange(len(past.pitches)), ~past.is_rest
        pitches = rests[:, 1].copy()
        shares = self.pitch(opinions.pitches, after_rest(past))
        pitches[notes] = rests[notes, 0] * shares[np.arange(notes.sum()), past.pitches[notes]]
        durations = (rests[:, :1] * note + rests[:, 1:] * rest)[rows, past.durations]
        return raised(pitches, self.floors[0], N_PITCHES + 1), raised(durations, self.floors[1], N_DURATIONS)

    def durations(self, opinions: Opinions) -> list[np.ndarray]:
        return [pool(said) for pool, said in zip(self.duration, opinions.durations, strict=True)]


def raised(probabilities: np.ndarray, floor: float, n: int) -> np.ndarray:
    """With a share of all `n` outcomes alike."""
    return (1 - floor) * probabilities + floor / n


def after_rest(past: Past) -> np.ndarray:
    """Of the notes, whether each begins a solo or comes after a rest: 0 or 1."""
    before = past.begins | np.append(True, past.is_rest[:-1])
    return before[~past.is_rest].astype(int)


def counted(past: Past) -> np.ndarray:
    """The tokens that count: all but the first of each solo, before which nothing was heard."""
    return ~past.begins


def views_of(learned: Sequence[Tokens], asked: Sequence[Tokens]) -> Opinions:
    """What n-grams of some solos say of others."""
    known, past = past_of(learned), past_of(asked)
    rests, durations = RhythmViews(known).tell(past)
    return Opinions(PitchViews(known).tell(past), rests, tuple(durations))


class Ear:
    """What the sampler says of the tokens of solos, as `listen` asks it."""

    def __init__(self, listener: Listener, solos: Sequence[Notes]):
        self.listener, self.solos = listener, solos
        self.gaps, self.durations = listener.experts.gaps, listener.vocabulary.durations
        self.token_tables, self.wherever = cache(self._token_tables), [[] for _ in solos]
        # Of each token, the first one apart, of which nobody is asked.
        self.rests = [[np.ones((len(RHYTHMS), 2))] for _ in solos]
        self.of_note, self.of_rest = ([[np.ones((len(RHYTHMS), N_DURATIONS))] for _ in solos] for _ in range(2))

    def after(self, solo: int, number: int, said: np.ndarray) -> list[int]:
        """After a note: is a rest next, and how long; and where may the next note be, after each rest that came."""
        notes, said = self.solos[solo], said.reshape(len(said), -1)
        place, gap = int(notes.places[number]), int(notes.gaps[number])
        came = [token for _, token in tokens_after(place % IN_BAR, gap, int(notes.durations[number]))]
        tables, wherever = self.token_tables(place % IN_BAR), []
        fits = said * (tables[0] == came[0])
        for which, true in enumerate([*came[1:], NO], 1):
            following = tables[min(which, len(tables) - 1)]  # none has as many rests as the last row
            is_rest = following != NO
            shares = [np.bincount(following[is_rest], each[is_rest], N_DURATIONS) for each in fits]
            shares = np.stack(shares) + TINY  # where nothing fits, nothing is said
            others = (fits * ~is_rest).sum(axis=1) + TINY
            self.rests[solo].append(np.stack([others, shares.sum(axis=1)], axis=1))
            self.of_rest[solo].append(shares)
            by_gap = (fits[0] * ~is_rest).reshape(len(self.gaps), -1).sum(axis=1)
            longest = self.gaps[by_gap.argmax()] if by_gap.any() else self.gaps[0]
            wherever.append(min(place + int(longest), self.listener.ground.end - 1))
            fits = fits * (following == true)
        self.wherever[solo] = wherever
        return wherever

    def before(self, solo: int, number: int, which: int, said: np.ndarray) -> None:
        """Before a token that may be a note, there: how long."""
        place = self.wherever[solo][which]
        table = self.token_tables(place % IN_BAR)[0]
        self.of_note[solo].append(np.stack([np.bincount(table, each.ravel(), N_DURATIONS) for each in said]))

    def _token_tables(self, place: int) -> np.ndarray:
        """Of each gap and duration the note's token and those of the rests, (8, n_gaps * n_durations); `NO`: none."""
        table = np.full((8, len(self.gaps), len(self.durations)), NO)
        for row, gap in enumerate(self.gaps.tolist()):
            for column, duration in enumerate(self.durations.tolist()):
                tokens = [token for _, token in tokens_after(place, gap, duration)]
                table[: len(tokens), row, column] = tokens
        return table.reshape(8, -1)

    def opinions(self, pitches: list) -> list[Opinions]:
        """Of each solo: the pitch as played, then its factors; of rests and durations as `listening.RHYTHMS` says."""
        found = []
        for said, rests, note, rest in zip(pitches, self.rests, self.of_note, self.of_rest, strict=True):
            keys = np.concatenate([said.pitches[:, None], np.exp(said.factors)], axis=1)
            columns = [np.swapaxes(np.array(each), 0, 1) for each in (keys, rests, note, rest)]
            columns = [each / np.maximum(each.sum(axis=2, keepdims=True), TINY) for each in columns]
            found.append(Opinions(columns[0].astype(np.float32), columns[1], (columns[2], columns[3])))
        return found


def sampler_opinions(learned: list[Tune], asked: list[Tune], given: Settings) -> list[Opinions]:
    """What the sampler says of solos, taught and practised by others as `music_generate.py` does."""
    style, cached = learn_style(learned), ROOT / ".cache"
    training = Training(given.n_a, given.epochs, given.batch_size, given.network_seed)
    one_step = OneStep(learn(style, learned, given.windows, given.tx, training, cached).weights)
    habits = practise(one_step, style.player, given.experts, given.closeness, given.gravity, cached)
    return opinions_of(one_step, style.player, habits, [tune.solo for tune in asked], given)


def opinions_of(
    one_step: OneStep, player: Player, habits: Habits, solos: list[Solo], given: Settings
) -> list[Opinions]:
    """What the sampler says of solos."""
    bars = [bar for solo in solos for bar in solo.bars]
    shapes = {bar.beats: bar for bar in bars}
    ground = ground_of(bars, [chords for solo in solos for chords in solo.chords_by_bar], list(shapes))
    begins = np.cumsum([0, *(solo.length for solo in solos)]).tolist()
    notes = []
    for solo, begin, end in zip(solos, begins[:-1], begins[1:], strict=True):
        onsets, durations, pitches, _ = np.array(solo.notes).T
        notes.append(Notes(onsets + begin, pitches, durations, end))
    vocabulary = vocabulary_of(player, given.closeness, given.longest_run)
    way = habits, given.experts, given.gravity, given.longest_run, True
    experts = experts_of(player, list(shapes.values()), ground, *way)
    found, order = {}, np.argsort([len(each.places) for each in notes], kind="stable").tolist()
    for first in range(0, len(order), TOGETHER):  # those that are as long
        some = order[first : first + TOGETHER]
        listener = Listener(one_step, ground, vocabulary, experts, len(some))
        ear = Ear(listener, [notes[number] for number in some])
        found |= dict(zip(some, ear.opinions(listen(listener, ear.solos, ear.after, ear.before)), strict=True))
    return [found[number] for number in range(len(solos))]


def joined(opinions: Sequence[Opinions]) -> Opinions:
    """Of several solos, one after the other."""
    columns = [(each.pitches, each.rests, *each.durations) for each in opinions]
    pitches, rests, *durations = (np.concatenate(column, axis=1) for column in zip(*columns, strict=True))
    return Opinions(pitches, rests, tuple(durations))


# --- Splits ----------------------------------------------------------------------------------------------------------


def split(names: list[str], seed: int, apart: bool) -> tuple[list[str], list[str]]:
    """Solos to learn from and solos to be foretold, in a random order; `apart`: no player and no title on both sides,
    which leaves some solos out. Names are PLAYER_TITLE, with a number where there are several takes."""
    order = [names[number] for number in np.random.RandomState(seed).permutation(len(names))]
    n_asked, asked = len(names) // ONE_IN, []
    if not apart:
        return order[n_asked:], order[:n_asked]
    for player in dict.fromkeys(map(player_of, order)):
        his = [name for name in order if player_of(name) == player]
        asked += his if len(asked) + len(his) <= n_asked else []
    players, titles = set(map(player_of, asked)), set(map(title_of, asked))
    return [name for name in order if player_of(name) not in players and title_of(name) not in titles], asked


def player_of(name: str) -> str:
    return name.partition("_")[0]


def title_of(name: str) -> str:
    return re.sub(r"-\d+$", "", name.partition("_")[2])


Perplexities = dict[str, tuple[float, float]]  # of pitch and of duration, by way


def measure(
    tunes: dict[str, Tune], seconds: dict[str, Tokens], learned: list[str], asked: list[str], given: Settings
) -> Perplexities:
    """Learn from some solos and foretell others; `seconds` are their tokens as MINGUS makes them."""
    n_fitted = min(MOST_FITTED, max(1, len(learned) // ONE_IN))
    names = learned[:-n_fitted], learned[-n_fitted:], learned, asked
    said = sampler_opinions(*([tunes[name] for name in some] for some in (names[0], [*names[1], *asked])), given)
    sampler = joined(said[:n_fitted]), joined(said[n_fitted:])
    tokens = {name: tokens_of(tunes[name].solo) for name in (*learned, *asked)}
    of, pasts, views = _with_views(tokens, names)
    last = len(FACTORS) + 1
    ways = {
        WAYS[1]: [each.only(0, 1, 1) for each in sampler],
        WAYS[2]: [each.only(1, last, len(RHYTHMS)) for each in sampler],
        WAYS[3]: views,
        WAYS[4]: [ours.and_of(theirs) for ours, theirs in zip(sampler, views, strict=True)],
    }
    found = {WAYS[0]: _as_often(past_of(of[2]), pasts[1])}
    found |= {way: _foretold(*both, *pasts, way != WAYS[1]) for way, both in ways.items()}
    of, pasts, views = _with_views(seconds, names)
    found |= {WAYS[5]: _as_often(past_of(of[2]), pasts[1]), WAYS[6]: _foretold(*views, *pasts, True)}
    return found


def _with_views(tokens: dict[str, Tokens], names: tuple[list[str], ...]) -> tuple:
    """The tokens of each of four lists of solos: counted first, fitted to, counted in the end, and foretold; the pasts
    of the two that are asked for, and what n-grams say of both."""
    of = [[tokens[name] for name in some] for some in names]
    return of, (past_of(of[1]), past_of(of[3])), (views_of(of[0], of[1]), views_of(of[2], of[3]))


def _foretold(fitting: Opinions, asking: Opinions, fit: Past, ask: Past, fitted: bool) -> tuple[float, float]:
    said = Rule(fitting, fit, fitted).say(asking, ask)
    return tuple(perplexity(each[counted(ask)]) for each in said)


def _as_often(known: Past, ask: Past) -> tuple[float, float]:
    """Each token as often as it is, and once more."""
    found = []
    for token, n in (("pitches", N_PITCHES + 1), ("durations", N_DURATIONS)):
        counts = np.bincount(getattr(known, token), minlength=n) + 1
        found.append(perplexity((counts / counts.sum())[getattr(ask, token)[counted(ask)]]))
    return tuple(found)


# --- The table -------------------------------------------------------------------------------------------------------


def main(argv: list[str] | None = None) -> None:
    """Read, learn, listen, measure, print, write."""
    settings = declared(music_generate) | declared(sys.modules[__name__])
    given = read_settings(settings, __doc__.splitlines()[0], argv, bare="SOLOS")
    folder, sizes = Path(given.solos), sorted(sizes_of(given.sizes))
    with tempfile.TemporaryDirectory() as scratch:
        tunes = {name: weimar.tune_of(folder, name, Path(scratch)) for name in weimar.solos_in(folder)}
    tunes = {name: tune for name, tune in tunes.items() if {bar.meter for bar in tune.bars.values()} == {(4, 4)}}
    if len(tunes) < 3 * ONE_IN:
        raise ValueError(
            f"{folder}: {len(tunes)} solos in 4/4, too few to learn from some and foretell others: give 18"
        )
    seconds, measured = {name: tokens_in_seconds(folder, name) for name in tunes}, {}
    for column in [*((size, True) for size in sizes), (sizes[-1], False)]:
        for seed in range(given.splits):
            show(f"{column[0]} solos to learn from, split {seed + 1} of {given.splits}")
            learned, asked = split(sorted(tunes), seed, column[1])
            learned, asked = learned[: column[0]], asked[:MOST_ASKED]
            found = measure(tunes, seconds, learned, asked, given)
            measured.setdefault(column, []).append((len(learned), len(asked), found))
    show(f"{len(measured) * given.splits} splits", done=True)
    table = markdown(measured, len(tunes))
    print(table)
    write_aside(ROOT / "benchmarks" / "mingus.md", table.encode())


def sizes_of(words: str) -> list[int]:
    """Numbers of solos; ValueError for what are none."""
    if not words.split() or not all(word.isdecimal() and int(word) >= ONE_IN for word in words.split()):
        raise ValueError(f"SIZES (--sizes): numbers of solos from {ONE_IN} on, as in '10 20 36'; this is {words!r}")
    return [int(word) for word in words.split()]


def markdown(measured: dict[tuple[int, bool], list[tuple[int, int, Perplexities]]], n_tunes: int) -> str:
    """The table, and what differs from the published one. `measured`, by how many solos were to be learned from and
    whether players and titles are apart, of each split: how many were, how many were foretold, and the perplexities."""
    heads = []
    for (_, apart), found in measured.items():
        learned, asked = (
            " to ".join(map(str, sorted({min(column), max(column)}))) for column in list(zip(*found, strict=True))[:2]
        )
        who = "players and titles apart" if apart else "at random"
        heads.append(f"{learned} solos, {who}: {asked} foretold, splits: {len(found)}")
    lines = [
        "# The next pitch, the next duration: perplexities of solos that nobody has heard",
        "",
        f"`benchmarks/mingus.py`, {n_tunes} solos in 4/4: pitch / duration, mean ± standard deviation over splits, by",
        "how many solos were learned from. Less is better.",
        "",
        f"| | {' | '.join(heads)} |",
        f"|---|{'---|' * len(heads)}",
    ]
    for way in WAYS:
        cells = []
        for found in measured.values():
            columns = np.array([perplexities[way] for *_, perplexities in found]).T
            cells.append(" / ".join(f"{column.mean():.2f} ± {column.std():.2f}" for column in columns))
        lines.append(f"| {way} | {' | '.join(cells)} |")
    published = [f"| {name} | {'| ' * (len(heads) - 1)}{pitch} / {duration} |" for name, pitch, duration in PUBLISHED]
    return "\n".join([*lines, *published, DIFFERENCES])


if __name__ == "__main__":
    sys.exit(run(main))
