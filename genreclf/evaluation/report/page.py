"""One HTML file that needs nothing else: text, tables, posters, and charts in the reader's light or dark theme."""

import base64
import html
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager
from typing import Any

import pandas as pd
from PIL import Image

from genreclf.evaluation.charts import Chart
from genreclf.evaluation.report.style import PAGE
from genreclf.palette import DARK, LIGHT, Palette

_POSTER_WIDTH, _QUALITY = 136, 70  # pixels, of JPEG's 95

Draw = Callable[[Palette], Chart]


class HtmlPage:
    """Collects a page from top to bottom.

    All words are plain text and escaped here; nothing that is given is read as HTML.

    Args:
        title: of the page and its first heading.
    """

    def __init__(self, title: str):
        self.title = title
        self._body: list[str] = []
        self._headings: list[str] = []
        self._figures: list[dict[str, Any]] = []
        self._template: dict[str, Any] = {}
        self._choices = 0

    def section(self, words: str) -> None:
        """Begin a section, which is listed at the top of the page."""
        self._headings.append(words)
        self._body.append(f'<h2 id="s{len(self._headings)}">{_safe(words)}</h2>')

    def heading(self, words: str) -> None:
        """A heading inside a section."""
        self._body.append(f"<h3>{_safe(words)}</h3>")

    def text(self, words: str, kind: str = "") -> None:
        """A paragraph; ``kind`` is ``"note"`` for small print, ``"lead"`` for what matters."""
        self._body.append(f'<p class="{_safe(kind)}">{_safe(words)}</p>' if kind else f"<p>{_safe(words)}</p>")

    def points(self, lines: Iterable[str]) -> None:
        """A list of sentences."""
        self._body.append("<ul>" + "".join(f"<li>{_safe(line)}</li>" for line in lines) + "</ul>")

    def table(self, table: pd.DataFrame, digits: int | Mapping[str, int] = 3) -> None:
        """A table: numbers to the right, missing ones as dashes.

        Args:
            table: its column names are read by people.
            digits: after the point, of all columns of fractions or by column.
        """
        head = "".join(
            f"<th scope=col{' class=number' * pd.api.types.is_numeric_dtype(table[name])}>{_safe(name)}</th>"
            for name in table.columns
        )
        rows = []
        for values in table.itertuples(index=False):
            cells = [
                _cell(value, digits if isinstance(digits, int) else digits.get(str(name), 3), place == 0)
                for place, (name, value) in enumerate(zip(table.columns, values, strict=True))
            ]
            rows.append(f"<tr>{''.join(cells)}</tr>")
        self._body.append(
            f'<div class="wide" tabindex=0 role=region aria-label="Table"><table><thead><tr>{head}</tr></thead>'
            f"<tbody>{''.join(rows)}</tbody></table></div>"
        )

    def chart(self, draw: Draw) -> None:
        """A chart with its title and how to read it; ``draw`` is called with both palettes."""
        light, dark = draw(LIGHT), draw(DARK)
        figures = [json.loads(chart.figure.to_json()) for chart in (light, dark)]
        for figure in figures:  # it is the same for all, and long
            self._template = figure["layout"].pop("template", self._template)
        self._figures.append({"figure": figures[0], "dark": _changes(*figures)})
        self._body.append(
            f'<figure><figcaption class="name">{_safe(light.title)}</figcaption>'
            f'<div class="chart" data-figure="{len(self._figures) - 1}" role="img" aria-label="{_safe(light.alt)}" '
            f'style="height:{light.height}px"></div><p class="note">{_safe(light.reading)}</p></figure>'
        )

    def posters(self, films: Iterable[tuple[bytes, str, str]]) -> None:
        """A wall: JPEG bytes, name, and a line or more of words for each film."""
        tiles = []
        for jpeg, name, words in films:
            said = "<br>".join(_safe(line) for line in words.split("\n"))
            source = base64.b64encode(_small(jpeg)).decode()
            tiles.append(
                f'<li><img src="data:image/jpeg;base64,{source}" alt="Poster of {_safe(name)}">'
                f"<b>{_safe(name)}</b><span>{said}</span></li>"
            )
        self._body.append(f'<ul class="wall">{"".join(tiles)}</ul>' if tiles else '<p class="note">No such film.</p>')

    def choice(self, label: str, options: Mapping[str, Callable[[], None]], chosen: str | None = None) -> None:
        """One of several parts, by a list to choose from.

        Args:
            label: of the list.
            options: what each is called, and what writes it.
            chosen: the one that is shown at first.
        """
        if not options:
            return
        self._choices += 1
        name, chosen = f"c{self._choices}", chosen if chosen in options else next(iter(options))
        listed = "".join(f"<option{' selected' * (option == chosen)}>{_safe(option)}</option>" for option in options)
        self._body.append(f'<p><label>{_safe(label)} <select data-choice="{name}">{listed}</select></label></p>')
        for option, write in options.items():
            with self._inside(f'<div data-of="{name}" data-value="{_safe(option)}"{" hidden" * (option != chosen)}>'):
                write()

    def html(self) -> str:
        """The whole page, ``plotly.js`` in it."""
        from plotly.offline import get_plotlyjs

        contents = "".join(
            f'<li><a href="#s{number}">{_safe(words)}</a></li>' for number, words in enumerate(self._headings, start=1)
        )
        parts = {
            "TITLE": _safe(self.title),
            "CONTENTS": contents,
            "BODY": "\n".join(self._body),
            "FIGURES": _json(self._figures),
            "TEMPLATE": _json(self._template),
            "PLOTLY": get_plotlyjs(),
        }
        pieces = re.split("@([A-Z]+)@", PAGE)  # text and marks in turn
        return "".join(parts[piece] if place % 2 else piece for place, piece in enumerate(pieces))

    @contextmanager
    def _inside(self, opening: str):
        self._body.append(opening)
        yield
        self._body.append("</div>")


def _changes(light: Any, dark: Any, path: tuple = ()) -> list[list[Any]]:
    """Where two figures of one shape differ, as ``[path, value in dark]``: only their colours do."""
    if isinstance(light, dict) and isinstance(dark, dict) and light.keys() == dark.keys():
        return [change for key in light for change in _changes(light[key], dark[key], (*path, key))]
    if isinstance(light, list) and isinstance(dark, list) and len(light) == len(dark):
        pairs = enumerate(zip(light, dark, strict=True))
        return [change for place, (one, other) in pairs for change in _changes(one, other, (*path, place))]
    return [] if light == dark else [[list(path), dark]]


def _small(jpeg: bytes) -> bytes:
    image = Image.open(io.BytesIO(jpeg), formats=["JPEG"])
    image.thumbnail((_POSTER_WIDTH, 4 * _POSTER_WIDTH))
    stream = io.BytesIO()
    image.convert("RGB").save(stream, "JPEG", quality=_QUALITY, optimize=True)
    return stream.getvalue()


def _cell(value: Any, digits: int, first: bool) -> str:
    if pd.isna(value):
        return '<td class="number">–</td>'
    if isinstance(value, str):
        return f"<th scope=row>{_safe(value)}</th>" if first else f"<td>{_safe(value)}</td>"
    whole = float(value).is_integer() and not isinstance(value, float)
    return f'<td class="number">{value:,.0f}</td>' if whole else f'<td class="number">{value:.{digits}f}</td>'


def _json(value: Any) -> str:
    """JSON that may stand inside a script: no text in it can end that."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


def _safe(words: str) -> str:
    return html.escape(str(words), quote=True)
