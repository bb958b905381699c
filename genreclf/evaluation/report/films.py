"""The sections of a report that show films: who gets which, where models are surest, which labels they doubt."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import pandas as pd

from genreclf.data.thumbnails import thumbnails
from genreclf.errors import UserError
from genreclf.evaluation import charts
from genreclf.evaluation.confident import confident_errors, confident_hits, label_issues
from genreclf.evaluation.poster_vs_overview import FUSION, better_part, contrast, fusion_gains, genre_lead
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.evaluation.report.page import HtmlPage
from genreclf.evaluation.tables import has_fusion, sides
from genreclf.evaluation.wording import (
    DOUBTS,
    NO_DOUBTS,
    best_guesses,
    doubt_notes,
    fusion_words,
    groups_of,
    leads_words,
    true_genres,
)
from genreclf.models import model_label
from genreclf.units import percent

FILMS = 8  # of a wall


@dataclass
class Report:
    """A report in the making.

    Attributes:
        answers: whose.
        page: what is written so far.
        times: resamples for the intervals.
        posters: thumbnails that were read already, by row of the catalogue.
    """

    predictions: SplitPredictions
    page: HtmlPage
    times: int
    posters: dict[int, bytes] = field(default_factory=dict)

    def wall(self, notes: Mapping[int, str]) -> None:
        """The first films of a list, by their position in the split, each with its words."""
        catalogue, predictions = self.predictions.catalogue, self.predictions
        positions = list(notes)[:FILMS]
        rows = [int(predictions.rows[at]) for at in positions]
        wanted = [row for row in rows if row not in self.posters]
        ids = catalogue.films["id"].iloc[wanted].tolist()
        self.posters |= dict(zip(wanted, thumbnails(catalogue, ids), strict=True))
        names = [catalogue.display_name(row) for row in rows]
        said = [f"{', '.join(true_genres(predictions, at))}\n{notes[at]}" for at in positions]
        self.page.posters(zip((self.posters[row] for row in rows), names, said, strict=True))

    def by_model(self, write: Callable[[str], None], label: str = "Model") -> None:
        """A part for each model, one of them shown."""
        names = list(self.predictions.models)
        best = FUSION if FUSION in names else names[0]
        self.page.choice(label, {model_label(name): partial(write, name) for name in names}, model_label(best))


def contrast_section(report: Report) -> None:
    """Who gets which films."""
    predictions, page = report.predictions, report.page
    looking, reading = sides(predictions)
    if not looking or not reading:
        return
    page.section("Poster or overview")
    page.text("A model gets a film when the genre it thinks most probable is one of the film's.")
    if has_fusion(predictions):
        page.text(fusion_words(predictions), "lead")
        for group, words in (("gained", "Films that fusion gains"), ("lost", "Films that fusion loses")):
            page.heading(words)
            films = fusion_gains(predictions)[group]
            report.wall(
                {int(at): _best_guesses(predictions, int(at), [better_part(predictions), FUSION]) for at in films}
            )

    def one(first: str, second: str) -> None:
        groups, names = contrast(predictions, first, second), groups_of(first, second)
        rows = [
            {"": names[group], "Films": len(films), "Share": len(films) / len(predictions)}
            for group, films in groups.items()
        ]
        page.table(pd.DataFrame(rows), 2)
        for group, films in groups.items():
            page.heading(names[group])
            report.wall({int(at): _best_guesses(predictions, int(at), [first, second]) for at in films})
        leads = genre_lead(predictions, first, second, report.times)
        page.heading("Which genres show in a poster, which in an overview")
        page.text(leads_words(leads, first, second))
        page.chart(partial(charts.lead_chart, leads, first, second))

    pairs = {f"{model_label(a)} and {model_label(b)}": partial(one, a, b) for a in looking for b in reading}
    page.choice("Models", pairs)


def films_section(report: Report) -> None:
    """Where models are surest, and what they doubt."""
    predictions, page = report.predictions, report.page
    page.section("Films")

    def one(model: str) -> None:
        for find, words, sign in ((confident_hits, "Sure and right", "✓"), (confident_errors, "Sure and wrong", "✗")):
            page.heading(f"{model_label(model)}: {words.lower()}")
            found = find(predictions, model, FILMS)
            report.wall({
                int(film.position): f"{sign} {film.genre}, {percent(film.probability)}"
                for film in found.itertuples()
            })  # fmt: skip

    report.by_model(one)
    try:
        notes = doubt_notes(label_issues(predictions, 2 * FILMS))  # a film may have two
    except UserError:  # no model that looks, or none that reads, to doubt with the other
        return
    page.heading("Labels in doubt")
    page.text(DOUBTS if notes else NO_DOUBTS)
    report.wall({position: "\n".join(said) for position, said in notes.items()})


def _best_guesses(predictions: SplitPredictions, position: int, models: list[str]) -> str:
    """What each model thinks most probable, a line each."""
    return "\n".join(best_guesses(predictions, position, models))
