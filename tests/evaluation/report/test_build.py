"""The report: one complete file that fetches nothing and cannot be broken by the data that it shows."""

import dataclasses
import json
import re
from html.parser import HTMLParser

import film_sets
import pandas as pd
import predicted_sets
import pytest

from genreclf import paths
from genreclf.data.catalogue import load_catalogue
from genreclf.errors import UserError
from genreclf.evaluation.metrics import METRICS
from genreclf.evaluation.predictions import SplitPredictions, predict_split
from genreclf.evaluation.report import build
from genreclf.evaluation.report.build import report_html, write_report
from genreclf.evaluation.tables import read_tables
from genreclf.palette import DARK, LIGHT

HOSTILE = '</script><script>alert("1")</script> & <img src=x onerror=alert(2)>'


class Outline(HTMLParser):
    """A page as a browser would read it."""

    def __init__(self, page: str):
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.headings: list[str] = []
        self.scripts: list[str] = []
        self.words: list[str] = []
        self._open = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._open = tag
        if tag in ("h1", "h2", "h3"):
            self.headings.append("")

    def handle_endtag(self, tag):
        self._open = ""

    def handle_data(self, data):
        if self._open in ("h1", "h2", "h3"):
            self.headings[-1] += data
        if self._open == "script":
            self.scripts.append(data)
        elif self._open != "style":
            self.words.append(data)

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def predictions(catalogue, tmp_path_factory) -> SplitPredictions:
    """Five models and two baselines on the 8 test films."""
    home = tmp_path_factory.mktemp("report-home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENRECLF_HOME", str(home))
        root = predicted_sets.write_predicted(home / "weights-of-others" / "imdb", catalogue)
        return predict_split(catalogue, "test", choice=root)


@pytest.fixture(scope="module")
def page(predictions) -> str:
    return report_html(predictions, n_resamples=40)


@pytest.fixture(scope="module")
def outline(page) -> Outline:
    return Outline(page)


def test_all_sections_are_present_and_linked(outline):
    sections = ["Scoreboard", "Is the difference significant?", "Genres", "Substitutions",
                "Thresholds and confusion matrices",
                "Calibration", "Poster or overview", "Films", "Training", "How this was measured"]  # fmt: skip
    assert [heading for heading in outline.headings if heading in sections] == sections
    assert outline.headings[0] == "genreclf on the test films of films"
    links = [link["href"].lstrip("#") for link in outline.all("a")]
    assert links == [heading["id"] for heading in outline.all("h2")]
    assert len(links) == len(sections)


def test_nothing_is_fetched(page, outline):
    policy = next(meta for meta in outline.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert policy["content"].startswith("default-src 'none'")
    for tag, attributes in outline.tags:
        for name in ("src", "href"):
            value = attributes.get(name, "#")
            assert value.startswith(("#", "data:image/jpeg;base64,")), (tag, value[:80])
    style = page[page.index("<style>") : page.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style


def test_plotly_is_included_once(page):
    assert page.count("* plotly.js v") == 1
    assert 4e6 < len(page) < 12e6


def test_every_chart_has_a_figure_and_a_description(outline):
    boxes = [box for box in outline.all("div") if box.get("class") == "chart"]
    figures = json.loads(next(text for text in outline.scripts if text.startswith("[{")))
    assert [int(box["data-figure"]) for box in boxes] == list(range(len(figures)))
    assert len(figures) > 30
    for box, themes in zip(boxes, figures, strict=True):
        assert box["role"] == "img"
        assert box["aria-label"].endswith(".")
        for figure in themes.values():
            assert "template" not in figure["layout"]
            assert figure["layout"]["height"] == int(re.search(r"height:(\d+)px", box["style"]).group(1))


def test_every_figure_is_stored_in_both_themes(outline):
    themes = json.loads(next(text for text in outline.scripts if text.startswith("[{")))[0]
    light, dark = (json.dumps(themes[name]) for name in ("light", "dark"))
    assert LIGHT.models["cnn"] in light
    assert DARK.models["cnn"] in dark
    assert not any(colour in dark for colour in (*LIGHT.models.values(), LIGHT.ink, LIGHT.faint))


def test_the_report_shows_the_metrics(predictions, outline):
    for name, metrics in predictions.metrics().items():
        for metric in ("bce", "micro_f1", "map"):
            assert f"{metrics[metric]:.3f}" in outline.text, (name, metric)
    assert all(words in outline.text for words in METRICS.values())
    assert "8 test films: no model has seen them" in outline.text
    assert predictions.catalogue.digest[:16] in outline.text


def test_every_model_and_genre_can_be_chosen(predictions, outline):
    options = [dict(attributes) for name, attributes in outline.tags if name == "option"]
    assert sum("selected" in option for option in options) == len(outline.all("select"))
    parts = [box for box in outline.all("div") if "data-of" in box]
    for choice in (select["data-choice"] for select in outline.all("select")):
        mine = [part for part in parts if part["data-of"] == choice]
        assert len(mine) > 1
        assert sum("hidden" not in part for part in mine) == 1
    shown = {part["data-value"] for part in parts}
    assert {"CNN", "LSTM", "Fusion", "EfficientNet", "MiniLM", "TF-IDF", "Base rates"} <= shown
    assert {"CNN and LSTM", "EfficientNet and MiniLM"} <= shown
    assert {value.split(" (")[0] for value in shown} >= {"Action", "Comedy", "Horror"}


def test_posters_are_small_and_named(outline):
    posters = outline.all("img")
    assert len(posters) > 20
    assert all(poster["alt"].startswith("Poster of Film ") for poster in posters)
    assert max(len(poster["src"]) for poster in posters) < 20_000


def test_text_from_the_data_is_escaped(tmp_path, home):
    films = film_sets.films(30)
    films = [film_sets.Film(film.id, film.genres, film.overview, film.jpeg, {"Title": HOSTILE}) for film in films]
    catalogue = load_catalogue(film_sets.write_set(tmp_path / "films", films, ["Title"]))
    root = predicted_sets.write_predicted(tmp_path / "imdb", catalogue, {"cnn": 0.1, "lstm": 0.3, "prior": 0.0})
    outline = Outline(report_html(predict_split(catalogue, "test", choice=root), n_resamples=20))
    assert HOSTILE in outline.text
    assert {poster["src"][:23] for poster in outline.all("img")} == {"data:image/jpeg;base64,"}
    assert not any("onerror" in attributes for _, attributes in outline.tags)
    assert len(outline.all("script")) == 4


def test_everything_that_the_template_shows_is_escaped(page, predictions, monkeypatch):
    monkeypatch.setattr(build.wording, "films_sentence", lambda predictions: HOSTILE)
    monkeypatch.setattr(build, "model_label", lambda model: f"{HOSTILE} {model}")
    monkeypatch.setattr(build, "NAMES", {name: f"{HOSTILE} {words}" for name, words in build.NAMES.items()})
    table = build.threshold_table(predictions, "cnn").rename(columns={"Genre": HOSTILE})
    monkeypatch.setattr(build, "threshold_table", lambda predictions, model: table.assign(Recall=HOSTILE))
    outline = Outline(report_html(predictions, n_resamples=5))
    assert outline.text.count(HOSTILE) > 30
    assert len(outline.all("script")) == len(Outline(page).all("script")) == 4
    assert not any("onerror" in attributes for _, attributes in outline.tags)


def test_the_columns_of_tables_are_buttons_that_sort(outline):
    headers = [attributes for name, attributes in outline.tags if name == "th" and attributes.get("scope") == "col"]
    assert len(headers) == len(outline.all("button")) > 50
    assert "Model" in outline.text


def test_a_report_of_baselines_has_fewer_sections(catalogue, tmp_path):
    root = predicted_sets.write_predicted(tmp_path / "imdb", catalogue, {"tfidf": 0.3, "prior": 0.0})
    outline = Outline(report_html(predict_split(catalogue, "test", choice=root), n_resamples=20))
    assert "Poster or overview" not in outline.headings
    assert "Doubtful labels" not in outline.headings
    assert "Scoreboard" in outline.headings


def test_the_report_is_written_atomically_and_reports_progress(predictions, tmp_path):
    seen = []
    predictions = dataclasses.replace(predictions, models={"tfidf": predictions.of("tfidf")})
    path = write_report(
        predictions, tmp_path / "new" / "report.html", n_resamples=20, on_progress=lambda *at: seen.append(at)
    )
    assert path.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert path.read_text("utf-8").rstrip().endswith("</html>")
    assert seen == [(done, 9) for done in range(9)]
    assert [file.name for file in path.parent.iterdir()] == ["report.html"]


def test_a_path_that_cannot_be_written_is_a_user_error(predictions, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr("genreclf.evaluation.report.build.report_html", lambda *_: "")
    with pytest.raises(UserError, match="is a file, but a folder is needed"):
        write_report(predictions, tmp_path / "file" / "report.html")


def test_without_predictions_there_is_nothing_to_report(predictions, catalogue, tmp_path, monkeypatch):
    with pytest.raises(UserError, match="nothing to report"):
        write_report(dataclasses.replace(predictions, models={}), tmp_path / "report.html")
    monkeypatch.setattr(paths, "SHIPPED_WEIGHTS", tmp_path / "nothing")
    with pytest.raises(UserError, match=r"no weights .* train"):
        predict_split(catalogue, "test")


def test_doubtful_labels_keep_their_order_and_are_grouped_by_film(predictions, monkeypatch):
    rows = [(5, "War", 0, 0.9), (2, "Crime", 1, 0.1), (5, "Drama", 1, 0.2)]
    issues = pd.DataFrame(rows, columns=["position", "genre", "label", "probability"]).assign(models="CNN, LSTM")
    monkeypatch.setattr(build, "label_issues", lambda predictions, count: issues)
    text = Outline(report_html(predictions, n_resamples=5)).text
    found = [text.index(words) for words in ("Not labelled War", "Labelled Drama", "Labelled Crime")]
    assert found == sorted(found)


@pytest.mark.parametrize("models", [["cnn", "tfidf"], ["cnn", "lstm"]])
def test_any_models_make_a_report(predictions, models):
    few = dataclasses.replace(predictions, models={name: predictions.of(name) for name in [*models, "prior"]})
    outline = Outline(report_html(few, n_resamples=5))
    assert ("Doubtful labels" in outline.headings) == (set(models) == {"cnn", "lstm"})


def test_integers_are_shown_without_decimals_if_some_are_missing(predictions):
    weights = predictions.of("lstm").weights
    predictions = dataclasses.replace(predictions, models={name: predictions.of(name) for name in ("cnn", "lstm")})
    card = {name: value for name, value in weights.card.items() if name != "best_epoch"}
    model = dataclasses.replace(predictions.of("lstm"), weights=dataclasses.replace(weights, card=card))
    found = Outline(
        report_html(dataclasses.replace(predictions, models=predictions.models | {"lstm": model}), n_resamples=5)
    )
    row = found.text[found.text.index("Train films") :]
    assert "CNN tuned 7 10 47" in row
    assert "LSTM tuned – 10 47" in row


def test_someone_elses_model_is_in_every_section_literally(catalogue, tmp_path):
    root = predicted_sets.write_predicted(tmp_path / "imdb", catalogue, {"cnn": 0.1, "lstm": 0.3, "prior": 0.0})
    values = pd.DataFrame(catalogue.labels * 0.8 + 0.1, columns=catalogue.genres).drop(columns=["War"])
    name = "<img src=x onerror=alert(2)>"
    values.assign(Id=catalogue.films["id"]).to_csv(tmp_path / "table.csv", index=False)
    tables = read_tables(tmp_path / "table.csv", catalogue, f"{name}.csv")
    outline = Outline(report_html(predict_split(catalogue, "test", choice=root, tables=tables), n_resamples=10))
    assert outline.text.count(name) > 10
    assert not any("onerror" in attributes for _, attributes in outline.tags)
    assert f"“{name}” does not know War" in outline.text
    assert f"from the table {name}.csv" in outline.text
    assert {name for name in outline.headings if name in ("Scoreboard", "Genres", "Calibration", "Films")}
    [figures] = [json.loads(script) for script in outline.scripts if script.startswith("[")]
    assert not any("<img" in json.dumps(figure) for figure in figures)
