"""The best poster model: two networks that learnt from photographs, one trained on with posters, one left as it is.

What is trained on learns what posters look like, and forgets, on few films, some of what photographs taught it; what
the second sees stays as true of films never met. Each has an output of its own and learns apart from the other; the
answer is the mean of both in log-odds.
"""

import keras
import numpy as np
from keras import layers

from genreclf.errors import UserError
from genreclf.models import get_spec
from genreclf.models.efficientnet import FrozenEfficientNet, efficientnet_lite0
from genreclf.models.heads import AverageExperts, genres_head
from genreclf.pretrained import EFFICIENTNET

BLOCKS = 16  # of EfficientNet-Lite0; another backbone's layers are cut into as many parts


def build_poster(
    *,
    backbone: str,
    frozen_blocks: int,
    head_dropout: float,
    output_bias: np.ndarray | None = None,
    start: bool = True,
) -> keras.Model:
    """Build the model.

    Args:
        backbone: the network to train on: ``"efficientnet-lite0"``, which comes with the project, or the name of a
            network of ``keras.applications`` (see ``genreclf.models.options``), whose weights Keras fetches.
        frozen_blocks: of its 16, from the poster on, that keep their pretrained weights: what they see, edges and
            textures, posters have too.
        head_dropout: rate before the output.
        output_bias: float ``(25,)``, where the output's bias starts, as logits.
        start: begin with the pretrained weights; not wanted where trained ones are loaded next.

    Returns:
        A model from float32 ``(batch, 320, 216, 3)`` in 0..1 to float32 ``(batch, 25)`` in 0..1. Its layer ``features``
        gives what the network that is left as it is sees, float32 ``(batch, 1400)``.

    Raises:
        UserError: the pretrained weights are missing, damaged, or cannot be fetched.
    """
    size = get_spec("poster").poster_size
    if backbone == EFFICIENTNET:
        network = efficientnet_lite0(size, frozen_blocks, start)
    else:
        network = _application(backbone, size, frozen_blocks, start)
    untouched = FrozenEfficientNet(name="features")(network.input)
    trained, frozen = (
        genres_head(seen, head_dropout, speed, output_bias, activation=None, name=name)
        for name, (seen, speed) in {"trained": (network.output, 10.0), "frozen": (untouched, 4.0)}.items()
    )
    logits = AverageExperts(dtype="float32", name="logits")(trained, frozen)
    genres = layers.Activation("sigmoid", dtype="float32", name="genres")(logits)
    return keras.Model(network.input, genres, name="poster")


def _application(name: str, size: tuple[int, int], frozen_blocks: int, start: bool) -> keras.Model:
    """A network of ``keras.applications`` that scales its input itself."""
    poster = keras.Input((*size, 3), name="poster")
    x = layers.Rescaling(255.0, name="rescale")(poster)
    try:
        network = getattr(keras.applications, name)(
            include_top=False, weights="imagenet" if start else None, input_shape=(*size, 3), pooling=None
        )
    except Exception as error:  # Keras raises a bare Exception where it cannot fetch
        if not start:
            raise
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise UserError(
            f"The pretrained weights of {name} could not be fetched ({reason}); check the "
            f"connection, or choose {EFFICIENTNET}, which comes with the project."
        ) from error
    trained_from = len(network.layers) * frozen_blocks // BLOCKS
    for index, layer in enumerate(network.layers):
        # a batch normalisation that is not trainable keeps its statistics
        layer.trainable = index >= trained_from and not isinstance(layer, layers.BatchNormalization)
    return keras.Model(poster, layers.GlobalAveragePooling2D(name="application_mean")(network(x)), name="application")
