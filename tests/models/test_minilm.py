import math

import keras
import numpy as np
import pytest

from genreclf import pretrained
from genreclf.data.overviews import PieceEncoder
from genreclf.models.common import frozen_tensors
from genreclf.models.minilm import NUM_LAYERS, WIDTH, MiniLM

NORMS = NUM_LAYERS * 2 * 2 * WIDTH
MATRICES = ((WIDTH, 3 * WIDTH), (WIDTH, WIDTH), (WIDTH, 4 * WIDTH), (4 * WIDTH, WIDTH))  # of each layer


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    return MiniLM(rank=0)


@pytest.fixture(scope="module")
def ids() -> np.ndarray:
    return PieceEncoder()(["A sheriff hunts an outlaw across the frontier.", "Love and war."])


@pytest.fixture(scope="module")
def vectors(minilm, ids) -> np.ndarray:
    return minilm(ids).numpy()


def test_the_number_of_pretrained_weights():
    assert sum(array.size for array in pretrained.load(pretrained.MINILM).values()) == 22_564_608


@pytest.mark.parametrize("rank", [0, 3, 16])
def test_few_weights_are_trained(rank):
    layer = MiniLM(rank)
    layer.build((None, None))
    assert layer.count_params() == NORMS + NUM_LAYERS * sum(rank * (rows + columns) for rows, columns in MATRICES)
    kinds = {variable.name.rsplit("_", 1)[1] for variable in layer.trainable_variables}
    assert kinds == {"gamma", "beta"} | ({"down", "up"} if rank else set())
    assert all(variable.path.endswith("seed_generator_state") for variable in layer.non_trainable_variables)


def test_the_frozen_weights_are_one_copy_per_process(minilm):
    tensors = frozen_tensors(pretrained.MINILM)
    MiniLM(rank=2)
    assert frozen_tensors(pretrained.MINILM) is tensors


def test_initially_every_rank_equals_the_pretrained_network(ids, vectors):
    assert vectors.dtype == np.float32
    assert vectors.shape == (*ids.shape, WIDTH)
    assert np.array_equal(MiniLM(rank=16)(ids).numpy(), vectors)


def test_the_added_matrices_change_the_vectors(ids, vectors):
    layer = MiniLM(rank=2)
    layer(ids)
    up = next(variable for variable in layer.trainable_variables if variable.name == "layer_5_narrow_kernel_up")
    up.assign(np.random.default_rng(1).normal(size=up.shape) / 10)
    assert np.abs(layer(ids).numpy() - vectors).max() > 1e-3


@pytest.mark.parametrize("more", [1, 30])
def test_padding_changes_no_vector(minilm, ids, vectors, more):
    """Neither the padding of the second text, which is shorter, nor more padding of both."""
    padded = minilm(np.pad(ids, [(0, 0), (0, more)])).numpy()
    length = int((ids[1] != 0).sum())
    alone = minilm(ids[1:, :length]).numpy()[0]
    assert length < ids.shape[1]
    assert np.allclose(alone, vectors[1, :length], atol=2e-5)
    assert np.allclose(padded[1, :length], alone, atol=2e-5)
    assert np.allclose(padded[0, : ids.shape[1]], vectors[0], atol=2e-5)


def test_dropout_applies_in_training_only(ids, vectors):
    keras.utils.set_random_seed(1)
    layer = MiniLM(rank=0, dropout=0.3)
    assert np.array_equal(layer(ids).numpy(), vectors)
    assert np.abs(layer(ids, training=True).numpy() - vectors).max() > 0.01


def test_it_computes_bert_as_in_the_paper(ids, vectors):
    """Compare with a plain NumPy version of Devlin et al. 2019, one text and one head at a time."""
    weights = pretrained.load(pretrained.MINILM)
    erf = np.vectorize(math.erf)

    def dense(x, name):
        return x @ weights[f"{name}.kernel"].astype(np.float64) + weights[f"{name}.bias"]

    def norm(x, name):
        x = x - x.mean(axis=1, keepdims=True)
        return x / x.std(axis=1, keepdims=True) * weights[f"{name}.gamma"] + weights[f"{name}.beta"]

    for text, expected in zip(ids, vectors, strict=True):
        pieces = text[text != 0]
        x = norm(weights["tokens"][:, pieces].T + weights["positions"][: len(pieces)], "norm")
        for index in range(NUM_LAYERS):
            at = f"layer_{index}."
            heads = []
            for head in np.split(dense(x, at + "attend").reshape(len(pieces), 3, 12, 32), 12, axis=2):
                query, key, value = head[:, 0, 0], head[:, 1, 0], head[:, 2, 0]
                attention = np.exp(query @ key.T / np.sqrt(32))
                heads.append(attention / attention.sum(axis=1, keepdims=True) @ value)
            x = norm(x + dense(np.concatenate(heads, axis=1), at + "join"), at + "norm_1")
            wide = dense(x, at + "widen")
            x = norm(x + dense(wide * (1 + erf(wide / np.sqrt(2))) / 2, at + "narrow"), at + "norm_2")
        assert np.allclose(expected[: len(pieces)], x, atol=1e-4)


def test_similar_texts_have_similar_vectors(minilm):
    paraphrases = ["A detective hunts a murderer.", "An investigator chases a killer."]
    ids = PieceEncoder()([*paraphrases, "Two teenagers fall in love at school."])
    is_token = (ids != 0)[..., None]
    means = (minilm(ids).numpy() * is_token).sum(axis=1) / is_token.sum(axis=1)
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    similarity = means @ means.T
    assert similarity[0, 1] > 0.6
    assert similarity[0, 2] < 0.35
    assert similarity[1, 2] < 0.35


def test_it_computes_in_16_bits_on_request(ids, vectors):
    layer = MiniLM(rank=2, dtype="mixed_bfloat16")
    output = layer(ids)
    assert output.dtype.name == "bfloat16"
    assert all(variable.dtype == "float32" for variable in layer.trainable_variables)
    found = keras.ops.cast(output, "float32").numpy()
    assert np.corrcoef(found[0].ravel(), vectors[0].ravel())[0, 1] > 0.999
