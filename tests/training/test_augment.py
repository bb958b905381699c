import numpy as np
import pytest
import tensorflow as tf

from genreclf.training.augment import JITTER, _interpolation, augment_posters, mixup


@pytest.fixture(scope="module")
def posters() -> np.ndarray:
    return np.random.default_rng(0).random((64, 32, 32, 3), np.float32)


@pytest.fixture(scope="module")
def targets() -> np.ndarray:
    return np.eye(25, dtype=np.float32)[np.arange(64) % 25]


def augmented(posters, seed=1):
    return augment_posters(posters, np.random.default_rng(seed))


def mixed_up(posters, targets, seed=3, strength=0.3):
    return mixup(posters, targets, strength, np.random.default_rng(seed))


def test_shape_and_range_are_preserved(posters):
    changed = augmented(posters)
    assert (changed.dtype, changed.shape) == (np.float32, (64, 32, 32, 3))
    assert changed.min() >= 0
    assert changed.max() <= 1
    for extreme in (np.zeros_like(posters), np.ones_like(posters)):
        assert np.isfinite(augmented(extreme)).all()


def test_the_seed_determines_the_result(posters):
    first = augmented(posters)
    assert np.array_equal(first, augmented(posters))
    assert np.abs(first - augmented(posters, 3)).mean() > 0.05


def test_each_poster_is_changed_differently():
    same = np.repeat(np.random.default_rng(0).random((1, 32, 32, 3), np.float32), 64, axis=0)
    changed = augmented(same)
    assert len(np.unique(changed.mean(axis=(1, 2, 3)).round(5))) > 60


def test_about_half_are_mirrored():
    ramp = np.broadcast_to(np.linspace(0.2, 0.8, 32, dtype=np.float32)[None, None, :, None], (64, 32, 32, 3))
    changed = augmented(ramp)
    mirrored = changed[:, :, 0].mean(axis=(1, 2)) > changed[:, :, -1].mean(axis=(1, 2))
    assert 18 < mirrored.sum() < 46
    upright = np.broadcast_to(np.linspace(0.2, 0.8, 32, dtype=np.float32)[None, :, None, None], (64, 32, 32, 3))
    changed = augmented(upright)
    assert (changed[:, 0].mean(axis=(1, 2)) < changed[:, -1].mean(axis=(1, 2))).all()  # never upside down


def test_a_crop_keeps_most_of_the_poster():
    ramp = np.broadcast_to(np.linspace(0, 1, 32, dtype=np.float32)[None, :, None, None], (64, 32, 32, 3)) * 0.5 + 0.25
    changed = augmented(ramp)
    span = changed[:, -1].mean(axis=(1, 2)) - changed[:, 0].mean(axis=(1, 2))
    assert span.min() > 0.5 * 0.7 * (1 - JITTER)
    assert span.max() < 0.5 * 1.05 * (1 + JITTER)


def test_brightness_varies_within_its_bounds():
    grey = augmented(np.full((64, 32, 32, 3), 0.5, np.float32)).mean(axis=(1, 2, 3))
    assert grey.min() >= 0.5 * (1 - JITTER) - 1e-3
    assert grey.max() <= 0.5 * (1 + JITTER) + 1e-3
    assert np.ptp(grey) > 0.1


def test_mixup_blends_posters_and_targets_alike(posters, targets):
    mixed, blended = mixed_up(posters, targets)
    assert mixed.shape == posters.shape
    assert np.allclose(blended.sum(axis=1), 1, atol=1e-5)
    own = np.take_along_axis(blended, (np.arange(64) % 25)[:, None], axis=1)[:, 0]
    assert own.min() >= 0.5  # the film itself has the larger share
    assert own.min() < 0.9
    row = int(np.argmin(own))
    rest = (mixed[row] - own[row] * posters[row]) / (1 - own[row])
    distances = np.abs(posters - rest).mean(axis=(1, 2, 3))
    other = int(np.argmin(distances))
    assert distances[other] < 1e-4  # the rest is another film of the batch
    assert blended[row, other % 25] == pytest.approx(1 - own[row], abs=1e-5)


def test_mixup_depends_on_seed_and_strength(posters, targets):
    first = mixed_up(posters, targets)[0]
    assert np.array_equal(first, mixed_up(posters, targets)[0])
    assert not np.array_equal(first, mixed_up(posters, targets, seed=4)[0])
    mild = mixed_up(posters, targets, strength=0.01)[1].max(axis=1).mean()
    strong = mixed_up(posters, targets, strength=5.0)[1].max(axis=1).mean()
    assert strong < mild


def test_a_crop_is_scaled_as_tensorflow_scales_it(posters):
    top, left, bottom, right = np.random.default_rng(5).random((4, 64), np.float32)  # some are mirrored
    rows, columns = _interpolation(top, bottom, 32), _interpolation(left, right, 32)
    ours = columns[:, None] @ (rows @ posters.reshape(64, 32, 96)).reshape(posters.shape)
    boxes = np.stack([top, left, bottom, right], axis=1)
    theirs = tf.image.crop_and_resize(posters, boxes, np.arange(64), (32, 32)).numpy()
    assert np.allclose(ours, theirs, atol=1e-4)
