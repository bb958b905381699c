import numpy as np
import pytest
from prediction_sets import padded, random_labels, simulated_probabilities, split_predictions

from genreclf.errors import UserError
from genreclf.evaluation.confident import confident_errors, confident_hits, label_issues
from genreclf.evaluation.metrics import MIN_FILMS
from genreclf.evaluation.poster_vs_overview import top1_correct
from genreclf.genres import GENRES


def test_surest_right_and_wrong_films():
    labels = padded([[1, 0, 0], [0, 1, 0], [1, 0, 1], [0, 0, 1]])
    told = padded([[0.6, 0.1, 0.0], [0.8, 0.7, 0.0], [0.1, 0.2, 0.9], [0.3, 0.1, 0.2]])
    predictions = split_predictions(labels, cnn=told)
    right = confident_hits(predictions, "cnn")
    assert right["position"].tolist() == [2, 0]
    assert right["id"].tolist() == ["tt0000005", "tt0000001"]  # a film of train stands before each
    assert right["genre"].tolist() == ["Animation", "Action"]
    assert right["probability"].tolist() == pytest.approx([0.9, 0.6])
    wrong = confident_errors(predictions, "cnn")
    assert wrong["position"].tolist() == [1, 3]
    assert wrong["genre"].tolist() == ["Action", "Action"]
    assert confident_hits(predictions, "cnn", 1)["position"].tolist() == [2]
    assert list(confident_errors(split_predictions(labels, cnn=labels), "cnn").columns) == list(right.columns)  # none


def test_no_other_film_is_surer():
    labels = random_labels(100)
    predictions = split_predictions(labels, lstm=simulated_probabilities(labels, 0.1))
    surest = predictions.of("lstm").probabilities.max(axis=1)
    for found, among in (
        (confident_hits, top1_correct(predictions, "lstm")),
        (confident_errors, ~top1_correct(predictions, "lstm")),
    ):
        table = found(predictions, "lstm", 7)
        assert table["probability"].tolist() == pytest.approx(np.sort(surest[among])[::-1][:7])


@pytest.fixture
def planted():
    """300 films that five models know well; five labels are turned around, of rare genres and frequent ones."""
    labels = random_labels(300)
    models = {
        name: simulated_probabilities(labels, 0.5, seed)
        for seed, name in enumerate(("cnn", "lstm", "poster", "overview", "fusion"))
    }
    wrong = []
    for genre, had in ((3, 0), (8, 1), (12, 0), (18, 1), (24, 1)):
        film = int(np.flatnonzero(labels[:, genre] == had)[genre])
        for told in models.values():
            told[film, genre] = np.clip(told[film, genre], 0.8, 1) if had else np.clip(told[film, genre], 0, 0.2)
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
        told = [models[name][line.position, index] for name in ("cnn", "lstm", "poster", "overview")]  # not fusion
        assert line.probability == pytest.approx(np.mean(told))
        assert line.models == "CNN, LSTM, EfficientNet, MiniLM"


def test_rare_genres_do_not_fill_the_list():
    """A film of a rare genre that all models give its base rate is no more doubtful than the others of that genre."""
    labels = np.zeros((400, 25), np.uint8)
    labels[:4, 23] = 1  # a rare genre
    labels[:200, 7] = 1
    told = np.full((400, 25), 0.01, np.float32)
    told[:200, 7], told[200:, 7] = 0.7, 0.2
    told[5, 7] = 0.1  # not what the films of this genre look like
    table = label_issues(split_predictions(labels, cnn=told, lstm=told))
    assert table[["position", "genre", "label"]].iloc[0].tolist() == [5, "Drama", 1]
    assert "War" not in table["genre"].tolist()


@pytest.mark.parametrize(("films", "doubted"), [(MIN_FILMS - 1, False), (MIN_FILMS, True)])
def test_of_a_genre_of_few_films_none_is_said_to_be_missing(films, doubted):
    """Nobody knows its few films, so that what models say of them on average is hardly more than nothing."""
    labels = np.zeros((50, 25), np.uint8)
    labels[:films, 13] = 1
    labels[:25, 7] = 1
    told = np.full((50, 25), 0.005, np.float32)
    told[:25, 7], told[25:, 7] = 0.8, 0.2
    told[30, 13] = 0.02
    table = label_issues(split_predictions(labels, cnn=told, lstm=told))
    missing = table[(table["label"] == 0) & (table["genre"] == GENRES[13])]
    assert missing["position"].tolist() == ([30] if doubted else [])


def test_a_label_is_doubted_less_in_genres_that_are_hardly_told():
    """Of two films to which a genre of theirs gives .05, the more doubtful is that of the genre told by .9, not .3."""
    labels = np.zeros((400, 25), np.uint8)
    labels[:100, 0] = labels[100:200, 1] = 1
    told = np.full((400, 25), 0.01, np.float32)
    told[:, 0], told[:, 1] = 0.1, 0.2
    told[:100, 0], told[100:200, 1] = 0.9, 0.3
    told[0, 0] = told[100, 1] = 0.05
    table = label_issues(split_predictions(labels, cnn=told, lstm=told))
    assert table["position"].tolist() == [0, 100]  # 100 lies further beyond the mark of the films without its genre


def test_one_that_looks_and_one_that_reads_must_agree():
    labels = random_labels(200)
    knows, wrong = simulated_probabilities(labels, 0.5), simulated_probabilities(labels, 0.5, 1)
    film = int(np.flatnonzero(labels[:, 24] == 1)[0])
    wrong[film, 24] = 0.001
    knows[film, 24] = 0.99
    only_looking = label_issues(split_predictions(labels, cnn=wrong, poster=wrong, lstm=knows, overview=knows), 500)
    assert (film, GENRES[24]) not in set(zip(only_looking["position"], only_looking["genre"], strict=True))
    both = label_issues(split_predictions(labels, cnn=wrong, poster=knows, lstm=wrong, overview=knows), 500)
    line = both[(both["position"] == film) & (both["genre"] == GENRES[24])].iloc[0]
    assert line["models"] == "CNN, LSTM"


def test_models_may_be_chosen(planted):
    labels, models, _ = planted
    predictions = split_predictions(labels, **models)
    assert set(label_issues(predictions, 5, ["cnn", "overview"])["models"]) == {"CNN, MiniLM"}
    with pytest.raises(UserError, match="a poster model and a text model"):
        label_issues(predictions, models=["cnn", "poster"])
    with pytest.raises(UserError, match="a poster model and a text model"):
        label_issues(split_predictions(labels, lstm=models["lstm"], prior=models["cnn"]))
    with pytest.raises(UserError, match="no predictions of 'tfidf'"):
        label_issues(predictions, models=["cnn", "tfidf"])


def test_labels_that_all_models_share_are_not_doubted():
    labels = random_labels(100)
    table = label_issues(split_predictions(labels, cnn=labels, lstm=labels))
    assert len(table) == 0
    assert table.columns.tolist() == ["position", "id", "genre", "label", "probability", "models"]
