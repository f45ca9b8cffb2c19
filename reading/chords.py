"""The chords of a tune's bars, what they are called, and what a pianist strikes of them.

Symbols are voiced, and keep their names; a MIDI file's markers may be its changes. Else the harmony is judged from all
that sounds (`reading/harmonise.py`), and gets its voicing, from what is struck where something is, and its name here.
A known tune's chords are what is struck, each strike named by itself, as the original reads it. Raw notes are in ticks,
what is made of them in grid steps; windows in quarters. Left to others: which tracks these are (`reading/choosing.py`),
how a voicing is named (`music/chord_names.py`).
"""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict, deque
from collections.abc import Iterator
from itertools import accumulate, pairwise

from music.chord_names import name_voicing, spelled_symbol
from music.chord_symbols import Symbol
from music.keys import key_of
from music.notes import Bar, Chord, Note
from music.units import GRID, quantize
from music.voicings import voice_changes
from reading.charts import all_symbols
from reading.grouping import LONGEST_NOTE, SHORTEST_NOTE, melody_notes
from reading.harmonise import AHEAD, Harmony, Sound, find_harmony, harmonise_melody
from reading.meters import by_bar, held_in_bars
from reading.raw_tune import RawNote, RawTune, list_names, some
from reading.track_roles import Strand, Window, find_struck_chords, inside, is_bass, shown

NEAR = 4  # bars of a longer rest of the melody's that are heard, too, on either side
LONGEST_PEDAL = 8  # quarters that it holds a note: strings die away, and files forget to release it
AT_ONCE = GRID // 4  # grid steps by which a bass may be ahead of the chord it belongs to
VELOCITY = 72  # of chords under a melody alone
LOWEST_ROOT = 45  # A2: the seventh above the highest root, G#3, is no higher than 67
HARTE = re.compile(r"(?<=[A-G#b]):(?=\w)")  # between root and kind
HELD_BASS = 3 * GRID  # grid steps; a bass under half a chord, or half of this, is only a step of its walk


def find_symbols(
    raw: RawTune, chord_tracks: tuple[int, ...] | None, melody_track: int
) -> tuple[list[tuple[int, Symbol]], str]:
    """The chord symbols of the part of a score that has most, the melody's first, as (onset, symbol), and what is told
    of them; none: an empty list."""
    symbols = raw.symbols or []
    sources = [part for part in range(len(symbols)) if symbols[part] and (chord_tracks is None or part in chord_tracks)]
    if not sources:
        return [], ""
    source = max(sources, key=lambda part: (len(symbols[part]), part == melody_track))
    written = [(quantize(tick, raw.ticks_per_quarter), symbol) for tick, symbol in symbols[source]]
    return written, f"{some(len(symbols[source]), 'symbol')}, as written"


def find_striking(raw: RawTune, strands: list[Strand], window: Window, wanted: set[int]) -> tuple[int, str] | None:
    """`find_struck_chords` of what the strands play in a window."""
    units = raw.ticks_per_quarter
    heard = [Strand(strand.name, inside(strand.notes, window, units)) for strand in strands]
    return find_struck_chords(heard, units, raw.bars, wanted)


def symbol_chords(symbols: list[tuple[int, Symbol]], bars: dict[int, Bar]) -> dict[int, list[Chord]]:
    """Voicings of the symbols in each bar, each held until the next; a bar begins with the chord that goes on."""
    changes = [change for before, change in pairwise([(0, None), *symbols]) if before[1] != change[1]]
    voiced = voice_changes([[(1, symbol)] for _, symbol in changes])
    return _held([(onset, voiced[index][0]) for index, (onset, _) in enumerate(changes)], bars)


def _held(played: list[tuple[int, Chord]], bars: dict[int, Bar]) -> dict[int, list[Chord]]:
    """The chords of each bar, from (onset, chord), each held until the next."""
    return {
        number: [chord._replace(onset=onset, duration=duration) for onset, duration, chord in in_bar]
        for number, in_bar in zip(bars, held_in_bars(played, bars.values()), strict=True)
    }


def find_chords(
    raw: RawTune, strands: list[Strand], struck: list[Chord], bars: dict[int, Bar], melody: list[Note]
) -> tuple[dict[int, list[Chord]], str]:
    """The chords of the tune's bars where no symbols stand, from what sounds in the strands and in the melody, voiced
    as they are `struck` where they are; and what is told of them."""
    near = {one for number in bars for one in range(max(number - NEAR, 0), number + NEAR + 1)}
    span = [raw.bars[number] for number in sorted(near) if min(bars) <= number <= max(bars)]
    sounds = _sounding_in(bars, _as_played(raw, strands))
    if raw.is_written and 2 * len(_bars_with(sounds, bars)) < len(bars):
        sounds = []
    if sounds:
        harmony, told = find_harmony(sounds, melody, span), f"heard in {list_names([one.name for one in strands])}"
    else:
        harmony, key = harmonise_melody(melody, span)
        most = " in most bars" if raw.is_written else ""
        told = f"made from the melody alone, in {key} (nothing else with pitches sounds{most})"
    loudness = round(sum(sound.velocity for sound in sounds) / len(sounds)) if sounds else VELOCITY
    fifths = key_of(melody, harmony).fifths
    voiced = [_voiced(one, struck, loudness, fifths) for one in harmony]
    return _held([(chord.onset, chord) for chord in voiced], bars), told


def _voiced(harmony: Harmony, struck: list[Chord], velocity: int, fifths: int) -> Chord:
    """A harmony as a chord: as it is struck at its fullest, with the tensions that are, or else closely on its root."""
    first = bisect_left(struck, harmony.onset - AHEAD, key=lambda chord: chord.onset)
    last = bisect_left(struck, harmony.end, key=lambda chord: chord.onset)
    its = [
        chord
        for chord in struck[first:last]
        if chord.end > harmony.onset + AT_ONCE and not (chord.onset >= harmony.end - AHEAD and chord.end > harmony.end)
    ]
    fitting = [chord for chord in its if len(chord.tones) > 2 and harmony.holds(set(chord.tones))]
    root = LOWEST_ROOT + (harmony.root - LOWEST_ROOT) % 12
    pitches, tones = tuple(root + interval for interval in harmony.shape), {*harmony.tones}
    if fitting:
        chord = max(fitting, key=lambda chord: (len(chord.tones), chord.duration, -chord.onset))
        pitches, velocity, tones = chord.pitches, chord.velocity, tones | {*chord.tones}
    intervals = [(tone - harmony.root) % 12 for tone in tones]
    symbol = spelled_symbol(harmony.root, intervals, harmony.bass, fifths)
    times = harmony.onset, harmony.duration
    return Chord(*times, pitches, velocity, symbol.root, symbol.text, tuple(sorted(tones)), symbol.bass)


def _as_played(raw: RawTune, strands: list[Strand]) -> list[Sound]:
    """The strands' notes in grid steps, not quantised; of a recording without the hanging ones' length."""
    units, sounds = raw.ticks_per_quarter, []
    for strand in strands:
        for onset, end, pitch, velocity in _pedalled(strand, LONGEST_PEDAL * units):
            start, duration = onset * GRID / units, (end - onset) * GRID / units
            if not raw.is_written:
                duration = min(max(duration, SHORTEST_NOTE), LONGEST_NOTE)
            sounds.append(Sound(start, start + duration, pitch, velocity))
    return sounds


def _pedalled(strand: Strand, most: int) -> Iterator[RawNote]:
    """A strand's notes, each as long as the pedal holds it, up to so many ticks, or until its key is struck again."""
    downs, times = [is_down for _, is_down in strand.pedals], [tick for tick, _ in strand.pedals]
    ups, up = [], None
    for tick, is_down in reversed(strand.pedals):  # when each one that is down goes up
        up = up if is_down else tick
        ups.append(up)
    again = {}
    for note in reversed(strand.notes) if any(downs) else strand.notes:
        place, following = bisect_right(times, note.end) - 1, again.get(note.pitch)
        if place >= 0 and downs[place]:
            ends = [ups[-1 - place], following, note.onset + most]
            note = note._replace(end=max(note.end, min(end for end in ends if end is not None)))
        again[note.pitch] = note.onset
        yield note


def _sounding_in(bars: dict[int, Bar], sounds: list[Sound]) -> list[Sound]:
    first, *_, last = [*bars.values()] * 2
    return [sound for sound in sounds if sound.onset < last.end and sound.end > first.start]


def _bars_with(sounds: list[Sound], bars: dict[int, Bar]) -> set[int]:
    """In which of the bars, counted from 0, something sounds."""
    starts, heard = [bar.start for bar in bars.values()], set()
    for sound in sounds:
        heard.update(range(max(bisect_right(starts, sound.onset) - 1, 0), bisect_left(starts, sound.end)))
    return heard


def bass_line(raw: RawTune, melody_track: int, strands: list[Strand]) -> list[Note]:
    """What the bass plays, quantised, of the track that is one and plays most; nothing where there is none, or where it
    strikes the chords itself."""
    names = {strand.name for strand in strands}
    basses = [
        track.notes()
        for number, track in enumerate(raw.tracks)
        if number != melody_track and is_bass(track) and (len(names) > 1 or shown(raw, number) not in names)
    ]
    return list(melody_notes(max(basses, key=len), raw.ticks_per_quarter)) if basses else []


def as_struck(
    struck: list[Chord], bass_notes: list[Note], bars: dict[int, Bar], raw: RawTune, melody: list[Note]
) -> dict[int, list[Chord]]:
    """The strikes that begin in each bar as its chords, each named by itself, with what a bass plays under it, in the
    key of the whole; for a bar without, the last one before it, or else the first of all.

    So the original reads its tune. Voicings that are struck again in their bar keep their name.
    """
    chords = by_bar(struck, raw.bars)
    fifths = key_of(melody, [chord for in_bar in chords.values() for chord in in_bar]).fifths
    onsets = sorted({chord.onset for in_bar in chords.values() for chord in in_bar})
    last = max(chord.end for in_bar in chords.values() for chord in in_bar)
    spans = dict(pairwise([*onsets, max(last, onsets[-1] + 1)]))
    bass_onsets = [note.onset for note in bass_notes]
    named = {}
    for number, in_bar in chords.items():
        together, before, symbol, named[number] = defaultdict(set), None, None, []
        for chord in in_bar:  # voicings that are struck at once are one chord
            together[chord.onset].update(chord.pitches)
        for chord in in_bar:
            pitches = together[chord.onset]
            if pitches != before:
                index = _index_under(chord.onset, spans[chord.onset], bass_onsets)
                bass, is_held = _sounding(chord.onset, spans[chord.onset], bass_notes[index] if index >= 0 else None)
                symbol = name_voicing(tuple(pitches), bass, is_held, fifths)
            before = pitches
            named[number].append(chord._replace(root=symbol.root, symbol=symbol.text, bass=symbol.bass))
    waiting = deque(named.items())
    held, found = waiting[0][1][0], {}
    for number, bar in bars.items():
        while waiting and waiting[0][0] <= number:
            held = waiting.popleft()[1][-1]
        found[number] = named.get(number) or [held._replace(onset=bar.start, duration=bar.length)]
    return found


def strikes_over(struck: list[Chord], chords: dict[int, list[Chord]], bars: dict[int, Bar]) -> dict[int, list[Chord]]:
    """What is struck in the bars, named by the chord that holds there, or in which it is ahead."""
    every = [chord for in_bar in chords.values() for chord in in_bar]
    onsets, found = [chord.onset for chord in every], {}
    for number, bar in bars.items():
        for strike in struck[bisect_left(struck, bar.start, key=lambda one: one.onset) :]:
            if strike.onset >= bar.end:
                break
            over = every[max(bisect_right(onsets, strike.onset) - 1, 0)]
            following = every[max(bisect_right(onsets, strike.onset + AHEAD) - 1, 0)]
            chord = following if strike.end > following.onset + AT_ONCE else over
            if chord.root is not None:
                named = {"root": chord.root, "symbol": chord.symbol, "bass": chord.bass}
                found.setdefault(number, []).append(strike._replace(**named))
    return found


def marked_symbols(raw: RawTune) -> list[tuple[int, Symbol]]:
    """The markers of a MIDI file where they are its changes, as (onset, symbol), or else its other texts; else none.

    Most of them have to hold nothing but symbols; several share the rest of their bar. Letters that come in the order
    of the alphabet name sections. A symbol holds until the next one.
    """
    for texts in (raw.markers, raw.texts):
        read = [(tick, symbols) for tick, text in texts if (symbols := symbols_in(text))]
        read = _without_sections(read)
        telling = sum(symbol.root is not None for _, symbols in read for symbol in symbols)
        if telling > 1 and 2 * len(read) > len({tick for tick, _ in texts}):
            return _in_their_bars(read, raw)
    return []


def symbols_in(text: str) -> list[Symbol] | None:
    """The symbols of a marker that holds nothing else, in bars, brackets or quotes: '[Dm7]', '| C:maj7 |'."""
    return all_symbols(HARTE.sub("", text.strip("|[]\"' ")))


def _without_sections(read: list[tuple[int, list[Symbol]]]) -> list[tuple[int, list[Symbol]]]:
    """Without letters that come in the order of the alphabet; a lone A may be a chord where no other stands."""
    others = [(tick, symbols) for tick, symbols in read if len(symbols) > 1 or len(symbols[0].text) > 1]
    letters = dict.fromkeys(symbols[0].text for one in read if one not in others for symbols in one[1:])
    if not "ABCDEFG".startswith("".join(letters)):
        return read
    named = {tick for tick, _ in others}
    return [one for one in read if one in others or (named and len(letters) == 1 and one[0] not in named)]


def _in_their_bars(read: list[tuple[int, list[Symbol]]], raw: RawTune) -> list[tuple[int, Symbol]]:
    """Each symbol with its onset; those of one text share what is left of the bar."""
    marked = []
    for tick, symbols in read:
        onset = quantize(tick, raw.ticks_per_quarter)
        bar = raw.bars[raw.bars.number(onset)]
        left = bar._replace(start=onset, length=bar.end - onset)
        lengths = left.shares(len(symbols)) if len(symbols) <= left.length else [0] * len(symbols)
        marked += zip(accumulate(lengths[:-1], initial=onset), symbols, strict=True)
    return marked


def _index_under(onset: int, end: int, bass_onsets: list[int]) -> int:
    """Which bass belongs under a chord that sounds from `onset` to `end`: the first that begins with it or while it
    lasts, for chords are struck ahead; else the last before it, or -1."""
    first = bisect_left(bass_onsets, onset - AT_ONCE)
    return first if first < len(bass_onsets) and bass_onsets[first] < end else first - 1


def _sounding(onset: int, end: int, bass: Note | None) -> tuple[int | None, bool]:
    """The pitch of a bass that sounds under a chord, None if it does not, and whether it is held through most of it."""
    if bass is None or bass.end <= onset:
        return None, False
    sounding = min(bass.end, end) - max(bass.onset, onset)
    return bass.pitch, 2 * sounding > max(end - onset, HELD_BASS)
