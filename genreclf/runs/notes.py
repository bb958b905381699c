"""A run's display name and note, stored beside its config, because the config never changes."""

from dataclasses import asdict, dataclass

from genreclf.errors import UserError
from genreclf.files import write_json, writing
from genreclf.public import at_home
from genreclf.runs.folder import Run

NAME_LENGTH, NOTE_LENGTH = 60, 1000  # characters


@dataclass(frozen=True)
class Notes:
    """A run's display name (one line) and a note (any number of lines); both may be empty."""

    name: str = ""
    note: str = ""


def read_notes(run: Run) -> Notes:
    """A run's name and note; empty where nothing was written or the file is damaged."""
    stored = run.stored_notes
    # the file may have been edited by hand
    return Notes(_one_line(stored.name)[:NAME_LENGTH], _clean(stored.note)[:NOTE_LENGTH])


@at_home("Naming a run")
def write_notes(run: Run, name: str | None = None, note: str | None = None) -> Notes:
    """Save a run's name or note, or both; None leaves it unchanged, an empty text removes it.

    Raises:
        UserError: one is too long, the run is gone, or its folder cannot be written.
    """
    before = read_notes(run)
    notes = Notes(before.name if name is None else _one_line(name), before.note if note is None else _clean(note))
    for what, text, longest in (("name", notes.name, NAME_LENGTH), ("note", notes.note, NOTE_LENGTH)):
        if len(text) > longest:
            raise UserError(f"The {what} has {len(text):,} characters; a run's {what} may have {longest:,}.")
    if not run.config_file.is_file():
        raise UserError(f"Run {run.id} is gone; nothing was saved.")
    with writing(run.notes_file):
        write_json(run.notes_file, asdict(notes))
    return notes


def _clean(text: str) -> str:
    """Text without invisible characters, its lines without trailing spaces."""
    lines = ("".join(c if c.isprintable() else " " for c in line).rstrip() for line in text.splitlines())
    return "\n".join(lines).strip()


def _one_line(text: str) -> str:
    return " ".join(_clean(text).split())
