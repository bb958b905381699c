"""Binary accuracy, which everyone asks for and which says little here: a film has few of the genres."""

import keras


class GenreAccuracy(keras.metrics.BinaryAccuracy):
    """The share of a film's 25 genres that are told right, at a probability of .5.

    A target above 0 is a true genre, as Keras's precision and recall take it: a softmax is trained toward shares, and
    mixup blends targets.
    """

    def update_state(self, y_true, y_pred, sample_weight=None):
        super().update_state(keras.ops.cast(y_true > 0, "float32"), y_pred, sample_weight)
