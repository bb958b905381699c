"""Recorded trainings, replayed, and live ones in every state."""

import json

import pytest
from app_pages import page_text
from lesson_page import open_step, reveal, seen

from genreclf import paths
from genreclf.errors import UserError
from genreclf.lesson.figures import report_history
from genreclf.locks import hold_lock
from genreclf.runs import queue
from genreclf.runs.folder import Status, list_runs
from genreclf.runs.notes import read_notes
from genreclf.ui.lesson import progress, replay
from genreclf.ui.train import charts, live

KEY = "report"
EPOCHS = report_history("cnn").facts.epochs


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test sets."""
    now = [1000.0]
    monkeypatch.setattr(replay.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def idle():
    """No trainer is started: another process holds the device."""
    with hold_lock(queue.device_lock()):
        yield


def loss(page):
    """The loss chart as ECharts reads it."""
    return json.loads(page.get("echarts_chart")[0].proto.spec)


def drawn(page):
    return len(loss(page)["series"][1]["data"])


def test_a_replay_goes_by_the_clock_and_can_be_played_again(clock):
    page = reveal(open_step(KEY), KEY, 0.2)
    axis = loss(page)["yAxis"]
    assert drawn(page) == 1
    assert loss(page)["series"][0]["markLine"]["data"] == [{"yAxis": 0.2}]
    clock[0] += 10
    assert drawn(page.run()) == 1 + EPOCHS // 2
    page.button(key="lesson_next").click().run()
    page.button(key="lesson_previous").click().run()
    assert drawn(page) == 1 + EPOCHS // 2, "another step does not disturb it"
    clock[0] += 11
    assert drawn(page.run()) == EPOCHS
    assert loss(page)["yAxis"] == axis, "the axis does not move"
    assert progress.current_of(page.session_state).note(KEY)["replayed"]
    page.button(key="lesson_report_again").click().run()
    assert drawn(page) == 1
    page.segmented_control(key="lesson_report_speed").set_value("In 5 s").run()
    clock[0] += 2.5
    assert drawn(page.run()) == 1 + EPOCHS // 2
    page.segmented_control(key="lesson_report_speed").set_value("At once").run()
    assert drawn(page) == EPOCHS


def test_a_replay_that_was_seen_is_shown_whole_later(clock):
    page = reveal(open_step(KEY), KEY)
    progress.current_of(page.session_state).note(KEY)["replayed"] = True
    page.switch_page("pages/browse.py").run()
    page.switch_page("pages/lesson.py")
    page.query_params["step"] = "2"
    assert drawn(page.run()) == EPOCHS


def test_no_training_where_the_app_is_public(monkeypatch):
    monkeypatch.setenv("GENRECLF_PUBLIC", "1")
    page = reveal(open_step(KEY), KEY)
    assert "trains nothing" in page_text(page)
    assert "Recorded on real films" in page_text(page)
    assert not [each for each in page.get("button_group") if each.key == "lesson_report_way"]


def live_page():
    page = reveal(open_step(KEY), KEY)
    page.segmented_control(key="lesson_report_way").set_value(replay.LIVE).run()
    return page


def buttons(page):
    return {button.key for button in page.button if button.key.startswith(f"lesson_{KEY}_")}


def test_a_training_is_queued_and_watched_and_stopped(idle):
    page = live_page()
    page.button(key="lesson_report_train").click().run()
    assert not page.exception
    (run,) = list_runs()
    assert (run.model, run.config.data) == ("cnn", paths.SAMPLE)
    assert read_notes(run).name.startswith("Lesson: ")
    assert live.describe_queue(run) in page_text(page)
    assert buttons(page) == {"lesson_report_stop"}
    page.button(key="lesson_report_stop").click().run()
    assert run.status() is Status.STOPPED
    page.run()
    assert "You stopped" in page_text(page)
    assert buttons(page) == {"lesson_report_train"}


def made(status, page, epochs=3):
    """A run of the step in a state, as a trainer would have left it."""
    run = queue.new_run("cnn", paths.SAMPLE, "reference", epochs=epochs)
    run.append("start", films=905, val_films=119, base_rate_loss=0.2936)
    for epoch in range(1, epochs + 1):
        run.append("epoch", epoch=epoch, loss=0.5 / epoch, val_loss=0.4 / epoch, precision=0.1, recall=0.1,
                   val_precision=0.1, val_recall=0.1, learning_rate=1e-4, seconds=1.0)  # fmt: skip
    run.check_in("training", 30.0, epoch=epochs, epochs=epochs, step=1, steps=2, films_per_second=10.0)
    if not status.is_active and status is not Status.DIED:
        run.finish(status, "No space left." if status is Status.FAILED else "")
    progress.current_of(page.session_state).note(KEY)["run"] = run.id
    return run


ENDINGS = {Status.COMPLETED: "You trained it here", Status.DIED: "killed", Status.FAILED: "No space left",
           Status.STOPPED: "You stopped"}  # fmt: skip


@pytest.mark.parametrize(("status", "words"), ENDINGS.items())
def test_how_a_training_ended_is_said_with_a_way_on(status, words):
    page = live_page()
    run = made(status, page)
    page.run()
    assert not page.exception
    assert words in page_text(page)
    assert buttons(page) == {"lesson_report_train"}
    assert drawn(page) == 3
    assert "0.133" in seen(page, KEY), "its best loss is what was seen"
    assert run.status() is status


def test_a_running_training_shows_its_progress():
    page = live_page()
    run = made(Status.RUNNING, page)
    with hold_lock(run.lock_file):
        page.run()
        assert page.get("progress")[0].text == live.describe_progress(run.progress)[1]
        assert buttons(page) == {"lesson_report_stop"}


def test_a_deleted_training_can_be_started_again():
    page = live_page()
    progress.current_of(page.session_state).note(KEY)["run"] = "20300101T000000-cnn-dead"
    page.run()
    assert "deleted" in page_text(page)
    assert buttons(page) == {"lesson_report_train"}


def test_why_no_training_was_queued_is_said(monkeypatch):
    def fails(*args, **settings):
        raise UserError("The disk is full; make room.")

    page = live_page()
    monkeypatch.setattr(queue, "new_run", fails)
    page.button(key="lesson_report_train").click().run()
    assert "The disk is full" in page.error[0].value
    assert buttons(page) == {"lesson_report_train"}


def test_a_chart_has_room_for_what_comes_later():
    context = charts.ChartContext("cnn", 40, 0.24, with_report=False, guess=0.3, room_for=(0.1, 0.6))
    axis = charts.charts(replay.curves.EMPTY_HISTORY, context)["loss"].option["yAxis"]
    assert axis["min"] <= 0.1
    assert axis["max"] >= 0.6


def test_a_run_belongs_to_its_step():
    page = live_page()
    made(Status.COMPLETED, page)
    page.button(key="lesson_next").click().run()
    page.button(key="lesson_next").click().run()
    reveal(page, "overfitting")
    page.segmented_control(key="lesson_overfitting_way").set_value(replay.LIVE).run()
    assert page.button(key="lesson_overfitting_train")
