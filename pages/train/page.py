"""Train: choose a model and its settings, start a run, watch it learn, and hold runs against each other."""

import streamlit as st

from genreclf.ui import (
    train_actions,
    train_compare,
    train_deeds,
    train_dialogs,
    train_form,
    train_live,
    train_pick,
    train_table,
)

st.title("Train")
st.markdown(
    "Choose a model, start a training, watch its curves grow, and hold your runs against each other. A training runs "
    "in a process of its own: close this page and come back, it goes on."
)

train_deeds.notices()
train_dialogs.all_closed()
form, live = st.columns([2, 3], gap="large")
with form:
    st.subheader("A new run")
    train_form.show()

runs = train_pick.all_runs()
names = train_pick.labels(runs)
train_actions.questions(runs)
with live:
    heading = st.container()
    run = train_pick.pick(runs, names)
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
            train_pick.heading(run)
        status = run.status()
        train_actions.show(run, status)
        train_live.show(run, status)

if runs:
    st.subheader("All runs")
    train_table.show(runs, run)
train_actions.damaged()
if len(runs) > 1:
    st.subheader("Compare runs")
    train_compare.show(runs, names)
