"""The time of a MIDI file as a musician hears it: latency, meter and pickup, where the file is silent or has a default.

What a file says is believed, except for what a sequencer writes by itself: one 4/4 at the start, bars counted from
there, and notes as late as the keyboard's sound. Another reading needs strong evidence, and is told. The evidence for
bars is where harmony changes, long notes begin and the bass drum is struck: it comes every so many beats.

Times are quarters, beats are quarters numbered from 0; a note up to half a beat early belongs to the beat it is ahead
of. Left to others: bars of a meter (`reading/meters.py`).
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from music.units import GRID, to_quarters
from reading.meters import MAX_BARS, length_of, meter_in
from reading.midi_bytes import FileEvents
from reading.raw_tune import Track, some

# Latency, in parts of a quarter.
PLACES = 480
WIDTH = 0.02  # within which notes count as equally late
LEAST_LATE, MOST_LATE = 0.03, 0.2  # beyond that notes may as well be a sixteenth early
FEW = 16  # onsets of a track that has no say
ON_TIME, ALONE_ON_TIME = 0.3, 0.15  # of those that are late, how many may lie on the beat; in a track that is alone

# Bars.
BASS_DRUM = (35, 36)
LONG = 8  # beats of a note that count
WEIGHTS = (1.0, 0.4, 0.4)  # of harmony, long notes and bass drum, fitted on accompanied solos and lead sheets
METERS = {3: "3/4", 5: "5/4", 7: "7/4"}  # what a sequencer's 4/4 may be in truth, by the quarters in a bar
FEW_BARS, CLEAR = 8, 2.5  # bars from which they are judged, and what the beginning of bars must stand out by
CLEARER, CLEARER_THAN_NONE = 2.0, 1.0  # than 4/4 another meter must be, where 4/4 is told and where nothing is
PICKUP_CLEARER, PICKUP_SHARE = 3.5, 0.4  # than bars from the start those after a pickup; the share these may have
EARLY = 0.001  # quarters: a swung or straight off-beat is ahead of the next beat


class Heard(NamedTuple):
    """All notes of a file, as columns: `onset` and `length` in quarters, `pitch`, the number of the `track`, and
    whether it `is_drum`."""

    onset: np.ndarray
    length: np.ndarray
    pitch: np.ndarray
    track: np.ndarray
    is_drum: np.ndarray


def in_time(
    tracks: list[Track], file: FileEvents, meter: str | None = None, pickup: float | None = None
) -> tuple[list[Track], int, tuple[str, ...]]:
    """The tracks without latency, the tick of the first bar line after a pickup (0: none), and what is told of both.

    `file.meters` is put right; `meter` ('3/4') and `pickup` (quarters) overrule what is found and what the file says.
    Raises ValueError for a meter that is none. What this program has written is as it says.
    """
    told, is_ours = [], any(track.written for track in tracks)
    heard = _heard(tracks)
    if not is_ours and len(heard.onset) and heard.onset.max() < 4 * MAX_BARS:
        late = latency(heard)
        if late:
            tracks = _earlier(tracks, file, round(late * file.ticks_per_quarter))
            heard = heard._replace(onset=np.maximum(0.0, heard.onset - late))
            told.append(f"time: all notes lie {abs(late):.2f} quarters {'late' if late > 0 else 'early'}; taken out")
        strength = bar_strength(heard)
    else:
        strength = np.zeros(0)
    if meter:
        file.meters = [(0, meter_in(meter))]
    elif set(file.meters) <= {(0, (4, 4))} and (found := find_meter(strength, heard, bool(file.meters))):
        says = "4/4 from the start, as sequencers do" if file.meters else "no meter"
        told.append(f"meter: {found}, which harmony and long notes keep (the file tells {says}); METER overrules")
        file.meters = [(0, meter_in(found))]
    bar = next((one for _, one in file.meters if length_of(one)), (4, 4))
    if pickup is None:
        pickup = find_pickup(strength, length_of(bar)) if set(file.meters) <= {(0, bar)} else 0
        if pickup:
            quarters = some(pickup, "quarter")
            told.append(f"pickup: {quarters}, for harmony and long notes begin bars there; PICKUP overrules")
    first = round(pickup % to_quarters(length_of(bar)) * file.ticks_per_quarter)
    if first:
        before = [changed for tick, changed in file.meters if tick <= first]
        file.meters = [(first, before[-1] if before else bar), *(one for one in file.meters if one[0] > first)]
    return tracks, first, tuple(told)


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
    kinds = np.stack([_harmony(heard, beats, count), longest, drum])
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
    if clear[best] < max(CLEAR, contrasts(strength, 4).max() + (CLEARER if is_told else CLEARER_THAN_NONE)):
        return ""
    if best == 3:
        start = contrasts(strength, 3).argmax()
        middle, *inner = (np.sum(np.abs((heard.onset - start - at) % 3) < 0.1) for at in (1.5, 1, 2))
        return "6/8" if middle > 1.2 * max(inner) else "3/4"
    return METERS[best]


def find_pickup(strength: np.ndarray, bar: int) -> int:
    """How many quarters lie before the first bar line, of bars that are so many grid steps long; 0 where the bars from
    the file's start are as good, and for bars of no whole quarters or of few."""
    length, rest = divmod(bar, GRID)
    if rest or length < 3:
        return 0
    clear = contrasts(strength, length)
    best = int(clear.argmax())
    return best if clear[best] - clear[0] >= PICKUP_CLEARER and clear[0] <= PICKUP_SHARE * clear[best] else 0


def _heard(tracks: list[Track]) -> Heard:
    notes = [np.array(track.notes()) for track in tracks]
    onset, end, pitch, _ = np.concatenate(notes).T
    quarter = tracks[0].ticks_per_quarter
    numbers = np.repeat(np.arange(len(tracks)), [len(of_track) for of_track in notes])
    is_drum = np.array([track.is_drums for track in tracks])[numbers]
    return Heard(onset / quarter, (end - onset) / quarter, pitch, numbers, is_drum)


def _earlier(tracks: list[Track], file: FileEvents, ticks: int) -> list[Track]:
    """The tracks so many ticks earlier, and with them what else in the file has been recorded: not its bars."""

    def moved(events: list[tuple]) -> list[tuple]:
        return [(max(0, tick - ticks), *rest) for tick, *rest in events]

    return [replace(track, events=moved(track.events), bends=moved(track.bends)) for track in tracks]
