"""Where a data set comes from: the embedded sample, a folder of one's own, or a fetched one."""

import os
from dataclasses import dataclass
from pathlib import Path

from genreclf import paths
from genreclf.data.catalogue import TABLE_NAME
from genreclf.errors import UserError


@dataclass(frozen=True)
class Source:
    """A data set that can be opened.

    Attributes:
        key: its name in an address or a setting: ``"sample"``, ``"own"`` or a fetched set's folder name.
        label: what people read.
        folder: where it lies.
    """

    key: str
    label: str
    folder: Path


def list_sources() -> list[Source]:
    """The data sets there are: ``GENRECLF_DATA`` where set, the sample, then the fetched ones."""
    sources = [Source("sample", "Embedded sample", paths.SAMPLE)]
    own = os.environ.get("GENRECLF_DATA")
    if own:
        folder = Path(own).expanduser()
        sources.insert(0, Source("own", f"Your folder: {folder.name or folder}", folder))
    if paths.data_dir().is_dir():
        fetched = sorted(folder for folder in paths.data_dir().iterdir() if (folder / TABLE_NAME).is_file())
        names = {"imdb": "Full IMDb set"}
        sources += [Source(folder.name, names.get(folder.name, folder.name), folder) for folder in fetched]
    return sources


def default_source() -> Source:
    """``GENRECLF_DATA`` where set, else the embedded sample."""
    return list_sources()[0]


def get_source(key: str) -> Source:
    """A source by its key.

    Raises:
        UserError: there is no such source.
    """
    for source in list_sources():
        if source.key == key:
            return source
    keys = ", ".join(source.key for source in list_sources())
    raise UserError(f"There is no data set {key!r}; choose one of {keys}.")
