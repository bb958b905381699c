"""Train: choose a model and its settings, start a run, and watch it learn."""

import streamlit as st

from genreclf.errors import UserError
from genreclf.ui import text, train_form, train_live, train_runs

st.title("Train")
st.markdown(
    "Choose a model, start a training, and watch its curves grow. It runs in a process of its own: "
    "close this page and come back, it goes on."
)

train_runs.notices()
form, live = st.columns([2, 3], gap="large")
with form:
    st.subheader("A new run")
    try:
        train_form.show()
    except UserError as error:  # the runs there are can be seen all the same
        st.error(text.plain(str(error)), icon=":material/error:")

runs = train_runs.all_runs()
with live:
    st.subheader("Learning curves" if runs else "No run yet")
    run = train_runs.pick(runs)
    if run is None:
        st.markdown(
            "Here you would see a model learn: its loss, precision and recall after every batch, training beside "
            "validation. Press *Train*; the baseline TF-IDF takes seconds, the LSTM a few minutes. Until then, this is "
            "the CNN of the report that this app grew out of, on the IMDb set: it never does better than always "
            "answering with the base rates."
        )
        train_live.example()
    else:
        status = run.status()
        train_runs.actions(run, status)
        train_live.show(run, status)

if runs:
    st.subheader("All runs")
    active = any(run.status().is_active for run in runs)
    st.fragment(train_runs.table, run_every="10s" if active else None)(run)
