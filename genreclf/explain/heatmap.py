"""Heatmaps: the regions of a poster that are evidence for a genre.

A model of small posters is asked about copies with hidden parts: occlusion (Zeiler & Fergus 2014). ``poster`` and the
poster part of ``fusion`` are sums over regions, which class activation maps (Zhou et al. 2016) show exactly.
"""

import numpy as np
from PIL import Image

from genreclf.errors import UserError
from genreclf.explain.changes import hide
from genreclf.explain.sides import FusionTerms
from genreclf.models import ModelSpec
from genreclf.models.options import POSTER_EXPERTS
from genreclf.predict.predictor import Predictor

CELLS, WINDOW = 16, 2  # cells along each side of the map, and of the window that is hidden
BATCH = 32  # variants of a poster predicted together; more would take 1 MB each and no less time


def heatmap(predictor: Predictor, poster: np.ndarray, genre: str) -> np.ndarray:
    """Compute how strongly each region of a poster counts as evidence for a genre, relative to the strongest region.

    The map is computed coarsely (16×16 cells, for ``poster`` 20×14) and scaled up. For ``fusion`` it covers the
    poster's contribution only, whatever the overview; without an overview, use ``predictor.parts["poster"]``.

    Args:
        predictor: of a model that uses posters.
        poster: uint8 ``(height, width, 3)`` in the model's size.
        genre: one of those that the model answers for.

    Returns:
        float32 ``(height, width)`` in 0..1; all 0 where no region is evidence for the genre.

    Raises:
        UserError: the model uses no posters, or the poster has another size.
    """
    spec, name = predictor.spec, predictor.spec.name
    if not spec.uses_poster:
        raise UserError(f"The model {name} uses no posters; choose one that does.")
    height, width = spec.poster_size
    if poster.shape != (height, width, 3):
        raise UserError(f"The model {name} takes posters of {width}×{height} pixels; resize the poster first.")
    if sums_regions(spec):
        shares = poster_shares(predictor, poster, predictor.column(genre))
        maps = [share * share.size for share in shares]  # so that maps of different sizes can be added
    else:
        maps = [occlusion(predictor, poster, predictor.column(genre))]
    heat = np.maximum(0, sum(resized(each, (width, height)) for each in maps))
    return heat / heat.max() if heat.any() else heat


def sums_regions(spec: ModelSpec) -> bool:
    """Whether a model's log-odds are a sum over regions of the poster (see ``poster_shares``), as for ``poster``."""
    return "poster" in (spec.name, *spec.parts)


def occlusion(predictor: Predictor, poster: np.ndarray, genre: int) -> np.ndarray:
    """Measure how much the genre's calibrated log-odds fall when a window around each cell of a poster is hidden.

    The window is painted in the poster's mean colour at every position; a cell's value is the mean over all windows
    that cover it. It takes 226 predictions.

    Args:
        predictor: of a model that uses only posters.
        poster: uint8 ``(height, width, 3)`` in the model's size.
        genre: column of the network's output.

    Returns:
        float64 ``(16, 16)``; below 0 where a region is evidence against the genre.
    """
    positions = list(np.ndindex((CELLS - WINDOW + 1,) * 2))
    windows = np.zeros((len(positions), CELLS, CELLS), bool)
    for window, (top, left) in zip(windows, positions, strict=True):
        window[top : top + WINDOW, left : left + WINDOW] = True
    rows, columns = (np.arange(side) * CELLS // side for side in poster.shape[:2])  # the cell of each pixel
    variants = [poster, *(hide(poster, window[np.ix_(rows, columns)]) for window in windows)]
    batches = [np.stack(variants[start : start + BATCH]) for start in range(0, len(variants), BATCH)]
    features = np.concatenate([predictor.layers(predictor.spec.layers, batch)[0] for batch in batches])
    log_odds = _log_odds(predictor, features, genre)
    falls = np.round(log_odds[0] - log_odds[1:], 3)  # without the differences between a network's batches
    return np.tensordot(falls, windows, 1) / windows.sum(axis=0)


def _log_odds(predictor: Predictor, features: np.ndarray, genre: int) -> np.ndarray:
    """A genre's calibrated log-odds ``(n,)``, from the output's input: a probability near 1 would be rounded to 1."""
    logits = features @ predictor.weight("genres/kernel") + predictor.weight("genres/bias")
    log_odds = logits[:, genre]
    if predictor.spec.softmax:  # the odds against all others together
        log_odds = log_odds - np.logaddexp.reduce(np.delete(logits, genre, axis=1), axis=1)
    return predictor.weights.calibration.scale * log_odds


def poster_shares(predictor: Predictor, poster: np.ndarray, genre: int) -> list[np.ndarray]:
    """Compute each cell's share of a genre's calibrated log-odds, for every feature map of ``poster`` or ``fusion``.

    Both are linear in the means of a few feature maps, so that the shares add up.

    Args:
        predictor: of ``poster`` or ``fusion``.
        poster: uint8 ``(height, width, 3)`` in the model's size.
        genre: column of the network's output.

    Returns:
        One float64 ``(h, w)`` per map, those of the fine-tuned network first, then those of the frozen one. Together
        they add up to the log-odds but for a constant.
    """
    part = predictor.parts.get("poster", predictor)
    maps = part.maps(poster[None])
    slopes = {head: part.weights.calibration.scale * _slopes(part, head, genre) for head in POSTER_EXPERTS}
    if part is not predictor:
        features = np.concatenate([values[0].mean(axis=(0, 1)) for values in maps[-2:]])  # of the frozen network
        terms = FusionTerms(predictor)
        factor = terms.scale * terms.weights["poster"][genre]
        slopes = {head: factor * slope for head, slope in slopes.items()}
        slopes["frozen"] += terms.feature_slopes("poster", features, genre)
    widths = [values.shape[-1] for values in maps]
    by_map = np.split(np.concatenate(list(slopes.values())), np.cumsum(widths)[:-1])
    return [values[0] @ slope / np.prod(values.shape[1:3]) for values, slope in zip(maps, by_map, strict=True)]


def _slopes(predictor: Predictor, head: str, genre: int) -> np.ndarray:
    """Change of the log-odds per unit of each input of one of the two experts, whose mean is the model's output."""
    return predictor.weight(f"{head}/kernel")[:, genre].astype(np.float64) * POSTER_EXPERTS[head] / 2


def resized(heat: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize a map to ``(width, height)`` by bilinear interpolation, float32 ``(height, width)``."""
    image = Image.fromarray(np.asarray(heat, np.float32))
    return np.asarray(image.resize(size, Image.Resampling.BILINEAR))
