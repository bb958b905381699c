import numpy as np
import pytest
from prediction_sets import padded, random_labels, simulated_probabilities, split_predictions
from sklearn.metrics import average_precision_score

from genreclf.errors import UserError
from genreclf.evaluation.bootstrap import (
    ENOUGH_FILMS,
    Difference,
    difference,
    interval,
    intervals,
    metric_interval,
    original_and_resamples,
    resampled_metrics,
    resamples,
)
from genreclf.evaluation.metrics import METRICS, average_precisions, evaluate_probabilities


@pytest.fixture(params=["all different", "many equal", "all equal", "one film"])
def films(request):
    """Labels, probabilities (with ties of several kinds) and thresholds."""
    labels = random_labels(1 if request.param == "one film" else 80)
    labels[:, 24] = 1  # every film has a genre
    told = simulated_probabilities(labels, 0.3)
    told = {"many equal": told.round(1), "all equal": np.full_like(told, 0.4)}.get(request.param, told)
    return labels, told, np.linspace(0.3, 0.7, 25)


def test_every_film_once_gives_the_figures_themselves(films):
    labels, told, thresholds = films
    expected = evaluate_probabilities(labels, told, thresholds)
    found = resampled_metrics(labels, told, thresholds, np.ones((2, len(labels)), np.float32))
    assert list(found) == list(METRICS)
    for name, values in found.items():
        assert values.dtype == np.float64
        assert values == pytest.approx([expected[name]] * 2, abs=1e-12), name


def test_a_resample_gives_the_figures_of_its_films(films):
    """Counting is the same as evaluating the films that were drawn, one by one, twice where drawn twice."""
    labels, told, thresholds = films
    counts = resamples(len(labels), 5, seed=4)
    found = resampled_metrics(labels, told, thresholds, counts)
    for row, count in enumerate(counts.astype(int)):
        drawn = np.repeat(np.arange(len(labels)), count)
        expected = evaluate_probabilities(labels[drawn], told[drawn], thresholds)
        assert {name: values[row] for name, values in found.items()} == pytest.approx(expected, abs=1e-9)


def test_many_resamples_are_as_few(monkeypatch):
    labels = random_labels(30)
    told, counts = simulated_probabilities(labels, 0.3), resamples(30, 50)
    whole = resampled_metrics(labels, told, np.full(25, 0.5), counts)
    monkeypatch.setattr("genreclf.evaluation.metrics._BLOCK", 2000)  # cut into blocks that are not equally long
    cut = resampled_metrics(labels, told, np.full(25, 0.5), counts)
    assert all(np.array_equal(whole[name], cut[name]) for name in METRICS)


def test_only_the_figures_asked_for():
    labels = random_labels(20)
    counts = resamples(20, 3)
    found = resampled_metrics(labels, simulated_probabilities(labels, 0.3), np.full(25, 0.5), counts, ["top1", "bce"])
    assert list(found) == ["bce", "top1"]
    with pytest.raises(UserError, match="no metric 'accuracy'; choose one of bce"):
        resampled_metrics(labels, simulated_probabilities(labels, 0.3), np.full(25, 0.5), counts, ["bce", "accuracy"])


def test_average_precision_by_genre_and_by_hand():
    labels, told = np.array([[1, 0], [0, 1], [1, 0]]), np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.2]])
    counts = np.array([[1, 1, 1], [0, 2, 1], [1, 0, 2]], np.float32)
    found = average_precisions(labels, told, counts)
    # first genre: ranks 1 and 3; then two false before the true one; then all that are drawn are true
    assert found[:, 0] == pytest.approx([(1 + 2 / 3) / 2, 1 / 3, 1])
    # second: a true and a false film tie; drawn twice and once; then no film has the genre
    assert found[:2, 1] == pytest.approx([1 / 2, 2 / 3])
    assert np.isnan(found[2, 1])
    assert found[0] == pytest.approx([average_precision_score(*pair) for pair in zip(labels.T, told.T, strict=True)])


def test_a_resample_draws_as_many_films_as_there_are():
    counts = resamples(50, 400)
    assert (counts.sum(axis=1) == 50).all()
    assert (counts == counts.round()).all()
    assert counts.mean(axis=0) == pytest.approx(np.ones(50), abs=0.25)
    assert counts.var() == pytest.approx(1, abs=0.05)  # nearly Poisson
    assert np.array_equal(resamples(50, 400), counts)
    assert not np.array_equal(resamples(50, 400, seed=1), counts)
    with pytest.raises(ValueError, match="read-only"):
        counts[0, 0] = 7
    first, *rest = original_and_resamples(50, 400)
    assert (first == 1).all()
    assert np.array_equal(rest, counts)


def test_an_interval_by_hand():
    values = np.arange(101.0)
    assert interval(values) == pytest.approx((2.5, 97.5))
    assert interval(values, level=0.8) == pytest.approx((10, 90))
    assert interval(np.append(values, np.nan)) == interval(values)
    assert interval(values, measured=40) == pytest.approx((-17.5, 77.5))  # 57.5 above 40, 37.5 below, mirrored


def test_intervals_hold_the_truth_as_often_as_they_say():
    """Of 200 splits of 150 films from a world whose figures are known, 95 % ± chance."""
    world = np.random.default_rng(2)

    def draw(films: int):
        chances = world.beta(1, 3, (films, 25))
        return (world.random((films, 25)) < chances).astype(np.uint8), chances

    names, thresholds = ("bce", "precision", "micro_f1", "macro_f1", "samples_f1", "map", "top1"), np.full(25, 0.3)
    truth = evaluate_probabilities(*draw(50_000), thresholds)
    held = dict.fromkeys(names, 0)
    for seed in range(200):
        values = resampled_metrics(*draw(150), thresholds, original_and_resamples(150, 200, seed), names)
        for name in names:
            low, high = metric_interval(name, values[name][0], values[name][1:])
            held[name] += low <= truth[name] <= high
    for name, times in held.items():  # of 200 right ones 190 ± 3 hold it, percentile intervals of few films a bit fewer
        assert 178 <= times <= 199, name


def test_intervals_of_all_models():
    labels = random_labels(120)
    predictions = split_predictions(
        labels, 0.6, cnn=simulated_probabilities(labels, 0.1), lstm=simulated_probabilities(labels, 0.3, 1)
    )
    found, figures = intervals(predictions, times=300), predictions.metrics()
    assert list(found) == ["cnn", "lstm"]
    for model, of_model in found.items():
        assert set(of_model) == set(METRICS)
        for name, (low, high) in of_model.items():
            assert low < figures[model][name] < high, (model, name)
    assert list(intervals(predictions, ["bce"], times=50)["cnn"]) == ["bce"]


def test_the_interval_of_macro_f1_on_few_films_reaches_below_what_resampling_makes_of_it():
    """Resamples that have no film of a rare genre do not count that it was never chosen."""
    labels = np.zeros((60, 25), np.uint8)
    labels[:, 0] = 1
    labels[np.arange(8), np.arange(1, 9)] = 1
    told = np.where(np.arange(25) == 0, 0.9, 0.1) * np.ones_like(labels)
    predictions = split_predictions(labels, prior=told, cnn=labels)
    measured = predictions.metrics()["prior"]["macro_f1"]
    assert measured == pytest.approx(1 / 9)
    low, high = intervals(predictions, ["macro_f1"], times=100)["prior"]["macro_f1"]
    assert 0 <= low < 0.1 < measured < high
    assert difference(predictions, "cnn", "prior", "macro_f1", times=100).high > 0.9


def test_the_interval_of_map_leans_against_what_resampling_does_to_it():
    labels = random_labels(120)
    predictions = split_predictions(labels, cnn=simulated_probabilities(labels, 0.1))
    values = resampled_metrics(
        labels, predictions.of("cnn").probabilities, np.full(25, 0.5), resamples(120, 300), ["map"]
    )["map"]
    measured = predictions.metrics()["cnn"]["map"]
    low, high = intervals(predictions, ["map"], times=300)["cnn"]["map"]
    assert values.mean() > measured  # a film drawn twice ranks twice
    assert measured - low > high - measured
    perfect = split_predictions(labels, cnn=simulated_probabilities(labels, 1))
    assert intervals(perfect, ["map"], times=50)["cnn"]["map"] == (1, 1)


def test_a_difference_is_sure_where_one_model_is_better_on_nearly_all_films():
    labels = random_labels(200)
    predictions = split_predictions(
        labels, cnn=simulated_probabilities(labels, 0.1), lstm=simulated_probabilities(labels, 0.5, 1)
    )
    figures = predictions.metrics()
    for name in ("bce", "macro_f1", "map", "micro_ap"):
        found = difference(predictions, "lstm", "cnn", name, times=200)
        assert found.value == pytest.approx(figures["lstm"][name] - figures["cnn"][name])
        assert found.low < found.value < found.high
        assert (found.significant, found.better) == (True, "lstm"), name
        back = difference(predictions, "cnn", "lstm", name, times=200)
        assert (back.value, back.low, back.high) == pytest.approx((-found.value, -found.high, -found.low))
        assert back.better == "lstm"


def test_models_of_one_skill_do_not_differ_surely():
    labels = random_labels(200)
    predictions = split_predictions(
        labels, cnn=simulated_probabilities(labels, 0.3, 1), lstm=simulated_probabilities(labels, 0.3, 2)
    )
    assert not difference(predictions, "lstm", "cnn", "micro_f1", times=200).significant
    itself = difference(predictions, "cnn", "cnn", "bce", times=50)
    assert (itself.value, itself.low, itself.high, itself.significant, itself.better) == (0, 0, 0, False, None)


def test_pairing_sees_what_single_intervals_cannot():
    """One model is a little better on every film: their intervals overlap, their difference is sure."""
    labels = random_labels(100)
    told = simulated_probabilities(labels, 0.3)
    better = np.where(labels == 1, told + 0.01, told - 0.01).clip(0.001, 0.999)
    predictions = split_predictions(labels, cnn=told, lstm=better)
    alone = intervals(predictions, ["bce"], times=200)
    assert alone["lstm"]["bce"][1] > alone["cnn"]["bce"][0]
    assert difference(predictions, "lstm", "cnn", "bce", times=200).significant


def skilled(rng: np.random.Generator, films: int, *skills: float) -> tuple[np.ndarray, list[np.ndarray]]:
    """Films of 10 frequent genres, as if of a public set, and what models of these skills say, as they come."""
    rates = np.linspace(0.08, 0.5, 10)
    labels = rng.random((films, 10)) < rates
    log_odds = np.log(rates / (1 - rates))
    told = [log_odds + s * (rng.normal(size=labels.shape) + s * labels) - s**2 / 2 for s in skills]
    return np.pad(labels, ((0, 0), (0, 15))).astype(np.uint8), [
        np.pad(1 / (1 + np.exp(-one)), ((0, 0), (0, 15)), constant_values=0.01) for one in told
    ]


def test_the_interval_of_a_difference_holds_the_truth_for_unlike_models():
    """Resampling moves the mAP of base rates much less than that of a model, so it moves the difference, too."""
    rng, held = np.random.default_rng(3), 0
    labels, (model, rates) = skilled(rng, 20_000, 0.7, 0)
    figures = split_predictions(labels, cnn=model, prior=rates).metrics()
    truth = figures["cnn"]["map"] - figures["prior"]["map"]
    for seed in range(50):
        labels, (model, rates) = skilled(rng, 150, 0.7, 0)
        found = difference(split_predictions(labels, cnn=model, prior=rates), "cnn", "prior", "map", 150, seed)
        held += found.low <= truth <= found.high
    assert held >= 43


def test_every_interval_holds_the_figure_itself():
    """Of a few films resampling moves other figures, too."""
    for seed in range(8):
        labels = random_labels(8, seed)
        predictions = split_predictions(
            labels,
            0.6,
            cnn=simulated_probabilities(labels, 0.1, seed),
            lstm=simulated_probabilities(labels, 0.3, seed + 1),
        )
        figures = predictions.metrics()
        for model, spans in intervals(predictions, times=20).items():
            for name, (low, high) in spans.items():
                assert low <= figures[model][name] <= high, (seed, model, name)
        for name in METRICS:
            found = difference(predictions, "lstm", "cnn", name, times=20)
            assert found.low <= found.value <= found.high, (seed, name)


def test_few_films_make_no_difference_sure():
    """One film drawn from one film is that film: all resamples agree, and say nothing."""
    for films, sure in ((1, False), (ENOUGH_FILMS - 1, False), (ENOUGH_FILMS, True)):
        labels = np.ones((films, 25), np.uint8)
        predictions = split_predictions(labels, cnn=np.full(labels.shape, 0.6), lstm=np.full(labels.shape, 0.9))
        found = difference(predictions, "lstm", "cnn", "bce", times=50)
        assert found.high < 0
        assert (found.films, found.significant, found.better) == (films, sure, "lstm")


def test_a_difference_of_the_unknown_is_refused():
    predictions = split_predictions(padded([[1, 0], [0, 1]]), cnn=padded([[0.9, 0.2], [0.3, 0.4]]))
    with pytest.raises(UserError, match="no predictions of 'lstm'"):
        difference(predictions, "cnn", "lstm", "bce")
    with pytest.raises(UserError, match="no metric 'auc'"):
        difference(predictions, "cnn", "cnn", "auc")


@pytest.mark.parametrize(
    ("figure", "value", "better"),
    [("bce", -0.1, "lstm"), ("bce", 0.1, "cnn"), ("map", 0.1, "lstm"), ("top1", -0.1, "cnn"), ("top1", 0.0, None)],
)
def test_lower_is_better_for_cross_entropy_only(figure, value, better):
    assert Difference("lstm", "cnn", figure, value, value - 0.01, value + 0.01, 100).better == better


def test_sure_means_that_zero_lies_outside():
    assert Difference("a", "b", "map", 0.1, 0.01, 0.2, 100).significant
    assert Difference("a", "b", "map", -0.1, -0.2, -0.01, 100).significant
    assert not Difference("a", "b", "map", 0.1, 0.0, 0.2, 100).significant
