"""Pretrained static word vectors to initialise the embedding of a tuned LSTM.

They come from the optional package ``wordllama`` (MIT licence; 256 numbers per token, distilled from large language
models). Its files are read directly, because its own loader searches a model hub for a file that the package contains.
"""

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np

SPREAD = 0.3  # standard deviation; larger than Keras's .05, chosen on the val split


def load(words: Sequence[str], rows: int) -> np.ndarray | None:
    """Initial embeddings, float32 ``(rows, 256)``: the mean of each word's sub-word vectors, centred.

    The words are given by token id; the first two (padding, unknown) and words without a vector get zeros. None if the
    package is not installed.
    """
    package = importlib.util.find_spec("wordllama")
    if package is None or not package.origin:
        return None
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    folder = Path(package.origin).parent
    table = next(iter(load_file(folder / "weights" / "l2_supercat_256.safetensors").values())).astype(np.float32)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizers" / "l2_supercat_tokenizer_config.json"))
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
