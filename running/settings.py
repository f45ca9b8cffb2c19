"""The constants of `music_generate.py` as command-line flags, checked.

Every constant has a flag of the same name (`N_SOLOS` is `--n-solos`) whose default is the constant, and a rule that
both must keep. Left to others: what the settings mean (the comments beside the constants).
"""

import argparse
import math
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import NamedTuple

INTERRUPTED = "interrupted: what was written before is as it was"


class Rule(NamedTuple):
    """What a setting may be: `read` turns the flag's text into a value, `holds` checks it, `says` tells the rule."""

    read: Callable
    holds: Callable
    says: str


def whole(low: int, high: int = 2**31 - 1) -> Rule:
    """A whole number from `low` to `high`."""
    return Rule(int, lambda value: type(value) is int and low <= value <= high, f"a whole number, {low} to {high}")


def number(low: float, high: float) -> Rule:
    """A number from `low` to `high`."""
    return Rule(
        float,
        lambda value: type(value) in (int, float) and math.isfinite(value) and low <= value <= high,
        f"a number, {low:g} to {high:g}",
    )


def one_of(*words: str) -> Rule:
    """One of these words."""
    return Rule(str, lambda value: value in words, "one of " + ", ".join(words))


def optional(rule: Rule) -> Rule:
    """As `rule`, or None: let the program find out."""
    return Rule(
        lambda text: None if text.lower() == "none" else rule.read(text),
        lambda value: value is None or rule.holds(value),
        rule.says + ", or None",
    )


TEXT = Rule(str, lambda value: isinstance(value, str) and value.strip() != "" and "\0" not in value, "a path")
OPTIONAL_TEXT = Rule(str, lambda value: isinstance(value, str) and "\0" not in value, "a text, or empty for none")


def ending_in(ending: str) -> Rule:
    """A file with this ending, or an empty text for none."""
    return Rule(
        str,
        lambda value: OPTIONAL_TEXT.holds(value) and (not value or value.endswith(ending)),
        f"a file ending in {ending}, or empty for none",
    )


SWITCH = Rule(
    lambda text: {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[text.lower()],
    lambda value: isinstance(value, bool),
    "True or False",
)
TRACKS = Rule(
    lambda text: tuple(int(part) for part in text.split(",")),
    lambda value: isinstance(value, tuple) and value and all(type(part) is int and part >= 0 for part in value),
    "track numbers such as 0 or 0,2",
)


def read_settings(constants: dict, rules: dict[str, Rule], description: str, argv: list[str] | None) -> SimpleNamespace:
    """The settings by lower-case name: each flag that is given, else its constant.

    Raises ValueError, naming the setting and its rule, for a flag or a constant that breaks it.
    """
    parser = _Parser(description=description, allow_abbrev=False)
    for name, rule in rules.items():
        default = constants[name]
        parser.add_argument(flag(name), default=default, metavar="VALUE", help=f"{rule.says} (now {default})")
    chosen = vars(parser.parse_args(argv))
    return SimpleNamespace(**{name.lower(): _checked(name, rule, chosen[name.lower()]) for name, rule in rules.items()})


def flag(name: str) -> str:
    """The flag of a constant: 'N_SOLOS' -> '--n-solos'."""
    return "--" + name.lower().replace("_", "-")


def run(main: Callable[[], None]) -> int:
    """Run a program: what a user can cause becomes one line on stderr and status 2, Ctrl-C one line and 130."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # a tune's names may hold what a narrow console cannot show
    try:
        main()
    except ValueError as error:
        print(f"{sys.argv[0].rpartition('/')[2]}: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"\n{INTERRUPTED}", file=sys.stderr)
        return 130
    return 0


def say_interrupted(kind: type, error: BaseException, trace) -> None:
    """A `sys.excepthook` for the time before `run`: Ctrl-C while modules are imported is one line, too."""
    if issubclass(kind, KeyboardInterrupt):
        print(f"\n{INTERRUPTED}", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)


def _checked(name: str, rule: Rule, value: object) -> object:
    if isinstance(value, str) and rule.read is not str:
        try:
            value = rule.read(value)
        except (ValueError, LookupError, OverflowError):
            raise ValueError(f"{name} ({flag(name)}) must be {rule.says}, not {value!r}") from None
    if not rule.holds(value):
        raise ValueError(f"{name} ({flag(name)}) must be {rule.says}, not {value!r}")
    return value


class _Parser(argparse.ArgumentParser):
    def error(self, message: str):
        raise ValueError(f"{message}; --help lists the flags")
