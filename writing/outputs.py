"""Everything a run writes: MIDI, sound, score, pictures and the page, each in a module of its own.

In the order of hearing: the MIDI comes first, then the sound, which another process renders meanwhile, then the rest.
Whatever needs a library that is not installed is left out with one sentence, and the rest is written all the same. Left
to others: each kind of file (`writing/midi.py`, `writing/sound.py`, `writing/lead_sheet.py`, `writing/engraving.py`,
`writing/pictures.py`, `writing/page.py`).
"""

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path

from music.piece import Piece
from running.files import write_aside
from running.helpers import Helper, result_of
from writing import engraving, samples, sound
from writing.midi import write_midi
from writing.page import Copy

SOLO_FILE = "my_music.midi"  # the best solo's; what belongs to it has the same stem
VERSIONS_ON_PAGE = 4  # solos that the page compares, the best ones
STUDIO = Helper()


@dataclass(frozen=True)
class Wanted:
    """Which outputs are made beside the MIDI."""

    sound: bool
    score: bool
    pictures: bool
    page: bool

    def prepare(self) -> None:
        """Bring the libraries that will be needed, while there is nothing else to do."""
        if self.pictures:
            import matplotlib.figure  # noqa: F401
        if (self.score or self.page) and not engraving.missing():
            import verovio  # noqa: F401


@dataclass(frozen=True)
class Results:
    """What a run has to show: its solos, their numbers from best to worst, what is said of the best and what they took
    over, the solo it learned from, the loss of each epoch, and the settings."""

    pieces: list[Piece]
    ranking: list[int]
    facts: dict[int, dict[str, str]]
    copies: dict[int, list[Copy]]
    source: Piece
    losses: list[float]
    settings: dict[str, str]

    @property
    def best(self) -> Piece:
        return self.pieces[self.ranking[0]]


def wake_studio(wanted: Wanted) -> None:
    """Let the process that renders start now: its libraries take half a second to come."""
    if (wanted.sound or wanted.page) and not sound.missing():
        STUDIO.begin(sound.bring_libraries)


def prepare_studio(source: Piece, accompaniment: Piece, wanted: Wanted, memory: Path | None) -> None:
    """Let the process that renders begin, beside the learning, with what is known already: the source, for the page's
    samples, and what will accompany the solo."""
    if wanted.page and not sound.missing():
        STUDIO.begin(samples.sampled, samples.ranges(source.parts), memory)
    if wanted.sound and not sound.missing():  # last, so that it is still remembered when the solo joins it
        STUDIO.begin(sound.prepare, accompaniment.parts, accompaniment.tempo)


def write_outputs(folder: Path, results: Results, wanted: Wanted, memory: Path | None = None) -> Iterator[str]:
    """Write what is wanted into `folder`; tells of each thing as soon as it is written, or that it is missing.

    The best solo is `my_music.*`; of several, each is `my_music_001.midi` and so on too. `memory` is the folder in
    which the page's samples are kept, None for nowhere. Raises ValueError where the folder cannot be written.
    """
    path = folder / SOLO_FILE
    yield from _write_numbered(folder, results)
    write_midi(path, results.best)
    yield _wrote(path)
    wanted, missing = _possible(wanted)
    yield from missing
    shown = [*(results.pieces[number] for number in results.ranking[:VERSIONS_ON_PAGE]), results.source]
    heard = STUDIO.begin(sound.mp3_bytes, results.best.parts, results.best.tempo) if wanted.sound else None
    sampled = None
    if wanted.page and not sound.missing():
        wanted_samples = samples.ranges([part for piece in shown for part in piece.parts])
        sampled = STUDIO.begin(samples.sampled, wanted_samples, memory)
    made = []
    for file in _made(path, results, wanted, sampled):
        made.append(file)
        if heard is None or heard.done():
            yield from _written(path, heard, made)
            heard, made = None, []
    yield from _written(path, heard, made)


def _made(path: Path, results: Results, wanted: Wanted, sampled: Future | None):
    """What comes after the sound, one file after the other: `(file, content)`."""
    if wanted.score:
        from writing.lead_sheet import lead_sheet

        sheet = lead_sheet(results.best)
        yield path.with_suffix(".musicxml"), sheet.musicxml.encode()
        yield from engraving.svg_files(path.with_suffix(".svg"), sheet.musicxml)
    if wanted.pictures:
        from writing.pictures import piano_roll_png, training_png

        yield path.with_suffix(".png"), piano_roll_png(results.best)
        yield path.with_name("training.png"), training_png(results.losses)
    if wanted.page:
        links = {"MIDI": SOLO_FILE}
        links |= {"MP3": "my_music.mp3"} if wanted.sound else {}
        links |= {"MusicXML": "my_music.musicxml"} if wanted.score else {}
        yield path.with_suffix(".html"), _page(results, links, wanted.score, sampled).encode(errors="replace")


def _written(path: Path, heard: Future | None, made: list[tuple[Path, bytes]]) -> Iterator[str]:
    """Write the sound, if there is one to come, and then what was made meanwhile."""
    if heard is not None:
        made = [(path.with_suffix(".mp3"), result_of(heard, "the sound")), *made]
    for file, content in made:
        write_aside(file, content)
        yield _wrote(file)


def _possible(wanted: Wanted) -> tuple[Wanted, list[str]]:
    """What can be made of what is wanted, and a sentence for each library that is missing."""
    no_sound = sound.missing() if wanted.sound or wanted.page else None
    no_score = engraving.missing() if wanted.score else None
    possible = replace(wanted, sound=wanted.sound and not no_sound, score=wanted.score and not no_score)
    return possible, [sentence for sentence in (no_sound, no_score) if sentence]


def _write_numbered(folder: Path, results: Results) -> Iterator[str]:
    if len(results.pieces) > 1:
        for number, piece in enumerate(results.pieces, 1):
            write_midi(folder / f"my_music_{number:03d}.midi", piece)
        best, last = results.ranking[0] + 1, len(results.pieces)
        yield _wrote(f"{folder / 'my_music_001.midi'} to _{last:03d}.midi; the best is number {best}")


def _wrote(file: object) -> str:
    return f"{'wrote':<12}{file}"


def _page(results: Results, links: dict[str, str], with_score: bool, sampled: Future | None) -> str:
    from writing.page import page_html, version_of

    several = len(results.pieces) > 1
    versions = [
        version_of(
            results.pieces[number],
            f"Solo {number + 1}" if several else "The solo",
            with_score,
            links=links if number == results.ranking[0] else {},
            facts=results.facts[number],
            copies=results.copies[number],
        )
        for number in results.ranking[:VERSIONS_ON_PAGE]
    ]
    versions.append(version_of(results.source, "The source", with_score))
    rendered = sampled and result_of(sampled, "the page's samples")  # last: they come after the sound
    return page_html(versions, {"title": results.best.title, "settings": results.settings}, rendered)
