"""What a public server refuses, and that it names no path of the machine."""

import importlib
import inspect
import os
import pkgutil
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import genreclf
from genreclf import paths, public
from genreclf.data import corrections
from genreclf.data.catalogue import load_table
from genreclf.data.fetch import imdb, job
from genreclf.data.importing import read_source, remove_dataset
from genreclf.errors import UserError
from genreclf.lesson import labels
from genreclf.public import Forbidden
from genreclf.runs import queue
from genreclf.runs.folder import Run, delete_runs
from genreclf.runs.notes import write_notes
from genreclf.training import promote

DEEDS = {
    "data.corrections": {"correct", "reject", "leave_out", "undo", "merge"},
    "data.fetch.imdb": {"fetch"},
    "data.fetch.job": {"start", "stop", "run"},
    "data.importing.read": {"read_source"},
    "data.importing.write": {"write_dataset", "remove_dataset"},
    "lesson.labels": {"compare", "retrain"},
    "runs.folder": {"create_run", "Run.requeue", "Run.request_stop", "delete_runs", "delete_damaged"},
    "runs.notes": {"write_notes"},
    "runs.queue": {"launch"},
    "training.fit": {"train"},
    "training.promote": {"promote", "unpromote", "ship", "publish", "evaluate_again"},
    "training.worker": {"work"},
    "ui.add_films.draft": {"Scratch.take"},
}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home folder with a run that has ended, made before the server is public."""
    monkeypatch.setenv("GENRECLF_HOME", str(tmp_path / "home"))
    queue.new_run("tfidf", paths.SAMPLE)
    return tmp_path / "home"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def guarded() -> dict[str, set[str]]:
    """All functions of the library that a public process refuses, by module."""
    found: dict[str, set[str]] = {}
    for module in pkgutil.walk_packages(genreclf.__path__, "genreclf."):
        if module.name.endswith("__main__"):
            continue
        members = vars(importlib.import_module(module.name)).values()
        classes = [each for each in members if inspect.isclass(each) and each.__module__ == module.name]
        functions = [*members, *(each for of in classes for each in vars(of).values())]
        names = {each.__qualname__ for each in functions
                 if inspect.isfunction(each) and hasattr(each, "deed") and each.__module__ == module.name}  # fmt: skip
        if names:
            found[module.name.removeprefix("genreclf.")] = names
    return found


@pytest.mark.parametrize("value", ["1", "true", "yes", "anything"])
def test_a_process_is_public_as_the_variable_says(value, monkeypatch):
    assert not public.is_public()
    monkeypatch.setenv(public.VARIABLE, value)
    assert public.is_public()


@pytest.mark.parametrize("value", ["", "0", "false", "No", " off "])
def test_a_process_is_not_public_where_the_variable_says_so(value, monkeypatch):
    monkeypatch.setenv(public.VARIABLE, value)
    assert not public.is_public()


def test_all_deeds_and_no_others_are_guarded():
    assert guarded() == DEEDS


@pytest.mark.parametrize(
    ("module", "name"), [(module, name) for module, names in DEEDS.items() for name in sorted(names)]
)
def test_each_guarded_function_is_refused_before_it_does_anything(module, name, monkeypatch):
    function = importlib.import_module(f"genreclf.{module}")
    for part in name.split("."):
        function = getattr(function, part)
    monkeypatch.setenv(public.VARIABLE, "1")
    with pytest.raises(Forbidden) as refused:
        function()  # without what it needs: it is not reached
    assert str(refused.value).startswith(function.deed)


def deeds(home: Path) -> dict:
    """What a visitor might try with the library, with all that it needs."""
    films = load_table(paths.SAMPLE)
    film = films.films["id"].iloc[0]
    [run] = [Run(path) for path in (home / "runs").iterdir()]
    return {
        "train": lambda: queue.new_run("tfidf", paths.SAMPLE),
        "train again": lambda: queue.duplicate(run),
        "start": lambda: queue.launch(run),
        "resume": run.requeue,
        "stop": run.request_stop,
        "delete": lambda: delete_runs([run]),
        "name": lambda: write_notes(run, "Mine"),
        "promote": lambda: promote.promote(run),
        "go back": lambda: promote.unpromote("cnn", "imdb"),
        "ship": lambda: promote.ship(run, "imdb"),
        "fetch": job.start,
        "fetch elsewhere": lambda: imdb.fetch(home / "elsewhere"),
        "add by path": lambda: read_source(paths.SAMPLE),
        "remove films": lambda: remove_dataset(paths.SAMPLE),
        "correct": lambda: corrections.correct(films, {film: ["Drama"]}),
        "leave out": lambda: corrections.leave_out(films, [film]),
        "confirm": lambda: corrections.reject(films, [film]),
        "undo": lambda: corrections.undo(paths.SAMPLE, [film]),
        "fit": lambda: labels.retrain([(film, "Drama")]),
    }


def test_nothing_of_the_machine_changes(home, monkeypatch):
    tried = deeds(home)
    monkeypatch.setenv(public.VARIABLE, "1")
    before = contents(home)
    for deed in tried.values():
        with pytest.raises(Forbidden):
            deed()
    assert contents(home) == before


def test_looking_at_a_page_starts_no_run_of_the_owner(home, monkeypatch):
    monkeypatch.setenv(public.VARIABLE, "1")
    monkeypatch.setattr(queue, "launch", lambda run: pytest.fail("started"))
    assert queue.start_next() is None


NAMES = st.text(st.characters(codec="ascii", categories=["L", "N"], include_characters="-_. @+"), min_size=1).filter(
    lambda name: name.strip(". ") and name == name.strip()
)


@given(
    st.lists(st.text("abcxyz019-_.", min_size=1), min_size=2, max_size=6),
    st.sampled_from(["{}", "See {}.", "({})", "'{}'; x"]),
)
def test_an_absolute_path_in_a_message_is_only_its_last_name(names, sentence):
    path = "/" + "/".join(names)
    shown = public.without_paths(sentence.format(path))
    assert "/" not in shown
    assert names[-1].strip(".") in shown


@given(st.lists(NAMES, min_size=2, max_size=5), NAMES)
def test_a_path_in_a_known_folder_shows_nothing_above_it_whatever_its_names(names, last):
    folder = "/" + "/".join(names)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENRECLF_HOME", folder)
        shown = public.without_paths(f"The file {paths.home()}/{last} is damaged.")
    assert str(paths.home()) not in shown
    assert os.path.realpath(folder) not in shown
    assert last in shown


@pytest.mark.parametrize("text", [
    "and/or", "1/2/3", "https://example.org/a/b/c", "Face/Off", "AC/DC", "a /b", "see docs/serving.md", "//", "/",
    "either / or", "file:///", "5,000 films/s",
])  # fmt: skip
def test_what_is_no_path_stays(text):
    assert public.without_paths(text) == text


@given(st.text(st.characters(exclude_characters="/")))
def test_a_text_without_a_slash_stays(text):
    assert public.without_paths(text) == text


def test_messages_of_the_library_lose_their_paths(home, monkeypatch):
    with pytest.raises(UserError) as error:
        load_table(home / "nothing here")
    assert str(home) in str(error.value)
    assert str(home) not in public.without_paths(str(error.value))


def test_the_limits_in_the_documentation_are_those_in_use():
    table = (paths.PROJECT / "docs" / "serving.md").read_text("utf-8").partition("## Limits")[2].partition("## ")[0]
    limits = public.LIMITS
    megabytes = [limits.upload_bytes // 10**6, limits.upload_pixels // 10**6, limits.request_bytes // 10**6]
    numbers = [*megabytes, limits.characters, limits.uploads, limits.answers, limits.sessions, limits.waiting,
               limits.computed_films, limits.films, int(limits.idle_minutes)]  # fmt: skip
    assert set(map("{:,}".format, numbers)) <= set(re.findall(r"\d[\d,]*\d|\d", table))
    assert {public.SESSIONS, public.IDLE} <= set(re.findall(r"GENRECLF_\w+", table))
