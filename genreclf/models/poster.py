"""The best poster model: a network that learnt from photographs, its upper blocks trained on with posters."""

import keras
import numpy as np
from keras import layers

from genreclf.errors import UserError
from genreclf.models import get_spec
from genreclf.models.efficientnet import efficientnet_lite0
from genreclf.models.heads import genres_head
from genreclf.pretrained import EFFICIENTNET

BLOCKS = 16  # of EfficientNet-Lite0; another backbone's layers are cut into as many parts
_SPEED = 10.0  # of the new layer (see ``genres_head``)


def build_poster(
    backbone: str = EFFICIENTNET,
    frozen_blocks: int = 8,
    head_dropout: float = 0.3,
    output_bias: np.ndarray | None = None,
    start: bool = True,
) -> keras.Model:
    """Build the model.

    Args:
        backbone: ``"efficientnet-lite0"``, which comes with the project, or the name of a network of
            ``keras.applications`` (see ``genreclf.training.recipe.CHOICES``), whose weights Keras fetches.
        frozen_blocks: of 16, from the poster on, that keep their pretrained weights: what they see, edges and textures,
            posters have too.
        head_dropout: rate before the output.
        output_bias: float ``(25,)``, where the output's bias starts, as logits.
        start: begin with the pretrained weights; not wanted where trained ones are loaded next.

    Returns:
        A model from float32 ``(batch, 320, 216, 3)`` in 0..1 to float32 ``(batch, 25)`` in 0..1. Its layer ``features``
        gives float32 ``(batch, features)``, 1,392 for EfficientNet-Lite0.

    Raises:
        UserError: the pretrained weights are missing, damaged, or cannot be fetched.
    """
    size = get_spec("poster").poster_size
    if backbone == EFFICIENTNET:
        network = efficientnet_lite0(size, frozen_blocks, start)
    else:
        network = _application(backbone, size, frozen_blocks, start)
    genres = genres_head(network.output, head_dropout, _SPEED, output_bias)
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
    return keras.Model(poster, layers.GlobalAveragePooling2D(name="features")(network(x)), name="application")
