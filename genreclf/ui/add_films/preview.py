"""How the films of a source are read: columns, counts, problems and the first films; and the button that adds them."""

import pandas as pd
import streamlit as st

from genreclf.data.catalogue import problem_groups
from genreclf.data.importing import FORMS, Import, dataset_folder, description_of
from genreclf.errors import UserError
from genreclf.ui.add_films import draft as drafts
from genreclf.ui.add_films.added import ADDED
from genreclf.ui.add_films.draft import Draft
from genreclf.ui.data import SOURCE_KEY
from genreclf.ui.text import plain

_SEVERAL, _NAME = "\0several", "add_name"  # the first is no column's name
_LISTED = 40  # genres
_LENGTH = 90  # characters of an overview


def show(draft: Draft) -> None:
    """Draw what was read, or why the columns do not fit; all of it can be corrected in place."""
    films = draft.films
    with st.container(horizontal=True, vertical_alignment="center"):
        form = f" · read as {FORMS[films.form]}" if films else ""
        st.markdown(f"**{plain(draft.source)}**{form}", width="stretch")
        st.button(
            "Choose other films", key="add_back", icon=":material/arrow_back:", type="tertiary", on_click=drafts.forget
        )
    if draft.columns:
        _columns(draft)
    if films is None:
        st.error(plain(draft.problem), icon=":material/error:")
        return
    _counts(films)
    _name_and_add(draft)
    _problems(films)
    _first_films(draft, films)


def _columns(draft: Draft) -> None:
    """A select box for the column of each field; a change reads the source again."""
    genres = draft.used.get("genres", "")
    flags = [] if genres in draft.columns else [name for name in genres.split(",") if name in draft.columns]
    is_several = bool(flags) or st.session_state.get(_SEVERAL, False)
    with st.grid(6, min_column_width=128, gap="small"):
        for field in ("genres", "overview", "title", "year", "poster", "id"):
            key = f"add_column_{field}"
            options = ["", *([_SEVERAL] if field == "genres" else []), *draft.columns]
            st.session_state[key] = _SEVERAL if field == "genres" and is_several else draft.used.get(field, "")
            st.selectbox(f"Column of {'ids' if field == 'id' else field}", options, key=key, format_func=_column_name,
                         on_change=_map, args=(draft, field, key))  # fmt: skip
    if is_several:
        st.session_state["add_flags"] = flags
        st.multiselect("Columns of 0 and 1, one for each genre", draft.columns, key="add_flags", on_change=_map_flags,
                       args=(draft,), placeholder="Choose two or more")  # fmt: skip


def _column_name(column: str) -> str:
    return {"": "none", _SEVERAL: "several of 0 and 1"}.get(column, column)


def _map(draft: Draft, field: str, key: str) -> None:
    column = st.session_state[key]
    if field == "genres":
        st.session_state[_SEVERAL] = column == _SEVERAL
    if column != _SEVERAL:
        draft.mapping[field] = column
        draft.is_read = False


def _map_flags(draft: Draft) -> None:
    draft.mapping["genres"] = ",".join(st.session_state["add_flags"])
    draft.is_read = False


def _counts(films: Import) -> None:
    per_film = films.films["genres"].map(len)
    with st.grid(4, min_column_width=70, gap="small", key="add_counts"):
        st.metric("Films", f"{len(films.films):,}")
        st.metric("Posters", f"{films.posters:,}")
        st.metric("Overviews", f"{films.overviews:,}")
        st.metric("Genres", f"{len(films.genres):,}")
    counts = sorted(films.genre_counts().items(), key=lambda item: -item[1])
    more = f" · and {len(counts) - _LISTED} more" if len(counts) > _LISTED else ""
    labels = "One genre per film" if per_film.max() == 1 else f"Up to {per_film.max()} genres per film"
    names = " · ".join(f"{plain(name)} {count:,}" for name, count in counts[:_LISTED])
    st.caption(f"**{labels}:** {names}{more}")


def _name_and_add(draft: Draft) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.session_state[_NAME] = draft.name
        st.text_input("Name of the data set", key=_NAME, width=320, on_change=_rename, args=(draft,))
        button = st.container(width="content")
    try:
        folder = dataset_folder(draft.source, draft.name.strip())
    except UserError as error:
        st.error(plain(str(error)), icon=":material/error:")
        button.button("Add these films", key="add_films", type="primary", icon=":material/add:", disabled=True)
        return
    exists = folder.exists()
    is_ours = exists and bool(description_of(folder))
    if exists:
        st.warning(f"There is a data set {plain(folder.name)} already. " + (
            "The button replaces its films by these; choose another name to keep both." if is_ours
            else "It was not added here; choose another name."), icon=":material/warning:")  # fmt: skip
    label = "Replace the films" if exists else "Add these films"
    if button.button(label, key="add_films", type="primary", icon=":material/add:", disabled=exists and not is_ours):
        _add(draft, exists)


def _rename(draft: Draft) -> None:
    draft.name = st.session_state[_NAME]


def _add(draft: Draft, replace: bool) -> None:
    """Add the films, show how far the check of their posters is, and open them on Browse."""
    progress = st.progress(0.0, "Writing the data set…")

    def report(done: int, total: int) -> None:
        progress.progress(min(done / max(total, 1), 1.0), f"Checking the posters: {done:,} of {total:,}")

    try:
        catalogue = drafts.add(draft, replace, report)
    except UserError as error:
        progress.empty()
        if draft.folder is not None and not draft.folder.exists():  # it was temporary
            draft.films, draft.columns, draft.problem = None, (), str(error)
            st.rerun()
        st.error(plain(str(error)), icon=":material/error:")
        return
    name, unusable = catalogue.folder.name, len(catalogue.problems)
    left_out = f" {unusable:,} more cannot be used: see *Left out*." if unusable else ""
    st.session_state[ADDED] = f"{len(catalogue):,} films were added as **{plain(name)}**.{left_out}"
    drafts.forget()
    st.switch_page("pages/browse.py", query_params={SOURCE_KEY: name})


def _problems(films: Import) -> None:
    for note in films.notes[:6]:
        st.caption(f":material/info: {plain(note)}")
    if len(films.notes) > 6:
        with st.expander(f"{len(films.notes) - 6} more notes"):
            st.markdown("\n".join(f"- {plain(note)}" for note in films.notes[6:]))
    if not films.problems:
        return
    count = len(films.problems)
    with st.expander(f"{count:,} row{'s' * (count != 1)} left out", icon=":material/playlist_remove:"):
        groups = [(kind, len(ids), ", ".join(filter(None, ids[:5]))) for kind, ids in problem_groups(films.problems)]
        st.dataframe(pd.DataFrame(groups[:100], columns=["Reason", "Rows", "For example"]), hide_index=True,
                     key="add_problems_table", alt=f"{count} rows left out, with reasons.")  # fmt: skip


def _first_films(draft: Draft, films: Import) -> None:
    first = films.films.head(len(draft.thumbnails))
    st.markdown(f"**The first {len(first)} films**" if len(first) < len(films.films) else "**The films**")
    with st.grid("auto", min_column_width=140, gap="small", key="add_first") as grid:
        for film, thumbnail in zip(first.itertuples(), draft.thumbnails, strict=True):
            title = film.title or film.id
            with grid.cell(), st.container(gap=None):
                st.image(thumbnail, width="stretch", alt=f"Poster of {title}" if film.poster else title)
                year = f" ({film.year})" if not pd.isna(film.year) else ""
                st.markdown(f"**{plain(title + year)}**")
                st.caption(plain(" · ".join(film.genres)))
                overview = film.overview
                st.caption(plain(overview if len(overview) <= _LENGTH else overview[:_LENGTH].rsplit(" ", 1)[0] + "…"))
