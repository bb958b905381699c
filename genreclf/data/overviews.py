"""Overviews: from strings to token ids, those of report A's ``TextVectorization`` layer or those of MiniLM."""

import functools
import html
import re
import string
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress

import numpy as np

from genreclf import pretrained
from genreclf.errors import UserError
from genreclf.fields import parse_literal

MAX_TOKENS = 10_000
PADDING_ID, UNKNOWN_ID = 0, 1
MAX_LENGTH = 200  # words and tokens kept of one overview; the longest of the full set has 68
MAX_CHARACTERS = 20_000  # of a typed text; the rest is ignored. 200 words are about 1,200 characters
PIECES_FILE = pretrained.path_of(pretrained.MINILM).with_suffix(".vocabulary.txt")  # MiniLM's, one per line
PIECES = 30_522  # lines in this file
MAX_PIECES = 256  # pieces kept of one overview; the longest of the full set has 92
END_PIECE_IDS = (101, 102)  # [CLS] and [SEP], before the first piece and after the last
MASK_PIECE_ID = 103  # [MASK], which hides words from BERT in training

_KINDS = ("overview", "plot", "plot summary", "summary", "synopsis", "description")
PLACEHOLDERS = frozenset({  # what data sets have instead of an overview, as ``_plain`` gives it
    "nan", "na", "n a", "none", "null", "nil", "undefined", "unknown", "missing", "empty", "tba", "tbd",
    "n",  # \N is NULL in IMDb's and MySQL's exports
    "to be announced", "to be determined", "coming soon", "not available", "not yet available", "not found",
    "not provided", "not specified", "add a plot", "be the first to contribute",
    "it looks like we dont have a plot for this title yet",
    "it looks like we dont have any plot summaries for this title yet",
    "we dont have an overview translated in english",
    "we dont have an overview translated in english help us expand our database by adding one",
    *_KINDS,
    *(f"{kind} {verb}{state}" for kind in _KINDS for verb in ("", "is ") for state in (
        "unknown", "unavailable", "not available", "not yet available", "not found", "missing", "under wraps",
        "kept under wraps", "coming soon", "to be announced")),
    *(f"no {kind}{state}" for kind in (*_KINDS, "text", "data", "information", "value") for state in (
        "", " yet", " found", " given", " provided", " available", " is available", " available yet",
        " has been added")),
})  # fmt: skip
_LONGEST_PLACEHOLDER = 160  # characters
_TAG = re.compile(
    r"</?(?:a|abbr|article|b|big|blockquote|body|br|center|code|div|em|font|h[1-6]|head|hr|html|i|img|li|mark|ol|p|pre"
    r"|q|s|section|small|span|strong|sub|sup|table|tbody|td|th|tr|tt|u|ul)(?:\s[^<>]*)?/?>|<!--.*?-->",
    re.IGNORECASE | re.DOTALL,
)
_CONTROL = re.compile("[\0-\x08\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_LATIN_LETTER = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff\uff21-\uff3a\uff41-\uff5a]")
_STANDARDISED = str.maketrans(string.ascii_uppercase, string.ascii_lowercase, string.punctuation)


def split_words(text: str) -> list[str]:
    """The words of a text: lower-case (ASCII letters only), without punctuation, split at ASCII white space."""
    text = text.translate(_STANDARDISED)
    if text.isascii() and text.isprintable():  # then the words are the same, in half of the time
        return text.split()
    return [word.decode() for word in text.encode("utf-8", "replace").split()]


def has_words(text: str | None) -> bool:
    """Whether a text says anything (see ``overview_problem``); models cannot use an overview that does not."""
    return not overview_problem(text)


def overview_problem(text: str | None) -> str:
    """Why a text is no overview, such as ``"overview is empty"``; "" if it is one.

    It is none if it is empty, only a placeholder (``N/A``, ``No overview found.``), or has no word in Latin letters:
    the models have read English only, and predict the same for anything else.
    """
    text = clean_text(text or "")
    if not text or text.isspace():
        return "overview is empty"
    if len(text) <= _LONGEST_PLACEHOLDER and _plain(text) in PLACEHOLDERS:
        return f"overview is only a placeholder ({' '.join(text.split())})"
    if _LATIN_LETTER.search(text):
        return ""
    return "overview is not in English" if any(map(str.isalpha, text)) else "overview has no words"


def clean_text(text: str) -> str:
    """A text without what is invisible on a web page: HTML tags and control characters; entities become characters.

    Several plots that are written as a list of Python or JSON are joined.
    """
    text = _joined(text)
    if "&" in text or "<" in text:
        text = html.unescape(_TAG.sub(" ", text))
    return text if text.isprintable() else _CONTROL.sub(" ", text)


def first_words(text: str) -> str:
    """The part of an overview that models read: its first ``MAX_LENGTH`` words."""
    words = text.split(maxsplit=MAX_LENGTH)
    return " ".join(words[:MAX_LENGTH]) if len(words) > MAX_LENGTH else text


def _joined(text: str) -> str:
    if text.startswith("[") and text.endswith("]") and len(text) <= MAX_CHARACTERS:
        with suppress(ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            plots = parse_literal(text)
            if isinstance(plots, list) and all(isinstance(plot, str) for plot in plots):
                return " ".join(plots)
    return text


def _plain(text: str) -> str:
    """A text's words in lower case without punctuation: "n a" for "N/A."."""
    return " ".join(re.findall(r"[a-z0-9]+", text.casefold().replace("’", "").replace("'", "")))


def count_words(overviews: Iterable[str]) -> list[tuple[str, int]]:
    """All words with their counts, the most frequent first."""
    return ranked(Counter(word for overview in overviews for word in split_words(overview)))


def ranked(counts: Counter[str]) -> list[tuple[str, int]]:
    """Words with their counts, the most frequent first."""
    # TextVectorization puts words with equal counts in reverse order of their bytes
    return sorted(counts.items(), key=lambda item: (item[1], item[0].encode()), reverse=True)


class Encoder:
    """Turns words into token ids.

    Args:
        vocabulary: words by id, the most frequent first; ``""`` (padding) and ``"[UNK]"`` (unknown) come first.
    """

    def __init__(self, vocabulary: Sequence[str]):
        self.vocabulary = list(vocabulary)
        self._ids = {word: index for index, word in enumerate(self.vocabulary) if index > UNKNOWN_ID}

    def __call__(self, overviews: Sequence[str]) -> np.ndarray:
        """Token ids, int32 ``(n, longest)``, right-padded with 0, cut at ``MAX_LENGTH``.

        A text without words becomes one unknown word: a row of padding only breaks a masked LSTM on a GPU.
        """
        rows = [[self._ids.get(word, UNKNOWN_ID) for word in split_words(text)[:MAX_LENGTH]] or [UNKNOWN_ID]
                for text in overviews]  # fmt: skip
        return _padded(rows)


class PieceEncoder:
    """Turns word pieces into MiniLM's token ids: lower-case, rare words in several pieces (Wu et al. 2016).

    Raises:
        UserError: the vocabulary of the pretrained network is missing or damaged.
    """

    def __init__(self):
        self._tokenizer = _tokenizer()

    def __call__(self, overviews: Sequence[str]) -> np.ndarray:
        """Token ids, int32 ``(n, longest)``, each row from [CLS] to [SEP], cut at ``MAX_PIECES``, padded with 0."""
        return _padded(self._encoded(overviews))

    def counts(self, texts: Sequence[str]) -> np.ndarray:
        """The number of pieces in each text, int ``(n,)``, without [CLS] and [SEP]."""
        return np.array([len(ids) - 2 for ids in self._encoded(texts)], int)

    def _encoded(self, texts: Sequence[str]) -> list[list[int]]:
        whole = [text.encode("utf-8", "replace").decode() for text in texts]  # a terminal may pass a lone surrogate
        return [encoding.ids for encoding in self._tokenizer.encode_batch(whole)]


@functools.cache
def _tokenizer():
    from tokenizers import BertWordPieceTokenizer

    try:
        tokenizer = BertWordPieceTokenizer(str(PIECES_FILE), lowercase=True)
    except Exception as error:  # it raises nothing more specific
        raise UserError(f"The vocabulary {PIECES_FILE} is missing or damaged; restore it from the project.") from error
    if tokenizer.get_vocab_size() != PIECES:
        raise UserError(f"The vocabulary {PIECES_FILE} is damaged; restore it from the project.")
    tokenizer.enable_truncation(MAX_PIECES)
    return tokenizer


def _padded(rows: list[list[int]]) -> np.ndarray:
    ids = np.full((len(rows), max(map(len, rows), default=1)), PADDING_ID, np.int32)
    for padded, row in zip(ids, rows, strict=True):
        padded[: len(row)] = row
    return ids


def fit_encoder(overviews: Iterable[str], max_tokens: int = MAX_TOKENS) -> Encoder:
    """Make an encoder for the most frequent words of these overviews, which must be of the train split only."""
    return Encoder(["", "[UNK]", *(word for word, _ in count_words(overviews)[: max_tokens - 2])])
