"""The glossary opens on every page, and a step of the lesson has its own terms."""

import re

import app_pages
import pytest

from genreclf.glossary import TERMS
from genreclf.lesson.steps import STEPS


def lists(page) -> list[list[str]]:
    """The terms in each list of definitions on a page."""
    found = [re.findall("<dt[^>]*>(.*?)</dt>", html.proto.body) for html in page.get("html")]
    return [names for names in found if names]


@pytest.mark.parametrize("name", ["home", "train", "add-films"])
def test_a_page_has_all_terms(name):
    page = app_pages.open_address(f"pages/{name}.py")
    assert list(TERMS) in lists(page)


def test_the_filter_finds_a_term_and_says_when_there_is_none():
    page = app_pages.open_address("pages/add-films.py")
    page.text_input(key="glossary_filter").set_value("distil").run()
    assert lists(page) == [["distillation"]]
    page.text_input(key="glossary_filter").set_value("*zebra*").run()
    assert lists(page) == []
    assert "*zebra*" in app_pages.page_text(page)


def test_a_step_has_its_terms_and_the_whole_glossary():
    page = app_pages.open_address("pages/lesson.py", step="7")
    names = [[name] for name in STEPS[6].terms]
    assert lists(page) == [*names, list(TERMS), list(TERMS)]  # those of the sidebar come last


def test_pictures_are_masks_in_the_colour_of_the_text():
    page = app_pages.open_address("pages/add-films.py")
    bodies = "".join(html.proto.body for html in page.get("html"))
    assert "<svg" not in bodies  # Streamlit would remove it
    pictures = [term for term in TERMS.values() if term.picture]
    assert bodies.count("mask:url(data:image/svg+xml;base64,") == bodies.count('role="img"') == len(pictures)
