"""The live view of a run: its status and progress, its curves so far, and a verdict on them."""

import math
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd
import streamlit as st

from genreclf import paths
from genreclf.data.corrections import card_sentence
from genreclf.data.twins import leak_sentences
from genreclf.errors import UserError
from genreclf.evaluation.metrics import METRICS, NAMES
from genreclf.evaluation.wording import SPLITS
from genreclf.files import open_regular
from genreclf.genres import NUM_GENRES
from genreclf.models import ModelSpec, get_spec, model_label
from genreclf.runs import curves, queue
from genreclf.runs.curves import Facts, History, Loss
from genreclf.runs.folder import Run, Status
from genreclf.runs.records import MISSING, Config, Exit, Progress
from genreclf.runs.verdict import Kind, Verdict, judge
from genreclf.ui import text
from genreclf.ui.train import actions, charts
from genreclf.units import duration, percent
from genreclf.weights.folder import find_weights

REFRESH = "2s"
_SAMPLE = (paths.SAMPLE, Path(paths.SAMPLE.name))  # the second in recorded runs
LOG_LINES, LOG_BYTES = 40, 40_000
_MEASURED = ("bce", "micro_f1", "macro_f1", "map", "top1")
_BADGES: dict[Status, tuple[str, str, Any]] = {  # a label, an icon and its colour
    Status.QUEUED: ("Queued", "schedule", "gray"),
    Status.RUNNING: ("Running", "play_circle", "blue"),
    Status.STALLED: ("Not responding", "hourglass_disabled", "orange"),
    Status.COMPLETED: ("Completed", "check_circle", "green"),
    Status.STOPPED: ("Stopped", "stop_circle", "gray"),
    Status.FAILED: ("Failed", "error", "red"),
    Status.DIED: ("Died", "power_off", "red"),
}
_PHASES = {
    "starting": "Starting",
    "preparing": "Preparing the films",
    "teacher": "The teacher predicts the training films",
    "evaluating": "Final evaluation",
}
_VERDICTS = {  # an icon and its colour
    Kind.TOO_EARLY: ("hourglass_top", "gray"),
    Kind.LEARNING: ("trending_down", "blue"),
    Kind.CONVERGED: ("trending_flat", "green"),
    Kind.OVERFITTING: ("call_split", "orange"),
    Kind.UNSTABLE: ("ssid_chart", "orange"),
    Kind.BASE_RATES: ("horizontal_rule", "orange"),
    Kind.DIVERGED: ("trending_up", "red"),
}


def show(run: Run, status: Status) -> None:
    """Show a run; while it is active the view refreshes every two seconds and starts the next run in the queue."""
    st.fragment(_view, run_every=REFRESH if status.is_active else None)(run, status)


def example() -> None:
    """An example of the loss chart, shown before there is any run."""
    to_beat = None
    with suppress(UserError):  # damaged weights: the chart omits the line
        if prior := find_weights("prior"):  # fitted on the set of the report's curve
            to_beat = prior.card["metrics"].get("val", {}).get("bce")
    charts.show(charts.charts(curves.EMPTY_HISTORY, charts.ChartContext("cnn", 40, to_beat, is_example=True))["loss"])


def status_label(status: Status) -> str:
    """The name of a status on screen."""
    return _BADGES[status][0]


def start_waiting() -> None:
    """Start the oldest waiting run if no other trains; any open page does this."""
    _start_waiting(str(paths.home()))


@st.cache_data(ttl=1, show_spinner=False)  # once per second is enough, however many pages are open
def _start_waiting(home: str) -> None:
    queue.start_next()


def _view(run: Run, shown_status: Status) -> None:
    """One refresh; the metrics are read only when they have grown, once for all visitors."""
    status, config, ended = run.status(), run.config, run.exit
    if (status != shown_status or not config) and not actions.dialog_is_open():
        st.rerun()  # the buttons are outside this fragment, or the run was deleted
    if not config:
        return
    history, spec = curves.history(run.metrics_file), get_spec(config.model)
    _show_status(run, status, history.facts, config, ended)
    if problems := run.problems():
        st.warning(text.plain(f"Left out because it is damaged: {'; '.join(problems)}."), icon=":material/warning:")
    if spec.is_baseline:
        _show_baseline(spec, history)
    else:
        show_curves(spec, config, status, history)
    show_scores(run, ended.metrics)
    if status in (Status.FAILED, Status.DIED):
        _show_log(run)
    if status is Status.QUEUED:
        start_waiting()
        if run.status() is not Status.QUEUED and not actions.dialog_is_open():
            st.rerun()


def _show_status(run: Run, status: Status, facts: Facts, config: Config, ended: Exit) -> None:
    """The status as a badge, a progress bar and sentences."""
    label, icon, colour = _BADGES[status]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(label, icon=f":material/{icon}:", color=colour)
        if facts.films:
            st.caption(f"{facts.films:,} training films, {facts.val_films or 0:,} validation films")
    reason = text.plain(ended.reason)
    kept = f"The {facts.epochs} finished epochs are kept." if facts.epochs > 1 else "The finished epoch is kept."
    kept = kept if facts.epochs else "No epoch was finished."
    if status is Status.QUEUED:
        then = f"Then it continues after epoch {facts.epochs}." if facts.epochs else ""
        st.markdown(f"{describe_queue(run)} {then}".strip())
    elif status.is_active:
        progress = run.progress
        share, sentence = describe_progress(progress)
        st.progress(share, "Stopping after this batch…" if run.stop_file.exists() else sentence)
        if status is Status.STALLED:
            silent = duration(max(0.0, time.time() - progress.updated))
            st.warning(f"The training process is alive but has not reported for {silent}. The machine may be asleep or "
                       "short of memory; wait, or stop the run.", icon=":material/hourglass_disabled:")  # fmt: skip
    elif status is Status.FAILED:
        st.error(f"{reason or 'The training failed; its log is below.'} {kept}", icon=":material/error:")
    elif status is Status.DIED:
        then = "continues from there" if facts.epochs else "starts again"
        why = "The training process was killed, or the machine went down."
        if ended.damage != MISSING:
            why = f"How the training ended is unknown, because exit.json cannot be read ({text.plain(ended.damage)})."
        st.error(f"{why} {kept} *Resume* {then}.",
                 icon=":material/power_off:")  # fmt: skip
    else:
        st.markdown(" ".join([reason, *_outcome(status, facts, config)]).strip())


def describe_progress(progress: Progress) -> tuple[float, str]:
    """The progress of a training as a share in 0..1 and in words."""
    step, steps, left = progress.step, progress.steps, progress.seconds_left
    part = min(1.0, step / steps) if steps else 0.0
    if progress.phase != "training":
        phase = _PHASES.get(progress.phase, "Starting")
        return part, f"{phase}: {step:,} of {steps:,}" if steps else f"{phase}…"
    if not step and not left:
        return 0.0, "Building the model; the first batch takes longest…"
    epoch, epochs = progress.epoch or 1, progress.epochs or 1
    done = [f"Epoch {epoch} of {epochs}"]
    done.append("validating" if part == 1 else f"batch {step:,} of {steps or '?'}")
    if progress.films_per_second:
        done.append(f"{progress.films_per_second:,.0f} films per second")
    if left is not None:
        done.append(f"about {duration(left)} left")
    return min(1.0, (epoch - 1 + part) / epochs), " · ".join(done)


def describe_queue(run: Run) -> str:
    """What a waiting run waits for, in words."""
    return _queue(str(run.folder))


@st.cache_data(ttl=1, max_entries=100, show_spinner=False)  # it reads all runs, for all visitors
def _queue(folder: str) -> str:
    before = queue.waits_for(Run(Path(folder)))
    if not before:
        return "It starts as soon as the device is free: within seconds, unless another training runs."
    place = "first" if len(before) == 1 else f"number {len(before)}"
    first = "Training now" if before[0].is_locked() else "Next in line"
    return f"It is {place} in the queue and starts automatically. {first}: {model_label(before[0].model)}."


def _outcome(status: Status, facts: Facts, config: Config) -> list[str]:
    """Sentences about a run that completed or was stopped."""
    sentences, planned, patience = [], config.epochs, config.settings.get("patience")
    if facts.seconds:
        sentences.append(f"Trained for {duration(facts.seconds)}.")
    if facts.best_epoch and patience and planned and facts.epochs < planned and status is Status.COMPLETED:
        why = f"no improvement in {patience} epochs (early stopping)"
        sentences.append(f"It ended after epoch {facts.epochs} of {planned}: {why}.")
    if status is Status.STOPPED:
        sentences.append("*Resume* continues from there." if facts.epochs else "*Resume* puts it back into the queue.")
    return sentences


def _show_baseline(spec: ModelSpec, history: History) -> None:
    st.caption("A baseline is fitted in one step: there is no curve to watch.")
    if spec.name != "prior" and history.facts.best_loss is not None:
        _, *others = judge(history).evidence
        st.markdown(" ".join([f"Its validation loss is **{history.facts.best_loss:.4f}**.", *others]))


def show_curves(spec: ModelSpec, config: Config, status: Status, history: History, with_advice: bool = True) -> None:
    """Draw the charts and the verdict on them, ``with_advice`` on what to do next."""
    facts = history.facts
    loss = curves.loss_of(config.model, config.settings, facts.genres)
    if not status.is_active and history.training.empty:  # nothing to draw now or later
        _show_verdict(judge(history, loss))
        return
    reached = facts.epochs
    if not history.training.empty:
        reached = math.ceil(history.training["epoch"].iloc[-1])
    context = charts.ChartContext(
        model=spec.name,
        epochs=max(config.epochs or 1 if status.is_active else 1, reached),
        base_rate_loss=facts.base_rate_loss if loss.comparable else None,
        with_report=config.data not in _SAMPLE and facts.genres == NUM_GENRES,
    )
    drawn = charts.charts(history, context)
    charts.show(drawn["loss"])
    if facts.epochs or status is not Status.QUEUED:
        _show_verdict(_verdict(history.state, loss, status.is_active, history), with_advice)
    if spec.softmax:
        st.caption(
            "This model divides 100 % among the genres (softmax), and its loss is categorical cross-entropy. It "
            "cannot be compared with the base rates' binary cross-entropy; the scores of the final evaluation can."
        )
    if name := config.settings.get("teacher"):
        teacher, joins = text.plain(model_label(name)), min(config.settings.get("teacher_epoch", 1), config.epochs or 1)
        learner = f"From epoch {joins} on, this model" if joins > 1 else "This model"
        instead = "instead of" if config.settings.get("teacher_weight") == 1 else "as well as"
        st.caption(
            f"{learner} learns to imitate {teacher} (its teacher) {instead} the true genres, so its training and "
            "validation losses cannot be compared: only the validation loss measures the true genres alone."
        )
    charts.show(drawn["precision"], drawn["recall"])
    charts.show(drawn["learning_rate"], drawn["seconds"])
    if st.toggle("Show accuracy, which misleads here", key="train-show-accuracy", persist_state="session"):
        _show_accuracy(drawn["accuracy"], history)


@st.cache_resource(max_entries=30, show_spinner=False)
def _verdict(state: tuple, loss: Loss, active: bool, _history: History) -> Verdict:
    """The verdict on a run in its present state, for all visitors."""
    return judge(_history, loss, active)


def _show_verdict(verdict: Verdict, with_advice: bool = True) -> None:
    """The verdict with the numbers behind it; its icon means the same as its colour."""
    icon, colour = _VERDICTS[verdict.kind]
    if verdict.kind is Kind.CONVERGED and verdict.beats_base_rates is False:
        colour = "orange"
    sentences = f":{colour}[:material/{icon}:] **{verdict.headline}.** {' '.join(verdict.evidence)}"
    next_step = f"\n\n:material/arrow_forward: {verdict.next_step}" if verdict.next_step and with_advice else ""
    with st.container(border=True, key="train-verdict"):
        st.markdown(sentences + next_step)


def _show_accuracy(chart: charts.Chart, history: History) -> None:
    """The accuracy, and why it misleads."""
    if history.training["accuracy"].isna().all() and len(history.training):
        st.caption("This run recorded no accuracy; newer ones do.")
        return
    nothing = curves.trivial_accuracy(history.epochs)
    count = history.facts.genres
    genres, score = f"few of the {count} genres", "is mostly right"
    if nothing is not None:
        genres = f"{count * (1 - nothing):.1f} of the {count} genres on average"
        score = f"scores {percent(nothing)} (dotted line)"
    st.caption(
        f":material/warning: A film has {genres}, so a model that predicts no genre for any film {score} without "
        "having learned anything. Trust loss, precision and recall instead."
    )
    charts.show(chart)


def show_scores(
    run: Run, metrics: dict[str, dict[str, float]], others: Mapping[str, dict[str, float]] = MappingProxyType({})
) -> None:
    """Draw the scores of the best weights, if the run got that far, and below them those of others by their names."""
    scores = {split: found for split, found in metrics.items() if found}
    if not scores:
        return
    st.markdown("**Final evaluation** of the best epoch's weights, with calibrated probabilities:")
    rows = [
        {"split": SPLITS.get(split, split)} | {key: found.get(key) for key in _MEASURED}
        for split, found in (scores | dict(others)).items()
    ]
    columns = {key: st.column_config.NumberColumn(NAMES[key], format="%.3f", help=METRICS[key]) for key in _MEASURED}
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="train-measured", alt="Scores on validation and test films",
                 column_config={"split": "Films", **columns})  # fmt: skip
    for sentence in leak_sentences(run.films.leaks, run.films.splits):
        st.caption(f":material/content_copy: {sentence}")
    if corrected := card_sentence(run.films.corrections):
        st.caption(f":material/edit_note: {corrected}")


def _show_log(run: Run) -> None:
    with st.expander("End of the training log", icon=":material/description:"):
        lines = []
        with suppress(OSError), open_regular(run.log_file) as stream:
            stream.seek(max(0, run.log_file.stat().st_size - LOG_BYTES))
            lines = stream.read(LOG_BYTES).decode("utf-8", errors="replace").splitlines()[-LOG_LINES:]
        st.code("\n".join(lines) or "The log is empty.", language=None, wrap_lines=True)
