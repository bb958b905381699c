"""What a run's folder says in one row, for tables of runs in the app and the terminal."""

from collections.abc import Callable
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

Figures = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Summary:
    """A run at one moment.

    Attributes:
        run: its folder.
        status: what became of it.
        notes: its name and note, where somebody gave it some.
        model: the model's name.
        recipe: ``"tuned"``, ``"reference, changed"``, ``"baseline"`` and so on.
        planned: epochs asked for, at most; None where the config does not say.
        facts: what its events say (epochs, best loss, seconds …).
        measured: figures of the best weights, ``{"val": {"bce": …}, "test": {…}}``; empty before the end.
        created: when it was asked for, with its time zone.
        data: what people call its data set.
    """

    run: Run
    status: Status
    notes: Notes
    model: str
    recipe: str
    planned: int | None
    facts: curves.Facts
    measured: Figures
    created: datetime
    data: str

    @property
    def title(self) -> str:
        """The run's name, or what stands in for it; several runs may share it."""
        return self.notes.name or f"{model_label(self.model)}, {self.recipe}"

    def tested(self, figure: str) -> float | None:
        """A figure measured on the test films, such as ``"bce"``; None where it was not."""
        return self.measured.get("test", {}).get(figure)


def summarise(run: Run, facts_of: Callable[[Run], curves.Facts] | None = None) -> Summary:
    """Read a run's folder; nothing in it need be whole.

    Args:
        run: any run.
        facts_of: gives what the run's events say, where a caller keeps it; reading them takes longest.
    """
    config = run.config
    planned = as_object(config.get("recipe")).get("epochs")
    return Summary(
        run=run,
        status=run.status(),
        notes=read_notes(run),
        model=str(config.get("model", "?")),
        recipe=recipe_label(config),
        planned=planned if isinstance(planned, int) else None,
        facts=facts_of(run) if facts_of else curves.facts(run.events()),
        measured=measured(run),
        created=_created(run, config),
        data=data_label(config),
    )


def measured(run: Run) -> Figures:
    """The figures of a run's best weights, by split and name; without what is no number."""
    by_split = {split: as_object(figures) for split, figures in as_object(run.exit.get("metrics")).items()}
    return {
        split: {name: float(value) for name, value in figures.items() if isinstance(value, int | float)}
        for split, figures in by_split.items()
    }


def recipe_label(config: dict[str, Any]) -> str:
    """A run's recipe in a word, and whether settings of it were changed."""
    if config.get("model") in BASELINES:
        return "baseline"
    return f"{config.get('recipe_name', 'unknown recipe')}{', changed' if config.get('changes') else ''}"


def data_label(config: dict[str, Any]) -> str:
    """What people call the data set of a run's config."""
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
