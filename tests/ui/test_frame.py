"""The frame: the data picker and its address, and error messages."""

import shutil

import pytest
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


def test_an_unknown_data_set_in_the_address_is_ignored():
    at = app(data="../../etc").run()
    assert not at.exception
    assert at.selectbox(key="data").value == "sample"


def test_an_error_that_the_user_can_fix_is_one_sentence(fetched):
    (fetched / "IMDB_overview_genres.csv").write_text("Id,Genre\n")
    at = app(data="films").run()
    at.switch_page("pages/browse.py").run()
    assert not at.exception
    assert len(at.error) == 1
    assert "lacks the column Overview" in at.error[0].value
