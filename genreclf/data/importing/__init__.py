"""Films from elsewhere as a data set: recognise a source's form, guess its columns, and write the set's own files.

Posters stay where they are, unless they are inside a zip archive or a Parquet file. A row that cannot be used is
reported with its id and the reason; films without a poster or without an overview stay.

Example:
    >>> films = read_source("assets/sample")
    >>> films.form, films.columns["genres"], len(films.films)
    ('reports', 'Genre', 1149)
"""

from genreclf.data.importing.columns import FIELDS, ColumnError, guess_columns
from genreclf.data.importing.read import FORMS, Import, plain_id, read_source
from genreclf.data.importing.write import dataset_folder, description_of, discard, remove_dataset, write_dataset

__all__ = [
    "FIELDS", "FORMS", "ColumnError", "Import", "dataset_folder", "description_of", "discard", "guess_columns",
    "plain_id", "read_source", "remove_dataset", "write_dataset",
]  # fmt: skip
