"""Models to explain, with random weights, since only the arithmetic is tested."""

from pathlib import Path

import numpy as np
import pytest
from weight_sets import write_card

from genreclf.models import create_model, get_spec
from genreclf.predict.predictor import Predictor
from genreclf.weights.folder import KERAS_WEIGHTS, read_weights, write_vocabulary

WORDS = ("a", "the", "detective", "hunts", "killer", "love", "ghost", "haunted", "house", "family", "wedding", "war")
LEARNED = ("genres", "trained", "frozen", "together", "minilm", "features")
CALIBRATIONS = {"poster": (0.8, -0.3), "overview": (1.2, 0.1), "fusion": (0.9, 0.05)}


def write_random(folder: Path, model: str, **changes) -> Path:
    """Write a model's weights, with random numbers where training starts at zeros or ones."""
    import keras

    keras.utils.set_random_seed(7)
    rng, network = np.random.default_rng(7), create_model(model)
    for layer in network.layers:
        if layer.name in LEARNED or layer.name.endswith(("_norm", "_weight")):
            sizes = [0 if weight.name.endswith("_down") else 0.03 for weight in layer.weights]
            layer.set_weights([
                array + rng.normal(size=array.shape) * size
                for array, size in zip(layer.get_weights(), sizes, strict=True)
            ])  # fmt: skip
    folder.mkdir(parents=True)
    network.save_weights(folder / KERAS_WEIGHTS)
    if get_spec(model).tokens == "words":
        write_vocabulary(folder, ["", "[UNK]", *WORDS])
    scale, shift = CALIBRATIONS.get(model, (1.1, 0.2))
    calibration = {"method": "platt", "scale": scale, "shift": shift}
    return write_card(folder, model, KERAS_WEIGHTS, calibration=calibration, **changes)


@pytest.fixture(scope="session")
def random_weights(tmp_path_factory) -> Path:
    """Weights of all Keras models; those of ``fusion`` are on top of ``poster`` and ``overview``."""
    root = tmp_path_factory.mktemp("random") / "imdb"
    for model in ("cnn", "lstm", "cnn-small", "lstm-small", "poster", "overview"):
        write_random(root / model, model)
    parts = {part: read_weights(root / part).sha256 for part in ("poster", "overview")}
    write_random(root / "fusion", "fusion", parts=parts)
    return root


@pytest.fixture(scope="session")
def random_predictor(random_weights):
    """A function from a model's name to its predictor, loaded once."""
    loaded: dict[str, Predictor] = {}

    def predictor(model: str) -> Predictor:
        if model not in loaded:
            loaded[model] = Predictor(read_weights(random_weights / model))
        return loaded[model]

    return predictor


@pytest.fixture(scope="session")
def some_poster():
    """A function from size and seed to a poster of large patches of colour, uint8 ``(*size, 3)``."""

    def poster(size: tuple[int, int], seed: int = 0) -> np.ndarray:
        patches = np.random.default_rng(seed).integers(0, 256, (-(-size[0] // 8), -(-size[1] // 8), 3), np.uint8)
        return patches.repeat(8, axis=0).repeat(8, axis=1)[: size[0], : size[1]]

    return poster
