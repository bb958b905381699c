"""Pretrained static word vectors to initialise the embedding of a tuned LSTM.

They come from the package ``wordllama`` (MIT licence; 256-wide, distilled from large language models' token tables),
which only training needs, and optionally. Its data files are read directly, because its own loader looks on a model hub
for a file that it ships.
"""

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np

SPREAD = 0.3  # standard deviation; larger than Keras's .05, chosen on the val split


def available() -> bool:
    """Whether the package is installed."""
    return _package_folder() is not None


def load(words: Sequence[str], rows: int) -> np.ndarray | None:
    """Compute initial embeddings: for each word the mean of its sub-words' vectors.

    Args:
        words: the words by token id; the first two (padding, unknown) and words without a vector get zeros.
        rows: number of rows of the embedding, at least ``len(words)``.

    Returns:
        float32 ``(rows, 256)``, centred, or None if the package is not installed.
    """
    package = _package_folder()
    if package is None:
        return None
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    table = next(iter(load_file(package / "weights" / "l2_supercat_256.safetensors").values())).astype(np.float32)
    tokenizer = Tokenizer.from_file(str(package / "tokenizers" / "l2_supercat_tokenizer_config.json"))
    tokenizer.no_padding()
    vectors = np.zeros((rows, table.shape[1]), np.float32)
    known = np.zeros(rows, bool)
    for index, encoding in enumerate(tokenizer.encode_batch(list(words), add_special_tokens=False)):
        if index >= 2 and encoding.ids:
            vectors[index] = table[encoding.ids].mean(axis=0)
            known[index] = True
    if known.any():
        vectors[known] -= vectors[known].mean(axis=0)
        vectors[known] *= SPREAD / vectors[known].std()
    return vectors


def _package_folder() -> Path | None:
    found = importlib.util.find_spec("wordllama")
    if found is None or not found.origin:
        return None
    return Path(found.origin).parent
