"""The frame: the data picker and its address, and error messages."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import app_pages
import pytest
from app_pages import open_address, page_text
from streamlit.testing.v1 import AppTest

from genreclf import paths


@pytest.fixture
def fetched(home, shared_film_folder):
    """A home folder with a fetched set called ``films``."""
    return shutil.copytree(shared_film_folder, paths.data_dir() / "films")


def app(**parameters) -> AppTest:
    at = AppTest.from_file(str(paths.PROJECT / "streamlit_app.py"), default_timeout=60)
    for name, value in parameters.items():
        at.query_params[name] = value
    return at


def test_the_sample_is_the_default_and_keeps_the_address_clean():
    at = app().run()
    assert not at.exception
    assert at.selectbox(key="data").value == "sample"
    assert "data" not in at.query_params


def test_an_address_chooses_the_data_set_by_its_key(fetched):
    at = app(data="films").run()
    assert at.selectbox(key="data").value == "films"
    at.switch_page("pages/browse.py").run()
    assert not at.exception
    assert at.selectbox(key="data").value == "films"
    assert any("60" in element.value for element in at.markdown)


def test_a_choice_is_written_to_the_address_and_can_be_undone(fetched):
    at = app().run()
    at.selectbox(key="data").select("films").run()
    assert at.query_params["data"] == "films"
    at.selectbox(key="data").select("sample").run()
    assert at.selectbox(key="data").value == "sample"
    assert at.query_params["data"] == "sample"


def test_an_unknown_data_set_in_the_address_is_named():
    at = app(data="../../etc").run()
    assert not at.exception
    assert at.selectbox(key="data").value == "sample"
    assert "“../../etc”, which does not exist here: “Embedded sample” is shown" in page_text(at)
    assert "../../etc" in page_text(at.run()), "it stays until something changes"
    at.switch_page("pages/train.py")
    at.query_params.clear()
    assert "../../etc" not in page_text(at.run())


@pytest.mark.parametrize(
    ("path", "address", "wrong"),
    [
        ("browse", {"view": "Nothing"}, "Nothing"),
        ("browse", {"genres": "Ballet", "order": "Red", "in_split": "exam", "wrong_by": "GPT"}, "Ballet Red exam GPT"),
        ("browse", {"wall_page": "9999"}, "9999"),
        ("compare", {"film": "nobody-1900"}, "nobody-1900"),
        ("evaluate", {"films_of": "exam", "section": "Nothing"}, "exam Nothing"),
        ("train", {"run": "no-run", "compare": "no-run-1"}, "no-run no-run-1"),
    ],
)  # fmt: skip
def test_what_an_address_asks_for_is_used_or_named(path, address, wrong):
    text = page_text(open_address(f"pages/{path}.py", **address))
    for value in wrong.split():
        assert f"“{value}”" in text


def test_a_known_choice_in_the_address_is_used_without_a_word():
    page = open_address("pages/browse.py", genres="Horror", in_split="Test", order="Title")
    assert page.get_by_key("in_split").value == "test"
    assert page.get_by_key("genres").value == ["Horror"]
    assert not page.warning


def test_an_error_that_the_user_can_fix_is_one_sentence(fetched):
    (fetched / "IMDB_overview_genres.csv").write_text("Id,Genre\n")
    at = app(data="films").run()
    at.switch_page("pages/browse.py").run()
    assert not at.exception
    assert len(at.error) == 1
    assert at.error[0].value.endswith("\\.")


def test_an_address_switches_presenter_mode_on_and_every_page_keeps_it():
    at = app(present="1").run()
    assert at.toggle(key="present").value
    at.query_params.clear()  # as by a link to another page
    at.switch_page("pages/train.py").run()
    assert at.toggle(key="present").value
    assert at.query_params["present"] == "1"
    at.button(key="present_leave").click().run()
    assert not at.exception
    assert not at.toggle(key="present").value
    assert "present" not in at.query_params
    assert "present_leave" not in {button.key for button in at.button}


def test_the_switch_for_presenter_mode_writes_the_address():
    at = app().run()
    assert "present" not in at.query_params
    at.toggle(key="present").set_value(True).run()
    assert at.query_params["present"] == "1"
    assert at.button(key="present_leave")
    at.toggle(key="present").set_value(False).run()
    assert "present" not in at.query_params
    assert not app(present="0").run().toggle(key="present").value


@pytest.mark.parametrize("path", ["home", "browse", "train", "compare", "evaluate", "try-your-own", "lesson"])
def test_every_page_can_be_presented(path):
    assert open_address(f"pages/{path}.py", present="1").button(key="present_leave")


def test_no_page_imports_what_only_training_needs():
    """Each page and each of its tabs, in a process of their own, with all models."""
    code = """
import sys
from app_pages import APP
from streamlit.testing.v1 import AppTest
from genreclf import paths
for file in sorted((paths.PROJECT / "pages").glob("*.py")):
    page = AppTest.from_file(APP, default_timeout=60)
    page.switch_page(f"pages/{file.name}")
    page.run()
    assert not page.exception, file
    for tab in [tab.label for tab in page.tabs]:
        page.query_params["view" if file.stem == "browse" else "section"] = tab
        page.run()
        assert not page.exception, (file, tab)
heavy = {"tensorflow", "keras", "sklearn", "scipy"} & set(sys.modules)
assert not heavy, heavy
"""
    search = os.pathsep.join(str(place) for place in (paths.PROJECT, Path(app_pages.__file__).parent))
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300, env={**os.environ, "PYTHONPATH": search})
