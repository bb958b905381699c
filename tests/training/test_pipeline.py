import dataclasses
from itertools import chain

import numpy as np
import pytest

from genreclf.data.overviews import END_PIECE_IDS, MASK_PIECE_ID, UNKNOWN_ID
from genreclf.data.prepared import Prepared
from genreclf.models import get_spec
from genreclf.recipes.settings import Recipe
from genreclf.training.pipeline import WIDTHS, EvaluationBatches, TrainingBatches, training_targets

CNN, LSTM, SMALL = get_spec("cnn"), get_spec("lstm"), get_spec("cnn-small")
OVERVIEW, FUSION = get_spec("overview"), get_spec("fusion")
FILMS = 300
PLAIN = Recipe(epochs=1, batch_size=32)
BUCKETS = dataclasses.replace(PLAIN, buckets=True)


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    """Films that can be identified: a poster's colour and an overview's first word encode the film's number."""
    rng = np.random.default_rng(2)
    posters = np.broadcast_to(
        np.stack([np.arange(FILMS) // 256, np.arange(FILMS) % 256, np.full(FILMS, 9)], axis=1)[:, None, None, :],
        (FILMS, 64, 64, 3),
    ).astype(np.uint8)
    tokens = np.zeros((FILMS, WIDTHS[-1]), np.int32)
    lengths = rng.integers(1, 69, FILMS)
    lengths[: len(WIDTHS)] = WIDTHS  # the edges of the buckets
    for film, length in enumerate(lengths):
        tokens[film, :length] = rng.integers(2, 9000, length)
    tokens[:, 0] = np.arange(FILMS) + 10
    labels = (rng.random((FILMS, 25)) < 0.12).astype(np.uint8)
    labels[:, 7] = 1
    splits = np.array(["train", "val", "test"])[np.arange(FILMS) % 3]
    return Prepared(posters, tokens, labels, splits, [""] * FILMS, ["", "[UNK]"], "digest")


def all_of(batches) -> list:
    return [batches[index] for index in range(len(batches))]


def films_of(batches) -> list[list[int]]:
    """The films of every batch, identified by the model's inputs."""
    seen = []
    for inputs, _ in batches if isinstance(batches, list) else all_of(batches):
        if inputs.ndim == 4:
            shade = np.rint(inputs[:, 0, 0] * 255).astype(int)
            seen.append((shade[:, 0] * 256 + shade[:, 1]).tolist())
        else:
            seen.append((inputs[:, 0] - 10).tolist())
    return seen


@pytest.mark.parametrize("size", [1, 7, 32, 300, 1000])
@pytest.mark.parametrize(
    ("spec", "recipe"), [(CNN, PLAIN), (LSTM, PLAIN), (LSTM, BUCKETS)], ids=["cnn", "lstm", "buckets"]
)
def test_an_epoch_has_every_film_once_and_the_expected_number_of_batches(prepared, spec, recipe, size):
    recipe = dataclasses.replace(recipe, batch_size=size)
    rows = np.arange(0, FILMS, 2)
    batches = TrainingBatches(prepared, spec, recipe, rows, seed=1)
    for epoch in range(2):
        batches.begin(epoch)
        seen = films_of(batches)
        assert len(seen) == len(batches) == -(-len(rows) // size)
        assert all(len(batch) <= size for batch in seen)
        assert sorted(chain(*seen)) == rows.tolist()


def test_inputs_of_a_poster_model(prepared):
    posters, targets = TrainingBatches(prepared, CNN, PLAIN, np.arange(FILMS), seed=1)[0]
    assert (posters.dtype.name, posters.shape) == ("float32", (32, 64, 64, 3))
    assert (targets.dtype.name, targets.shape) == ("float32", (32, 25))
    assert posters.max() <= 1
    films = films_of([(posters, targets)])[0]
    assert np.array_equal(targets, prepared.labels[films])


@pytest.mark.parametrize("recipe", [PLAIN, BUCKETS], ids=["plain", "buckets"])
def test_inputs_of_an_overview_model(prepared, recipe):
    for tokens, targets in all_of(TrainingBatches(prepared, LSTM, recipe, np.arange(FILMS), seed=1)):
        assert (tokens.dtype.name, targets.dtype.name) == ("int32", "float32")
        films = films_of([(tokens, targets)])[0]
        assert np.array_equal(targets, prepared.labels[films])
        longest = (prepared.tokens[films] != 0).sum(axis=1).max()
        assert tokens.shape[1] == min(width for width in WIDTHS if width >= longest)
        assert np.array_equal(tokens, prepared.tokens[films][:, : tokens.shape[1]])


def padding(batches) -> int:
    return sum(int((tokens == 0).sum()) for tokens, _ in all_of(batches))


def test_a_bucket_contains_overviews_of_similar_length(prepared):
    recipe = dataclasses.replace(BUCKETS, batch_size=8)
    bucketed = TrainingBatches(prepared, LSTM, recipe, np.arange(FILMS), seed=1)
    spans = [np.ptp(np.searchsorted(WIDTHS, (tokens != 0).sum(axis=1))) for tokens, _ in all_of(bucketed)]
    assert max(spans) <= 1  # a batch may span two buckets, so that all but one batch are full
    assert np.mean(spans) < 0.5
    plain = TrainingBatches(prepared, LSTM, dataclasses.replace(recipe, buckets=False), np.arange(FILMS), seed=1)
    assert padding(bucketed) < padding(plain) / 2


@pytest.mark.parametrize("recipe", [PLAIN, BUCKETS], ids=["plain", "buckets"])
def test_the_narrowest_batch_comes_first_and_the_widest_second(prepared, recipe):
    """Keras infers the shape of all batches from the first two."""
    batches = TrainingBatches(prepared, LSTM, dataclasses.replace(recipe, batch_size=8), np.arange(FILMS), seed=1)
    for shown in (batches, EvaluationBatches(prepared, LSTM, np.arange(FILMS), batch_size=8)):
        widths = [tokens.shape[1] for tokens, _ in all_of(shown)]
        assert (widths[0], widths[1]) == (min(widths), max(widths))


def test_a_width_shared_by_the_first_two_batches_is_used_for_all(prepared):
    """Keras would refuse any other width."""
    lengths = np.where(np.arange(FILMS) % 50 == 0, 40, 33)
    tokens = np.where(np.arange(68) < lengths[:, None], 5, 0).astype(np.int32)
    few = dataclasses.replace(prepared, tokens=tokens)
    shared = 0
    for seed in range(20):
        batches = TrainingBatches(few, LSTM, dataclasses.replace(PLAIN, batch_size=150), np.arange(FILMS), seed)
        first = {tokens.shape[1] for tokens, _ in all_of(batches)}
        shared += len(first) == 1
        for epoch in range(1, 4):
            batches.begin(epoch)
            assert len(first) == 2 or {tokens.shape[1] for tokens, _ in all_of(batches)} == first
    assert shared


def test_an_overview_longer_than_all_widths_is_not_cut(prepared):
    tokens = np.full((FILMS, 120), 5, np.int32)
    longer = dataclasses.replace(prepared, tokens=tokens)
    assert TrainingBatches(longer, LSTM, PLAIN, np.arange(40), seed=1)[0][0].shape[1] == 120


RANDOM = {
    "augment": (CNN, dataclasses.replace(PLAIN, augment=True)),
    "mixup": (CNN, dataclasses.replace(PLAIN, mixup=0.4)),
    "both": (CNN, dataclasses.replace(PLAIN, augment=True, mixup=0.4)),
    "words": (LSTM, dataclasses.replace(BUCKETS, word_dropout=0.3)),
    "order": (LSTM, BUCKETS),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", RANDOM)
def test_batches_depend_on_the_seed(prepared, kind):
    spec, recipe = RANDOM[kind]

    def epochs(seed: int) -> list[np.ndarray]:
        batches, seen = TrainingBatches(prepared, spec, recipe, np.arange(FILMS), seed), []
        for epoch in range(2):
            batches.begin(epoch)
            seen.append(np.concatenate([inputs.ravel() for inputs, _ in all_of(batches)]))
        return seen

    first, again, other = epochs(1), epochs(1), epochs(2)
    for epoch in range(2):
        assert np.array_equal(first[epoch], again[epoch])
    assert not np.array_equal(first[0], other[0])
    assert not np.array_equal(first[0], first[1])  # and epochs differ


@pytest.mark.parametrize("kind", RANDOM)
def test_an_epoch_does_not_depend_on_earlier_epochs(prepared, kind):
    spec, recipe = RANDOM[kind]
    through, straight = (TrainingBatches(prepared, spec, recipe, np.arange(FILMS), 1) for _ in range(2))
    for epoch in range(3):
        through.begin(epoch)
        all_of(through)
    straight.begin(2)
    assert np.array_equal(straight[4][0], through[4][0])  # in any order, too


def test_augmentation_preserves_shape_and_range(prepared):
    spec, recipe = RANDOM["both"]
    batches = TrainingBatches(prepared, spec, recipe, np.arange(FILMS), seed=1)
    seen = 0
    for posters, targets in all_of(batches):
        assert posters.shape[1:] == (64, 64, 3)
        assert targets.shape[1:] == (25,)
        assert posters.min() >= 0
        assert posters.max() <= 1
        assert targets.max() <= 1 + 1e-6
        seen += len(posters)
    assert seen == FILMS


def test_dropped_words_become_unknown_and_padding_is_not_dropped(prepared):
    _, recipe = RANDOM["words"]
    batches = TrainingBatches(prepared, LSTM, recipe, np.arange(FILMS), seed=1)
    plain = TrainingBatches(prepared, LSTM, BUCKETS, np.arange(FILMS), seed=1)
    dropped = words = 0
    for (tokens, _), (whole, _) in zip(all_of(batches), all_of(plain), strict=True):
        changed = tokens != whole
        assert (tokens[changed] == UNKNOWN_ID).all()
        assert (whole[changed] != 0).all()
        dropped, words = dropped + changed.sum(), words + (whole != 0).sum()
    assert dropped / words == pytest.approx(0.3, abs=0.03)


@pytest.mark.parametrize("spec", [CNN, LSTM], ids=["cnn", "lstm"])
def test_evaluation_goes_through_each_film_once(prepared, spec):
    rows = prepared.rows("val")
    batches = EvaluationBatches(prepared, spec, rows, batch_size=32)
    assert sorted(chain(*films_of(batches))) == rows.tolist()
    for batch, films in zip(all_of(batches), films_of(batches), strict=True):
        assert np.array_equal(batch[1], prepared.labels[films])
    for again, before in zip(all_of(batches), all_of(batches), strict=True):
        assert np.array_equal(again[0], before[0])


def test_targets_of_a_softmax_sum_to_one(prepared):
    shares = training_targets(prepared.labels, SMALL)
    assert np.allclose(shares.sum(axis=1), 1)
    assert np.array_equal(shares > 0, prepared.labels > 0)
    assert np.array_equal(training_targets(prepared.labels, CNN), prepared.labels.astype(np.float32))
    assert not training_targets(np.zeros((1, 25), np.uint8), SMALL).any()


# Word pieces, parts and teachers


@pytest.mark.parametrize("share", [0.9, 0.5])
def test_dropped_pieces_are_masked_but_not_padding_or_end_marks(prepared, share):
    first, last = END_PIECE_IDS
    tokens = prepared.tokens.copy()
    tokens[tokens > 0] += 1000  # no end marks among the words
    ends = (tokens != 0).sum(axis=1) - 1
    tokens[np.arange(FILMS), ends] = last
    tokens[ends > 0, 0] = first
    pieces = dataclasses.replace(prepared, tokens=tokens)
    recipe = dataclasses.replace(BUCKETS, word_dropout=share)
    hidden = TrainingBatches(pieces, OVERVIEW, recipe, np.arange(FILMS), seed=1)
    plain = TrainingBatches(pieces, OVERVIEW, BUCKETS, np.arange(FILMS), seed=1)
    dropped = words = 0
    for (seen, _), (whole, _) in zip(all_of(hidden), all_of(plain), strict=True):
        changed = seen != whole
        assert seen.dtype == np.int32
        assert (seen[changed] == MASK_PIECE_ID).all()
        assert not np.isin(whole[changed], [0, first, last]).any()
        dropped, words = dropped + changed.sum(), words + (whole > last).sum()
    assert dropped / words == pytest.approx(share, abs=0.03)


def test_inputs_of_a_model_made_of_parts(prepared):
    features = np.arange(FILMS, dtype=np.float16)[:, None] * np.ones(5, np.float16)
    made = dataclasses.replace(prepared, features=features)
    recipe = dataclasses.replace(PLAIN, augment=True, mixup=0.4, word_dropout=0.5)  # none applies to it
    for batches in (
        TrainingBatches(made, FUSION, recipe, np.arange(FILMS), seed=1),
        EvaluationBatches(made, FUSION, np.arange(FILMS), batch_size=32),
    ):
        seen = []
        for rows, targets in all_of(batches):
            assert (rows.dtype.name, rows.shape[1:]) == ("float32", (5,))
            films = rows[:, 0].astype(int)
            assert np.array_equal(targets, prepared.labels[films])
            seen += films.tolist()
        assert sorted(seen) == list(range(FILMS))


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("spec", [CNN, LSTM], ids=["cnn", "lstm"])
def test_targets_are_mixed_with_a_teachers_probabilities(prepared, spec, share):
    soft_targets = np.random.default_rng(3).random((FILMS, 25), np.float32)
    recipe = dataclasses.replace(PLAIN, teacher="fusion", teacher_weight=share)
    batches = TrainingBatches(prepared, spec, recipe, np.arange(FILMS), 1)
    batches.mix_in(soft_targets)
    for films, (_, targets) in zip(films_of(batches), all_of(batches), strict=True):
        assert targets.dtype == np.float32
        assert np.allclose(targets, (1 - share) * prepared.labels[films] + share * soft_targets[films], atol=1e-6)


def test_large_posters_are_evaluated_in_small_batches(prepared):
    large = dataclasses.replace(prepared, posters=np.zeros((FILMS, 8, 8, 3), np.uint8))
    assert len(EvaluationBatches(large, get_spec("poster"), np.arange(64))) == 2
    assert len(EvaluationBatches(large, CNN, np.arange(64))) == 1


@pytest.mark.slow
def test_a_share_of_posters_is_corrupted_differently_in_every_epoch(prepared):
    recipe = dataclasses.replace(PLAIN, corruptions=0.4)
    batches, without = (TrainingBatches(prepared, CNN, each, np.arange(FILMS), 0) for each in (recipe, PLAIN))
    epochs = []
    for epoch in (0, 0, 1):
        batches.begin(epoch)
        without.begin(epoch)
        seen, original = (np.concatenate([inputs for inputs, _ in all_of(each)]) for each in (batches, without))
        assert seen.dtype == np.float32
        assert seen.min() >= 0
        assert seen.max() <= 1
        changed = (np.abs(seen - original) > 0.01).any(axis=(1, 2, 3))
        assert 0.15 < changed.mean() < 0.35, "two of five corruptions leave a plain colour as it is"
        epochs.append(seen)
    assert np.array_equal(epochs[0], epochs[1])
    assert not np.array_equal(epochs[0], epochs[2])
