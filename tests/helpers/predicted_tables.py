"""Tables predicted in one step."""

from collections.abc import Sequence
from pathlib import Path

from genreclf.predict.table import plan_table, predict_table


def predict_rows(
    source: Path,
    output: Path,
    predictors: Sequence,
    posters: Path | None = None,
    vocabulary: set[str] | None = None,
    **options,
) -> tuple[int, int]:
    """Plan a table with these options and predict it; see ``predict_table``."""
    plan = plan_table(source, output, [predictor.spec.name for predictor in predictors], posters, **options)
    return predict_table(plan, predictors, vocabulary=vocabulary)
