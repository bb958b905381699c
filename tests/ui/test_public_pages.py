"""Every page of a public server: no deed is offered, and nothing of the owner's machine is in what is sent."""

import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import film_sets
import pytest
from app_pages import open_address, page_text
from lesson_page import reveal
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.testing.v1 import AppTest

from genreclf import paths, public
from genreclf.data.catalogue import load_catalogue
from genreclf.data.importing import read_source, write_dataset
from genreclf.evaluation.predictions import predict_split
from genreclf.evaluation.report.build import write_report
from genreclf.lesson.steps import STEPS
from genreclf.runs import queue
from genreclf.runs.notes import write_notes

PAGES = ["home", "browse", "train", "compare", "evaluate", "try-your-own", "lesson", "add-films"]
DEEDS = {
    "train": ("submit", "stop", "resume", "promote", "unpromote", "more", "delete", "shown"),
    "browse": ("fetch_start", "browse_add", "corrections", "leave_out", "undo", "remove", "add_"),
    "compare": ("corrections_",), "evaluate": ("corrections_", "evaluate_upload", "evaluate_runs"),
    "lesson": ("lesson_labels_retrain", "lesson_report_train"), "add-films": ("add_", "open_"),
}  # fmt: skip


@pytest.fixture
def machine(tmp_path, monkeypatch) -> Path:
    """A folder of the owner's, with films of which some are damaged, a named run, and promoted weights that are."""
    owner = tmp_path / "secret place of the owner"
    home, films = owner / "home", owner / "films"
    monkeypatch.setenv("GENRECLF_HOME", str(home))
    film_sets.write_damaged(films)
    (films / "Images" / "tt0000003.jpg").unlink(missing_ok=True)
    run = queue.new_run("tfidf", films)
    write_notes(run, "Owner's own run", f"On {films}")
    for model in ("cnn", "lstm"):
        promoted = home / "weights" / "imdb" / model
        shutil.copytree(paths.SHIPPED_WEIGHTS / "imdb" / model, promoted)
        [weights] = promoted.glob("*.h5")
        weights.write_bytes(weights.read_bytes()[:5000])
    corrections = paths.corrections_file(films)
    corrections.parent.mkdir(parents=True)
    corrections.write_text("Film,Genres\n1,Drama\n", "utf-8")
    monkeypatch.setattr(socket, "gethostname", lambda: HOST)
    monkeypatch.setenv("GENRECLF_DATA", str(films))
    monkeypatch.setenv(public.VARIABLE, "1")
    return owner


@pytest.fixture
def everything(monkeypatch) -> list[bytes]:
    """All messages that pages send, and what their buttons download."""
    found: list[bytes] = []
    enqueue = ForwardMsgQueue.enqueue

    def kept(queue: ForwardMsgQueue, message: ForwardMsg) -> None:
        found.append(message.SerializeToString())
        enqueue(queue, message)

    def download(manager: MediaFileManager, make: Callable[[], Any], *args: Any, **kwargs: Any) -> str:
        content = make()
        found.append(content if isinstance(content, bytes) else content.encode())
        return "downloaded"

    monkeypatch.setattr(ForwardMsgQueue, "enqueue", kept)
    monkeypatch.setattr(MediaFileManager, "add_deferred", download)
    return found


def check(content: bytes, owner: Path) -> None:
    """Check that nothing names the owner's folders or machine."""
    folders = [str(folder) for folder in (owner, paths.PROJECT, Path.home()) if len(folder.parts) > 1]
    for name in (*folders, owner.name, str(owner.relative_to("/")), HOST):
        place = content.find(name.encode())
        assert place < 0, content[max(0, place - 200) : place + 200]


def sent(page: AppTest) -> bytes:
    """All that a page sends to the browser, and its address."""
    found, nodes = [str(dict(page.query_params)).encode()], [page._tree]
    while nodes:
        node = nodes.pop()
        nodes += list(getattr(node, "children", {}).values())
        if getattr(node, "proto", None) is not None:
            found.append(node.proto.SerializeToString())
    return b"\n".join(found)


HOST = "the owner's machine"
SECTIONS = ("Scoreboard", "Genres", "Thresholds", "Calibration", "Poster or overview", "Films", "Training", "Report")
VIEWS = ("Genres", "Genre pairs", "Overview lengths", "Words", "Data quality", "Left out (8)")
ADDRESSES = [
    *(("browse", {"view": view}) for view in VIEWS),
    ("evaluate", {}), ("evaluate", {"data": "sample", "section": "Films", "evaluate_films": "Doubtful labels"}),
    *(("evaluate", {"data": "sample", "section": section}) for section in SECTIONS),
    ("compare", {"film": "tt0000001"}), ("compare", {"film": "tt0000003"}), ("compare", {"guess": "1"}),
    ("home", {"present": "1"}), ("train", {"run": "no-run"}), ("browse", {"data": "/etc/passwd"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "address"), ADDRESSES)
def test_no_view_or_download_names_a_path(name, address, machine, everything):
    open_address(f"pages/{name}.py", timeout=120, **address)
    check(b"\n".join(everything), machine)


def test_the_whole_lesson_and_its_report_name_no_path(machine, everything):
    for number, step in enumerate(STEPS, 1):
        page = open_address("pages/lesson.py", timeout=120, step=str(number))
        question = step.question
        reveal(page, step.key, next(iter(question.options)) if question.options else None)
        assert "Retrain and compare" not in {button.label for button in page.button}
    assert any(b"<title>" in content and b"plotly" in content.lower() for content in everything), "the report"
    check(b"\n".join(everything), machine)


def test_pages_say_where_to_do_what_a_public_server_does_not(machine):
    home = "#readme"
    for name, address in (
        ("browse", {}),
        ("add-films", {}),
        ("train", {}),
        ("evaluate", {"data": "sample", "section": "Films", "evaluate_films": "Doubtful labels"}),
    ):
        assert home in page_text(open_address(f"pages/{name}.py", timeout=120, **address)), name
    results = open_address("pages/lesson.py", step="8")
    assert home in page_text(reveal(results, STEPS[7].key, next(iter(STEPS[7].question.options))))


def keys(page: AppTest) -> set[str]:
    kinds = ("button", "button_group", "selectbox", "text_input", "file_uploader", "multiselect", "download_button")
    return {element.key for kind in kinds for element in page.get(kind) if element.key}


@pytest.mark.parametrize("name", PAGES)
def test_no_page_sends_a_path_or_offers_a_deed(name, machine):
    page = open_address(f"pages/{name}.py", timeout=120)
    content = sent(page)
    for folder in (machine, paths.PROJECT, Path.home(), Path("/tmp")):
        if len(folder.parts) > 1:
            assert str(folder).encode() not in content, folder
    assert machine.name.encode() not in content
    assert b"Owner's own run" not in content
    offered = {key for key in keys(page) if key.removeprefix(f"{name}-").startswith(DEEDS.get(name, ()))}
    assert not offered - {"train_replay"}


def test_messages_about_damage_are_there_without_their_paths(machine):
    """Else the test above would prove nothing."""
    page = open_address("pages/try-your-own.py", timeout=120)
    page.text_area(key="try_overview").set_value("A ghost haunts the old house at night, and blood is spilt.").run()
    content = sent(page)
    assert page.warning, "the promoted weights are damaged"
    assert b"genreclf runs" not in content, "it is no remedy for a visitor"
    assert machine.name.encode() not in content
    assert "corrections.csv" in page_text(open_address("pages/evaluate.py", timeout=120))
    problems = open_address("pages/browse.py", timeout=120, view="Left out (8)")
    assert machine.name.encode() not in sent(problems)


def test_films_added_by_the_owner_show_not_where_their_posters_are(machine, everything, monkeypatch):
    monkeypatch.delenv(public.VARIABLE)
    added = machine / "My posters"
    film_sets.write_set(added, film_sets.films(12))
    folder = write_dataset(read_source(added), paths.data_dir() / "mine")
    first, second, *_ = sorted((added / "Images").iterdir())
    first.unlink()
    load_catalogue(folder)
    second.write_bytes(b"no image any more")
    monkeypatch.setenv(public.VARIABLE, "1")
    everything.clear()
    page = open_address("pages/browse.py", timeout=120, data="mine", view="Left out (1)")
    open_address("pages/browse.py", timeout=120, data="mine")
    open_address("pages/evaluate.py", timeout=120, data="mine")
    open_address("pages/compare.py", timeout=120, data="mine", film=second.stem)
    assert "mine" in page.selectbox(key="data").options
    check(b"\n".join(everything), machine)


def test_the_data_set_of_the_owner_has_its_name_only(machine):
    page = open_address("pages/browse.py", timeout=120)
    assert page.selectbox(key="data").options[0] == "films"


def test_the_report_for_download_has_no_path(machine, tmp_path, monkeypatch):
    catalogue = load_catalogue(paths.SAMPLE)
    report = write_report(predict_split(catalogue, "test", ["tfidf", "prior"], None), tmp_path / "report.html")
    content = report.read_bytes()
    for folder in (machine, paths.PROJECT, Path.home()):
        assert str(folder).encode() not in content
