"""The constants of a script as settings: declared once, given as flags, checked.

A script declares a setting as an annotated constant, in one line:

    TEMPERATURE: number(0, 100) = 1.0  # 0: always the likeliest value, 1: as learned

The annotation is the rule, the value the default, the comment what `--help` says. Each has a flag of the same name
(`N_SOLOS` is `--n-solos`). Left to others: what the settings mean.
"""

import argparse
import ast
import contextlib
import difflib
import inspect
import io
import math
import os
import re
import sys
import tokenize
from collections.abc import Callable
from itertools import zip_longest
from types import ModuleType, SimpleNamespace
from typing import NamedTuple

MOST_BARS = 100_000
SWITCH_WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


class Rule(NamedTuple):
    """What a setting may be: `read` turns the flag's text into a value, `holds` checks it, `says` tells the rule."""

    read: Callable
    holds: Callable
    says: str


class Setting(NamedTuple):
    """A declared constant: its `rule`, its `default`, what is said of it (`comment`), and the rule as it is written."""

    rule: Rule
    default: object
    comment: str
    written: str


class Settings(SimpleNamespace):
    """The settings by lower-case name."""

    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        raise ValueError(
            f"the constant {name.upper()} is gone; write it again as a line with its rule: {name.upper()}: rule = value"
        )


# --- Rules -----------------------------------------------------------------------------------------------------------


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


def some_of(*words: str) -> Rule:
    """Some of these words, or none."""
    return Rule(
        lambda text: tuple(word for word in re.split(r"[\s,()'\"]+", text) if word),
        lambda value: isinstance(value, tuple) and all(word in words for word in value),
        f"some of {', '.join(words)}, or () for none",
    )


def optional(rule: Rule) -> Rule:
    """As `rule`, or None: let the program find out."""
    return Rule(
        lambda text: None if text.lower() == "none" else rule.read(text),
        lambda value: value is None or rule.holds(value),
        rule.says + ", or None",
    )


def place(low: float, high: float) -> Rule:
    """A number from `low` to `high`, or the text of a marker that stands there."""
    beat = number(low, high)

    def read(said: str) -> float | str:
        with contextlib.suppress(ValueError):
            return float(said)
        return said.strip()

    return Rule(read, lambda value: beat.holds(value) or path.holds(value), f"{beat.says}, or a marker's text")


def ending_in(ending: str) -> Rule:
    """A file with this ending, or an empty text for none."""
    return Rule(
        str,
        lambda value: text.holds(value) and (not value or value.endswith(ending)),
        f"a file ending in {ending}, or empty for none",
    )


path = Rule(str, lambda value: isinstance(value, str) and value.strip() != "" and "\0" not in value, "a path")
text = Rule(str, lambda value: isinstance(value, str) and "\0" not in value, "a text, or empty for none")
switch = Rule(lambda word: SWITCH_WORDS[word.lower()], lambda value: isinstance(value, bool), "True or False")
tracks = Rule(
    lambda numbers: tuple(int(part) for part in numbers.split(",")),
    lambda value: isinstance(value, tuple) and value and all(type(part) is int and part >= 0 for part in value),
    "track numbers such as 0 or 0,2",
)
bar_numbers = Rule(
    lambda text: tuple(number for part in text.split(",") for number in _from_to(part)),
    lambda value: isinstance(value, tuple) and all(type(part) is int and 0 < part <= MOST_BARS for part in value),
    "bars such as 3 or 1-4,9, or () for none",
)


def _from_to(part: str) -> range:
    """'3' and '1-4' as numbers; '' and '()' as none. ValueError for anything else."""
    found = re.fullmatch(r"(\d{1,6})(?:-(\d{1,6}))?", part.strip(" ()"))
    if not found:
        if part.strip(" ()"):
            raise ValueError("no bar")
        return range(0)
    numbers = range(int(found[1]), min(MOST_BARS, int(found[2] or found[1])) + 1)
    if not numbers:
        raise ValueError("from later to earlier")
    return numbers


# --- Reading them ----------------------------------------------------------------------------------------------------


def declared(module: ModuleType) -> dict[str, Setting]:
    """The settings that a module declares, by name, in order. ValueError for one without a value, and for a
    constant without a rule among them."""
    source = inspect.getsource(module)
    comments = {
        token.start[0]: token.string.lstrip("# ")
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    rules, found, plain = inspect.get_annotations(module), {}, []
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign):
            plain += [target.id for target in node.targets if getattr(target, "id", "").isupper() and found]
        name = getattr(getattr(node, "target", None), "id", "")
        if isinstance(rules.get(name), Rule):
            if plain:
                raise ValueError(
                    f"{plain[0]} has lost its rule; write it as the lines beside it, {plain[0]}: rule = value"
                )
            if node.value is None:
                raise ValueError(f"{name} has no value; write one behind its rule, {name}: rule = value")
            comment = comments.get(node.end_lineno, "")
            found[name] = Setting(rules[name], getattr(module, name), comment, ast.unparse(node.annotation))
    return found


def read_settings(
    settings: dict[str, Setting],
    description: str,
    argv: list[str] | None = None,
    bare: str = "",
    brought: dict[str, tuple[str, ...]] | None = None,
    actions: dict[str, str] | None = None,
) -> Settings:
    """The settings' values: each flag that is given, else its constant.

    `argv` None takes the command line's. A switch that stands bare means true, and an argument without a flag is the
    setting `bare`, if one is named. `brought`: of a setting the others that do not count beside it, and so may not be
    given as flags. `actions`: bare flags beside the settings, with their help; each is True where it is given.
    Raises ValueError, naming the setting and its rule, for a flag or a constant that breaks it, and for a flag that
    there is not, naming the likeliest that there is.
    """
    parser = _Parser(description=description, allow_abbrev=False)
    for name, setting in settings.items():
        said = f"{setting.comment} ({setting.rule.says}; now {setting.default!r})".replace("%", "%%")
        parser.add_argument(flag(name), default=argparse.SUPPRESS, metavar="VALUE", help=said)
    if bare:
        same = f"the same as {flag(bare)}"
        parser.add_argument("bare", nargs="?", metavar=bare, default=argparse.SUPPRESS, help=same)
    for name, said in (actions or {}).items():
        parser.add_argument(flag(name), action="store_true", help=said)
    chosen, unknown = parser.parse_known_args(_with_values(sys.argv[1:] if argv is None else argv, settings))
    if unknown:
        raise ValueError(_unknown(unknown[0], settings))
    given = vars(chosen)
    if "bare" in given:
        if bare.lower() in given:
            raise ValueError(f"{flag(bare)} is given, and {given['bare']!r} beside it without a flag; give one of them")
        given[bare.lower()] = given["bare"]
    checked = {
        name: _checked(name, setting.rule, given.get(name.lower(), setting.default))
        for name, setting in settings.items()
    }
    for name, others in (brought or {}).items():
        idle = [other for other in others if checked[name] and other.lower() in given]
        if idle:
            raise ValueError(f"{flag(idle[0])} would not count beside {name} ({flag(name)}); leave one of them out")
    done = {name: given[name] for name in actions or {}}
    return Settings(**{name.lower(): value for name, value in checked.items()}, **done)


def changed(given: Settings, settings: dict[str, Setting], changes: dict[str, object]) -> Settings:
    """The settings with others in place of some, by lower-case name, as texts or values; ValueError as
    `read_settings`."""
    checked = {}
    for name, value in changes.items():
        if name.upper() not in settings:
            raise ValueError(f"there is no setting {name}")
        checked[name] = _checked(name.upper(), settings[name.upper()].rule, value)
    return Settings(**vars(given) | checked)


def as_constants(given: Settings, settings: dict[str, Setting]) -> list[str]:
    """The lines of the constants that have other values than they are declared with."""
    return [
        f"{name}: {setting.written} = {getattr(given, name.lower())!r}  # {setting.comment}"
        for name, setting in settings.items()
        if getattr(given, name.lower()) != setting.default
    ]


def flag(name: str) -> str:
    """The flag of a constant: 'N_SOLOS' -> '--n-solos'."""
    return "--" + name.lower().replace("_", "-")


def _with_values(argv: list[str], settings: dict[str, Setting]) -> list[str]:
    """The arguments, with the value that is meant behind every bare switch: what looks like a path is not its value."""
    switches = {flag(name) for name, setting in settings.items() if setting.rule is switch}
    complete = []
    for argument, following in zip_longest(argv, argv[1:]):
        is_value = following is not None and not following.startswith("-")
        if is_value and following.lower() not in SWITCH_WORDS:
            is_value = not (os.path.exists(following) or os.path.splitext(following)[1] or os.sep in following)
        complete.append(f"{argument}=true" if argument in switches and not is_value else argument)
    return complete


def _unknown(argument: str, settings: dict[str, Setting]) -> str:
    if not argument.startswith("-"):
        return f"{argument!r} stands without a flag, and nothing more is expected there; --help lists the flags"
    given = argument.partition("=")[0]
    close = difflib.get_close_matches(given.strip("-").upper().replace("-", "_"), settings, n=1)
    meant = f"did you mean {flag(close[0])}?" if close else "--help lists the flags"
    return f"there is no flag {given}; {meant}"


def _checked(name: str, rule: Rule, value: object) -> object:
    if isinstance(value, str) and rule.read is not str:
        try:
            value = rule.read(value)
        except (ValueError, LookupError, OverflowError):
            raise ValueError(f"{name} ({flag(name)}) must be {rule.says}, not {value!r}") from None
    if not rule.holds(value):
        raise ValueError(f"{name} ({flag(name)}) must be {rule.says}, not {value!r}")
    if isinstance(value, float) and value.is_integer():
        return int(value)  # 130 and 130.0 are the same setting, and give the same bytes
    return value


class _Parser(argparse.ArgumentParser):
    def error(self, message: str):
        raise ValueError(f"{message}; --help lists the flags")
