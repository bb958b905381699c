"""The live view of a run in every state, for one visitor and for many."""

import copy
import json
import time

import pytest
from app_pages import as_read, page_text
from streamlit.testing.v1 import AppTest

from genreclf import paths
from genreclf.genres import NUM_GENRES
from genreclf.locks import hold_lock
from genreclf.models import list_models
from genreclf.runs import curves
from genreclf.runs.folder import Run, Status
from genreclf.runs.records import Progress
from genreclf.runs.verdict import Kind
from genreclf.ui import streamlit_patches
from genreclf.ui.train import charts as train_charts
from genreclf.ui.train import live

CHARTS = ["train-loss", "train-precision", "train-recall", "train-learning_rate", "train-seconds"]


@pytest.fixture
def view(monkeypatch):
    """Shows the live view of a run and nothing else."""

    def script(folder: str) -> None:
        from pathlib import Path

        from genreclf.runs.folder import Run
        from genreclf.ui.train import live

        run = Run(Path(folder))
        if run.config:
            live.show(run, run.status())

    def show(run: Run) -> AppTest:
        page = AppTest.from_function(script, kwargs={"folder": str(run.folder)}, default_timeout=60).run()
        assert not page.exception
        return page

    return show


@pytest.fixture
def long_run(make_run):
    """A run of six epochs that overfits after the second; it has an accuracy."""

    def make(outcome: Status | None = None, reason: str = "", model: str = "cnn") -> Run:
        run = make_run(model, epochs=8, done=0)
        run.append("start", films=4700, val_films=500, base_rate_loss=0.3)
        for epoch, loss in enumerate([0.28, 0.25, 0.26, 0.27, 0.28, 0.29], 1):
            for step in range(1, 11):
                run.append("batch", epoch=epoch, step=step, steps=10, loss=0.5 / epoch, precision=0.4, recall=0.1,
                           accuracy=0.9)  # fmt: skip
            others = {"precision": 0.4, "recall": 0.2, "accuracy": 0.9}
            measured = {"val_loss": loss, "val_precision": 0.5, "val_recall": 0.5, "val_accuracy": 0.9}
            run.append("epoch", epoch=epoch, loss=0.5 / epoch, learning_rate=1e-3, seconds=10.0, **others, **measured)
        run.check_in("training", 30.0, epoch=7, epochs=8, step=3, steps=10, films_per_second=470.0, seconds_left=17.0)
        if outcome:
            run.finish(outcome, reason)
        return run

    return make


def charts(page: AppTest) -> dict[str, dict]:
    """The options of the charts by key, in their order."""
    drawn = [chart.proto for chart in page.get("echarts_chart")]
    return {proto.id.rsplit("-", 1)[-1].join(["train-", ""]): json.loads(proto.spec) for proto in drawn}


def test_a_running_run(view, long_run):
    run = long_run()
    with hold_lock(run.lock_file):
        page = view(run)
        text = page_text(page)
        assert "Running" in text
        assert "4,700 training films, 500 validation films" in text
        assert page.get("progress")[0].text == "Epoch 7 of 8 · batch 3 of 10 · 470 films per second · about 17 s left"
        assert "**Overfitting since epoch 2" in text
        assert ":material/call_split:" in text
        assert "Best so far: epoch 2 with a validation loss of 0.2500." in text
        assert "0.0500 better than the base rates" in text
        assert "from 0.2500 to 0.2800" in text
        assert "nothing is lost by stopping now" in text
        assert list(charts(page)) == CHARTS


def test_what_the_charts_show(view, long_run):
    drawn = charts(view(long_run(Status.COMPLETED)))
    training, validation, best, reference, to_beat = drawn["train-loss"]["series"]
    assert validation["data"] == [[1, 0.28], [2, 0.25], [3, 0.26], [4, 0.27], [5, 0.28], [6, 0.29]]
    assert training["data"][-1] == [6, pytest.approx(0.5 / 6, abs=1e-5)]
    assert best["data"] == [[2, 0.25]]
    assert reference["data"], "the report's own curve"
    assert to_beat["markLine"]["data"] == [{"yAxis": 0.3}]
    assert to_beat["markLine"]["label"]["formatter"] == "base rates"
    assert drawn["train-loss"]["yAxis"]["min"] <= 0.08
    assert drawn["train-precision"]["series"][1]["data"][0] == [1, 50]
    assert drawn["train-learning_rate"]["series"][0]["data"][0] == [1, 0.001]
    assert drawn["train-seconds"]["series"][0]["data"][0] == [1, 10, 470], "the tooltip shows the films per second"
    assert all(option["xAxis"]["name"] == "Epoch" and option["yAxis"]["name"] for option in drawn.values())


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("model", list_models())
def test_charts_have_the_same_parts_from_the_start(model, mode, monkeypatch, long_run):
    monkeypatch.setattr("genreclf.ui.look.mode", lambda: mode)
    context = train_charts.ChartContext(model, 8, 0.3)
    empty = train_charts.charts(curves.EMPTY_HISTORY, context)
    whole = train_charts.charts(curves.history(long_run(model=model).metrics_file), context)
    assert list(empty) == list(whole) == list(train_charts.HEIGHTS)
    for name in empty:
        before, after = empty[name].option, whole[name].option
        assert [series["type"] for series in before["series"]] == [series["type"] for series in after["series"]]
        assert before["grid"] == after["grid"]
        assert before["xAxis"] == after["xAxis"]
        json.dumps(after, allow_nan=False)


def test_a_growing_chart_keeps_its_id(view, long_run):
    """The browser would redraw a chart with a new id from scratch."""
    run = long_run()
    with hold_lock(run.lock_file):
        before = [chart.proto for chart in view(run).get("echarts_chart")]
        run.append("batch", epoch=7, step=3, steps=10, loss=0.07, precision=0.4, recall=0.1)
        after = [chart.proto for chart in view(run).get("echarts_chart")]
        assert [proto.id for proto in before] == [proto.id for proto in after]
        assert before[0].spec != after[0].spec


def test_curves_have_a_bounded_number_of_points(view, make_run):
    run = make_run("cnn", epochs=60, done=0)
    for epoch in range(1, 41):
        for step in range(1, 51):
            run.append("batch", epoch=epoch, step=step, steps=50, loss=0.5, precision=0.4, recall=0.1)
        run.append("epoch", epoch=epoch, loss=0.5, precision=0.4, recall=0.2, val_loss=0.3, val_precision=0.5,
                   val_recall=0.5, learning_rate=1e-3, seconds=50.0)  # fmt: skip
    drawn = train_charts.charts(curves.history(run.metrics_file), train_charts.ChartContext("cnn", 60))
    longest = max(len(series["data"]) for chart in drawn.values() for series in chart.option["series"])
    assert 100 < longest <= curves.MAX_POINTS
    assert sum(len(json.dumps(chart.option)) for chart in drawn.values()) < 60_000


def test_before_the_first_batch(view, make_run):
    run = make_run(done=0)
    run.check_in("preparing", step=3, steps=47)
    with hold_lock(run.lock_file):
        page = view(run)
        assert page.get("progress")[0].text == "Preparing the films: 3 of 47"
        assert list(charts(page)) == CHARTS
        assert "Too early to say" in page_text(page)


def test_the_first_batches_are_drawn(view, make_run):
    run = make_run(done=0)
    run.append("start", films=47, val_films=5, base_rate_loss=0.3)
    run.append("batch", epoch=1, step=1, steps=4, loss=0.7, precision=0.4, recall=0.1, accuracy=0.6)
    run.check_in("training", epoch=1, epochs=3, step=1, steps=4)
    with hold_lock(run.lock_file):
        assert charts(view(run))["train-loss"]["series"][0]["data"] == [[0.25, 0.7]]


def test_accuracy_is_behind_a_switch_and_called_misleading(view, long_run):
    page = view(long_run(Status.COMPLETED))
    assert "train-accuracy" not in charts(page)
    page.toggle(key="train-show-accuracy").set_value(True).run()
    assert not page.exception
    option = charts(page)["train-accuracy"]
    # precision and recall of 50 % and an accuracy of 90 %: a tenth of all labels are positive
    assert option["series"][0]["markLine"]["data"] == [{"yAxis": 90}]
    assert f"{NUM_GENRES / 10:.1f} of the {NUM_GENRES} genres on average" in page_text(page)
    assert "predicts no genre for any film scores 90\u00a0%" in page_text(page)


def test_a_run_without_accuracy_states_it(view, make_run):
    page = view(make_run(outcome=Status.COMPLETED))
    page.toggle(key="train-show-accuracy").set_value(True).run()
    assert "recorded no accuracy" in page_text(page)
    assert "train-accuracy" not in charts(page)


def test_an_accuracy_without_a_level_is_explained(view, make_run):
    run = make_run(done=0)
    run.append("batch", epoch=1, step=1, steps=4, loss=0.7, precision=0.4, recall=0.1, accuracy=0.6)
    run.check_in("training", epoch=1, epochs=3, step=1, steps=4)
    with hold_lock(run.lock_file):
        page = view(run)
        page.toggle(key="train-show-accuracy").set_value(True).run()
        assert "predicts no genre for any film is mostly right" in page_text(page)
        assert "train-accuracy" in charts(page)


def test_a_completed_run(view, long_run):
    text = page_text(view(long_run(Status.COMPLETED)))
    assert "Completed" in text
    assert "Best: epoch 2" in text
    assert "were kept" in text


def test_a_run_that_ended_early_states_the_reason(view, make_run):
    run = make_run("lstm", epochs=10, done=5, outcome=Status.COMPLETED)
    text = page_text(view(run))
    assert "after epoch 5 of 10" in text
    assert "3 epochs (early stopping)" in text


def test_a_failed_run(view, long_run):
    reason = "The loss stopped being a number in epoch 7; try a lower learning rate."
    page = view(long_run(Status.FAILED, reason))
    assert as_read(page.error[0].value).startswith(reason)
    assert "6 finished epochs" in page.error[0].value
    assert page.expander[0].label == "End of the training log"
    assert page.code[0].value == "The log is empty."
    assert "Best: epoch 2" in page_text(page)


def test_a_run_that_failed_at_once(view, make_run):
    page = view(make_run(done=0, outcome=Status.FAILED))
    assert "No epoch" in page.error[0].value
    assert not charts(page), "there is nothing to draw now or later"


def test_a_dead_run(view, long_run, make_run):
    error = view(long_run()).error[0].value
    assert "6 finished epochs" in error
    assert "*Resume* continues" in error
    run = make_run(done=0)
    run.check_in("preparing")
    error = view(run).error[0].value
    assert "No epoch" in error
    assert "*Resume* starts again" in error


def test_a_killed_trainer_shows_at_the_next_refresh(view, long_run):
    """No file changes: the released lock shows it."""
    run = long_run()
    with hold_lock(run.lock_file):
        page = view(run)
        assert "Running" in page_text(page)
    page.run()
    assert not page.exception
    assert "Died" in page_text(page)


def test_a_stalled_run(view, long_run):
    run = long_run()
    run.check_in("training", next_check_in=-60.0, epoch=7, epochs=8, step=3, steps=10)
    with hold_lock(run.lock_file):
        page = view(run)
        assert "Not responding" in page_text(page)
        assert "has not reported for" in page.warning[0].value
        assert page.get("progress")[0].text.startswith("Epoch 7 of 8")


def test_a_stopped_run(view, long_run, make_run):
    text = page_text(view(long_run(Status.STOPPED, "Stopped on request after 6 epochs.")))
    assert "Stopped on request after 6 epochs" in text
    assert "*Resume* continues" in text
    text = page_text(view(make_run(done=0, outcome=Status.STOPPED, reason="Stopped before it began.")))
    assert "queue" in text
    assert "No epoch" in text


def test_a_stopping_run(view, long_run):
    run = long_run()
    run.stop_file.touch()
    with hold_lock(run.lock_file):
        assert view(run).get("progress")[0].text == "Stopping after this batch…"


def test_a_queued_run(view, make_run, idle):
    first, second = make_run(done=0), make_run(done=0)
    page = view(second)
    assert "first in the queue" in page_text(page)
    assert "Next in line: LSTM" in page_text(page)
    assert list(charts(page)) == CHARTS
    assert "Too early" not in page_text(page)
    assert "device is free" in page_text(view(first))


def test_a_requeued_run(view, long_run, idle):
    run = long_run(Status.STOPPED, "Stopped on request.")
    run.requeue()
    text = page_text(view(run))
    assert "Queued" in text
    assert "continues after epoch 6" in text
    assert "epoch 2 with a validation loss" in text


def test_a_teacher_is_named_where_losses_are_compared(view, long_run):
    run = long_run(Status.COMPLETED)
    for teacher in ("", "poster"):
        config = json.loads(run.config_file.read_text())
        config["recipe"]["teacher"] = teacher
        run.config_file.write_text(json.dumps(config))
        if not teacher:
            assert "It learns from what" not in page_text(view(run))
    assert "From epoch 2 on, this model learns to imitate EfficientNet (its teacher)" in page_text(view(run))
    for weight, relation in ((0.5, "as well as the true genres"), (1, "instead of the true genres")):
        config["recipe"]["teacher_weight"] = weight
        config["recipe"].pop("teacher_epoch", None)  # an older run
        run.config_file.write_text(json.dumps(config))
        text = page_text(view(run))
        assert relation in text
        assert "This model learns to imitate EfficientNet (its teacher)" in text


def test_a_softmax_is_not_compared_with_base_rates(view, long_run):
    page = view(long_run(Status.COMPLETED, model="cnn-small"))
    assert "categorical cross-entropy" in page_text(page)
    assert "better than answering" not in page_text(page)
    loss = charts(page)["train-loss"]
    assert not any("markLine" in series for series in loss["series"])
    assert loss["yAxis"]["name"] == "Loss (categorical cross-entropy)"


def test_a_baseline_has_no_curve(view, make_run):
    run = make_run("tfidf", epochs=1, done=0)
    run.append("start", films=47, val_films=5, base_rate_loss=0.3)
    run.append("epoch", epoch=1, val_loss=0.25)
    run.finish(Status.COMPLETED, metrics={"val": {"bce": 0.25, "map": 0.4}, "test": {"bce": 0.26}})
    page = view(run)
    assert "no curve to watch" in page_text(page)
    assert "0.0500 better" in page_text(page)
    assert not charts(page)
    assert page.dataframe[0].value["split"].tolist() == ["Validation", "Test"]


@pytest.mark.parametrize("damage", ["metrics.jsonl", "progress.json", "exit.json", "lock", "train.log"])
@pytest.mark.parametrize("left", [None, "{", "[]", "\x00\xff"])
def test_a_half_deleted_or_damaged_folder_is_still_shown(view, long_run, damage, left, idle):
    run = long_run(Status.COMPLETED)
    file = run.folder / damage
    file.unlink(missing_ok=True)
    if left is not None:
        file.write_bytes(left.encode("latin-1"))
    assert page_text(view(run))


def test_damaged_settings_are_still_shown(view, long_run):
    run = long_run(Status.COMPLETED)
    for recipe in (None, [], {"epochs": "many"}, {}):
        run.config_file.write_text(json.dumps({"model": "cnn", "created": run.created.isoformat(), "recipe": recipe}))
        assert "Completed" in page_text(view(run))


def test_damaged_metrics_are_still_shown(view, long_run):
    run = long_run(Status.FAILED, "No <b>luck</b> *here*.")
    with run.metrics_file.open("a") as stream:
        stream.write(
            '{"event": "epoch", "epoch": 7, "loss": NaN, "val_loss": null}\n{"event": "batch"}\n{"event": "epo'
        )
    run.exit_file.write_text(json.dumps({"outcome": "failed", "reason": 3, "metrics": {"val": None, "test": []}}))
    page = view(run)
    assert "7 finished epochs" in page_text(page)
    assert not page.dataframe


def test_progress_that_makes_no_sense(view, long_run):
    run = long_run()
    for progress in ({"phase": "training", "epoch": "x", "step": None, "steps": -1, "updated": time.time()},
                     {"phase": 3, "updated": time.time()}):  # fmt: skip
        run.progress_file.write_text(json.dumps(progress))
        with hold_lock(run.lock_file):
            assert 0 <= view(run).get("progress")[0].value <= 100


def test_a_run_deleted_while_it_is_shown(view, long_run):
    run = long_run(Status.COMPLETED)
    page = view(run)
    run.config_file.unlink()
    page.run()
    assert not page.exception
    assert not charts(page)


def test_without_a_run_the_losses_to_beat_are_shown(monkeypatch):
    def script() -> None:
        from genreclf.ui.train import live

        live.example()

    page = AppTest.from_function(script, default_timeout=60).run()
    assert not page.exception
    (option,) = charts(page).values()
    assert len(option["series"][3]["data"]) == 40
    assert not option["legend"]["data"], "it would name curves that are not drawn"


@pytest.mark.parametrize(
    ("progress", "share", "text"),
    [
        ({}, 0, "Starting…"),
        ({"phase": "starting"}, 0, "Starting…"),
        ({"phase": "evaluating", "step": 5, "steps": 10}, 0.5, "Final evaluation: 5 of 10"),
        ({"phase": "teacher", "step": 1, "steps": 4}, 0.25, "The teacher predicts the training films: 1 of 4"),
        ({"phase": "training", "epoch": 1, "epochs": 4, "step": 0}, 0,
         "Building the model; the first batch takes longest…"),
        ({"phase": "training", "epoch": 2, "epochs": 4, "step": 1, "steps": 2, "seconds_left": 0}, 0.375,
         "Epoch 2 of 4 · batch 1 of 2 · about 0 s left"),
        ({"phase": "training", "epoch": 4, "epochs": 4, "step": 9, "steps": 9}, 1, "Epoch 4 of 4 · validating"),
    ],
)  # fmt: skip
def test_progress_is_described(progress, share, text):
    assert live.describe_progress(Progress(**progress)) == (pytest.approx(share), text)


def test_a_refresh_of_an_unchanged_run_computes_nothing(view, long_run, monkeypatch):
    run = long_run()
    with hold_lock(run.lock_file):
        first = charts(view(run))
        for name in ("training_curve", "by_epoch", "facts"):
            monkeypatch.setattr(curves, name, lambda *_: pytest.fail("worked out again"))
        monkeypatch.setattr(train_charts, "_series", lambda *_, **__: pytest.fail("drawn again"))
        assert charts(view(run)) == first


def test_shared_charts_are_not_changed_by_showing_them(view, long_run):
    run = long_run(Status.COMPLETED)
    history = curves.history(run.metrics_file)
    context = train_charts.ChartContext("cnn", 6, 0.3)
    shared = train_charts.charts(history, context)
    before = copy.deepcopy({name: chart.option for name, chart in shared.items()})
    view(run)
    view(run)
    assert train_charts.charts(curves.history(run.metrics_file), context) is shared
    assert {name: chart.option for name, chart in shared.items()} == before


def test_a_loss_that_blew_up_leaves_the_chart_and_is_called_diverged(view, make_run):
    run = make_run("cnn", epochs=4, done=0)
    run.append("start", films=4700, val_films=500, base_rate_loss=0.3)
    for epoch, loss in enumerate([0.3, 0.25, 900.0, 1290.0, 84058.0], 1):
        run.append("epoch", epoch=epoch, loss=loss, val_loss=loss)
    run.finish(Status.COMPLETED)
    page = view(run)
    assert "Diverged" in page_text(page)
    assert ":material/trending_up:" in page_text(page)
    assert charts(page)["train-loss"]["yAxis"]["max"] <= 6


def test_every_verdict_has_an_icon():
    assert set(live._VERDICTS) == set(Kind)


def test_axes_end_on_round_numbers():
    assert train_charts.axis_around([0.2, 0.347]) == {"min": 0.2, "max": 0.35, "interval": 0.05}
    assert train_charts.axis_around([89.4, 91.0], most=100) == {"min": 89, "max": 91, "interval": 0.5}
    assert train_charts.axis_around([0.3, float("nan")])["interval"] > 0
    assert train_charts.axis_around([0.0])["max"] >= train_charts.axis_around([0.0])["min"]
    assert train_charts.axis_around([99.9, 99.0], most=100)["max"] <= 100
    assert train_charts.axis_around([]) == {}


def test_modules_are_frozen_once_and_again_after_many_imports(monkeypatch):
    frozen = []
    monkeypatch.setattr(streamlit_patches.gc, "freeze", lambda: frozen.append(True))
    monkeypatch.setattr(streamlit_patches, "_excluded_modules", 0)
    streamlit_patches.spare_modules()
    streamlit_patches.spare_modules()
    assert len(frozen) == 1
    monkeypatch.setattr(
        streamlit_patches, "_excluded_modules", streamlit_patches._excluded_modules - streamlit_patches.NEW_MODULES
    )
    streamlit_patches.spare_modules()
    assert len(frozen) == 2


def test_the_report_is_not_drawn_over_the_sample(view, long_run):
    run = long_run(Status.COMPLETED)
    run.config_file.write_text(json.dumps({**run.config.as_dict(), "data": str(paths.SAMPLE)}))
    assert charts(view(run))["train-loss"]["series"][3]["data"] == []
