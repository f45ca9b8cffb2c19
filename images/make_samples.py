"""Make the solo that the README shows and lets one hear, learned from our own tune.

    python images/make_samples.py

writes `piano_roll.png` and `score.svg` (its first bars) beside this script, and `sample_solo.mp3` and
`sample_solo.midi` to `output/`. Of twenty solos with a backing band the best-ranked one is taken.
"""

import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import music_generate
from writing.lead_sheet import write_svg

BARS_SHOWN = 8
ARGUMENTS = ["--tune", "data/our_tune.mid", "--backing", "true", "--n-solos", "20", "--cache", ""]


def main() -> None:
    """Run the program, and take what the README needs from what it wrote."""
    written = {}
    write_outputs = music_generate.write_outputs

    def write_and_note(folder, run, *others):
        written["best"] = run.best
        return write_outputs(folder, run, *others)

    music_generate.write_outputs = write_and_note
    with tempfile.TemporaryDirectory() as folder:
        music_generate.main([*ARGUMENTS, "--output", folder, "--page", "false"])
        for ending, target in ((".mp3", "output/sample_solo.mp3"), (".midi", "output/sample_solo.midi")):
            shutil.copy(Path(folder) / f"my_music{ending}", HERE.parent / target)
        shutil.copy(Path(folder) / "my_music.png", HERE / "piano_roll.png")
    best = written["best"]
    end = best.bars[:BARS_SHOWN][-1].start + best.bars[:BARS_SHOWN][-1].length
    notes = [note for note in best.solo if note.offset < end]
    chords = [chord for chord in best.chords if chord.offset < end]
    _, (file,) = write_svg(HERE / "score.svg", replace(best, bars=best.bars[:BARS_SHOWN], solo=notes, chords=chords))
    file.write_text(file.read_text().replace("<svg ", '<svg style="background: white" ', 1))  # on dark pages, too


if __name__ == "__main__":
    main()
