"""Add films: any table, folder or archive of films becomes a data set beside the others."""

import streamlit as st

from genreclf.public import is_public
from genreclf.ui import frame
from genreclf.ui.add_films import added, preview, source
from genreclf.ui.add_films import draft as drafts


def main() -> None:
    st.title("Add films")
    if is_public():
        frame.show_at_home("Adding films")
        return
    draft = drafts.current()
    if draft is not None and not draft.is_read:
        source.read(draft)
    elif draft is not None and (draft.films is not None or draft.columns):
        preview.show(draft)
    else:
        st.caption("Train and compare models on films of your own, with your own genres.")
        source.choose()
        added.listing()
        source.explain()


frame.run(main)
