"""Home: what this is, how well each model does, and where to go from here."""

import streamlit as st

from genreclf.evaluation.scoreboard import scoreboard
from genreclf.ui.home import scores as home_scores
from genreclf.ui.home.posters import poster_strip

WAYS = {
    "pages/browse/page.py": ("Browse", ":material/grid_view:", "A wall of posters to filter, and the set in figures."),
    "pages/compare/page.py": ("Compare", ":material/compare:", "One film: its true genres, and what each model says."),
    "pages/evaluate/page.py": ("Evaluate", ":material/analytics:", "Where the models are right and wrong, and why."),
    "pages/train/page.py": ("Train", ":material/model_training:", "Start a training, watch it learn, use its weights."),
    "pages/try_your_own/page.py": ("Try your own", ":material/upload:", "A poster or an overview that you bring."),
}

st.title("genreclf: what a poster and an overview give away")
st.markdown(
    "Here you see how much of a film's genres can be told from its poster and its short overview, and you can look at "
    "the films, ask the models and train them anew. It grew out of coursework reports with a network for each, a CNN "
    "that looks and an LSTM that reads; their CNN does worse than always answering with how frequent each genre is. So "
    "every model stands beside baselines that it has to beat, and where it does not, we say so."
)
poster_strip()

st.header("How well the models do")
st.markdown(
    "The first figure is **binary cross-entropy (BCE)**: how far a model's probabilities are from the truth, over all "
    "25 genres. A perfect model has 0, and **lower is better**; being sure and wrong costs most. For the other figures "
    "higher is better. You will find no accuracy here: answering “no” to every genre is right nine times in ten."
)
weights, faults = home_scores.answering_weights()
scores = scoreboard(weights)
for fault in faults:
    st.warning(fault, icon=":material/warning:")
if not any(score.kind == "ours" for score in scores):
    with st.container(border=True):
        st.markdown("**No trained model of this app's own yet.** Its figures would stand among the ones below.")
        st.page_link("pages/train/page.py", label="Train one", icon=":material/model_training:")
home_scores.score_chart(scores)
home_scores.score_table(scores)
home_scores.hardest(scores)
st.markdown("**What was measured**")
st.caption("\n".join(f"- {sentence}" for sentence in home_scores.measured_on(scores)))
st.caption(
    "The embedded sample is for trying things out. Its posters are drawn by code and its overviews were written for "
    "this project, so that scores on it say nothing about real posters."
)

st.header("Where to go")
with st.grid(5, min_column_width=140):
    for page, (label, icon, what) in WAYS.items():
        with st.container(border=True, height="stretch"):
            st.page_link(page, label=f"**{label}**", icon=icon)
            st.caption(what)
