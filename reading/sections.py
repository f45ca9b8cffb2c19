"""Where a file's solo is, by its markers, and which beats a listener means who names one.

A section runs from its marker to the next one. A MIDI file's cue points and other texts count as markers where no
marker says what is wanted, a score's sections likewise; changes and lyrics are none. Windows are in quarters, both ends
included.
"""

import re
from itertools import takewhile

from music.instruments import program_in
from music.units import GRID, step_under
from reading.chords import marked_symbols, symbols_in
from reading.raw_tune import RawTune
from reading.track_roles import EVERYTHING, Window

SOLO = re.compile(r"solos?|impro(v\w*)?|assolo|blowing|\w*ソロ")  # whole words
NO_SOLO = re.compile(
    r"after|back|before|end(e|s|ing)?|fine?|in(tro|to)|no|out|post|pre|to|dr(um)?s?|perc(ussion)?|batt?er\w*|schlagzeug"
)
OF_ANY_SOLO = re.compile(
    r".|break|bridge|by|chorus(es)?|cont(inued)?|open|part|section|the|[ivx]+|st|nd|rd|th|first|second|third|one|two|three"
)
JOINT = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z]{3})(?=solos?\b)")  # within 'GtrSolo' and 'Gitarrensolo'
LETTERS = re.compile(r"[^\W\d_]+")

Sections = list[tuple[int, str]]


def find_solo(raw: RawTune) -> tuple[Window, str] | None:
    """The window of the first solo that is marked, with those after it that name no other player, and the marker's
    text; None where none is."""
    for texts in ([], raw.texts):
        if any(_is_named_solo(text) for _, text in (*raw.markers, *texts)):
            sections = _sections(raw, texts)
            solos = [number for number in range(len(sections)) if _is_solo(number, sections, raw)]
            if solos:
                return _from_solo(sections[solos[0] :], raw)
    return None


def with_beats(raw: RawTune, low: float | str | None, high: float | str | None) -> tuple[float | None, float | None]:
    """The ends of a window in quarters, of which either may be a marker's text.

    From a marker that is named the window goes on to the next one where no end is asked for, and it ends before one.
    Raises ValueError, with all markers, for one that there is not.
    """
    if isinstance(low, str):
        tick, following = _named(raw, low, -1)
        low, end = _window(tick, following, raw)
        high = (None if end == EVERYTHING[1] else end) if high is None else high
    if isinstance(high, str):
        tick, _ = _named(raw, high, -1 if low is None else low * raw.ticks_per_quarter)
        high = _window(0, [(tick, high)], raw)[1]
    return low, high


def places(raw: RawTune) -> Sections:
    """All that a listener may name, in ticks: markers, texts that are no lyrics, a score's sections."""
    written = [(raw.bars[number].start * raw.ticks_per_quarter // GRID, name) for number, name in raw.sections.items()]
    return _sections(raw, raw.texts) + written


def _sections(raw: RawTune, texts: Sections) -> Sections:
    """The markers with the texts, by time, without those that are changes."""
    are_changes = bool(marked_symbols(raw))
    found = sorted([*raw.markers, *texts], key=lambda section: section[0])
    last = max((track.events[-1][0] for track in raw.tracks), default=0)
    if len(texts) > raw.bars.number(step_under(last, raw.ticks_per_quarter)) + 1:  # lyrics
        found = raw.markers
    found = [(tick, text) for tick, text in found if LETTERS.search(text)]  # others are times: '2:45'
    return [(tick, text) for tick, text in found if not (are_changes and symbols_in(text))]


def _from_solo(sections: Sections, raw: RawTune) -> tuple[Window, str]:
    """The window of the solo that some sections begin with, and its text."""
    tick, text = sections[0]
    later = [section for section in sections if section[0] > tick]
    goes_on = takewhile(lambda section: _is_named_solo(section[1]) and _player(section[1]) <= _player(text), later)
    return _window(tick, later[len(list(goes_on)) :], raw), text


def _window(tick: int, following: Sections, raw: RawTune) -> Window:
    """From a tick up to the first later section. What is played just ahead of its first beat rounds onto it."""
    units = raw.ticks_per_quarter
    return tick / units, following[0][0] / units - 1 / GRID if following else EVERYTHING[1]


def _words(text: str) -> list[str]:
    """'GtrSolo_2' -> ['gtr', 'solo']."""
    return LETTERS.findall(JOINT.sub(" ", text).lower())


def _is_named_solo(text: str) -> bool:
    words = _words(text)
    return any(map(SOLO.fullmatch, words)) and not any(map(NO_SOLO.fullmatch, words))


def _player(text: str) -> set[str]:
    """What a solo's name says beside that it is one, and which: who plays it."""
    return {word for word in _words(text) if not SOLO.fullmatch(word) and not OF_ANY_SOLO.fullmatch(word)}


def _is_solo(number: int, sections: Sections, raw: RawTune) -> bool:
    """Whether a section is a solo. What stands at the start of the music and says more than that is the title, but of
    a player's name that other solos follow."""
    tick, text = sections[number]
    if not _is_named_solo(text):
        return False
    starts = tick <= min(track.events[0][0] for track in raw.tracks)
    others = any(_is_named_solo(other) for later, other in sections if later > tick)
    return not (starts and _player(text)) or (others and program_in(text) is not None)


def _named(raw: RawTune, name: str, after: float) -> tuple[int, Sections]:
    """The tick of the first section after a tick that has this name, or else has it in its own, and the later ones."""
    for sections in (_sections(raw, []), places(raw), raw.markers):
        for is_named in (name.lower().__eq__, lambda text: name.lower() in text):
            for tick, text in sections:
                if tick > after and is_named(text.lower()):
                    return tick, [section for section in sections if section[0] > tick]
    told = ", ".join(
        f"'{text}'" for text in dict.fromkeys(text for _, text in places(raw) or raw.markers if text.strip())
    )
    there = f"there are {told}; name one of these, or a beat" if told else "it has no markers; give a beat"
    later = f" after beat {after / raw.ticks_per_quarter:g}" if after >= 0 else ""
    raise ValueError(f"no marker is called '{name}'{later}: {there} (FROM_BEAT, TO_BEAT)")
