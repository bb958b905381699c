"""What a model takes for what: each genre on its own, and which wrong genre comes where a true one is missed."""

import numpy as np
import pandas as pd
from sklearn.metrics import multilabel_confusion_matrix

from genreclf.genres import GENRES

NOTHING = "nothing"
MISSED = "missed"


def matrices(labels: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """The 2×2 confusion matrix of each genre, counts of films, int ``(25, 2, 2)``.

    Args:
        labels: 0/1 of shape ``(n, 25)``.
        chosen: bool ``(n, 25)``.

    Returns:
        by genre, then by the truth (no, yes), then by the choice (no, yes), as scikit-learn has it.
    """
    return multilabel_confusion_matrix(labels.astype(np.uint8), chosen.astype(np.uint8))


def substitutions(labels: np.ndarray, chosen: np.ndarray) -> pd.DataFrame:
    """Which wrong genres are chosen for the films in which a true genre is missed.

    A film may have several wrong genres, or none (whatever right ones it has), so a row's shares need not add up to 1.

    Args:
        labels: 0/1 of shape ``(n, 25)``.
        chosen: bool ``(n, 25)``.

    Returns:
        one row for each missed genre (index ``genre``); columns: the 25 genres and ``"nothing"``, the share of these
        films for which that wrong genre, or no wrong genre, was chosen, 0..1; last ``"missed"``, how many films they
        are. Shares are NaN where no film is missed, and so is a genre in its own row.
    """
    truth, chosen = labels.astype(bool), chosen.astype(bool)
    missed, wrong = truth & ~chosen, ~truth & chosen
    answered = np.column_stack([wrong, ~wrong.any(axis=1)])
    films = missed.sum(axis=0)
    with np.errstate(invalid="ignore"):
        shares = (missed.T.astype(int) @ answered.astype(int)) / films[:, None]
    np.fill_diagonal(shares, np.nan)
    table = pd.DataFrame(shares, index=pd.Index(GENRES, name="genre"), columns=[*GENRES, NOTHING])
    table[MISSED] = films
    return table
