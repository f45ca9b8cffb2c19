"""A tune as JSON and back, as it is remembered and saved; what comes back is not believed but checked."""

from pathlib import Path

from music.chord_symbols import parse_symbol
from music.notes import Bar, Chord, Note
from music.piece import Tune
from music.units import GRID

LATEST, LONGEST_BAR = 10_000_000 * GRID, 64 * GRID  # grid steps: beyond them nothing that was read can lie


def tune_to_json(tune: Tune) -> dict:
    """A tune as what JSON can hold."""
    return vars(tune) | {"path": tune.path.name}


def tune_from_json(parts: dict) -> Tune:
    """What `tune_to_json` made, as a tune again; ValueError, TypeError or LookupError for what cannot be one."""
    parts = dict(parts)
    parts["melody"] = {int(bar): [Note(*note) for note in notes] for bar, notes in parts["melody"].items()}
    parts["chords"] = {int(bar): [_chord(chord) for chord in chords] for bar, chords in parts["chords"].items()}
    parts["bars"] = {
        int(bar): Bar(start, length, tuple(meter)) for bar, (start, length, meter) in parts["bars"].items()
    }
    parts["told"], parts["abstract_grammars"] = tuple(parts["told"]), tuple(parts["abstract_grammars"])
    parts["path"] = Path(parts["path"])
    tune = Tune(**parts)
    _check(tune)
    return tune


def _chord(fields: list) -> Chord:
    """A chord with its lists as tuples; its symbol has to be one, with this root."""
    onset, duration, pitches, velocity, root, symbol, tones, bass = fields
    if not (parse_symbol(symbol).root == root and all(type(tone) is int and 0 <= tone < 12 for tone in (*tones, bass))):
        raise ValueError(f"{symbol!r} is not the name of its chord")
    return Chord(onset, duration, tuple(pitches), velocity, root, symbol, tuple(tones), bass)


def _check(tune: Tune) -> None:
    """Refuse a tune of which the rest of the program could not be sure: it may come from elsewhere."""
    same_bars = list(tune.melody) == list(tune.chords) == list(tune.bars)
    if not (same_bars and tune.bars and len(tune.abstract_grammars) == len(tune.bars)):
        raise ValueError("its melody, chords, bars and grammar do not hold the same bars")
    for number, bar in tune.bars.items():
        music = tune.melody[number] + tune.chords[number]
        pitches = [note.pitch for note in tune.melody[number]]
        pitches += [pitch for chord in tune.chords[number] for pitch in chord.pitches]
        times = [time for item in music for time in (item.onset, item.duration)]
        if not (
            all(type(whole) is int for whole in (*bar[:2], *bar.meter, *times, *pitches))
            and len(bar.meter) == 2
            and min(bar.meter) > 0
            and 0 <= bar.start <= LATEST
            and 0 < bar.length <= LONGEST_BAR
            and all(0 <= pitch <= 127 for pitch in pitches)
            and all(bar.start <= item.onset < bar.end for item in music)
            and all(0 <= item.duration <= LATEST and 0 <= item.velocity <= 127 for item in music)
            and tune.chords[number]
            and all(chord.pitches and chord.tones for chord in tune.chords[number])
        ):
            raise ValueError(f"its bar {number} holds what cannot be played")
