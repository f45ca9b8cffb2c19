"""Quality assurance: the family's small repairs of a bar's grammar and of its notes.

The original's rules stand beside ours. Left to others: what a term means and how it is realised (`grammar.py`).
"""

import random

from music.notes import Note
from music.units import SIXTEENTH, duration_text, to_steps

SHORTEST = SIXTEENTH  # what a note without length gets, and what durations are rounded to
FOLDED_TYPES = {"A": "C", "X": "C"}


def fold_types(grammar: str) -> str:
    """Change approach and other tones to chord tones, as the original plays them.

    Example: 'C,0.250 A,0.333,<P4,m-2>' -> 'C,0.250 C,0.333,<P4,m-2>'.
    """
    return " ".join(FOLDED_TYPES.get(term[0], term[0]) + term[1:] for term in grammar.split())


def prune_grammar(grammar: str, generator: random.Random) -> str:
    """Round every duration of a bar to a multiple of 0.25, down or up by a coin from `generator`.

    Up always adds, as in the original: 'S,0.333' becomes 'S,0.250' or 'S,0.500', and 'C,0.250' 'C,0.250' or 'C,0.500'.
    Source: the family's `prune_grammar`.
    """
    terms = []
    for term in grammar.split():
        kind, duration, *interval = term.split(",")
        steps = to_steps(float(duration)) // SHORTEST * SHORTEST
        steps += generator.choice((0, SHORTEST))
        terms.append(",".join([kind, duration_text(steps), *interval]))
    return " ".join(terms)


def prune_notes(notes: list[Note], every_neighbour: bool = True) -> list[Note]:
    """Drop a note whose pitch repeats the one before it.

    `every_neighbour` False is the original's way: it looks at pairs only, the 1st and 2nd, the 3rd and 4th, and so on.
    Source: the family's `prune_notes`.
    """
    kept = []
    for index, note in enumerate(notes):
        compared = index > 0 and (every_neighbour or index % 2 == 1)
        if not (compared and notes[index - 1].pitch == note.pitch):
            kept.append(note)
    return kept


def clean_up_notes(notes: list[Note]) -> list[Note]:
    """Give a note without length a quarter of a beat, and of notes with the same onset keep the first.

    Source: the family's `clean_up_notes`.
    """
    cleaned, taken = [], set()
    for note in notes:
        if note.onset not in taken:
            taken.add(note.onset)
            cleaned.append(note if note.duration > 0 else note._replace(duration=SHORTEST))
    return cleaned
