from lesson_page import figure, open_step, reveal, seen

from genreclf.lesson.figures import SHOWN_EPOCHS, figures, report_history
from genreclf.ui.lesson import report

KEY = "report"


def test_the_guess_moves_with_its_slider_and_nothing_is_given_away():
    page = open_step(KEY)
    page.slider(key="lesson_answer_report").set_value(0.201).run()
    drawn = figure(page)
    assert len(drawn["data"][0]["x"]) == SHOWN_EPOCHS
    assert 0.201 in [shape["y0"] for shape in drawn["layout"]["shapes"]]


def test_what_was_seen_compares_the_guess_with_the_best_epoch():
    page, best = reveal(open_step(KEY), KEY, 0.2), report_history("cnn").facts
    text = seen(page, KEY)
    assert f"epoch {best.best_epoch} of {best.epochs}, with {best.best_loss:.3f}" in text
    assert f"{best.best_loss - 0.2:.3f} higher" in text
    assert f"{figures()['prior_val']:.3f}" in text
    assert "You expected it to beat" in text
    assert len(page.get("echarts_chart")) == 1
    assert not page.get("plotly_chart")


def test_a_guess_that_is_right_or_too_high():
    best = report_history("cnn").facts.best_loss
    assert "just as you said" in report._recorded(round(best, 3))[0]
    high = report._recorded(0.35)
    assert "lower than you said" in high[0]
    assert "did not expect" in high[1]
