"""Predict the genres of a table of films of any length: read and written in chunks, with no row dropped.

Columns that are not ours pass through unchanged: Parquet keeps their types, CSV their text.
"""

import os
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from genreclf.data.catalogue import IMAGES_NAME, PLAIN_ID
from genreclf.data.overviews import MAX_CHARACTERS
from genreclf.data.posters import PosterError, Size, find_poster, missing_poster, open_poster, poster_array
from genreclf.data.tables import find_column, missing_columns, similar_column
from genreclf.errors import UserError
from genreclf.files import atomic_path, remove_leftovers, writing
from genreclf.genres import GENRES
from genreclf.models import SPECS, ModelSpec, get_spec
from genreclf.predict.film import poster_notes, read_overview
from genreclf.predict.predictor import Predictor, predict_all
from genreclf.predict.table_files import SUFFIXES, cells_of, open_table, values_of, write_table
from genreclf.units import listed
from genreclf.weights.folder import available_weights

if TYPE_CHECKING:
    import pyarrow as pa

CHUNK = 512  # films in memory at once; their posters take up to 106 MB
ID, OVERVIEW, NOTE, PROBLEM = "Id", "Overview", "note", "problem"
OTHER_NOTE = "genreclf_note"  # the name of our column of notes in a table that has one of its own
OPTIONS = {ID: "--id-column", OVERVIEW: "--overview-column"}


@dataclass(frozen=True)
class TablePlan:
    """What will be done with a table, worked out from its header before any model is loaded.

    Attributes:
        models: the models that predict.
        id: the column of ids, by which posters are found; None if there is none.
        overview: the column of overviews, or None.
        posters: the folder of posters, or None.
        replaced: columns of an earlier prediction, which the output does not keep.
        note: the name of the column of notes.
        remarks: sentences for the user.
    """

    models: tuple[str, ...]
    id: str | None
    overview: str | None
    posters: Path | None
    replaced: tuple[str, ...] = ()
    note: str = NOTE
    remarks: tuple[str, ...] = ()


def plan_table(
    source: Path,
    output: Path,
    models: Sequence[str],
    posters: Path | None = None,
    top: int = 3,
    *,
    wide: bool = False,
    id_column: str | None = None,
    overview_column: str | None = None,
    only_usable: bool = False,
) -> TablePlan:
    """Check a table and everything that was asked for, reading its header only (see ``predict_table``).

    Args:
        models: names of models.
        only_usable: leave out, with a remark, the models that this table has no input for, instead of refusing it.

    Raises:
        UserError: a file cannot be read or written, a column that a model needs is missing, what was given cannot be
            used, or the output would replace a column of the table.
    """
    _check_files(source, output, posters)
    with open_table(source, _wanted(id_column, overview_column), CHUNK) as table:
        replaced = earlier_columns(table.columns)
        columns = [name for name in table.columns if name not in replaced]
    given = {ID: id_column, OVERVIEW: overview_column}
    found = {name: _find(columns, name, source, column) for name, column in given.items()}
    specs = [get_spec(model) for model in models]
    if posters is not None and not any(spec.uses_poster for spec in specs):
        raise UserError(
            f"--posters is given, but {listed(list(models))} cannot use posters; leave it out, or choose --models that "
            "can, such as fusion."
        )
    default = source.parent / IMAGES_NAME
    folder = posters or (default if default.is_dir() else None)
    remarks: list[str] = []
    if only_usable:
        specs, remarks = _usable(specs, columns, found, folder, posters is not None)
    _check_inputs(source, columns, specs, found, folder, posters is not None)
    remarks += _one_sided(specs, found, folder)
    note = OTHER_NOTE if NOTE in columns else NOTE
    plan = TablePlan(tuple(spec.name for spec in specs), found[ID], found[OVERVIEW], folder, replaced, note)
    if taken := sorted(set(columns) & set(output_columns(plan, top, wide))):
        raise UserError(
            f"{source} has a column {taken[0]} of its own, which the predictions would replace; rename or remove it."
        )
    if replaced:
        earlier = sorted({name.split("_")[0] for name in replaced} & set(SPECS))
        remarks.append(f"The columns of an earlier prediction ({listed(earlier)}) are replaced.")
    if note != NOTE:
        remarks.append(f"The table has a column {NOTE}, so notes on the films are in the column {note}.")
    return replace(plan, remarks=tuple(remarks))


def predict_table(
    source: Path,
    output: Path,
    predictors: list[Predictor],
    posters: Path | None = None,
    top: int = 3,
    on_progress: Callable[[int], None] | None = None,
    *,
    wide: bool = False,
    id_column: str | None = None,
    overview_column: str | None = None,
    vocabulary: Collection[str] | None = None,
) -> tuple[int, int]:
    """Predict every film of a CSV or Parquet table, in bounded memory.

    Args:
        source: a table with the column ``Id`` (for posters), ``Overview``, or both; case and blanks in these names do
            not matter. All other columns are copied unchanged, except those of an earlier prediction, which are
            replaced as a whole.
        output: the table to write, CSV or Parquet by its extension; it appears only when complete. From CSV to CSV,
            the delimiter and a byte order mark are kept. Columns added per model: ``<model>_genre_1``,
            ``<model>_probability_1`` and so on, and ``<model>_chosen``, the genres that reach their threshold, joined
            by "|". The last two columns: ``note`` says how far a row's predictions can be trusted, ``problem`` why they
            are missing or based on one input only.
        predictors: the models.
        posters: the folder with the posters (see ``genreclf.data.posters.find_poster``); by default ``Images`` beside
            the table if it exists.
        top: number of genres per model.
        on_progress: called with the number of rows finished so far.
        wide: also add all probabilities, unrounded: ``<model>_p_<genre>``.
        id_column: another name for ``Id``.
        overview_column: another name for ``Overview``.
        vocabulary: words that the models know, for the notes (see ``genreclf.predict.film.read_overview``).

    Returns:
        the number of rows written, and of those with a problem.

    Raises:
        UserError: as in ``plan_table``, or the table has no rows.
    """
    names = [predictor.spec.name for predictor in predictors]
    plan = plan_table(
        source, output, names, posters, top, wide=wide, id_column=id_column, overview_column=overview_column
    )
    target = Path(os.path.realpath(output))  # a link stays one
    done = failed = 0
    with open_table(source, _wanted(id_column, overview_column), CHUNK) as table:

        def predicted() -> "Iterator[pa.RecordBatch]":
            nonlocal done, failed
            for batch, unreadable in table.batches:
                added = _predict_chunk(batch, unreadable, predictors, plan, top, wide, vocabulary)
                failed += sum(bool(problem) for problem in added[PROBLEM])
                done += len(batch)
                yield _joined(batch, added, plan)
                if on_progress:
                    on_progress(done)
            if not done:
                raise UserError(f"{source} has no rows; there is nothing to predict.")

        with writing(output):
            remove_leftovers(target)
            with atomic_path(target, locked=True) as temporary:
                write_table(temporary, predicted(), output.suffix.lower(), table)
    return done, failed


def output_columns(plan: TablePlan, top: int, wide: bool) -> list[str]:
    """The columns that are added to a table."""
    columns = []
    for model in plan.models:
        for rank in range(1, top + 1):
            columns += [f"{model}_genre_{rank}", f"{model}_probability_{rank}"]
        columns.append(f"{model}_chosen")
        columns += [f"{model}_p_{genre}" for genre in GENRES] if wide else []
    return [*columns, plan.note, PROBLEM]


def earlier_columns(columns: Sequence[str]) -> tuple[str, ...]:
    """The columns that an earlier prediction added to a table, of whichever models; none if any of them is missing."""
    if not columns or PROBLEM not in columns:
        return ()
    found = []
    for model in SPECS:
        ranked = {kind: sorted(int(match[1]) for name in columns if (match := re.fullmatch(
            rf"{model}_{kind}_([1-9][0-9]?)", name))) for kind in ("genre", "probability")}  # fmt: skip
        ranks = list(range(1, len(ranked["genre"]) + 1))
        if ranks and ranked["genre"] == ranked["probability"] == ranks and f"{model}_chosen" in columns:
            wide = [f"{model}_p_{genre}" for genre in GENRES]
            found += [f"{model}_{kind}_{rank}" for rank in ranks for kind in ranked] + [f"{model}_chosen"]
            found += wide if set(wide) <= set(columns) else []
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


def _wanted(id_column: str | None, overview_column: str | None) -> list[str]:
    """The columns by which the header of a CSV file is recognised."""
    return [ID, OVERVIEW, *(name for name in (id_column, overview_column) if name is not None)]


def _find(columns: Sequence[str], name: str, source: Path, column: str | None) -> str | None:
    """The column that an option names, or else that of this name, if any."""
    found = find_column(columns, name if column is None else column, source)
    if column is not None and found is None:
        raise UserError(f"{OPTIONS[name]} {column}: {missing_columns(columns, [column], source)}.")
    return found


def _usable(
    specs: list[ModelSpec],
    columns: Sequence[str],
    found: dict[str, str | None],
    folder: Path | None,
    posters_given: bool,
) -> tuple[list[ModelSpec], list[str]]:
    """Those of all models that a table has the input for, and a remark on the others."""
    # a column under nearly the right name is rather named to the user, and what was given is not ignored
    has_id = bool(found[ID] or posters_given or (folder and similar_column(columns, ID)))
    has_poster, has_overview = has_id and folder is not None, bool(found[OVERVIEW] or similar_column(columns, OVERVIEW))
    usable = [spec for spec in specs if spec.can_predict(has_poster, has_overview)]
    left_out = [spec for spec in specs if spec not in usable]
    if not left_out or not any(spec.input != "none" for spec in usable):
        return specs, []
    lacking = [] if has_poster else ["posters (--posters names their folder)" if has_id else f"column {ID}"]
    lacking += [] if has_overview else [f"column {OVERVIEW}"]
    labels = listed([spec.label for spec in left_out])
    verb = "is" if len(left_out) == 1 else "are"
    return usable, [f"{labels} {verb} left out, because the table has no {listed(lacking, 'or')}."]


def _check_inputs(
    source: Path,
    columns: Sequence[str],
    specs: list[ModelSpec],
    found: dict[str, str | None],
    folder: Path | None,
    posters_given: bool,
) -> None:
    """Refuse a table without a column that a model needs, or that was meant under another name."""
    uses = {ID: [spec for spec in specs if spec.uses_poster], OVERVIEW: [spec for spec in specs if spec.uses_overview]}
    missing = [
        name
        for name, users in uses.items()
        if users and not found[name] and (
            not all(spec.can_predict(bool(found[ID]), bool(found[OVERVIEW])) for spec in users)
            or (
                (name == OVERVIEW or folder is not None)
                and similar_column([column for column in columns if column not in found.values()], name)
            )
            or (name == ID and posters_given)
        )
    ]  # fmt: skip
    if not missing:
        without = [spec.label for spec in specs if not spec.can_predict(folder is not None, bool(found[OVERVIEW]))]
        if without:
            raise UserError(
                f"{listed(without)} {'needs' if len(without) == 1 else 'need'} posters, but there is no folder "
                f"{source.parent / IMAGES_NAME}; name the folder of the posters with --posters."
            )
        return
    sentence = missing_columns(columns, missing, source, OPTIONS)
    others = [
        spec.name
        for spec in (get_spec(weights.model) for weights in available_weights())
        if not spec.parts and spec.input != "none" and spec.can_predict(bool(found[ID]), bool(found[OVERVIEW]))
    ]
    if posters_given and ID in missing:
        raise UserError(f"{sentence}; posters are found by the Id (or leave out --posters).")
    if others:
        sentence += f", or choose --models without it: {', '.join(others)}"
        if not found[OVERVIEW] and folder is None:
            sentence += ", and name the folder of the posters with --posters"
    raise UserError(f"{sentence}.")


def _one_sided(specs: list[ModelSpec], found: dict[str, str | None], folder: Path | None) -> list[str]:
    """A remark on models of both inputs that will only get one."""
    labels = listed([spec.label for spec in specs if spec.parts])
    if not labels:
        return []
    if not found[OVERVIEW]:
        return [f"{labels} uses posters only, because the table has no column {OVERVIEW}."]
    if not found[ID] or folder is None:
        lacking = f"the table has no column {ID}" if not found[ID] else "no folder of posters is given (--posters)"
        return [f"{labels} uses overviews only, because {lacking}."]
    return []


def _joined(batch: "pa.RecordBatch", added: dict[str, list], plan: TablePlan) -> "pa.RecordBatch":
    """A chunk of the table without the columns of an earlier prediction, and with those of this one."""
    import pyarrow as pa

    kept = [index for index, name in enumerate(batch.schema.names) if name not in plan.replaced]
    fields = [batch.schema.field(index) for index in kept]
    for name in added:
        is_number = re.search("_probability_[0-9]+$|_p_", name)
        fields.append(pa.field(name, pa.float64() if is_number else pa.string()))
    columns = [batch.column(index) for index in kept]
    columns += [pa.array(values, field.type) for values, field in zip(added.values(), fields[len(kept) :], strict=True)]
    return pa.RecordBatch.from_arrays(columns, schema=pa.schema(fields))


def _predict_chunk(
    batch: "pa.RecordBatch",
    unreadable: list[str],
    predictors: list[Predictor],
    plan: TablePlan,
    top: int,
    wide: bool,
    vocabulary: Collection[str] | None,
) -> dict[str, list]:
    """The columns to add to a chunk of the table: the models' predictions, and each row's notes and problems."""
    problems = [[problem] if problem else [] for problem in unreadable]
    notes: list[list[str]] = [[] for _ in problems]
    is_readable = np.array([not reasons for reasons in problems], bool)
    overviews = np.full(len(problems), "", object)
    if plan.overview and any(predictor.spec.uses_overview for predictor in predictors):
        column = batch.column(batch.schema.names.index(plan.overview))
        for row, value in enumerate(values_of(column, from_bytes=_decoded)):
            if not is_readable[row]:
                continue
            text, problem = _overview_text(value)
            overview = read_overview(text, vocabulary)
            if problem := problem or overview.problem:
                problems[row].append(problem)
            else:
                overviews[row] = overview.text
                notes[row] += overview.notes
    has_overview = overviews != ""
    ids = cells_of(batch.column(batch.schema.names.index(plan.id))) if plan.id else None
    has_poster, posters = _load_posters(ids, is_readable, problems, notes, predictors, plan.posters)
    position = np.cumsum(has_poster) - 1  # of a row's poster in ``posters``

    added: dict[str, list] = {name: [None] * len(batch) for name in output_columns(plan, top, wide)}
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
                for item in ranked if wide else ():
                    added[f"{name}_p_{item.genre}"][row] = item.probability
    added[plan.note] = [" ".join(sentences) for sentences in notes]
    added[PROBLEM] = ["; ".join(reasons) for reasons in problems]
    return added


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


def _load_posters(
    ids: list[str] | None,
    is_readable: np.ndarray,
    problems: list[list[str]],
    notes: list[list[str]],
    predictors: list[Predictor],
    folder: Path | None,
) -> tuple[np.ndarray, dict[Size, np.ndarray]]:
    """Find the rows that have a poster, bool ``(n,)``, and their posters by size; adds reasons and notes to rows."""
    has_poster = np.zeros(len(problems), bool)
    loaded: dict[Size, list[np.ndarray]] = {
        predictor.spec.poster_size: [] for predictor in predictors if predictor.spec.uses_poster
    }
    # without a folder all posters are missing; that is a problem only for a model that uses nothing else
    is_wanted = loaded and (folder is not None or any(predictor.spec.input == "poster" for predictor in predictors))
    if ids is None or not is_wanted:
        return has_poster, {}

    def load(row: int) -> tuple[dict[Size, np.ndarray], tuple[str, ...]] | PosterError:
        try:
            image = open_poster(_poster_file(ids[row].strip(), folder))
            return {size: poster_array(image, size) for size in loaded}, poster_notes(image)
        except PosterError as error:
            return error

    rows = np.flatnonzero(is_readable).tolist()
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:  # Pillow decodes without the GIL
        for row, result in zip(rows, pool.map(load, rows), strict=True):
            if isinstance(result, PosterError):
                problems[row].append(str(result))
                continue
            has_poster[row] = True
            notes[row] += result[1]
            for size, array in result[0].items():
                loaded[size].append(array)
    return has_poster, {size: np.stack(arrays) for size, arrays in loaded.items() if arrays}


def _poster_file(film_id: str, folder: Path | None) -> Path:
    if not PLAIN_ID.match(film_id):
        raise PosterError("id is not a plain file name" if film_id else "id is empty")
    if folder is None:
        raise PosterError("no folder of posters was given")
    path = find_poster(folder, film_id)
    if path is None:
        raise missing_poster(folder, film_id)
    return path
