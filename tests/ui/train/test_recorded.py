"""Train on a public server: recorded trainings, replayed by the clock."""

import math
from types import SimpleNamespace

import pytest
from app_pages import open_address, page_text
from streamlit.testing.v1 import AppTest

from genreclf import paths, public
from genreclf.models import BASELINES
from genreclf.public import without_paths
from genreclf.runs import curves, verdict
from genreclf.runs.folder import Status
from genreclf.ui.train import recorded
from genreclf.ui.train.recorded import Replay, recorded_runs, seconds_of
from genreclf.units import duration
from genreclf.weights.card import CARD, stored_card

RUNS = {run.id: run for run in recorded_runs()}


@pytest.fixture(autouse=True)
def clock(monkeypatch, home):
    """A clock that stands still; add to ``now``."""
    monkeypatch.setenv(public.VARIABLE, "1")
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(recorded, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("GENRECLF_HOME", str(tmp_path / "home"))


@pytest.fixture
def seen(monkeypatch):
    """The histories that were drawn, each the last of its kind."""
    drawn = []
    show = recorded.live.show_curves

    def note(spec, config, status, history, **options) -> None:
        drawn.append((status, history))
        show(spec, config, status, history, **options)

    monkeypatch.setattr(recorded.live, "show_curves", note)
    return drawn


def opened(run: str = "cnn") -> AppTest:
    page = open_address("pages/train.py", run=run)
    assert not page.exception
    return page


def pressed(page: AppTest, key: str) -> AppTest:
    page.button(key=f"train_{key}").click().run()
    assert not page.exception
    return page


def test_a_replay_shows_what_had_been_reported_by_then_and_at_the_end_everything(clock, seen):
    page = pressed(opened(), "replay")
    run, counts = RUNS["cnn"], []
    for share in (0.3, 0.6, 1.0):
        clock.now = 1000 + share * seconds_of(run) / recorded.SPEEDS[recorded.USUAL]
        assert not page.run().exception
        counts.append(len(seen[-1][1].epochs))
    assert 0 < counts[0] < counts[1] < counts[2] == len(run.epochs())
    status, history = seen[-1]
    assert status is Status.COMPLETED
    assert history.facts.best_loss == min(epoch["val_loss"] for epoch in run.epochs())
    scores = page.dataframe[0].value["bce"].tolist()
    assert scores[:2] == [run.exit.metrics[split]["bce"] for split in ("val", "test")]
    assert scores[2:] == [found["bce"] for found in recorded.baselines().values()]


def test_the_scores_stand_beside_baselines_that_were_fitted_on_the_same_films():
    assert len(recorded.baselines()) == len(BASELINES)
    cards = [stored_card(paths.SHIPPED_WEIGHTS / "sample" / name / CARD) for name in BASELINES]
    assert {card["data_digest"] for card in cards} == {run.films.digest for run in RUNS.values()}


@pytest.mark.parametrize("speed", recorded.SPEEDS)
def test_the_time_that_a_replay_takes_is_said_and_kept(speed, clock, monkeypatch):
    said = []
    monkeypatch.setattr(recorded.live, "describe_progress", lambda progress: (said.append(progress), (0.5, ""))[1])
    page = opened()
    page.segmented_control(key="train_speed").set_value(speed).run()
    takes = seconds_of(RUNS["cnn"]) / recorded.SPEEDS[speed]
    assert duration(max(1.0, takes)) in page.button(key="train_replay").label
    pressed(page, "replay")
    assert said[-1].seconds_left == pytest.approx(takes)
    clock.now += takes / 2
    page.run()
    assert said[-1].seconds_left == pytest.approx(takes / 2)


def test_speed_divides_the_time_and_keeps_the_place(clock):
    slow, fast = Replay(speed=1).going_on(True, 1), Replay(speed=20).going_on(True, 20)
    clock.now += 3
    assert (slow.now(), fast.now()) == (3, 60)
    faster = slow.going_on(True, 20)
    assert faster.now() == 3
    clock.now += 1
    assert faster.now() == 23
    paused = faster.going_on(False, 20)
    clock.now += 100
    assert paused.now() == 23


def test_a_replay_pauses_goes_on_and_begins_again(clock, seen):
    page = pressed(opened(), "replay")
    clock.now += 3
    pressed(page, "pause")
    shown = seen[-1][1].state
    clock.now += 500
    page.run()
    assert seen[-1][1].state == shown
    pressed(page, "continue")
    assert seen[-1][1].state == shown
    clock.now += 500
    page.run()
    assert seen[-1][0] is Status.COMPLETED
    pressed(page, "replay")
    assert len(seen[-1][1].epochs) == 0


def test_a_replay_goes_on_while_another_page_is_visited(clock, seen):
    page = pressed(opened(), "replay")
    page.switch_page("pages/home.py").run()
    clock.now += 1000
    page.switch_page("pages/train.py").run()
    assert seen[-1][0] is Status.COMPLETED


def test_an_address_names_a_recorded_training_and_an_unknown_one_is_said():
    assert opened("overfitting").radio(key="train_recorded").value == "overfitting"
    page = open_address("pages/train.py", run="20260101T000000-cnn-abcd")
    assert len(page.warning) == 1
    assert page.radio(key="train_recorded").value in RUNS


def test_recorded_trainings_are_compared_and_no_others():
    page = open_address("pages/train.py", compare="lstm,diverging,20260101T000000-cnn-abcd")
    assert len(page.warning) == 1
    assert page.multiselect[0].value == ["lstm", "diverging"]
    assert len(page.multiselect[0].options) == len(RUNS)
    tables = [each.value for each in page.dataframe]
    assert all(list(table.columns) == ["what", "A", "B"] for table in tables)
    rates = next(table for table in tables if "Learning rate" in set(table["what"])).set_index("what")
    assert float(rates.loc["Learning rate", "B"]) == 1


def test_the_runs_of_the_owner_are_not_shown(monkeypatch):
    from genreclf.runs import queue

    monkeypatch.delenv(public.VARIABLE)
    own = queue.new_run("tfidf", paths.SAMPLE)
    monkeypatch.setenv(public.VARIABLE, "1")
    page = opened(own.id)
    assert {button.key for button in page.button if button.key.startswith("train")} == {"train_replay"}
    assert own.folder.name not in page_text(page).replace(f"“{own.id}”", "")
    assert "trains nothing" in page_text(page)


@pytest.mark.parametrize("name", RUNS)
def test_a_recorded_run_is_a_real_one_with_nothing_of_a_machine(name):
    run = RUNS[name]
    assert not run.damage()
    assert not run.problems()
    assert run.config.command.startswith(f"genreclf train {run.model} --data DIR")
    assert run.films.splits["train"] > run.films.splits["test"] > 0
    numbers = [value for event in run.events() for value in event.values() if isinstance(value, float)]
    assert all(map(math.isfinite, numbers))
    assert len(run.epochs()) == run.config.epochs or run.config.settings["patience"]
    for file in run.folder.iterdir():
        assert without_paths(file.read_text("utf-8")) == file.read_text("utf-8")


def judged(name: str) -> tuple[verdict.Verdict, curves.Facts]:
    run = RUNS[name]
    history = curves.History((name,), run.events())
    return verdict.judge(history, curves.loss_of(run.model, run.config.settings, 25)), history.facts


def test_each_recorded_run_shows_what_it_says():
    kinds = {name: judged(name)[0].kind for name in RUNS}
    assert kinds["overfitting"] is verdict.Kind.OVERFITTING
    assert kinds["diverging"] is verdict.Kind.DIVERGED
    cnn, lstm, report = (judged(name)[1] for name in ("cnn", "lstm", "report"))
    assert lstm.best_loss < cnn.best_loss < cnn.base_rate_loss < report.best_loss
