"""Answers of a library that takes long to come, kept from run to run.

A function whose answers depend on its arguments alone, and whose arguments and answers JSON can hold, is marked
`@asked_once`. `answers_in` reads what was answered before and, at the end, writes what is new. What is kept counts only
for the same code and the same library. Left to others: what is asked.
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


def asked_once(function: Callable) -> Callable:
    """The function, asked at most once for the same arguments, if need be in another run; a list comes as a tuple."""
    _modules.add(function.__module__)

    @wraps(function)
    @cache
    def answer(*arguments):
        question = f"{function.__name__}{json.dumps(arguments)}"
        if question not in _known:
            _known[question] = function(*arguments)
        found = _known[question]
        return tuple(found) if isinstance(found, list) else found

    return answer


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
    before = len(_known)
    try:
        yield
    finally:
        if len(_known) > before:
            remember(path, json.dumps(_known).encode())
