"""Train: choose a model and its settings, start a run, watch it learn, and compare runs."""

import streamlit as st

from genreclf.public import is_public
from genreclf.ui import frame
from genreclf.ui.train import actions, compare, current_run, form, live, recorded, table


def main() -> None:
    st.title("Train")
    if is_public():
        recorded.show()
        return
    actions.show_notice()
    actions.note_dialogs_closed()
    left, right = st.columns([2, 3], gap="medium")
    with left:
        form.show()

    runs = current_run.all_runs()
    names = current_run.labels(runs)
    actions.ask_pending(runs)
    with right:
        heading = st.container()
        row = st.container(horizontal=True, gap="small")
        with row:
            run = current_run.pick(runs, names)
        if run is None:
            heading.header("No run yet")
            live.example()
            st.caption(
                "Press *Train* and watch a model learn here: its loss, precision and recall, after every batch on the "
                "training films and after every epoch on the validation films. Training continues in the background, "
                "even when you close this page. Until then, the chart shows the CNN of report A, one of the coursework "
                "reports that this app grew out of: it never beats the base rates (how common each genre is, whatever "
                "the film)."
            )
        else:
            with heading:
                current_run.heading(run)
            status = run.status()
            actions.show_buttons(run, status, row)
            live.show(run, status)

    if runs:
        st.header("All runs")
        table.show(runs, run)
    actions.show_promoted()
    actions.show_damaged()
    compare.check(names)
    if len(runs) > 1:
        st.header("Compare runs")
        compare.show(runs, names)


frame.run(main)
