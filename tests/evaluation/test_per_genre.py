import numpy as np
import pytest
from prediction_sets import padded, random_labels, simulated_probabilities, split_predictions
from sklearn.metrics import average_precision_score, f1_score

from genreclf.evaluation.per_genre import genre_table
from genreclf.genres import GENRES


def test_figures_by_hand():
    labels = padded([[1, 0, 1, 0], [1, 0, 0, 0], [0, 0, 1, 0]])
    told = padded([[0.9, 0.6, 0.3, 0.0], [0.2, 0.1, 0.4, 0.0], [0.6, 0.1, 0.2, 0.0]])
    table = genre_table(split_predictions(labels, 0.5, lstm=told)).set_index("genre")
    assert table.loc["Action"].to_dict() == pytest.approx(
        # chosen for films 1 and 3, true of 1 and 2; the true ones rank 1st and 3rd
        {"films": 2, "model": "lstm", "precision": 0.5, "recall": 0.5, "f1": 0.5, "average_precision": (1 + 2 / 3) / 2}
    )
    figures = ["precision", "recall", "f1", "average_precision"]
    assert table.loc["Adventure", figures].isna().all()  # no film has it, though it is chosen once
    assert np.isnan(table.loc["Animation", "precision"])  # never chosen
    assert table.loc["Animation", figures[1:]].tolist() == pytest.approx([0, 0, (1 / 2 + 2 / 3) / 2])


def test_every_genre_and_model_has_a_line():
    labels = random_labels(60)
    predictions = split_predictions(
        labels,
        0.6,
        lstm=simulated_probabilities(labels, 0.4),
        cnn=simulated_probabilities(labels, 0.1, 1),
        prior=labels * 0 + 0.2,
    )
    table = genre_table(predictions)
    assert table["genre"].tolist() == [genre for genre in GENRES for _ in range(3)]
    assert table["model"].tolist() == ["cnn", "lstm", "prior"] * 25
    assert table["films"].tolist() == np.repeat(labels.sum(axis=0), 3).tolist()
    for name, told in predictions.models.items():
        mine = table[table["model"] == name].set_index("genre")
        present = mine.index[mine["films"] > 0]
        assert len(present) == 22
        assert mine.loc[present, "f1"].mean() == pytest.approx(predictions.figures()[name]["macro_f1"])
        assert mine["average_precision"].mean() == pytest.approx(predictions.figures()[name]["map"])
        drama = GENRES.index("Drama")
        assert mine.loc["Drama", "f1"] == pytest.approx(f1_score(labels[:, drama], told.chosen[:, drama]))
        assert mine.loc["Drama", "average_precision"] == pytest.approx(
            average_precision_score(labels[:, drama], told.probabilities[:, drama])
        )
