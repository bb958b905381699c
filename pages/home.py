"""Home: what this is, how well each model does, and where to go from here."""

import streamlit as st

from genreclf.ui import data, frame
from genreclf.ui.thumbnails import poster_strip

LINKS = {
    "pages/browse.py": ("Browse", ":material/grid_view:", "All films with filters, and charts of the data set."),
    "pages/train.py": ("Train", ":material/model_training:", "Train a model, watch it learn, use its weights."),
    "pages/compare.py": ("Compare", ":material/compare:", "One film: its true genres beside each model's prediction."),
    "pages/evaluate.py": ("Evaluate", ":material/analytics:", "Where the models are right and wrong, and why."),
    "pages/try-your-own.py": ("Try your own", ":material/upload:", "Bring your own poster or plot summary."),
}


def main() -> None:
    st.title("genreclf: film genres from posters and overviews")
    st.markdown(
        "How much do a poster and a short plot summary (an overview) reveal about a film's genres? Browse films, "
        "question the models, train your own. The project grew out of coursework reports with two neural networks: a "
        "CNN for posters and an LSTM for overviews. Their CNN does worse than ignoring the film and just stating how "
        "common each genre is. So every model is shown next to simple baselines, and we say so when it fails to beat "
        "them."
    )
    poster_strip()
    _scores()
    st.header("Where to go")
    with st.grid(5, min_column_width=140):
        for page, (label, icon, purpose) in LINKS.items():
            with st.container(border=True, height="stretch"):
                st.page_link(page, label=f"**{label}**", icon=icon)
                st.caption(purpose)


def _scores() -> None:
    # with pandas, which a fresh server imports while what is above can be seen already
    from genreclf.evaluation.scoreboard import scoreboard
    from genreclf.ui.home import scores as home_scores

    st.header("How good the models are")
    st.markdown(
        "The first score is **binary cross-entropy (BCE)**: how far a model's probabilities are from the truth, "
        "averaged over all 25 genres. A perfect model scores 0, **lower is better**, and confident mistakes cost the "
        "most. For the other scores higher is better. Accuracy is not shown: answering “no” to every genre is right "
        "nine times out of ten."
    )
    scores = scoreboard(data.available_weights(None).values())
    if not any(score.kind == "ours" for score in scores):
        with st.container(border=True):
            st.markdown("**This app has no trained model yet.** Its scores would appear among those below.")
            st.page_link("pages/train.py", label="Train one", icon=":material/model_training:")
    home_scores.show(scores)
    st.caption(
        "The embedded sample is for trying things out. Its posters are drawn by code and its overviews were written "
        "for this project, so scores on it say nothing about real posters."
    )


frame.run(main)
