"""From one track's raw notes to a line or to chords.

The rules for a line and for chords struck together are those of the family's programs on the music21 they were written
for, worked out over raw ticks, so that every music21 gives the same.

Raw notes are in ticks, in order of onset; notes and chords in grid steps. No notes give no line and no
chords. Left to others: which tracks these are (`reading/track_roles.py`), the melody in a track that holds its
accompaniment (`reading/hands.py`), chords that nobody strikes (`reading/harmonise.py`).
"""

from music.notes import Chord, Note
from music.units import GRID, SIXTEENTH, quantize
from reading.raw_tune import SLACK, RawNote

SHORTEST_NOTE = SIXTEENTH  # what a melody note gets whose length rounds to nothing
LONGEST_NOTE = 16 * GRID  # grid steps: what is left of one that hangs, for minutes or hours
HIGHEST_CHORD = 128  # notes that are compared with a group's first: no chord has more pitches
DOUBLED = 0.05  # share of onsets with several notes above which a line counts as doubled, not as played unevenly
ROLLED, LONGEST_ROLL = 0.09, 0.3  # quarters between notes of one strike, and from its first to its last


def melody_notes(notes: list[RawNote], ticks_per_quarter: int) -> dict[Note, RawNote]:
    """A line, quantised, by onset, each note with what it was; of notes struck and released together, the highest.

    Where many onsets have several notes all the same (a doubled line, released unevenly), each keeps its highest.
    """
    line = {}
    for group in group_notes(notes, ticks_per_quarter):
        top = max(group, key=lambda note: note.pitch)
        onset, duration = _quantized(group[0], ticks_per_quarter)
        line.setdefault(Note(onset, min(duration or SHORTEST_NOTE, LONGEST_NOTE), top.pitch, top.velocity), top)
    highest = {}
    for note in line:
        if note.onset not in highest or note.pitch > highest[note.onset].pitch:
            highest[note.onset] = note
    return {note: line[note] for note in highest.values()} if len(line) > (1 + DOUBLED) * len(highest) else line


def struck_chords(groups: list[list[RawNote]], ticks_per_quarter: int) -> list[Chord]:
    """The chords among groups of notes, quantised, by onset: of two or more notes, bare octaves left out.
    They have no names yet."""
    chords = []
    for group in groups:
        if is_chord(group):
            velocity = round(sum(note.velocity for note in group) / len(group))
            pitches = tuple(note.pitch for note in group)
            onset, duration = _quantized(group[0], ticks_per_quarter)
            tones = tuple(sorted({pitch % 12 for pitch in pitches}))
            chords.append(Chord(onset, min(duration, LONGEST_NOTE), pitches, velocity, None, "", tones, None))
    return chords


def strikes(notes: list[RawNote], ticks_per_quarter: int) -> list[list[RawNote]]:
    """Group notes that a hand strikes together, rolled or strummed too: each shortly after the one before.

    `notes` are in order of onset; when they are released does not matter.
    """
    close, most = ROLLED * ticks_per_quarter, LONGEST_ROLL * ticks_per_quarter
    groups = []
    for note in notes:
        is_next = groups and note.onset - groups[-1][-1].onset <= close and note.onset - groups[-1][0].onset <= most
        if is_next and all(note.pitch != other.pitch for other in groups[-1]):
            groups[-1].append(note)
        else:
            groups.append([note])
    return groups


def is_voicing(group: list[RawNote]) -> bool:
    """Whether notes are a chord by themselves: of three pitch classes or more."""
    return len({note.pitch % 12 for note in group}) > 2


def is_chord(group: list[RawNote]) -> bool:
    """Whether notes are of more than one pitch class."""
    return len({note.pitch % 12 for note in group}) > 1


def group_notes(notes: list[RawNote], ticks_per_quarter: int) -> list[list[RawNote]]:
    """Group notes that are struck and released together, within a sixteenth of a quarter of the group's first.

    `notes` are in order of onset. A note that joined a group opens none of its own, but may join a second one, as it
    could in the music21 that the family used. A group of one is a note by itself.
    """
    slack = ticks_per_quarter / SLACK
    groups, taken = [], set()
    for index, opener in enumerate(notes):
        if index in taken:
            continue
        group = [opener]
        for later in range(index + 1, min(index + HIGHEST_CHORD, len(notes))):
            note = notes[later]
            if note.onset - opener.onset > slack:
                break
            if abs(note.end - opener.end) <= slack:
                taken.add(later)
                group.append(note)
        groups.append(group)
    return groups


def one_line(lines: list[list[RawNote]], slack: int) -> list[RawNote]:
    """What several players play as one line, by onset: a later one cuts off what another one still holds, and of two
    within `slack` ticks the higher is taken."""
    kept, line, following = [], [], {}
    for note, player in sorted((note, player) for player, notes in enumerate(lines) for note in notes):
        if kept and kept[-1][1] != player and note.onset - kept[-1][0].onset <= slack:
            if note.pitch > kept[-1][0].pitch:
                kept[-1] = note, player
        else:
            kept.append((note, player))
    for note, player in reversed(kept):
        line.append(note._replace(end=min([note.end, *(at for other, at in following.items() if other != player)])))
        following[player] = note.onset
    return line[::-1]


def split_voices(notes: list[RawNote], ticks_per_quarter: int) -> tuple[list[RawNote], list[RawNote]]:
    """Part what is written into its upper voice, the notes with which no higher one starts or still sounds, and the
    rest."""
    line, rest, sounding = [], [], []
    for note in sorted(notes, key=lambda note: (note.onset, -note.pitch, -note.end)):
        slack = ticks_per_quarter // SLACK
        sounding = [other for other in sounding if other.onset == note.onset or other.end > note.onset + slack]
        if any(other.onset == note.onset or other.pitch >= note.pitch for other in sounding):
            rest.append(note)
        else:
            line.append(note)
            sounding.append(note)
    return line, rest


def _quantized(note: RawNote, ticks_per_quarter: int) -> tuple[int, int]:
    return quantize(note.onset, ticks_per_quarter), quantize(note.end - note.onset, ticks_per_quarter)
