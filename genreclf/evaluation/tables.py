"""Someone else's predictions, read from a table: a row per film, with its ``Id``, and a column per genre."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from genreclf.data.catalogue import Catalogue
from genreclf.data.table_files import SUFFIXES, cells_of, open_table
from genreclf.data.tables import find_column, missing_columns
from genreclf.errors import UserError
from genreclf.evaluation.predictions import COMMON_FILMS, ModelPredictions, unique_name
from genreclf.evaluation.thresholds import fit_thresholds
from genreclf.genres import genre_key, same_genres
from genreclf.models import SPECS, model_label
from genreclf.units import readable

DEFAULT_THRESHOLD = 0.5  # of a table without validation films
MAX_NAME = 40  # characters; charts have little room
_ROWS = 2048  # read at once
_TOLERANCE = 1e-6  # by which rounding may lead out of 0..1
_WIDE = re.compile(rf"({'|'.join(map(re.escape, SPECS))})_p_(.+)", re.DOTALL)  # columns that 'predict --wide' writes


@dataclass(frozen=True, eq=False)
class PredictionTable:
    """Predictions of one model for films of a data set.

    Attributes:
        source: the name of the file.
        name: that of the model on screen, from the file's.
        genres: the data set's genres that it has a column for.
        ids: the films' ids.
        probabilities: float32 ``(len(ids), len(genres))`` in 0..1.
        note: sentences about rows and columns that are not used, or "".
        digest: of all of this, hex.
    """

    source: str
    name: str
    genres: tuple[str, ...]
    ids: tuple[str, ...]
    probabilities: np.ndarray
    note: str
    digest: str

    def judged_on(self, catalogue: Catalogue, split: str, taken: Iterable[str] = ()) -> ModelPredictions:
        """These predictions for a split's films, NaN for films that the table lacks.

        Thresholds are fitted on its predictions for validation films, like those of our models, if it has enough.

        Args:
            catalogue: the films.
            split: one of its splits.
            taken: names of other models.
        """
        genres = tuple(same_genres(catalogue.genres, self.genres))
        columns = [self.genres.index(name) for name in same_genres(catalogue.genres, self.genres).values()]
        place = {film_id: at for at, film_id in enumerate(self.ids)}
        at = np.array([place.get(film_id, -1) for film_id in catalogue.films["id"]], int)
        known = np.vstack([self.probabilities, np.full(len(self.genres), np.nan, np.float32)])[:, columns]
        val = catalogue.in_split("val")
        fitted_on, thresholds = val[at[val] >= 0], np.full(len(genres), DEFAULT_THRESHOLD)
        name = unique_name(self.name, taken)
        if len(fitted_on) and len(fitted_on) >= min(COMMON_FILMS, len(val)) and genres:
            thresholds = fit_thresholds(catalogue.labels_of(genres)[fitted_on], known[at[fitted_on]])
            note = f"thresholds fitted on its predictions for {len(fitted_on):,} validation films."
        else:
            held = f"only {len(fitted_on):,}" if len(fitted_on) else "no"
            note = f"threshold {DEFAULT_THRESHOLD} for every genre, as the table has {held} validation films."
        rows = catalogue.in_split(split)
        return ModelPredictions(name, genres, known[at[rows]], thresholds, self.digest, source=self.source,
                                note=f"{note} {self.note}".rstrip())  # fmt: skip


def read_tables(path: Path, catalogue: Catalogue, source: str = "") -> list[PredictionTable]:
    """Read predictions for films of a data set: one model's, or those of several that ``predict --wide`` wrote.

    Columns are matched with the set's genres by ``genreclf.genres.same_genres``. Only the rows of the set's films are
    kept in memory.

    Args:
        path: CSV, TSV or Parquet.
        catalogue: the films.
        source: the file's name, if not that of the path.

    Raises:
        UserError: the file cannot be read, has no ``Id`` or no genre, no film of the set, a film twice, or a cell that
            is no probability.
    """
    source = readable(source or path.name)
    if Path(source).suffix.lower() not in SUFFIXES:
        raise UserError(
            f"{source} has none of the extensions {', '.join(SUFFIXES)}; save the predictions as one of them."
        )
    known = set(catalogue.films["id"])
    place: dict[str, int] = {}
    blocks: list[np.ndarray] = []
    unknown: list[str] = []
    others = 0
    with open_table(path, ["Id", *catalogue.genres], _ROWS) as table:
        id_column = find_column(table.columns, "Id", Path(source))
        if id_column is None:
            raise UserError(f"{missing_columns(table.columns, ['Id'], Path(source))}.")
        models = _columns_by_model(table.columns, id_column, catalogue.genres, source)
        columns = [column for by_genre in models.values() for column in by_genre.values()]
        for batch, problems in table.batches:
            if problem := next(filter(None, problems), ""):
                raise UserError(f"A row of {source} cannot be read: {problem}.")
            ids = [_film_id(cell, known) for cell in cells_of(batch.column(table.columns.index(id_column)))]
            kept = np.array([film_id in known for film_id in ids], bool)
            unknown += [film_id for film_id in ids if film_id not in known][: 3 - len(unknown)]
            others += int((~kept).sum())
            for film_id in np.array(ids, object)[kept]:
                if film_id in place:
                    raise UserError(f"{source} has the film {film_id} twice; keep one row per film.")
                place[film_id] = len(place)
            cells = [cells_of(batch.column(table.columns.index(column))) for column in columns]
            blocks.append(_probabilities(cells, columns, ids, kept, source, table.delimiter not in ("", ",")))
    if not place:
        example = (
            f" (its first id is {unknown[0][:40]!r}, the set's {catalogue.films['id'].iloc[0]!r})" if unknown else ""
        )
        raise UserError(f"{source} has predictions of no film of {catalogue.folder.name}{example}.")
    numbers, note = np.concatenate(blocks), ""
    if others:
        note = f"{others:,} of its {others + len(place):,} rows are of films that the data set lacks."
    found, start, stem = [], 0, Path(source).stem[:MAX_NAME].strip()
    for model, by_genre in models.items():
        part = numbers[:, start : start + len(by_genre)]
        start += len(by_genre)
        name = f"{stem}: {model_label(model)}" if len(models) > 1 else stem
        digest = hashlib.sha256(repr((name, *by_genre, *place)).encode() + part.tobytes()).hexdigest()
        found.append(PredictionTable(source, name, tuple(by_genre), tuple(place), part, note, digest))
    return found


def _columns_by_model(
    columns: Sequence[str], id_column: str, genres: Sequence[str], source: str
) -> dict[str, dict[str, str]]:
    """The columns of each model in a table, by genre; the only model of a plain table is ""."""
    by_model: dict[str, dict[str, str]] = {}  # the columns by what they call the genre
    for column in columns:
        if wide := _WIDE.fullmatch(column):
            by_model.setdefault(wide[1], {})[wide[2]] = column
    by_model = by_model or {"": {column: column for column in columns if column and column != id_column}}
    found = {}
    for model, named in by_model.items():
        same = same_genres(genres, named)
        keys = {genre_key(name) for name in named if name not in same.values()}  # of the columns that are not used
        if twice := next((genre for genre in genres if genre_key(genre) in keys), ""):
            raise UserError(f"{source} has more than one column for {twice}; keep one.")
        if same:
            found[model] = {genre: named[name] for genre, name in same.items()}
    if not found:
        raise UserError(
            f"{source} has no column named like a genre of these films; name them {', '.join(genres[:3])} and so on."
        )
    return found


def _film_id(cell: str, known: set[str]) -> str:
    """A film's id; 862.0, which pandas makes of a column of numbers with a gap, is 862."""
    film_id = cell.strip()
    whole = re.sub(r"\.0+$", "", film_id)
    return whole if film_id not in known and whole in known else film_id


def _probabilities(
    cells: list[list[str]], columns: list[str], ids: list[str], kept: np.ndarray, source: str, decimal_comma: bool
) -> np.ndarray:
    """The numbers in some columns for the rows that are kept, float32; UserError if one is no probability."""
    rows = np.flatnonzero(kept)
    values = np.empty((len(rows), len(columns)))
    for number, (column, texts) in enumerate(zip(columns, cells, strict=True)):
        texts = [texts[row].replace(",", ".") if decimal_comma else texts[row] for row in rows]
        try:
            values[:, number] = texts
        except ValueError:
            values[:, number] = [_number(text) for text in texts]
        outside = ~((values[:, number] >= -_TOLERANCE) & (values[:, number] <= 1 + _TOLERANCE))  # also NaN
        if outside.any():
            row = int(outside.argmax())
            raise UserError(_no_probability(source, ids[rows[row]], column, texts[row], values[row, number]))
    return values.clip(0, 1).astype(np.float32)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


def _no_probability(source: str, film_id: str, column: str, text: str, value: float) -> str:
    where = f"{source}, film {film_id}, column {readable(column)[:60]}"
    if np.isfinite(value):
        hint = "apply the sigmoid to logits, and divide percentages by 100"
        return f"{where}: {value:g} is no probability from 0 to 1; {hint}."
    what = f"{readable(text)[:20]!r} is not a finite number" if text.strip() else "the cell is empty"
    return f"{where}: {what}; write a probability from 0 to 1."
