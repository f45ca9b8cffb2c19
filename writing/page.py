"""The page of a run: one HTML file that plays the solos and shows what sounds, opened from disk, without a network.

What it looks like and how it moves is in `page_template.html`; here the music becomes the page's data. Left to others:
sound, engraved score and measures, which are given; every one of them may be missing. Conventions: times
in quarters from the start of the piece; links are relative to the page. Whatever text is given stays text.
"""

import base64
import hashlib
import html
import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict
from urllib.parse import quote

from music.notes import Bar, pitch_name
from music.piece import Piece
from music.units import to_quarters
from running.files import write_aside
from writing.pictures import TYPE_COLOURS, TYPE_NAMES, named_pitches, pitch_range

TEMPLATE = Path(__file__).with_name("page_template.html")


@dataclass(frozen=True)
class Version:
    """One solo on the page, or the source's.

    `name`: what its button says. `mp3`: the sound from the
    piece's first bar on at the piece's tempo, or None. `score_svgs`: the engraved pages as SVG text; measures are the
    elements of class "measure", in order. `note_ids[i]`: the id in them of its i-th note, several separated by
    spaces for a note with ties, '' for none; or no ids at all. `links`: from what is said to a file's path relative to
    the page. `facts`: the measures, from name to text.
    """

    name: str
    piece: Piece
    mp3: bytes | None = None
    score_svgs: list[str] = field(default_factory=list)
    note_ids: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)


class Story(TypedDict, total=False):
    """What the page says at its head: its `title`, and `settings` from name to text."""

    title: str
    settings: dict[str, str]


def write_page(path: str | os.PathLike, versions: list[Version], story: Story) -> None:
    """Write the page of one or more versions; the first one is shown at first.

    A version without sound is played silently, by the clock. Raises ValueError where the folder cannot be written.
    """
    write_aside(path, page_html(versions, story).encode("utf-8", errors="replace"))


def page_html(versions: list[Version], story: Story) -> str:
    """The page as text: the template with its places, spelled {{name}}, filled in one pass."""
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
        "settings": f'<dl class="settings">{settings}</dl>' if settings else "",
        "sounds": "".join(_sound(number, version.mp3) for number, version in enumerate(versions)),
        "data": _json_block({"types": TYPE_NAMES, "versions": [_as_data(version) for version in versions]}),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda place: places[place[1]], template)


def _sound(number: int, mp3: bytes | None) -> str:
    if mp3 is None:
        return ""
    source = f"data:audio/mpeg;base64,{base64.b64encode(mp3).decode()}"
    return f'<audio id="sound-{number}" preload="auto" src="{source}"></audio>'


def _as_data(version: Version) -> dict:
    piece, solo, ids = version.piece, version.piece.solo, version.note_ids
    assert len(ids) in (0, len(solo.notes)), f"{version.name}: an id for each note, or none"
    low, high = pitch_range(piece)
    return {
        "name": version.name,
        "tempo": piece.tempo,
        "length": to_quarters(solo.length),
        "bars": [_bar_data(bar) for bar in solo.bars],
        "low": low,
        "high": high,
        "axis": {pitch: pitch_name(pitch) for pitch in named_pitches(low, high)},
        "notes": [
            [round(note.offset, 6), round(note.quarter_length, 6), note.pitch, kind]
            for note, kind in zip(solo.notes, solo.types, strict=True)
        ],
        "chords": sorted([round(chord.offset, 6), chord.symbol] for chord in solo.chords),
        "scores": version.score_svgs,
        "ids": ids,
        # Quoted, so that a path can only be a path.
        "links": [[label, "./" + quote(href)] for label, href in version.links.items()],
        "facts": [[str(name), str(text)] for name, text in version.facts.items()],
    }


def _bar_data(bar: Bar) -> list:
    """A bar's start and length, and the lengths of its beats, in quarters."""
    return [to_quarters(bar.start), to_quarters(bar.length), [to_quarters(beat) for beat in bar.beats]]


def _json_block(data: dict) -> str:
    """JSON that no browser can take for markup: {"a": "</b>"} -> {"a":"\\u003c/b>"}."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
