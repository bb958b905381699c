"""Predict the genres of a table of films of any length: read and written in chunks, with no row dropped."""

import csv
from collections.abc import Callable, Iterator
from itertools import islice, product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from genreclf.data.catalogue import IMAGES_NAME, PLAIN_ID
from genreclf.data.overviews import has_words
from genreclf.data.posters import UPLOAD_FORMATS, PosterError, Size, open_poster, poster_array
from genreclf.errors import UserError
from genreclf.files import atomic_path
from genreclf.predict.predictor import Predictor, predict_all

CHUNK = 512  # films in memory at once; their posters take up to 106 MB
SUFFIXES = (".csv", ".parquet")


def predict_table(
    source: Path,
    output: Path,
    predictors: list[Predictor],
    posters: Path | None = None,
    top: int = 3,
    on_progress: Callable[[int], None] | None = None,
) -> tuple[int, int]:
    """Predict every film of a CSV or Parquet table, in bounded memory.

    Args:
        source: a table with the column ``Id`` (for posters), ``Overview``, or both; other columns are copied.
        output: the table to write, CSV or Parquet by its ending; it appears only when complete. Columns added per
            model: ``<model>_genre_1``, ``<model>_probability_1`` and so on, and ``<model>_chosen``, the genres that
            reach their threshold, joined by "|". The last column, ``problem``, says why a row's predictions are missing
            or based on one input only.
        predictors: the models.
        posters: the folder with the posters, named ``<Id>.jpg``; by default ``Images`` beside the table if it exists.
        top: number of genres per model.
        on_progress: called with the number of rows finished so far.

    Returns:
        the number of rows written, and of those with a problem.

    Raises:
        UserError: a file cannot be read or written, or the columns that the models need are missing.
    """
    for path in (source, output):
        if path.suffix.lower() not in SUFFIXES:
            raise UserError(f"{path} is neither .csv nor .parquet; name a file with one of these endings.")
    if not source.is_file():
        raise UserError(f"The table {source} does not exist; name a CSV or Parquet file of films.")
    if output.resolve() == source.resolve():
        raise UserError("The output would replace the input; name another output file.")
    if posters is not None and not posters.is_dir():
        raise UserError(f"The folder {posters} does not exist; name the folder with the posters, <Id>.jpg.")
    if posters is None and (source.parent / IMAGES_NAME).is_dir():
        posters = source.parent / IMAGES_NAME
    done = failed = 0
    try:
        with atomic_path(output) as temporary, _Writer(temporary, output.suffix.lower()) as writer:
            for chunk, reasons in _chunks(source):
                if not done:
                    _check_columns(chunk, predictors, source)
                scored = _score(chunk, reasons, predictors, posters, top)
                failed += int((scored["problem"] != "").sum())
                done += len(scored)
                writer.write(scored)
                if on_progress:
                    on_progress(done)
            if not done:
                raise UserError(f"{source} has no rows; there is nothing to predict.")
    except OSError as error:
        raise UserError(f"Cannot read {source} or write {output} ({error.strerror or error}); check both.") from error
    return done, failed


def _check_columns(chunk: pd.DataFrame, predictors: list[Predictor], source: Path) -> None:
    present = {name: name in chunk.columns for name in ("Id", "Overview")}
    if all(predictor.spec.can_predict(*present.values()) for predictor in predictors):
        return
    missing = " and ".join(name for name, there in present.items() if not there)
    raise UserError(f"{source} has no column {missing}; add it, or choose --models that need no such column.")


def _score(
    chunk: pd.DataFrame, reasons: list[str], predictors: list[Predictor], folder: Path | None, top: int
) -> pd.DataFrame:
    """Add the models' predictions and the problems to a chunk of the table."""
    chunk = chunk.reset_index(drop=True)
    problems = [[reason] if reason else [] for reason in reasons]
    is_whole = np.array([not reason for reason in reasons], bool)
    overviews = [
        " ".join(str(text).split()) if pd.notna(text) else "" for text in chunk.get("Overview", [""] * len(chunk))
    ]
    has_overview = is_whole & np.array([has_words(text) for text in overviews], bool)
    if "Overview" in chunk.columns and any(predictor.spec.uses_overview for predictor in predictors):
        for row in np.flatnonzero(is_whole & ~has_overview).tolist():
            problems[row].append("overview is empty")
    has_poster, posters = _load_posters(chunk, is_whole, problems, predictors, folder)
    position = np.cumsum(has_poster) - 1  # of a row's poster in ``posters``

    added: dict[str, np.ndarray] = {}
    for predictor in predictors:
        for rank in range(1, top + 1):
            added[f"{predictor.spec.name}_genre_{rank}"] = np.full(len(chunk), None)
            added[f"{predictor.spec.name}_probability_{rank}"] = np.full(len(chunk), np.nan)
        added[f"{predictor.spec.name}_chosen"] = np.full(len(chunk), None)
    for with_poster, with_overview in product((False, True), repeat=2):
        rows = np.flatnonzero(is_whole & (has_poster == with_poster) & (has_overview == with_overview))
        if not len(rows):
            continue

        def posters_in(size: Size, at: np.ndarray = position[rows]) -> np.ndarray:
            return posters[size][at]

        found = predict_all(
            predictors,
            posters_in if with_poster else None,
            [overviews[row] for row in rows] if with_overview else None,
            len(rows),
        )
        for predictor in predictors:
            name, part = predictor.spec.name, predictor.spec.fallback_part(with_poster, with_overview)
            for row, probabilities in zip(rows.tolist(), found.get(name, ()), strict=False):
                ranked = predictor.top(probabilities, len(probabilities), part)
                for rank, prediction in enumerate(ranked[:top], start=1):
                    added[f"{name}_genre_{rank}"][row] = prediction.genre
                    added[f"{name}_probability_{rank}"][row] = round(prediction.probability, 4)
                added[f"{name}_chosen"][row] = "|".join(item.genre for item in ranked if item.chosen)
    added["problem"] = np.array(["; ".join(reasons) for reasons in problems], object)
    columns = {
        name: pd.array(values, "float64" if "_probability_" in name else "string") for name, values in added.items()
    }
    return pd.concat([chunk.drop(columns=list(added), errors="ignore"), pd.DataFrame(columns)], axis=1)


def _load_posters(
    chunk: pd.DataFrame,
    is_whole: np.ndarray,
    problems: list[list[str]],
    predictors: list[Predictor],
    folder: Path | None,
) -> tuple[np.ndarray, dict[Size, np.ndarray]]:
    """Open the posters of a chunk's rows, and add the reason to ``problems`` where that fails.

    Returns:
        which rows have a poster, bool ``(n,)``, and the posters of those in each size that the models use.
    """
    has_poster = np.zeros(len(chunk), bool)
    loaded: dict[Size, list[np.ndarray]] = {
        predictor.spec.poster_size: [] for predictor in predictors if predictor.spec.uses_poster
    }
    # without a folder all posters are missing; that is a problem only for a model that uses nothing else
    is_wanted = loaded and (folder is not None or any(predictor.spec.input == "poster" for predictor in predictors))
    for row, film_id in enumerate(chunk["Id"] if is_wanted and "Id" in chunk.columns else ()):
        if not is_whole[row]:
            continue
        try:
            image = _poster(str(film_id).strip() if pd.notna(film_id) else "", folder)
        except PosterError as error:
            problems[row].append(str(error))
            continue
        has_poster[row] = True
        for size, arrays in loaded.items():
            arrays.append(poster_array(image, size))
    return has_poster, {size: np.stack(arrays) for size, arrays in loaded.items() if arrays}


def _poster(film_id: str, folder: Path | None) -> Image.Image:
    if not film_id:
        raise PosterError("id is empty")
    if not PLAIN_ID.match(film_id):
        raise PosterError("id is not a plain file name")
    if folder is None:
        raise PosterError("no folder of posters was given")
    return open_poster(folder / f"{film_id}.jpg", UPLOAD_FORMATS)


def _chunks(source: Path) -> Iterator[tuple[pd.DataFrame, list[str]]]:
    """Read some rows at a time, with the reason why each cannot be read, else ``""``."""
    if source.suffix.lower() == ".csv":
        try:
            with source.open(encoding="utf-8-sig", newline="") as stream:
                yield from _csv_chunks(csv.DictReader(stream, restval=""), source)
        except UnicodeDecodeError:
            raise UserError(f"{source} is not UTF-8 text; save it as a CSV file in UTF-8.") from None
        except csv.Error as error:
            raise UserError(f"{source} cannot be read as CSV ({error}); repair or replace it.") from None
        return
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(source) as file:
            for batch in file.iter_batches(batch_size=CHUNK):
                yield batch.to_pandas(), [""] * len(batch)
    except pyarrow.ArrowInvalid as error:
        raise UserError(f"{source} cannot be read as Parquet ({error}); repair or replace it.") from None


def _csv_chunks(reader: csv.DictReader, source: Path) -> Iterator[tuple[pd.DataFrame, list[str]]]:
    """Read all cells as text, so that an id such as 007 keeps its zeros."""
    columns = list(reader.fieldnames or ())
    double = {name for name in columns if columns.count(name) > 1}
    if double:
        raise UserError(f"{source} has the column {sorted(double)[0]} more than once; keep one.")
    while rows := list(islice(reader, CHUNK)):
        reasons = []
        for row in rows:
            surplus = row.pop(None, [])
            cells = len(columns) + len(surplus)
            broken = any(cell.strip() for cell in surplus)
            reasons.append(f"row has {cells} cells, the table has {len(columns)} columns" if broken else "")
        yield pd.DataFrame(rows, columns=columns, dtype=str), reasons


class _Writer:
    """Append data frames to a CSV or Parquet file."""

    def __init__(self, path: Path, suffix: str):
        self.path, self.suffix = path, suffix
        self._parquet: Any = None  # a pyarrow.parquet.ParquetWriter
        self._has_header = False

    def __enter__(self) -> "_Writer":
        return self

    def __exit__(self, *_) -> None:
        if self._parquet is not None:
            self._parquet.close()

    def write(self, frame: pd.DataFrame) -> None:
        if self.suffix == ".csv":
            frame.to_csv(self.path, mode="a" if self._has_header else "w", header=not self._has_header, index=False)
        else:
            import pyarrow
            import pyarrow.parquet

            if self._parquet is None:
                table = pyarrow.Table.from_pandas(frame, preserve_index=False)
                self._parquet = pyarrow.parquet.ParquetWriter(self.path, table.schema)
            else:  # a column without values must keep the type it had in the first chunk
                table = pyarrow.Table.from_pandas(frame, schema=self._parquet.schema, preserve_index=False)
            self._parquet.write_table(table)
        self._has_header = True
