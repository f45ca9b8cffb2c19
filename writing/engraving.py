"""A lead sheet engraved as SVG, by verovio. Left to others: the MusicXML (`writing/lead_sheet.py`)."""

import importlib.util
import os
import re
import xml.etree.ElementTree as ET
import zlib
from pathlib import Path

from music.piece import Piece
from running.files import write_aside
from writing.lead_sheet import LeadSheet, lead_sheet

PAGE_WIDTH = 2400  # verovio's units: four bars of sixteenths side by side
PAGE_HEIGHT = 60000  # the most that verovio knows; a page is cut where its music ends


def engrave(musicxml: str, page_width: int = PAGE_WIDTH, page_height: int = PAGE_HEIGHT) -> list[str]:
    """Engrave MusicXML: one SVG a page, each of them self-contained; as set, a page holds about a thousand bars.

    The ids of measures and notes are kept. Raises ValueError where verovio is missing and for what is not MusicXML.
    """
    problem = missing()
    if problem:
        raise ValueError(problem)
    try:  # verovio itself takes anything, and engraves an empty page
        readable = ET.fromstring(musicxml.encode()).find("part/measure") is not None
    except ET.ParseError:
        readable = False
    if not readable:
        raise ValueError("this text cannot be read as a MusicXML score; give what lead_sheet wrote")
    import verovio

    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    options = {
        "inputFrom": "musicxml",
        "pageWidth": page_width,
        "pageHeight": page_height,
        "adjustPageHeight": True,
        "breaks": "auto",
        "footer": "none",
        "header": "auto",
        "scale": 50,
        "svgViewBox": True,
        "svgFormatRaw": True,
        "xmlIdSeed": zlib.crc32(musicxml.encode()) % 2**31 or 1,
    }
    assert toolkit.setOptions(options), "verovio refuses the options of the engraving"
    # The kind's text is the whole symbol, but verovio prints the degrees behind it whatever they say of themselves,
    # and a sharp or flat only as the character.
    plain = re.sub(r"\s*<degree .*?</degree>", "", musicxml, flags=re.DOTALL)
    plain = re.sub(r'(?<=<kind text=")[^"]*', lambda kind: _with_signs(kind[0]), plain)
    if not toolkit.loadData(plain):
        raise ValueError("verovio cannot read this MusicXML score")
    return [toolkit.renderToSVG(page) for page in range(1, toolkit.getPageCount() + 1)]


def write_svg(path: str | os.PathLike, piece: Piece) -> tuple[LeadSheet, list[Path]]:
    """Engrave a piece's lead sheet as SVG: the lead sheet with its ids, and the files: `path`, then `path`-2 and so on
    where there is more than a page. Raises ValueError as `lead_sheet`, `engrave` and `write_aside` do."""
    sheet, path = lead_sheet(piece), Path(path)
    paths = []
    for number, page in enumerate(engrave(sheet.musicxml), 1):
        paths.append(path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}"))
        write_aside(paths[-1], page.encode())
    return sheet, paths


def missing() -> str | None:
    """What to install where engraving is impossible, in one sentence; None where it is possible."""
    if importlib.util.find_spec("verovio") is None:
        return "engraving needs verovio, which is not installed: pip install verovio"
    return None


def _with_signs(suffix: str) -> str:
    """'7b9#11' -> '7♭9♯11', '^7' -> 'Δ7'."""
    return re.sub(r"b(?=\d)", "♭", suffix.replace("#", "♯").replace("^", "Δ"))
