"""The glossary has what the app and the lesson use, in sentences of one kind, with pictures that are true."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from genreclf import glossary, paths
from genreclf.evaluation.metrics import METRICS
from genreclf.genres import GENRES
from genreclf.glossary import TERMS, pictures
from genreclf.lesson.steps import STEPS
from genreclf.models.baselines import Prior
from genreclf.weights.folder import read_weights

WITH_PICTURE = {"base rates", "BCE", "precision", "recall", "F1", "mAP", "calibration", "threshold", "overfitting",
                "distillation"}  # fmt: skip
PICTURES = {name: term.picture() for name, term in TERMS.items() if term.picture}
SVG = "{http://www.w3.org/2000/svg}"


def test_what_needs_a_picture_has_one():
    assert set(PICTURES) == WITH_PICTURE


@pytest.mark.parametrize("term", TERMS.values(), ids=TERMS)
def test_a_term_is_one_sentence_without_figures(term):
    assert re.fullmatch(r"[A-Z][^.!?]+\.", term.sentence)
    assert not re.search(r"\d", term.sentence.replace("F1", ""))
    assert len(term.sentence) < 180


def test_the_terms_are_in_alphabetical_order():
    assert list(TERMS) == sorted(TERMS, key=str.casefold)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.key)
def test_the_terms_of_the_lesson_are_in_the_glossary(step):
    assert step.terms
    assert set(step.terms) <= set(TERMS)


def test_the_help_beside_scores_says_the_same():
    for metric, name in {"bce": "BCE", "precision": "precision", "recall": "recall", "micro_f1": "F1", "map": "mAP",
                         "top1": "top-1"}.items():  # fmt: skip
        assert METRICS[metric].startswith(TERMS[name].sentence)


@pytest.mark.parametrize(
    ("text", "first"),
    [("bce", "BCE"), ("Teacher", "distillation"), ("cross-entropy", "BCE"), ("prior", "base rates"), (" F1 ", "F1")],
)
def test_a_term_is_found_by_its_names(text, first):
    assert glossary.search(text)[0].name == first


def test_names_come_before_sentences_and_nothing_finds_all():
    found = [term.name for term in glossary.search("precision")]
    assert found[:2] == ["mAP", "precision"]
    assert found[-1] == "F1"
    assert [term.name for term in glossary.search("")] == list(TERMS)
    assert glossary.search("zebra") == []


@pytest.mark.parametrize("svg", PICTURES.values(), ids=PICTURES)
def test_a_picture_is_svg_in_one_colour_within_its_frame(svg):
    root = ElementTree.fromstring(svg)
    assert root.tag == f"{SVG}svg"
    assert root.get("aria-label").endswith(".")
    assert set(re.findall(r'(?:fill|stroke)="([^"]*)"', svg)) <= {"currentColor", "none"}
    for line in root.iter(f"{SVG}polyline"):
        for x, y in (map(float, point.split(",")) for point in line.get("points").split()):
            assert 0 <= x <= pictures.WIDTH
            assert 0 <= y <= pictures.HEIGHT
    for text in root.iter(f"{SVG}text"):  # at most 6 pixels a character
        left, width = float(text.get("x")), 6 * len(text.text)
        left -= {"start": 0, "middle": width / 2, "end": width}[text.get("text-anchor")]
        assert text.get("transform") or -2 <= left <= left + width <= pictures.WIDTH + 2, text.text


def curves(name: str) -> list[np.ndarray]:
    """The thick lines of a picture, ``(points, 2)``, with y upwards."""
    lines = [line for line in ElementTree.fromstring(PICTURES[name]).iter(f"{SVG}polyline")
             if line.get("stroke-width") == "2.5"]  # fmt: skip
    return [np.array([[float(x), -float(y)] for x, y in (point.split(",") for point in line.get("points").split())])
            for line in lines]  # fmt: skip


def test_the_cost_falls_ever_more_slowly():
    (curve,) = curves("BCE")
    slopes = np.diff(curve[:, 1])
    assert (slopes < 0).all()
    assert slopes[0] < 10 * slopes[-1]


def test_the_overconfident_model_is_above_the_diagonal_at_first_and_below_it_at_last():
    (curve,) = curves("calibration")
    (diagonal,) = [line.get("points") for line in ElementTree.fromstring(PICTURES["calibration"]).iter(f"{SVG}polyline")
                   if line.get("stroke-width") == "2"]  # fmt: skip
    (x0, y0), (x1, y1) = ([float(part) for part in point.split(",")] for point in diagonal.split())
    above = curve[:, 1] - (-y0 + (curve[:, 0] - x0) / (x1 - x0) * (y0 - y1))
    assert above[5] > 0 > above[-5]


def test_the_training_loss_falls_while_the_validation_loss_rises_after_its_best_epoch():
    training, validation = curves("overfitting")
    best = validation[:, 1].argmin()
    assert (np.diff(training[:, 1]) < 0).all()
    assert 10 < best < 50
    assert (np.diff(validation[best:, 1]) >= 0).all()
    assert validation[-1, 1] > validation[best, 1] + 10


def test_the_average_precision_of_the_ranked_films_is_right():
    texts = re.findall(r">(\d)/(\d)<", PICTURES["mAP"])
    shown = float(re.search(r"mean, ([\d.]+)", PICTURES["mAP"])[1])
    assert shown == pytest.approx(np.mean([int(hits) / int(place) for hits, place in texts]), abs=0.005)


def test_the_genres_of_the_base_rates_are_in_their_true_order():
    rates = Prior.load(read_weights(paths.SHIPPED_WEIGHTS / "imdb" / "prior").file).rates
    names = [name for name in re.findall(r">(\w+)</text>", PICTURES["base rates"]) if name in GENRES]
    shown = [rates[GENRES.index(name)] for name in names]
    assert len(shown) == 5
    assert shown == sorted(shown, reverse=True)
