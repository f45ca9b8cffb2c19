"""Answers of a library that takes long to come, kept from run to run.

A function whose answers depend on its arguments alone, and whose arguments and answers JSON can hold, is marked
`@asked_once(…)`, with what tells its answers from anything else. `answers_in` reads what was answered before and, at
the end, writes what is new. What is kept counts only for the same code and the same library, and only where it may be
an answer. Left to others: what is asked.
"""

import json
import sys
from collections.abc import Callable
from contextlib import contextmanager
from functools import cache, wraps
from importlib.metadata import version
from pathlib import Path

from running.memory import digest_of, recall, remember

_known: dict[str, object] = {}  # from a function's name and arguments to its answer
_modules: set[str] = set()  # of the functions


def asked_once(may_be: Callable[[object], bool]) -> Callable:
    """The function, asked at most once for the same arguments, if need be in another run; a list comes as a tuple.

    `may_be` tells of anything JSON can hold, its lists as tuples, whether it may be an answer.
    """

    def asked(function: Callable) -> Callable:
        _modules.add(function.__module__)

        @wraps(function)
        @cache
        def answer(*arguments):
            question = f"{function.__name__}{json.dumps(arguments)}"
            found = _known.get(question)
            found = tuple(found) if isinstance(found, list) else found
            if not may_be(found):
                found = _known[question] = function(*arguments)
            return found

        return answer

    return asked


def are(kind: type, found: object) -> bool:
    """Whether it is a tuple of nothing but this, for `asked_once`; True is no number."""
    return isinstance(found, tuple) and all(type(one) is kind for one in found)


@contextmanager
def answers_in(folder: Path | None, library: str):
    """Inside, questions are answered from the folder's memory where they can be; None: by the library alone."""
    if folder is None:
        yield
        return
    code = [Path(sys.modules[name].__file__).read_bytes() for name in sorted(_modules)]
    path = folder / "answers" / f"{digest_of(*code, library, version(library))}.json"
    try:
        kept = json.loads(recall(path) or b"{}")
    except (ValueError, RecursionError):
        kept = {}  # damaged: it is asked anew
    _known.update(kept if isinstance(kept, dict) else {})
    before = _known.copy()
    try:
        yield
    finally:
        if _known != before:
            remember(path, json.dumps(_known).encode())
