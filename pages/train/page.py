"""Train: choose a model and its settings, start a run, watch it learn, and hold runs against each other."""

import streamlit as st

from genreclf.ui.train import (
    actions,
    buttons,
    compare,
    current_run,
    dialogs,
    table,
)
from genreclf.ui.train import (
    form as train_form,
)
from genreclf.ui.train import (
    live as train_live,
)

st.title("Train")
st.markdown(
    "Choose a model, start a training, watch its curves grow, and hold your runs against each other. A training runs "
    "in a process of its own: close this page and come back, it goes on."
)

actions.notices()
dialogs.all_closed()
form, live = st.columns([2, 3], gap="large")
with form:
    st.subheader("A new run")
    train_form.show()

runs = current_run.all_runs()
names = current_run.labels(runs)
buttons.questions(runs)
with live:
    heading = st.container()
    run = current_run.pick(runs, names)
    if run is None:
        heading.subheader("No run yet")
        st.markdown(
            "Here you would see a model learn: its loss, precision and recall after every batch, training beside "
            "validation. Press *Train*; the baseline TF-IDF takes seconds, the LSTM a few minutes. Until then, this is "
            "the CNN of the report that this app grew out of, on the IMDb set: it never does better than always "
            "answering with the base rates."
        )
        train_live.example()
    else:
        with heading:
            current_run.heading(run)
        status = run.status()
        buttons.show(run, status)
        train_live.show(run, status)

if runs:
    st.subheader("All runs")
    table.show(runs, run)
buttons.damaged()
if len(runs) > 1:
    st.subheader("Compare runs")
    compare.show(runs, names)
