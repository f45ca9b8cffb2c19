"""Everything a run writes: MIDI, sound, score, pictures and the page, each in a module of its own.

The MIDI comes first. Whatever needs a library that is not installed is left out with one sentence, and the rest is
written all the same. Left to others: each kind of file (`writing/midi.py`, `writing/sound.py`,
`writing/lead_sheet.py`, `writing/engraving.py`, `writing/pictures.py`, `writing/page.py`).
"""

import signal
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

from music.piece import Piece
from running.files import write_aside
from writing.midi import write_midi

VERSIONS_ON_PAGE = 4  # solos that the page compares, the best ones; each brings its sound along


@dataclass(frozen=True)
class Wanted:
    """Which outputs are made beside the MIDI."""

    sound: bool
    score: bool
    pictures: bool
    page: bool


@dataclass(frozen=True)
class Results:
    """What a run has to show: its solos, their numbers from best to worst, what is said of the best, the solo it
    learned from and its sound to come, the loss of each epoch, and the settings."""

    pieces: list[Piece]
    ranking: list[int]
    facts: dict[int, dict[str, str]]
    source: Piece
    source_sound: Future | None
    losses: list[float]
    settings: dict[str, str]

    @property
    def best(self) -> Piece:
        return self.pieces[self.ranking[0]]


class Studio:
    """Renders sound in a process of its own, beside whatever is done meanwhile.

    Synthesis holds Python's lock, so a thread would not do. The process starts at once, and serves the whole run. With
    `wanted` False, or without the libraries, there is none, and every sound is None.
    """

    def __init__(self, wanted: bool = True):
        from writing import sound

        self.pool = None
        if wanted and not sound.missing():
            self.pool = ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"))

    def begin(self, pieces: list[Piece]) -> list[Future | None]:
        """Begin to render pieces as MP3 files, one after the other."""
        if self.pool is None:
            return [None] * len(pieces)
        from writing.sound import mp3_bytes

        with _deaf_to_ctrl_c():
            return [self.pool.submit(mp3_bytes, piece.parts, piece.tempo) for piece in pieces]

    def close(self) -> None:
        """End the process; what has not begun is left undone."""
        if self.pool is not None:
            self.pool.shutdown(cancel_futures=True)


@contextmanager
def _deaf_to_ctrl_c():
    """What is started meanwhile never hears Ctrl-C: that is for this process to answer, in one line. One that comes
    meanwhile is heard afterwards."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows, where it is not inherited
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def write_outputs(folder: Path, results: Results, wanted: Wanted, studio: Studio) -> list[str]:
    """Write what is wanted into `folder`, with the sound from `studio`; return a line for each thing that was written
    or is missing.

    The best solo is `my_music.*`; of several, each is `my_music_001.midi` and so on too. Raises ValueError where the
    folder cannot be written.
    """
    path = folder / "my_music.midi"
    files = [*_write_numbered(folder, results), path]
    write_midi(path, results.best)
    wanted, missing = _possible(wanted)
    shown = [results.pieces[number] for number in results.ranking[: VERSIONS_ON_PAGE if wanted.page else 1]]
    begun = studio.begin(shown) if wanted.sound else [None] * len(shown)
    if wanted.score:
        files += _write_score(path, results)
    if wanted.pictures:
        files += _write_pictures(path, results)
    sounds = [sound and sound.result() for sound in [*begun, results.source_sound]]
    if wanted.sound:
        files.append(path.with_suffix(".mp3"))
        write_aside(files[-1], sounds[0])
    if wanted.page:
        files.append(path.with_suffix(".html"))
        _write_page(files[-1], results, [*shown, results.source], sounds, wanted.score)
    return [*missing, *(f"{'wrote':<12}{file}" for file in files)]


def _possible(wanted: Wanted) -> tuple[Wanted, list[str]]:
    """What can be made of what is wanted, and a sentence for each library that is missing."""
    from writing import engraving, sound

    no_sound = sound.missing() if wanted.sound else None
    no_score = engraving.missing() if wanted.score else None
    possible = replace(wanted, sound=wanted.sound and not no_sound, score=wanted.score and not no_score)
    return possible, [sentence for sentence in (no_sound, no_score) if sentence]


def _write_numbered(folder: Path, results: Results) -> list[str]:
    if len(results.pieces) == 1:
        return []
    for number, piece in enumerate(results.pieces, 1):
        write_midi(folder / f"my_music_{number:03d}.midi", piece)
    best, last = results.ranking[0] + 1, len(results.pieces)
    return [f"{folder / 'my_music_001.midi'} to _{last:03d}.midi; the best is number {best}"]


def _write_score(path: Path, results: Results) -> list[Path]:
    from writing.engraving import write_svg
    from writing.lead_sheet import write_musicxml

    write_musicxml(path.with_suffix(".musicxml"), results.best)
    _, pages = write_svg(path.with_suffix(".svg"), results.best)
    return [path.with_suffix(".musicxml"), *pages]


def _write_pictures(path: Path, results: Results) -> list[Path]:
    from writing.pictures import draw_piano_roll, draw_training

    roll, training = path.with_suffix(".png"), path.with_name("training.png")
    draw_piano_roll(roll, results.best)
    draw_training(training, results.losses)
    return [roll, training]


def _write_page(path: Path, results: Results, shown: list[Piece], sounds: list[bytes | None], with_score: bool) -> None:
    from writing.engraving import engrave
    from writing.lead_sheet import lead_sheet
    from writing.page import Version, write_page

    names = (
        [f"Solo {number + 1}" for number in results.ranking[: len(shown) - 1]]
        if len(results.pieces) > 1
        else ["The solo"]
    )
    links = {"MIDI": "my_music.midi"}
    if sounds[0]:
        links["MP3"] = "my_music.mp3"
    if with_score:
        links["MusicXML"] = "my_music.musicxml"
    versions = []
    for place, (piece, name, mp3) in enumerate(zip(shown, [*names, "The source"], sounds, strict=True)):
        sheet = lead_sheet(piece, f"v{place}") if with_score else None
        versions.append(
            Version(
                name,
                piece,
                mp3,
                engrave(sheet.musicxml) if sheet else [],
                [" ".join(ids) for ids in sheet.note_ids] if sheet else [],
                links if place == 0 else {},
                {} if piece is results.source else results.facts[results.ranking[place]],
            )
        )
    write_page(path, versions, {"title": results.best.title, "settings": results.settings})
