"""Which track of a file is the melody, and which one strikes the chords.

The melody is the track that leads: it plays one note at a time, in many bars, with some motion, high up; a name that
says so counts more than any of these. Chords are the track that strikes them together in most bars. Every choice comes
with its reason, in a few words for the listener.

Windows are in quarters, both ends included; raw notes in ticks. Left to others: what is made of the tracks
(`reading/choosing.py`, `reading/chords.py`), where the solo is (`reading/sections.py`).
"""

import re
from collections.abc import Container
from itertools import accumulate
from typing import NamedTuple

from music.units import GRID, nearest_step, step_under
from reading.grouping import group_notes, is_chord
from reading.meters import Bars
from reading.raw_tune import SLACK, RawNote, RawTune, Track

Window = tuple[float, float]
EVERYTHING = (0.0, float("inf"))
ROUNDING = 1e-6  # of a step or a tick: a window's end may be a third

# Words in the names of tracks, and by how much they make a track likelier to be the melody, or the chords.
LEADS = re.compile(r"melod|solo|lead|vocal|voice|\bvox\b|sing|theme", re.IGNORECASE)
MAY_LEAD = re.compile(r"guit|sax|right|\br\.?h\b|treble|upper", re.IGNORECASE)
ACCOMPANIES = re.compile(
    r"piano|keys|chord|pad\b|string|organ|rhythm|comp\b|accomp|back|left|\bl\.?h\b|lower|rhodes|pad-", re.IGNORECASE
)
BASS = re.compile(r"bass(?!oon)", re.IGNORECASE)
DRUMS = re.compile(r"drum|perc|\bkick|snare|cymbal|hi-?hat|tambourine|shaker", re.IGNORECASE)
BASS_PROGRAMS = range(32, 40)  # of General MIDI
CHORDS = re.compile(r"piano|keys|chord|rhodes|comp\b|rhythm|accomp", re.IGNORECASE)
LEADING, MAYBE_LEADING, ACCOMPANYING, BEING_BASS = 5.0, 2.0, 0.5, 0.1
NAMED_CHORDS = 2.0

A_CLOSE_SECOND = 0.6  # share of the chosen one's score from which another track is mentioned
MOTION = 2.0  # onsets in each of its bars from which a track moves as a melody does
MIDDLE_C = 60
LONG = 16  # quarters of a note that count: others hang
SEVERAL_VOICES = 1.4  # notes at once, on average, from which a track may hold more than a line
MOSTLY_SINGLE = 0.85  # share of single onsets above which a track does hold one
TWO_HANDS = 24  # semitones between the low and the high of the top notes from which they are two hands' all the same


class Strand(NamedTuple):
    """Some notes of a file, and what they are called: "track 5 'Guitar'"."""

    name: str
    notes: list[RawNote]


class Facts(NamedTuple):
    """What counts of a track: its `onsets`; the share that is `single` (one pitch class); `voices`, the notes at once,
    on average; the mean `height` and the `spread` of the top notes (MIDI pitches); `bars`, how many it plays in."""

    onsets: int
    single: float
    voices: float
    height: float
    spread: int
    bars: int


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


def find_melody(raw: RawTune, window: Window, unwanted: Container[int]) -> tuple[int, str]:
    """The track that leads in a window, and why. `unwanted` tracks are taken only if there is no other.

    Raises ValueError where only drums play.
    """
    facts = {}
    for number, track in enumerate(raw.tracks):
        if not is_percussion(track):
            notes = inside(track.notes(), window, raw.ticks_per_quarter)
            if notes:
                facts[number] = find_facts(notes, raw.ticks_per_quarter, raw.bars)
    if not facts:
        if all(is_percussion(track) for track in raw.tracks):
            raise ValueError("only drums play in it; choose a file with a melody")
        raise ValueError(f"no track but drums has a note {between(window)}; change FROM_BEAT or TO_BEAT")
    facts = {number: fact for number, fact in facts.items() if number not in unwanted} or facts
    longest = max(fact.bars for fact in facts.values())
    scores = {number: _leads(raw.tracks[number].name, fact, longest) for number, fact in facts.items()}
    ranked = sorted(scores, key=lambda number: (scores[number], facts[number].height), reverse=True)
    best = ranked[0]
    if len(facts) == 1:
        return best, "no other track has pitches" if not unwanted else "no other track is left"
    fact = facts[best]
    reason = f"{fact.onsets} onsets in {fact.bars} bars, {fact.single:.0%} of them single notes"
    if LEADS.search(raw.tracks[best].name) or MAY_LEAD.search(raw.tracks[best].name):
        reason = f"its name, and {reason}"
    close = [number for number in ranked[1:4] if scores[number] > A_CLOSE_SECOND * scores[best]]
    others = " or ".join(shown(raw, number) for number in close)
    return best, reason + (f"; it might be {others} as well" if others else "")


def is_percussion(track: Track) -> bool:
    """Whether a track is drums, by its channel or its name."""
    return track.is_drums or bool(DRUMS.search(track.name))


def is_bass(track: Track) -> bool:
    """Whether a track is a bass, by its instrument or its name."""
    return not is_percussion(track) and (
        bool(BASS.search(track.name)) or any(program in BASS_PROGRAMS for _, program in track.programs)
    )


def find_facts(notes: list[RawNote], ticks_per_quarter: int, bars: Bars) -> Facts:
    """What counts of some notes, in order of onset; at least one."""
    struck = {}
    end = total = union = 0
    for note in notes:
        step = step_under(note.onset, ticks_per_quarter)
        struck.setdefault(step, []).append(note.pitch)
        released = min(note.end, note.onset + LONG * ticks_per_quarter)
        total += released - note.onset
        union += max(0, released - max(end, note.onset))
        end = max(end, released)
    single = sum(len({pitch % 12 for pitch in pitches}) == 1 for pitches in struck.values()) / len(struck)
    tops = sorted(max(pitches) for pitches in struck.values())
    spread = tops[len(tops) * 9 // 10] - tops[len(tops) // 10]
    played = len({bars.number(step) for step in struck})
    return Facts(len(struck), single, total / union if union else 1.0, sum(tops) / len(tops), spread, played)


def holds_two_hands(track: Track, facts: Facts) -> bool:
    """Whether a melody's track holds its accompaniment too."""
    if facts.voices < SEVERAL_VOICES:
        return False
    return facts.single < MOSTLY_SINGLE or facts.spread >= TWO_HANDS and not LEADS.search(track.name)


def find_struck_chords(
    strands: list[Strand], ticks_per_quarter: int, bars: Bars, wanted: Container[int]
) -> tuple[int, str] | None:
    """The strand that strikes chords in most of the `wanted` bars, and why; None where none does.

    Single notes between chords of two are a bass: such a strand has to be heard as a whole.
    """
    ranked = []
    for index, strand in enumerate(strands):
        every_group = group_notes(strand.notes, ticks_per_quarter)
        groups = [group for group in every_group if is_chord(group)]
        covered = covered_bars(groups, ticks_per_quarter, bars, wanted)
        full = sum(len({note.pitch % 12 for note in group}) > 2 for group in groups)
        are_chords = 2 * full >= len(groups) or 4 * len(groups) >= 3 * len(every_group)
        if groups and 2 * covered >= len(wanted) and are_chords:
            named = NAMED_CHORDS if CHORDS.search(strand.name) else 1.0
            ranked.append((covered / len(wanted) * (1 + full / len(groups)) * named, -index, covered))
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


def _leads(name: str, facts: Facts, longest: int) -> float:
    """How much a track looks like the melody; names count, and `longest` is the most bars that any track plays in."""
    score = (0.1 + 0.9 * facts.single) * facts.bars / longest
    score *= min(1.0, facts.onsets / facts.bars / MOTION)
    score *= min(max(2 ** ((facts.height - MIDDLE_C) / 12), 0.1), 2.0)
    if BASS.search(name):
        score *= BEING_BASS
    if LEADS.search(name):
        return score * LEADING
    if MAY_LEAD.search(name):
        return score * MAYBE_LEADING
    return score * (ACCOMPANYING if ACCOMPANIES.search(name) else 1.0)
