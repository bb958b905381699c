import numpy as np
import pytest
from prediction_sets import padded, random_labels, simulated_probabilities, split_predictions

from genreclf.errors import UserError
from genreclf.evaluation.confident import confident_errors, confident_hits, label_issues
from genreclf.evaluation.metrics import MIN_FILMS
from genreclf.evaluation.poster_vs_overview import top1_correct
from genreclf.genres import GENRES


def test_confident_hits_and_errors_by_hand():
    labels = padded([[1, 0, 0], [0, 1, 0], [1, 0, 1], [0, 0, 1]])
    probabilities = padded([[0.6, 0.1, 0.0], [0.8, 0.7, 0.0], [0.1, 0.2, 0.9], [0.3, 0.1, 0.2]])
    predictions = split_predictions(labels, cnn=probabilities)
    right = confident_hits(predictions, "cnn")
    assert right["position"].tolist() == [2, 0]
    assert right["id"].tolist() == ["tt0000005", "tt0000001"]  # a training film precedes each of them
    assert right["genre"].tolist() == ["Animation", "Action"]
    assert right["probability"].tolist() == pytest.approx([0.9, 0.6])
    wrong = confident_errors(predictions, "cnn")
    assert wrong["position"].tolist() == [1, 3]
    assert wrong["genre"].tolist() == ["Action", "Action"]
    assert confident_hits(predictions, "cnn", 1)["position"].tolist() == [2]
    assert list(confident_errors(split_predictions(labels, cnn=labels), "cnn").columns) == list(right.columns)  # none


def test_the_most_confident_films_come_first():
    labels = random_labels(100)
    predictions = split_predictions(labels, lstm=simulated_probabilities(labels, 0.1))
    confidence = predictions.of("lstm").probabilities.max(axis=1)
    for found, among in (
        (confident_hits, top1_correct(predictions, "lstm")),
        (confident_errors, ~top1_correct(predictions, "lstm")),
    ):
        table = found(predictions, "lstm", 7)
        assert table["probability"].tolist() == pytest.approx(np.sort(confidence[among])[::-1][:7])


@pytest.fixture
def planted():
    """300 films that five models recognise well; five labels are flipped, in rare and in frequent genres."""
    labels = random_labels(300)
    models = {
        name: simulated_probabilities(labels, 0.5, seed)
        for seed, name in enumerate(("cnn", "lstm", "poster", "overview", "fusion"))
    }
    wrong = []
    for genre, had in ((3, 0), (8, 1), (12, 0), (18, 1), (24, 1)):
        film = int(np.flatnonzero(labels[:, genre] == had)[genre])
        for probabilities in models.values():
            probabilities[film, genre] = (
                np.clip(probabilities[film, genre], 0.8, 1) if had else np.clip(probabilities[film, genre], 0, 0.2)
            )
        labels[film, genre] = 1 - had
        wrong.append((film, genre))
    return labels, models, set(wrong)


def test_wrong_labels_are_doubted_first(planted):
    labels, models, wrong = planted
    table = label_issues(split_predictions(labels, **models), 5)
    assert {(line.position, GENRES.index(line.genre)) for line in table.itertuples()} == wrong
    for line in table.itertuples():
        index = GENRES.index(line.genre)
        assert line.label == labels[line.position, index]
        assert line.id == f"tt{2 * line.position + 1:07d}"
        expected = [models[name][line.position, index] for name in ("cnn", "lstm", "poster", "overview")]  # not fusion
        assert line.probability == pytest.approx(np.mean(expected))
        assert line.models == "CNN, LSTM, EfficientNet, MiniLM"


def test_rare_genres_do_not_fill_the_list():
    """Where all models predict just the base rate of a rare genre, no film of it is more doubtful than the others."""
    labels = np.zeros((400, 25), np.uint8)
    labels[:4, 23] = 1  # a rare genre
    labels[:200, 7] = 1
    probabilities = np.full((400, 25), 0.01, np.float32)
    probabilities[:200, 7], probabilities[200:, 7] = 0.7, 0.2
    probabilities[5, 7] = 0.1  # unlike the films of this genre
    table = label_issues(split_predictions(labels, cnn=probabilities, lstm=probabilities))
    assert table[["position", "genre", "label"]].iloc[0].tolist() == [5, "Drama", 1]
    assert "War" not in table["genre"].tolist()


@pytest.mark.parametrize(("films", "doubted"), [(MIN_FILMS - 1, False), (MIN_FILMS, True)])
def test_a_genre_with_few_films_is_never_considered_missing(films, doubted):
    """No model recognises its few films, so their mean probability is close to 0."""
    labels = np.zeros((50, 25), np.uint8)
    labels[:films, 13] = 1
    labels[:25, 7] = 1
    probabilities = np.full((50, 25), 0.005, np.float32)
    probabilities[:25, 7], probabilities[25:, 7] = 0.8, 0.2
    probabilities[30, 13] = 0.02
    table = label_issues(split_predictions(labels, cnn=probabilities, lstm=probabilities))
    missing = table[(table["label"] == 0) & (table["genre"] == GENRES[13])]
    assert missing["position"].tolist() == ([30] if doubted else [])


def test_labels_are_doubted_less_in_genres_that_are_hard_to_recognise():
    """Of two films with a probability of .05, the one whose genre averages .9, not .3, is more doubtful."""
    labels = np.zeros((400, 25), np.uint8)
    labels[:100, 0] = labels[100:200, 1] = 1
    probabilities = np.full((400, 25), 0.01, np.float32)
    probabilities[:, 0], probabilities[:, 1] = 0.1, 0.2
    probabilities[:100, 0], probabilities[100:200, 1] = 0.9, 0.3
    probabilities[0, 0] = probabilities[100, 1] = 0.05
    table = label_issues(split_predictions(labels, cnn=probabilities, lstm=probabilities))
    assert table["position"].tolist() == [0, 100]  # film 100 is less far below the level of its genre


def test_a_poster_model_and_a_text_model_must_agree():
    labels = random_labels(200)
    knows, wrong = simulated_probabilities(labels, 0.5), simulated_probabilities(labels, 0.5, 1)
    film = int(np.flatnonzero(labels[:, 24] == 1)[0])
    wrong[film, 24] = 0.001
    knows[film, 24] = 0.99
    only_posters = label_issues(split_predictions(labels, cnn=wrong, poster=wrong, lstm=knows, overview=knows), 500)
    assert (film, GENRES[24]) not in set(zip(only_posters["position"], only_posters["genre"], strict=True))
    both = label_issues(split_predictions(labels, cnn=wrong, poster=knows, lstm=wrong, overview=knows), 500)
    line = both[(both["position"] == film) & (both["genre"] == GENRES[24])].iloc[0]
    assert line["models"] == "CNN, LSTM"


def test_the_models_can_be_chosen(planted):
    labels, models, _ = planted
    predictions = split_predictions(labels, **models)
    assert set(label_issues(predictions, 5, ["cnn", "overview"])["models"]) == {"CNN, MiniLM"}
    with pytest.raises(UserError, match="a poster model and a text model"):
        label_issues(predictions, models=["cnn", "poster"])
    with pytest.raises(UserError, match="a poster model and a text model"):
        label_issues(split_predictions(labels, lstm=models["lstm"], prior=models["cnn"]))
    with pytest.raises(UserError, match="no predictions of 'tfidf'"):
        label_issues(predictions, models=["cnn", "tfidf"])


def test_labels_that_all_models_predict_are_not_doubted():
    labels = random_labels(100)
    table = label_issues(split_predictions(labels, cnn=labels, lstm=labels))
    assert len(table) == 0
    assert table.columns.tolist() == ["position", "id", "genre", "label", "probability", "models"]
