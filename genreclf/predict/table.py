"""Predict the genres of a table of films of any length: read and written in chunks, with no row dropped."""

import csv
from collections.abc import Callable, Iterator
from itertools import islice, product
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from genreclf.data.catalogue import IMAGES_NAME, PLAIN_ID
from genreclf.data.overviews import has_words
from genreclf.data.posters import PosterError, Size, find_poster, missing_poster, open_poster, poster_array
from genreclf.errors import UserError
from genreclf.files import atomic_path
from genreclf.predict.predictor import Predictor, predict_all

CHUNK = 512  # films in memory at once; their posters take up to 106 MB


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
        output: the table to write, CSV or Parquet by its extension; it appears only when complete. Columns added per
            model: ``<model>_genre_1``, ``<model>_probability_1`` and so on, and ``<model>_chosen``, the genres that
            reach their threshold, joined by "|". The last column, ``problem``, says why a row's predictions are missing
            or based on one input only.
        predictors: the models.
        posters: the folder with the posters (see ``find_poster``); by default ``Images`` beside the table if it exists.
        top: number of genres per model.
        on_progress: called with the number of rows finished so far.

    Returns:
        the number of rows written, and of those with a problem.

    Raises:
        UserError: a file cannot be read or written, or the columns that the models need are missing.
    """
    for path in (source, output):
        if path.suffix.lower() not in (".csv", ".parquet"):
            raise UserError(f"{path} is neither .csv nor .parquet; name a file with one of these extensions.")
    if not source.is_file():
        raise UserError(f"The table {source} does not exist; name a CSV or Parquet file of films.")
    if output.resolve() == source.resolve():
        raise UserError("The output would replace the input; name another output file.")
    if posters is not None and not posters.is_dir():
        raise UserError(f"The folder {posters} does not exist; name the folder with the posters, <Id>.jpg.")
    if posters is None and (source.parent / IMAGES_NAME).is_dir():
        posters = source.parent / IMAGES_NAME
    done = failed = 0

    def predicted() -> Iterator[pd.DataFrame]:
        nonlocal done, failed
        for chunk, problems in _chunks(source):
            if not done:
                _check_columns(chunk, predictors, source)
            rows = _predict_chunk(chunk.reset_index(drop=True), problems, predictors, posters, top)
            failed += int((rows["problem"] != "").sum())
            done += len(rows)
            yield rows
            if on_progress:
                on_progress(done)
        if not done:
            raise UserError(f"{source} has no rows; there is nothing to predict.")

    try:
        with atomic_path(output) as temporary:
            _write(predicted(), temporary, output.suffix.lower())
    except OSError as error:
        raise UserError(f"Cannot read {source} or write {output} ({error.strerror or error}); check both.") from error
    return done, failed


def _check_columns(chunk: pd.DataFrame, predictors: list[Predictor], source: Path) -> None:
    missing = [name for name in ("Id", "Overview") if name not in chunk.columns]
    if not all(predictor.spec.can_predict("Id" not in missing, "Overview" not in missing) for predictor in predictors):
        columns = " and ".join(missing)
        raise UserError(f"{source} has no column {columns}; add it, or choose --models that need no such column.")


def _predict_chunk(
    chunk: pd.DataFrame, problems: list[list[str]], predictors: list[Predictor], folder: Path | None, top: int
) -> pd.DataFrame:
    """Add the models' predictions, and each row's problems, to a chunk of the table."""
    is_readable = np.array([not reasons for reasons in problems], bool)
    given = chunk.get("Overview", [""] * len(chunk))
    overviews = np.array([" ".join(str(text).split()) if pd.notna(text) else "" for text in given], object)
    has_overview = is_readable & np.array([has_words(text) for text in overviews], bool)
    if "Overview" in chunk.columns and any(predictor.spec.uses_overview for predictor in predictors):
        for row in np.flatnonzero(is_readable & ~has_overview).tolist():
            problems[row].append("overview is empty")
    has_poster, posters = _load_posters(chunk[is_readable], problems, predictors, folder)
    position = np.cumsum(has_poster) - 1  # of a row's poster in ``posters``

    added: dict[str, list] = {}
    for name in [predictor.spec.name for predictor in predictors]:
        for rank in range(1, top + 1):
            added |= {f"{name}_genre_{rank}": [None] * len(chunk), f"{name}_probability_{rank}": [np.nan] * len(chunk)}
        added[f"{name}_chosen"] = [None] * len(chunk)
    for with_poster, with_overview in product((False, True), repeat=2):
        rows = np.flatnonzero(is_readable & (has_poster == with_poster) & (has_overview == with_overview))
        if not len(rows):
            continue

        def posters_in(size: Size, at: np.ndarray = position[rows]) -> np.ndarray:
            return posters[size][at]

        texts = overviews[rows].tolist() if with_overview else None
        predictions = predict_all(predictors, posters_in if with_poster else None, texts, len(rows))
        for predictor in predictors:
            name, part = predictor.spec.name, predictor.spec.fallback_part(with_poster, with_overview)
            for row, probabilities in zip(rows.tolist(), predictions.get(name, ()), strict=False):
                ranked = predictor.top(probabilities, len(probabilities), part)
                for rank, item in enumerate(ranked[:top], start=1):
                    added[f"{name}_genre_{rank}"][row] = item.genre
                    added[f"{name}_probability_{rank}"][row] = round(item.probability, 4)
                added[f"{name}_chosen"][row] = "|".join(item.genre for item in ranked if item.chosen)
    added["problem"] = ["; ".join(reasons) for reasons in problems]
    columns = {
        name: pd.array(values, "float64" if "_probability_" in name else "string") for name, values in added.items()
    }
    return pd.concat([chunk.drop(columns=list(added), errors="ignore"), pd.DataFrame(columns)], axis=1)


def _load_posters(
    chunk: pd.DataFrame, problems: list[list[str]], predictors: list[Predictor], folder: Path | None
) -> tuple[np.ndarray, dict[Size, np.ndarray]]:
    """Find the rows that have a poster, bool ``(n,)``, and their posters by size; reasons go into ``problems``."""
    has_poster = np.zeros(len(problems), bool)
    loaded: dict[Size, list[np.ndarray]] = {
        predictor.spec.poster_size: [] for predictor in predictors if predictor.spec.uses_poster
    }
    # without a folder all posters are missing; that is a problem only for a model that uses nothing else
    is_wanted = loaded and (folder is not None or any(predictor.spec.input == "poster" for predictor in predictors))
    for row, film_id in chunk["Id"].items() if is_wanted and "Id" in chunk.columns else ():
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
    if not PLAIN_ID.match(film_id):
        raise PosterError("id is not a plain file name" if film_id else "id is empty")
    if folder is None:
        raise PosterError("no folder of posters was given")
    path = find_poster(folder, film_id)
    if path is None:
        raise missing_poster(folder, film_id)
    return open_poster(path)


def _chunks(source: Path) -> Iterator[tuple[pd.DataFrame, list[list[str]]]]:
    """Read the table in chunks, with a list of problems for each row: empty, or the reason why it cannot be read."""
    import pyarrow
    import pyarrow.parquet

    try:
        if source.suffix.lower() == ".csv":
            with source.open(encoding="utf-8-sig", newline="") as stream:
                yield from _csv_chunks(csv.DictReader(stream, restval=""), source)
        else:
            with pyarrow.parquet.ParquetFile(source) as file:
                for batch in file.iter_batches(batch_size=CHUNK):
                    yield batch.to_pandas(), [[] for _ in range(len(batch))]
    except UnicodeDecodeError:
        raise UserError(f"{source} is not UTF-8 text; save it as a CSV file in UTF-8.") from None
    except (csv.Error, pyarrow.ArrowInvalid) as error:
        kind = "CSV" if isinstance(error, csv.Error) else "Parquet"
        raise UserError(f"{source} cannot be read as {kind} ({error}); repair or replace it.") from None


def _csv_chunks(reader: csv.DictReader, source: Path) -> Iterator[tuple[pd.DataFrame, list[list[str]]]]:
    """Read all cells as text, so that an id such as 007 keeps its zeros."""
    columns = list(reader.fieldnames or ())
    if repeated := sorted(name for name in columns if columns.count(name) > 1):
        raise UserError(f"{source} has the column {repeated[0]} more than once; keep one.")
    while rows := list(islice(reader, CHUNK)):
        problems: list[list[str]] = [[] for _ in rows]
        for row, reasons in zip(rows, problems, strict=True):
            surplus = row.pop(None, [])
            if any(cell.strip() for cell in surplus):
                cells = len(columns) + len(surplus)
                reasons.append(f"row has {cells} cells, the table has {len(columns)} columns")
        yield pd.DataFrame(rows, columns=columns, dtype=str), problems


def _write(frames: Iterator[pd.DataFrame], path: Path, suffix: str) -> None:
    """Write one or more data frames to one CSV or Parquet file."""
    if suffix == ".csv":
        for index, frame in enumerate(frames):
            frame.to_csv(path, mode="a" if index else "w", header=not index, index=False)
        return
    import pyarrow
    import pyarrow.parquet

    first = pyarrow.Table.from_pandas(next(frames), preserve_index=False)
    with pyarrow.parquet.ParquetWriter(path, first.schema) as writer:
        writer.write_table(first)
        for frame in frames:  # a column without values keeps the type it had in the first chunk
            writer.write_table(pyarrow.Table.from_pandas(frame, schema=first.schema, preserve_index=False))
