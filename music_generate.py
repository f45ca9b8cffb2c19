"""Learn a jazz solo and improvise new ones: data -> model -> train -> generate -> write.

    python music_generate.py

Change a constant, or give its flag (`--temperature 1.2`), run again, and listen.
"""

import sys

if __name__ == "__main__":
    from running.ending import answer_signals

    answer_signals()  # before anything else is imported

from running.console import begin, run, say, tell

if __name__ == "__main__":
    begin()  # before what takes long

from pathlib import Path  # noqa: I001, long lists of names are packed

from grammar import ask_ahead
from improvising.live import play_along, prepare_to_play_along
from improvising.session import (
    Session, check_wishes, facts_of, playing_of, shown_of, source_of, style_over, tell_of, tune_over, wanted_of,
)  # fmt: skip
from learning.experts import EXPERTS as KNOWN_EXPERTS
from learning.learner import Training, wake_learner
from learning.saved_network import BROUGHT, load, save
from learning.style import learn_style
from learning.training import learn
from preprocess import list_file, read_tunes, reading_on, with_changes
from reading.choosing import Selection
from reading.fetching import find_tune
from reading.many_tunes import Tunes, n_bars_of
from running.answers import answers_in
from running.files import check_folder
from running.memory import keep_within_bounds
from running.settings import (
    Setting, Settings, bar_numbers, declared, ending_in, number, one_of, optional, path, place, read_settings, some_of,
    switch, text, tracks, whole,
)  # fmt: skip
from writing.outputs import Results, Wanted, prepare_studio, wake_studio, write_outputs

# --- The tune --------------------------------------------------------------------------------------------------------
TUNE: path = "data/original_metheny.mid"  # MIDI, score, wjazzd.db, folder; Metheny's is fetched once, or ours taken
PLAYER: text = ""  # of a database's solos, or its CSV files', those of this player, "Charlie Parker"; "": all
TITLE: text = ""  # and those on this tune, "Donna Lee"; "": all
MELODY_TRACK: optional(tracks) = None  # tracks of the solo, as (1,) or (1, 2), numbered as --list does; None: found
CHORD_TRACKS: optional(tracks) = None  # tracks of the chords, as (0,) or (0, 2); None: found by name
FROM_BEAT: optional(place(0, 1e6)) = None  # the solo's first beat, in quarters from 0, or its marker; None: found
TO_BEAT: optional(place(0, 1e6)) = None  # its last beat, included, or the marker it ends before
METER: text = ""  # of a MIDI file whose bars are told wrongly, as "3/4"; "": the file's, or found
PICKUP: optional(number(0, 12)) = None  # quarters before its first bar line; None: the file's, or found
TUNE_CHORDS: text = ""  # the tune's changes where its file has only a solo, as CHORDS takes them; "": the file's
LOAD: text = ""  # a network that SAVE wrote, to improvise with instead of learning the tune

# --- Learning --------------------------------------------------------------------------------------------------------
NETWORK_SEED: whole(0, 2_000_000) = 0  # draws the network's first weights and the order of the snippets
WINDOWS: whole(1, 100_000) = 60  # snippets of one tune in an epoch; more is slower. Of a library: as its size asks for
TX: whole(2, 1000) = 30  # values in a snippet: how far back the network is taught to hear
N_A: whole(1, 4096) = 64  # units of the LSTM
EPOCHS: whole(1, 100_000) = 30  # times the snippets are learned, at most; the original's 100 nearly memorise the solo
BATCH_SIZE: whole(1, 100_000) = 32  # snippets a step
CLUSTER: text = ""  # a Dask scheduler whose workers read a folder, "tcp://host:8786"; "": this machine reads
CACHE: text = ".cache"  # folder that keeps what was read and trained, so that it is done once; "": none

# --- Improvising -----------------------------------------------------------------------------------------------------
CHORDS: text = ""  # changes to improvise over, "Dm7 | G7 | Cmaj7 A7", a text file with them, or a link of iReal Pro
SONG: text = ""  # of a playlist in CHORDS the song with this title; "": the first
CHORUSES: whole(1, 100) = 1  # times the changes are played
OVER: text = ""  # of a folder's tunes the one whose changes are played, by its name; "": the first
KEY: whole(-11, 11) = 0  # semitones up (or down, below 0) that the changes are moved, by the nearer way
SEED: whole(0, 2_000_000) = 0  # every choice comes from it: the same seed and settings give the same bytes
N_SOLOS: whole(1, 100_000) = 1  # solos to make; more than one are numbered and ranked
BARS: whole(0, 100_000) = 0  # bars to play; 0: all choruses
KEEP_BARS: bar_numbers = ()  # bars of a solo made before that stay, as (1, 2, 3) or 1-3, while the rest is played anew
KEEP_FROM: text = ""  # the MIDI file of that solo; "": my_music.midi in OUTPUT, the last one
TEMPERATURE: number(0, 100) = 1.0  # 0: always the likeliest value, 1: as learned, above 1: bolder
MIN_P: number(0, 1) = 0.0  # leaves out values less likely than this share of the likeliest; higher is safer
RHYTHM: one_of("learned", "filled", "late") = "learned"  # gaps: the solo's, none, or as the original (a note late)
DENSITY: number(0.25, 4) = 1.0  # notes to play for each of the player's, with learned gaps
EXPERTS: some_of(*KNOWN_EXPERTS) = KNOWN_EXPERTS  # asked beside the network; README says what each is for; (): none
ONE_LINE: switch = True  # the line keeps to its bar and the solo's range, and goes on from its last note
CLOSENESS: number(0.01, 1) = 0.2  # how freely a leap may differ from the one learned; 1: any in its interval
GRAVITY: number(0.01, 1) = 0.15  # the pull to the register where the player is at home; 1: none
LONGEST_RUN: whole(0, 100) = 8  # a run of values out of the solo is broken off here; 0: never
KEEP_TYPES: switch = True  # approach and other tones stay; False: they become chord tones, as in the original
DYNAMICS: switch = True  # velocities drawn from the player's in like places
FEEL: number(0, 1) = 1.0  # how much of the player's timing, articulation and bends the line gets; 0: on the grid
SWING: optional(number(0.5, 0.75)) = None  # where off-beats lie: 0.5 straight, 0.67 triplets; None: as the player's
VALUES_PER_BAR: whole(0, 10_000) = 0  # values in each bar, whatever its length; 0: as many as fit. The original: 50
CARRY_STATE: switch = True  # with VALUES_PER_BAR: the network goes on from bar to bar; False: from nothing
QUIRKS: some_of("opening", "rounded", "pairs") = ()  # the original's: C,0.25 opens bars, lengths by a coin, see README
ORIGINAL: switch = False  # all of this as in the original (the constants from BARS on then do not count)

# --- Writing ---------------------------------------------------------------------------------------------------------
SAVE: ending_in(".keras") = ""  # file that keeps the trained network; "": none
OUTPUT: path = "output"  # folder that receives my_music.midi and what belongs to it
TEMPO: optional(number(20, 400)) = None  # quarters a minute; None: the tune's, as Metheny's 112. The original: 130
INSTRUMENT: optional(text) = None  # the soloist's, by its General MIDI name or number from 0; None: the tune's
BACKING: switch = False  # bass and drums under the solo
STYLE: optional(text) = None  # of the band, as "swing" or "bossa", None: by the tune; or of wjazzd.db's solos, "bebop"
COUNT_IN: switch = False  # a bar is counted before, in MIDI and sound
SOUND: switch = True  # my_music.mp3
SOUNDFONT: text = ""  # an SF2 or SF3 file to play it with; "": ours, a small one
PART: optional(one_of("C", "Bb", "Eb")) = None  # whom the score is for, a horn in Bb or Eb, say; None: who plays
SCORE: switch = True  # my_music.musicxml, a lead sheet, and my_music.svg, the same engraved
PICTURES: switch = True  # my_music.png, a piano roll, and training.png, the loss
PAGE: switch = True  # my_music.html: listen and watch
LIVE: switch = False  # then open the page with a panel: another one, other settings, keep bars; Ctrl-C ends it


def main(argv: list[str] | None = None) -> Results | None:
    """The whole run, and what it made; with --list nothing. Raises ValueError, before anything is written, for what a
    user can put right."""
    settings = declared(sys.modules[__name__])
    brought, actions = {"LOAD": BROUGHT}, {"list": "say what TUNE holds and what would be read of it, and make nothing"}
    given = read_settings(settings, __doc__.splitlines()[0], argv, "TUNE", brought, actions)
    if given.list:
        for line in list_file(*asked_of(given)):
            say(line)
        return None
    playing_of(given)  # says which constant is gone before anything is done
    check_folder(given.output)
    cache = Path(given.cache) if given.cache else None
    keep_within_bounds(cache)
    with answers_in(cache, "music21"):
        return story(given, settings, cache)


def story(given: Settings, settings: dict[str, Setting], cache: Path | None) -> Results:
    """Data, model, train, generate, write."""
    wanted = Wanted(given.sound, given.score, given.pictures, given.page, given.soundfont)

    # Data: tunes as lines of grammar, the grammar as values.
    saved = load(given.load) if given.load else None
    tunes = saved.chosen(*wanted_of(given)) if saved else read_all(given, cache, wake_learner)
    wake_studio(wanted)
    learned = learn_style(tunes, values=saved.values if saved else ())
    tell("corpus", learned.size)
    style = style_over(given, learned, tunes)
    check_wishes(given, style, tunes)  # before all the work
    source = source_of(given, style, tunes)
    for line in style.told:
        tell("changes", line)
    tell("feel", learned.feel.told)
    if given.live:
        prepare_to_play_along(source, cache, given.soundfont)

    # Model and training: an LSTM and a softmax layer, learned by another process unless the same was learned before.
    training = Training(given.n_a, given.epochs, given.batch_size, given.network_seed)

    def meanwhile() -> None:
        wanted.prepare()
        ask_ahead()
        prepare_studio(source, wanted, cache)

    network = saved.network if saved else learn(style, tunes, given.windows, given.tx, training, cache, meanwhile)
    tell("network", f"{network.n_parameters:,} parameters")
    if given.save:
        save(given.save, network, saved.tunes if saved else tunes, style.values, given.tx)

    # Generate: the same layers, one step at a time.
    session = Session(tunes, saved.leaning_to(tunes) if saved else network, style, cache)
    results = session.improvise(given, shown_of(given, settings, tunes))
    tell_of(results, given.seed)

    # Write, what is heard first.
    for told in write_outputs(Path(given.output), results, wanted, cache, facts_of(given, session)):
        say(told)
    if given.live:
        play_along(session, given, settings, results)
    return results


def asked_of(given: Settings) -> tuple[Path, Selection]:
    """The file that is asked for, and what of it."""
    where = given.from_beat, given.to_beat, given.meter or None, given.pickup
    return find_tune(given.tune), Selection(given.melody_track, given.chord_tracks, *where)


def read_all(given: Settings, cache: Path | None, when_new=lambda: None) -> Tunes:
    """The tunes to learn from, read; what was chosen in them and what was skipped is told."""
    file, selection = asked_of(given)
    with reading_on(given.cluster):
        tunes, skipped = read_tunes(file, selection, cache, when_new, *wanted_of(given))
    for other, reason in skipped:
        tell("skipped", reason if str(other) in reason else f"{other}: {reason}")
    tunes = with_changes(tunes, given.tune_chords, "" if given.chords else given.song)
    tell("tune", f"{file}, {n_bars_of(tunes)} bars" + f" of {len(tunes)} tunes" * (len(tunes) > 1))
    for line in tunes[0].told if len(tunes) == 1 else ():
        tell("", line)
    if len(tunes) > 1 and not given.chords:
        tell("over", f"the changes of {tune_over(given, tunes).path.name}; OVER names another tune's")
    return tunes


if __name__ == "__main__":
    sys.exit(run(main))
