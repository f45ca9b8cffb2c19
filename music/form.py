"""The form of a tune: in which order its written bars are played.

Repeats, endings, D.C., D.S., coda and fine are followed as a reader does: after a jump back no repeat is played again,
and of several endings the last is taken. Left to others: finding the marks (`reading/charts.py`, `reading/scores.py`).
"""

from collections.abc import Sequence
from typing import NamedTuple


class Marks(NamedTuple):
    """What decides at one written bar what is played after it.

    At its beginning: `opens` a repeat, the `segno`, the `coda`; the numbers of the `ending` it belongs to. At its end:
    how often a repeat that closes here is played in all (`times`, 0 where none closes), `to_coda`, `fine`, and a `jump`
    back, 'D.C.' or 'D.S.', played until 'fine', 'coda', the end of an ending ('2'), or '' (the signs that are there, or
    the end). In words, somewhere in it: how often the repeat that closes next is played (`said`).
    """

    opens: bool = False
    segno: bool = False
    coda: bool = False
    ending: tuple[int, ...] = ()
    times: int = 0
    to_coda: bool = False
    fine: bool = False
    jump: str = ""
    until: str = ""
    said: int = 0

    @property
    def given(self) -> dict:
        """Those that are there."""
        return {name: value for name, value in self._asdict().items() if value}


def ending_names(bars: Sequence[Marks]) -> dict[int, str]:
    """The written bars that begin an ending, and what stands over it: '1.', '1, 2.'."""
    before = [Marks(), *bars]
    return {
        number: ", ".join(map(str, bar.ending)) + "."
        for number, bar in enumerate(bars)
        if bar.ending and bar.ending != before[number].ending
    }


def played_order(bars: Sequence[Marks], most: int) -> list[int]:
    """The numbers of the written bars, from 0, as they are played in one pass through the form.

    Raises ValueError for more than `most` bars, and for a jump to a sign that is not there.
    """
    bars = _with_whole_endings(_with_what_is_said(bars))
    order, at, opened, turn, until = [], 0, 0, 1, None
    while at < len(bars):
        bar = bars[at]
        if bar.opens and at != opened:
            opened, turn = at, 1
        if at and bars[at - 1].ending and not bar.ending and at != opened:  # the endings are over
            opened, turn = at, 1
        last = int(until) if until and until.isdigit() else 0  # the ending that is the last thing played
        if bar.ending and not _is_taken(bars, at, last or turn, until is not None and not last):
            at += 1
            continue
        order.append(at)
        if len(order) > most:
            raise ValueError(f"more than {most:,} bars with all repeats played")
        is_ending_over = at + 1 == len(bars) or bars[at + 1].ending != bar.ending
        if (until == "fine" and bar.fine) or (last in bar.ending and is_ending_over):
            return order
        if until == "coda" and bar.to_coda:
            at, until = _place_of(bars, "coda"), ""
            opened, turn = at, 1
        elif bar.times and until is None and turn < _turns(bars, at):
            at, turn = opened, turn + 1
        elif bar.jump and until is None:
            at, until = _place_of(bars, "segno") if bar.jump == "D.S." else 0, bar.until or _until(bars)
            opened, turn = at, 1
        else:
            at += 1
            if bar.times:
                opened, turn = at, 1
    return order


def _with_what_is_said(bars: Sequence[Marks]) -> list[Marks]:
    """The times that words tell, where the repeat closes; where none does, they mean something else."""
    told, said = [], 0
    for bar in bars:
        said = bar.said or said
        told.append(bar._replace(times=said) if bar.times and said else bar)
        said = 0 if bar.times else said
    return told


def _with_whole_endings(bars: Sequence[Marks]) -> list[Marks]:
    """Endings up to the repeat that closes them: some mark only the first bar of one, though the next one begins where
    the repeat closes."""
    bars = list(bars)
    for last in range(1, len(bars) - 1):
        if bars[last].times and not bars[last].ending and bars[last + 1].ending:
            first = last
            while first and not bars[first].ending and not bars[first].opens:
                first -= 1
            if bars[first].ending and not bars[first].times:
                bars[first + 1 : last + 1] = [
                    bar._replace(ending=bars[first].ending) for bar in bars[first + 1 : last + 1]
                ]
    return bars


def _endings_around(bars: Sequence[Marks], at: int) -> Sequence[Marks]:
    """The bars of all endings that stand side by side with the one at this place."""
    first = last = at
    while first and bars[first - 1].ending:
        first -= 1
    while last + 1 < len(bars) and bars[last + 1].ending:
        last += 1
    return bars[first : last + 1]


def _is_taken(bars: Sequence[Marks], at: int, turn: int, jumped: bool) -> bool:
    """Whether an ending is played in this turn; if none is for it, and after a jump back, the last is. An ending that
    stands alone is followed by the other one, which nobody wrote a number over."""
    endings = [bar.ending for bar in _endings_around(bars, at)]
    if len(set(endings)) == 1:
        return not jumped and turn in endings[0]
    if jumped or not any(turn in numbers for numbers in endings):
        return bars[at].ending == endings[-1]
    return turn in bars[at].ending


def _turns(bars: Sequence[Marks], at: int) -> int:
    """How often what a repeat closes is played."""
    numbers = [max(bar.ending) for bar in _endings_around(bars, at) if bar.ending]
    return max(2, *numbers) if bars[at].ending else bars[at].times


def _until(bars: Sequence[Marks]) -> str:
    """Where a jump that does not say so is played until: signs that are there mean nothing but after a jump."""
    if any(bar.to_coda for bar in bars) and any(bar.coda for bar in bars):
        return "coda"
    return "fine" if any(bar.fine for bar in bars) else ""


def _place_of(bars: Sequence[Marks], sign: str) -> int:
    places = [number for number, bar in enumerate(bars) if getattr(bar, sign)]
    if not places:
        raise ValueError(f"a jump to the {sign}, and none is there")
    return places[-1] if sign == "coda" else places[0]
