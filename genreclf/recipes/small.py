"""Report E's small pair with softmax outputs, which show why softmax does not suit films with several genres.

    genreclf train cnn-small --data DIR
    genreclf train lstm-small --data DIR

take a few minutes each on two processor cores. Their loss is a categorical cross-entropy, so it cannot be compared with
the other models'; no weights are shipped.
"""

from genreclf.recipes.settings import Recipe

# The report specifies only early stopping; the rest are Keras's defaults: Adam at a constant 1e-3.
REFERENCE = Recipe(epochs=20, learning_rate=1e-3, schedule="constant", patience=3)
CNN_TUNED = Recipe(epochs=15, learning_rate=5e-4, schedule="cosine", patience=4, augment=True, mixed_precision="auto")
LSTM_TUNED = Recipe(epochs=10, learning_rate=1e-3, schedule="cosine", patience=2, word_dropout=0.1, buckets=True)
