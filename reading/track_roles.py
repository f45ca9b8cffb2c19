"""Which track of a file is the melody, and which one strikes the chords.

The melody is the track that leads: what is played (one note at a time, high up, seldom the same in bar after bar), on
which instrument and under which name is added up, with weights that were fitted (`benchmarks/fit_line.py`). Chords are
the track that strikes them together in most bars. Every choice comes with its reason, in a few words for the listener.

Windows are in quarters, both ends included; raw notes in ticks. Left to others: what names say
(`reading/track_names.py`), what is made of the tracks (`reading/choosing.py`, `reading/chords.py`), where the solo is
(`reading/sections.py`).
"""

import re
from collections import Counter
from collections.abc import Callable, Container, Sequence
from itertools import accumulate, pairwise
from math import exp, log2
from typing import NamedTuple

import numpy as np

from music.units import GRID, SIXTEENTH, nearest_step
from reading.grouping import is_voicing, strikes
from reading.meters import Bars
from reading.raw_tune import SLACK, RawNote, RawTune, Track
from reading.track_names import BASS_PROGRAMS, are_drums, is_meant, kind_of, names_bass, role_of

Window = tuple[float, float]
EVERYTHING = (0.0, float("inf"))
ROUNDING = 1e-6  # of a step or a tick: a window's end may be a third

CHORDS = re.compile(r"piano|keys|chord|rhodes|comp\b|rhythm|accomp", re.IGNORECASE)
NAMED_CHORDS = 2.0

# What counts for a track to be the melody, in odds (e to the power of the sum); fitted on built files and rounded.
WEIGHTS = {
    # Its name says that it:
    "leads": 3.5,  # more than fitted: who writes it means it
    "is meant": 3.5,  # by the solo's marker; not fitted
    "may lead": 0.7,
    "accompanies": -1.2,
    # It is, by name or program:
    "bass": -1.5,
    "solo": 0.4,
    "pad": -0.8,
    # What it plays:
    "voices": -1.0,  # notes at once beyond one, on average
    "height": 1.2,  # octaves above the mean of all tracks; more than fitted: of voices alike the upper one leads
    "low": -1.2,  # octaves below G3
    "busy": 0.7,  # onsets a quarter, up to one
    "crowded": -0.7,  # onsets a quarter beyond two
    "bars": 0.5,  # share of the bars that another one plays in, in halvings: a melody may rest
    "pitches": 0.9,  # how many different ones, in doublings
    "same rhythm": -2.2,  # share of bars with the rhythm of one of the two before
    "steps": 4.0,  # share of intervals of one or two semitones
    "fresh": 1.0,  # share of onsets with a pitch that is new in its bar
    "loud": 1.0,  # velocity above the mean of all tracks, of 32
    "first": 0.5,  # its place among the tracks, from 1 to 0; less than fitted: the order of our bands is ours
}
A_CLOSE_SECOND = 0.15  # probability from which another track is mentioned
AT_HOME = 55  # MIDI pitch from which the mean of a melody is nothing unusual
HIGHEST, LOUDEST = 0.75, 1.5  # octaves, and units of loudness, above or below the mean of all tracks that count
MOST_VOICES, MOST_HALVINGS, MOST_DOUBLINGS = 3, -3, 5
# A kit on a channel for pitches: few pitches, struck short; some, very short; or one or two high ones, evenly.
KIT_PITCHES, FEW_PITCHES, ENOUGH_STROKES, SHORT = 12, 3, 16, 0.3  # ..., quarters
SOME_PITCHES, VERY_SHORT = 6, 0.12
CLICKS, EVEN, CLICK_PITCH = 8, 0.75, 60  # notes from which it is a click, share of its gaps alike, its lowest pitch
SINGS, MOST_OF_ONE, STEPWISE = 6, 0.35, 0.25  # pitches from which what is called drums is a line, with so many steps
KICKS_AND_SNARES, CYMBALS = {35, 36, 37, 38, 39, 40}, {42, 44, 46, 49, 51, 53, 55, 57, 59}
LONG = 16  # quarters of a note that count: others hang
SEVERAL_VOICES = 1.4  # notes at once, on average, from which a track may hold more than a line
MOSTLY_SINGLE = 0.85  # share of single onsets above which a track does hold one
CHORDS_OF_A_HAND = 4  # bars for each chord that a hand strikes, at most
TWO_HANDS = 24  # semitones between the low and the high of the top notes from which they are two hands' all the same


class Strand(NamedTuple):
    """Some notes of a file, what they are called, "track 5 'Guitar'", and the pedal that holds them, as a track's."""

    name: str
    notes: list[RawNote]
    pedals: Sequence[tuple[int, bool]] = ()


class Facts(NamedTuple):
    """What counts of a track: its `onsets`; the share that is `single` (one pitch class); `voices`, the notes at once,
    on average; the mean `height` and the `spread` of the top notes (MIDI pitches), and how many different `pitches`
    they have; `bars`, how many it plays in, and `busy`, its onsets a quarter in these; the shares of bars with the
    rhythm (`same_rhythm`) of one of the two bars before, of intervals that are `steps`, of onsets with a pitch that is
    `fresh` in its bar; the mean velocity (`loud`)."""

    onsets: int
    single: float
    voices: float
    height: float
    spread: int
    pitches: int
    bars: int
    busy: float
    same_rhythm: float
    steps: float
    fresh: float
    loud: float


def shown(raw: RawTune, number: int) -> str:
    """A track as it is called: "track 5 'Guitar'"."""
    return f"track {number} '{raw.tracks[number].name or 'unnamed'}'"


def between(window: Window) -> str:
    """A window in words: 'between beats 48 and 72', 'from beat 48 on'."""
    low, high = window
    return f"from beat {low:g} on" if high == EVERYTHING[1] else f"between beats {low:g} and {high:g}"


def inside(music: list, window: Window, units: int = GRID) -> list:
    """The notes or chords that start in a window; `units` of their times are a quarter: grid steps, or ticks."""
    low, high = (beat * units for beat in window)
    return [item for item in music if low - ROUNDING <= item.onset <= high + ROUNDING]


def find_melody(raw: RawTune, window: Window, unwanted: Container[int], marker: str = "") -> tuple[int, str]:
    """The track that leads in a window, and why. `unwanted` tracks are taken only if there is no other; the `marker`
    with which the window begins may name the player.

    Raises ValueError where only drums play.
    """
    facts = heard_tracks(raw, window) or heard_tracks(raw, window, is_surely_drums)
    if not facts:
        if all(is_surely_drums(track) for track in raw.tracks):
            raise ValueError("only drums play in it; choose a file with a melody")
        raise ValueError(f"no track but drums has a note {between(window)}; change FROM_BEAT or TO_BEAT")
    facts = {number: fact for number, fact in facts.items() if number not in unwanted} or facts
    scores = {number: score(features) for number, features in line_features(raw, facts, marker).items()}
    ranked = sorted(scores, key=lambda number: (scores[number], facts[number].height), reverse=True)
    best = ranked[0]
    if len(facts) == 1:
        return best, "no other track has pitches" if not unwanted else "no other track is left"
    fact, name = facts[best], raw.tracks[best].name
    reason = f"{fact.onsets} onsets in {fact.bars} bars, {fact.single:.0%} of them single notes"
    if "lead" in role_of(name):
        reason = f"its name, and {reason}"
    odds = {number: exp(scores[number] - scores[best]) for number in ranked}
    close = [number for number in ranked[1:4] if odds[number] > A_CLOSE_SECOND * sum(odds.values())]
    others = " or ".join(shown(raw, number) for number in close)
    return best, reason + (f"; it might be {others} as well" if others else "")


def line_features(raw: RawTune, facts: dict[int, Facts], marker: str = "") -> dict[int, dict[str, float]]:
    """What counts of each of some tracks for being the melody among them, by the names of `WEIGHTS`."""
    height, loud = (sum(getattr(fact, what) for fact in facts.values()) / len(facts) for what in ("height", "loud"))
    longest, last = max(fact.bars for fact in facts.values()), max(len(raw.tracks) - 1, 1)
    found = {}
    for number, fact in facts.items():
        track = raw.tracks[number]
        programs = tuple(program for _, program in track.programs)
        found[number] = {
            role_of(track.name): 1.0,
            kind_of(track.name, programs): 1.0,
            "is meant": is_meant(marker, track.name, programs),
            "voices": min(fact.voices - 1, MOST_VOICES),
            "height": max(-HIGHEST, min((fact.height - height) / 12, HIGHEST)),
            "low": max(0.0, AT_HOME - fact.height) / 12,
            "busy": min(fact.busy, 1.0),
            "crowded": min(max(0.0, fact.busy - 2.0), 2.0),
            "bars": max(log2(fact.bars / longest), MOST_HALVINGS),
            "pitches": min(log2(fact.pitches), MOST_DOUBLINGS),
            "same rhythm": fact.same_rhythm,
            "steps": fact.steps,
            "fresh": fact.fresh,
            "loud": max(-LOUDEST, min((fact.loud - loud) / 32, LOUDEST)),
            "first": 1 - number / last,
        }
    return found


def score(features: dict[str, float]) -> float:
    """How much a track with these features looks like the melody."""
    return sum(WEIGHTS.get(name, 0.0) * value for name, value in features.items())


def is_percussion(track: Track) -> bool:
    """Whether a track is drums, by its channel, its name and program, or what it strikes."""
    return track.is_drums or is_called_drums(track) and not _sings(track) or _sounds_like_drums(track)


def is_surely_drums(track: Track) -> bool:
    """Whether more than its name, or what it strikes, speaks for drums."""
    return track.is_drums or is_called_drums(track) and _sounds_like_drums(track)


def is_called_drums(track: Track) -> bool:
    """Whether its name and programs speak for drums."""
    return are_drums(track.name, tuple(program for _, program in track.programs))


def heard_tracks(
    raw: RawTune, window: Window, are_left_out: Callable[[Track], bool] = is_percussion
) -> dict[int, Facts]:
    """What counts of each track with pitches that plays in a window."""
    facts = {}
    for number, track in enumerate(raw.tracks):
        notes = [] if are_left_out(track) else inside(track.notes(), window, raw.ticks_per_quarter)
        if notes:
            facts[number] = find_facts(notes, raw.ticks_per_quarter, raw.bars)
    return facts


def is_bass(track: Track) -> bool:
    """Whether a track is a bass, by its instrument or its name."""
    return not is_percussion(track) and (
        names_bass(track.name) or any(program in BASS_PROGRAMS for _, program in track.programs)
    )


def _sings(track: Track) -> bool:
    """Whether a track plays a line: one note at a time, of many pitches, often in steps."""
    notes = track.notes()
    counts = Counter(note.pitch for note in notes)
    is_one = len({note.onset for note in notes}) >= MOSTLY_SINGLE * len(notes)
    if not is_one or len(counts) < SINGS or max(counts.values()) > MOST_OF_ONE * len(notes):
        return False
    steps = sum(0 < abs(after.pitch - before.pitch) < 3 for before, after in pairwise(notes))
    return steps >= STEPWISE * len(notes)


def _sounds_like_drums(track: Track) -> bool:
    """Whether what has no instrument of its own is a click, a hat or a loop, or a kit."""
    pitches = {pitch for _, is_on, pitch, _ in track.events if is_on}
    is_kit = len(pitches) <= KIT_PITCHES and KICKS_AND_SNARES & pitches and CYMBALS & pitches
    if any(program for _, program in track.programs) or not is_kit and len(pitches) > SOME_PITCHES:
        return False
    notes = track.notes()
    if len(notes) < ENOUGH_STROKES:
        return False
    usual = sorted(note.end - note.onset for note in notes)[len(notes) // 2] / track.ticks_per_quarter
    is_short = usual <= SHORT
    if len(pitches) <= (SOME_PITCHES if usual <= VERY_SHORT else FEW_PITCHES if is_short else 0) or is_click(notes):
        return True
    low, high = (sum(note.pitch in kind for note in notes) for kind in (KICKS_AND_SNARES, CYMBALS))
    is_together = len({note.onset for note in notes}) < len(notes)
    return (is_short or is_together) and min(low, high) >= len(notes) / 8 and low + high >= 0.9 * len(notes)


def is_click(notes: list[RawNote]) -> bool:
    """Whether notes are a metronome's: one or two high pitches, over and over at one distance."""
    pitches = {note.pitch for note in notes}
    if len(notes) < CLICKS or len(pitches) > 2 or min(pitches) < CLICK_PITCH:
        return False
    gaps = Counter(after.onset - before.onset for before, after in pairwise(notes))
    return max(gaps.values()) >= EVEN * gaps.total()


def find_facts(notes: list[RawNote], ticks_per_quarter: int, bars: Bars) -> Facts:
    """What counts of some notes, in order of onset; at least one."""
    onsets, ends, pitches, velocities = np.array(notes, dtype=np.int64).T
    steps, firsts = np.unique(onsets * GRID // ticks_per_quarter, return_index=True)
    ends = np.minimum(ends, onsets + LONG * ticks_per_quarter)
    sounded = np.maximum.accumulate(np.concatenate([[0], ends]))[:-1]
    union = np.maximum(0, ends - np.maximum(sounded, onsets)).sum()
    tops, classes = np.maximum.reduceat(pitches, firsts), pitches % 12
    single = np.mean(np.maximum.reduceat(classes, firsts) == np.minimum.reduceat(classes, firsts))
    ranked, intervals = np.sort(tops), np.abs(np.diff(tops))
    numbers, begins = np.unique([bars.number(step) for step in steps.tolist()], return_index=True)
    played = [bars[number] for number in numbers.tolist()]
    counts = np.diff(begins, append=len(steps))
    places = (steps - np.repeat([bar.start for bar in played], counts) + 1) // SIXTEENTH
    rhythms = dict(zip(numbers.tolist(), map(bytes, np.split(places.astype(np.uint8), begins[1:])), strict=True))
    return Facts(
        onsets=len(steps),
        single=float(single),
        voices=float((ends - onsets).sum() / union) if union else 1.0,
        height=float(tops.mean()),
        spread=int(ranked[len(tops) * 9 // 10] - ranked[len(tops) // 10]),
        pitches=len(np.unique(tops)),
        bars=len(played),
        busy=len(steps) * GRID / sum(bar.length for bar in played),
        same_rhythm=sum(of in (rhythms.get(n - 1), rhythms.get(n - 2)) for n, of in rhythms.items()) / len(rhythms),
        steps=float(np.mean((intervals > 0) & (intervals < 3))) if len(intervals) else 0.0,
        fresh=len(np.unique(128 * np.repeat(numbers, counts) + tops)) / len(steps),
        loud=float(velocities.mean()),
    )


def holds_two_hands(track: Track, notes: list[RawNote], bars: Bars) -> bool:
    """Whether some notes of a melody's track hold its accompaniment too."""
    units = track.ticks_per_quarter
    facts = find_facts(notes, units, bars)
    if facts.voices < SEVERAL_VOICES:
        return False
    if facts.single < MOSTLY_SINGLE or facts.spread >= TWO_HANDS and role_of(track.name) != "leads":
        return True
    voicings = [group for group in strikes(notes, units) if is_voicing(group)]
    return CHORDS_OF_A_HAND * len(voicings) >= facts.bars


def find_struck_chords(
    strands: list[Strand], ticks_per_quarter: int, bars: Bars, wanted: Container[int]
) -> tuple[int, str] | None:
    """The strand that strikes chords, of three pitch classes or more, in most of the `wanted` bars, and why; None where
    none does."""
    ranked = []
    for index, strand in enumerate(strands):
        groups = [group for group in strikes(strand.notes, ticks_per_quarter) if is_voicing(group)]
        covered = covered_bars(groups, ticks_per_quarter, bars, wanted)
        if groups and 2 * covered >= len(wanted):
            named = NAMED_CHORDS if CHORDS.search(strand.name) else 1.0
            ranked.append((covered / len(wanted) * named, -index, covered))
    if not ranked:
        return None
    _, index, covered = max(ranked)
    return -index, f"it strikes or holds chords in {covered} of the melody's {len(wanted)} bars"


def covered_bars(groups: list[list[RawNote]], ticks_per_quarter: int, bars: Bars, wanted: Container[int]) -> int:
    """In how many of the `wanted` bars a group starts or still sounds."""
    changes = [0] * (max(wanted) + 2)
    for group in groups:
        start, end, *_ = group[0]
        end = max(min(end, start + LONG * ticks_per_quarter) - ticks_per_quarter // SLACK, start)
        first, last = (bars.number(nearest_step(tick, ticks_per_quarter)) for tick in (start, end))
        if first < len(changes):
            changes[first] += 1
            changes[min(last + 1, len(changes) - 1)] -= 1
    sounding = list(accumulate(changes))
    return sum(sounding[number] > 0 for number in wanted)
