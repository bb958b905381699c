"""The train/val/test split: by a hash of the film's id, so that a film stays in its split when the set changes."""

import hashlib

SPLITS = ("train", "val", "test")


def split_of(film_id: str) -> str:
    """``"train"`` (80 %), ``"val"`` (10 %) or ``"test"`` (10 %) for a film's id; the same on every machine.

    Example:
        >>> split_of("tt0086425")
        'train'
    """
    bucket = int.from_bytes(hashlib.sha256(film_id.encode("utf-8")).digest()[:8], "big") % 100
    if bucket < 80:
        return "train"
    return "val" if bucket < 90 else "test"
