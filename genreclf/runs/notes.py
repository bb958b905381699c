"""What people call a run and write down about it, kept beside its config, which is written once and for all."""

from dataclasses import asdict, dataclass

from genreclf.errors import UserError
from genreclf.files import read_json, write_json
from genreclf.runs.folder import Run

FILE = "notes.json"
NAME_LENGTH, NOTE_LENGTH = 60, 1000  # characters


@dataclass(frozen=True)
class Notes:
    """A run's display name, one line, and a note of any lines; both may be empty."""

    name: str = ""
    note: str = ""


def read_notes(run: Run) -> Notes:
    """A run's name and note; empty where nothing was written or the file is damaged."""
    held = read_json(run.folder / FILE)
    if not isinstance(held, dict):
        return Notes()
    name, note = (held.get(key) if isinstance(held.get(key), str) else "" for key in ("name", "note"))
    return Notes(_line(name)[:NAME_LENGTH], _lines(note)[:NOTE_LENGTH])  # somebody may have written it by hand


def write_notes(run: Run, name: str | None = None, note: str | None = None) -> Notes:
    """Keep a run's name or note, or both; None leaves one as it is, an empty text takes it away.

    Raises:
        UserError: one is too long, the run is gone, or its folder cannot be written.
    """
    before = read_notes(run)
    notes = Notes(before.name if name is None else _line(name), before.note if note is None else _lines(note))
    if len(notes.name) > NAME_LENGTH:
        raise UserError(f"The name has {len(notes.name)} characters; a run's name may have {NAME_LENGTH}.")
    if len(notes.note) > NOTE_LENGTH:
        raise UserError(f"The note has {len(notes.note):,} characters; a run's note may have {NOTE_LENGTH:,}.")
    if not run.config_file.is_file():
        raise UserError(f"Run {run.id} is gone; nothing was written.")
    try:
        write_json(run.folder / FILE, asdict(notes))
    except OSError as error:
        raise UserError(f"Cannot write {run.folder / FILE} ({error.strerror}); free space and try again.") from error
    return notes


def _line(text: str) -> str:
    """In one line, without characters that cannot be seen."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _lines(text: str) -> str:
    return "\n".join(_kept(line) for line in text.splitlines()).strip()


def _kept(line: str) -> str:
    return "".join(c if c.isprintable() else " " for c in line).rstrip()
