"""Learn a jazz solo and improvise new ones: data -> model -> train -> generate -> write.

    python music_generate.py

Change a constant, or give its flag (`--temperature 1.2`), run again, and listen.
"""

import sys
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace

from data_utils import corpus_indices, training_windows, window_starts
from fetch_tune import ensure_tune
from files import check_folder
from improvise import AS_THE_ORIGINAL, Playing, generate_music, heard_solo, heard_source, learn_material, piece_of
from measures import RUN, known_run_share, longest_verbatim_run, rank, values_of
from midi_file import write_midi
from preprocess import Selection, get_corpus_data, read_tune, write_grammars
from progress import show
from settings import SWITCH, TEXT, TRACKS, number, one_of, optional, read_settings, run, whole

HERE = Path(__file__).resolve().parent

# --- The tune --------------------------------------------------------------------------------------------------------
TUNE = "data/original_metheny.mid"  # a MIDI file; Metheny's is fetched once, and ours stands in for it offline
MELODY_TRACK = None  # track of the solo, counting from 0 those that hold notes; None: found by name
CHORD_TRACKS = None  # tracks of the chords, as (0,) or (0, 2); None: found by name
FROM_BEAT = None  # the solo's first beat in the file, in quarters from 0; None: known or marked "solo", else the start
TO_BEAT = None  # its last beat, included

# --- Learning --------------------------------------------------------------------------------------------------------
SEED = 0  # every choice comes from it: the same seed and settings give the same bytes
WINDOWS = 60  # snippets of the solo to learn from, 1 to 100000; more is slower and a little more even
TX = 30  # values in a snippet, 2 to 1000: how far back the network is taught to hear
N_A = 64  # units of the LSTM, 1 to 4096
EPOCHS = 30  # times the snippets are learned, 1 to 100000; the original's 100 nearly memorise the solo
BATCH_SIZE = 32  # snippets a step

# --- Improvising -----------------------------------------------------------------------------------------------------
N_SOLOS = 1  # solos to make; more than one are numbered
BARS = 0  # bars to play; 0: the whole chorus
TEMPERATURE = 1.0  # 0: always the likeliest value, 1: as learned, above 1: bolder
MIN_P = 0.0  # 0 to 1: leaves out values less likely than this share of the likeliest; higher is safer
RHYTHM = "learned"  # gaps: "learned" from the solo, "filled" (no gaps), "late" (the original's, a note late)
DENSITY = 1.0  # 0.25 to 4: notes to play for each of the player's, with learned gaps
ONE_LINE = True  # the line keeps to its bar and the solo's range, and goes on from its last note
CLOSENESS = 0.2  # 0.01 to 1: how freely a leap may differ from the one learned; 1: any in its interval
GRAVITY = 0.7  # 0.01 to 1: the pull to the middle of the range; 1: none
LONGEST_RUN = 8  # 1 to 100: a run of values out of the solo is broken off here; 0: never
KEEP_TYPES = True  # approach and other tones stay; False: they become chord tones, as in the original
DYNAMICS = True  # velocities drawn from the player's at the same place in the bar
VALUES_PER_BAR = 0  # values in each bar, whatever its length; 0: as many as fit. The original: 50
CARRY_STATE = True  # with VALUES_PER_BAR: the network goes on from bar to bar; False: each bar starts from nothing
ROUND_DURATIONS = False  # round durations to a quarter of a beat by a coin, as the original does
OPENING = False  # put the term C,0.25 in front of each bar, as the original does
EVERY_NEIGHBOUR = True  # drop repeated pitches among all neighbours; False: in disjoint pairs, as the original does
ORIGINAL = False  # all of this as in the original (the constants of this group then do not count)

# --- Writing ---------------------------------------------------------------------------------------------------------
OUTPUT = "output"  # folder that receives my_music.midi
TEMPO = 130  # beats a minute, 20 to 400

RULES = {
    "TUNE": TEXT,
    "MELODY_TRACK": optional(whole(0)),
    "CHORD_TRACKS": optional(TRACKS),
    "FROM_BEAT": optional(number(0, 1e6)),
    "TO_BEAT": optional(number(0, 1e6)),
    "SEED": whole(0, 2_000_000),
    "WINDOWS": whole(1, 100_000),
    "TX": whole(2, 1000),
    "N_A": whole(1, 4096),
    "EPOCHS": whole(1, 100_000),
    "BATCH_SIZE": whole(1, 100_000),
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
    "OUTPUT": TEXT,
    "TEMPO": number(20, 400),
}

METHENY, OURS = "data/original_metheny.mid", "data/our_tune.mid"


def main(argv: list[str] | None = None) -> None:
    """The whole run. Raises ValueError, before anything is written, for whatever a user can put right."""
    given = read_settings(globals(), RULES, __doc__.splitlines()[0], argv)
    output = check_folder(given.output)

    # Data: the tune as lines of grammar, the grammar as windows of values.
    path = find_tune(given.tune)
    tune = read_tune(path, selection_of(given))
    abstract_grammars = write_grammars(tune)
    corpus, values, values_indices, _ = get_corpus_data(abstract_grammars)
    starts = window_starts(len(corpus), given.windows, given.tx)
    inputs, targets = training_windows(corpus_indices(corpus, values_indices), starts, given.tx)
    material = learn_material(tune, abstract_grammars, given.density)
    tell("tune", f"{path}, {len(abstract_grammars)} bars")
    tell("corpus", f"{len(corpus)} values, {len(values)} unique")
    tell("X", f"{(given.windows, given.tx, len(values))}, {len(set(starts.tolist()))} of the windows differ")
    tell("Y", f"{(given.tx, given.windows, len(values))}")

    # Model: one LSTM and one softmax layer, shared by learning and improvising.
    from inference_model import music_inference_model
    from model import djmodel, shared_layers, train

    LSTM_cell, densor = shared_layers(len(values), given.n_a, given.seed)
    model = djmodel(given.tx, LSTM_cell, densor, len(values))
    inference_model = music_inference_model(LSTM_cell, densor, len(values))
    tell("network", f"{model.count_params():,} parameters")

    # Train.
    def on_epoch(epoch: int, loss: float) -> None:
        text = f"epoch {epoch} of {given.epochs}, loss {loss:.2f} summed over {given.tx} steps"
        show(f"{'training':<12}{text}", done=epoch == given.epochs)

    train(model, inputs, targets, given.epochs, given.batch_size, given.seed, on_epoch)

    # Generate.
    playing = playing_of(given)
    solos = generate_music(inference_model, material, playing, given.n_solos, given.seed)
    n_notes = sum(len(bar) for solo in solos for bar in solo.bars)
    fallbacks = sum(solo.fallbacks for solo in solos) / max(1, sum(solo.n_terms for solo in solos))
    tell("improvised", f"{n_notes} notes, seed {given.seed}, temperature {playing.temperature:g}")
    tell("fall-backs", f"{fallbacks:.1%} of the terms had no pitch as asked")

    # Write: the best solo as my_music.midi; if there are several, each under its number.
    heard = [heard_solo(solo, material) for solo in solos]
    best = rank(heard_source(material), heard, material.corpus)[0] if len(solos) > 1 else 0
    values = values_of(heard[best])
    tell(
        "copied",
        f"{longest_verbatim_run(values, corpus)} values at most in a row, "
        f"{known_run_share(values, corpus):.1%} of the runs of {RUN}",
    )
    pieces = [piece_of(solo, material, f"A solo after {path.stem}, seed {given.seed}", given.tempo) for solo in solos]
    files = {output / f"my_music_{number:03d}.midi": piece for number, piece in enumerate(pieces, 1) if len(pieces) > 1}
    for file, piece in files.items():
        write_midi(file, piece)
    write_midi(output / "my_music.midi", pieces[best])
    if files:
        tell("wrote", f"{list(files)[0]} to {list(files)[-1].name}; the best is number {best + 1}")
    tell("wrote", str(output / "my_music.midi"))


def selection_of(given: SimpleNamespace) -> Selection:
    """Which part of the file is the tune, as the settings say."""
    return Selection(given.melody_track, given.chord_tracks, given.from_beat, given.to_beat)


def playing_of(given: SimpleNamespace) -> Playing:
    """How to improvise, as the settings say."""
    if given.original:
        return AS_THE_ORIGINAL
    return Playing(**{field.name: getattr(given, field.name) for field in fields(Playing)})


def find_tune(tune: str) -> Path:
    """The path of the tune; for the default one, fetched when it is missing, or our own in its place when offline."""
    path = Path(tune) if Path(tune).is_file() else HERE / tune
    if path.is_file():
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
