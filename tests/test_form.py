"""In which order written bars are played."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from music.form import Marks, played_order

PLAIN, OPENS, CLOSES = Marks(), Marks(opens=True), Marks(times=2)
FIRST, SECOND, THIRD = Marks(ending=(1,), times=2), Marks(ending=(2,)), Marks(ending=(3,))


@pytest.mark.parametrize(
    ("bars", "order"),
    [
        ([], []),
        ([PLAIN, PLAIN], [0, 1]),
        ([PLAIN, CLOSES, PLAIN], [0, 1, 0, 1, 2]),
        ([PLAIN, OPENS, CLOSES, PLAIN], [0, 1, 2, 1, 2, 3]),
        ([PLAIN, Marks(opens=True, times=4), PLAIN], [0, 1, 1, 1, 1, 2]),
        ([CLOSES, CLOSES], [0, 0, 1, 1]),
        ([OPENS, FIRST, SECOND, PLAIN], [0, 1, 0, 2, 3]),
        ([PLAIN, FIRST, SECOND._replace(times=2), PLAIN], [0, 1, 0, 2, 3]),  # the last one closes, too: it is the last
        ([PLAIN, Marks(ending=(1, 2), times=3), THIRD], [0, 1, 0, 1, 0, 2]),
        ([PLAIN, Marks(ending=(1,)), Marks(ending=(1,), times=2), SECOND, SECOND, PLAIN], [0, 1, 2, 0, 3, 4, 5]),
        ([OPENS, FIRST, SECOND, PLAIN, FIRST, SECOND], [0, 1, 0, 2, 3, 4, 3, 5]),  # A1 A2, then B1 B2 without |:
        ([PLAIN, FIRST, PLAIN], [0, 1, 0, 2]),  # the second ending has no number
        ([PLAIN, Marks(ending=(1,)), CLOSES, SECOND, PLAIN], [0, 1, 2, 0, 3, 4]),  # one that ends with its repeat
        ([PLAIN, FIRST, Marks(jump="D.C.")], [0, 1, 0, 2, 0, 2]),
        ([PLAIN, Marks(fine=True), Marks(jump="D.C.", until="fine")], [0, 1, 2, 0, 1]),
        ([PLAIN, Marks(segno=True), PLAIN, Marks(jump="D.S.")], [0, 1, 2, 3, 1, 2, 3]),
        (
            [PLAIN, Marks(segno=True), Marks(to_coda=True), Marks(jump="D.S.", until="coda"), Marks(coda=True)],
            [0, 1, 2, 3, 1, 2, 4],
        ),
        ([CLOSES, Marks(to_coda=True), Marks(jump="D.C.", until="coda"), Marks(coda=True)], [0, 0, 1, 2, 0, 1, 3]),
        ([PLAIN, FIRST, SECOND._replace(fine=True), Marks(jump="D.C.", until="fine")], [0, 1, 0, 2, 3, 0, 2]),
        ([Marks(fine=True), PLAIN], [0, 1]),  # nothing jumps back: it ends where it ends
    ],
)
def test_the_order_is_a_reader_s(bars, order):
    assert played_order(bars, 100) == order


def test_a_sign_that_is_missing_is_told():
    with pytest.raises(ValueError, match="a jump to the segno, and none is there"):
        played_order([PLAIN, Marks(jump="D.S.")], 100)
    with pytest.raises(ValueError, match="a jump to the coda, and none is there"):
        played_order([Marks(to_coda=True), Marks(jump="D.C.", until="coda")], 100)


def test_more_bars_than_may_be_are_told():
    with pytest.raises(ValueError, match="more than 100 bars"):
        played_order([Marks(times=101)], 100)


marks = st.builds(
    Marks,
    opens=st.booleans(),
    segno=st.booleans(),
    coda=st.booleans(),
    ending=st.sampled_from([(), (), (1,), (2,), (1, 2), (3,)]),
    times=st.sampled_from([0, 0, 2, 3]),
    to_coda=st.booleans(),
    fine=st.booleans(),
    jump=st.sampled_from(["", "", "D.C.", "D.S."]),
    until=st.sampled_from(["", "fine", "coda"]),
    said=st.sampled_from([0, 0, 3]),
)


@settings(max_examples=500, deadline=None)
@given(st.lists(marks, max_size=12))
def test_whatever_is_marked_it_comes_to_an_end(bars):
    try:
        order = played_order(bars, 10_000)
    except ValueError as error:
        assert "none is there" in str(error)
        return
    assert all(0 <= number < len(bars) for number in order)
    if bars and not any(bar.ending for bar in bars) and not any(bar.jump for bar in bars):
        assert set(order) == set(range(len(bars)))


def test_times_in_words_are_those_of_the_repeat_that_closes_next():
    """'3x' at its beginning, in it, or at its end; without a repeat it is only a remark."""
    opens, closes, plain = Marks(opens=True), Marks(times=2), Marks()
    for said in range(3):
        bars = [opens, plain, closes, plain]
        bars[said] = bars[said]._replace(said=3)
        assert played_order(bars, 99) == [0, 1, 2] * 3 + [3]
    assert played_order([plain._replace(said=3), plain], 99) == [0, 1]
    assert played_order([opens, closes._replace(said=3), opens, closes], 99) == [0, 1] * 3 + [2, 3] * 2
