"""Read and write tables as Arrow record batches, so that every column keeps its type and values."""

import base64
import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genreclf.data.tables import check_columns, check_regular, open_csv
from genreclf.errors import UserError
from genreclf.units import readable

if TYPE_CHECKING:  # importing it takes a fifth of a second
    import pyarrow as pa

CSV_SUFFIXES = {".csv": ",", ".tsv": "\t"}  # with the delimiter of a table that does not come from CSV
SUFFIXES = (*CSV_SUFFIXES, ".parquet")
ROWS_AT_ONCE = 8192  # rows of a row group that are written together
BYTES_AT_ONCE = 64_000_000  # or fewer, if they take more memory than this


@dataclass(frozen=True)
class Table:
    """An open table: its columns, and its rows in batches, each with one problem per row ("" or why it is unreadable).

    ``delimiter`` and ``has_bom`` (a byte order mark) describe a CSV file, whose cells are strings; ``metadata`` is that
    of a Parquet file.
    """

    suffix: str
    columns: list[str]
    batches: "Iterator[tuple[pa.RecordBatch, list[str]]]"
    delimiter: str = ""
    has_bom: bool = False
    metadata: dict[bytes, bytes] | None = None


@contextmanager
def open_table(path: Path, wanted: Sequence[str], batch_rows: int) -> Iterator[Table]:
    """Open a table, CSV or Parquet by its extension; only its header is read at once.

    Args:
        path: the file.
        wanted: columns that a header of CSV should have.
        batch_rows: rows per batch; fewer if they take much memory.

    Raises:
        UserError: it is no regular file or cannot be read, has a column twice, or too many of them.
    """
    check_regular(path)
    if path.suffix.lower() in CSV_SUFFIXES:
        with open_csv(path, wanted) as table:
            batches = _csv_batches(table.columns, table.rows, batch_rows)
            yield Table(path.suffix.lower(), table.columns, batches, table.delimiter, table.encoding != "utf-8")
        return
    import pyarrow.parquet as pq

    with _parquet_errors(path):
        # the nanoseconds that Arrow takes for an old type of timestamp end in the year 2262
        file = pq.ParquetFile(path, coerce_int96_timestamp_unit="us", page_checksum_verification=True)
    with file:
        check_columns([""] * file.metadata.num_columns, path)  # before a schema is made of very many
        with _parquet_errors(path):
            schema = file.schema_arrow
        check_columns(schema.names, path)
        yield Table(".parquet", schema.names, _parquet_batches(file, path, batch_rows), metadata=_without_index(schema))


def write_table(path: Path, batches: "Iterable[pa.RecordBatch]", suffix: str, source: Table) -> None:
    """Write batches of equal columns as CSV or Parquet.

    From a file of the same extension, CSV keeps the delimiter, and a byte order mark if there is one.
    """
    if suffix in CSV_SUFFIXES:
        delimiter = source.delimiter if suffix == source.suffix else CSV_SUFFIXES[suffix]
        _write_csv(path, batches, delimiter, source.has_bom)
    else:
        _write_parquet(path, batches, source.metadata)


def _text_of(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()


def values_of(array: "pa.Array", from_bytes: Callable[[bytes], Any] = _text_of) -> list[Any]:
    """The values of a column as JSON has them: None, bool, int, float, str, list or dict.

    Dates, times, decimals and the like become strings, of any year; bytes become what ``from_bytes`` returns, by
    default text if they are UTF-8, else Base64. NaN becomes None; other floats keep their own precision: one of 32 bits
    that is .1 gives .1.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = array.type
    if isinstance(array, pa.ExtensionArray):
        if kind.extension_name == "arrow.uuid":
            return [value and str(value) for value in array.to_pylist()]
        return values_of(array.storage, from_bytes)
    if pa.types.is_dictionary(kind):
        return values_of(array.dictionary_decode(), from_bytes)
    if pa.types.is_struct(kind):
        children = [values_of(child, from_bytes) for child in array.flatten()]  # nulls of the struct included
        names = [field.name for field in kind]
        rows = zip(*children, strict=True) if children else [()] * len(array)
        return [
            dict(zip(names, row, strict=True)) if valid else None
            for row, valid in zip(rows, _is_valid(array), strict=True)
        ]
    if pa.types.is_map(kind):
        keys, items = (values_of(of, from_bytes) for of in (array.keys, array.items))
        starts = array.offsets.to_pylist()
        return [
            {str(key): item for key, item in zip(keys[start:end], items[start:end], strict=True)} if valid else None
            for start, end, valid in zip(starts, starts[1:], _is_valid(array), strict=False)
        ]
    if hasattr(array, "flatten") and hasattr(kind, "value_type"):  # a list of any kind
        flat = iter(values_of(array.flatten(), from_bytes))
        return [None if size is None else list(islice(flat, size)) for size in pc.list_value_length(array).to_pylist()]
    if pa.types.is_floating(kind):
        return [None if value is None or value != value else float(str(value)) for value in _floats(array)]
    if _is(kind, "string", "large_string", "string_view"):
        try:
            return array.to_pylist()
        except UnicodeDecodeError:  # Arrow does not check what it reads
            return values_of(pc.cast(array, pa.large_binary()), from_bytes)
    if _is(kind, "integer", "boolean", "null"):
        return array.to_pylist()
    if _is(kind, "binary", "large_binary", "fixed_size_binary", "binary_view"):
        return [None if value is None else from_bytes(value) for value in array.to_pylist()]
    try:
        texts = pc.cast(array, pa.string())
    except pa.ArrowNotImplementedError:
        return [None if value is None else str(value) for value in array.to_pylist()]
    # whole seconds need no decimals
    return pc.replace_substring_regex(texts, r"(:\d\d)\.0+(Z|[+-][\d:]+)?$", r"\1\2").to_pylist()


def cells_of(array: "pa.Array") -> list[str]:
    """The values of a column as cells of CSV: "" for null and NaN, lists and structs as JSON (see ``values_of``)."""
    import pyarrow as pa

    kind = array.type.value_type if pa.types.is_dictionary(array.type) else array.type
    if pa.types.is_floating(kind):
        return ["" if value is None or value != value else str(value) for value in _floats(array)]
    return [
        value if isinstance(value, str)
        else "" if value is None
        else json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict)
        else str(value)
        for value in values_of(array)
    ]  # fmt: skip


def _floats(array: "pa.Array") -> list[Any]:
    """The values as NumPy's floats of their own precision; None for null."""
    import pyarrow as pa

    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    values = array.to_numpy(zero_copy_only=False)
    return [value if valid else None for value, valid in zip(values, _is_valid(array), strict=True)]


def _is_valid(array: "pa.Array") -> list[bool]:
    return array.is_valid().to_pylist()


def _is(kind: "pa.DataType", *names: str) -> bool:
    import pyarrow.types as types

    return any(getattr(types, f"is_{name}")(kind) for name in names)


def _csv_batches(
    columns: list[str], rows: Iterator[tuple[list[str], str]], batch_rows: int
) -> "Iterator[tuple[pa.RecordBatch, list[str]]]":
    import pyarrow as pa

    while chunk := list(_some(rows, batch_rows)):
        cells = zip(*(row for row, _ in chunk), strict=True)
        arrays = [pa.array(column, pa.string()) for column in cells]
        yield pa.RecordBatch.from_arrays(arrays, columns), [problem for _, problem in chunk]


def _some(rows: Iterator[tuple[list[str], str]], count: int) -> Iterator[tuple[list[str], str]]:
    """The next rows: ``count``, or fewer if their text is long."""
    size = 0
    for cells, problem in islice(rows, count):
        yield cells, problem
        size += sum(map(len, cells))
        if size > BYTES_AT_ONCE:
            return


def _parquet_batches(file: Any, path: Path, batch_rows: int) -> "Iterator[tuple[pa.RecordBatch, list[str]]]":
    groups = [file.metadata.row_group(index) for index in range(file.metadata.num_row_groups)]
    row_bytes = max((group.total_byte_size / max(group.num_rows, 1) for group in groups), default=1)
    with _parquet_errors(path):
        for batch in file.iter_batches(batch_size=max(1, min(batch_rows, int(BYTES_AT_ONCE / max(row_bytes, 1))))):
            yield batch, [""] * len(batch)


@contextmanager
def _parquet_errors(path: Path) -> Iterator[None]:
    """Turn the errors of reading Parquet, which Arrow does not name consistently, into a sentence."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError) as error:
        reason = readable(" ".join(str(error).split())[:120].rstrip(". "))
        raise UserError(f"{path} cannot be read as Parquet ({reason}); repair or replace it.") from error


def _without_index(schema: "pa.Schema") -> dict[bytes, bytes] | None:
    """A schema's metadata, in which no column with a name is pandas' index: it may be the ``Id``."""
    metadata = dict(schema.metadata or {})
    try:
        pandas = json.loads(metadata[b"pandas"])
        # an index is a column's name or the description of a range
        unnamed = [
            each for each in pandas["index_columns"] if str(each).startswith("__index_level_") or each != str(each)
        ]
        metadata[b"pandas"] = json.dumps({**pandas, "index_columns": unnamed}).encode()
    except (KeyError, TypeError, ValueError):
        metadata.pop(b"pandas", None)
    return metadata or None


def _write_csv(path: Path, batches: "Iterable[pa.RecordBatch]", delimiter: str, has_bom: bool) -> None:
    with path.open("w", encoding="utf-8-sig" if has_bom else "utf-8", newline="", errors="replace") as stream:
        writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
        # the csv module of Python 3.11 leaves a lone carriage return unquoted, which ends the row for readers
        quoted = csv.writer(stream, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
        for index, batch in enumerate(batches):
            if not index:
                writer.writerow(batch.schema.names)
            for row in zip(*(cells_of(column) for column in batch.columns), strict=True):
                (quoted if "\r" in "".join(row) else writer).writerow(row)


def _write_parquet(path: Path, batches: "Iterable[pa.RecordBatch]", metadata: dict[bytes, bytes] | None) -> None:
    """Write row groups of many batches each: small ones make a file large and slow to read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    remaining = iter(batches)
    first = next(remaining)
    names = [name or f"column {number}" for number, name in enumerate(first.schema.names, start=1)]
    fields = [field.with_name(name) for field, name in zip(first.schema, names, strict=True)]
    schema = pa.schema(fields, metadata=metadata)
    with pq.ParquetWriter(path, schema) as writer:
        pending: list[pa.RecordBatch] = []

        def flush() -> None:
            writer.write_table(pa.Table.from_batches(pending, schema))
            pending.clear()

        for batch in chain([first], remaining):
            pending.append(pa.RecordBatch.from_arrays(batch.columns, schema=schema))
            if sum(map(len, pending)) >= ROWS_AT_ONCE or sum(each.nbytes for each in pending) >= BYTES_AT_ONCE:
                flush()
        if pending:
            flush()
