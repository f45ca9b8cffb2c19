"""Learn a jazz solo and improvise new ones: data -> model -> train -> generate -> write.

    python music_generate.py

Change a constant, or give its flag (`--temperature 1.2`), run again, and listen.
"""

import sys

from running.console import end_at_ctrl_c, run, tell

if __name__ == "__main__":
    end_at_ctrl_c()  # while the modules below are imported

from dataclasses import fields
from pathlib import Path

from improvising.copies import copies_of
from improvising.measures import originality, rank
from improvising.playing import AS_THE_ORIGINAL, Playing
from improvising.solos import generate_music, piece_of
from inference_model import OneStep
from learning.learner import Network, Training, wake_learner
from learning.saved_network import load, save
from learning.style import Style, learn_style
from learning.training import learn
from music.chorus import Chorus, tune_chorus, usual_bar
from music.piece import Piece, Solo, Tune
from preprocess import read_tunes, reading_on
from reading.changes import typed_chorus
from reading.choosing import Selection
from reading.fetching import find_tune
from running.files import check_folder
from running.settings import (
    Settings,
    declared,
    ending_in,
    number,
    one_of,
    optional,
    path,
    read_settings,
    switch,
    text,
    tracks,
    whole,
)  # fmt: skip
from writing.outputs import VERSIONS_ON_PAGE, Results, Wanted, prepare_studio, write_outputs

# --- The tune --------------------------------------------------------------------------------------------------------
TUNE: path = "data/original_metheny.mid"  # MIDI, score or folder; Metheny's is fetched once, offline ours stands in
MELODY_TRACK: optional(whole(0)) = None  # track of the solo, counting from 0 those that hold notes; None: found
CHORD_TRACKS: optional(tracks) = None  # tracks of the chords, as (0,) or (0, 2); None: found by name
FROM_BEAT: optional(number(0, 1e6)) = None  # the solo's first beat in the file, in quarters from 0; None: found
TO_BEAT: optional(number(0, 1e6)) = None  # its last beat, included
LOAD: text = ""  # a network that SAVE wrote, to improvise with instead of learning the tune

# --- Learning --------------------------------------------------------------------------------------------------------
SEED: whole(0, 2_000_000) = 0  # every choice comes from it: the same seed and settings give the same bytes
WINDOWS: whole(1, 100_000) = 60  # snippets to learn from in an epoch, for each of up to ten tunes; more is slower
TX: whole(2, 1000) = 30  # values in a snippet: how far back the network is taught to hear
N_A: whole(1, 4096) = 64  # units of the LSTM
EPOCHS: whole(1, 100_000) = 30  # times the snippets are learned; the original's 100 nearly memorise the solo
BATCH_SIZE: whole(1, 100_000) = 32  # snippets a step
CLUSTER: text = ""  # a Dask scheduler whose workers read a folder, "tcp://host:8786"; "": this machine reads
CACHE: text = ".cache"  # folder that keeps what was read and trained, so that it is done once; "": none

# --- Improvising -----------------------------------------------------------------------------------------------------
CHORDS: text = ""  # changes to improvise over, "Dm7 | G7 | Cmaj7 A7", or a text file with them; "": the tune's own
CHORUSES: whole(1, 100) = 1  # times the changes are played
KEY: whole(-11, 11) = 0  # semitones up (or down, below 0) that the changes are moved, by the nearer way
N_SOLOS: whole(1, 100_000) = 1  # solos to make; more than one are numbered and ranked
BARS: whole(0, 100_000) = 0  # bars to play; 0: all choruses
TEMPERATURE: number(0, 100) = 1.0  # 0: always the likeliest value, 1: as learned, above 1: bolder
MIN_P: number(0, 1) = 0.0  # leaves out values less likely than this share of the likeliest; higher is safer
RHYTHM: one_of("learned", "filled", "late") = "learned"  # gaps: the solo's, none, or as the original (a note late)
DENSITY: number(0.25, 4) = 1.0  # notes to play for each of the player's, with learned gaps
ONE_LINE: switch = True  # the line keeps to its bar and the solo's range, and goes on from its last note
CLOSENESS: number(0.01, 1) = 0.2  # how freely a leap may differ from the one learned; 1: any in its interval
GRAVITY: number(0.01, 1) = 0.03  # the pull to the register where the player is at home; 1: none
LONGEST_RUN: whole(0, 100) = 8  # a run of values out of the solo is broken off here; 0: never
KEEP_TYPES: switch = True  # approach and other tones stay; False: they become chord tones, as in the original
DYNAMICS: switch = True  # velocities drawn from the player's at the same place in the bar
VALUES_PER_BAR: whole(0, 10_000) = 0  # values in each bar, whatever its length; 0: as many as fit. The original: 50
CARRY_STATE: switch = True  # with VALUES_PER_BAR: the network goes on from bar to bar; False: from nothing
ROUND_DURATIONS: switch = False  # round durations to a quarter of a beat by a coin, as the original does
OPENING: switch = False  # put the term C,0.25 in front of each bar, as the original does
EVERY_NEIGHBOUR: switch = True  # drop repeated pitches among all neighbours; False: in disjoint pairs, as the original
ORIGINAL: switch = False  # all of this as in the original (the constants from BARS on then do not count)

# --- Writing ---------------------------------------------------------------------------------------------------------
SAVE: ending_in(".keras") = ""  # file that keeps the trained network; "": none
OUTPUT: path = "output"  # folder that receives my_music.midi and what belongs to it
TEMPO: number(20, 400) = 130  # quarters a minute
BACKING: switch = False  # a walking bass and a ride cymbal under the solo
SOUND: switch = True  # my_music.mp3
SCORE: switch = True  # my_music.musicxml, a lead sheet, and my_music.svg, the same engraved
PICTURES: switch = True  # my_music.png, a piano roll, and training.png, the loss
PAGE: switch = True  # my_music.html: listen and watch


def main(argv: list[str] | None = None) -> Results:
    """The whole run, and what it made. Raises ValueError, before anything is written, for what a user can put right."""
    given = read_settings(declared(sys.modules[__name__]), __doc__.splitlines()[0], argv, bare="TUNE")
    playing, wanted = playing_of(given), Wanted(given.sound, given.score, given.pictures, given.page)
    output, cache = check_folder(given.output), Path(given.cache) if given.cache else None

    # Data: tunes as lines of grammar, the grammar as values.
    saved = load(given.load) if given.load else None
    tunes = saved.tunes if saved else read_all(given, cache, wake_learner)
    style = style_of(given, tunes)
    tell("corpus", f"{len(style.corpus)} values, {len(style.values)} unique")
    prepare_studio(source_of(given, tunes), wanted, cache)

    # Model and training: an LSTM and a softmax layer, learned by another process unless the same was learned before.
    training = Training(given.n_a, given.epochs, given.batch_size, given.seed)
    network = saved.network if saved else learn(style, tunes, given.windows, given.tx, training, cache, wanted.prepare)
    tell("network", f"{network.n_parameters:,} parameters")
    if given.save:
        save(given.save, network, tunes, given.tx)

    # Generate: the same layers, one step at a time.
    results = improvise(given, playing, tunes, style, network)

    # Write, what is heard first.
    for told in write_outputs(output, results, wanted, cache):
        print(told, flush=True)
    return results


def improvise(given: Settings, playing: Playing, tunes: list[Tune], style: Style, network: Network) -> Results:
    """Solos as the settings say, and what there is to show of them."""
    solos = generate_music(OneStep(network.weights), style, playing, given.n_solos, given.seed)
    ranking, facts = judge(solos, style, given.seed)
    backing_seed = given.seed if given.backing else None
    pieces = [piece_of(solo, title_of(tunes, given), given.tempo, backing_seed) for solo in solos]
    shown = {"seed": str(given.seed), "tune": tunes[0].path.name, "temperature": f"{playing.temperature:g}"}
    copies = {number: copies_of(solos[number], tunes, given.tempo) for number in facts}
    return Results(pieces, ranking, facts, copies, source_of(given, tunes), network.losses.tolist(), shown)


def read_all(given: Settings, cache: Path | None, when_new=lambda: None) -> list[Tune]:
    """The tunes to learn from, read; what was chosen in them and what was skipped is told."""
    file = find_tune(given.tune)
    selection = Selection(given.melody_track, given.chord_tracks, given.from_beat, given.to_beat)
    with reading_on(given.cluster):
        tunes, skipped = read_tunes(file, selection, cache, when_new)
    for other, reason in skipped:
        tell("skipped", reason if str(other) in reason else f"{other}: {reason}")
    bars = sum(len(tune.bars) for tune in tunes)
    tell("tune", f"{file}, {bars} bars" + (f" of {len(tunes)} tunes" if len(tunes) > 1 else ""))
    for line in tunes[0].told if len(tunes) == 1 else ():
        tell("", line)
    if len(tunes) > 1 and not given.chords:
        tell("over", f"the changes of {tunes[0].path.name}, the first of them; CHORDS gives others")
    return tunes


def style_of(given: Settings, tunes: list[Tune]) -> Style:
    """What is learned beside the network, over what is improvised over."""
    return learn_style(tunes, given.density, chorus_of(given, tunes[0]))


def source_of(given: Settings, tunes: list[Tune]) -> Piece:
    """The solo that is learned from, the first one, as a piece."""
    return piece_of(tunes[0].solo, tunes[0].path.stem, given.tempo)


def chorus_of(given: Settings, tune: Tune) -> Chorus:
    """What is improvised over: the typed changes or the tune's, in the key and as often as the settings say."""
    chorus = typed_chorus(given.chords, usual_bar(list(tune.bars.values()))) if given.chords else tune_chorus(tune)
    return chorus.transposed(given.key).repeated(given.choruses)


def playing_of(given: Settings) -> Playing:
    """How to improvise, as the settings say."""
    if given.original:
        return AS_THE_ORIGINAL
    return Playing(**{field.name: getattr(given, field.name) for field in fields(Playing)})


def judge(solos: list[Solo], style: Style, seed: int) -> tuple[list[int], dict[int, dict[str, str]]]:
    """The solos' numbers, the best first, and how original the best are, in words; the best one's is told."""
    ranking = rank(style.source, solos, style.corpus) if len(solos) > 1 else [0]
    facts = {best: originality(solos[best], style.corpus) for best in ranking[:VERSIONS_ON_PAGE]}
    fallbacks = sum(solo.fallbacks for solo in solos) / max(1, sum(solo.n_terms for solo in solos))
    tell("improvised", f"{sum(len(solo.notes) for solo in solos):,} notes, seed {seed}")
    tell("fall-backs", f"{fallbacks:.1%} of the values had no pitch as asked")
    tell("copied", ", ".join(f"{name} {figure}" for name, figure in facts[ranking[0]].items()))
    return ranking, facts


def title_of(tunes: list[Tune], given: Settings) -> str:
    """What the new piece is called."""
    return f"A solo after {tunes[0].path.stem}{' over typed changes' if given.chords else ''}, seed {given.seed}"


if __name__ == "__main__":
    sys.exit(run(main))
