"""A bar that is counted before a piece, by sticks, in what is heard of it: MIDI and sound.

Where the piece begins with a pickup, what that bar lacks is counted, too. Left to others: the page, which counts by
itself.
"""

from dataclasses import replace

from music.chorus import usual_bar
from music.notes import Note, Nuance, moved
from music.piece import DRUM_CHANNEL, Part, Piece, lay_out
from music.units import GRID, to_quarters

STICKS, FIRST, OTHERS = 37, 100, 84  # General MIDI's side stick, and how loud a bar's first beat and the others are


def counted_in(piece: Piece) -> tuple[Piece, int]:
    """The piece as it is heard, and how many grid steps are counted before."""
    solo = piece.solo
    if not (piece.count_in and solo.bars):
        return piece, 0
    bar, first = usual_bar(solo.bars), solo.bars[0]
    lacking = first.lacking if len(solo.bars) > 1 else 0
    steps = bar.length + lacking
    sticks, place = [], 0
    for pulse in (*bar.pulses, *first._replace(length=lacking).pulses):
        sticks.append(Note(place, min(pulse, GRID // 2), STICKS, OTHERS if place % bar.length else FIRST))
        place += pulse
    bars = lay_out([bar, first._replace(length=first.length + lacking), *solo.bars[1:]])
    notes_by_bar, chords_by_bar = (
        [[], moved(music[0], lacking), *music[1:]] for music in (solo.notes_by_bar, solo.chords_by_bar)
    )
    nuances = [[], *solo.nuances_by_bar] if solo.nuances_by_bar else []
    heard = replace(solo, bars=bars, notes_by_bar=notes_by_bar, chords_by_bar=chords_by_bar, nuances_by_bar=nuances)
    parts = [part._replace(music=moved(part.music, steps)) for part in piece.parts]
    if parts and parts[-1].channel == DRUM_CHANNEL:
        drums = parts.pop()
        played = (
            [*[Nuance(0.0, to_quarters(note.duration)) for note in sticks], *drums.nuances] if drums.nuances else ()
        )
        parts.append(drums._replace(music=[*sticks, *drums.music], nuances=played))
    else:
        parts.append(Part("Drums", 0, DRUM_CHANNEL, sticks))
    return replace(piece, solo=heard, parts=parts), steps
