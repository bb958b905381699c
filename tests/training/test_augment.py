import numpy as np
import pytest
import tensorflow as tf

from genreclf.training.augment import JITTER, augment_posters, mixup


@pytest.fixture(scope="module")
def posters() -> tf.Tensor:
    return tf.constant(np.random.default_rng(0).random((64, 32, 32, 3), np.float32))


@pytest.fixture(scope="module")
def goals() -> tf.Tensor:
    return tf.one_hot(tf.range(64) % 25, 25)


def augmented(posters, goals, seed=(1, 2)):
    changed, kept = augment_posters(posters, goals, tf.constant(seed))
    assert kept is goals
    return changed.numpy()


def test_shape_and_range_stay(posters, goals):
    changed = augmented(posters, goals)
    assert (changed.dtype, changed.shape) == (np.float32, (64, 32, 32, 3))
    assert changed.min() >= 0
    assert changed.max() <= 1
    for extreme in (tf.zeros_like(posters), tf.ones_like(posters)):
        assert np.isfinite(augmented(extreme, goals)).all()


def test_the_seed_decides(posters, goals):
    first = augmented(posters, goals)
    assert np.array_equal(first, augmented(posters, goals))
    assert np.abs(first - augmented(posters, goals, (1, 3))).mean() > 0.05


def test_each_poster_is_changed_in_its_own_way(goals):
    same = tf.repeat(tf.constant(np.random.default_rng(0).random((1, 32, 32, 3), np.float32)), 64, axis=0)
    changed = augmented(same, goals)
    assert len(np.unique(changed.mean(axis=(1, 2, 3)).round(5))) > 60


def test_about_half_are_mirrored(goals):
    ramp = np.broadcast_to(np.linspace(0.2, 0.8, 32, dtype=np.float32)[None, None, :, None], (64, 32, 32, 3))
    changed = augmented(tf.constant(ramp), goals)
    mirrored = changed[:, :, 0].mean(axis=(1, 2)) > changed[:, :, -1].mean(axis=(1, 2))
    assert 18 < mirrored.sum() < 46
    upright = np.broadcast_to(np.linspace(0.2, 0.8, 32, dtype=np.float32)[None, :, None, None], (64, 32, 32, 3))
    changed = augmented(tf.constant(upright), goals)
    assert (changed[:, 0].mean(axis=(1, 2)) < changed[:, -1].mean(axis=(1, 2))).all()  # never upside down


def test_a_crop_keeps_most_of_the_poster(goals):
    ramp = np.broadcast_to(np.linspace(0, 1, 32, dtype=np.float32)[None, :, None, None], (64, 32, 32, 3)) * 0.5 + 0.25
    changed = augmented(tf.constant(ramp), goals)
    span = changed[:, -1].mean(axis=(1, 2)) - changed[:, 0].mean(axis=(1, 2))
    assert span.min() > 0.5 * 0.7 * (1 - JITTER)
    assert span.max() < 0.5 * 1.05 * (1 + JITTER)


def test_brightness_varies_within_its_bounds(goals):
    grey = augmented(tf.fill((64, 32, 32, 3), 0.5), goals).mean(axis=(1, 2, 3))
    assert grey.min() >= 0.5 * (1 - JITTER) - 1e-3
    assert grey.max() <= 0.5 * (1 + JITTER) + 1e-3
    assert np.ptp(grey) > 0.1


def test_mixup_blends_posters_and_goals_alike(posters, goals):
    mixed, blended = mixup(posters, goals, tf.constant((3, 4)), 0.3)
    assert mixed.shape == posters.shape
    assert np.allclose(blended.numpy().sum(axis=1), 1, atol=1e-5)
    own = np.take_along_axis(blended.numpy(), (np.arange(64) % 25)[:, None], axis=1)[:, 0]
    assert own.min() >= 0.5  # the film itself keeps the larger part
    assert own.min() < 0.9
    row = int(np.argmin(own))
    rest = (mixed[row].numpy() - own[row] * posters[row].numpy()) / (1 - own[row])
    distances = np.abs(posters.numpy() - rest).mean(axis=(1, 2, 3))
    other = int(np.argmin(distances))
    assert distances[other] < 1e-4  # what is left is another film of the batch
    assert blended.numpy()[row, other % 25] == pytest.approx(1 - own[row], abs=1e-5)


def test_mixup_by_seed_and_strength(posters, goals):
    first = mixup(posters, goals, tf.constant((3, 4)), 0.3)[0].numpy()
    assert np.array_equal(first, mixup(posters, goals, tf.constant((3, 4)), 0.3)[0].numpy())
    assert not np.array_equal(first, mixup(posters, goals, tf.constant((3, 5)), 0.3)[0].numpy())
    mild = mixup(posters, goals, tf.constant((3, 4)), 0.01)[1].numpy().max(axis=1).mean()
    strong = mixup(posters, goals, tf.constant((3, 4)), 5.0)[1].numpy().max(axis=1).mean()
    assert strong < mild
