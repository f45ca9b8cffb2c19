"""Learn a jazz solo and improvise new ones: data -> model -> train -> generate -> write.

    python music_generate.py

Change a constant, or give its flag (`--temperature 1.2`), run again, and listen.
"""

import sys

from running.settings import (
    OPTIONAL_TEXT,
    SWITCH,
    TEXT,
    TRACKS,
    ending_in,
    number,
    one_of,
    optional,
    read_settings,
    run,
    say_interrupted,
    whole,
)

if __name__ == "__main__":
    sys.excepthook = say_interrupted  # Ctrl-C while the modules below are imported is one line, too

from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from data_utils import training_windows, window_starts
from improvising.improvise import (
    AS_THE_ORIGINAL,
    Material,
    Playing,
    generate_music,
    heard_solo,
    learn_material,
    piece_of,
    tune_chorus,
)
from improvising.measures import RUN, Heard, known_run_share, longest_verbatim_run, rank, values_of
from learning.saved_network import load, save
from learning.weights import trained
from preprocess import Selection, Tune
from reading.changes import Chorus, typed_chorus, usual_bar
from reading.collection import Read, read_tunes, reading_on
from reading.fetching import ensure_tune
from running.console import show
from running.files import check_folder
from writing.outputs import VERSIONS_ON_PAGE, Run, Studio, Wanted, write_outputs

HERE = Path(__file__).resolve().parent

# --- The tune --------------------------------------------------------------------------------------------------------
TUNE = "data/original_metheny.mid"  # MIDI, lead sheet or folder; Metheny's is fetched once, offline ours stands in
MELODY_TRACK = None  # track of the solo, counting from 0 those that hold notes; None: found by name
CHORD_TRACKS = None  # tracks of the chords, as (0,) or (0, 2); None: found by name
FROM_BEAT = None  # the solo's first beat in the file, in quarters from 0; None: known or marked "solo", else the start
TO_BEAT = None  # its last beat, included

LOAD = ""  # a network that SAVE wrote, to improvise with instead of learning the tune

# --- Learning --------------------------------------------------------------------------------------------------------
SEED = 0  # every choice comes from it: the same seed and settings give the same bytes
WINDOWS = 60  # snippets to learn from in an epoch, for each of up to ten tunes, 1 to 100000; more is slower
TX = 30  # values in a snippet, 2 to 1000: how far back the network is taught to hear
N_A = 64  # units of the LSTM, 1 to 4096
EPOCHS = 30  # times the snippets are learned, 1 to 100000; the original's 100 nearly memorise the solo
BATCH_SIZE = 32  # snippets a step
CLUSTER = ""  # address of a Dask scheduler whose workers read a folder, "tcp://host:8786"; "": this machine reads
CACHE = ".cache"  # folder that keeps what was read and trained, so that it is done once; "": none

# --- Improvising -----------------------------------------------------------------------------------------------------
CHORDS = ""  # changes to improvise over, "Dm7 | G7 | Cmaj7 | Cmaj7 A7", or a text file with them; "": the tune's own
CHORUSES = 1  # times the changes are played, 1 to 100
KEY = 0  # semitones up (or down, below 0) that the changes are moved, -11 to 11
N_SOLOS = 1  # solos to make; more than one are numbered and ranked
BARS = 0  # bars to play; 0: all choruses
TEMPERATURE = 1.0  # 0: always the likeliest value, 1: as learned, above 1: bolder
MIN_P = 0.0  # 0 to 1: leaves out values less likely than this share of the likeliest; higher is safer
RHYTHM = "learned"  # gaps: "learned" from the solo, "filled" (no gaps), "late" (the original's, a note late)
DENSITY = 1.0  # 0.25 to 4: notes to play for each of the player's, with learned gaps
ONE_LINE = True  # the line keeps to its bar and the solo's range, and goes on from its last note
CLOSENESS = 0.2  # 0.01 to 1: how freely a leap may differ from the one learned; 1: any in its interval
GRAVITY = 0.03  # 0.01 to 1: the pull to the register where the player is at home; 1: none
LONGEST_RUN = 8  # 1 to 100: a run of values out of the solo is broken off here; 0: never
KEEP_TYPES = True  # approach and other tones stay; False: they become chord tones, as in the original
DYNAMICS = True  # velocities drawn from the player's at the same place in the bar
VALUES_PER_BAR = 0  # values in each bar, whatever its length; 0: as many as fit. The original: 50
CARRY_STATE = True  # with VALUES_PER_BAR: the network goes on from bar to bar; False: each bar starts from nothing
ROUND_DURATIONS = False  # round durations to a quarter of a beat by a coin, as the original does
OPENING = False  # put the term C,0.25 in front of each bar, as the original does
EVERY_NEIGHBOUR = True  # drop repeated pitches among all neighbours; False: in disjoint pairs, as the original does
ORIGINAL = False  # all of this as in the original (the constants from TEMPERATURE on then do not count)

# --- Writing ---------------------------------------------------------------------------------------------------------
SAVE = ""  # file, ending in .keras, that keeps the trained network; "": none
OUTPUT = "output"  # folder that receives my_music.midi and what belongs to it
TEMPO = 130  # beats a minute, 20 to 400
BACKING = False  # a walking bass and a ride cymbal under the solo
SOUND = True  # my_music.mp3
SCORE = True  # my_music.musicxml, a lead sheet, and my_music.svg, the same engraved
PICTURES = True  # my_music.png, a piano roll, and training.png, the loss
PAGE = True  # my_music.html: listen and watch

RULES = {
    "TUNE": TEXT,
    "MELODY_TRACK": optional(whole(0)),
    "CHORD_TRACKS": optional(TRACKS),
    "FROM_BEAT": optional(number(0, 1e6)),
    "TO_BEAT": optional(number(0, 1e6)),
    "LOAD": OPTIONAL_TEXT,
    "SEED": whole(0, 2_000_000),
    "WINDOWS": whole(1, 100_000),
    "TX": whole(2, 1000),
    "N_A": whole(1, 4096),
    "EPOCHS": whole(1, 100_000),
    "BATCH_SIZE": whole(1, 100_000),
    "CLUSTER": OPTIONAL_TEXT,
    "CACHE": OPTIONAL_TEXT,
    "CHORDS": OPTIONAL_TEXT,
    "CHORUSES": whole(1, 100),
    "KEY": whole(-11, 11),
    "N_SOLOS": whole(1, 100_000),
    "BARS": whole(0, 100_000),
    "TEMPERATURE": number(0, 100),
    "MIN_P": number(0, 1),
    "RHYTHM": one_of("learned", "filled", "late"),
    "DENSITY": number(0.25, 4),
    "ONE_LINE": SWITCH,
    "CLOSENESS": number(0.01, 1),
    "GRAVITY": number(0.01, 1),
    "LONGEST_RUN": whole(0, 100),
    "KEEP_TYPES": SWITCH,
    "DYNAMICS": SWITCH,
    "VALUES_PER_BAR": whole(0, 10_000),
    "CARRY_STATE": SWITCH,
    "ROUND_DURATIONS": SWITCH,
    "OPENING": SWITCH,
    "EVERY_NEIGHBOUR": SWITCH,
    "ORIGINAL": SWITCH,
    "SAVE": ending_in(".keras"),
    "OUTPUT": TEXT,
    "TEMPO": number(20, 400),
    "BACKING": SWITCH,
    "SOUND": SWITCH,
    "SCORE": SWITCH,
    "PICTURES": SWITCH,
    "PAGE": SWITCH,
}

MOST_TUNES_AN_EPOCH = 10  # a folder's epoch is as long as that of so many tunes
METHENY, OURS = "data/original_metheny.mid", "data/our_tune.mid"


def main(argv: list[str] | None = None) -> None:
    """The whole run. Raises ValueError, before anything is written, for whatever a user can put right."""
    given = read_settings(globals(), RULES, __doc__.splitlines()[0], argv)
    output, cache = check_folder(given.output), Path(given.cache) if given.cache else None

    # Data: tunes as lines of grammar, the grammar as windows of values.
    saved = load(given.load) if given.load else None
    reads = saved.reads if saved else read_all(given, cache)
    chorus = chorus_of(given, reads[0].tune).first_bars(AS_THE_ORIGINAL.bars if given.original else given.bars)
    material = learn_material([r.tune for r in reads], [r.abstract_grammars for r in reads], given.density, chorus)
    tell("corpus", f"{len(material.corpus)} values, {len(material.values)} unique")
    source = piece_of(material.source, reads[0].path.stem, given.tempo)
    studio = Studio(given.sound)
    source_sound = studio.begin([source])[0] if given.page else None  # beside the learning

    # Model: one LSTM and one softmax layer, shared by learning and improvising.
    from inference_model import music_inference_model
    from learning.network import best_strategy, djmodel, shared_layers

    n_values, n_a = len(material.values), saved.n_a if saved else given.n_a
    strategy = best_strategy()
    with strategy.scope():
        LSTM_cell, densor = shared_layers(n_values, n_a, given.seed)
        model = djmodel(given.tx, LSTM_cell, densor, n_values)
    inference_model = music_inference_model(LSTM_cell, densor, n_values)
    tell("network", f"{model.count_params():,} parameters")

    # Train, unless the same was trained before.
    if saved:
        model.set_weights(saved.weights)
        losses = saved.losses
        tell("loaded", f"{given.load}, trained for {len(losses)} epochs")
    else:
        with strategy.scope():
            losses = learn(model, material, reads, given, cache)
    if given.save:
        save(given.save, model, reads, losses, n_a)
        tell("saved", given.save)

    # Generate.
    playing = playing_of(given)
    solos = generate_music(inference_model, material, playing, given.n_solos, given.seed)
    heard = [heard_solo(solo, material) for solo in solos]
    ranking = rank(material.source, heard, material.corpus) if len(solos) > 1 else [0]
    fallbacks = sum(solo.fallbacks for solo in solos) / max(1, sum(solo.n_terms for solo in solos))
    facts = {number: facts_of(heard[number], material.corpus) for number in ranking[:VERSIONS_ON_PAGE]}
    tell("improvised", f"{sum(len(solo.notes()) for solo in heard):,} notes, seed {given.seed}")
    tell("fall-backs", f"{fallbacks:.1%} of the values had no pitch as asked")
    tell("copied", ", ".join(f"{name} {text}" for name, text in facts[ranking[0]].items()))

    # Write.
    title, backing_seed = title_of(reads, given), given.seed if given.backing else None
    run_ = Run(
        pieces=[piece_of(solo, title, given.tempo, backing_seed) for solo in heard],
        ranking=ranking,
        facts=facts,
        source=source,
        source_sound=source_sound,
        symbols=chorus.symbols,
        losses=losses.tolist(),
        settings={"seed": str(given.seed), "tune": reads[0].path.name, "temperature": f"{playing.temperature:g}"},
    )
    wanted = Wanted(given.sound, given.score, given.pictures, given.page)
    for line in write_outputs(output, run_, wanted, studio):
        print(line)
    studio.close()


def read_all(given: SimpleNamespace, cache: Path | None) -> list[Read]:
    """The tunes to learn from, read; what was chosen in them and what was skipped is told."""
    path = find_tune(given.tune)
    selection = Selection(given.melody_track, given.chord_tracks, given.from_beat, given.to_beat)
    with reading_on(given.cluster):
        reads, skipped = read_tunes(path, selection, cache)
    for file, reason in skipped:
        tell("skipped", reason if str(file) in reason else f"{file}: {reason}")
    bars = sum(len(read.abstract_grammars) for read in reads)
    tell("tune", f"{path}, {bars} bars" + (f" of {len(reads)} tunes" if len(reads) > 1 else ""))
    for line in reads[0].tune.told if len(reads) == 1 else ():
        tell("", line)
    if len(reads) > 1 and not given.chords:
        tell("over", f"the changes of {reads[0].path.name}, the first of them; CHORDS gives others")
    return reads


def chorus_of(given: SimpleNamespace, tune: Tune) -> Chorus:
    """What is improvised over: the typed changes or the tune's, in the key and as often as the settings say."""
    bar = usual_bar(list(tune.bars.values()))
    chorus = typed_chorus(given.chords, bar) if given.chords else tune_chorus(tune)
    return chorus.transposed(given.key).repeated(given.choruses)


def learn(model, material: Material, reads: list[Read], given: SimpleNamespace, cache: Path | None) -> np.ndarray:
    """Cut windows, tell of the data set, and train; return the loss of each epoch.

    One tune has the same windows in every epoch, as in the original; of several, each epoch hears other windows.
    """
    lengths = [sum(len(line.split()) for line in read.abstract_grammars) for read in reads]
    m, n_values = given.windows * min(len(reads), MOST_TUNES_AN_EPOCH), len(material.values)
    starts = window_starts(lengths, m if len(reads) == 1 else m * given.epochs, given.tx)
    inputs, targets = training_windows(material.corpus_indices(), starts, given.tx)
    tell("X", f"{(m, given.tx, n_values)} an epoch, {len(set(starts.tolist()))} different windows in all")
    tell("Y", f"{(given.tx, m, n_values)}")

    def on_epoch(epoch: int, loss: float) -> None:
        text = f"epoch {epoch} of {given.epochs}, loss {loss:.2f} summed over {given.tx} steps"
        show(f"{'training':<12}{text}", done=epoch == given.epochs)

    settings = {"epochs": given.epochs, "batch_size": given.batch_size, "seed": given.seed}
    settings["windows_an_epoch"] = m
    losses, kept = trained(model, inputs, targets, settings, on_epoch, cache)
    if kept:
        tell("training", f"done before, loss {losses[-1]:.2f} summed over {given.tx} steps after {len(losses)} epochs")
    return losses


def facts_of(heard: Heard, corpus: list[str]) -> dict[str, str]:
    """How original a solo is, in words."""
    values = values_of(heard)
    return {
        "longest run of the solo's own values": str(longest_verbatim_run(values, corpus)),
        f"runs of {RUN} that stand in the solo": f"{known_run_share(values, corpus):.1%}",
    }


def title_of(reads: list[Read], given: SimpleNamespace) -> str:
    """What the new piece is called."""
    over = " over typed changes" if given.chords else ""
    return f"A solo after {reads[0].path.stem}{over}, seed {given.seed}"


def playing_of(given: SimpleNamespace) -> Playing:
    """How to improvise, as the settings say."""
    if given.original:
        return AS_THE_ORIGINAL
    return Playing(**{field.name: getattr(given, field.name) for field in fields(Playing)})


def find_tune(tune: str) -> Path:
    """The path of the tune; for the default one, fetched when it is missing, or our own in its place when offline."""
    path = Path(tune) if Path(tune).exists() else HERE / tune
    if path.exists():
        return path
    if tune != METHENY:
        return Path(tune)
    if ensure_tune(path):
        return path
    print(
        f"{METHENY} is not there and could not be fetched: learning from our own {OURS} instead "
        "(data/README.md tells how to get the real one)"
    )
    return HERE / OURS


def tell(what: str, text: str) -> None:
    """One aligned line of the run's story."""
    print(f"{what:<12}{text}")


if __name__ == "__main__":
    sys.exit(run(main))
