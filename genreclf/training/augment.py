"""Random changes that leave a poster's genres as they are; each works on a whole batch with a seed of its own."""

import tensorflow as tf

MAX_ZOOM = 0.25  # a crop shows at least this much less of each side
JITTER = 0.2  # brightness and contrast, times 1 ± this; saturation twice as much


def augment_posters(posters: tf.Tensor, goals: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Mirror, crop and recolour.

    Args:
        posters: float32 ``(batch, side, side, 3)`` in 0..1.
        goals: passed through.
        seed: int ``(2,)``.

    Returns:
        posters of the same shape and range, and the goals.
    """
    batch, side = tf.shape(posters)[0], posters.shape[1]
    parts = iter(tf.unstack(tf.random.split(seed, 9)))

    def uniform(low: float, high: float, *shape: int) -> tf.Tensor:
        return tf.random.stateless_uniform((batch, *shape), next(parts), low, high)

    height = 1.0 - uniform(0.0, MAX_ZOOM, 1)
    width = tf.minimum(1.0, height * uniform(0.9, 1.1, 1))
    top, left = uniform(0.0, 1.0, 1) * (1 - height), uniform(0.0, 1.0, 1) * (1 - width)
    right = left + width
    mirrored = uniform(0.0, 1.0, 1) < 0.5  # a box read from right to left is a mirrored one
    left, right = tf.where(mirrored, right, left), tf.where(mirrored, left, right)
    boxes = tf.concat([top, left, top + height, right], axis=1)
    posters = tf.image.crop_and_resize(posters, boxes, tf.range(batch), (side, side))

    mean = tf.reduce_mean(posters, (1, 2, 3), keepdims=True)
    contrast, brightness = uniform(1 - JITTER, 1 + JITTER, 1, 1, 1), uniform(1 - JITTER, 1 + JITTER, 1, 1, 1)
    posters = (posters - mean) * contrast + mean * brightness
    grey = tf.reduce_mean(posters, axis=3, keepdims=True)
    posters = grey + (posters - grey) * uniform(1 - 2 * JITTER, 1 + 2 * JITTER, 1, 1, 1)
    return tf.clip_by_value(posters, 0.0, 1.0), goals


def mixup(posters: tf.Tensor, goals: tf.Tensor, seed: tf.Tensor, strength: float) -> tuple[tf.Tensor, tf.Tensor]:
    """Blend each film with another of the batch, posters and goals alike (mixup, Zhang et al. 2018).

    Args:
        posters: float32 ``(batch, side, side, 3)``.
        goals: float32 ``(batch, 25)``.
        seed: int ``(2,)``.
        strength: the share is drawn from Beta(strength, strength); the film itself keeps the larger part.
    """
    batch = tf.shape(posters)[0]
    first, second, third = tf.unstack(tf.random.split(seed, 3))
    ours = tf.random.stateless_gamma((batch,), first, strength) + 1e-6
    theirs = tf.random.stateless_gamma((batch,), second, strength) + 1e-6
    share = tf.maximum(ours, theirs) / (ours + theirs)
    other = tf.random.experimental.stateless_shuffle(tf.range(batch), third)
    wide = share[:, None, None, None]
    posters = wide * posters + (1 - wide) * tf.gather(posters, other)
    return posters, share[:, None] * goals + (1 - share[:, None]) * tf.gather(goals, other)
