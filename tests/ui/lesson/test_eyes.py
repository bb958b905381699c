"""The step "eyes" of the lesson."""

import pytest
from app_pages import page_text
from lesson_page import open_step, reveal
from streamlit.testing.v1 import AppTest

KERNELS = 3  # pictures of kernels


@pytest.fixture
def page() -> AppTest:
    return open_step("eyes")


def progress(page: AppTest):
    return page.session_state["lesson_progress"]


def test_the_kernels_come_before_the_question(page):
    assert len(page.image) == KERNELS
    assert page_text(page).count(" order") == KERNELS
    assert not [button for button in page.button if button.key.startswith("lesson_eyes_")]


def test_two_networks_answer_for_a_poster(page):
    reveal(page, "eyes")
    assert len(page.image) == KERNELS + 1 + 2 * 3  # the poster; for each network the heatmap and two layers' maps
    seen = progress(page).seen["eyes"]
    assert len(seen) == 3
    assert "CNN" in seen[0]
    assert "EfficientNet" in seen[1]
    assert "It looked" in seen[0]
    assert "of 1 for CNN" in seen[2]
    assert "125" in seen[2]


def test_other_posters_are_tallied_and_remembered(page):
    reveal(page, "eyes")
    first = progress(page).seen["eyes"][0]
    assert page.button(key="lesson_eyes_previous").disabled
    page.button(key="lesson_eyes_next").click().run()
    page.button(key="lesson_eyes_random").click().run()
    assert not page.exception
    seen, note = progress(page).seen["eyes"], progress(page).notes["eyes"]
    assert seen[0] != first
    assert len(note["right"]) == 3 or note["film"] in list(note["right"])[:2]  # a random poster may be the first
    assert f"of {len(note['right'])} for CNN" in seen[-1]
    assert all(set(right) == {"cnn", "poster"} for right in note["right"].values())
    page.button(key="lesson_next").click().run()
    page.button(key="lesson_previous").click().run()
    assert progress(page).seen["eyes"] == seen
