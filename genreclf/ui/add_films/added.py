"""The data sets that were added: the links below the data picker, their list, and their removal."""

import os
from typing import Any

import streamlit as st

from genreclf import paths
from genreclf.data.importing import FIELDS, FORMS, description_of, remove_dataset
from genreclf.data.sources import Source, default_source, list_sources
from genreclf.errors import UserError
from genreclf.public import is_public
from genreclf.ui import frame
from genreclf.ui.add_films import draft as drafts
from genreclf.ui.add_films.draft import Draft
from genreclf.ui.data import SOURCE_KEY, choose_source, current_source
from genreclf.ui.text import plain

PAGE = "pages/add-films.py"
ADDED = "add_done"  # session: what was added, to be said on Browse once
_PROBLEM = "add_remove_problem"  # session: why a data set could not be removed


def sidebar() -> None:
    """Draw the links below the data picker; none in public."""
    if is_public():
        return
    source = current_source()
    with st.sidebar, st.container(horizontal=True, vertical_alignment="center", gap="small", key="add_links"):
        st.page_link(PAGE, label="Add films", icon=":material/add:", width="content")
        if _description(source):
            _remove_button(source, "remove_current")


def notice() -> None:
    """Say on Browse what was added, until the visitor leaves the page."""
    visit = frame.visit("added")
    visit |= {"text": text} if (text := st.session_state.pop(ADDED, "")) else {}
    if "text" in visit:
        with st.container(border=True, horizontal=True, vertical_alignment="center", key="added_notice"):
            st.markdown(f":material/check: {visit['text']}", width="stretch")
            st.page_link("pages/train.py", label="Train a model on them", icon=":material/model_training:",
                         width="content")  # fmt: skip


def listing() -> None:
    """Draw the data sets that were added, each with what can be done with it."""
    sets = [(source, description) for source in list_sources() if (description := _description(source))]
    if not sets:
        return
    st.subheader("Added data sets")
    for source, description in sets:
        origin = str(description.get("source", ""))
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"added_{source.key}"):
            form, day = FORMS.get(str(description.get("form")), ""), str(description.get("imported", ""))[:10]
            about = " · ".join(plain(part) for part in (origin, form, day) if part)
            st.markdown(f"**{plain(source.label)}**  \n:small[{about}]", width="stretch")
            with st.container(horizontal=True, width="content"):
                if st.button("Open", key=f"open_{source.key}", type="tertiary", icon=":material/grid_view:"):
                    st.switch_page("pages/browse.py", query_params={SOURCE_KEY: source.key})
                if frame.is_local() and os.path.isabs(origin) and os.path.exists(origin):
                    st.button("Read again", key=f"again_{source.key}", type="tertiary", icon=":material/refresh:",
                              on_click=_read_again, args=(source.key, origin, description.get("columns")),
                              help="Read the source anew, for instance because it has changed.")  # fmt: skip
                _remove_button(source, f"remove_{source.key}")


def _description(source: Source) -> dict[str, Any]:
    """What an added data set says of itself; empty for any other, which cannot be removed here."""
    return description_of(source.folder) if source.folder.parent == paths.data_dir() else {}


def _read_again(name: str, origin: str, columns: Any) -> None:
    known = columns if isinstance(columns, dict) else {}
    drafts.begin(Draft(origin, name=name, mapping={field: str(known.get(field, "")) for field in FIELDS if known}))


def _remove_button(source: Source, key: str) -> None:
    if st.button("Remove", key=key, type="tertiary", icon=":material/delete:"):
        st.session_state.pop(_PROBLEM, None)
        _remove_dialog(source)


@st.dialog("Remove this data set?", icon=":material/delete:", on_dismiss="rerun")
def _remove_dialog(source: Source) -> None:
    st.markdown(
        f"This deletes what was written when **{plain(source.label)}** was added. The files that it was read from stay "
        "as they are. Training runs on it, promoted models and corrected genres stay, too: they fit again if you add "
        "the same films under the same name."
    )
    with st.container(horizontal=True):
        removed = st.button("Remove", key="remove_yes", type="primary", on_click=_remove, args=(source,))
        if st.button("Keep it", key="remove_no") or (removed and not st.session_state.get(_PROBLEM)):
            st.rerun()
    if removed:
        st.error(plain(st.session_state[_PROBLEM]), icon=":material/error:")


def _remove(source: Source) -> None:
    st.session_state.pop(_PROBLEM, None)
    try:
        drafts.require_unused(source.folder)
        remove_dataset(source.folder)
    except UserError as error:
        st.session_state[_PROBLEM] = str(error)
    else:
        if st.session_state.get(SOURCE_KEY) == source.key:
            choose_source(default_source().key)
        st.toast(f"{plain(source.label)} was removed.", icon=":material/check:")
