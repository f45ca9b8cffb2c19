"""From a solo to a finished piece: who plays with the soloist, how fast, in which style, and where their off-beats lie.

The others listen: an off-beat of theirs moves to the one that the soloist plays in the same beat, and where the beat is
halved it lies where the player's lie. Left to others: what a pianist (`improvising/comping.py`), bass and drums
(`improvising/backing.py`) play, and the soloist's own feel (`learning/feel.py`).
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from improvising.backing import BASS_CHANNEL, backing
from improvising.comping import Rhythm, comp
from learning.feel import OFFBEATS, SHORTEST
from music.chorus import usual_bar
from music.instruments import JAZZ_GUITAR, PIANO
from music.notes import Bar, Chord, Note, Nuance
from music.piece import SOLO, Part, Piece, Solo
from music.units import GRID, to_quarters

NEAR = GRID // 4  # grid steps between two off-beats of one beat that are meant to be one
SWUNG = 0.56  # where in the beat an off-beat lies from which it is swung
BALLAD = 76  # quarters a minute up to which a tune is a ballad
# Words by which charts name their style, in the order in which they count.
WORDS = {
    "bossa": ("bossa", "samba", "latin", "brazil", "choro", "salsa", "mambo", "cha cha", "bolero"),
    "waltz": ("waltz",),
    "ballad": ("ballad",),
    "straight": ("even", "straight", "funk", "rock", "pop", "fusion", "soul", "r&b", "disco", "gospel", "reggae"),
    "swing": ("swing", "blues", "bop", "bebop", "shuffle", "medium", "up tempo", "dixie", "stride"),
}


class Arrangement(NamedTuple):
    """How a solo becomes a piece: `tempo` in quarters a minute, the soloist's General MIDI `program`; the `style` of
    accompaniment; `swing`, where in a halved beat its off-beats lie, 0 to 1, and how much of that, `feel`, 0 to 1 (0:
    on the grid). `comps`: a pianist plays the changes, with his own `rhythm` or the style's (otherwise they sound as
    they are, or as they were struck, `strikes`, from the start); `listens`: off-beats move to the soloist's; `band`:
    bass and drums; `seed`: of all their choices. `written_for` and `count_in` as of a piece."""

    tempo: float
    program: int = JAZZ_GUITAR
    style: str = "swing"
    swing: float = 2 / 3
    feel: float = 1.0
    comps: bool = False
    rhythm: Rhythm | None = None
    strikes: Sequence[Chord] = ()
    listens: bool = True
    band: bool = False
    seed: int = 0
    written_for: str | None = None
    count_in: bool = False

    @property
    def offbeat(self) -> int:
        """The grid step of a quarter at which off-beats are written."""
        return min(OFFBEATS, key=lambda place: abs(place / GRID - self.swing))


def piece_of(solo: Solo, title: str, arrangement: Arrangement) -> Piece:
    """A solo over its chords as a finished piece: the soloist, a pianist, and if they are wanted bass and drums."""
    asked, bars, chords = arrangement, solo.bars, solo.chords
    if asked.comps:
        chords = comp(chords, bars, solo.notes, asked.seed, asked.style, asked.offbeat, asked.rhythm)
    elif asked.strikes:
        chords = [strike for strike in asked.strikes if strike.onset < solo.length]
    others = [Part("Chords", PIANO, 1, chords)]
    if asked.band:
        others += backing(solo.chords, bars, asked.seed, asked.style, asked.offbeat)
    if asked.listens:
        others = _together(others, solo, asked)
    lead = Part(SOLO, asked.program, 0, solo.notes, _from_the_start(solo))
    return Piece(title, asked.tempo, solo, [lead, *others], asked.written_for, asked.count_in, asked.style)


def _from_the_start(solo: Solo) -> list[Nuance]:
    """How the notes of a solo are played, none before its start."""
    nuances = []
    for note, nuance in zip(solo.notes, solo.nuances, strict=False):
        before = max(0.0, -(note.offset + nuance.late))
        length = max(SHORTEST, nuance.length - before) if before else nuance.length
        nuances.append(nuance._replace(late=nuance.late + before, length=length))
    return nuances


def style_in(words: str) -> str | None:
    """The style that a chart names: 'Medium Up Swing' -> 'swing'; None where it names none that is known."""
    named = words.lower()
    return next((style for style, known in WORDS.items() if re.search(rf"\b({'|'.join(known)})\b", named)), None)


def style_for(bars: list[Bar], tempo: float, swing: float) -> str:
    """The style for a tune of which nothing is said: by its beats, its tempo, and where its off-beats lie."""
    pulses = usual_bar(bars).pulses
    if any(pulse != GRID for pulse in pulses):
        return "straight"
    if len(pulses) == 3:
        return "waltz"
    if tempo <= BALLAD:
        return "ballad"
    return "swing" if swing >= SWUNG else "straight"


def _together(parts: list[Part], solo: Solo, arrangement: Arrangement) -> list[Part]:
    """The other parts, the pianist's first, with their off-beats where those before them have theirs."""
    beats, together = _Beats(solo.bars), []
    off = beats.off_beats(solo.notes)
    for part in parts:
        music = sorted(beats.joined(part.music, off), key=lambda item: item.onset)
        if part.channel == BASS_CHANNEL:  # who comes earlier lets the one before go
            ends = [*(after.onset for after in music[1:]), beats.end]
            music = [
                note._replace(duration=min(note.duration, end - note.onset))
                for note, end in zip(music, ends, strict=True)
            ]
        if not together:
            for beat, places in beats.off_beats(music).items():
                off[beat] = off.get(beat, frozenset()) | places
        together.append(part._replace(music=music))
    if not arrangement.feel:
        return together
    return [part._replace(nuances=beats.swung(part.music, off, arrangement)) for part in together]


class _Beats:
    """The beats of some bars, and what is played between them."""

    def __init__(self, bars: list[Bar]):
        self.lengths = [pulse for bar in bars for pulse in bar.pulses]
        self.starts = [bar.start + start for bar in bars for start in accumulate(bar.pulses[:-1], initial=0)]
        self.end = bars[-1].end if bars else 0

    def place(self, item: Note | Chord) -> tuple[int, int]:
        """The number of the beat in which something begins, and how many grid steps after it."""
        number = bisect_right(self.starts, item.onset) - 1
        return number, item.onset - self.starts[number]

    def off_beats(self, music: list[Note] | list[Chord]) -> dict[int, frozenset[int]]:
        """By beat the places at which something begins between it and the next."""
        found = {}
        for item in music:
            beat, step = self.place(item)
            if step:
                found[beat] = found.get(beat, frozenset()) | {step}
        return found

    def joined(self, music: list, off: dict[int, frozenset[int]]) -> list:
        """The same music, off-beats moved to those nearby that are there already: in each beat the nearest one."""
        moves = {}
        for item in music:
            beat, step = self.place(item)
            there = off.get(beat, frozenset())
            if step and there and step not in there:
                nearest = min(there, key=lambda place: (abs(place - step), -place))
                if abs(nearest - step) <= min(NEAR, abs(moves.get(beat, (0, NEAR))[1])):
                    moves[beat] = step, nearest - step
        moved = []
        for item in music:
            beat, step = self.place(item)
            by = moves[beat][1] if beat in moves and moves[beat][0] == step else 0
            shortest = min(item.duration, NEAR)
            moved.append(item._replace(onset=item.onset + by, duration=max(shortest, item.duration - by)))
        return moved

    def swung(self, music: list, off: dict[int, frozenset[int]], arrangement: Arrangement) -> list[Nuance]:
        """How music is played: in a halved beat the off-beat as the player's. Nothing where all are as written."""
        nuances = []
        for item in music:
            beat, step = self.place(item)
            is_alone = len(off.get(beat, frozenset()) | {step}) == 1
            is_halved = is_alone and step in OFFBEATS and self.lengths[beat] == GRID
            late = arrangement.feel * (arrangement.swing - step / GRID) if is_halved else 0.0
            nuances.append(Nuance(late, max(SHORTEST, to_quarters(item.duration) - late)))  # it ends where it did
        return nuances if any(nuance.late for nuance in nuances) else []
