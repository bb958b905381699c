from app_pages import page_text
from lesson_page import open_step, reveal, seen

from genreclf import paths
from genreclf.lesson.figures import shipped
from genreclf.models.baselines import Tfidf
from genreclf.runs.folder import Status
from genreclf.runs.queue import new_run
from genreclf.training.fit import train
from genreclf.ui.lesson import progress, replay

KEY = "words"


def test_the_words_of_a_genre_and_the_rivals():
    page = reveal(open_step(KEY), KEY, "lstm")
    weights = shipped("tfidf")
    model = Tfidf.load(weights.file, len(weights.genres))
    page.selectbox(key="lesson_words_genre").set_value("Western").run()
    best, worst = model.strongest(weights.genres.index("Western"), 10)
    text = page_text(page)
    assert all(word in text for word in [*best, *worst])
    assert f"“{best[0]}”" in seen(page, KEY)
    assert len(page.get("plotly_chart")) == 1


def test_a_word_count_of_ones_own():
    page = reveal(open_step(KEY), KEY, "tfidf")
    run = new_run("tfidf", paths.SAMPLE)
    card = train(run)
    run.finish(Status.COMPLETED, metrics=card["metrics"])
    progress.current_of(page.session_state).note(KEY)["run"] = run.id
    page.segmented_control(key="lesson_words_way").set_value(replay.LIVE).run()
    assert not page.exception
    text = seen(page, KEY)
    for split in ("val", "test"):
        assert f"{card['metrics'][split]['bce']:.3f}" in text
    assert f"{run.events()[0]['base_rate_loss']:.3f}" in text
    genre = page.selectbox(key="lesson_words_genre").value
    model = Tfidf.load(run.folder / card["weights_file"], len(card["genres"]))
    assert model.strongest(card["genres"].index(genre), 1)[0][0] in page_text(page)
