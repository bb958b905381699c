"""A run in one row, for tables of runs in the app and on the command line."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from genreclf.data.sources import list_sources
from genreclf.files import as_object
from genreclf.models import BASELINES, model_label
from genreclf.runs import curves
from genreclf.runs.folder import Run, Status
from genreclf.runs.notes import Notes, read_notes


@dataclass(frozen=True)
class Summary:
    """A run at one moment.

    Attributes:
        run: its folder.
        config: the content of its ``config.json``.
        status: its status.
        notes: its name and note, if any.
        model: the model's name.
        recipe: ``"tuned recipe"``, ``"reference recipe, 2 settings changed"``, ``"baseline"`` and so on.
        planned: the maximum number of epochs; None where the config lacks it.
        facts: epochs, best loss, seconds and so on, from its events.
        measured: scores of the best weights, ``{"val": {"bce": …}, "test": {…}}``; empty before the end.
        created: when it was queued, with time zone.
        data: the name of its data set.
    """

    run: Run
    config: dict[str, Any]
    status: Status
    notes: Notes
    model: str
    recipe: str
    planned: int | None
    facts: curves.Facts
    measured: dict[str, dict[str, float]]
    created: datetime
    data: str

    @property
    def title(self) -> str:
        """The run's name, or its model and recipe; several runs may share it."""
        return self.notes.name or f"{model_label(self.model)}, {self.recipe}"

    def tested(self, score: str) -> float | None:
        """A score on the test films, such as ``"bce"``; None before the final evaluation."""
        return self.measured.get("test", {}).get(score)


def summarise(run: Run) -> Summary:
    """Read a run's folder; any of its files may be missing or damaged."""
    config = run.config
    planned = as_object(config.get("recipe")).get("epochs")
    scores = {split: as_object(found) for split, found in as_object(run.exit.get("metrics")).items()}
    return Summary(
        run=run,
        config=config,
        status=run.status(),
        notes=read_notes(run),
        model=str(config.get("model", "?")),
        recipe=_recipe(config),
        planned=planned if isinstance(planned, int) else None,
        facts=curves.facts_of(run.metrics_file),
        measured={
            split: {name: float(value) for name, value in found.items() if isinstance(value, int | float)}
            for split, found in scores.items()
        },
        created=_created(run, config),
        data=_data(config),
    )


def _recipe(config: dict[str, Any]) -> str:
    if config.get("model") in BASELINES:
        return "baseline"
    changed = len(as_object(config.get("changes")))
    changes = f", {changed} setting{'s' * (changed != 1)} changed" if changed else ""
    return f"{config.get('recipe_name', 'unknown')} recipe{changes}"


def _data(config: dict[str, Any]) -> str:
    folder = Path(str(config.get("data", "")))
    labels = {source.folder.resolve(): source.label for source in list_sources()}
    return labels.get(folder, folder.name)


def _created(run: Run, config: dict[str, Any]) -> datetime:
    try:
        created = datetime.fromisoformat(config["created"])
    except (KeyError, TypeError, ValueError):
        try:
            created = datetime.fromtimestamp(run.folder.stat().st_mtime, UTC)
        except OSError:  # it was deleted meanwhile
            created = datetime.now(UTC)
    return created if created.tzinfo else created.replace(tzinfo=UTC)
