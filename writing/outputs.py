"""Everything a run writes: MIDI, sound, score, pictures and the page, each in a module of its own.

They are made in the order of hearing, the MIDI first, then the sound, which another process renders meanwhile, then the
rest; and they take the places of the older ones together, when all of them are there. Whatever needs a library that is
not installed is left out with one sentence, and the rest is written all the same. Left to others: each kind of file
(`writing/midi.py`, `writing/sound.py`, `writing/lead_sheet.py`, `writing/engraving.py`, `writing/pictures.py`,
`writing/page.py`), and how a set takes its place (`running/file_set.py`).
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from music.piece import Piece, Tune
from running.console import Progress
from running.file_set import FileSet
from running.helpers import Helper, result_of
from writing import engraving, samples, sound
from writing.count_in import counted_in
from writing.lead_sheet import lead_sheet
from writing.midi import piece_bytes
from writing.page import Copy, Story, Version, page_html, version_of
from writing.pictures import piano_roll_png, training_png

SOLO_FILE, SOUND_FILE, SCORE_FILE = "my_music.midi", "my_music.mp3", "my_music.musicxml"  # of the best solo
SVG_FILE, ROLL_FILE, PAGE_FILE = "my_music.svg", "my_music.png", "my_music.html"
NUMBERED, MANIFEST = "my_music_{:03d}.midi", "my_music.json"
VERSIONS_ON_PAGE = 4  # solos that the page compares, the best ones
LONG = 100  # bars: more take longer to draw than one should wait without a word, or Ctrl-C without an answer
A_BAR_DRAWN, A_BAR_RENDERED, ALL_SAMPLES = 0.02, 0.15, 10  # seconds, on a slow machine
STUDIO, EASEL = Helper(), Helper()  # for sound, and for drawings that take long


@dataclass(frozen=True)
class Wanted:
    """Which outputs are made beside the MIDI, and with which SoundFont, '' for ours."""

    sound: bool
    score: bool
    pictures: bool
    page: bool
    soundfont: str = ""

    def prepare(self) -> None:
        """Bring the libraries that will be needed, while there is nothing else to do."""
        if self.pictures:
            import matplotlib.figure  # noqa: F401
        if (self.score or self.page) and not engraving.missing():
            import verovio  # noqa: F401


@dataclass(frozen=True)
class Results:
    """What a run has to show: its solos, their numbers from best to worst, what is said of the best and what they took
    over, what they are compared with by name, the last of it the source as it was played, the loss of each epoch, and
    the settings; `reference`: the loss with which the original ends on this tune, None on any other; `tune`: what is
    played after, whose tracks are shown; `held_losses`: the loss of what was held out, of a library."""

    pieces: list[Piece]
    ranking: list[int]
    facts: dict[int, dict[str, str]]
    copies: dict[int, list[Copy]]
    beside: dict[str, Piece]
    losses: list[float]
    settings: dict[str, str]
    reference: float | None = None
    tune: Tune | None = None
    held_losses: Sequence[float] = ()

    @property
    def story(self) -> Story:
        """What the page says of them."""
        story: Story = {"title": self.best.title, "settings": self.settings}
        return story | ({"tune": self.tune} if self.tune else {})

    @property
    def best(self) -> Piece:
        return self.pieces[self.ranking[0]]


def wake_studio(wanted: Wanted) -> None:
    """Let the process that renders start now: its libraries take half a second to come."""
    if (wanted.sound or wanted.page) and not sound.missing():
        STUDIO.begin(sound.bring_libraries)


def prepare_studio(source: Piece, wanted: Wanted, memory: Path | None) -> None:
    """Let the process that renders begin, beside the learning, with what is known already: the source, for the page's
    samples."""
    if wanted.page and not sound.missing():
        STUDIO.begin(samples.sampled, samples.ranges(source.parts), memory, wanted.soundfont)


def write_outputs(
    folder: Path,
    results: Results,
    wanted: Wanted,
    memory: Path | None = None,
    facts: dict | None = None,
    more: dict[str, bytes] | None = None,
) -> Iterator[str]:
    """Make what is wanted, and put it into `folder` all at once; tells of what is missing, of what can be heard before
    the rest is there and where, and at the end of each file.

    The best solo is `my_music.*`; of several, each is `my_music_001.midi` and so on too; `my_music.json` lists all
    files, with `facts` of how they were made. `memory` is the folder in which the page's samples are kept, None for
    nowhere; `more` are files that belong to the set, by name. Raises ValueError where the folder cannot be written:
    then the set that was there before is as it was.
    """
    with FileSet(folder, MANIFEST) as files:
        yield from _make(files, results, *_possible(wanted), memory)
        for name, content in (more or {}).items():
            files.write(name, content)
        gone = files.put_in_place(facts or {})
    yield from _written(folder, files.names, results)
    if gone:
        yield f"{'removed':<12}{', '.join(gone)} in {folder}, of the solo before"


def _make(files: FileSet, results: Results, wanted: Wanted, missing: list[str], memory: Path | None) -> Iterator[str]:
    """Everything in the order of hearing: the MIDI, the sound, the rest; tells of what can be heard."""
    first = files.write(SOLO_FILE, piece_bytes(results.best))
    several = len(results.pieces) if len(results.pieces) > 1 else 0
    progress = Progress("writing", several)
    for number, piece in enumerate(results.pieces[:several], 1):
        files.write(NUMBERED.format(number), piece_bytes(piece))
        progress(number)
    if wanted != Wanted(False, False, False, False, wanted.soundfont):
        yield f"{'to be heard':<12}{first}"
    yield from missing
    shown = [*(results.pieces[number] for number in results.ranking[:VERSIONS_ON_PAGE]), *results.beside.values()]
    best = counted_in(results.best)[0]
    heard = STUDIO.begin(sound.mp3_bytes, best.parts, best.tempo, wanted.soundfont) if wanted.sound else None
    sampled = None
    if wanted.page and not sound.missing():
        wanted_samples = samples.ranges([part for piece in shown for part in piece.parts])
        sampled = STUDIO.begin(samples.sampled, wanted_samples, memory, wanted.soundfont)
    for name, content in _drawn(results, wanted):
        if heard and heard.done():
            yield _heard(files, heard, results.best)
            heard = None
        files.write(name, content)
    versions = _versions(results, wanted) if wanted.page else []
    if heard:
        yield _heard(files, heard, results.best)
    if wanted.page:
        doing = f"{'page':<12}rendering its samples"
        rendered = sampled and result_of(sampled, "the page's samples", doing, ALL_SAMPLES)
        files.write(PAGE_FILE, _page(results, versions, rendered))


def _heard(files: FileSet, heard: Future, music: Piece) -> str:
    """Write the sound as soon as it is rendered."""
    content = result_of(heard, "the sound", f"{'sound':<12}rendering", A_BAR_RENDERED * len(music.solo.bars))
    return f"{'to be heard':<12}{files.write(SOUND_FILE, content)}"


def _drawn(results: Results, wanted: Wanted) -> Iterator[tuple[str, bytes]]:
    """Scores and pictures, one file after the other: its name and content."""
    best = results.best
    if wanted.score:
        sheet = _drawn_of(best, "score", lead_sheet, best)
        yield SCORE_FILE, sheet.musicxml.encode()
        for page, content in _drawn_of(best, "score", engraving.svg_files, Path(SVG_FILE), sheet.musicxml):
            yield page.name, content
    if wanted.pictures:
        yield ROLL_FILE, _drawn_of(best, "picture", piano_roll_png, best)
        yield "training.png", training_png(results.losses, results.reference, results.held_losses)


def _drawn_of(piece: Piece, what: str, function: Callable, *arguments):
    """What the function draws; where the piece is long another process does, and it is told for how long."""
    bars = len(piece.solo.bars)
    if bars <= LONG:
        return function(*arguments)
    return result_of(EASEL.begin(function, *arguments), f"the {what}", f"{what:<12}drawing", A_BAR_DRAWN * bars)


def _written(folder: Path, names: list[str], results: Results) -> Iterator[str]:
    """A line for each file, in the order of hearing; one line for all numbered ones."""
    several = len(results.pieces) > 1
    if several:
        best, last = results.ranking[0] + 1, len(results.pieces)
        yield _wrote(f"{folder / NUMBERED.format(1)} to _{last:03d}.midi; the best is number {best}")
    numbered = {NUMBERED.format(number) for number in range(1, len(results.pieces) + 1)} if several else set()
    heard = [SOLO_FILE, *(name for name in names if name == SOUND_FILE)]
    for name in (*heard, *(name for name in names if name not in heard and name not in numbered)):
        yield _wrote(folder / name)


def _possible(wanted: Wanted) -> tuple[Wanted, list[str]]:
    """What can be made of what is wanted, and a sentence for each library that is missing."""
    no_sound = sound.missing() if wanted.sound or wanted.page else None
    no_score = engraving.missing() if wanted.score else None
    possible = replace(wanted, sound=wanted.sound and not no_sound, score=wanted.score and not no_score)
    return possible, [sentence for sentence in (no_sound, no_score) if sentence]


def _wrote(file: object) -> str:
    return f"{'wrote':<12}{file}"


def _versions(results: Results, wanted: Wanted) -> list[Version]:
    """The solos that the page compares, and the source."""
    links = {"MIDI": SOLO_FILE}
    links |= {"MP3": SOUND_FILE} if wanted.sound else {}
    links |= {"MusicXML": SCORE_FILE} if wanted.score else {}
    several = len(results.pieces) > 1
    versions = []
    for number in results.ranking[:VERSIONS_ON_PAGE]:
        version = partial(
            version_of,
            links=links if number == results.ranking[0] else {},
            facts=results.facts[number],
            copies=results.copies[number],
        )
        piece, name = results.pieces[number], f"Solo {number + 1}" if several else "The solo"
        versions.append(_drawn_of(piece, "page", version, piece, name, wanted.score))
    for name, piece in results.beside.items():
        same = next((one for one in versions if one.piece.solo.notes == piece.solo.notes), None)
        if same and not same.links:  # the same on paper
            versions.append(replace(same, name=name, piece=piece))
        else:
            versions.append(_drawn_of(piece, "page", version_of, piece, name, wanted.score))
    return versions


def _page(results: Results, versions: list[Version], rendered: samples.Sampled | None) -> bytes:
    return page_html(versions, results.story, rendered).encode(errors="replace")
