"""What a public server refuses, and that it names no path of the machine."""

import ast
import importlib
import inspect
import os
import pkgutil
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import genreclf
from genreclf import paths, public
from genreclf.data import corrections, label_studio
from genreclf.data.catalogue import load_table
from genreclf.data.fetch import imdb, job
from genreclf.data.importing import read_source, remove_dataset
from genreclf.errors import UserError
from genreclf.lesson import labels
from genreclf.public import Forbidden
from genreclf.runs import queue
from genreclf.runs.bundle import write_zip
from genreclf.runs.folder import Run, delete_damaged, delete_runs
from genreclf.runs.notes import write_notes
from genreclf.training import fit, promote, worker
from genreclf.ui.add_films.draft import Draft

DEEDS = {
    "data.corrections": {"correct", "reject", "leave_out", "undo", "merge"},
    "data.fetch.imdb": {"fetch"},
    "data.fetch.job": {"start", "stop", "run"},
    "data.importing.read": {"read_source"},
    "data.importing.write": {"write_dataset", "remove_dataset"},
    "data.label_studio": {"tasks"},
    "lesson.labels": {"compare", "retrain"},
    "runs.bundle": {"write_zip"},
    "runs.folder": {"create_run", "Run.requeue", "Run.request_stop", "delete_runs", "delete_damaged"},
    "runs.notes": {"write_notes"},
    "runs.queue": {"launch"},
    "training.fit": {"train"},
    "training.promote": {"promote", "unpromote", "ship", "publish", "evaluate_again"},
    "training.worker": {"work"},
    "ui.add_films.draft": {"Scratch.take", "Draft.read", "add"},
}
# What writes, or starts a process, without a guard of its own, and why it needs none.
WRITERS = {
    "the tools of what is guarded or listed here": {
        "files": {"atomic_path", "remove_leftovers", "atomic_folder", "_replace_folder", "_remove_leftover_folder",
                  "write_json", "cache_array"},
        "locks": {"hold_lock"}, "processes": {"start_detached"}, "weights.folder": {"write_vocabulary"},
        "weights.storage": {"drop_optimizer"}, "models.baselines": {"Prior.save", "Tfidf.save"},
    },
    "caches: what is computed from the films and the weights, the same for everyone": {
        "data.catalogue": {"_checks"}, "data.prepared": {"_load_posters", "_load_tokens", "_undamaged"},
        "data.thumbnails": {"_thumbnail"}, "evaluation.stored": {"catalogue_predictions", "part_features"},
        "explain.nearest": {"film_vectors"}, "models.graph": {"datasets_of"},
        "models.network": {"load_graph", "_make_apart"},
    },
    "where a command says, or to a temporary folder": {
        "cli.corrections": {"export"}, "data.table_files": {"_write_csv"}, "evaluation.report.build": {"write_report"},
        "predict.export": {"export"}, "predict.table": {"predict_table"}, "ui.evaluate.further": {"_read"},
        "ui.corrections": {"_import"}, "cli.options": {"import_tensorflow"},
    },
    "steps of what is guarded, and called by nothing else": {
        "data.corrections": {"_update"}, "data.fetch.archive": {"extract_posters", "unpack"},
        "data.fetch.download": {"download", "_Part.receive", "_Part.clear", "_Part._accept"},
        "data.fetch.imdb": {"_Fetch.fetch", "_Fetch.fetch_table", "_Fetch.fetch_posters", "_Fetch.install_table"},
        "data.importing.read": {"_unpacked"}, "data.importing.write": {"discard", "_own_posters"},
        "runs.folder": {"_delete"}, "training.promote": {"_alone", "_publish_run", "_copy_into_dependants"},
        "ui.add_films.draft": {"Scratch.__init__", "Scratch.unpack"},
    },
    "the trainer, which trains nothing in public": {
        "runs.folder": {"Run.append", "Run.check_in", "Run.mark_started", "Run.finish"},
        "runs.queue": {"start_next"}, "training.callbacks": {"TensorBoardWriter._write"},
        "training.checkpoints": {"Checkpoints.commit", "Checkpoints.start", "Checkpoints._keep_best",
                                 "Checkpoints._set_aside"},
        "training.fit": {"_fit_baselines", "make_card"}, "training.worker": {"main"},
        "training.upstream": {"teacher_predictions", "_copy_weights"},
    },
}  # fmt: skip
_WRITING = {
    "writing", "write_json", "atomic_path", "atomic_folder", "mkdir", "mkdtemp", "rmtree", "rmdir", "unlink",
    "write_text", "write_bytes", "touch", "hold_lock", "copytree", "copyfile", "cache_array", "save_weights",
    "extractall", "start_detached", "Popen", "os.replace", "os.link", "subprocess.run", "path.rename", "folder.rename",
}  # fmt: skip


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


def writers() -> dict[str, set[str]]:
    """Functions that write something, or start a process, and have no guard, by module."""
    found: dict[str, set[str]] = {}

    def visit(node: ast.AST, names: tuple[str, ...], module: str) -> None:
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.FunctionDef | ast.ClassDef):
                visit(child, names, module)
            elif "at_home" not in "".join(map(ast.unparse, child.decorator_list)):
                if isinstance(child, ast.FunctionDef) and any(map(_writes, ast.walk(child))):
                    found.setdefault(module, set()).add(".".join([*names, child.name]))
                visit(child, (*names, child.name), module)

    for path in (paths.PROJECT / "genreclf").rglob("*.py"):
        module = ".".join(path.relative_to(paths.PROJECT / "genreclf").with_suffix("").parts)
        visit(ast.parse(path.read_text("utf-8")), (), module)
    return found


def _writes(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = ast.unparse(node.func)
    opens = name.endswith("open") and any(
        isinstance(each, ast.Constant) and re.fullmatch(r"[wax]b?\+?|r\+b?|ab?\+b?", str(each.value))
        for each in node.args
    )
    return opens or name in _WRITING or name.rpartition(".")[2] in _WRITING


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


def test_whatever_writes_is_guarded_or_needs_no_guard():
    """A new function that writes is to be guarded, or listed with a reason."""
    allowed: dict[str, set[str]] = {}
    for modules in WRITERS.values():
        for module, names in modules.items():
            allowed[module] = allowed.get(module, set()) | names
    assert writers() == allowed


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
        "delete what is damaged": lambda: delete_damaged([run.folder]),
        "pack": lambda: write_zip(run, home / "run.zip"),
        "train in this process": lambda: (fit.train(run), worker.work(run)),
        "publish": lambda: promote.publish(paths.SHIPPED_WEIGHTS / "sample" / "prior", home / "weights"),
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
        "import corrections": lambda: corrections.merge(paths.SAMPLE, corrections.Corrections()),
        "save a team's answers": lambda: label_studio.Answers(changes={film: ("Drama",)}).save(films),
        "give films to a team": lambda: label_studio.tasks(films, [film]),
        "add a draft": lambda: Draft(str(paths.SAMPLE), name="mine").read(lambda what, count: None),
        "stop fetching": job.stop,
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


WORDS = st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1), min_size=1, max_size=4).map(" ".join)


@given(
    st.lists(WORDS, min_size=2, max_size=5), st.sampled_from(["{}", "See {}.", "({})", "file://{}", "x: '{}'", "a={}"])
)
def test_a_path_whose_names_have_blanks_is_gone(names, sentence):
    shown = public.without_paths(sentence.format("/" + "/".join(names)))
    assert "/" not in shown
    assert names[-1] in shown


@pytest.mark.parametrize(("text", "shown"), [
    ("No such file:/srv/a/b.csv", "No such file:b.csv"), ("/srv/a/b.csv (1/2) and/or c", "b.csv (1/2) and/or c"),
    ("/srv/a/b.csv is missing, see https://x.org/a/b.", "b.csv is missing, see https://x.org/a/b."),
    ("~/a/b or /srv//a/b/", "b or b"), ("/srv/a b/c, d and /srv/e/f", "c, d and f"),
])  # fmt: skip
def test_the_rest_of_a_message_stays(text, shown):
    assert public.without_paths(text) == shown


def test_a_known_folder_is_no_part_of_another_name(monkeypatch):
    monkeypatch.setenv("GENRECLF_DATA", "/app")
    for text in ("https://x.org/app/y", "/application", "/app-2"):
        assert public.without_paths(text) == text
    assert public.without_paths("/app/Images/a.jpg of /app") == "app/Images/a.jpg of app"


@pytest.mark.parametrize("text", ["/a b" * 20_000, "/a" * 50_000, "a" * 200_000 + "/", "/a b c d e " * 20_000])
def test_a_long_text_takes_no_time(text):
    began = time.perf_counter()
    public.without_paths(text)
    assert time.perf_counter() - began < 2


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
