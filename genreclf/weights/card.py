"""The card of trained weights, ``card.json``, with every field of its declared kind."""

import re
from pathlib import Path
from typing import Any

from genreclf.errors import UserError
from genreclf.familiarity import FEATURES
from genreclf.fields import LARGEST_WHOLE, Fields, is_number, is_setting, is_text
from genreclf.files import Unreadable, as_object, load_json
from genreclf.models.options import OPTIONS

CARD = "card.json"
LONGEST_NAME = 255  # bytes of a file's name
_TEXTS = (
    "model", "what", "recipe", "data", "data_digest", "weights_file", "weights_sha256", "vocabulary_sha256", "command",
    "device", "backend", "runtime", "trained", "run", "form", "further_digest",
)  # fmt: skip
_NESTED = ("genres", "thresholds", "settings", "familiarity")  # an object of objects or lists, or a list

Card = dict[str, Any]


def load_card(path: Path) -> Card:
    """A card whose fields are of their kinds; which of them are there is for its user to check.

    Raises:
        FileNotFoundError: there is none.
        Unreadable: it cannot be read, or a field is of another kind.
    """
    stored = load_json(path)
    if not isinstance(stored, dict):
        raise Unreadable("it is not a JSON object")
    fields = Fields(stored)
    for name in _TEXTS:
        fields.text(name)
    for name in ("seed", "best_epoch", "parameters"):
        fields.whole(name, -LARGEST_WHOLE, LARGEST_WHOLE)
    fields.whole("further_films", 0, LARGEST_WHOLE)
    fields.number("seconds", 0, 1e9)
    _check_file_name(fields)
    _check_lists(fields)
    calibration = fields.fields("calibration")
    if calibration.values and None in (calibration.number("scale", 1e-6, 1e3), calibration.number("shift", -1e3, 1e3)):
        fields.report("calibration", calibration.values, "a positive scale and a shift")
    _check_familiarity(fields.fields("familiarity"))
    for name in ("parts", "pretrained", "versions"):
        of = fields.fields(name)
        for key in of.values:
            of.text(key)
    _check_options(fields)
    fields.settings("corrections")
    films = fields.fields("films").counts()
    tables = {"films": films, "metrics": _metrics(fields), "weakest": _weakest(stored.get("weakest"))}
    others = {name: value for name, value in stored.items() if name in _NESTED or is_setting(value)}
    if fields.problems:
        raise Unreadable(fields.problems[0])
    return others | {name: table for name, table in tables.items() if stored.get(name) is not None}


def stored_card(path: Path) -> Card:
    """The card in a run's folder; empty where there is none that can be read."""
    try:
        return load_card(path)
    except (OSError, ValueError):
        return {}


def card_damage(path: Path) -> str:
    """Why a card cannot be read, as a clause; "" if it can, or there is none."""
    try:
        load_card(path)
    except FileNotFoundError:
        return ""
    except Unreadable as error:
        return str(error)
    return ""


def _check_file_name(fields: Fields) -> None:
    name = fields.text("weights_file")
    if len(name.encode()) > LONGEST_NAME or "\0" in name:
        fields.report("weights_file", name, "the name of a file")
    if not re.fullmatch(r"[\w-]{0,64}", digest := fields.text("weights_sha256")):  # part of the names of caches
        fields.report("weights_sha256", digest, "a checksum")


def _check_lists(fields: Fields) -> None:
    if not all(map(is_text, genres := fields.items("genres"))):
        fields.report("genres", genres, "a list of texts")
    thresholds = fields.items("thresholds")
    if not all(is_number(value) and 0 <= value <= 1 for value in thresholds):
        fields.report("thresholds", thresholds, "a list of numbers from 0 to 1")


def _check_familiarity(fields: Fields) -> None:
    weights = fields.items("weights")
    is_valid = len(weights) == FEATURES and all(map(is_number, [*weights, fields.values.get("bias")]))
    if fields.values and not is_valid:
        fields.report("familiarity", weights, f"a bias and {FEATURES} weights")


def _check_options(fields: Fields) -> None:
    """The settings; those of the model's builder also in range, because they decide how much is allocated."""
    options = as_object(fields.settings("settings").get("model_options"))
    for option in OPTIONS.get(fields.text("model"), ()):
        try:
            if options.get(option.name) is not None:
                option.check(options[option.name])
        except UserError as error:
            fields.problems.append(str(error).rstrip("."))


def _weakest(stored: Any) -> list[dict[str, Any]]:
    """The genres on which the model does worst; empty where they cannot be read, because nothing depends on them."""
    rows = [Fields(row) for row in stored] if isinstance(stored, list) else []
    known = [
        {"genre": row.text("genre"), **{name: row.number(name, 0) for name in ("films", "precision", "recall", "f1")}}
        for row in rows
    ]
    return [] if any(None in row.values() or not row["genre"] for row in known) else known


def _metrics(fields: Fields) -> dict[str, dict[str, float]]:
    """The metrics by split; a split that was measured at all has a BCE, by which models are ranked."""
    metrics = fields.tables("metrics")
    for split, scores in metrics.items():
        if scores and "bce" not in scores:
            fields.report(f"metrics.{split}", scores, "a split's metrics with their bce")
    return metrics
