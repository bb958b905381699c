"""Runs side by side on the Train page: the choice and its address, the chart, the tables."""

import json

import pytest
from app_pages import page_text

from genreclf.evaluation.charts import curves as curve_charts
from genreclf.locks import hold_lock
from genreclf.runs import compare
from genreclf.runs.folder import Status

GOOD = {"test": {"bce": 0.2, "micro_f1": 0.5}}
BETTER = {"test": {"bce": 0.1, "micro_f1": 0.4}}


@pytest.fixture
def pair(make_run):
    """An LSTM and a CNN."""
    return (
        make_run(outcome=Status.COMPLETED, name="Words", metrics=GOOD, epochs=4),
        make_run("cnn", outcome=Status.COMPLETED, name="Pictures", metrics=BETTER, seed=3),
    )


def picker(page):
    return next(box for box in page.multiselect if box.label == "Runs to compare")


def address(*runs):
    return ",".join(run.id for run in runs)


def tables(page):
    """The rows of settings and scores by label."""
    return [frame.value.set_index("what") for frame in page.dataframe[-2:]]


def overlays(page):
    """The Plotly figures of the charts that compare."""
    return [json.loads(chart.proto.spec) for chart in page.get("plotly_chart") if "train-overlay" in chart.proto.id]


def test_a_single_run_is_not_compared(open_page, make_run):
    make_run(outcome=Status.COMPLETED)
    assert "Compare runs" not in page_text(open_page())
    make_run(outcome=Status.COMPLETED)
    page = open_page()
    assert "Compare runs" in page_text(page)
    assert "Choose two or more" in page_text(page)


def test_an_address_chooses_the_runs(open_page, pair):
    page = open_page(pair[0], compare=address(*pair))
    assert picker(page).value == [run.id for run in pair]
    settings, scores = tables(page)
    assert settings.loc["Model"].tolist() == ["LSTM", "CNN"]
    assert settings.loc["Seed"].tolist() == ["0", "3"]
    assert "Batch size" not in settings.index, "it is the same"
    assert scores.loc["Test BCE"].tolist() == ["0.2000", "★ 0.1000"]
    assert scores.loc["Test micro-F1"].tolist() == ["★ 0.5000", "0.4000"]
    [figure] = overlays(page)
    names = [trace["name"] for trace in figure["data"] if trace.get("showlegend")]
    assert names == ["A Words", "B Pictures"]
    labels = [note["text"] for note in figure["layout"]["annotations"]]
    assert sorted(labels) == ["<b>A</b>", "<b>B</b>", "base rates"]


def test_settings_that_are_the_same_are_shown_on_request(open_page, pair):
    page = open_page(compare=address(*pair))
    page.toggle(key="train-compare-everything").set_value(True).run()
    assert tables(page)[0].loc["Batch size"].tolist() == ["64", "64"]


def test_a_choice_is_written_to_the_address(open_page, pair):
    page = open_page()
    picker(page).set_value([pair[1].id, pair[0].id]).run()
    assert not page.exception
    assert page.query_params["compare"] == address(pair[1], pair[0])
    assert tables(page)[0].loc["Model"].tolist() == ["CNN", "LSTM"]
    picker(page).set_value([]).run()
    assert "compare" not in page.query_params
    assert "Choose two or more" in page_text(page)


def test_the_choice_follows_the_address(open_page, pair, make_run):
    third = make_run(outcome=Status.STOPPED)
    page = open_page(compare=address(*pair))
    picker(page).set_value([run.id for run in (*pair, third)]).run()
    page.query_params["compare"] = address(*pair)  # the way back
    page.run()
    assert picker(page).value == [run.id for run in pair]
    page.query_params["compare"] = address(third, pair[0], pair[1])  # and forward
    page.run()
    assert picker(page).value == [third.id, pair[0].id, pair[1].id]


def test_wrong_ids_in_the_address_are_ignored(open_page, pair):
    page = open_page(compare=f"gone,{pair[0].id},{pair[0].id},<b>,{pair[1].id}")
    assert picker(page).value == [run.id for run in pair]
    assert page.query_params["compare"] == address(*pair)


def test_a_new_name_keeps_the_choice(open_page, pair):
    from genreclf.runs.notes import write_notes

    page = open_page(compare=address(*pair))
    write_notes(pair[0], "Sentences")
    page.run()
    assert picker(page).value == [run.id for run in pair]
    assert "A Sentences" in [trace.get("name") for trace in overlays(page)[0]["data"]]


def test_other_metrics_and_the_training_films(open_page, pair):
    page = open_page(compare=address(*pair))
    lines = len(overlays(page)[0]["data"])
    page.toggle(key="train-compare-training").set_value(True).run()
    assert len(overlays(page)[0]["data"]) == lines + 2
    page.get_by_key("train-compare-metric").set_value("learning_rate").run()
    assert not page.exception
    [figure] = overlays(page)
    assert figure["layout"]["yaxis"]["title"]["text"] == "Learning rate"
    assert len(figure["data"]) == 2
    assert page.toggle(key="train-compare-training").disabled


def test_a_softmax_loss_gets_a_chart_of_its_own(open_page, pair, make_run):
    page = open_page(compare=address(*pair, make_run("lstm-small", outcome=Status.COMPLETED)))
    binary, categorical = overlays(page)
    assert binary["layout"]["yaxis"]["title"]["text"] == "Loss (binary cross-entropy)"
    assert categorical["layout"]["yaxis"]["title"]["text"] == "Loss (categorical cross-entropy)"
    assert "base rates" not in str(categorical["layout"]["annotations"])
    assert "different measures" in page_text(page)
    page.get_by_key("train-compare-metric").set_value("precision").run()
    assert len(overlays(page)) == 1, "precision can be compared whatever the loss"


def test_runs_without_an_epoch_are_named(open_page, pair, make_run, idle):
    waiting = make_run(done=0)
    page = open_page(pair[0], compare=address(pair[0], waiting))
    assert "Without a finished epoch: B." in page_text(page)
    assert "Not all runs have ended" in page_text(page)
    page = open_page(pair[0], compare=address(waiting, make_run("cnn", done=0)))
    assert "None of them has finished an epoch yet" in page_text(page)


def test_an_active_run_is_compared_too(open_page, pair, make_run):
    run = make_run()
    with hold_lock(run.lock_file):
        page = open_page(pair[0], compare=address(pair[0], run))
        assert len(overlays(page)) == 1


def test_a_name_is_not_read_as_markup(open_page, make_run):
    runs = [make_run(outcome=Status.COMPLETED, name=name) for name in ("<b>x</b>", "*y*")]
    [figure] = overlays(open_page(compare=address(*runs)))
    assert [trace["name"] for trace in figure["data"] if trace.get("showlegend")] == [
        "A &lt;b&gt;x&lt;/b&gt;", "B *y*",
    ]  # fmt: skip


def test_runs_of_one_model_differ_in_dash_and_shade():
    strokes = curve_charts.strokes(["cnn", "lstm", "cnn", "cnn"])
    assert strokes[0] == strokes[1], "the first of each model is drawn plainly"
    assert len(set(strokes)) == 3
    assert len(set(curve_charts.strokes(["cnn"] * 6))) == 6


def test_labels_are_spread_in_order():
    assert curve_charts.spread([1.0, 5.0], 1.0, 9.0) == [1.0, 5.0]
    assert curve_charts.spread([1.0, 1.0, 1.5], 1.0, 9.0) == [1.0, 2.0, 3.0]
    assert curve_charts.spread([2.0, 1.9], 0.5, 9.0) == [2.4, 1.9]
    assert curve_charts.spread([4.0, 4.5, 1.0], 1.0, 5.0) == [4.0, 5.0, 1.0]
    assert curve_charts.spread([4.8, 4.9, 5.0], 1.0, 5.0) == [3.0, 4.0, 5.0], "none leaves the chart"
    assert curve_charts.spread([], 1.0, 1.0) == []


def test_every_metric_has_a_label():
    assert set(compare.METRICS) <= set(curve_charts.METRIC_LABELS)
