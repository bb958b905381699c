"""Scoring a table of films of any length: read in chunks, predicted, written in chunks, no row dropped."""

import csv
from collections.abc import Callable, Iterator
from itertools import islice, product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from genreclf.data.catalogue import IMAGES_NAME, PLAIN_ID
from genreclf.data.overviews import split_words
from genreclf.data.posters import UPLOAD_FORMATS, PosterError, Size, open_poster, poster_array
from genreclf.errors import UserError
from genreclf.files import atomic_path
from genreclf.genres import NUM_GENRES
from genreclf.predict.predictor import Predictor

CHUNK = 512  # films in memory at once: their posters take 320 MB where a model looks closely
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
        source: has a column ``Id`` (where posters are asked for), ``Overview``, or both; other columns pass through.
        output: where the table goes, CSV or Parquet by its ending. Added for each model: ``<model>_genre_1``,
            ``<model>_probability_1`` and so on, ``<model>_chosen`` (genres at their threshold, joined by "|"); and
            ``problem``, why a row's prediction is missing or partial, else empty. It appears only when whole.
        predictors: the models.
        posters: the folder of ``<Id>.jpg``; by default ``Images`` beside the table, where there is one.
        top: genres a model.
        on_progress: called with the rows done so far.

    Returns:
        rows written, and rows with a problem.

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
        raise UserError(f"The posters' folder {posters} does not exist; name the folder that holds <Id>.jpg.")
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
                raise UserError(f"{source} has no row; nothing to predict.")
    except OSError as error:
        raise UserError(f"Cannot read {source} or write {output} ({error.strerror or error}); check both.") from error
    return done, failed


def _check_columns(chunk: pd.DataFrame, predictors: list[Predictor], source: Path) -> None:
    has_poster, has_overview = "Id" in chunk.columns, "Overview" in chunk.columns
    if all(predictor.spec.can_answer(has_poster, has_overview) for predictor in predictors):
        return
    missing = [name for name, there in (("Id", has_poster), ("Overview", has_overview)) if not there]
    raise UserError(f"{source} lacks the column {', '.join(missing)}; add it, or choose --models that do without.")


def _score(
    chunk: pd.DataFrame, reasons: list[str], predictors: list[Predictor], folder: Path | None, top: int
) -> pd.DataFrame:
    chunk = chunk.reset_index(drop=True)
    problems = [[reason] if reason else [] for reason in reasons]
    sizes = {predictor.spec.poster_size for predictor in predictors if predictor.spec.uses_poster}
    whole = np.array([not reason for reason in reasons], bool)
    overviews = [
        " ".join(str(text).split()) if pd.notna(text) else "" for text in chunk.get("Overview", [""] * len(chunk))
    ]
    readable = whole & np.array([bool(split_words(text)) for text in overviews], bool)
    if "Overview" in chunk.columns and any(predictor.spec.uses_overview for predictor in predictors):
        for row in np.flatnonzero(whole & ~readable).tolist():
            problems[row].append("overview is empty")
    visible = np.zeros(len(chunk), bool)
    loaded: dict[Size, list[np.ndarray]] = {size: [] for size in sizes}
    # without a folder there are no posters to find; that is a row's problem only where a model can do nothing else
    wanted = sizes and (folder is not None or any(predictor.spec.input == "poster" for predictor in predictors))
    for row, film_id in enumerate(chunk["Id"] if wanted and "Id" in chunk.columns else ()):
        if not whole[row]:
            continue
        try:
            image = _poster(str(film_id).strip() if pd.notna(film_id) else "", folder)
        except PosterError as error:
            problems[row].append(str(error))
            continue
        visible[row] = True
        for size in sizes:
            loaded[size].append(poster_array(image, size))
    posters = {size: np.stack(arrays) for size, arrays in loaded.items() if arrays}

    columns: dict[str, list] = {}
    for predictor in predictors:
        name = predictor.spec.name
        answered, probabilities = _answers(predictor, whole, visible, readable, posters, overviews)
        rows = np.flatnonzero(answered)
        for rank in range(1, top + 1):
            columns[f"{name}_genre_{rank}"] = [None] * len(chunk)
            columns[f"{name}_probability_{rank}"] = [np.nan] * len(chunk)
        columns[f"{name}_chosen"] = [None] * len(chunk)
        for row, values in zip(rows.tolist(), probabilities[rows], strict=True):
            fallback_part = predictor.spec.fallback_part(bool(visible[row]), bool(readable[row]))
            ranked = predictor.top(values, len(values), fallback_part)
            for rank, prediction in enumerate(ranked[:top], start=1):
                columns[f"{name}_genre_{rank}"][row] = prediction.genre
                columns[f"{name}_probability_{rank}"][row] = round(prediction.probability, 4)
            columns[f"{name}_chosen"][row] = "|".join(item.genre for item in ranked if item.chosen)
    columns["problem"] = ["; ".join(reasons) for reasons in problems]
    added = pd.DataFrame(columns)
    strings = [name for name in added.columns if "_probability_" not in name]
    added = added.astype({name: "string" for name in strings} | {name: "float64" for name in set(added) - set(strings)})
    return pd.concat([chunk.drop(columns=[name for name in added.columns if name in chunk.columns]), added], axis=1)


def _answers(
    predictor: Predictor,
    whole: np.ndarray,
    visible: np.ndarray,
    readable: np.ndarray,
    posters: dict[Size, np.ndarray],
    overviews: list[str],
) -> tuple[np.ndarray, np.ndarray]:
    """Which rows a model answers, bool ``(n,)``, and its probabilities, float32 ``(n, 25)``, of what each row holds."""
    spec = predictor.spec
    answered = np.zeros(len(whole), bool)
    probabilities = np.zeros((len(whole), NUM_GENRES), np.float32)
    place = np.cumsum(visible) - 1  # of a row's poster among those that could be opened
    looks, uses_overview = visible & spec.uses_poster, readable & spec.uses_overview
    for looked, read in product((False, True), repeat=2):
        rows = np.flatnonzero(whole & (looks == looked) & (uses_overview == read))
        if not len(rows) or not spec.can_answer(looked, read):
            continue
        given = posters[spec.poster_size][place[rows]] if looked else None
        texts = [overviews[row] for row in rows] if read else None
        probabilities[rows] = predictor.predict(given, texts, films=len(rows))
        answered[rows] = True
    return answered, probabilities


def _poster(film_id: str, folder: Path | None) -> Image.Image:
    if not film_id:
        raise PosterError("id is empty")
    if not PLAIN_ID.match(film_id):
        raise PosterError("id is not a plain file name")
    if folder is None:
        raise PosterError("no folder of posters was given")
    return open_poster(folder / f"{film_id}.jpg", UPLOAD_FORMATS)


def _chunks(source: Path) -> Iterator[tuple[pd.DataFrame, list[str]]]:
    """Some rows at a time, and for each the reason why it cannot be read, else ""."""
    if source.suffix.lower() == ".csv":
        try:
            with source.open(encoding="utf-8-sig", newline="") as stream:
                yield from _csv_chunks(csv.DictReader(stream, restval=""), source)
        except UnicodeDecodeError:
            raise UserError(f"{source} is not UTF-8 text; save it as a CSV file in UTF-8.") from None
        except csv.Error as error:
            raise UserError(f"{source} cannot be read as CSV ({error}); mend or replace it.") from None
        return
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(source) as file:
            for batch in file.iter_batches(batch_size=CHUNK):
                yield batch.to_pandas(), [""] * len(batch)
    except pyarrow.ArrowInvalid as error:
        raise UserError(f"{source} cannot be read as Parquet ({error}); mend or replace it.") from None


def _csv_chunks(reader: csv.DictReader, source: Path) -> Iterator[tuple[pd.DataFrame, list[str]]]:
    """Text stays text: an id such as 007 keeps its zeros."""
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
    """Appends data frames to a CSV or Parquet file."""

    def __init__(self, path: Path, suffix: str):
        self.path, self.suffix = path, suffix
        self._parquet: Any = None  # a pyarrow.parquet.ParquetWriter
        self._begun = False

    def __enter__(self) -> "_Writer":
        return self

    def __exit__(self, *_) -> None:
        if self._parquet is not None:
            self._parquet.close()

    def write(self, frame: pd.DataFrame) -> None:
        if self.suffix == ".csv":
            frame.to_csv(self.path, mode="a" if self._begun else "w", header=not self._begun, index=False)
        else:
            import pyarrow
            import pyarrow.parquet

            if self._parquet is None:
                table = pyarrow.Table.from_pandas(frame, preserve_index=False)
                self._parquet = pyarrow.parquet.ParquetWriter(self.path, table.schema)
            else:  # a chunk whose column is all null must keep the first chunk's type
                table = pyarrow.Table.from_pandas(frame, schema=self._parquet.schema, preserve_index=False)
            self._parquet.write_table(table)
        self._begun = True
