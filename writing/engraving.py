"""A lead sheet engraved as SVG, by verovio. Left to others: the MusicXML (`writing/lead_sheet.py`)."""

import importlib.util
import re
import xml.etree.ElementTree as ET
import zlib
from functools import lru_cache
from pathlib import Path

PAGE_WIDTH = 2400  # verovio's units: four bars of sixteenths side by side
NARROW_PAGE = 900  # one bar, or two of longer notes: what can be read on a phone
PAGE_HEIGHT = 60000  # the most that verovio knows; a page is cut where its music ends


@lru_cache(maxsize=8)
def engrave(musicxml: str, page_width: int = PAGE_WIDTH, page_height: int = PAGE_HEIGHT) -> tuple[str, ...]:
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
        "breaks": "auto" if page_width < PAGE_WIDTH else "line",  # systems as the score says
        "footer": "none",
        "header": "none" if page_width < PAGE_WIDTH else "auto",  # a title would not fit, and stands above on the page
        "minLastJustification": 0.5,  # a last line that is half full is filled
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
    return tuple(toolkit.renderToSVG(page) for page in range(1, toolkit.getPageCount() + 1))


def svg_files(path: Path, musicxml: str) -> list[tuple[Path, bytes]]:
    """The engraved pages with their files: `path`, then `path`-2 and so on where there is more than a page. Raises
    ValueError as `engrave` does."""
    pages = engrave(musicxml)
    names = [path.stem, *(f"{path.stem}-{number}" for number in range(2, len(pages) + 1))]
    return [(path.with_name(f"{name}.svg"), page.encode()) for name, page in zip(names, pages, strict=True)]


def missing() -> str | None:
    """What to install where engraving is impossible, in one sentence; None where it is possible."""
    if importlib.util.find_spec("verovio") is None:
        return "engraving needs verovio, which is not installed: pip install verovio"
    return None


def _with_signs(suffix: str) -> str:
    """'7b9#11' -> '7♭9♯11', '^7' -> 'Δ7', 'h7' -> 'ø7', 'o7' -> '°7'."""
    suffix = re.sub(r"^o(?=\d|\^|$)", "°", re.sub(r"^h", "ø", suffix))
    return re.sub(r"b(?=\d)", "♭", suffix.replace("#", "♯").replace("^", "Δ"))
