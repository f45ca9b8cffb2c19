"""One line of progress: rewritten in place on a terminal, written once where it ends up in a file or a pipe."""

import sys


def show(text: str, done: bool = False) -> None:
    """Show the state of a long piece of work; `done` ends the line."""
    if sys.stdout.isatty():
        print(f"\r\033[K{text}", end="\n" if done else "", flush=True)
    elif done:
        print(text, flush=True)
