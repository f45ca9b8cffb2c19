"""How solos are sampled and realised: every choice that a listener may change, and the original's way."""

from dataclasses import dataclass

# What the original does besides: puts a term in front of each bar, rounds durations to a quarter of a beat by a coin,
# drops repeated pitches in disjoint pairs only.
QUIRKS = ("opening", "rounded", "pairs")


@dataclass(frozen=True)
class Playing:
    """How solos are sampled and realised; `music_generate.py` says what each choice does, and has ours.

    `bars`: how many, 0 for all there are. `values_per_bar`: that many values in every bar, whatever its length, or 0
    for as many as the bar holds; `carry_state`: whether the network then goes on from bar to bar. `rhythm`: 'learned'
    gaps, 'filled' (one note after the other), or 'late' (a note starts when its own duration has passed).
    `longest_run`: where a run of values or intervals from the corpus is broken off, 0 for never; `density`: how many
    notes are wanted for each of the player's; `experts`: which of `learning.experts.EXPERTS` are asked (these count
    only where the bar's time decides). `closeness`: see `learning.experts.vocabulary_of`; `gravity`: the factor by
    which a pitch counts less for an octave from home. `feel`: how much of the player's feel is laid over one line, and
    `swing` where its off-beats are to lie, None for where they lie. `quirks`: which of `QUIRKS`. For `temperature` and
    `min_p` see `inference_model.draw`.
    """

    bars: int
    temperature: float
    min_p: float
    rhythm: str
    density: float
    experts: tuple[str, ...]
    one_line: bool
    closeness: float
    gravity: float
    longest_run: int
    keep_types: bool
    dynamics: bool
    feel: float
    swing: float | None
    values_per_bar: int
    carry_state: bool
    quirks: tuple[str, ...]


AS_THE_ORIGINAL = Playing(
    bars=5,
    temperature=0.0,
    min_p=0.0,
    rhythm="late",
    density=1.0,
    experts=(),
    one_line=False,
    closeness=1.0,
    gravity=1.0,
    longest_run=0,
    keep_types=False,
    dynamics=False,
    feel=0.0,
    swing=None,
    values_per_bar=50,
    carry_state=False,
    quirks=QUIRKS,
)
