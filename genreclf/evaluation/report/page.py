"""What all reports share: one HTML file with its style, its charts and the library that draws them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

import genreclf
from genreclf.evaluation.charts import Chart
from genreclf.palette import DARK, LIGHT, Palette


class Figures:
    """The charts of a report.

    ``figures`` has each chart in ``"light"`` and ``"dark"`` colours, without Plotly's long defaults, which are all the
    same and stored once as ``template``.
    """

    def __init__(self, palettes: tuple[Palette, Palette] = (LIGHT, DARK)):
        self.palettes = palettes
        self.figures: list[dict[str, Any]] = []
        self.template: dict[str, Any] = {}

    def chart(self, draw: Callable[..., Chart], *arguments: Any) -> dict[str, Any]:
        """Draw and store a chart in both palettes; returns it with its index."""
        drawn = {palette.name: draw(*arguments, palette) for palette in self.palettes}
        figures = {name: json.loads(chart.figure.to_json()) for name, chart in drawn.items()}
        for figure in figures.values():
            self.template = figure["layout"].pop("template", self.template)
        self.figures.append(figures)
        return {"index": len(self.figures) - 1, "chart": drawn["light"]}


def render(template: Path, figures: Figures, **values: Any) -> str:
    """Fill in a report's template, which extends ``page.html``.

    Args:
        template: the file.
        figures: the report's charts.
        values: what the template shows.
    """
    from plotly.offline import get_plotlyjs

    loader = FileSystemLoader([template.parent, Path(__file__).parent])
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                              lstrip_blocks=True)  # fmt: skip
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    environment.filters["number"] = _number
    environment.tests["numeric"] = pd.api.types.is_numeric_dtype
    return environment.get_template(template.name).render(
        **values,
        version=genreclf.__version__,
        now=datetime.now(UTC),
        light=LIGHT,
        dark=DARK,
        figures=figures.figures,
        template=figures.template,
        plotly=Markup(get_plotlyjs()),  # a library's script, which must not be escaped
    )


def _number(value: Any, digits: int) -> str:
    """Format a cell of a table: fractions with this many digits, a dash if missing."""
    if pd.isna(value):
        return "–"
    return f"{value:.{digits}f}" if isinstance(value, float) else f"{value:,}"
