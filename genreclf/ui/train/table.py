"""The table of all runs and its filters."""

from typing import Any

import pandas as pd
import streamlit as st

from genreclf.data.search import folded
from genreclf.models import model_label
from genreclf.runs.compare import Summary, summarise_all
from genreclf.runs.folder import Run, Status
from genreclf.ui import look
from genreclf.ui.train import actions, current_run, live

REFRESH = "10s"
FEW = 5  # runs that need no filters
_CLICK = "train-table-click"
_IDS = "train-table-ids"  # of the runs in the table on screen; newer runs may exist by the time of a click
_WORDS = "train-table-words"
_FILTERS = {"model": "Model", "status": "Status", "data": "Data set"}


def show(runs: list[Run], shown: Run | None) -> None:
    """The table; it refreshes every ten seconds, because a run may start elsewhere, and keeps its order and place."""
    active = any(run.status().is_active for run in runs)
    st.fragment(_table, run_every=REFRESH)(shown, active)


def _table(shown: Run | None, active: bool) -> None:
    click = st.session_state.get(_CLICK)
    if click is not None and click["row"] < len(st.session_state.get(_IDS, [])):
        current_run.show_run(st.session_state[_IDS][click["row"]])
        st.rerun()
    summaries = summarise_all(current_run.all_runs())
    found = _filtered(summaries) if len(summaries) > FEW else summaries
    st.session_state[_IDS] = [summary.run.id for summary in found]
    if found:
        _draw(pd.DataFrame([_row(summary, summary.run == shown) for summary in found]))
    else:
        st.markdown("No run matches these filters.")
    statuses = [summary.status for summary in summaries]
    if Status.QUEUED in statuses:  # the training run may have died while another run is shown
        live.start_waiting()
    if active != any(status.is_active for status in statuses) and not actions.dialog_is_open():
        st.rerun()


def _row(summary: Summary, is_shown: bool) -> dict[str, Any]:
    facts, scores = summary.facts, summary.scores.get("test", {})
    return {
        "show": ":material/visibility: shown" if is_shown else "Show",
        "name": summary.notes.name,
        "status": live.status_label(summary.status),
        "model": model_label(summary.model),
        "recipe": summary.recipe,
        "epochs": f"{facts.epochs:>4} of {summary.planned or '?'}",  # spaces, so that it can be sorted by
        "loss": facts.best_loss,
        **{score: scores.get(score) for score in ("bce", "micro_f1", "map")},
        "started": summary.created,
        "duration": pd.Timedelta(seconds=round(facts.seconds)) if facts.seconds else None,
        "data": summary.data,
        "note": " ".join(summary.notes.note.split()),
    }


def _draw(table: pd.DataFrame) -> None:
    config = st.column_config
    higher, lower = (f"From the final evaluation; {which} is better." for which in ("higher", "lower"))
    st.dataframe(
        table,
        key="train-table",
        hide_index=True,
        placeholder="",
        alt="All training runs, the newest first",
        column_config=look.widened(
            {
                "show": config.ButtonColumn("", key=_CLICK, type="tertiary", width=80),
                "name": config.TextColumn("Name", width=150) if table["name"].any() else None,
                "status": config.TextColumn("Status", width=110),
                "model": config.TextColumn("Model", width=100),
                "recipe": "Recipe",
                "epochs": config.TextColumn("Epochs", alignment="right", help="Finished epochs, out of those planned."),
                "loss": config.NumberColumn(
                    "Best val loss", format="%.4f", help="The small models have another kind of loss."
                ),
                "bce": config.NumberColumn("Test BCE", format="%.4f", help=lower),
                "micro_f1": config.NumberColumn("Test micro-F1", format="%.3f", help=higher),
                "map": config.NumberColumn("Test mAP", format="%.3f", help=higher),
                "started": config.DatetimeColumn("Started", format="D MMM, HH:mm", timezone=current_run.timezone().key),
                "duration": config.NumberColumn("Trained for", format="localized"),
                "data": "Data",
                "note": config.TextColumn("Note", width="medium") if table["note"].any() else None,
            }
        ),
    )


def _filtered(summaries: list[Summary]) -> list[Summary]:
    """The filters, and the runs that match them."""
    rows = [_row(summary, False) for summary in summaries]
    with st.grid(4, min_column_width=150):
        words = st.text_input(
            "Words", key=_WORDS, type="search", placeholder="In a name or note", persist_state="session",
            help="Runs with all of these words in their name, note or id; the beginning of a word is enough.",
        )  # fmt: skip
        chosen = {
            key: st.multiselect(
                label, sorted({row[key] for row in rows}), key=_key(key), placeholder="All", persist_state="session"
            )
            for key, label in _FILTERS.items()
        }
    found = [
        summary
        for summary, row in zip(summaries, rows, strict=True)
        if all(not values or row[key] in values for key, values in chosen.items()) and _has_words(summary, words or "")
    ]
    if not words and not any(chosen.values()):
        return found
    ended = [summary.run for summary in found if not summary.status.is_active]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(found)} of {len(summaries)} runs**", width="content")
        st.button("Clear the filters", type="tertiary", icon=":material/close:", key="train-table-clear",
                  on_click=_clear)  # fmt: skip
        if len(ended) > 1 and st.button(f"Delete these {len(ended)} ended runs", type="tertiary",
                                        icon=":material/delete:", key="train-table-delete"):  # fmt: skip
            actions.ask_to_delete(ended)
    return found


def _has_words(summary: Summary, words: str) -> bool:
    text = folded(f"{summary.title} {summary.notes.note} {model_label(summary.model)} {summary.run.id}")
    return all(f" {word}" in text for word in folded(words).split())


def _clear() -> None:
    st.session_state[_WORDS] = ""
    for key in _FILTERS:
        st.session_state[_key(key)] = []


def _key(name: str) -> str:
    return f"train-table-{name}"
