"""Data augmentation for posters, on whole batches, in NumPy."""

import numpy as np

MAX_ZOOM = 0.25  # a crop removes up to this share of the height and the width
JITTER = 0.2  # brightness and contrast change by a factor of up to 1 ± this, saturation by twice as much


def augment_posters(posters: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Mirror, crop and recolour posters at random; float32 ``(batch, height, width, 3)`` in 0..1, before and after."""
    batch, full_height, full_width = posters.shape[:3]

    def uniform(low: float, high: float, *shape: int) -> np.ndarray:
        return rng.uniform(low, high, (batch, *shape)).astype(np.float32)

    height = 1.0 - uniform(0.0, MAX_ZOOM)
    width = np.minimum(1.0, height * uniform(0.9, 1.1))
    top, left = uniform(0.0, 1.0) * (1 - height), uniform(0.0, 1.0) * (1 - width)
    right = left + width
    mirrored = uniform(0.0, 1.0) < 0.5  # a crop sampled from right to left is mirrored
    left, right = np.where(mirrored, right, left), np.where(mirrored, left, right)
    # scaling each axis is a matrix product
    rows, columns = _interpolation(top, top + height, full_height), _interpolation(left, right, full_width)
    posters = (rows @ posters.reshape(batch, full_height, full_width * 3)).reshape(posters.shape)
    posters = columns[:, None] @ posters

    contrast, brightness = uniform(1 - JITTER, 1 + JITTER, 1, 1, 1), uniform(1 - JITTER, 1 + JITTER, 1, 1, 1)
    saturation = uniform(1 - 2 * JITTER, 1 + 2 * JITTER, 1, 1, 1)
    mean = posters.mean(axis=(1, 2, 3), keepdims=True)
    grey = posters @ np.full((3, 1), 1 / 3, np.float32)
    posters = posters * (contrast * saturation)
    rest = (1 - saturation) * contrast * grey + (brightness - contrast) * mean
    for channel in range(3):  # eight times faster than one addition along an axis of length three
        posters[..., channel] += rest[..., 0]
    return np.clip(posters, 0.0, 1.0)


def mixup(
    posters: np.ndarray, targets: np.ndarray, strength: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Blend each film with another of the batch, posters and targets alike (mixup, Zhang et al. 2018).

    The shares are drawn from Beta(strength, strength); the film itself gets the larger one. Posters are float32
    ``(batch, height, width, 3)``, targets ``(batch, 25)``, before and after.
    """
    share = rng.beta(strength, strength, (len(posters), 1)).astype(np.float32)
    share = np.maximum(share, 1 - share)
    other = rng.permutation(len(posters))
    wide = share[:, :, None, None]
    return wide * posters + (1 - wide) * posters[other], share * targets + (1 - share) * targets[other]


def _interpolation(start: np.ndarray, end: np.ndarray, side: int) -> np.ndarray:
    """Matrices, float32 ``(batch, side, side)``, that interpolate ``side`` points from ``start`` to ``end`` (0..1)."""
    points = (start[:, None] + (end - start)[:, None] * np.linspace(0, 1, side, dtype=np.float32)) * (side - 1)
    return np.maximum(0, 1 - np.abs(points[:, :, None] - np.arange(side, dtype=np.float32)))
