import numpy as np
import pytest
from prediction_sets import padded, random_labels, simulated_probabilities, split_predictions
from sklearn.metrics import average_precision_score, f1_score

from genreclf.evaluation.counts import count
from genreclf.evaluation.genres import MISSED, NOTHING, genre_table, substitution_pairs, substitutions, threshold_table
from genreclf.genres import GENRES


def test_genre_table_by_hand():
    labels = padded([[1, 0, 1, 0], [1, 0, 0, 0], [0, 0, 1, 0]])
    probabilities = padded([[0.9, 0.6, 0.3, 0.0], [0.2, 0.1, 0.4, 0.0], [0.6, 0.1, 0.2, 0.0]])
    table = genre_table(split_predictions(labels, 0.5, lstm=probabilities)).set_index("genre")
    assert table.loc["Action"].to_dict() == pytest.approx(
        # chosen for films 1 and 3, true of 1 and 2; the true ones rank 1st and 3rd
        {"films": 2, "model": "lstm", "precision": 0.5, "recall": 0.5, "f1": 0.5, "average_precision": (1 + 2 / 3) / 2}
    )
    metrics = ["precision", "recall", "f1", "average_precision"]
    assert table.loc["Adventure", metrics].isna().all()  # no film has it, though it is chosen once
    assert np.isnan(table.loc["Animation", "precision"])  # never chosen
    assert table.loc["Animation", metrics[1:]].tolist() == pytest.approx([0, 0, (1 / 2 + 2 / 3) / 2])


def test_genre_table_has_one_row_per_genre_and_model():
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
    for name, model in predictions.models.items():
        mine = table[table["model"] == name].set_index("genre")
        present = mine.index[mine["films"] > 0]
        assert len(present) == 22
        assert mine.loc[present, "f1"].mean() == pytest.approx(predictions.metrics()[name]["macro_f1"])
        assert mine["average_precision"].mean() == pytest.approx(predictions.metrics()[name]["map"])
        drama = GENRES.index("Drama")
        assert mine.loc["Drama", "f1"] == pytest.approx(f1_score(labels[:, drama], model.chosen[:, drama]))
        assert mine.loc["Drama", "average_precision"] == pytest.approx(
            average_precision_score(labels[:, drama], model.probabilities[:, drama])
        )


def test_substitutions_by_hand():
    labels = padded([[1, 0, 0, 0], [1, 0, 0, 1], [1, 0, 0, 0], [1, 0, 0, 1], [0, 1, 0, 0]])
    chosen = padded([[0, 1, 1, 0], [0, 1, 0, 1], [0, 0, 0, 0], [1, 1, 0, 1], [0, 1, 0, 0]]) > 0
    table = substitutions(labels, chosen, GENRES)
    assert table.index.tolist() == list(GENRES)
    assert table.columns.tolist() == [*GENRES, NOTHING, MISSED]
    # Action is missed in three films: Adventure is chosen in two of them, Animation in one, nothing wrong in one
    action = table.loc["Action"]
    assert action[MISSED] == 3
    assert action[["Adventure", "Animation", "Biography", NOTHING]].tolist() == pytest.approx([2 / 3, 1 / 3, 0, 1 / 3])
    assert np.isnan(action["Action"])
    assert table.loc["Adventure", MISSED] == 0  # chosen wherever it is true
    assert table.loc["Adventure", [*GENRES, NOTHING]].isna().all()


def test_a_true_genre_is_no_substitution():
    table = substitutions(padded([[1, 1]]), padded([[0, 1]]) > 0, GENRES)
    assert table.loc["Action", ["Adventure", NOTHING, MISSED]].tolist() == [0, 1, 1]


def test_substitutions_agree_with_the_counts():
    labels = random_labels(200)
    chosen = simulated_probabilities(labels, 0.3) > 0.6
    table = substitutions(labels, chosen, GENRES)
    shares = table[[*GENRES, NOTHING]].to_numpy()
    assert np.nanmin(shares) >= 0
    assert np.nanmax(shares) <= 1
    assert table[MISSED].tolist() == count(labels, chosen).fn.tolist()
    assert (table.loc[table[MISSED] > 0, NOTHING] + table.loc[table[MISSED] > 0, list(GENRES)].max(axis=1) <= 1).all()


def test_threshold_table_by_hand():
    labels = padded([[1, 0, 0], [1, 1, 0], [0, 1, 0], [1, 0, 0]])
    probabilities = padded([[0.9, 0.6, 0.7], [0.6, 0.4, 0.1], [0.55, 0.8, 0.1], [0.2, 0.1, 0.1]])
    table = threshold_table(split_predictions(labels, 0.5, cnn=probabilities), "cnn")
    assert table["Genre"].tolist() == ["Action", "Adventure"], "the most frequent first, no genre without a film"
    action = table.iloc[0]
    assert action[["Films", "Found", "Missed", "False alarms", "Correctly rejected"]].tolist() == [3, 2, 1, 1, 0]
    assert (action["Precision"], action["Recall"]) == pytest.approx((2 / 3, 2 / 3))
    assert (action["Best F1 here"], action["Its threshold"]) == pytest.approx((6 / 7, 0.2), abs=1e-6)
    assert action["Threshold for 80% precision"] == pytest.approx(0.6, abs=1e-6)


def test_the_most_frequent_substitutions_come_first():
    labels = padded([[1, 0, 0]] * 4 + [[0, 1, 0]] * 10)
    chosen = padded([[0, 0, 1]] * 3 + [[0, 1, 0]] + [[0, 0, 1]] * 5 + [[1, 0, 0]] * 2 + [[0, 1, 0]] * 3)
    pairs = substitution_pairs(substitutions(labels, chosen, GENRES))
    assert pairs.to_numpy().tolist() == [
        ["Adventure", "Animation", 5, pytest.approx(5 / 7)],
        ["Action", "Animation", 3, 0.75],
        ["Adventure", "Action", 2, pytest.approx(2 / 7)],
    ]
    assert len(substitution_pairs(substitutions(labels, chosen, GENRES), 1)) == 1
    assert substitution_pairs(substitutions(labels, labels, GENRES)).empty
