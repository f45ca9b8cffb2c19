"""A sound sample of the tune that the program learns from: the first half minute of its solo.

    python images/render_sample.py

writes `output/TUNE_sample.mp3`. The sample of our own tune is `data/our_tune_sample.mp3`; one of Metheny's is rendered
on request and is not to be committed. The constants and flags of the tune are those of `music_generate.py`.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import music_generate
from improvising.improvise import learn_material, piece_of
from music.piece import Piece
from running.files import check_folder
from running.settings import number, read_settings, run
from writing.sound import write_sound

SECONDS = 30.0  # of music, without the last chord's ringing out; 1 to 600
RULES = music_generate.RULES | {"SECONDS": number(1, 600)}


def main(argv: list[str] | None = None) -> None:
    """Read the tune, render its beginning. Raises ValueError for whatever a user can put right."""
    given = read_settings(vars(music_generate) | globals(), RULES, __doc__.splitlines()[0], argv)
    output = check_folder(given.output)
    read = music_generate.read_all(given, Path(given.cache) if given.cache else None)[0]
    source = learn_material([read.tune], [read.abstract_grammars]).source
    piece = piece_of(source, read.path.stem, read.tune.tempo)
    file = output / f"{read.path.stem}_sample.mp3"
    shortened = beginning(piece, given.seconds)
    write_sound(file, shortened.parts, shortened.tempo)
    music_generate.tell("wrote", str(file))


def beginning(piece: Piece, seconds: float) -> Piece:
    """A piece up to a time, in whole bars: at least one, and as many as fit."""
    quarters = seconds * piece.tempo / 60
    ends = [bar.start + bar.length for bar in piece.bars]
    end = max([end for end in ends if end <= quarters], default=ends[0])
    parts = [part._replace(music=[item for item in part.music if item.offset < end]) for part in piece.parts]
    return Piece(piece.title, piece.tempo, piece.bars, piece.solo, piece.chords, piece.types, parts)


if __name__ == "__main__":
    sys.exit(run(main))
