"""The panel that gets the full set: it starts a process of its own and watches the files it writes."""

import streamlit as st

from genreclf.data.fetch import fetch_job
from genreclf.data.fetch.fetch_job import FetchStatus, State
from genreclf.errors import UserError
from genreclf.ui.data import choose_source, current_source

_STAGES = {
    "start": "Starting",
    "check": "Looking at what is already here",
    "table": "Fetching the table",
    "posters": "Fetching the posters",
    "extract": "Unpacking the posters",
}

_WATCHED = "fetch_watched"


def fetch_panel() -> None:
    """Offer the full set where it is missing; nothing where it is chosen already."""
    status = fetch_job.status()
    if status.state is State.RUNNING:
        st.session_state[_WATCHED] = True
        with st.container(border=True):
            st.markdown("**Getting the full set** · you can close the browser, it goes on")
            _watch()
        return
    if fetch_job.is_fetched():
        if current_source().key != fetch_job.KEY:
            with st.container(border=True, horizontal=True, vertical_alignment="center"):
                st.markdown(":material/check: The full set is here: 6,325 films with their posters.", width="stretch")
                st.button("Look at it", on_click=_choose_full_set, key="choose_full_set")
        return
    _offer(status)


def _offer(status: FetchStatus) -> None:
    again = status.state in (State.STOPPED, State.FAILED)
    watched = st.session_state.get(_WATCHED, False)  # only who saw it end needs its end in full view
    with st.expander("Get the full set: 6,325 films", icon=":material/download:", expanded=again and watched):
        st.markdown(
            "The posters and the table come from two public GitHub repositories, about 265 MB, and are checked file by "
            "file. It takes a few minutes, needs the internet, and goes on when you close the browser."
        )
        if status.state is State.FAILED:
            st.error(status.reason, icon=":material/error:")
        elif status.state is State.STOPPED:
            st.info("The fetch was stopped. It goes on from there: what was fetched is kept.", icon=":material/pause:")
        if st.button("Go on" if again else "Get it", type="primary", icon=":material/download:", key="fetch_start"):
            try:
                fetch_job.start()
            except UserError as error:
                st.error(str(error), icon=":material/error:")
            else:
                st.rerun()


@st.fragment(run_every="2s")
def _watch() -> None:
    status = fetch_job.status()
    if status.state is not State.RUNNING:
        st.rerun()  # the whole app: the data picker offers the set now, or the panel says what went wrong
    words = "Stopping" if status.stopping else _STAGES.get(status.stage, status.stage)
    st.progress(status.share or 0.0, text=f"{words} {_amount(status)}")
    st.button("Stop", key="fetch_stop", icon=":material/stop:", on_click=fetch_job.stop, disabled=status.stopping)


def _amount(status: FetchStatus) -> str:
    if not status.done:
        return "…"
    if status.unit == "bytes":
        total = f" of {status.total / 1e6:,.0f}" if status.total else ""
        return f"· {status.done / 1e6:,.0f}{total} MB"
    return f"· {status.done:,}" + (f" of {status.total:,}" if status.total else "")


def _choose_full_set() -> None:
    choose_source(fetch_job.KEY)
