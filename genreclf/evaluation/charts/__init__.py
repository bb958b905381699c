"""The charts of an evaluation, drawn for the app and for reports alike; nothing here needs Streamlit.

Each function takes a ``genreclf.palette.Palette`` and gives a ``Chart``: a Plotly figure with its words.
"""

from genreclf.evaluation.charts.chart import Chart
from genreclf.evaluation.charts.choices import matrix, substitution_heatmap
from genreclf.evaluation.charts.genres import genre_bars, lead_chart
from genreclf.evaluation.charts.probabilities import precision_recall_chart, reliability_chart, threshold_chart
from genreclf.evaluation.charts.scores import scoreboard
from genreclf.evaluation.charts.training import training_curves

__all__ = [
    "Chart",
    "genre_bars",
    "lead_chart",
    "matrix",
    "precision_recall_chart",
    "reliability_chart",
    "scoreboard",
    "substitution_heatmap",
    "threshold_chart",
    "training_curves",
]  # fmt: skip
