from app_pages import page_text
from lesson_page import open_step, reveal

from genreclf.lesson.strategies import STRATEGIES


def test_strategies_are_compared_after_the_reveal():
    page = open_step("accuracy")
    assert page_text(page).count("**yes**") == 3  # the film's genres
    assert not page.dataframe
    reveal(page, "accuracy", 70)
    table = page.dataframe[0].value.set_index("Strategy")
    assert len(table) == len(STRATEGIES)
    assert table["Recall"].iloc[1:3].tolist() == ["0\u00a0%", "0\u00a0%"]  # accurate and useless
    page.segmented_control(key="lesson_accuracy_strategy").set_value("fusion").run()
    assert not page.exception
    text = page_text(page)
    for seen in ("70\u00a0%", "Always no (89", "Fusion, a real model (94"):  # the guess, and what was tried
        assert seen in text
