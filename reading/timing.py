"""The time of a MIDI file as a musician hears it: its beats, latency, meter and pickup, where it does not tell them.

What a file says is believed, except for what a sequencer writes by itself: one 4/4 at the start, bars counted from
there, beats where nobody played any, and notes as late as the keyboard's sound. Another reading needs strong evidence,
and is told. The evidence for bars comes every so many beats: harmony changes, a long note begins, the bass drum sounds.

Times are quarters, beats are quarters numbered from 0; a note up to half a beat early belongs to the beat it is ahead
of. Left to others: beats that nobody counted (`reading/beats.py`), bars of a meter (`reading/meters.py`).
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from music.piece import UNTOLD_TEMPO
from music.units import GRID, to_quarters
from reading.beats import BASS, BASS_DRUM, SAME, Heard, find_beats, heard_in
from reading.meters import MAX_BARS, length_of, meter_in
from reading.midi_bytes import FileEvents
from reading.raw_tune import HIGHEST_TEMPO, LOWEST_TEMPO, Track, some

# Without a click: how regularly onsets lie in parts of quarters. Files on the beat have 0.34 or more.
REGULAR, PARTS = 0.22, (1, 2, 3, 4)
MECHANICAL, FINE_PARTS = 0.6, (6, 8, 12)  # finer parts show only what a machine plays
SOME = 48  # onsets from which it is judged
# A tempo near a simple part of the file's looks regular by chance: from stretch to stretch its place wanders.
DOUBTFUL, STRETCH, FULL = 0.5, 8, 6  # regularity up to which this is asked; quarters; onsets of a stretch that counts
LOCAL, WANDERS = 0.45, 0.75  # how regular stretches are of which it is asked, and how little alike if it wanders

# Latency, in parts of a quarter.
PLACES = 480
WIDTH = 0.012  # within which notes count as equally late
LEAST_LATE, MOST_LATE = 0.025, 0.2  # beyond that notes may as well be a sixteenth early
FEW = 16  # onsets of a track that has no say
ON_TIME, ALONE_ON_TIME = 0.3, 0.15  # of those that are late, how many may lie on the beat; in a track that is alone

# Bars.
LONG = 8  # beats of a note that count
WEIGHTS = (1.0, 0.4, 0.4, 0.4)  # of harmony, new chords, long notes, bass drum, fitted on accompanied solos and sheets
METERS = {3: "3/4", 5: "5/4", 7: "7/4"}  # what a sequencer's 4/4 may be in truth, by the quarters in a bar
EVEN = 0.3  # of the onsets in the middle of 6/8, by how many those on 2 and 3 may be more than those beside them
FEW_BARS, CLEAR = 6, 2.5  # bars from which they are judged, and what the beginning of bars must stand out by
CLEARER, CLEARER_THAN_NONE = 2.0, 1.0  # than 4/4 another meter must be, where 4/4 is told and where nothing is
UNTOLD_PICKUP = np.array([0.0, 1.0, 1.0, 1.0])  # what 4/4 after a pickup loses against another meter
PICKUP_CLEARER, PICKUP_SHARE = 3.5, 0.4  # than bars from the start those after a pickup; the share these may have
ENTERED_CLEARER, ENTERED_SHARE = 1.0, 0.5  # than bars from the start, and of the best, where the others enter
ALONE = 0.9  # of the notes of a line alone, how many are struck by themselves
SHORT = 0.75  # of the time from chord to chord: shorter chords are between beats
HALF, NEAR = 0.5, 0.1  # of a quarter
KEPT, NOT_KEPT = 0.7, 0.2  # of those who keep the beat half past it, how many lie there, and how many may on it
LINE_ON = 3.0  # times as many notes of the line may lie on the quarter as half past it
EARLY = 0.001  # quarters: a swung or straight off-beat is ahead of the next beat


def in_time(
    tracks: list[Track], file: FileEvents, meter: str | None = None, pickup: float | None = None
) -> tuple[list[Track], int, tuple[str, ...]]:
    """The tracks on their beats, the tick of the first bar line after a pickup (0: none), and what is told of both.

    `file`'s meters, tempos and texts are put right; `meter` ('3/4') and `pickup` (quarters) overrule what is found and
    what the file says. Raises ValueError for a meter that is none. What this program has written is as it says.
    """
    told, heard, strength, is_free = [], heard_in(tracks), np.zeros(0), False
    is_ours = any(track.written for track in tracks)
    if not is_ours and heard.onset.max() < 4 * MAX_BARS:
        is_played = (regular := regularity(heard)) < REGULAR or regular < DOUBTFUL and wanders(heard)
        moved, told = (_on_found_beats if is_played else _without_latency)(tracks, file, heard)
        is_free = is_played and moved is not tracks
        heard, tracks = heard if moved is tracks else heard_in(moved), moved
        if is_free or not is_played:
            strength = bar_strength(heard)
    if meter:
        file.meters = [(0, meter_in(meter))]
    elif set(file.meters) <= {(0, (4, 4))} and (found := find_meter(strength, heard, bool(file.meters) or is_free)):
        says = "4/4 from the start, as sequencers do" if file.meters else "no meter"
        told.append(f"meter: {found}, which harmony and long notes keep (the file tells {says}); METER overrules")
        file.meters = [(0, meter_in(found))]
    bar = next((one for _, one in file.meters if length_of(one)), (4, 4))
    if pickup is None:
        is_one = len(strength) and set(file.meters) <= {(0, bar)}
        pickup = find_pickup(strength, heard, bar, is_free) if is_one else 0.0
        if pickup:
            told.append(f"pickup: {_quarters(pickup)}, for harmony and long notes begin bars there; PICKUP overrules")
    first = round(pickup % to_quarters(length_of(bar)) * file.division)
    if first:
        before = [changed for tick, changed in file.meters if tick <= first]
        file.meters = [(first, before[-1] if before else bar), *(one for one in file.meters if one[0] > first)]
    return tracks, first, tuple(told)


def regularity(heard: Heard) -> float:
    """How regularly onsets, but drums', lie in the quarters: 0, anywhere, to 1, all alike in some parts of one. 1
    for few onsets, which tell nothing."""
    onsets = np.unique(heard.onset[~heard.is_drum])
    if len(onsets) < SOME:
        return 1.0
    alike = {parts: abs(np.exp(2j * np.pi * parts * onsets).mean()) for parts in PARTS + FINE_PARTS}
    return max(share for parts, share in alike.items() if parts in PARTS or share > MECHANICAL)


def wanders(heard: Heard) -> bool:
    """Whether onsets that lie regularly in each stretch of the file lie elsewhere in the quarter from one to the
    next."""
    onsets, alike = np.unique(heard.onset[~heard.is_drum]), []
    stretch = (onsets // STRETCH).astype(int)
    counts = np.bincount(stretch)
    for parts in PARTS:
        turns = 2 * np.pi * parts * onsets
        means = np.bincount(stretch, np.cos(turns)) + 1j * np.bincount(stretch, np.sin(turns))
        sizes = np.abs(means)[counts >= FULL]
        if sizes.sum() > LOCAL * counts[counts >= FULL].sum():
            alike.append(abs(means[counts >= FULL].sum()) / sizes.sum())
    return max(alike, default=1.0) < WANDERS


def _on_found_beats(tracks: list[Track], file: FileEvents, heard: Heard) -> tuple[list[Track], list[str]]:
    """The tracks with their beats on quarters, and with them what else is in the file; as they are if none is found."""
    quarter = file.division
    changes = [(0, 60e6 / UNTOLD_TEMPO), *file.tempos]
    ticks, lasts = np.array(changes).T
    lasts = np.clip(lasts, 60e6 / HIGHEST_TEMPO, 60e6 / LOWEST_TEMPO)
    begins = np.concatenate([[0.0], np.cumsum(np.diff(ticks) * lasts[:-1])]) / (1e6 * quarter)

    def seconds(at: np.ndarray) -> np.ndarray:
        held = np.searchsorted(ticks, at, side="right") - 1
        return begins[held] + (at - ticks[held]) * lasts[held] / (1e6 * quarter)

    beats = find_beats(seconds(heard.onset * quarter), heard)
    told = "time: played without a click: the file's beats are not the music's; "
    if beats is None:
        return tracks, [told + "bars are the file's; record to a click, or move the notes to the beats in a sequencer"]
    length = np.diff(beats).mean()
    beats, places = (
        np.append(beats, beats[-1] + 99 * length),
        np.append(np.arange(len(beats)), len(beats) + 98) * quarter,
    )

    def moved(events: list[tuple]) -> list[tuple]:
        where = np.interp(seconds(np.array([one[0] for one in events], float)), beats, places)
        return [(tick, *rest) for tick, (_, *rest) in zip(np.round(where).astype(int).tolist(), events, strict=True)]

    tracks = [_with_times(replace(track, programs=tuple(moved(track.programs))), moved) for track in tracks]
    file.markers, file.texts, file.meters = moved(file.markers), moved(file.texts), []
    file.tempos = [(0, round(1e6 * length))]
    return tracks, [told + f"they are found, at about {60 / length:.0f} a minute"]


def _without_latency(tracks: list[Track], _: FileEvents, heard: Heard) -> tuple[list[Track], list[str]]:
    """The tracks without what all of them are late by, if it is something."""
    late = latency(heard)
    ticks = round(late * tracks[0].ticks_per_quarter)
    if not ticks:
        return tracks, []

    def moved(events: list[tuple]) -> list[tuple]:
        return [(max(0, tick - ticks), *rest) for tick, *rest in events]

    tracks = [_with_times(track, moved) for track in tracks]
    return tracks, [f"time: all notes lie {abs(late):.2f} quarters {'late' if late > 0 else 'early'}; taken out"]


def _with_times(track: Track, moved: Callable) -> Track:
    """A track with its notes and bends at other times: `moved` takes what begins with a tick."""
    bends = {id(one): moved(one) for one in track.bent.values()}  # the notes of a channel share theirs
    keys = moved(list(track.bent))
    bent = {key: bends[id(own)] for key, own in zip(keys, track.bent.values(), strict=True)}
    return replace(track, events=moved(track.events), bends=moved(track.bends), bent=bent, pedals=moved(track.pedals))


def latency(heard: Heard) -> float:
    """By how many quarters all tracks are late alike (below 0: early); 0.0 where they are not, or where it is little.

    A player who is laid back over a band that is not is no latency: each track with some onsets has to have next to
    none on the beat.
    """
    reach = int(MOST_LATE * PLACES)
    shifts = np.arange(-reach, reach + 1)
    of_tracks = [np.unique(heard.onset[heard.track == number]) for number in np.unique(heard.track)]
    found = [_lateness(onsets) for onsets in of_tracks if len(onsets) >= FEW]
    if not found:
        return 0.0
    best = int(shifts[sum(one[shifts] for one in found).argmax()])
    allowed = ON_TIME if len(found) > 1 else ALONE_ON_TIME
    if not LEAST_LATE * PLACES <= abs(best) < reach or any(one[0] > allowed * one[best] for one in found):
        return 0.0
    return best / PLACES


def _lateness(onsets: np.ndarray) -> np.ndarray:
    """How many onsets lie about each place of a quarter, of the most."""
    counts = np.bincount(np.round(onsets * PLACES).astype(int) % PLACES, minlength=PLACES)
    around = np.minimum(np.arange(PLACES), PLACES - np.arange(PLACES)) / (WIDTH * PLACES)
    near = np.fft.irfft(np.fft.rfft(counts) * np.fft.rfft(np.exp(-(around**2) / 2)), PLACES)
    return near / near.max()


def bar_strength(heard: Heard) -> np.ndarray:
    """How much each beat looks like the first of a bar, in standard deviations of each kind of evidence."""
    beats = np.floor(heard.onset + 0.5 + EARLY).astype(int)
    count = int(beats.max()) + 1
    tones = ~heard.is_drum
    longest = np.zeros(count)
    np.maximum.at(longest, beats[tones], np.minimum(heard.length[tones], 4.0))
    drum = np.zeros(count)
    drum[beats[heard.is_drum & np.isin(heard.pitch, BASS_DRUM)]] = 1.0
    kinds = np.stack([_harmony(heard, beats, count), _new_chords(heard, beats, count), longest, drum])
    spread = kinds.std(axis=1, keepdims=True)
    return np.array(WEIGHTS) @ ((kinds - kinds.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1.0))


def _harmony(heard: Heard, beats: np.ndarray, count: int) -> np.ndarray:
    """How much the pitch classes that sound change at each beat, low ones counting twice: from 0 to 2."""
    sounding = np.zeros(count * 12)
    whole = np.clip(np.round(heard.length), 1, LONG)
    weight = np.minimum(heard.length, 1.0) * np.where(heard.pitch < 60, 2.0, 1.0)
    for held in range(LONG):
        here = ~heard.is_drum & (whole > held) & (beats + held < count)
        places = (beats[here] + held) * 12 + heard.pitch[here] % 12
        sounding += np.bincount(places, weight[here], minlength=count * 12)
    total = np.vstack([np.zeros(12), np.cumsum(sounding.reshape(count, 12), axis=0)])
    beat, change = np.arange(count), np.zeros(count)
    for width in (1, 2):
        before = total[beat] - total[np.maximum(beat - width, 0)]
        after = total[np.minimum(beat + width, count)] - total[beat]
        sizes = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
        change += np.where(sizes > 1e-9, 1 - (before * after).sum(axis=1) / np.maximum(sizes, 1e-9), 0.0)
    return change


def _new_chords(heard: Heard, beats: np.ndarray, count: int) -> np.ndarray:
    """1 for the beats at which three pitch classes are struck together that are not those of the chord before, or at
    which a bass note is that is one of them, up to a beat ahead of them."""
    place = np.round(heard.onset * 8).astype(int)
    order = np.argsort(place, kind="stable")
    order = order[~heard.is_drum[order]]
    begins = np.flatnonzero(np.diff(place[order], prepend=-1))
    tones = np.bitwise_or.reduceat(1 << heard.pitch[order] % 12, begins) if len(begins) else begins
    is_chord = np.bitwise_count(tones) > 2
    first = order[begins][is_chord]
    low = order[heard.pitch[order] < BASS]
    tones, at = tones[is_chord], beats[first]
    if len(low):
        under = low[np.maximum(np.searchsorted(place[low], place[first], side="right") - 1, 0)]
        is_under = (place[first] - place[under] <= 8) & (tones >> heard.pitch[under] % 12 & 1 > 0)
        at = np.where(is_under, np.minimum(beats[under], at), at)
    before = np.append(0, tones[:-1])[: len(tones)]
    is_new = np.bitwise_count(tones & before) < SAME * np.bitwise_count(tones | before)
    found = np.zeros(count)
    found[at[is_new]] = 1.0
    return found


def contrasts(strength: np.ndarray, length: int) -> np.ndarray:
    """For each beat of bars of so many beats, how much stronger it is than the others, as Student's t has it."""
    count = len(strength)
    if count < FEW_BARS * length or not (spread := strength.std()):
        return np.zeros(length)
    own = np.array([strength[place::length].mean() for place in range(length)])
    sizes = np.array([len(strength[place::length]) for place in range(length)])
    others = (strength.sum() - own * sizes) / (count - sizes)
    return (own - others) / spread * np.sqrt(sizes * (count - sizes) / count)


def find_meter(strength: np.ndarray, heard: Heard, is_told: bool) -> str:
    """The meter that the music keeps, if clearly not 4/4: '3/4', '6/8', '5/4' or '7/4'; else ''. `is_told`: whether
    the file tells 4/4."""
    clear = {length: contrasts(strength, length).max() for length in METERS}
    best = max(clear, key=clear.get)
    if clear[best] < max(
        CLEAR, (contrasts(strength, 4) - UNTOLD_PICKUP).max() + (CLEARER if is_told else CLEARER_THAN_NONE)
    ):
        return ""
    if best == 3:
        struck = np.unique(np.stack([np.round(2 * heard.onset).astype(int), heard.track]), axis=1)[0]
        eighths = (struck - 2 * contrasts(strength, 3).argmax()) % 6
        _, off, second, middle, third, last = np.bincount(eighths, minlength=6)
        return "6/8" if middle > 1.2 * max(second, third) and second + third - off - last < EVEN * middle else "3/4"
    return METERS[best]


def find_pickup(strength: np.ndarray, heard: Heard, meter: tuple[int, int], is_free: bool = False) -> float:
    """How many quarters lie before the first bar line; 0 where the bars from the file's start are as good, and for few
    bars. `strength` is that of the quarters. `is_free`: they are no better. A beat is an eighth in meters of eighths,
    else a quarter, from the start or, where all who keep the beat are there, from half past it. Where the others
    enter within the first bar, the first bar line is likely to be."""
    parts = 2 if meter[1] >= 8 else 1
    length, rest = divmod(length_of(meter) * parts, GRID)
    if rest or is_alone(heard) or not is_free and is_between(heard, length / parts):
        return 0.0
    late = HALF if parts == 1 and not is_free and is_half_past(heard) else 0.0
    moved = heard._replace(onset=(heard.onset + late) * parts, length=heard.length * parts)
    clear = contrasts(bar_strength(moved) if late or parts > 1 else strength, length)
    best, entry = int(clear.argmax()), int(np.floor(_entry(moved) + HALF + EARLY))
    is_at_entry = 0 < entry < length and clear[entry] >= ENTERED_SHARE * clear[best]
    if is_at_entry and (late or clear[entry] >= clear[0] + ENTERED_CLEARER):
        best = entry
    elif not late and not is_free:
        is_better = clear[best] - clear[0] >= PICKUP_CLEARER and clear[0] <= PICKUP_SHARE * clear[best]
        to_beat = 3 if length % 3 == 0 else length  # of eighths, as likely chords that are ahead of their beats
        is_ahead = parts == 2 and (best + 1) % to_beat == 0
        best = best if is_better and not is_ahead and length > 2 else 0
    return (best / parts - late) % (length / parts)


def _entry(heard: Heard) -> float:
    """When the first track enters that does not begin with the file; 0 for none, and where a bass is there before."""
    begin = np.full(heard.track.max() + 1, np.inf)
    np.minimum.at(begin, heard.track, heard.onset)
    entry = min(begin[(begin > begin.min() + NEAR) & np.isfinite(begin)], default=0.0)
    is_low = ~heard.is_drum & (heard.pitch < BASS)
    return 0.0 if heard.onset[is_low].min(initial=np.inf) < entry else float(entry)


def is_alone(heard: Heard) -> bool:
    """Whether next to nothing sounds together: a line alone, which does not tell its bars."""
    return len(np.unique(np.round(4 * heard.onset))) > ALONE * len(heard.onset)


def is_between(heard: Heard, bar: float) -> bool:
    """Whether short chords lie on 2 and 4, or on off-beats, as often on each and nowhere else, and neither bass nor
    bass drum is there: such chords begin no bar."""
    places, is_chord, low, drum = _chords(heard)
    if len(places) < FEW or low.sum() + drum.sum() >= FEW:
        return False
    counts = np.bincount(np.round(places / 4).astype(int) % int(2 * bar), minlength=int(2 * bar))
    last = np.median(heard.length[is_chord])
    every = [counts[at::step] for step in (2, 4) if last < step * SHORT / 2 for at in range(1, step)]
    return any(one.sum() >= ALONE * len(places) and one.min() > one.max() / 2 for one in every if len(one) > 1)


def _chords(heard: Heard) -> tuple[np.ndarray, ...]:
    """Where three pitch classes are struck together, in eighths of a quarter; and which notes are of those chords,
    which of the bass, and which of the bass drum."""
    place, tones = np.round(heard.onset * 8).astype(int), ~heard.is_drum
    places, count = np.unique(np.unique(np.stack([place, heard.pitch % 12])[:, tones], axis=1)[0], return_counts=True)
    is_chord = tones & np.isin(place, places[count > 2])
    is_low = tones & ~is_chord & (heard.pitch < BASS)
    return places[count > 2], is_chord, is_low, ~tones & np.isin(heard.pitch, BASS_DRUM)


def is_half_past(heard: Heard) -> bool:
    """Whether bass and bass drum lie half past the file's quarters: a pickup of half a beat came before. Where neither
    is, the chords, from the first on, and the line as often; chords that are ahead of their bars are none."""
    places, is_chord, *kinds = _chords(heard)
    kept = [_shares(heard.onset[kind]) for kind in kinds if kind.sum() >= FEW]
    if not kept and is_chord.sum() >= FEW and places[0] % 8 == 4:
        on, half = _shares(heard.onset[~heard.is_drum & ~is_chord])
        kept = [_shares(heard.onset[is_chord])] if on <= LINE_ON * half else []
    return bool(kept) and all(on <= NOT_KEPT and half >= KEPT for on, half in kept)


def _shares(onsets: np.ndarray) -> tuple[float, float]:
    """How many onsets lie on a quarter, and half past one; 0 for none."""
    if not len(onsets):
        return 0.0, 0.0
    return tuple(float(np.mean(np.abs((onsets - at + HALF) % 1 - HALF) < NEAR)) for at in (0.0, HALF))


def _quarters(count: float) -> str:
    return some(int(count) if count == int(count) else count, "quarter")
