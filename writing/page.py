"""The page of a run: one HTML file that plays the solos and shows what sounds, opened from disk, without a network.

What it looks like and how it moves is in `page_template.html`; here the music becomes the page's data. Left to others:
sound, engraved score and measures, which are given; every one of them may be missing. Conventions: times
in quarters from the start of the piece; links are relative to the page. Whatever text is given stays text.
"""

import base64
import hashlib
import html
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypedDict
from urllib.parse import quote

from music.instruments import NAMES
from music.notes import Bar, pitch_name
from music.piece import SOLO, Part, Piece, Tune
from music.units import to_quarters
from running.console import fitted, printable
from writing.engraving import NARROW_PAGE, PAGE_WIDTH, engrave
from writing.lead_sheet import lead_sheet
from writing.midi import TICKS_PER_QUARTER, played
from writing.pictures import TYPE_COLOURS, TYPE_NAMES, named_pitches, pitch_range
from writing.samples import Sampled

TEMPLATE = Path(__file__).with_name("page_template.html")
MOST_ROWS = 16  # of tracks in the picture of them
NAMED, ROW, ACROSS = 230, 18, 1000  # pixels: where the bars begin, a row's height, where they end


class Copy(NamedTuple):
    """A run of notes, `first` to `last` by number, that stands in the source: where, in words, and those bars of it."""

    first: int
    last: int
    where: str
    passage: Piece


@dataclass(frozen=True)
class Version:
    """One solo on the page, or the source's.

    `name`: what its button says. `score_svgs`: the engraved pages as SVG text; measures are the elements of class
    "measure", in order; `narrow_svgs`: the same engraved for a phone. `note_ids[i]`: the id in them of its i-th note,
    several separated by spaces for a note with ties, '' for none; or no ids at all. `links`: from what is said to a
    file's path relative to the page. `facts`: the measures, from name to text. `copies`: what stands in the source.
    """

    name: str
    piece: Piece
    score_svgs: list[str] = field(default_factory=list)
    narrow_svgs: list[str] = field(default_factory=list)
    note_ids: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    copies: list[Copy] = field(default_factory=list)


class Story(TypedDict, total=False):
    """What the page says: its `title`, and `settings` from name to text; the `tune` whose tracks it shows."""

    title: str
    settings: dict[str, str]
    tune: Tune


def page_html(versions: list[Version], story: Story, sampled: Sampled | None = None, panel: dict | None = None) -> str:
    """The page as text: the template with its places, spelled {{name}}, filled in one pass.

    The first version is shown at first. Without samples everything is played silently, by the clock. With a `panel`,
    its fields and the name of the take that is shown, the page asks the server that it came from for other solos.
    """
    assert versions, "a page needs a version"
    template = TEMPLATE.read_text(encoding="utf-8")
    script = re.search(r"<script>(.*?)</script>", template, re.DOTALL)[1]
    settings = "".join(
        f"<div><dt>{html.escape(str(name))}</dt><dd>{html.escape(str(text))}</dd></div>"
        for name, text in story.get("settings", {}).items()
    )
    places = {
        # Only the template's own script may run, whatever the texts and the scores bring along.
        "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        "palette": " ".join(f"--{kind}: {colour};" for kind, colour in TYPE_COLOURS.items()),
        "title": html.escape(story.get("title", versions[0].piece.title)),
        "settings": settings,
        "tracks": tracks_svg(story["tune"]) if "tune" in story else "",
        "connect": " connect-src 'self';" if panel else "",
        "samples": base64.b64encode(sampled.mp3).decode() if sampled else "",
        "data": _json_block(
            {
                "types": TYPE_NAMES,
                "versions": [version_data(version) for version in versions],
                "samples": sampled.starts if sampled else {},
                "panel": panel,
            }
        ),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda place: places[place[1]], template)


def tracks_svg(tune: Tune) -> str:
    """The tracks of a tune's file as a section of the page: a row for each, its bars shaded, the solo's marked; ''
    where nothing is known of them."""
    if not tune.tracks:
        return ""
    first, last = min(tune.bars), max(tune.bars)
    count = max([last, *(run[1] for track in tune.tracks for run in track.bars)]) + 1
    leading = [track for track in tune.tracks if track.role == "melody"]
    rows = tune.tracks[:MOST_ROWS] + tuple(track for track in leading if track not in tune.tracks[:MOST_ROWS])
    height, wide = ROW * (len(rows) + 1) + 4, (ACROSS - NAMED) / count

    def across(start: int, end: int) -> str:
        return f'x="{NAMED + start * wide:.4g}" width="{(end + 1 - start) * wide:.4g}"'

    drawn = [f'<rect class="solo" {across(first, last)} y="{ROW}" height="{height - ROW}"/>']
    drawn.append(f'<text x="{NAMED}" y="14">bars 1 to {count}, the solo {first + 1} to {last + 1}</text>')
    for place, track in enumerate(rows, 1):
        told = html.escape(f"{track.role}: {track.why}")
        name = html.escape(fitted(track.name, 20).strip())
        played = "".join(
            f'<rect {across(*run)} y="{ROW * place + 4}" height="{ROW - 4}"/>'
            for run in _drawn_runs(track.bars, 1 / wide)
        )
        text = f'<text y="{ROW * place + 15}">{name} · {track.role}</text>'
        drawn.append(f'<g class="{track.role}"><title>{told}</title>{text}{played}</g>')
    name, box = html.escape(printable(tune.name)), f"0 0 {ACROSS} {height}"
    said = f"Which of its {count} bars each track plays in. Melody: {', '.join(track.name for track in leading)}."
    more = len(tune.tracks) - len(rows)
    rest = f'<p class="quiet">and {more} more</p>' if more else ""
    return (
        f'<section aria-label="Tracks"><h2>The tracks of {name}</h2><div id="tracks" tabindex="0" role="group" '
        f'aria-label="Tracks"><svg role="img" aria-labelledby="tracks-title tracks-said" viewBox="{box}">'
        f'<title id="tracks-title">The tracks of {name}</title><desc id="tracks-said">{html.escape(said)}</desc>'
        f"{''.join(drawn)}</svg></div>{rest}</section>\n"
    )


def _drawn_runs(runs: tuple[tuple[int, int], ...], apart: float) -> list[tuple[int, int]]:
    """The runs of bars, those in one that are fewer than so many bars apart: a gap of less than a pixel is not seen."""
    drawn = []
    for first, last in runs:
        if drawn and first - drawn[-1][1] - 1 < apart:
            drawn[-1] = drawn[-1][0], last
        else:
            drawn.append((first, last))
    return drawn


def version_of(piece: Piece, name: str, with_score: bool = False, **rest) -> Version:
    """A piece as a version, its score engraved if it is wanted; for the `rest` see `Version`."""
    if not with_score:
        return Version(name, piece, **rest)
    sheet = lead_sheet(piece)
    wide, narrow = (engrave(sheet.musicxml, width) for width in (PAGE_WIDTH, NARROW_PAGE))
    return Version(name, piece, wide, narrow, [" ".join(ids) for ids in sheet.note_ids], **rest)


def version_data(version: Version) -> dict:
    """A version as the page's script takes it."""
    piece, ids = version.piece, version.note_ids
    n_notes = len(piece.solo.notes)
    assert len(ids) in (0, n_notes), f"{version.name}: an id for each note, or none"
    copied = all(0 <= copy.first <= copy.last < n_notes for copy in version.copies)
    assert copied, f"{version.name}: a copy of notes that are not there"
    return _roll_data(piece) | {
        "name": version.name,
        "scores": version.score_svgs,
        "narrow": version.narrow_svgs,
        "ids": ids,
        # Quoted, so that a path can only be a path.
        "links": [[label, "./" + quote(href)] for label, href in version.links.items()],
        "facts": [[str(name), str(text)] for name, text in version.facts.items()],
        "copies": [[copy.first, copy.last, copy.where, _roll_data(copy.passage)] for copy in version.copies],
    }


def _roll_data(piece: Piece) -> dict:
    """A piece as it is played and drawn as a roll."""
    solo = piece.solo
    low, high = pitch_range(piece)
    return {
        "tempo": piece.tempo,
        "plays": players_of(piece),
        "length": to_quarters(solo.length),
        "bars": [_bar_data(bar) for bar in solo.bars],
        "low": low,
        "high": high,
        "axis": {pitch: pitch_name(pitch) for pitch in named_pitches(low, high)},
        "notes": [
            [round(note.offset, 6), round(note.quarter_length, 6), note.pitch, kind]
            for note, kind in zip(solo.notes, solo.types, strict=True)
        ],
        "parts": {part.name: _part_data(part) for part in piece.parts},
        "chords": sorted([round(chord.offset, 6), chord.symbol] for chord in solo.chords),
    }


def players_of(piece: Piece) -> str:
    """Who plays, and how fast, in words: 'Tenor Sax, piano, bass and drums, 132 quarters a minute'."""
    others = [part.name.lower().replace("chords", "piano") for part in piece.parts if part.name != SOLO]
    names = [*(NAMES[part.program] for part in piece.parts if part.name == SOLO), *others]
    together = " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
    style = f", {piece.style}" if len(piece.parts) > 2 else ""
    return f"{together}{style}, {piece.tempo:g} quarters a minute"


def _part_data(part: Part) -> list:
    """What is struck: [onset, duration, key, velocity], times in quarters; and of a note that is bent
    [[quarters after its onset, semitones], ...]."""
    quarter, bends = TICKS_PER_QUARTER, {}
    for note, nuance in zip(part.music, part.nuances, strict=False):
        if nuance.bends:
            bends[round((note.offset + nuance.late) * quarter), note.pitch] = nuance.bends
    return [
        [round(start / quarter, 6), round((end - start) / quarter, 6), key, velocity]
        + ([bends[start, key]] if (start, key) in bends else [])
        for start, end, key, velocity in sorted(played(part))
    ]


def _bar_data(bar: Bar) -> list:
    """A bar's start and length, and the lengths of its beats, in quarters."""
    return [to_quarters(bar.start), to_quarters(bar.length), [to_quarters(beat) for beat in bar.beats]]


def _json_block(data: dict) -> str:
    """JSON that no browser can take for markup: {"a": "</b>"} -> {"a":"\\u003c/b>"}."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
