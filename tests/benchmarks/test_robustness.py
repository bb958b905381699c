import numpy as np
import pytest

from benchmarks import robustness
from genreclf.data.catalogue import load_catalogue
from genreclf.paths import SAMPLE
from genreclf.training.corruptions import OVERVIEWS, POSTERS


@pytest.fixture(scope="module")
def sample():
    return load_catalogue(SAMPLE)


def test_each_corruption_changes_only_its_own_input(sample):
    original, *others = robustness.cases(sample, sample.in_split("test")[:3], seed=0)
    assert len(others) == len(POSTERS) + len(OVERVIEWS)
    posters = original.posters((64, 64))
    for case in others:
        assert (case.labels == original.labels).all()
        is_poster = case.name.startswith("poster")
        assert (case.posters((64, 64)) != posters).any(axis=(1, 2, 3)).tolist() == [is_poster] * 3
        assert [text != other for text, other in zip(case.overviews, original.overviews, strict=True)] == [
            not is_poster
        ] * 3, case.name


def test_a_film_is_corrupted_alike_whatever_other_films_there_are(sample):
    rows = sample.in_split("test")[:3]
    few, more = (list(robustness.cases(sample, films, seed=4)) for films in (rows[:2], rows))
    for case, other in zip(few, more, strict=True):
        assert case.overviews == other.overviews[:2]
        assert (case.posters((64, 64)) == other.posters((64, 64))[:2]).all()


def test_what_fusion_loses_is_counted_from_its_better_part():
    tops = {"cnn": 0.9, "poster": 0.5, "overview": 0.75, "fusion": 0.7}
    assert robustness.lost({model: {"top1": top1} for model, top1 in tops.items()}) == pytest.approx(0.05)


@pytest.mark.parametrize(("fusion", "status"), [(0.6, 0), (0.2, 1)])
def test_the_table_has_all_cases_and_the_status_says_whether_fusion_loses(monkeypatch, capsys, sample, fusion, status):
    def scores(case, predictors):
        top1 = dict.fromkeys(robustness.MODELS, 0.6) | {"fusion": fusion}
        return {model: {"bce": 0.2, "top1": top1[model], "unfamiliar": 0.0} for model in robustness.MODELS}

    monkeypatch.setattr(robustness, "scores", scores)
    assert robustness.main(["--data", str(SAMPLE), "--films", "2"]) == status
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    assert len(lines) == 1 + 1 + len(POSTERS) + len(OVERVIEWS) + 2
    assert all(line.count("|") == len(robustness.MODELS) + 5 for line in lines)
    assert np.all(["0.2000 / 0.600" in line for line in lines[1:]])
