"""The panel that downloads the full set: it starts a separate process and follows the files it writes."""

import streamlit as st

from genreclf.data.fetch import job
from genreclf.data.fetch.imdb import FetchProgress
from genreclf.data.fetch.job import FetchStatus, State
from genreclf.errors import UserError
from genreclf.public import is_public
from genreclf.ui import frame
from genreclf.ui.data import choose_source, current_source
from genreclf.ui.text import plain

_STAGES = {
    "start": "Starting",
    "check": "Checking the files already here",
    "table": "Downloading the table",
    "posters": "Downloading the posters",
    "extract": "Unpacking the posters",
}
_WATCHED = "fetch_watched"


def has_news() -> bool:
    """Whether the panel is to be seen at once: a download runs or has ended, and the set is not chosen yet."""
    return (
        not is_public()
        and current_source().key != job.KEY
        and (job.status().state is not State.NONE or job.is_fetched())
    )


def fetch_panel() -> None:
    """Offer the full set if it is missing; draw nothing if it is already chosen. In public, say why not."""
    if is_public():
        frame.show_at_home("Adding films or correcting their genres")
        return
    status = job.status()
    if status.state is State.RUNNING:
        st.session_state[_WATCHED] = True
        with st.container(border=True):
            st.markdown("**Downloading the full set** · it continues when you close the browser")
            _watch()
    elif not job.is_fetched():
        _offer(status)
    elif current_source().key != job.KEY:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(":material/check: The full set is here: 6,325 films with their posters.", width="stretch")
            st.button("Open it", on_click=choose_source, args=(job.KEY,), key="choose_full_set")


def _offer(status: FetchStatus) -> None:
    ended_early = status.state in (State.STOPPED, State.FAILED)
    watched = st.session_state.get(_WATCHED, False)  # only a visitor who saw it end needs the panel open
    with st.expander("Get the full set: 6,325 films", icon=":material/download:", expanded=ended_early and watched):
        st.markdown(
            "The posters and the table come from two public GitHub repositories, about 265 MB, and every file is "
            "checked. This takes a few minutes, needs the internet, and continues when you close the browser."
        )
        if status.state is State.FAILED:
            st.error(plain(status.reason), icon=":material/error:")
        elif status.state is State.STOPPED:
            st.info("The download was stopped. It will continue where it left off.", icon=":material/pause:")
        label = "Continue" if ended_early else "Download"
        if st.button(label, type="primary", icon=":material/download:", key="fetch_start"):
            try:
                job.start()
            except UserError as error:
                st.error(plain(str(error)), icon=":material/error:")
            else:
                st.rerun()


@st.fragment(run_every="2s")
def _watch() -> None:
    status = job.status()
    if status.state is not State.RUNNING:
        st.rerun()  # the whole app: the data picker offers the set now, or the panel says what went wrong
    progress = status.progress
    stage = "Stopping" if status.is_stopping else _STAGES.get(progress.stage, progress.stage)
    st.progress(progress.share, text=f"{stage} {_amount(progress)}")
    st.button("Stop", key="fetch_stop", icon=":material/stop:", on_click=job.stop, disabled=status.is_stopping)


def _amount(progress: FetchProgress) -> str:
    if not progress.done:
        return "…"
    scale, unit = (1e6, " MB") if progress.unit == "bytes" else (1, "")
    total = f" of {progress.total / scale:,.0f}" if progress.total else ""
    return f"· {progress.done / scale:,.0f}{total}{unit}"
