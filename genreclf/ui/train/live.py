"""The live view of a run: its progress, its curves so far, and a verdict on them."""

import math
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from genreclf import paths
from genreclf.errors import UserError
from genreclf.evaluation.metrics import METRICS, NAMES
from genreclf.files import as_object
from genreclf.genres import NUM_GENRES
from genreclf.models import ModelSpec, get_spec, model_label
from genreclf.runs import curves
from genreclf.runs.folder import Run, Status
from genreclf.runs.verdict import Kind, Verdict, judge
from genreclf.ui import text
from genreclf.ui.train import charts as train_charts
from genreclf.ui.train import dialogs, run_status
from genreclf.units import percent
from genreclf.weights.folder import find_weights

REFRESH = "2s"
LOG_LINES = 40
_MEASURED = ("bce", "micro_f1", "macro_f1", "map", "top1")

_VERDICTS = {  # an icon and its colour
    Kind.TOO_EARLY: ("hourglass_top", "gray"),
    Kind.LEARNING: ("trending_down", "blue"),
    Kind.CONVERGED: ("trending_flat", "green"),
    Kind.OVERFITTING: ("call_split", "orange"),
    Kind.UNSTABLE: ("ssid_chart", "orange"),
}


def show(run: Run, status: Status) -> None:
    """Show a run; while it is active the view refreshes every two seconds and starts the next run in the queue."""
    st.fragment(_view, run_every=REFRESH if status.is_active else None)(run, status)


def example() -> None:
    """The chart to expect, with the losses to beat, before there is any run."""
    to_beat = None
    with suppress(UserError):  # damaged weights: the chart does without the line
        if prior := find_weights("prior"):  # fitted on the set that the report's curve is from
            to_beat = prior.card["metrics"]["val"]["bce"]
    setting = train_charts.Setting("cnn", 40, to_beat)
    train_charts.show(train_charts.charts(curves.NOTHING, setting)["loss"])


def _view(run: Run, shown_status: Status) -> None:
    """One refresh; the metrics are read only when they have grown, once for all visitors."""
    status, config, ended = run.status(), run.config, run.exit
    if (status != shown_status or not config) and not dialogs.is_open():
        st.rerun()  # its buttons stand outside this fragment; or it was deleted
    if not config:
        return
    history, recipe = curves.history(run.metrics_file), as_object(config.get("recipe"))
    run_status.show(run, status, history.facts, recipe, ended)
    spec = get_spec(config["model"])
    if spec.is_baseline:
        _baseline(spec, history)
    else:
        _curves(spec, config, recipe, status, history)
    _measured(ended)
    if status in (Status.FAILED, Status.DIED):
        _log(run)
    if status is Status.QUEUED:
        run_status.start_waiting()
        if run.status() is not Status.QUEUED and not dialogs.is_open():
            st.rerun()


def _baseline(spec: ModelSpec, history: curves.History) -> None:
    st.caption("A baseline is fitted in one step: there is no curve to watch.")
    if spec.name != "prior" and history.facts.best_loss is not None:
        _, *beside = judge(history).figures
        st.markdown(" ".join([f"Its validation loss is **{history.facts.best_loss:.4f}**.", *beside]))


def _curves(
    spec: ModelSpec, config: dict[str, Any], recipe: dict[str, Any], status: Status, history: curves.History
) -> None:
    """The charts and the verdict on them."""
    known, comparable = history.facts, curves.comparable_with_base_rates(config)
    planned, reached = recipe.get("epochs"), known.epochs
    if not history.training.empty:
        reached = math.ceil(history.training["epoch"].iloc[-1])
    room = planned if status.is_active and isinstance(planned, int) else 1
    setting = train_charts.Setting(
        model=spec.name,
        epochs=max(room, reached),
        base_rate_loss=known.base_rate_loss if comparable else None,
        with_report=Path(str(config.get("data"))) != paths.SAMPLE,
    )
    charts = train_charts.charts(history, setting)
    train_charts.show(charts["loss"])
    if known.epochs or status is not Status.QUEUED:
        _verdict(judge(history, comparable, status.is_active))
    if spec.softmax:
        st.caption(
            "This model divides 100 % among the genres (softmax), and its loss is categorical cross-entropy. It "
            "cannot be compared with the base rates' binary cross-entropy; the scores of the final evaluation can."
        )
    if recipe.get("teacher"):
        teacher = text.plain(model_label(str(recipe["teacher"])))
        st.caption(
            f"This model also learns to imitate {teacher} (its teacher), so its training and validation losses cannot "
            "be compared: only the validation loss counts the true genres alone."
        )
    train_charts.show(charts["precision"], charts["recall"])
    train_charts.show(charts["learning_rate"], charts["seconds"])
    if st.toggle("Show accuracy, which misleads here", key="train-show-accuracy"):
        _accuracy(charts["accuracy"], history)


def _verdict(verdict: Verdict) -> None:
    """The verdict with its figures; the colour never stands alone."""
    icon, colour = _VERDICTS[verdict.kind]
    if verdict.kind is Kind.CONVERGED and verdict.beats_base_rates is False:
        colour = "orange"
    words = f":{colour}[:material/{icon}:] **{verdict.headline}.** {' '.join(verdict.figures)}"
    with st.container(border=True, key="train-verdict"):
        st.markdown(f"{words}\n\n:material/arrow_forward: {verdict.next_step}" if verdict.next_step else words)


def _accuracy(chart: train_charts.Chart, history: curves.History) -> None:
    """The score that many look at first, and why it misleads."""
    nothing = curves.accuracy_of_nothing(history.epochs)
    if history.training["accuracy"].isna().all() and len(history.training):
        st.caption("This run recorded no accuracy; newer ones do.")
        return
    if nothing is None:
        scores = (
            f"A film has few of the {NUM_GENRES} genres, so a model that predicts no genre for any film is mostly right"
        )
    else:
        genres = f"{NUM_GENRES * (1 - nothing):.1f} of the {NUM_GENRES} genres"
        scores = (
            f"A film has {genres} on average, so a model that predicts no genre for any film scores {percent(nothing)}"
        )
        scores += " (dotted line)"
    st.caption(
        f":material/warning: {scores} without having learned anything. Trust loss, precision and recall instead."
    )
    train_charts.show(chart)


def _measured(ended: dict[str, Any]) -> None:
    """The scores of the best weights, if the run got that far."""
    measured = {split: figures for split, figures in as_object(ended.get("metrics")).items() if as_object(figures)}
    if not measured:
        return
    st.markdown("**Final evaluation** of the best epoch's weights, with calibrated probabilities:")
    rows = [{"split": split} | {key: figures.get(key) for key in _MEASURED} for split, figures in measured.items()]
    columns = {key: st.column_config.NumberColumn(NAMES[key], format="%.3f", help=METRICS[key]) for key in _MEASURED}
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="train-measured", alt="Scores on validation and test films",
                 column_config={"split": "Films", **columns})  # fmt: skip


def _log(run: Run) -> None:
    with st.expander("End of the training log", icon=":material/description:"):
        try:
            lines = run.log_file.read_text("utf-8", errors="replace").splitlines()[-LOG_LINES:]
        except OSError:
            lines = []
        st.code("\n".join(lines) or "The log is empty.", language=None, wrap_lines=True)
