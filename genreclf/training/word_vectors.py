"""Pretrained static word vectors, where a tuned LSTM's embedding starts.

They come with the package ``wordllama`` (MIT licence; 256-wide, distilled from large language models' token tables), an
optional training-time helper: the trained weights hold all that is needed afterwards. Only its two data files are
read, because its own loader looks on a model hub for a file that it ships.
"""

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np

SPREAD = 0.3  # standard deviation; larger than Keras's .05, chosen on val


def available() -> bool:
    """Whether the vectors can be loaded here."""
    return _package_folder() is not None


def load(words: Sequence[str], rows: int) -> np.ndarray | None:
    """A start for an embedding: one row a word, the mean of the word's sub-word vectors.

    Args:
        words: by token id; the first two (padding, unknown) and what has no vector start at zero.
        rows: of the embedding, at least ``len(words)``.

    Returns:
        float32 ``(rows, 256)``, centred, or None where the package is not installed.
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
