import json
import subprocess
import sys
from dataclasses import asdict

import numpy as np
import pytest

from genreclf.errors import UserError
from genreclf.lesson import labels, sample
from genreclf.lesson.labels import GIVEN, MISSING, Comparison, changed, compare, doubts, retrain


def test_five_labels_of_training_films_are_doubted():
    films, found = sample.films(), doubts()
    assert [each.labelled for each in found].count(True) == GIVEN
    assert [each.labelled for each in found].count(False) == MISSING
    assert len({each.film for each in found}) == len({each.genre for each in found}) == GIVEN + MISSING
    for each in found:
        film = films.films.iloc[films.position(each.film)]
        assert film["split"] == "train"
        assert (each.genre in film["genres"]) == each.labelled == (each.probability < 0.5)


def test_changes_reverse_labels_of_a_copy():
    films, doubt = sample.films(), doubts()[0]
    after = changed(films, [(doubt.film, doubt.genre)])
    rows, columns = np.nonzero(after != films.labels)
    assert (rows.tolist(), columns.tolist()) == (
        [films.position(doubt.film)], [films.genres.index(doubt.genre)])  # fmt: skip


def test_without_changes_there_is_no_difference(catalogue):
    found = compare(catalogue, catalogue.labels, catalogue.labels)
    assert found.before == found.after > 0
    assert (found.difference.value, found.difference.low, found.difference.high) == (0, 0, 0)
    assert not found.difference.significant
    assert Comparison.from_json(json.loads(json.dumps(asdict(found)))) == found


def test_labels_of_other_films_make_it_worse():
    films = sample.films()
    train, wrong = films.in_split("train"), films.labels.copy()
    wrong[train] = films.labels[np.random.default_rng(0).permutation(train)]
    found = compare(films, wrong, films.labels)
    assert found.after < found.before
    assert found.difference.significant
    assert found.difference.films == len(films.in_split("test"))


@pytest.mark.slow
def test_a_process_of_its_own_compares():
    doubt = doubts()[0]
    found = retrain([(doubt.film, doubt.genre)])
    assert found.before != found.after
    assert found.difference.value == pytest.approx(found.after - found.before)
    assert not found.difference.significant


def test_what_goes_wrong_is_a_sentence(monkeypatch):
    with pytest.raises(UserError, match="failed"):
        retrain([("no-such-film", "Drama")])
    monkeypatch.setattr(labels, "PATIENCE", 0.01)
    with pytest.raises(UserError, match="longer"):
        retrain([])
    for _ in range(2):
        assert labels._turns.acquire(blocking=False)
    with pytest.raises(UserError, match="again"):
        retrain([])
    labels._turns.release(2)


def test_importing_it_loads_no_scikit_learn():
    code = "import sys, genreclf.lesson.labels; print('sklearn' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"
