"""The charts of an evaluation, shared by the app and reports; nothing here needs Streamlit.

Each function takes the colours of a theme and returns a ``Chart``, a Plotly figure with its texts.
"""

from genreclf.evaluation.charts.chart import Chart, most_frequent
from genreclf.evaluation.charts.curves import run_curves, training_curves
from genreclf.evaluation.charts.genres import confusion_matrix, genre_bars, lead_chart, substitution_heatmap
from genreclf.evaluation.charts.probabilities import precision_recall_chart, reliability_chart, threshold_chart
from genreclf.evaluation.charts.scores import differences_chart, scoreboard

__all__ = [
    "Chart", "confusion_matrix", "differences_chart", "genre_bars", "lead_chart", "most_frequent",
    "precision_recall_chart", "reliability_chart", "run_curves", "scoreboard", "substitution_heatmap",
    "threshold_chart", "training_curves",
]  # fmt: skip
