"""The fields of a JSON object by kind: nothing behind this meets a value of another kind, size or range."""

import ast
import json
import math
import reprlib
import warnings
from typing import Any

LONGEST_TEXT = 10_000  # characters
LARGEST_COUNT = 10**12
LARGEST_WHOLE = 2**62
LARGEST = 1e100  # of any number: differences, squares and logarithms stay finite


class Fields:
    """Reads the fields of a JSON object, each of one kind; null counts as missing.

    A field of another kind counts as missing too, and is reported in ``problems``.

    Args:
        values: the object, or any other value, which counts as an empty one.
        of: its name within a larger object, for ``problems``.

    Attributes:
        problems: one clause per unusable field, such as "epochs is 'many', not a whole number".
    """

    def __init__(self, values: Any, of: str = ""):
        self.values: dict[str, Any] = values if isinstance(values, dict) else {}
        self.problems: list[str] = []
        self._of = f"{of}." if of else ""
        if values is not None and not isinstance(values, dict):
            self.problems.append(f"{of or 'it'} is {shown(values)}, not a JSON object")

    def text(self, name: str, otherwise: str = "") -> str:
        """A text of at most ``LONGEST_TEXT`` characters."""
        return self._field(name, is_text(self.values.get(name)), "a text", otherwise)

    def whole(self, name: str, low: int = 0, high: int = LARGEST_COUNT) -> int | None:
        """A whole number from ``low`` to ``high``."""
        value = self.values.get(name)
        return self._field(name, is_whole(value) and low <= value <= high, "a whole number in its range", None)

    def number(self, name: str, low: float = -LARGEST, high: float = LARGEST) -> float | None:
        """A finite number from ``low`` to ``high``."""
        value = self.values.get(name)
        return self._field(name, is_number(value) and low <= value <= high, "a number in its range", None)

    def fields(self, name: str) -> "Fields":
        """The fields of an object in this one, which share ``problems``."""
        inner = Fields(self.values.get(name), f"{self._of}{name}")
        self.problems += inner.problems
        inner.problems = self.problems
        return inner

    def tables(self, name: str) -> dict[str, dict[str, float]]:
        """An object of objects of numbers, such as metrics by split; null is left out."""
        outer = self.fields(name)
        inner = {key: outer.fields(key) for key in outer.values}
        return {
            key: {each: value for each in of.values if (value := of.number(each)) is not None}
            for key, of in inner.items()
        }

    def counts(self) -> dict[str, int]:
        """All fields that are whole numbers from 0."""
        return {name: count for name in self.values if (count := self.whole(name)) is not None}

    def items(self, name: str) -> list[Any]:
        """The items of a list."""
        return self._field(name, isinstance(self.values.get(name), list), "a list", [])

    def settings(self, name: str) -> dict[str, Any]:
        """An object whose values are texts, numbers, true, false or null, or objects of such."""
        stored = self.fields(name)
        known = {key: value for key, value in stored.values.items() if is_setting(value)}
        for key in stored.values.keys() - known.keys():
            label = key if is_text(key) and key.isprintable() else shown(key)
            self.report(f"{stored._of}{label}", stored.values[key], "a text or a number in its range")
        return known

    def report(self, name: str, value: Any, kind: str) -> None:
        """Note that a field's value is not of this kind."""
        self.problems.append(f"{name} is {shown(value)}, not {kind}")

    def _field(self, name: str, is_right: bool, kind: str, otherwise: Any) -> Any:
        value = self.values.get(name)
        if is_right:
            return value
        if value is not None:
            self.report(f"{self._of}{name}", value, kind)
        return otherwise


def is_text(value: Any) -> bool:
    """Whether a JSON value is a text of reasonable length."""
    return isinstance(value, str) and len(value) <= LONGEST_TEXT


def is_whole(value: Any) -> bool:
    """Whether a JSON value is a whole number; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number that is finite and of reasonable size; true and false are none."""
    if isinstance(value, float):
        return math.isfinite(value) and abs(value) <= LARGEST
    return is_whole(value) and abs(value) <= LARGEST_WHOLE


def shown(value: Any) -> str:
    """Any value in few characters, for messages."""
    return reprlib.repr(value)


def is_setting(value: Any, nested: bool = False) -> bool:
    """Whether a JSON value is a text, a number, true, false or null, or an object of such."""
    if isinstance(value, dict) and not nested:
        return all(is_text(name) and is_setting(each, True) for name, each in value.items())
    return value is None or isinstance(value, bool) or is_text(value) or is_number(value)


def parse_literal(text: str) -> Any:
    """The value of JSON or of a Python literal; raises whatever ``ast.literal_eval`` does if it is neither."""
    try:
        return json.loads(text)
    except ValueError:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about backslashes in strings
            return ast.literal_eval(text)
