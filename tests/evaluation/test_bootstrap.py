import numpy as np
import pytest
from prediction_sets import padded, random_labels, simulated_probabilities, split_predictions
from sklearn.metrics import average_precision_score

from genreclf.errors import UserError
from genreclf.evaluation.bootstrap import (
    ENOUGH_FILMS,
    Difference,
    confidence_interval,
    difference,
    interval,
    intervals,
    resamples,
)
from genreclf.evaluation.metrics import METRICS, average_precisions, evaluate_probabilities, resampled_metrics


@pytest.fixture(params=["all different", "many equal", "all equal", "one film"])
def films(request):
    """Labels, probabilities (with ties of several kinds) and thresholds."""
    labels = random_labels(1 if request.param == "one film" else 80)
    labels[:, 24] = 1  # every film has a genre
    probabilities = simulated_probabilities(labels, 0.3)
    probabilities = {"many equal": probabilities.round(1), "all equal": np.full_like(probabilities, 0.4)}.get(
        request.param, probabilities
    )
    return labels, probabilities, np.linspace(0.3, 0.7, 25)


def test_every_film_once_gives_the_metrics_themselves(films):
    labels, probabilities, thresholds = films
    expected = evaluate_probabilities(labels, probabilities, thresholds)
    found = resampled_metrics(labels, probabilities, thresholds, np.ones((2, len(labels)), np.float32))
    assert list(found) == list(METRICS)
    for name, values in found.items():
        assert values.dtype == np.float64
        assert values == pytest.approx([expected[name]] * 2, abs=1e-12), name


def test_a_resample_gives_the_metrics_of_its_films(films):
    """Weighting by draws equals evaluating the drawn films, those drawn twice twice."""
    labels, probabilities, thresholds = films
    draws = resamples(len(labels), 5, seed=4)
    found = resampled_metrics(labels, probabilities, thresholds, draws)
    for row, times in enumerate(draws.astype(int)):
        drawn = np.repeat(np.arange(len(labels)), times)
        expected = evaluate_probabilities(labels[drawn], probabilities[drawn], thresholds)
        assert {name: values[row] for name, values in found.items()} == pytest.approx(expected, abs=1e-9)


def test_blocks_do_not_change_the_metrics(monkeypatch):
    labels = random_labels(30)
    probabilities, draws = simulated_probabilities(labels, 0.3), resamples(30, 50)
    whole = resampled_metrics(labels, probabilities, np.full(25, 0.5), draws)
    monkeypatch.setattr("genreclf.evaluation.metrics._BLOCK", 2000)  # blocks of unequal length
    cut = resampled_metrics(labels, probabilities, np.full(25, 0.5), draws)
    assert all(np.array_equal(whole[name], cut[name]) for name in METRICS)


def test_only_requested_metrics_are_computed():
    labels = random_labels(20)
    draws = resamples(20, 3)
    found = resampled_metrics(labels, simulated_probabilities(labels, 0.3), np.full(25, 0.5), draws, ["top1", "bce"])
    assert list(found) == ["bce", "top1"]
    with pytest.raises(UserError, match="no metric 'accuracy'; choose one of bce"):
        resampled_metrics(labels, simulated_probabilities(labels, 0.3), np.full(25, 0.5), draws, ["bce", "accuracy"])


def test_average_precision_by_genre_and_by_hand():
    labels, probabilities = np.array([[1, 0], [0, 1], [1, 0]]), np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.2]])
    draws = np.array([[1, 1, 1], [0, 2, 1], [1, 0, 2]], np.float32)
    found = average_precisions(labels, probabilities, draws)
    # first genre: ranks 1 and 3; then two false before the true one; then all that are drawn are true
    assert found[:, 0] == pytest.approx([(1 + 2 / 3) / 2, 1 / 3, 1])
    # second: a true and a false film tie; drawn twice and once; then no film has the genre
    assert found[:2, 1] == pytest.approx([1 / 2, 2 / 3])
    assert np.isnan(found[2, 1])
    assert found[0] == pytest.approx(
        [average_precision_score(*pair) for pair in zip(labels.T, probabilities.T, strict=True)]
    )


def test_a_resample_has_as_many_films_as_the_split():
    draws = resamples(50, 400)
    assert (draws.sum(axis=1) == 50).all()
    assert (draws == draws.round()).all()
    assert draws[1:].mean(axis=0) == pytest.approx(np.ones(50), abs=0.25)
    assert draws[1:].var() == pytest.approx(1, abs=0.05)  # nearly Poisson
    assert np.array_equal(resamples(50, 400), draws)
    assert not np.array_equal(resamples(50, 400, seed=1), draws)
    with pytest.raises(ValueError, match="read-only"):
        draws[0, 0] = 7
    assert (draws[0] == 1).all(), "the first row is the original split"


def test_an_interval_by_hand():
    values = np.arange(101.0)
    assert interval(values) == pytest.approx((2.5, 97.5))
    assert interval(np.append(values, np.nan)) == interval(values)
    assert interval(values, measured=40) == pytest.approx((-17.5, 77.5))  # 57.5 above 40, 37.5 below, mirrored


def test_intervals_contain_the_truth_as_often_as_claimed():
    """200 splits of 150 films are drawn from a simulated world with known metrics; 95 % should contain them."""
    world = np.random.default_rng(2)

    def draw(films: int):
        probabilities = world.beta(1, 3, (films, 25))
        return (world.random((films, 25)) < probabilities).astype(np.uint8), probabilities

    names, thresholds = ("bce", "precision", "micro_f1", "macro_f1", "samples_f1", "map", "top1"), np.full(25, 0.3)
    truth = evaluate_probabilities(*draw(50_000), thresholds)
    covered = dict.fromkeys(names, 0)
    for seed in range(200):
        values = resampled_metrics(*draw(150), thresholds, resamples(150, 200, seed), names)
        for name in names:
            low, high = confidence_interval(name, values[name])
            covered[name] += low <= truth[name] <= high
    for name, times in covered.items():  # 190 ± 3 of 200 expected, slightly fewer for percentile intervals on few films
        assert 178 <= times <= 199, name


def test_intervals_of_all_models():
    labels = random_labels(120)
    predictions = split_predictions(
        labels, 0.6, cnn=simulated_probabilities(labels, 0.1), lstm=simulated_probabilities(labels, 0.3, 1)
    )
    found, metrics = intervals(predictions, n_resamples=300), predictions.metrics()
    assert list(found) == ["cnn", "lstm"]
    for model, of_model in found.items():
        assert set(of_model) == set(METRICS)
        for name, (low, high) in of_model.items():
            assert low < metrics[model][name] < high, (model, name)
    assert list(intervals(predictions, ["bce"], n_resamples=50)["cnn"]) == ["bce"]


def test_the_interval_of_macro_f1_on_few_films_spans_both_kinds():
    """Resamples without a film of a rare genre ignore that the genre was never chosen."""
    labels = np.zeros((60, 25), np.uint8)
    labels[:, 0] = 1
    labels[np.arange(8), np.arange(1, 9)] = 1
    probabilities = np.where(np.arange(25) == 0, 0.9, 0.1) * np.ones_like(labels)
    predictions = split_predictions(labels, prior=probabilities, cnn=labels)
    measured = predictions.metrics()["prior"]["macro_f1"]
    assert measured == pytest.approx(1 / 9)
    low, high = intervals(predictions, ["macro_f1"], n_resamples=100)["prior"]["macro_f1"]
    assert 0 <= low < 0.1 < measured < high
    assert difference(predictions, "cnn", "prior", "macro_f1", n_resamples=100).high > 0.9


def test_the_interval_of_map_corrects_the_bias_of_resampling():
    labels = random_labels(120)
    predictions = split_predictions(labels, cnn=simulated_probabilities(labels, 0.1))
    values = resampled_metrics(
        labels, predictions.of("cnn").probabilities, np.full(25, 0.5), resamples(120, 300), ["map"]
    )["map"]
    measured = predictions.metrics()["cnn"]["map"]
    low, high = intervals(predictions, ["map"], n_resamples=300)["cnn"]["map"]
    assert values.mean() > measured  # a film drawn twice ranks twice
    assert measured - low > high - measured
    perfect = split_predictions(labels, cnn=simulated_probabilities(labels, 1))
    assert intervals(perfect, ["map"], n_resamples=50)["cnn"]["map"] == (1, 1)


def test_a_difference_on_nearly_all_films_is_significant():
    labels = random_labels(200)
    predictions = split_predictions(
        labels, cnn=simulated_probabilities(labels, 0.1), lstm=simulated_probabilities(labels, 0.5, 1)
    )
    metrics = predictions.metrics()
    for name in ("bce", "macro_f1", "map", "micro_ap"):
        found = difference(predictions, "lstm", "cnn", name, n_resamples=200)
        assert found.value == pytest.approx(metrics["lstm"][name] - metrics["cnn"][name])
        assert found.low < found.value < found.high
        assert (found.significant, found.better) == (True, "lstm"), name
        back = difference(predictions, "cnn", "lstm", name, n_resamples=200)
        assert (back.value, back.low, back.high) == pytest.approx((-found.value, -found.high, -found.low))
        assert back.better == "lstm"


def test_equal_models_do_not_differ_significantly():
    labels = random_labels(200)
    predictions = split_predictions(
        labels, cnn=simulated_probabilities(labels, 0.3, 1), lstm=simulated_probabilities(labels, 0.3, 2)
    )
    assert not difference(predictions, "lstm", "cnn", "micro_f1", n_resamples=200).significant
    itself = difference(predictions, "cnn", "cnn", "bce", n_resamples=50)
    assert (itself.value, itself.low, itself.high, itself.significant, itself.better) == (0, 0, 0, False, None)


def test_pairing_finds_differences_that_single_intervals_hide():
    """One model is slightly better on every film: the intervals overlap, yet the difference is significant."""
    labels = random_labels(100)
    probabilities = simulated_probabilities(labels, 0.3)
    better = np.where(labels == 1, probabilities + 0.01, probabilities - 0.01).clip(0.001, 0.999)
    predictions = split_predictions(labels, cnn=probabilities, lstm=better)
    alone = intervals(predictions, ["bce"], n_resamples=200)
    assert alone["lstm"]["bce"][1] > alone["cnn"]["bce"][0]
    assert difference(predictions, "lstm", "cnn", "bce", n_resamples=200).significant


def skilled(rng: np.random.Generator, films: int, *skills: float) -> tuple[np.ndarray, list[np.ndarray]]:
    """Films of 10 frequent genres, and the probabilities of models with these skills."""
    rates = np.linspace(0.08, 0.5, 10)
    labels = rng.random((films, 10)) < rates
    log_odds = np.log(rates / (1 - rates))
    logits = [log_odds + s * (rng.normal(size=labels.shape) + s * labels) - s**2 / 2 for s in skills]
    return np.pad(labels, ((0, 0), (0, 15))).astype(np.uint8), [
        np.pad(1 / (1 + np.exp(-each)), ((0, 0), (0, 15)), constant_values=0.01) for each in logits
    ]


def test_the_interval_of_a_difference_contains_the_truth_for_unlike_models():
    """Resampling shifts the mAP of base rates much less than that of a model, so it shifts the difference, too."""
    rng, covered = np.random.default_rng(3), 0
    labels, (model, rates) = skilled(rng, 20_000, 0.7, 0)
    metrics = split_predictions(labels, cnn=model, prior=rates).metrics()
    truth = metrics["cnn"]["map"] - metrics["prior"]["map"]
    for seed in range(50):
        labels, (model, rates) = skilled(rng, 150, 0.7, 0)
        found = difference(split_predictions(labels, cnn=model, prior=rates), "cnn", "prior", "map", 150, seed)
        covered += found.low <= truth <= found.high
    assert covered >= 43


def test_every_interval_contains_the_measured_value():
    """On few films, resampling shifts all metrics."""
    for seed in range(8):
        labels = random_labels(8, seed)
        predictions = split_predictions(
            labels,
            0.6,
            cnn=simulated_probabilities(labels, 0.1, seed),
            lstm=simulated_probabilities(labels, 0.3, seed + 1),
        )
        metrics = predictions.metrics()
        for model, spans in intervals(predictions, n_resamples=20).items():
            for name, (low, high) in spans.items():
                assert low <= metrics[model][name] <= high, (seed, model, name)
        for name in METRICS:
            found = difference(predictions, "lstm", "cnn", name, n_resamples=20)
            assert found.low <= found.value <= found.high, (seed, name)


def test_no_difference_on_few_films_is_significant():
    """All resamples of a single film are equal, which proves nothing."""
    for films, significant in ((1, False), (ENOUGH_FILMS - 1, False), (ENOUGH_FILMS, True)):
        labels = np.ones((films, 25), np.uint8)
        predictions = split_predictions(labels, cnn=np.full(labels.shape, 0.6), lstm=np.full(labels.shape, 0.9))
        found = difference(predictions, "lstm", "cnn", "bce", n_resamples=50)
        assert found.high < 0
        assert (found.films, found.significant, found.better) == (films, significant, "lstm")


def test_unknown_models_and_metrics_are_user_errors():
    predictions = split_predictions(padded([[1, 0], [0, 1]]), cnn=padded([[0.9, 0.2], [0.3, 0.4]]))
    with pytest.raises(UserError, match="no predictions of 'lstm'"):
        difference(predictions, "cnn", "lstm", "bce")
    with pytest.raises(UserError, match="no metric 'auc'"):
        difference(predictions, "cnn", "cnn", "auc")


@pytest.mark.parametrize(
    ("metric", "value", "better"),
    [("bce", -0.1, "lstm"), ("bce", 0.1, "cnn"), ("map", 0.1, "lstm"), ("top1", -0.1, "cnn"), ("top1", 0.0, None)],
)
def test_lower_is_better_only_for_cross_entropy(metric, value, better):
    assert Difference("lstm", "cnn", metric, value, value - 0.01, value + 0.01, 100).better == better


def test_significant_means_that_zero_is_outside_the_interval():
    assert Difference("a", "b", "map", 0.1, 0.01, 0.2, 100).significant
    assert Difference("a", "b", "map", -0.1, -0.2, -0.01, 100).significant
    assert not Difference("a", "b", "map", 0.1, 0.0, 0.2, 100).significant
