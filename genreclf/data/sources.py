"""The data sets to choose from: the embedded sample, the user's own folder, and downloaded ones."""

import os
from dataclasses import dataclass
from pathlib import Path

from genreclf import paths
from genreclf.data.catalogue import DESCRIPTION, TABLE_NAME
from genreclf.errors import UserError
from genreclf.files import as_object, read_json
from genreclf.public import is_public


@dataclass(frozen=True)
class Source:
    """A data set that can be opened.

    Attributes:
        key: its name in addresses and settings: ``"sample"``, ``"own"`` or a downloaded set's folder name.
        label: its name on screen.
        folder: the folder with its files.
    """

    key: str
    label: str
    folder: Path


def list_sources() -> list[Source]:
    """All available data sets: ``GENRECLF_DATA`` if set, the sample, then downloaded ones."""
    sources = [Source("sample", "Embedded sample", paths.SAMPLE)]
    own = os.environ.get("GENRECLF_DATA")
    if own:
        folder = Path(os.path.expanduser(own))
        name = folder.name or str(folder)
        sources.insert(0, Source("own", name if is_public() else f"Your folder: {name}", folder))
    for folder in sorted(table.parent for table in paths.data_dir().glob(f"*/{TABLE_NAME}")):
        name = as_object(read_json(folder / DESCRIPTION)).get("name")
        label = name if isinstance(name, str) and name else {"imdb": "Full IMDb set"}.get(folder.name, folder.name)
        sources.append(Source(folder.name, label, folder))
    return sources


def default_source() -> Source:
    """``GENRECLF_DATA`` if set, else the embedded sample."""
    return list_sources()[0]


def get_source(key: str) -> Source:
    """A source by its key.

    Raises:
        UserError: there is no such source.
    """
    sources = list_sources()
    for source in sources:
        if source.key == key:
            return source
    raise UserError(f"There is no data set {key!r}; choose one of {', '.join(source.key for source in sources)}.")
