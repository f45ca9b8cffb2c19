"""Time in SMPTE frames, ticks of a second, turned into ticks of a quarter.

Such a file says when in seconds each event is, and its tempos say how many quarters these seconds are.
"""

from bisect import bisect_right
from itertools import pairwise

from music.piece import UNTOLD_TEMPO
from reading.midi_bytes import DAMAGED, FileEvents
from reading.raw_tune import HIGHEST_TEMPO, LOWEST_TEMPO

FRAMES = {24: 24.0, 25: 25.0, 29: 30_000 / 1_001, 30: 30.0}  # a second, by the number in the header
TICKS_PER_QUARTER = 480
MINUTE = 60_000_000  # microseconds


def put_in_quarters(file: FileEvents) -> None:
    """Give all events of a file, whose division is one of frames, their times in ticks of a quarter, and tell of it.

    Before the first tempo, or without one, there are 120 quarters a minute. ValueError for a division that is none.
    """
    number, ticks_per_frame = 256 - (file.division >> 8), file.division & 0xFF
    if number not in FRAMES or not ticks_per_frame:
        raise ValueError(DAMAGED.format(f"{number} SMPTE frames a second of {ticks_per_frame} ticks"))
    ticks_per_second = FRAMES[number] * ticks_per_frame
    changes = [(0, MINUTE / UNTOLD_TEMPO)]
    changes += [(tick, tempo) for tick, tempo in file.tempos if LOWEST_TEMPO * tempo <= MINUTE <= HIGHEST_TEMPO * tempo]
    starts = [tick for tick, _ in changes]
    rates = [TICKS_PER_QUARTER * 1_000_000 / tempo / ticks_per_second for _, tempo in changes]
    begins = [0.0]
    for (start, end), rate in zip(pairwise(starts), rates, strict=False):
        begins.append(begins[-1] + (end - start) * rate)

    def moved(events: list[tuple]) -> list[tuple]:
        found = []
        for tick, *what in events:
            index = bisect_right(starts, tick) - 1
            found.append((round(begins[index] + (tick - starts[index]) * rates[index]), *what))
        return found

    told = (
        "by its tempos" if len(changes) > 1 else f"at {UNTOLD_TEMPO:g}, for it tells no tempo: bars may lie elsewhere"
    )
    file.told.append(f"file: its time is in SMPTE frames, {number} a second, turned into quarters {told}")
    file.division = TICKS_PER_QUARTER
    for name in ("meters", "tempos", "markers", "texts"):
        setattr(file, name, moved(getattr(file, name)))
    for track in file.tracks:
        for by_channel in (track.notes, track.programs, track.bends, track.pedals):
            by_channel.update({channel: moved(events) for channel, events in by_channel.items()})
