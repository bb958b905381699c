"""Browse: the films of a data set as a wall of posters, and the figures of the set."""

import streamlit as st

from genreclf.ui import data
from genreclf.ui.browse import figures
from genreclf.ui.browse import filters as browse_filters
from genreclf.ui.browse.fetch_panel import fetch_panel
from genreclf.ui.browse.filters import PAGE_KEY
from genreclf.ui.thumbnails import poster_wall

FILMS_A_PAGE = 24

st.title("Browse")
st.markdown(
    "The films of the data set that is chosen in the sidebar: filter them, open one in Compare to see what the models "
    "say about it (its poster opens it in a new tab), or look at the figures of the whole set."
)
fetch_panel()  # first, as it also helps who has no usable set
catalogue = data.current_catalogue()


def films() -> None:
    """The filters, the count, and a page of posters."""
    filters = browse_filters.choose(catalogue)
    found = browse_filters.select(catalogue, filters)
    pages = -(-len(found) // FILMS_A_PAGE)
    page = 1
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        all_of_them = "" if filters.is_empty else f" of {len(catalogue):,}"
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            st.markdown(f"**{len(found):,}{all_of_them} films**", width="content")
            if not filters.is_empty:
                st.button("Clear the filters", type="tertiary", icon=":material/close:", key="clear_filters",
                          on_click=browse_filters.clear)  # fmt: skip
        if pages > 1:
            page = st.pagination(pages, key=PAGE_KEY, width=360, bind="query-params")
    if not len(found):
        nothing_found()
        return
    shown = found[(page - 1) * FILMS_A_PAGE : page * FILMS_A_PAGE]
    poster_wall(catalogue, shown, browse_filters.notes(catalogue, filters, shown))
    if pages > 1:
        with st.container(horizontal=True, horizontal_alignment="center"):
            below = f"{PAGE_KEY}_below_{page}"  # a widget of its own for each page, so that it starts there
            st.pagination(pages, default=page, key=below, width=360, on_change=turn_page, args=(below,))


def nothing_found() -> None:
    """What stands in place of the wall when no film passes."""
    with st.container(border=True, horizontal_alignment="center"):
        st.markdown("No film passes all of these filters. Take one away, or start afresh.", width="content")
        st.button("Show all films", on_click=browse_filters.clear, key="show_all_films")


def turn_page(below: str) -> None:
    """Follow the page buttons below the wall."""
    st.session_state[PAGE_KEY] = st.session_state[below]


views = {
    "Films": films,
    "Genres": lambda: figures.genre_bars(catalogue),
    "Genre pairs": lambda: figures.genre_pairs(catalogue),
    "Overview lengths": lambda: figures.length_histogram(catalogue),
    "Words": lambda: figures.vocabulary_table(catalogue),
}
if catalogue.problems:
    views[f"Left out ({len(catalogue.problems):,})"] = lambda: figures.problem_table(catalogue)

# only the open tab is computed
tabs = st.tabs(list(views), key="view", on_change="rerun", bind="query-params")
for tab, view in zip(tabs, views.values(), strict=True):
    if tab.open:
        with tab:
            view()
