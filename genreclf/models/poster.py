"""The poster model: two networks pretrained on photographs, one fine-tuned on posters, one frozen.

The fine-tuned network adapts to posters, but forgets some of what it learned from photographs if there are few films;
the frozen one keeps features that generalise. Each has its own output and is trained independently. The prediction is
the mean of both in log-odds.
"""

import keras
import numpy as np
from keras import layers

from genreclf.errors import UserError
from genreclf.genres import NUM_GENRES
from genreclf.models import get_spec
from genreclf.models.common import AverageExperts, genres_head
from genreclf.models.efficientnet import FrozenEfficientNet, efficientnet_lite0
from genreclf.models.options import POSTER_EXPERTS
from genreclf.pretrained import EFFICIENTNET

BLOCKS = 16  # of EfficientNet-Lite0; the layers of another backbone are divided into as many


def build_poster(
    *,
    backbone: str,
    frozen_blocks: int,
    head_dropout: float,
    output_bias: np.ndarray | None = None,
    pretrained: bool = True,
    genres: int = NUM_GENRES,
) -> keras.Model:
    """Build the poster model: 3,482,874 parameters, and 4.9 million more in the frozen network.

    Args:
        backbone: the network to fine-tune: ``"efficientnet-lite0"``, which comes with the project, or one of
            ``keras.applications`` (see ``genreclf.models.options``), whose weights Keras downloads.
        frozen_blocks: how many of its 16 blocks, counted from the input, stay frozen at their pretrained weights; they
            detect edges and textures, which posters have as well.
        head_dropout: dropout rate before the output.
        output_bias: initial bias of the output as logits, float ``(genres,)``.
        pretrained: load the pretrained weights; not needed where trained weights are loaded next.
        genres: how many the model tells apart.

    Returns:
        A model from float32 ``(batch, 320, 216, 3)`` in 0..1 to float32 ``(batch, genres)`` in 0..1. Its layer
        ``features`` is the frozen network's output, float32 ``(batch, 1400)``.

    Raises:
        UserError: the pretrained weights are missing, damaged, or cannot be downloaded.
    """
    size = get_spec("poster").poster_size
    if backbone == EFFICIENTNET:
        network = efficientnet_lite0(size, frozen_blocks, pretrained)
    else:
        network = _keras_application(backbone, size, frozen_blocks, pretrained)
    frozen_maps = zip(
        ("frozen_top_mean", "frozen_fine_mean"), FrozenEfficientNet(name="lite2")(network.input), strict=True
    )
    means = [layers.GlobalAveragePooling2D(dtype="float32", name=name)(maps) for name, maps in frozen_maps]
    frozen = layers.Concatenate(dtype="float32", name="features")(means)
    experts = [
        genres_head(features, genres, head_dropout, POSTER_EXPERTS[name], output_bias, activation=None, name=name)
        for name, features in (("trained", network.output), ("frozen", frozen))
    ]
    logits = AverageExperts(dtype="float32", name="logits")(*experts)
    probabilities = layers.Activation("sigmoid", dtype="float32", name="genres")(logits)
    return keras.Model(network.input, probabilities, name="poster")


def _keras_application(name: str, size: tuple[int, int], frozen_blocks: int, pretrained: bool) -> keras.Model:
    """Build a network of ``keras.applications`` that scales its input itself."""
    poster = keras.Input((*size, 3), name="poster")
    x = layers.Rescaling(255.0, name="rescale")(poster)
    try:
        network = getattr(keras.applications, name)(
            include_top=False, weights="imagenet" if pretrained else None, input_shape=(*size, 3), pooling=None
        )
    except Exception as error:  # Keras raises a bare Exception if the download fails
        if not pretrained:
            raise
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise UserError(
            f"The pretrained weights of {name} could not be downloaded ({reason}); check the "
            f"connection, or choose {EFFICIENTNET}, which comes with the project."
        ) from error
    trained_from = len(network.layers) * frozen_blocks // BLOCKS
    for index, layer in enumerate(network.layers):
        # batch normalisation that is not trainable does not update its statistics
        layer.trainable = index >= trained_from and not isinstance(layer, layers.BatchNormalization)
    return keras.Model(poster, layers.GlobalAveragePooling2D(name="application_mean")(network(x)), name="application")
