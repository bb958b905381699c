"""Every page of a public server: no deed is offered, and nothing of the owner's machine is in what is sent."""

import shutil
from pathlib import Path

import film_sets
import pytest
from app_pages import open_address
from streamlit.testing.v1 import AppTest

from genreclf import paths, public
from genreclf.data.catalogue import load_catalogue
from genreclf.evaluation.predictions import predict_split
from genreclf.evaluation.report.build import write_report
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
    monkeypatch.setenv("GENRECLF_DATA", str(films))
    monkeypatch.setenv(public.VARIABLE, "1")
    return owner


def sent(page: AppTest) -> bytes:
    """All that a page sends to the browser, and its address."""
    found, nodes = [str(dict(page.query_params)).encode()], [page._tree]
    while nodes:
        node = nodes.pop()
        nodes += list(getattr(node, "children", {}).values())
        if getattr(node, "proto", None) is not None:
            found.append(node.proto.SerializeToString())
    return b"\n".join(found)


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
    assert machine.name.encode() not in content
    problems = open_address("pages/browse.py", timeout=120, view="Left out (8)")
    assert machine.name.encode() not in sent(problems)


def test_the_data_set_of_the_owner_has_its_name_only(machine):
    page = open_address("pages/browse.py", timeout=120)
    assert page.selectbox(key="data").options[0] == "films"


def test_the_report_for_download_has_no_path(machine, tmp_path, monkeypatch):
    catalogue = load_catalogue(paths.SAMPLE)
    report = write_report(predict_split(catalogue, "test", ["tfidf", "prior"], None), tmp_path / "report.html")
    content = report.read_bytes()
    for folder in (machine, paths.PROJECT, Path.home()):
        assert str(folder).encode() not in content
