import numpy as np
import pytest
from prediction_sets import padded, random_labels, simulated_probabilities, split_predictions
from sklearn.metrics import average_precision_score

from genreclf.errors import UserError
from genreclf.evaluation.poster_vs_overview import (
    better_part,
    contrast,
    fusion_gains,
    genre_lead,
    has_fusion,
    models_by_input,
    top1_correct,
)
from genreclf.genres import GENRES

RIGHT, WRONG = [0.9, 0.1], [0.2, 0.8]  # probabilities for a film with only the first genre


def outcomes(*rights: int) -> np.ndarray:
    """Probabilities of a model that gets these films right (1) or wrong (0)."""
    return padded([RIGHT if right else WRONG for right in rights])


FILMS = padded([[1, 0]] * 5)


def test_a_model_gets_a_film_right_if_its_most_probable_genre_is_true():
    predictions = split_predictions(padded([[1, 0, 1], [0, 1, 0]]), cnn=padded([[0.2, 0.1, 0.4], [0.3, 0.2, 0.1]]))
    assert top1_correct(predictions, "cnn").tolist() == [True, False]
    labels = random_labels(80)
    predictions = split_predictions(labels, lstm=simulated_probabilities(labels, 0.2))
    assert top1_correct(predictions, "lstm").mean() == pytest.approx(predictions.metrics()["lstm"]["top1"])
    with pytest.raises(UserError, match="no predictions of 'cnn'"):
        top1_correct(predictions, "cnn")


def test_contrast_by_hand():
    predictions = split_predictions(FILMS, cnn=outcomes(1, 1, 0, 0, 1), lstm=outcomes(1, 0, 1, 0, 1))
    found = {name: films.tolist() for name, films in contrast(predictions, "cnn", "lstm").items()}
    assert found == {"both": [0, 4], "first": [1], "second": [2], "neither": [3]}
    assert contrast(predictions, "lstm", "cnn")["first"].tolist() == [2]


def test_every_film_is_in_one_group():
    labels = random_labels(90)
    predictions = split_predictions(
        labels, cnn=simulated_probabilities(labels, 0.1), lstm=simulated_probabilities(labels, 0.2, 1)
    )
    groups = contrast(predictions, "cnn", "lstm")
    assert sorted(np.concatenate(list(groups.values()))) == list(range(90))
    assert all(len(films) for films in groups.values())


def test_genres_in_which_a_model_leads():
    """The poster model knows the last genres, the other the first ones."""
    labels = random_labels(300)
    knows, does_not = simulated_probabilities(labels, 0.5), simulated_probabilities(labels, 0.0, 1)
    first = np.where(np.arange(25) < 12, does_not, knows)
    second = np.where(np.arange(25) < 12, knows, does_not)
    predictions = split_predictions(labels, cnn=first, lstm=second)
    table = genre_lead(predictions, "cnn", "lstm", n_resamples=200)
    films = labels.sum(axis=0)
    assert set(table["genre"]) == {genre for genre, count in zip(GENRES, films, strict=True) if count >= 5}
    assert table["lead"].is_monotonic_decreasing
    assert table["significant"].all()
    for line in table.itertuples():
        index = GENRES.index(line.genre)
        assert line.films == films[index]
        probabilities = predictions.of("cnn").probabilities[:, index]
        assert line.first_ap == pytest.approx(average_precision_score(labels[:, index], probabilities))
        assert line.lead == pytest.approx(line.first_ap - line.second_ap)
        assert line.low < line.lead < line.high
        assert (line.lead > 0) == (index >= 12)
    back = genre_lead(predictions, "lstm", "cnn", n_resamples=200).iloc[::-1]
    assert back["genre"].tolist() == table["genre"].tolist()
    assert back["low"].to_numpy() == pytest.approx(-table["high"].to_numpy())


def test_equal_models_lead_significantly_in_hardly_any_genre():
    labels = random_labels(300)
    predictions = split_predictions(
        labels, cnn=simulated_probabilities(labels, 0.2, 1), lstm=simulated_probabilities(labels, 0.2, 2)
    )
    assert genre_lead(predictions, "cnn", "lstm", n_resamples=200)["significant"].sum() <= 3  # of 22


def test_genres_with_few_films_are_left_out():
    labels = padded([[1, 1, 0]] * 4 + [[1, 0, 0]])
    predictions = split_predictions(
        labels, cnn=simulated_probabilities(labels, 0.1), lstm=simulated_probabilities(labels, 0.1, 1)
    )
    table = genre_lead(predictions, "cnn", "lstm", n_resamples=20)
    assert table["genre"].tolist() == ["Action"]  # five films; Adventure has four
    nothing = genre_lead(split_predictions(labels[:2], cnn=labels[:2], lstm=labels[:2]), "cnn", "lstm", n_resamples=20)
    assert len(nothing) == 0
    assert nothing.columns.tolist() == table.columns.tolist()


def test_gains_and_losses_of_fusion_by_hand():
    predictions = split_predictions(
        FILMS, fusion=outcomes(1, 1, 1, 0, 0), poster=outcomes(0, 1, 0, 0, 0), overview=outcomes(0, 0, 1, 1, 0)
    )
    assert better_part(predictions) == "overview"
    found = {name: films.tolist() for name, films in fusion_gains(predictions).items()}
    assert found == {"gained": [0, 1], "lost": [3], "new": [0]}


def test_gains_minus_losses_equal_the_gain_in_top1():
    labels = random_labels(150)
    predictions = split_predictions(
        labels,
        fusion=simulated_probabilities(labels, 0.3),
        poster=simulated_probabilities(labels, 0.2, 1),
        overview=simulated_probabilities(labels, 0.15, 2),
    )
    found, metrics = fusion_gains(predictions), predictions.metrics()
    added = metrics["fusion"]["top1"] - max(metrics["poster"]["top1"], metrics["overview"]["top1"])
    assert (len(found["gained"]) - len(found["lost"])) / 150 == pytest.approx(added)
    assert set(found["new"]) <= set(found["gained"])


def test_fusion_gains_need_predictions_of_fusion_and_its_parts():
    with pytest.raises(UserError, match="no predictions of 'poster'"):
        fusion_gains(split_predictions(FILMS, fusion=outcomes(1, 1, 1, 0, 0), overview=outcomes(0, 0, 1, 1, 0)))
    with pytest.raises(UserError, match="no predictions of 'fusion'"):
        fusion_gains(split_predictions(FILMS, poster=outcomes(1, 1, 1, 0, 0), overview=outcomes(0, 0, 1, 1, 0)))


def test_models_by_input():
    zeros = np.zeros((2, 25))
    names = ("cnn", "lstm", "poster", "fusion", "prior", "tfidf")
    predictions = split_predictions(zeros, **dict.fromkeys(names, zeros))
    assert models_by_input(predictions) == (["cnn", "poster"], ["lstm", "tfidf"])
    assert not has_fusion(predictions), "there are no predictions of one of its parts"
    assert has_fusion(split_predictions(zeros, poster=zeros, overview=zeros, fusion=zeros))
