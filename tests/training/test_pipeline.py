import dataclasses
from itertools import chain

import numpy as np
import pytest

from genreclf.models import get_spec
from genreclf.overviews import UNKNOWN_ID
from genreclf.prepared import Prepared
from genreclf.training.pipeline import BUCKET_BOUNDARIES, evaluation_batches, targets, training_batches
from genreclf.training.recipe import Recipe

CNN, LSTM, SMALL = get_spec("cnn"), get_spec("lstm"), get_spec("cnn-small")
FILMS = 300
PLAIN = Recipe(epochs=1, batch_size=32)
BUCKETS = dataclasses.replace(PLAIN, buckets=True)


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    """Films that can be told apart: a poster's shade and an overview's first word are the film's number."""
    chance = np.random.default_rng(2)
    posters = np.broadcast_to(
        np.stack([np.arange(FILMS) // 256, np.arange(FILMS) % 256, np.full(FILMS, 9)], axis=1)[:, None, None, :],
        (FILMS, 64, 64, 3),
    ).astype(np.uint8)
    tokens = np.zeros((FILMS, 68), np.int32)
    lengths = chance.integers(1, 69, FILMS)
    lengths[: len(BUCKET_BOUNDARIES)] = BUCKET_BOUNDARIES  # the edges of the buckets
    for film, length in enumerate(lengths):
        tokens[film, :length] = chance.integers(2, 9000, length)
    tokens[:, 0] = np.arange(FILMS) + 10
    labels = (chance.random((FILMS, 25)) < 0.12).astype(np.uint8)
    labels[:, 7] = 1
    splits = np.array(["train", "val", "test"])[np.arange(FILMS) % 3]
    return Prepared(posters, tokens, labels, splits, [""] * FILMS, ["", "[UNK]"], "digest")


def films_of(batches) -> list[list[int]]:
    """The films of every batch, from what the model gets to see."""
    seen = []
    for inputs, _ in batches:
        inputs = inputs.numpy()
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
def test_an_epoch_has_every_film_once_in_as_many_batches_as_announced(prepared, spec, recipe, size):
    recipe = dataclasses.replace(recipe, batch_size=size)
    rows = np.arange(0, FILMS, 2)
    batches, steps = training_batches(prepared, spec, recipe, rows, seed=1)
    for _ in range(2):  # both epochs
        seen = films_of(batches)
        assert len(seen) == steps == int(batches.cardinality())
        assert all(len(batch) <= size for batch in seen)
        assert sorted(chain(*seen)) == rows.tolist()


def test_what_a_poster_model_gets(prepared):
    batches, _ = training_batches(prepared, CNN, PLAIN, np.arange(FILMS), seed=1)
    posters, goals = next(iter(batches))
    assert (posters.dtype.name, posters.shape) == ("float32", (32, 64, 64, 3))
    assert (goals.dtype.name, goals.shape) == ("float32", (32, 25))
    assert float(posters.numpy().max()) <= 1
    films = films_of([(posters, goals)])[0]
    assert np.array_equal(goals.numpy(), prepared.labels[films])


@pytest.mark.parametrize("recipe", [PLAIN, BUCKETS], ids=["plain", "buckets"])
def test_what_an_overview_model_gets(prepared, recipe):
    batches, _ = training_batches(prepared, LSTM, recipe, np.arange(FILMS), seed=1)
    for tokens, goals in batches:
        assert tokens.dtype.name == "int32"
        films = films_of([(tokens, goals)])[0]
        assert np.array_equal(goals.numpy(), prepared.labels[films])
        lengths = (prepared.tokens[films] != 0).sum(axis=1)
        assert tokens.shape[1] == lengths.max()  # as wide as its longest, no wider
        assert np.array_equal(tokens.numpy(), prepared.tokens[films][:, : tokens.shape[1]])


def test_a_bucket_holds_overviews_of_like_length(prepared):
    batches, _ = training_batches(prepared, LSTM, BUCKETS, np.arange(FILMS), seed=1)
    edges = [0, *BUCKET_BOUNDARIES, 1000]
    for tokens, _ in batches:
        lengths = (tokens.numpy() != 0).sum(axis=1)
        assert len(np.unique(np.searchsorted(edges, lengths, side="right"))) == 1
    padding = {
        name: sum(int((tokens.numpy() == 0).sum()) for tokens, _ in training_batches(
            prepared, LSTM, recipe, np.arange(FILMS), seed=1)[0])
        for name, recipe in (("plain", PLAIN), ("buckets", BUCKETS))
    }  # fmt: skip
    assert padding["buckets"] < padding["plain"] / 2


RANDOM = {
    "augment": (CNN, dataclasses.replace(PLAIN, augment=True)),
    "mixup": (CNN, dataclasses.replace(PLAIN, mixup=0.4)),
    "both": (CNN, dataclasses.replace(PLAIN, augment=True, mixup=0.4)),
    "words": (LSTM, dataclasses.replace(BUCKETS, word_dropout=0.3)),
    "order": (LSTM, BUCKETS),
}


@pytest.mark.parametrize("kind", RANDOM)
def test_a_seed_gives_the_same_batches_and_another_gives_others(prepared, kind):
    spec, recipe = RANDOM[kind]

    def epochs(seed: int) -> list[np.ndarray]:
        batches, _ = training_batches(prepared, spec, recipe, np.arange(FILMS), seed)
        return [np.concatenate([inputs.numpy().ravel() for inputs, _ in batches]) for _ in range(2)]

    first, again, other = epochs(1), epochs(1), epochs(2)
    for epoch in range(2):
        assert np.array_equal(first[epoch], again[epoch])
    assert not np.array_equal(first[0], other[0])
    assert not np.array_equal(first[0], first[1])  # nor is one epoch like the next


def test_augmented_posters_keep_shape_and_range(prepared):
    spec, recipe = RANDOM["both"]
    batches, steps = training_batches(prepared, spec, recipe, np.arange(FILMS), seed=1)
    seen = 0
    for posters, goals in batches:
        assert posters.shape[1:] == (64, 64, 3)
        assert goals.shape[1:] == (25,)
        assert posters.numpy().min() >= 0
        assert posters.numpy().max() <= 1
        assert goals.numpy().max() <= 1 + 1e-6
        seen += len(posters)
    assert seen == FILMS
    assert steps == int(batches.cardinality())


def test_dropped_words_are_unknown_and_padding_stays(prepared):
    _, recipe = RANDOM["words"]
    batches, _ = training_batches(prepared, LSTM, recipe, np.arange(FILMS), seed=1)
    plain, _ = training_batches(prepared, LSTM, BUCKETS, np.arange(FILMS), seed=1)
    dropped = words = 0
    for (tokens, _), (whole, _) in zip(batches, plain, strict=True):
        tokens, whole = tokens.numpy(), whole.numpy()
        changed = tokens != whole
        assert (tokens[changed] == UNKNOWN_ID).all()
        assert (whole[changed] != 0).all()
        dropped, words = dropped + changed.sum(), words + (whole != 0).sum()
    assert dropped / words == pytest.approx(0.3, abs=0.03)


@pytest.mark.parametrize("spec", [CNN, LSTM], ids=["cnn", "lstm"])
def test_evaluation_goes_through_the_films_in_order(prepared, spec):
    rows = prepared.rows("val")
    batches = evaluation_batches(prepared, spec, rows, batch_size=32)
    assert list(chain(*films_of(batches))) == rows.tolist()
    goals = np.concatenate([goals.numpy() for _, goals in batches])
    assert np.array_equal(goals, prepared.labels[rows])


def test_a_softmax_is_trained_toward_shares(prepared):
    shares = targets(prepared.labels, SMALL)
    assert np.allclose(shares.sum(axis=1), 1)
    assert np.array_equal(shares > 0, prepared.labels > 0)
    assert np.array_equal(targets(prepared.labels, CNN), prepared.labels.astype(np.float32))
    assert not targets(np.zeros((1, 25), np.uint8), SMALL).any()
