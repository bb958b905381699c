import pytest
from lesson_page import figure, open_step, reveal, seen

from genreclf.lesson.figures import figures, recorded
from genreclf.ui.lesson import overfitting

KEY = "overfitting"


def marks(page):
    return [shape["x0"] for shape in figure(page)["layout"]["shapes"] if shape["x0"] == shape["x1"]]


def test_the_validation_loss_appears_with_the_reveal():
    page = open_step(KEY)
    page.slider(key="lesson_answer_overfitting").set_value(12).run()
    assert [line["name"] for line in figure(page)["data"]] == ["Training"]
    assert marks(page) == [12]
    page = reveal(page, KEY)
    assert [line["name"] for line in figure(page)["data"]] == ["Training", "Validation", "Best epoch"]
    assert set(marks(page)) == {12, figures()["overfit_epoch"]}
    losses = recorded("overfitting", "LSTM").epochs["val_loss"]
    text = seen(page, KEY)
    assert f"{losses.iloc[11]:.3f} on validation films" in text
    assert f"Never stopping costs {losses.iloc[-1] - losses.min():.3f}" in text


@pytest.mark.parametrize(("mark", "words"), [(1, "too early"), (2, "the best one"), (3, "1 epoch too late"),
                                             (5, "3 epochs too late")])  # fmt: skip
def test_stopping_is_judged_by_the_best_epoch(monkeypatch, mark, words):
    losses = [0.3, 0.2, 0.25, 0.3, 0.4]
    epochs = [{"event": "epoch", "epoch": at, "loss": 0.5 / at, "val_loss": loss} for at, loss in enumerate(losses, 1)]
    history = overfitting.History(("test",), epochs, "LSTM", "lstm")
    monkeypatch.setattr(overfitting, "recorded", lambda *_: history)
    stopped, never = overfitting._recorded(mark)
    assert words in stopped
    assert f"{losses[mark - 1]:.3f}" in stopped
    assert "costs 0.200" in never
