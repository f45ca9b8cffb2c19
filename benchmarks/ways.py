"""The ways in which people make MIDI files of a tune: who plays, how, and what the file says of it.

Each way makes a `Take` of `Music`; `WAYS` names them all. Left to others: what each player plays (`accompaniment.py`),
the file (`known_midi.py`).
"""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import NamedTuple

import accompaniment as play
import numpy as np
from known_midi import Take, Voice, truth_of
from real_music import Music, Sound

LATENCY = (0.05, 0.15)  # quarters
LOOSE = 0.03  # quarters by which a player's chords and releases are off
RESTS, PLAYS = 8, 2  # bars: of so many, a lead that rests plays in so few
UNTOLD = 120.0  # what a file says whose player had no click
OPEN_STRINGS = (40, 45, 50, 55, 59, 64)  # of a guitar, each on its channel
ROOTS = 0.7
HUMAN = 0.02  # quarters

TRUMPET, ALTO, TENOR, FLUTE, GUITAR, STEEL_GUITAR, LEAD = 56, 65, 66, 73, 26, 25, 27
PIANO, BRIGHT, NYLON, STRINGS_PAD, OOHS, BASS, OVERDRIVE, STEEL_DRUMS = 0, 1, 24, 48, 53, 32, 29, 114

BUSY = ("Nylon Guitar", NYLON, play.arpeggio)
PITCHED = [("Steel Drums", 114), ("Percussive Organ", 17), ("Percussion (Vibraphone)", 11), ("Kalimba", 108)]
ELSEWHERE = [("Gesang", 52), ("Querflöte", 73), ("Melodía", 56), ("Voix", 54), ("Canto", 52), ("Stimme 1", 71)]


class Way(NamedTuple):
    """How a file is made; whether a bass or full voicings sound in it (`is_full`), and which music `fits`."""

    make: Callable[[Music, Random], Take]
    is_full: bool = True
    fits: Callable[[Music], bool] = lambda music: True


def band(music: Music, *others: Voice, lead: Voice | None = None, bass: list[Sound] | None = None, **said) -> Take:
    """A lead, whoever else plays, a bass unless there is none, and drums; `said` overrules what the file says."""
    lead = lead or Voice("Tenor Sax", TENOR, music.melody)
    basses = [Voice("Acoustic Bass", BASS, bass)] if bass else []
    voices = [lead, *others, *basses, Voice("Drums", 0, play.drums(music), 9)]
    said = {"meter": music.meter, "tempos": [(0.0, music.tempo)]} | said
    return Take(voices, truth_of(music), **said)


def trio(music: Music, rng: Random, chords: list[Sound] | None = None, **others) -> Take:
    """The plainest file: a saxophone, block chords or others on the piano, a walking bass, drums."""
    piano = Voice("Piano", PIANO, play.struck(music) if chords is None else chords)
    return band(music, piano, bass=play.walking(music, rng), **others)


# --- How chords are played -------------------------------------------------------------------------------------------


def of_chords(chords: Callable[[Music, Random], list[Sound]], program: int = PIANO, name: str = "Piano") -> Callable:
    """The way in which chords are played so, over a walking bass."""
    return lambda music, rng: band(music, Voice(name, program, chords(music, rng)), bass=play.walking(music, rng))


def without_bass(voicing: play.Voicing) -> Callable:
    """The way in which nobody plays a bass under such voicings."""
    return lambda music, rng: band(music, Voice("Piano", PIANO, play.struck(music, voicing)))


def pedalled(music: Music, rng: Random) -> Take:
    """A piano that breaks the chords, short notes held by the pedal."""
    sounds = [note._replace(end=note.onset + 0.2) for note in play.arpeggio(music)]
    pedals = tuple((start, end - play.GAP) for start, end, _ in play.pieces(music))
    return band(music, Voice("Piano", PIANO, sounds, pedals=pedals))


def horns_in_thirds(music: Music, rng: Random) -> Take:
    """Two horns in thirds beside a guitar that plays the chords one note at a time."""
    horns = Voice("Horns", 61, play.in_thirds(music))
    return band(music, horns, Voice("Guitar", GUITAR, play.arpeggio(music)), bass=play.two_beat(music))


def power_chords(music: Music, rng: Random) -> Take:
    """An overdriven guitar's fifths beside an organ that holds the chords."""
    guitar = Voice("Guitar", OVERDRIVE, play.struck(music, play.power))
    organ = Voice("Organ", 18, play.arpeggio(music, 60))
    return band(music, guitar, organ, bass=play.two_beat(music))


def recorded_bass(music: Music, rng: Random) -> Take:
    """The bass that was recorded, under rootless chords."""
    return band(music, Voice("Piano", PIANO, play.struck(music, play.rootless)), bass=music.bass)


def two_hands(music: Music, rng: Random) -> Take:
    """A piano alone, melody and chords in one track."""
    chords = [note._replace(pitch=note.pitch - 12 * (note.pitch > 57)) for note in play.struck(music, play.inverted)]
    return Take([Voice("Piano", PIANO, music.melody + chords)], truth_of(music), music.meter, [(0.0, music.tempo)])


def stride(music: Music, rng: Random) -> Take:
    """A piano alone in one track, the left hand with basses and chords by turns."""
    return Take(
        [Voice("Piano", PIANO, music.melody + play.oom_pah(music))], truth_of(music), music.meter, [(0.0, music.tempo)]
    )


def four_voices(music: Music, rng: Random) -> Take:
    """A melody over three voices, which sing a tone of the chord each."""
    chords = [(*one[:2], play.within(one.symbol, one.symbol.intervals, 52)) for one in play.pieces(music)]
    inner = [
        Voice(name, 52, [Sound(start, end - play.GAP, tones[place]) for start, end, tones in chords])
        for name, place in (("Alto", -1), ("Tenor", 1))
    ]
    bass = Voice("Bass", 52, play.two_beat(music))
    voices = [Voice("Soprano", 52, music.melody), *inner, bass]
    return Take(voices, truth_of(music), music.meter, [(0.0, music.tempo)])


def one_track(music: Music, rng: Random) -> Take:
    """A file of type 0: all channels in its only track."""
    return replace(trio(music, rng), is_one_track=True)


def one_channel(music: Music, rng: Random) -> Take:
    """Lead, chords and bass on one channel, as a keyboard's sequencer or a reduction has them."""
    take = trio(music, rng)
    sounds = [note for voice in take.voices[:3] for note in voice.sounds]
    return replace(take, voices=[Voice("", None, sounds, 0)])


# --- What tracks are called ------------------------------------------------------------------------------------------


def unnamed(music: Music, rng: Random) -> Take:
    """Programs, but no names."""
    take = trio(music, rng)
    return replace(take, voices=[replace(voice, name="") for voice in take.voices])


def nothing_said(music: Music, rng: Random) -> Take:
    """Neither names nor programs; the lead is no first track."""
    take = trio(music, rng)
    voices = [replace(voice, name="", program=None) for voice in take.voices]
    return replace(take, voices=rng.sample(voices, len(voices)))


def called(leads: list[tuple], other: tuple[str, int | None, Callable] = BUSY, rests: bool = True) -> Callable:
    """The way in which the last track is the lead, called as one of these, (name, program), beside another, with what
    it plays."""

    def make(music: Music, rng: Random) -> Take:
        music, (name, program, plays) = resting(music, rng) if rests else music, other
        lead = Voice(*rng.choice(leads), music.melody)
        take = band(music, Voice(name, program, plays(music)), lead=lead, bass=play.walking(music, rng))
        return replace(take, voices=[*take.voices[1:], take.voices[0]])

    return make


def upright(music: Music, rng: Random) -> Take:
    """A bass called Upright, a lead by its maker's name."""
    take = trio(music, rng, lead=Voice("Trumpet", TRUMPET, music.melody))
    return replace(take, voices=[replace(v, name="Upright") if v.program == BASS else v for v in take.voices])


def resting(music: Music, rng: Random) -> Music:
    """The same with a melody in few bars."""
    first = rng.randrange(RESTS // 2)

    def sounds(onset: float) -> bool:
        return ((onset - music.pickup) // music.bar - first) % RESTS < PLAYS

    kept = [sounds(note.onset) for note in music.melody]
    if sum(kept) < 8:
        return music
    return replace(
        music,
        melody=[note for note, stays in zip(music.melody, kept, strict=True) if stays],
        played=[note for note, stays in zip(music.played, kept, strict=True) if stays],
    )


# --- Which channels --------------------------------------------------------------------------------------------------


def strings(music: Music, rng: Random) -> Take:
    """A guitar's line with a channel for each string."""
    line = [
        note._replace(channel=max((n for n, low in enumerate(OPEN_STRINGS) if low <= note.pitch), default=0))
        for note in music.melody
    ]
    return trio(music, rng, lead=Voice("Jazz Guitar", GUITAR, line))


def two_channels(music: Music, rng: Random) -> Take:
    """A line on two channels of one track by turns, phrase by phrase."""
    line = [note._replace(channel=int(note.onset // (2 * music.bar)) % 2) for note in music.melody]
    return trio(music, rng, lead=Voice("Lead Guitar", GUITAR, line))


def mpe(music: Music, rng: Random) -> Take:
    """A line whose notes rotate over the channels 2 to 9."""
    line = [note._replace(channel=1 + number % 8) for number, note in enumerate(music.melody)]
    return trio(music, rng, lead=Voice("Lead", None, line))


def with_noise(name: str, noise: Callable[[Music], list[Sound]]) -> Callable:
    """The way in which a click, a loop or the like sounds on a melodic channel beside a lead that rests."""
    return lambda music, rng: band(
        resting(music, rng), Voice(name, None, noise(music)), Voice("Piano", PIANO, play.struck(music))
    )


def kit(music: Music, rng: Random) -> Take:
    """A drum kit on a melodic channel."""
    take = trio(resting(music, rng), rng)
    return replace(take, voices=[Voice("Kit", None, play.drums(music), 0), *take.voices[:-1]])


def marked_solo(music: Music, rng: Random) -> Take:
    """Head, solo and head, marked; another player has the solo, and that is the tune."""
    bars = len(music.lines) - 1
    start, end = music.lines[bars // 4], music.lines[bars - bars // 4]
    solo = [note for note in music.melody if start <= note.onset < end]
    heads = [note for note in music.melody if note not in solo]
    take = trio(music, rng, lead=Voice("Trumpet", TRUMPET, heads))
    markers = [(0.0, "Head"), (start, "Solo"), (end, "Head out")]
    voices = [take.voices[0], Voice("Tenor Sax", TENOR, solo), *take.voices[1:]]
    return replace(take, voices=voices, markers=markers, truth=replace(take.truth, melody=solo))


def marked_choruses(music: Music, rng: Random) -> Take:
    """A solo of three choruses, each marked, between heads that nobody plays."""
    lines = music.lines[:: max(1, len(music.lines) // 3)][:3]
    return replace(trio(music, rng), markers=[(line, f"Solo {number}") for number, line in enumerate(lines, 1)])


# --- Time ------------------------------------------------------------------------------------------------------------


def latency(music: Music, rng: Random) -> Take:
    """Everything late by the same time."""
    late = rng.uniform(*LATENCY)
    return trio(music, rng).moved(lambda at: at + late)


def no_click(music: Music, rng: Random) -> Take:
    """Played freely, while the file says 120: its quarters are half seconds."""
    at, seconds = np.array(music.clock).T

    def place(quarters: float) -> float:
        late = max(0.0, quarters - at[-1]) * 60 / music.tempo  # beyond the last beat
        return float(np.interp(quarters, at, seconds) + late - seconds[0]) * UNTOLD / 60

    take = trio(music, rng, tempos=[(0.0, UNTOLD)]).moved(place)
    tempo = 60 * float((at[-1] - at[0]) / (seconds[-1] - seconds[0]))
    clock = tuple((quarter, place(quarter)) for quarter in (*at.tolist(), music.length + music.bar))
    return replace(take, truth=replace(take.truth, tempo=tempo, clock=clock))


def without_signature(music: Music, rng: Random) -> Take:
    """No time signature."""
    return trio(music, rng, meter=None)


def false_signature(music: Music, rng: Random) -> Take:
    """A sequencer's 4/4 over another meter."""
    return trio(music, rng, meter=(4, 4))


def pickup(music: Music, rng: Random) -> Take:
    """The file begins with the pickup."""
    return trio(music.with_pickup(rng.choice((0.5, 1, 2))) or music.with_pickup(), rng)


def placeholder(music: Music, rng: Random) -> Take:
    """120 at tick 0, the tempo a tick later."""
    return trio(music, rng, tempos=[(0.0, 120.0), (1 / 480, music.tempo)])


def as_played(music: Music, rng: Random) -> Take:
    """The lead with its own timing, the others nearly together."""
    take = trio(music, rng, play.uneven(play.struck(music), rng, HUMAN, HUMAN))
    return replace(take, voices=[replace(take.voices[0], sounds=music.played), *take.voices[1:]])


def bass_holds_roots(music: Music) -> bool:
    """Whether a bass was recorded that plays most roots where they begin: the database's were found by a program."""
    at = {note.onset: note.pitch % 12 for note in music.bass}
    begun = [at.get(one.start) == one.symbol.bass for one in play.pieces(music)]
    return bool(at) and sum(begun) > ROOTS * len(begun)


def is_not_in_four(music: Music) -> bool:
    """Whether a bar is not four quarters long."""
    return music.bar != 4


WAYS = {
    "block": Way(of_chords(lambda music, rng: play.struck(music))),
    "inversions": Way(of_chords(lambda music, rng: play.struck(music, play.inverted))),
    "block-no-bass": Way(without_bass(play.full)),
    "rolled": Way(of_chords(lambda music, rng: play.rolled(play.struck(music), rng))),
    "strummed": Way(of_chords(play.strummed, STEEL_GUITAR, "Acoustic Guitar")),
    "uneven-release": Way(of_chords(lambda music, rng: play.uneven(play.struck(music), rng, 0, 0.08))),
    "arpeggio": Way(of_chords(lambda music, rng: play.arpeggio(music))),
    "pedal": Way(pedalled),
    "shells": Way(of_chords(lambda music, rng: play.struck(music, play.shell))),
    "rootless": Way(of_chords(lambda music, rng: play.struck(music, play.rootless))),
    "rootless-recorded-bass": Way(recorded_bass, fits=bass_holds_roots),
    "rootless-no-bass": Way(without_bass(play.rootless), is_full=False),
    "guide-tones": Way(without_bass(play.shell), is_full=False),
    "power-chords": Way(power_chords),
    "thirds": Way(horns_in_thirds),
    "pushed": Way(of_chords(lambda music, rng: play.struck(music, early=play.EARLY))),
    "held": Way(of_chords(lambda music, rng: play.struck(music, every=2))),
    "pad": Way(of_chords(lambda music, rng: play.pad(music), STRINGS_PAD, "Strings")),
    "comping": Way(of_chords(play.comping)),
    "rootless-comping": Way(of_chords(lambda music, rng: play.comping(music, rng, play.rootless))),
    "two-hands": Way(two_hands),
    "stride": Way(stride),
    "oom-pah": Way(lambda music, rng: band(music, Voice("Piano", PIANO, play.oom_pah(music)))),
    "four-voices": Way(four_voices),
    "one-track": Way(one_track),
    "one-channel": Way(one_channel),
    "no-names": Way(unnamed),
    "nothing-said": Way(nothing_said),
    "bright-piano": Way(called([("Trumpet", TRUMPET)], ("Bright Acoustic Piano", BRIGHT, play.arpeggio))),
    "upright": Way(upright),
    "oohs": Way(called([("Alto Sax", ALTO)], ("Voice Oohs", OOHS, play.pad))),
    "pitched-percussion": Way(called(PITCHED, ("Piano", PIANO, play.struck), rests=False)),
    "rhythm-guitar": Way(called([("Guitar", LEAD)], ("Rhythm Guitar", STEEL_GUITAR, play.arpeggio))),
    "other-languages": Way(called(ELSEWHERE, ("Begleitung", NYLON, play.arpeggio))),
    "resting-lead": Way(called([("Flute", FLUTE), ("Muted Trumpet", 59), ("Violin", 40)])),
    "strings": Way(strings),
    "two-channels": Way(two_channels),
    "mpe": Way(mpe),
    "click": Way(with_noise("Click", play.click)),
    "loop": Way(with_noise("Loop", play.loop)),
    "kit": Way(kit),
    "marked-solo": Way(marked_solo),
    "marked-choruses": Way(marked_choruses),
    "latency": Way(latency),
    "no-click": Way(no_click, fits=lambda music: music.beat == 1),  # 2/2 or 6/8 can be told by no beat
    "no-signature": Way(without_signature, fits=is_not_in_four),
    "false-signature": Way(false_signature, fits=is_not_in_four),
    "pickup": Way(pickup, fits=lambda music: music.with_pickup() is not None),
    "placeholder": Way(placeholder),
    "as-played": Way(as_played),
}
