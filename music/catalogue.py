"""Choosing tunes by what is known of them: their player, title and style, as a database tells them.

Names are compared without case, accents, spaces and punctuation. Left to others: where they are known from.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol, TypeVar


class Named(Protocol):
    """What can be chosen: a tune, or what a library tells of one; '' for what is not known."""

    player: str
    title: str
    style: str


Item = TypeVar("Item", bound=Named)


class Wanted(NamedTuple):
    """Which tunes are asked for; '' for any."""

    player: str = ""
    title: str = ""
    style: str = ""


UNTOLD = {
    "player": "only a database of solos tells its players, as wjazzd.db or its CSV files do",
    "title": "only a database of solos tells its titles, as wjazzd.db or its CSV files do",
    "style": "only wjazzd.db tells its solos' styles, neither its CSV files nor a MIDI file does",
}


def chosen(tunes: Sequence[Item], wanted: Wanted, other_styles: Iterable[str] = ()) -> list[Item]:
    """Those of some tunes that are asked for, in order: by the whole name, else by whole words of it ('Parker').

    A style that no tune has chooses none where it is one of the `other_styles`, the band's. Raises ValueError, naming
    the setting and what comes close, where nothing fits, or words fit several names.
    """
    left = list(tunes)
    for what, asked in wanted._asdict().items():
        if not asked:
            continue
        names = dict.fromkeys(name for tune in left if (name := getattr(tune, what)))
        fitting = _fitting(asked, names, whole_only=what == "style")
        if what == "style" and not fitting and any(plain(asked) == plain(name) for name in other_styles):
            continue
        _refuse_unless_one(what, asked, names, fitting, other_styles)
        left = [tune for tune in left if getattr(tune, what) in fitting]
    return left


def plain(name: str) -> str:
    """A name as names are compared: 'J.J. Johnson' -> 'jjjohnson'."""
    return "".join(_words(name))


def _words(name: str) -> list[str]:
    letters = unicodedata.normalize("NFKD", name).casefold()
    letters = "".join(sign for sign in letters if not unicodedata.combining(sign) and sign not in "'’`´.")
    return re.findall(r"[^\W_]+", letters)


def _fitting(asked: str, names: Iterable[str], whole_only: bool) -> list[str]:
    whole = [name for name in names if plain(name) == plain(asked)]
    return whole if whole or whole_only else [name for name in names if _has_words(name, plain(asked))]


def _has_words(name: str, asked: str) -> bool:
    """Whether some of a name's words, one after the other, are what is asked for."""
    words = _words(name)
    runs = ("".join(words[first:last]) for first in range(len(words)) for last in range(first + 1, len(words) + 1))
    return bool(asked) and asked in runs


def _refuse_unless_one(
    what: str, asked: str, names: Iterable[str], fitting: list[str], other_styles: Iterable[str]
) -> None:
    """Raise ValueError unless the names that fit what is asked for are one, however it is spelled."""
    setting = f"{what.upper()} (--{what}) {asked!r}"
    if what == "style" and not fitting:
        theirs = f"the solos' are {', '.join(sorted(map(str.lower, names)))}" if names else UNTOLD["style"]
        raise ValueError(f"{setting} is no style here; the band's are {', '.join(other_styles)}; {theirs}")
    if not names:
        raise ValueError(f"{setting} cannot be chosen: {UNTOLD[what]}")
    if not fitting:
        by_plain = {plain(name): name for name in names}
        close = difflib.get_close_matches(plain(asked), by_plain, n=3, cutoff=0.5)
        close += [key for key in by_plain if plain(asked)[:4] in key and key not in close][: 3 - len(close)]
        there = " or ".join(by_plain[key] for key in close) or f"one of {len(names)}, as {next(iter(names))}"
        raise ValueError(f"{setting} is not among what was read; there is {there}")
    if len({plain(name) for name in fitting}) > 1:
        raise ValueError(f"{setting} may mean {' or '.join(sorted(fitting)[:6])}; write the whole name")
