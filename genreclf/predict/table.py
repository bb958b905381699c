"""Predict the genres of a table of films of any length: read and written in chunks, with no row dropped.

Columns that are not ours pass through unchanged: Parquet keeps their types, CSV their text.
"""

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from itertools import chain, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from genreclf.data.catalogue import IMAGES_NAME, PLAIN_ID
from genreclf.data.overviews import MAX_CHARACTERS
from genreclf.data.posters import (
    PosterError,
    Size,
    decoders,
    find_poster,
    missing_poster,
    one_ahead,
    open_poster,
    poster_array,
)
from genreclf.data.table_files import SUFFIXES, cells_of, open_table, values_of, write_table
from genreclf.data.tables import find_column, missing_columns, similar_column
from genreclf.errors import UserError
from genreclf.files import atomic_path, remove_leftovers, writing
from genreclf.genres import GENRES
from genreclf.models import SPECS, ModelSpec, get_spec
from genreclf.predict.film import UNFAMILIAR, poster_notes, read_overview
from genreclf.predict.predictor import Predictor, predict_all
from genreclf.units import listed
from genreclf.weights.folder import available_weights

if TYPE_CHECKING:
    import pyarrow as pa

CHUNK = 1024  # films that are predicted together, so that overviews of similar length can be
CHUNK_POSTERS = 32_000_000  # bytes; large posters make a chunk smaller. Those of two chunks are in memory at once
ID, OVERVIEW, NOTE, PROBLEM = "Id", "Overview", "note", "problem"
OTHER_NOTE = "genreclf_note"  # the name of our column of notes in a table that has one of its own
OPTIONS = {ID: "--id-column", OVERVIEW: "--overview-column"}


@dataclass(frozen=True)
class TablePlan:
    """What will be done with a table, worked out from its header before any model is loaded.

    Attributes:
        source: the table.
        columns: all of its columns.
        output: the table to write.
        models: the models that predict.
        genres: the genres that each of them answers for.
        top: number of genres per model.
        wide: whether all probabilities are written, too.
        id: the column of ids, by which posters are found; None if there is none.
        overview: the column of overviews, or None.
        posters: the folder of posters, or None.
        replaced: columns of an earlier prediction, which the output does not keep.
        note: the name of the column of notes.
        remarks: sentences for the user.
    """

    source: Path
    columns: tuple[str, ...]
    output: Path
    models: tuple[str, ...]
    genres: Mapping[str, Sequence[str]]
    top: int
    wide: bool
    id: str | None
    overview: str | None
    posters: Path | None
    replaced: tuple[str, ...] = ()
    note: str = NOTE
    remarks: tuple[str, ...] = ()

    @property
    def specs(self) -> list[ModelSpec]:
        """The properties of the models."""
        return [get_spec(model) for model in self.models]

    @property
    def kept(self) -> list[str]:
        """The columns of the table that the output keeps."""
        return [name for name in self.columns if name not in self.replaced]


def plan_table(
    source: Path,
    output: Path,
    models: Sequence[str],
    posters: Path | None = None,
    *,
    top: int = 3,
    wide: bool = False,
    id_column: str | None = None,
    overview_column: str | None = None,
    only_usable: bool = False,
    genres: Mapping[str, Sequence[str]] | None = None,
) -> TablePlan:
    """Check a table and everything that was asked for, reading its header only.

    Args:
        source: a table with the column ``Id`` (for posters), ``Overview``, or both; case and blanks in these names do
            not matter. All other columns are copied unchanged, except those of an earlier prediction, which are
            replaced as a whole.
        output: the table to write, CSV or Parquet by its extension. From CSV to CSV, the delimiter and a byte order
            mark are kept. Columns added per model: ``<model>_genre_1``, ``<model>_probability_1`` and so on, and
            ``<model>_chosen``, the genres that reach their threshold, joined by "|". The last two columns: ``note``
            says how far a row's predictions can be trusted, ``problem`` why they are missing or based on one input
            only.
        models: names of models.
        posters: the folder with the posters (see ``genreclf.data.posters.find_poster``); by default ``Images`` beside
            the table if it exists.
        top: number of genres per model.
        wide: also add all probabilities, unrounded: ``<model>_p_<genre>``.
        id_column: another name for ``Id``.
        overview_column: another name for ``Overview``.
        genres: the genres that each model answers for (see ``Weights.genres``); by default those of the reports.
        only_usable: leave out, with a remark, the models that this table has no input for, instead of refusing it.

    Raises:
        UserError: a file cannot be read or written, a column that a model needs is missing, what was given cannot be
            used, or the output would replace a column of the table.
    """
    _check_files(source, output, posters)
    given = {ID: id_column, OVERVIEW: overview_column}
    with open_table(source, _wanted(*given.values()), CHUNK) as table:
        header = tuple(table.columns)
    replaced = earlier_columns(header)
    columns = [name for name in header if name not in replaced]
    found = {name: _find(columns, name, source, column) for name, column in given.items()}
    default = source.parent / IMAGES_NAME
    plan = TablePlan(
        source, header, output, tuple(models), genres or dict.fromkeys(models, GENRES), top, wide, found[ID],
        found[OVERVIEW], posters or (default if default.is_dir() else None), replaced,
        OTHER_NOTE if NOTE in columns else NOTE,
    )  # fmt: skip
    if posters is not None and not any(spec.uses_poster for spec in plan.specs):
        raise UserError(
            f"--posters is given, but {listed(list(models))} cannot use posters; leave it out, or choose --models that "
            "can, such as fusion."
        )
    if only_usable:
        plan = _without_unusable(plan, posters is not None)
    _check_inputs(plan, posters is not None)
    if taken := sorted(set(columns) & set(output_columns(plan))):
        raise UserError(
            f"{source} has a column {taken[0]} of its own, which the predictions would replace; rename or remove it."
        )
    remarks = _one_sided(plan)
    if replaced:
        earlier = sorted({name.split("_")[0] for name in replaced} & set(SPECS))
        remarks.append(f"The columns of an earlier prediction ({listed(earlier)}) are replaced.")
    if plan.note != NOTE:
        remarks.append(f"The table has a column {NOTE}, so notes on the films are in the column {plan.note}.")
    return replace(plan, remarks=(*plan.remarks, *remarks))


def predict_table(
    plan: TablePlan,
    predictors: Sequence[Predictor],
    on_progress: Callable[[int], None] | None = None,
    vocabulary: Collection[str] | None = None,
) -> tuple[int, int]:
    """Predict every film of a CSV or Parquet table, in bounded memory; the output appears only when complete.

    The posters of the next films are decoded on all cores while the models predict.

    Args:
        plan: what to do, from ``plan_table``.
        predictors: the models, or only some of those in the plan.
        on_progress: called with the number of rows finished so far.
        vocabulary: words that the models know, for the notes (see ``genreclf.predict.film.read_overview``).

    Returns:
        the number of rows written, and of those with a problem.

    Raises:
        UserError: a file cannot be read or written, or the table has no rows or has changed since it was planned.
    """
    names = tuple(predictor.spec.name for predictor in predictors)
    if others := set(names) - set(plan.models):
        raise ValueError(f"The plan is not for {listed(sorted(others))}.")
    plan = replace(plan, models=names)
    target = Path(os.path.realpath(plan.output))  # a link stays one
    done = failed = 0

    def predicted() -> "Iterator[pa.RecordBatch]":
        nonlocal done, failed
        for chunk in one_ahead(_read_chunk(*batch, plan, vocabulary, pool) for batch in table.batches):
            added = _predict_chunk(chunk, predictors, plan)
            failed += sum(map(bool, added[PROBLEM]))
            done += len(chunk.batch)
            yield _joined(chunk.batch, added, plan)
            if on_progress:
                on_progress(done)
        if not done:
            raise UserError(f"{plan.source} has no rows; there is nothing to predict.")

    wanted = _wanted(plan.id, plan.overview)
    rows = min(CHUNK, CHUNK_POSTERS // sum((3 * height * width for height, width in _sizes(plan)), 1))
    with open_table(plan.source, wanted, rows) as table, writing(plan.output), decoders() as pool:
        if tuple(table.columns) != plan.columns:
            raise UserError(f"The columns of {plan.source} have just been changed; start again.")
        remove_leftovers(target)
        with atomic_path(target, locked=True) as temporary:
            write_table(temporary, predicted(), plan.output.suffix.lower(), table)
    return done, failed


def output_columns(plan: TablePlan) -> list[str]:
    """The columns that are added to a table."""
    columns = chain.from_iterable(
        _model_columns(model, plan.top, plan.genres[model] if plan.wide else ()) for model in plan.models
    )
    return [*columns, plan.note, PROBLEM]


def _model_columns(model: str, top: int, genres: Sequence[str] = ()) -> list[str]:
    ranked = [f"{model}_{kind}_{rank}" for rank in range(1, top + 1) for kind in ("genre", "probability")]
    return [*ranked, f"{model}_chosen", *(f"{model}_p_{genre}" for genre in genres)]


def earlier_columns(columns: Sequence[str]) -> tuple[str, ...]:
    """The columns that an earlier prediction added to a table, of whichever models; none if any of them is missing."""
    if not columns or PROBLEM not in columns:
        return ()
    found: list[str] = []
    for model in SPECS:
        ranked = sum(bool(re.fullmatch(rf"{model}_(genre|probability)_[1-9][0-9]?", name)) for name in columns)
        names = _model_columns(model, ranked // 2)
        if ranked and len(names) == ranked + 1 and set(names) <= set(columns):
            after, prefix = columns[list(columns).index(names[-1]) + 1 :], f"{model}_p_"
            wide = [name.startswith(prefix) for name in after]
            found += [*names, *after[: [*wide, False].index(False)]]
    if not found:
        return ()
    before = columns[list(columns).index(PROBLEM) - 1]
    return (*found, *([before] if before in (NOTE, OTHER_NOTE) else []), PROBLEM)


def _check_files(source: Path, output: Path, posters: Path | None) -> None:
    for path in (source, output):
        if path.suffix.lower() not in SUFFIXES:
            remedy = "rename or convert it" if path == source else "name one of these kinds for the output"
            raise UserError(f"{path} has none of the extensions {', '.join(SUFFIXES)}; {remedy}.")
    if output.exists():
        if not output.is_file():
            kind = "a folder" if output.is_dir() else "not a regular file"
            raise UserError(f"The output {output} is {kind}; name a file to write.")
        if source.exists() and output.samefile(source):
            raise UserError("The output would replace the input; name another output file.")
    if posters is not None and not posters.is_dir():
        problem = "is not a folder" if posters.exists() else "does not exist"
        raise UserError(f"--posters {posters} {problem}; name the folder with the posters, <Id>.jpg.")


def _wanted(*given: str | None) -> list[str]:
    """The columns by which the header of a CSV file is recognised."""
    return [ID, OVERVIEW, *(name for name in given if name is not None)]


def _find(columns: Sequence[str], name: str, source: Path, column: str | None) -> str | None:
    """The column that an option names, or else that of this name, if any."""
    found = find_column(columns, name if column is None else column, source)
    if column is not None and found is None:
        raise UserError(f"{OPTIONS[name]} {column}: {missing_columns(columns, [column], source)}.")
    return found


def _without_unusable(plan: TablePlan, posters_given: bool) -> TablePlan:
    """A plan without the models that a table has no input for, with a remark on them."""
    # a column under nearly the right name is rather named to the user, and what was given is not ignored
    has_id = bool(plan.id or posters_given or (plan.posters and similar_column(plan.kept, ID)))
    has_poster, has_overview = has_id and bool(plan.posters), bool(plan.overview or similar_column(plan.kept, OVERVIEW))
    usable = [spec for spec in plan.specs if spec.can_predict(has_poster, has_overview)]
    left_out = [spec for spec in plan.specs if spec not in usable]
    if not left_out or not any(spec.input != "none" for spec in usable):
        return plan
    lacking = [] if has_poster else ["posters (--posters names their folder)" if has_id else f"column {ID}"]
    lacking += [] if has_overview else [f"column {OVERVIEW}"]
    labels = listed([spec.label for spec in left_out])
    verb = "is" if len(left_out) == 1 else "are"
    remark = f"{labels} {verb} left out, because the table has no {listed(lacking, 'or')}."
    return replace(plan, models=tuple(spec.name for spec in usable), remarks=(remark,))


def _check_inputs(plan: TablePlan, posters_given: bool) -> None:
    """Refuse a table without a column that a model needs, or that was meant under another name."""
    specs, has_id, has_overview, has_folder = plan.specs, bool(plan.id), bool(plan.overview), bool(plan.posters)
    unused = [column for column in plan.kept if column not in (plan.id, plan.overview)]
    posters, overviews = [spec for spec in specs if spec.uses_poster], [spec for spec in specs if spec.uses_overview]
    missing = []
    if posters and not has_id and (
        posters_given
        or (has_folder and similar_column(unused, ID))
        or not all(spec.can_predict(False, has_overview) for spec in posters)
    ):  # fmt: skip
        missing.append(ID)
    if overviews and not has_overview and (
        similar_column(unused, OVERVIEW) or not all(spec.can_predict(has_id, False) for spec in overviews)
    ):  # fmt: skip
        missing.append(OVERVIEW)
    if not missing:
        without = [spec.label for spec in specs if not spec.can_predict(has_folder, has_overview)]
        if without:
            raise UserError(
                f"{listed(without)} {'needs' if len(without) == 1 else 'need'} posters, but there is no folder "
                f"{plan.source.parent / IMAGES_NAME}; name the folder of the posters with --posters."
            )
        return
    sentence = missing_columns(plan.kept, missing, plan.source, OPTIONS)
    if posters_given and ID in missing:
        raise UserError(f"{sentence}; posters are found by the Id (or leave out --posters).")
    others = [
        spec.name
        for spec in (get_spec(weights.model) for weights in available_weights())
        if not spec.parts and spec.input != "none" and spec.can_predict(has_id, has_overview)
    ]
    if others:
        sentence += f", or choose --models without it: {', '.join(others)}"
        if not has_overview and not has_folder:
            sentence += ", and name the folder of the posters with --posters"
    raise UserError(f"{sentence}.")


def _one_sided(plan: TablePlan) -> list[str]:
    """A remark on models of both inputs that will only get one."""
    labels = listed([spec.label for spec in plan.specs if spec.parts])
    if not labels:
        return []
    if not plan.overview:
        return [f"{labels} uses posters only, because the table has no column {OVERVIEW}."]
    if not plan.id or not plan.posters:
        lacking = "no folder of posters is given (--posters)" if plan.id else f"the table has no column {ID}"
        return [f"{labels} uses overviews only, because {lacking}."]
    return []


def _joined(batch: "pa.RecordBatch", added: dict[str, list], plan: TablePlan) -> "pa.RecordBatch":
    """A chunk of the table without the columns of an earlier prediction, and with those of this one."""
    import pyarrow as pa

    kept = batch.select([index for index, name in enumerate(batch.schema.names) if name not in plan.replaced])
    fields, columns = list(kept.schema), list(kept.columns)
    for name, values in added.items():
        is_number = re.search("_probability_[0-9]+$|_p_", name)
        fields.append(pa.field(name, pa.float64() if is_number else pa.string()))
        columns.append(pa.array(values, fields[-1].type))
    return pa.RecordBatch.from_arrays(columns, schema=pa.schema(fields))


def _sizes(plan: TablePlan) -> set[Size]:
    """The sizes of posters that the models use."""
    return {spec.poster_size for spec in plan.specs if spec.poster_size}


@dataclass
class _Chunk:
    """Rows of a table, and what models predict them from.

    ``rows`` are the positions of those that could be read; ``overviews`` are "" where there is none. ``loading`` gives
    for each of ``rows`` the notes on its poster, which is then in ``posters`` by size, uint8 ``(n, *size, 3)``, or why
    there is none.
    """

    batch: "pa.RecordBatch"
    rows: list[int]
    problems: list[list[str]]
    notes: list[list[str]]
    overviews: np.ndarray
    posters: dict[Size, np.ndarray]
    loading: "Iterator[tuple[str, ...] | PosterError]"


def _read_chunk(
    batch: "pa.RecordBatch",
    unreadable: list[str],
    plan: TablePlan,
    vocabulary: Collection[str] | None,
    pool: Executor,
) -> _Chunk:
    """Read the overviews of a chunk, and start to load its posters."""
    problems = [[problem] if problem else [] for problem in unreadable]
    notes: list[list[str]] = [[] for _ in problems]
    overviews = np.full(len(problems), "", object)
    rows = [row for row, problem in enumerate(unreadable) if not problem]
    if plan.overview and any(spec.uses_overview for spec in plan.specs):
        texts = values_of(batch.column(plan.overview), from_bytes=_decoded)
        for row in rows:
            text, problem = _overview_text(texts[row])
            overview = read_overview(text, vocabulary)
            if problem := problem or overview.problem:
                problems[row].append(problem)
            else:
                overviews[row] = overview.text
                notes[row] += overview.notes
    # without a folder all posters are missing; that is a problem only for a model that uses nothing else
    is_wanted = plan.posters is not None or any(spec.input == "poster" for spec in plan.specs)
    sizes = _sizes(plan) if plan.id and is_wanted else set()
    posters = {size: np.empty((len(batch), *size, 3), np.uint8) for size in sizes}
    ids = cells_of(batch.column(plan.id)) if plan.id and sizes else []

    def load(row: int) -> tuple[str, ...] | PosterError:
        try:
            image = open_poster(_poster_file(ids[row].strip(), plan.posters))
        except PosterError as error:
            return error
        for size, arrays in posters.items():
            arrays[row] = poster_array(image, size)
        return poster_notes(image)

    return _Chunk(batch, rows, problems, notes, overviews, posters, pool.map(load, rows if sizes else []))


def _predict_chunk(chunk: _Chunk, predictors: Sequence[Predictor], plan: TablePlan) -> dict[str, list]:
    """The columns to add to a chunk: the models' predictions, and each row's notes and problems. Drops its posters."""
    length = len(chunk.problems)
    is_readable, has_poster = np.zeros((2, length), bool)
    is_readable[chunk.rows] = True
    for row, result in zip(chunk.rows, chunk.loading, strict=False):  # nothing is loaded without models of posters
        if isinstance(result, PosterError):
            chunk.problems[row].append(str(result))
        else:
            has_poster[row] = True
            chunk.notes[row] += result
    has_overview = chunk.overviews != ""
    added = {name: np.full(length, None, object) for name in output_columns(plan)}
    for with_poster, with_overview in product((False, True), repeat=2):
        rows = np.flatnonzero(is_readable & (has_poster == with_poster) & (has_overview == with_overview))
        if not len(rows):
            continue

        def posters_in(size: Size, rows: np.ndarray = rows) -> np.ndarray:
            return chunk.posters[size] if len(rows) == length else chunk.posters[size][rows]

        texts = chunk.overviews[rows].tolist() if with_overview else None
        predictions = predict_all(predictors, posters_in if with_poster else None, texts, len(rows))
        for row in rows[np.any([each.unfamiliar for each in predictions.values()], axis=0)] if predictions else ():
            chunk.notes[row].append(UNFAMILIAR)
        for predictor in predictors:
            name = predictor.spec.name
            if name not in predictions:
                continue
            probabilities = predictions[name].probabilities
            part = predictor.spec.fallback_part(with_poster, with_overview)
            order = np.argsort(-probabilities, axis=1, kind="stable")
            ranked = np.take_along_axis(probabilities, order, axis=1)
            genres = np.array(plan.genres[name], object)
            for rank in range(min(plan.top, len(genres))):
                added[f"{name}_genre_{rank + 1}"][rows] = genres[order[:, rank]]
                added[f"{name}_probability_{rank + 1}"][rows] = [round(value, 4) for value in ranked[:, rank].tolist()]
            chosen = ranked >= predictor.weights.thresholds_for(part)[order]
            added[f"{name}_chosen"][rows] = ["|".join(genres[row[of]]) for row, of in zip(order, chosen, strict=True)]
            for index, genre in enumerate(genres if plan.wide else ()):
                added[f"{name}_p_{genre}"][rows] = probabilities[:, index]
    chunk.posters.clear()
    added[plan.note] = np.array([" ".join(sentences) for sentences in chunk.notes], object)
    added[PROBLEM] = np.array(["; ".join(reasons) for reasons in chunk.problems], object)
    return {name: values.tolist() for name, values in added.items()}


def _overview_text(value: Any) -> tuple[str, str]:
    """A cell as the text of an overview, and why it is none ("" if it is one); several plots in a list are joined."""
    if isinstance(value, list):
        parts = [_overview_text(item) for item in value[:MAX_CHARACTERS]]
        return " ".join(text for text, _ in parts if text), next((problem for _, problem in parts if problem), "")
    if value is None:
        return "", ""
    if isinstance(value, str):
        return value, ""
    kind = "encoded in UTF-8" if isinstance(value, bytes) else "text"
    return "", f"overview is not {kind}"


def _decoded(value: bytes) -> str | bytes:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value


def _poster_file(film_id: str, folder: Path | None) -> Path:
    if not PLAIN_ID.match(film_id):
        raise PosterError("id is not a plain file name" if film_id else "id is empty")
    if folder is None:
        raise PosterError("no folder of posters was given")
    path = find_poster(folder, film_id)
    if path is None:
        raise missing_poster(folder, film_id)
    return path
