"""What the JSON files of a run say, with every field of its declared kind; files may be damaged or edited by hand.

A record is false where its file says nothing: it is missing, or unreadable for the reason in ``damage``. A field of
another kind counts as missing, and ``odd`` says so. Nothing outside this module reads these files.
"""

import contextlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from genreclf.data.splits import SPLITS
from genreclf.errors import UserError
from genreclf.fields import Fields
from genreclf.files import Unreadable, load_json
from genreclf.models.options import OPTIONS
from genreclf.recipes import recipe_of
from genreclf.recipes.settings import OPTIONS_FIELD, SETTINGS, Recipe
from genreclf.units import readable

MISSING = "it is missing"
EARLIEST, LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)  # of a date that is believed
LONGEST_PATH, LONGEST_NAME = 4000, 100  # characters


class Status(StrEnum):
    """The state of a run, derived from its folder each time."""

    QUEUED = "queued"
    RUNNING = "running"
    STALLED = "stalled"
    COMPLETED = "completed"
    STOPPED = "stopped"
    FAILED = "failed"
    DIED = "died"

    @property
    def is_active(self) -> bool:
        """Whether it is waiting or training."""
        return self in (Status.QUEUED, Status.RUNNING, Status.STALLED)

    @property
    def can_resume(self) -> bool:
        """Whether it ended before its last epoch."""
        return self in (Status.STOPPED, Status.FAILED, Status.DIED)


@dataclass(frozen=True)
class _Record:
    damage: str = MISSING  # why the file says nothing, as a clause; "" if it can be read
    odd: tuple[str, ...] = ()  # one clause per field that cannot be used

    def __bool__(self) -> bool:
        return not self.damage

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file, whatever its state."""
        try:
            value = load_json(path)
        except FileNotFoundError:
            return cls()
        except Unreadable as error:
            return cls(str(error))
        if not isinstance(value, dict):
            return cls("it is not a JSON object")
        fields = Fields(value)
        known = cls._known(fields)
        return cls(str(known.pop("damage", "")), tuple(fields.problems), **known)

    @classmethod
    def _known(cls, fields: Fields) -> dict[str, Any]:
        raise NotImplementedError


@dataclass(frozen=True)
class Config(_Record):
    """``config.json``: what to train."""

    model: str = "?"  # its name, which this version may not know
    data: Path | None = None  # the data-set folder
    recipe_name: str = ""
    settings: dict[str, Any] = field(default_factory=dict)  # the recipe as stored; another version may have others
    changes: dict[str, Any] = field(default_factory=dict)  # settings that differ from the recipe of this name
    seed: int | None = None
    created: datetime | None = None  # in UTC
    command: str = ""

    @classmethod
    def _known(cls, fields: Fields) -> dict[str, Any]:
        model = fields.text("model")
        if not model or len(model) > LONGEST_NAME or not model.isprintable():
            return {"damage": "it names no model"}
        data = fields.text("data")
        if "\0" in data or len(data) > LONGEST_PATH:
            fields.report("data", data, "a path")
            data = ""
        settings = fields.settings("recipe")
        for name in list(settings):
            if name in SETTINGS and not _fits(model, name, settings[name]):
                fields.report(f"recipe.{name}", settings.pop(name), "such a setting")
        return {
            "model": model,
            "data": Path(data) if data else None,
            "recipe_name": readable(fields.text("recipe_name")[:LONGEST_NAME]),
            "settings": settings,
            "changes": fields.settings("changes"),
            "seed": fields.whole("seed", -(2**62), 2**62),
            "created": _date(fields, "created"),
            "command": fields.text("command"),
        }

    @property
    def recipe(self) -> Recipe:
        """The stored recipe.

        Raises:
            UserError: a setting cannot be read, or this version does not know the model.
        """
        if problem := next((each for each in self.odd if each.startswith("recipe")), ""):
            raise UserError(f"The run's settings cannot be read ({problem}); choose them by hand.")
        return recipe_of({"model": self.model, "recipe": self.settings})

    @property
    def epochs(self) -> int | None:
        """The planned number of epochs."""
        return self.settings.get("epochs")

    def as_dict(self) -> dict[str, Any]:
        """The content of the file, without the date."""
        return {
            "model": self.model, "data": str(self.data), "recipe_name": self.recipe_name, "recipe": self.settings,
            "changes": self.changes, "seed": self.seed, "command": self.command,
        }  # fmt: skip

    def require(self, run_id: str, seed: bool = True) -> None:
        """Check that nothing is missing to train it; ``seed`` is whether its own seed is needed.

        Raises:
            UserError: the file or one of its fields cannot be used.
        """
        needed = ("data", "recipe", "changes", *(("seed",) if seed else ()))
        odd = [problem for problem in self.odd if problem.startswith(needed)]
        names = ("data", "recipe_name", *(("seed",) if seed else ()))
        lacking = [f"it has no {name}" for name in names if getattr(self, name) in (None, "")]
        if problems := [*filter(None, [self.damage]), *odd, *lacking]:
            raise UserError(
                f"The settings of run {run_id} cannot be read (config.json: {problems[0]}); start a new run instead."
            )


@dataclass(frozen=True)
class Progress(_Record):
    """``progress.json``: where the trainer is."""

    phase: str = ""
    updated: float = 0.0  # seconds since 1970
    next_check_in: float | None = None  # seconds
    epoch: int | None = None
    epochs: int | None = None
    step: int = 0
    steps: int | None = None
    films_per_second: float | None = None
    seconds_left: float | None = None

    @classmethod
    def _known(cls, fields: Fields) -> dict[str, Any]:
        return {
            "phase": fields.text("phase"),
            "updated": fields.number("updated", 0, LATEST.timestamp()) or 0.0,
            "next_check_in": fields.number("next_check_in", -1e6, 1e6),
            "epoch": fields.whole("epoch", 1),
            "epochs": fields.whole("epochs", 1),
            "step": fields.whole("step") or 0,
            "steps": fields.whole("steps") or None,
            "films_per_second": fields.number("films_per_second", 0, 1e9),
            "seconds_left": fields.number("seconds_left", 0, 1e9),
        }


@dataclass(frozen=True)
class Exit(_Record):
    """``exit.json``: how the run ended."""

    outcome: Status | None = None
    reason: str = ""
    metrics: dict[str, dict[str, float]] = field(default_factory=dict)  # of the best weights, by split
    best_epoch: int | None = None

    @classmethod
    def _known(cls, fields: Fields) -> dict[str, Any]:
        outcome = None
        with contextlib.suppress(ValueError):
            outcome = Status(fields.text("outcome"))
        if outcome is None or outcome.is_active:
            return {"damage": "it names no outcome"}
        return {
            "outcome": outcome,
            "reason": "\n".join(map(readable, fields.text("reason").splitlines())),  # printed on terminals
            "metrics": {split: scores for split, scores in fields.tables("metrics").items() if split in SPLITS},
            "best_epoch": fields.whole("best_epoch", 1),
        }


@dataclass(frozen=True)
class Films(_Record):
    """``data.json``: the films that the run is trained on, their number by split, and how many have twins.

    ``digest`` is that of the data set with the user's corrections, ``further_digest`` that of the table of further
    films; ``corrections`` is what ``genreclf.data.corrections.card_facts`` says of both.
    """

    digest: str = ""
    further_digest: str = ""
    corrections: dict[str, Any] = field(default_factory=dict)
    splits: dict[str, int] = field(default_factory=dict)
    leaks: dict[str, int] = field(default_factory=dict)  # see ``genreclf.data.twins.count_twins``

    @classmethod
    def _known(cls, fields: Fields) -> dict[str, Any]:
        return {
            "digest": fields.text("digest")[:LONGEST_NAME],
            "further_digest": fields.text("further_digest")[:LONGEST_NAME],
            "corrections": fields.settings("corrections"),
            "splits": fields.fields("splits").counts(),
            "leaks": fields.fields("leaks").counts(),
        }


@dataclass(frozen=True)
class NotesFile(_Record):
    """``notes.json``: see ``genreclf.runs.notes``."""

    name: str = ""
    note: str = ""

    @classmethod
    def _known(cls, fields: Fields) -> dict[str, Any]:
        return {"name": fields.text("name"), "note": fields.text("note")}


def _fits(model: str, name: str, value: Any) -> bool:
    """Whether a stored setting is of its kind; ranges are checked when it is trained."""
    try:
        SETTINGS[name].check_kind(value)
        if name == OPTIONS_FIELD:
            for option in OPTIONS.get(model, ()):
                if option.name in value:
                    option.check_kind(value[option.name])
    except UserError:
        return False
    return True


def _date(fields: Fields, name: str) -> datetime | None:
    """A date in UTC; one without a time zone is taken as UTC."""
    text = fields.text(name)
    if not text:
        return None
    try:
        date = datetime.fromisoformat(text)
        date = date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
        if EARLIEST <= date <= LATEST:
            return date
    except (ValueError, OverflowError):
        pass
    fields.report(name, text, "a date")
    return None
