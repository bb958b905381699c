"""A run's name and note: what is saved, what is refused, and damaged files."""

import pytest

from genreclf.errors import UserError
from genreclf.files import read_json
from genreclf.runs.folder import Run, create_run, delete_runs
from genreclf.runs.notes import NAME_LENGTH, NOTE_LENGTH, Notes, read_notes, write_notes


@pytest.fixture
def run() -> Run:
    return create_run({"model": "cnn"})


def test_a_new_run_has_none(run):
    assert read_notes(run) == Notes("", "")


def test_name_and_note_are_independent(run):
    before = run.config
    write_notes(run, name="First try")
    write_notes(run, note="It was slow.")
    assert read_notes(run) == Notes("First try", "It was slow.")
    assert write_notes(run, name="") == read_notes(run) == Notes("", "It was slow.")
    assert run.config == before, "the config is written once"


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("  two   words ", "two words"),
        ("a\nb\tc", "a b c"),
        ("\x1b[31mred", "[31mred"),
        ("\ud800x", "x"),
        ("é 😀", "é 😀"),
    ],
)
def test_a_name_is_one_line_of_visible_characters(run, given, stored):
    assert write_notes(run, name=given).name == read_notes(run).name == stored


def test_a_note_keeps_its_lines(run):
    write_notes(run, note="\n one \r\n\ntwo\x00three  \n\n")
    assert read_notes(run).note == "one\n\ntwo three"


def test_too_long_texts_are_refused_and_change_nothing(run):
    write_notes(run, "n" * NAME_LENGTH, "t" * NOTE_LENGTH)
    for more in ({"name": "n" * (NAME_LENGTH + 1)}, {"note": "t" * (NOTE_LENGTH + 1)}):
        with pytest.raises(UserError, match="characters"):
            write_notes(run, **more)
    assert read_notes(run) == Notes("n" * NAME_LENGTH, "t" * NOTE_LENGTH)


@pytest.mark.parametrize("damage", ['{"name": "x', "[]", "null", '{"name": 7, "note": ["x"]}', "\x00", ""])
def test_a_damaged_file_counts_as_missing_and_can_be_overwritten(run, damage):
    (run.notes_file).write_text(damage)
    assert read_notes(run) == Notes()
    assert write_notes(run, name="again").name == "again"
    assert read_json(run.notes_file) == {"name": "again", "note": ""}


def test_a_hand_written_name_is_cut_to_its_length(run):
    (run.notes_file).write_text('{"name": "' + "n" * 500 + '"}')
    assert read_notes(run).name == "n" * NAME_LENGTH


def test_notes_do_not_recreate_a_deleted_run(run):
    run.finish("failed")
    delete_runs([run])
    with pytest.raises(UserError, match="is gone"):
        write_notes(run, name="ghost")
    assert not run.folder.exists()
