"""The app's entry point: what is served, and the router and frame that all pages share. Run it with ``make app``."""

import streamlit as st


def route() -> None:
    """Draw the page of the address in the frame that all pages share."""
    from genreclf.ui import frame, glossary, streamlit_patches
    from genreclf.ui.add_films import added

    st.set_page_config(
        page_icon=frame.ICON, layout="wide"
    )  # first, or Streamlit fetches a page's icon from a font host
    page = st.navigation([
        st.Page("pages/home.py", title="Home", icon=":material/home:", default=True, url_path="",
                help="What this is, and how good each model is."),
        st.Page("pages/browse.py", title="Browse", icon=":material/grid_view:", url_path="browse",
                help="The films of a data set, and charts of it."),
        st.Page("pages/train.py", title="Train", icon=":material/model_training:", url_path="train",
                help="Train a model and watch it learn."),
        st.Page("pages/compare.py", title="Compare", icon=":material/compare:", url_path="compare",
                help="One film: its true genres beside each model's prediction."),
        st.Page("pages/evaluate.py", title="Evaluate", icon=":material/analytics:", url_path="evaluate",
                help="Where the models are right and wrong, genre by genre and film by film."),
        st.Page("pages/try-your-own.py", title="Try your own", icon=":material/upload:", url_path="try-your-own",
                help="Bring your own poster or plot summary."),
        st.Page("pages/lesson.py", title="Lesson", icon=":material/school:", url_path="lesson",
                help="Nine steps from a broken model to a good one, for a class or for yourself."),
        st.Page("pages/add-films.py", title="Add films", icon=":material/add:", url_path="add-films",
                visibility="hidden"),  # linked below the data picker
    ])  # fmt: skip
    frame.head(page)
    frame.sidebar()
    added.sidebar()
    glossary.sidebar()
    with frame.routing():
        page.run()
    streamlit_patches.spare_modules()  # the page has imported what it needs


if __name__ == "__main__":  # a visit to a page, for which Streamlit runs this file
    route()
else:  # the server, for which it imports this file
    from genreclf.ui.serving import server

    app = st.App(__file__, middleware=server.middleware(), lifespan=server.lifespan)
