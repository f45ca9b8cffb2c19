"""Make the solo that the README shows and lets one hear, learned from our own tune.

    python images/make_samples.py

writes `piano_roll.png` and `score.svg` (its first bars) beside this script, and `sample_solo.mp3` and
`sample_solo.midi` to `output/`, and prints with which settings. It is the first solo that comes, not a chosen one.

    python images/make_samples.py --sample-of data/our_tune.mid

writes `TUNE_sample.mp3` to OUTPUT instead: the first half minute of the solo that is learned from. The one of our own
tune is `data/our_tune_sample.mp3`; one of Metheny's is made on request and is not to be committed. What is read of the
tune, the constants and flags of `music_generate.py` say.
"""

import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import music_generate
from improvising.arranging import Arrangement, piece_of
from music.piece import Solo
from music.units import to_quarters
from running.console import run, tell
from running.files import check_folder, write_aside
from running.settings import Settings, declared, number, read_settings, text
from writing.engraving import svg_files
from writing.lead_sheet import lead_sheet
from writing.sound import write_sound

SAMPLE_OF: text = ""  # a tune to make a sample of; "": the README's solo is made
SECONDS: number(1, 600) = 30  # of the sample, in whole bars, without the last chord's ringing out

BARS_SHOWN = 8
SHOWN_SOLO = ["--tune", "data/our_tune.mid", "--seed", "0", "--backing", "on", "--cache", "", "--page", "off"]


def main() -> None:
    """Make the README's solo, or a sample. Raises ValueError for whatever a user can put right."""
    given = read_settings(declared(music_generate) | declared(sys.modules[__name__]), __doc__.splitlines()[0])
    if given.sample_of:
        make_sample(given)
    elif sys.argv[1:]:
        raise ValueError("the README's solo is made without any flags, a sample with --sample-of TUNE; give that")
    else:
        make_shown_solo()


def make_shown_solo() -> None:
    """Run the program, and take what the README needs from what it wrote."""
    tell("settings", " ".join(SHOWN_SOLO[:6]))
    with tempfile.TemporaryDirectory() as folder:
        best = music_generate.main([*SHOWN_SOLO, "--output", folder]).best
        for ending in (".mp3", ".midi"):
            shutil.copy(Path(folder) / f"my_music{ending}", ROOT / f"output/sample_solo{ending}")
        shutil.copy(Path(folder) / "my_music.png", ROOT / "images/piano_roll.png")
    shown = replace(best, solo=first_bars(best.solo, BARS_SHOWN))
    ((file, engraved),) = svg_files(ROOT / "images/score.svg", lead_sheet(shown).musicxml)
    write_aside(file, engraved.replace(b"<svg ", b'<svg style="background: white" ', 1))  # on dark pages, too


def make_sample(given: Settings) -> None:
    """Read a tune, and render the beginning of its solo: at least a bar, and as many as fit."""
    output = check_folder(given.output)
    given.tune = given.sample_of
    tune = music_generate.read_all(given, None)[0]
    quarters = given.seconds * tune.tempo / 60
    count = sum(to_quarters(bar.end) <= quarters for bar in tune.solo.bars)
    arrangement = Arrangement(tune.tempo, strikes=tune.struck(), listens=False)
    piece = piece_of(first_bars(tune.solo, max(1, count)), tune.path.stem, arrangement)
    file = output / f"{tune.path.stem}_sample.mp3"
    write_sound(file, piece.parts, piece.tempo)
    tell("wrote", str(file))


def first_bars(solo: Solo, count: int) -> Solo:
    """The first bars of a solo."""
    by_bar = (solo.bars, solo.notes_by_bar, solo.chords_by_bar, solo.nuances_by_bar)
    bars, notes, chords, nuances = (of[:count] for of in by_bar)
    return Solo(bars, notes, chords, nuances_by_bar=nuances)


if __name__ == "__main__":
    sys.exit(run(main))
