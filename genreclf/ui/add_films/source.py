"""The source of films to add: a path on this machine, or an upload."""

import time

import streamlit as st

from genreclf.data.importing.files import TABLES
from genreclf.errors import UserError
from genreclf.ui import frame, streamlit_patches
from genreclf.ui.add_films import draft as drafts
from genreclf.ui.add_films.draft import BYTES, FILES, SCRATCH, TURN, TYPES, Draft, Scratch
from genreclf.ui.text import plain, warn
from genreclf.units import size

PATH, WAY, LOOKING_SECONDS = "add_path", "add_way", 20
_HERE, _UPLOAD = "On this computer", "Upload"
_COUNTED = {"files": "files looked at", "rows": "films read"}


def choose() -> None:
    """Draw the choice of a source; its button begins a draft."""
    ways = [_HERE, _UPLOAD] if frame.is_local() else [_UPLOAD]
    way = ways[0]
    if len(ways) > 1:
        way = st.segmented_control("Where the films are", ways, default=_HERE, required=True, key=WAY,
                                   label_visibility="collapsed", persist_state="session",
                                   on_change=drafts.forget)  # fmt: skip
    if way == _HERE:
        _path()
    else:
        _upload()
    draft = drafts.current()
    if draft is not None and draft.problem:
        st.error(plain(draft.problem), icon=":material/error:")


def explain() -> None:
    """Say what can be read."""
    st.markdown(
        "**What can be read**\n\n"
        "- A **table** of films: CSV, TSV, Parquet, JSON or JSON lines, with a column of genres, or one of 0 and 1 "
        "for each genre. Overviews, titles, years and posters are used if they are there.\n"
        "- A **folder for each genre**, with posters in it.\n"
        "- A **folder of JSON files** and posters, one of each for a film, like MM-IMDb.\n\n"
        "Posters are found by a column that names their files, or by the films' ids. They stay where they are; only "
        "those of uploads and archives are copied. A film needs a genre, and a poster or an overview. There may be 2 "
        "to 500 genres, of any names."
    )


def read(draft: Draft) -> None:
    """Read a draft's source and show how far it is."""
    started = shown = time.monotonic()
    with st.empty().container(border=True), st.spinner(f"Reading {plain(draft.source)}…"):
        place = st.empty()
        st.button("Cancel", key="add_stop", on_click=drafts.forget)

        def report(what: str, count: int) -> None:
            nonlocal shown
            if what == "files" and time.monotonic() > started + LOOKING_SECONDS:
                raise UserError(
                    f"{draft.source} contains more files than can be looked at in {LOOKING_SECONDS} seconds; name the "
                    "folder of one set of films."
                )
            if time.monotonic() > shown + 0.3:
                shown = time.monotonic()
                place.caption(f"{count:,} {_COUNTED[what]}")

        draft.read(report)
    st.rerun()


def _path() -> None:
    with st.form("add_path_form", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Folder or file", key=PATH, placeholder="/home/me/films, or films.csv, films.zip …",
                      persist_state="session")  # fmt: skip
        st.form_submit_button("Read", key="add_read", type="primary", icon=":material/search:", on_click=_begin_path)


def _begin_path() -> None:
    path = st.session_state[PATH].strip().strip("'\"").removeprefix("file://")
    problem = "" if path else "Type the path of a folder or a file."
    drafts.begin(Draft(path, problem=problem, is_read=bool(problem)))


def _upload() -> None:
    state, turn = st.session_state, st.session_state.setdefault(TURN, 0)
    streamlit_patches.allow_uploads(FILES, BYTES)
    key = f"add_files_{turn}"
    files = st.file_uploader(
        f"One zip archive, or a table and its posters: up to {FILES:,} files, {size(BYTES)} in all",
        [name[1:] for name in TYPES], accept_multiple_files=True, key=key, max_upload_size=BYTES // 10**6,
        on_change=_take, args=(key,),
    )  # fmt: skip
    scratch: Scratch | None = state.get(SCRATCH)
    for problem in scratch.problems[:5] if scratch and files else ():
        warn(UserError(problem))
    st.button("Read", key="add_read", type="primary", icon=":material/search:", on_click=_begin_upload,
              disabled=not (files and scratch and scratch.names))  # fmt: skip
    st.caption("Nothing is kept until you add the films: uploads are deleted when you go back or close the app.")


def _take(key: str) -> None:
    if SCRATCH not in st.session_state:
        st.session_state[SCRATCH] = Scratch()
    st.session_state[SCRATCH].take(st.session_state[key])


def _begin_upload() -> None:
    scratch: Scratch = st.session_state[SCRATCH]
    names = sorted(scratch.names.values())
    tables = [name for name in names if name.lower().endswith((".zip", *TABLES))]
    drafts.begin(Draft((tables or names)[0], scratch))
