"""A tune as JSON and back, as it is remembered and saved; what comes back is not believed but checked."""

import math
from itertools import pairwise
from pathlib import Path

from music.chord_symbols import parse_symbol
from music.notes import Bar, Chord, Note, Nuance
from music.piece import ROLES, TrackView, Tune
from music.units import GRID
from reading.meters import LONGEST_BAR, MAX_BARS
from reading.midi_bytes import MOST_RANGE

LATEST = 10_000_000 * GRID  # grid steps: beyond them nothing that was read can lie
FASTEST = 60_000_000  # quarters a minute: of a microsecond each


def tune_to_json(tune: Tune) -> dict:
    """A tune as what JSON can hold."""
    return vars(tune) | {"path": tune.path.name}


def tune_from_json(parts: dict) -> Tune:
    """What `tune_to_json` made, as a tune again. Raises ValueError for whatever else JSON can hold."""
    try:
        return _tune(dict(parts))
    except (TypeError, LookupError, AttributeError, OverflowError) as error:
        raise ValueError(f"holds no tune ({type(error).__name__}: {error})") from error


def _tune(parts: dict) -> Tune:
    parts["melody"] = {int(bar): [Note(*note) for note in notes] for bar, notes in parts["melody"].items()}
    if parts.pop("is_struck", False):  # of an older version, whose chords are what was struck
        parts["strikes"] = parts["chords"]
    for name in ("chords", "strikes"):
        parts[name] = {int(bar): [_chord(chord) for chord in in_bar] for bar, in_bar in parts.get(name, {}).items()}
    parts["bars"] = {
        int(bar): Bar(start, length, tuple(meter)) for bar, (start, length, meter) in parts["bars"].items()
    }
    parts["told"], parts["abstract_grammars"] = tuple(parts["told"]), tuple(parts["abstract_grammars"])
    parts["sections"] = {int(bar): name for bar, name in parts.get("sections", {}).items()}
    parts["nuances"] = {
        int(bar): [Nuance(late, length, tuple(map(tuple, bends))) for late, length, bends in nuances]
        for bar, nuances in parts.get("nuances", {}).items()
    }
    parts["tracks"] = tuple(
        TrackView(name, role, why, tuple(map(tuple, bars))) for name, role, why, bars in parts.get("tracks", [])
    )
    parts["path"] = Path(Path(parts["path"]).name)
    tune = Tune(**parts)
    _check(tune)
    return tune


def _chord(fields: list) -> Chord:
    """A chord with its lists as tuples; its symbol has to be one, with this root."""
    onset, duration, pitches, velocity, root, symbol, tones, bass, *is_written = fields
    named = parse_symbol(symbol).root
    if named is None:
        fits = root is bass is None and not tones and not pitches
    else:
        fits = root == named and pitches and tones and all(type(one) is int and 0 <= one < 12 for one in (*tones, bass))
    if not fits:
        raise ValueError(f"{symbol!r} is not the name of its chord")
    return Chord(onset, duration, tuple(pitches), velocity, root, symbol, tuple(tones), bass, is_written == [True])


def _check(tune: Tune) -> None:
    """Refuse a tune of which the rest of the program could not be sure: it may come from elsewhere."""
    same_bars = list(tune.melody) == list(tune.chords) == list(tune.bars)
    if not (same_bars and tune.bars and len(tune.abstract_grammars) == len(tune.bars)):
        raise ValueError("its melody, chords, bars and grammar do not hold the same bars")
    if not (type(tune.tempo) in (int, float) and math.isfinite(tune.tempo) and 0 < tune.tempo <= FASTEST):
        raise ValueError(f"its tempo is {tune.tempo!r}")
    texts = *tune.told, *tune.abstract_grammars, tune.player, tune.title, tune.style
    if not all(type(text) is str for text in texts):
        raise ValueError("its grammar, its names, or what was told of it, is no text")
    if not (tune.fifths is None or (type(tune.fifths) is int and abs(tune.fifths) <= 7)):
        raise ValueError(f"its key has {tune.fifths!r} sharps")
    if not all(number in tune.bars and type(name) is str for number, name in tune.sections.items()):
        raise ValueError("its sections are no names of bars")
    if not (tune.program is None or (type(tune.program) is int and 0 <= tune.program <= 127)):
        raise ValueError(f"its instrument is {tune.program!r}")
    if not set(tune.strikes) <= set(tune.bars):
        raise ValueError("what is struck is in bars that it has not")
    if not all(map(_is_view, tune.tracks)):
        raise ValueError("its tracks are not told as they are")
    if not (tune.begins is None or type(tune.begins) in (int, float) and 0 <= tune.begins <= LATEST):
        raise ValueError(f"it begins at {tune.begins!r}")
    if tune.nuances and list(tune.nuances) != list(tune.bars):
        raise ValueError("its bars are not those of what was played in them")
    if any(after.start < before.end for before, after in pairwise(tune.bars.values())):
        raise ValueError("its bars do not follow one another")
    for number, bar in tune.bars.items():
        notes, chords, strikes = tune.melody[number], tune.chords[number], tune.strikes.get(number, [])
        pitches = [
            *(note.pitch for note in notes),
            *(pitch for chord in (*chords, *strikes) for pitch in chord.pitches),
        ]
        if not (
            _is_bar(bar)
            and all(_is_within(bar, item) for item in [*notes, *chords, *strikes])
            and all(type(pitch) is int and 0 <= pitch <= 127 for pitch in pitches)
            and all(note.duration > 0 for note in notes)
            and (not tune.nuances or len(tune.nuances[number]) == len(notes))
            and all(map(_is_nuance, tune.nuances.get(number, [])))
            and chords
        ):
            raise ValueError(f"its bar {number} holds what cannot be played")


def _is_view(view: TrackView) -> bool:
    texts = all(type(text) is str for text in view[:3]) and view.role in ROLES
    return texts and all(
        len(run) == 2 and all(type(bar) is int for bar in run) and 0 <= run[0] <= run[1] < 2 * MAX_BARS
        for run in view.bars
    )


def _is_bar(bar: Bar) -> bool:
    whole = all(type(number) is int for number in (bar.start, bar.length, *bar.meter))
    in_bounds = whole and 0 <= bar.start <= LATEST and 0 < bar.length <= LONGEST_BAR * GRID
    return in_bounds and len(bar.meter) == 2 and min(bar.meter) > 0


def _is_nuance(nuance: Nuance) -> bool:
    numbers = [nuance.late, nuance.length, *(number for bend in nuance.bends for number in bend)]
    if not all(type(number) in (int, float) and math.isfinite(number) for number in numbers):
        return False
    in_bounds = abs(nuance.late) <= LONGEST_BAR and 0 <= nuance.length <= LATEST
    return in_bounds and all(len(bend) == 2 and bend[0] >= 0 and abs(bend[1]) <= MOST_RANGE for bend in nuance.bends)


def _is_within(bar: Bar, item: Note | Chord) -> bool:
    """Whether a note or chord is one, and begins in the bar."""
    if not all(type(number) is int for number in (item.onset, item.duration, item.velocity)):
        return False
    return bar.start <= item.onset < bar.end and 0 <= item.duration <= LATEST and 0 <= item.velocity <= 127
