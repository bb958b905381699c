"""Films that a visitor is about to add: their source, how it is read, and the data set made of them."""

import dataclasses
import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from genreclf import paths
from genreclf.data.catalogue import Catalogue, load_catalogue
from genreclf.data.fetch.archive import BadArchive, unpack
from genreclf.data.importing import (
    ColumnError,
    Import,
    dataset_folder,
    description_of,
    read_source,
    remove_dataset,
    write_dataset,
)
from genreclf.data.importing.columns import bytes_of
from genreclf.data.importing.files import TABLES
from genreclf.data.importing.read import PREVIEW, rows_of
from genreclf.data.posters import EXTENSIONS
from genreclf.data.tables import check_regular
from genreclf.data.thumbnails import thumbnail_or_blank
from genreclf.errors import UserError
from genreclf.files import writing
from genreclf.locks import hold_lock
from genreclf.public import at_home
from genreclf.runs.folder import list_runs
from genreclf.ui import streamlit_patches
from genreclf.units import is_unicode

TYPES = (".zip", *TABLES, *EXTENSIONS)
FILES, BYTES = 1000, 100_000_000  # of one visitor's uploads
UNPACKED = 500_000_000  # bytes of an uploaded archive's content
# session: the draft, which stays while the visitor looks at other pages, the uploads, and the present uploader's number
_DRAFT, SCRATCH, TURN = "add_draft", "add_scratch", "add_turn"


class Scratch:
    """A temporary folder, deleted when the visitor goes back, at the latest with this object, as the session ends.

    Attributes:
        folder: the folder.
        uploads: the folder in it with the uploaded files.
        names: their names, by Streamlit's ids for them.
    """

    def __init__(self, parent: Path | None = None):
        with writing(parent or Path(tempfile.gettempdir())):
            if parent is not None:
                parent.mkdir(parents=True, exist_ok=True)
            self.folder = Path(tempfile.mkdtemp(prefix="genreclf-", dir=parent))
        self.uploads = self.folder / "uploads"
        self.uploads.mkdir()
        self.names: dict[str, str] = {}
        self.problems: list[str] = []
        self._seen: set[str] = set()  # ids of files that were let go
        self.delete = weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)

    @at_home("Adding films")
    def take(self, files: Iterable[UploadedFile]) -> None:
        """Store new uploads and let go of them, and delete those that the visitor has removed.

        ``problems`` has a sentence for each file that is not stored.
        """
        files, self.problems = list(files), []
        for file_id in self.names.keys() - {file.file_id for file in files}:
            (self.uploads / self.names.pop(file_id)).unlink(missing_ok=True)
        total = sum((self.uploads / name).stat().st_size for name in self.names.values())
        for file in files:
            if file.file_id in self._seen:
                continue
            self._seen.add(file.file_id)
            name, content = os.path.basename(file.name.replace("\\", "/")), file.getvalue()
            if name.startswith(".") or "\0" in name or not is_unicode(name) or not name.lower().endswith(TYPES):
                self.problems.append(f"{name} is neither a table nor a poster nor a zip archive; it is left out.")
            elif name in self.names.values():
                self.problems.append(f"There are two files {name}; the first one is used.")
            elif len(self.names) >= FILES or total + len(content) > BYTES:
                self.problems.append(f"{name} is one file too many; upload a zip archive.")
            else:
                try:
                    with writing(self.folder):
                        (self.uploads / name).write_bytes(content)
                    self.names[file.file_id], total = name, total + len(content)
                except UserError as error:  # the disk is full
                    self.problems.append(str(error))
            streamlit_patches.let_go(file)

    def unpack(self, archive: Path, most: int) -> Path:
        """The new folder with the content of an archive, of at most so many bytes (UserError if it is damaged)."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        try:
            unpack(archive, folder, (*TABLES, *EXTENSIONS), most)
        except BadArchive as reason:
            raise UserError(f"The archive {archive.name} {reason}; make it anew, or unpack it yourself.") from None
        return folder


@dataclass
class Draft:
    """Films that may become a data set.

    Attributes:
        source: the file or folder as the visitor calls it.
        scratch: the temporary folder, if it was uploaded or is an archive.
        name: of the data set to be.
        mapping: the columns that the visitor has chosen, by field (see ``read_source``).
        is_read: whether ``films`` or ``problem`` say what was read.
        films: the films; None if there is a problem.
        problem: why there are none, a sentence, or "".
        columns, used: all columns of the table, and those of the fields, if they are known.
        thumbnails: JPEG bytes for the first films.
    """

    source: str
    scratch: Scratch | None = None
    name: str = ""
    mapping: dict[str, str] = field(default_factory=dict)
    is_read: bool = False
    films: Import | None = None
    problem: str = ""
    columns: tuple[str, ...] = ()
    used: dict[str, str] = field(default_factory=dict)
    thumbnails: list[bytes] = field(default_factory=list)
    folder: Path | None = None  # what is read, once an archive is unpacked

    @at_home("Adding films")
    def read(self, on_progress: Callable[[str, int], None]) -> None:
        """Read the source; may be repeated with another ``mapping``."""
        self.films, self.problem = None, ""
        try:
            self.folder = self.folder or self._unpacked()
            films = read_source(self.folder, self.mapping, self.scratch is not None, on_progress)
            self.films = dataclasses.replace(films, source=Path(self.source)) if self.scratch else films
            self.columns, self.used = films.table_columns, films.columns
            self.thumbnails = _thumbnails(films)
            self.name = self.name or _free_name(self.source)
        except ColumnError as error:
            self.columns, self.used = error.columns or self.columns, error.used
            self.problem = f"{error.reason}. Choose the right columns above." if self.columns else f"{error.reason}."
        except UserError as error:
            self.problem = str(error)
        if self.folder and self.scratch:  # the visitor does not know the temporary folder
            self.problem = self.problem.replace(f"{self.folder}/", "").replace(str(self.folder), self.source)
        self.is_read = True

    def _unpacked(self) -> Path:
        path = Path(os.path.abspath(os.path.expanduser(self.source)))
        if self.scratch is None:
            self.source = str(path)
            if path.suffix.lower() != ".zip" or path.is_dir():
                return path
            check_regular(path)
            self.scratch = Scratch(paths.home() / "imports")  # not in memory, as a system's temporary folder may be
            return self.scratch.unpack(path, shutil.disk_usage(self.scratch.folder).free)
        names = list(self.scratch.names.values())
        if not (archives := [name for name in names if name.lower().endswith(".zip")]):
            return self.scratch.uploads
        if len(names) > 1:
            raise UserError(f"{archives[0]} is an archive; upload it alone, or a table with its posters.")
        return self.scratch.unpack(self.scratch.uploads / archives[0], UNPACKED)


def current() -> Draft | None:
    """This session's draft."""
    return st.session_state.get(_DRAFT)


def begin(draft: Draft | None) -> None:
    """Make a draft this session's, or none; for use in callbacks."""
    st.session_state[_DRAFT] = draft


def forget() -> None:
    """Give up the draft, and what was uploaded or unpacked for it; for use in callbacks."""
    state, draft = st.session_state, current()
    scratches: list[Scratch | None] = [state.pop(SCRATCH, None), draft.scratch if draft else None]
    for scratch in filter(None, scratches):
        scratch.delete()
    begin(None)
    state[TURN] = state.get(TURN, 0) + 1


@at_home("Adding films")
def add(draft: Draft, replace: bool, on_progress: Callable[[int, int], None]) -> Catalogue:
    """Make a draft a data set, and check its posters.

    Raises:
        UserError: its name or its place cannot be used, a set of this name is being trained on, or no film is usable.
    """
    assert draft.films is not None
    folder = dataset_folder(draft.source, draft.name.strip())
    with hold_lock(paths.home() / "imports" / "lock", patience=30) as is_ours:  # two visitors may use the same name
        if not is_ours:
            raise UserError("Another data set is being written; try again in a minute.")
        require_unused(folder)
        write_dataset(draft.films, folder, replace)
    try:
        return load_catalogue(folder, on_progress)
    except UserError:
        if not replace:
            remove_dataset(folder)
        raise


def require_unused(folder: Path) -> None:
    """UserError if a run that has not ended yet is trained on a data set."""
    place = os.path.realpath(folder)
    for run in list_runs():
        if run.config.data and os.path.realpath(run.config.data) == place and run.status().is_active:
            raise UserError(f"The run {run.id} is being trained on {folder.name}; stop it on Train, or wait.")


def _thumbnails(films: Import) -> list[bytes]:
    first = films.films.head(PREVIEW)
    posters: list[Path | bytes | None] = [Path(poster) if poster else None for poster in first["poster"]]
    if first["embedded"].any():  # in the rows of a Parquet file
        rows = list(islice(rows_of(films.tables, films.form), int(first["row"].max())))
        posters = [bytes_of(rows[row - 1].values.get(films.columns["poster"])) for row in first["row"]]
    return [thumbnail_or_blank(*each) for each in zip(posters, first["title"], strict=True)]


def _free_name(source: str) -> str:
    """The name of a source, with a number if there is a data set of this name from anywhere else."""
    name = stem = dataset_folder(source).name
    number = 2
    while os.path.lexists(folder := paths.data_dir() / name):
        if os.path.isabs(source) and description_of(folder).get("source") == source:
            break
        name, number = f"{stem}-{number}", number + 1
    return name
