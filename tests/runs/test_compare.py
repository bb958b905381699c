"""Runs side by side: how their settings differ, which scores can be compared, and which are best."""

import json

import pytest

from genreclf.errors import UserError
from genreclf.files import write_json
from genreclf.runs import compare
from genreclf.runs.compare import summarise
from genreclf.runs.folder import Run, Status, create_run
from genreclf.runs.queue import new_run


@pytest.fixture
def make(tmp_path):
    """Makes an ended run with this best validation loss, these metrics and this digest of its films."""

    def made(model="cnn", loss=0.3, metrics=None, digest="d" * 64, data="films", recipe="tuned", seed=0, **changes):
        (tmp_path / data).mkdir(exist_ok=True)
        run = new_run(model, tmp_path / data, recipe, seed, **changes)
        run.append("start", films=47, val_films=5, base_rate_loss=0.31, device="CPU, 2 cores")
        for epoch, value in enumerate((loss + 0.1, loss, loss + 0.05), 1):
            run.append("epoch", epoch=epoch, loss=0.4, val_loss=value, val_precision=0.4, learning_rate=1e-3, seconds=1)
        write_json(run.folder / "data.json", {"digest": digest})
        run.finish(Status.COMPLETED, metrics=metrics or {"test": {"bce": loss, "micro_f1": 1 - loss}})
        return run

    return made


def lines(found):
    return {line.key: line for line in found}


def read(*runs):
    return compare.read_all(runs)


def test_two_different_runs_are_needed(make):
    run = make()
    for runs in ([], [run], [run, Run(run.folder / ".." / run.id)]):
        with pytest.raises(UserError, match="two different runs"):
            read(*runs)


def test_settings_are_flat_and_marked_where_they_differ(make):
    found = lines(compare.settings(read(make(), make(epochs=7, seed=3), make(recipe="reference"))))
    assert found["epochs"].values == (40, 7, 40)
    assert found["seed"].values == (0, 3, 0)
    assert found["recipe"].values == ("tuned", "tuned", "reference")
    assert found["data"].values == ("films",) * 3
    assert found["model_options.kernel_initializer"].values == ("he_normal", "he_normal", None)
    assert found["patience"].values == (12, 12, "off")
    differing = {key for key, line in found.items() if line.differs}
    assert {"epochs", "seed", "recipe", "patience", "model_options.kernel_initializer"} <= differing
    assert not {"batch_size", "data", "data_digest", "films", "model"} & differing
    assert found["learning_rate"].label == "Learning rate"
    assert found["model_options.kernel_initializer"].label == "Initial weights"


def test_the_teachers_share_appears_only_with_a_teacher(make):
    found = lines(compare.settings(read(make(teacher=""), make(teacher="poster", teacher_weight=0.7))))
    assert found["teacher"].values == ("none", "EfficientNet")
    assert found["teacher_weight"].values == (None, 0.7)
    assert found["teacher"].differs
    assert found["teacher_weight"].differs
    assert "teacher_weight" not in lines(compare.settings(read(make(teacher=""), make(teacher="", epochs=7))))


def test_an_older_run_had_no_teacher_either(make):
    older = make()
    config = json.loads(older.config_file.read_text())
    del config["recipe"]["teacher"], config["recipe"]["teacher_weight"]
    older.config_file.write_text(json.dumps(config))
    assert not lines(compare.settings(read(older, make(teacher=""))))["teacher"].differs


def test_a_setting_that_a_model_lacks_does_not_count(make):
    found = lines(compare.settings(read(make(), make("lstm"), make("prior"))))
    assert found["model_options.kernel_initializer"].values == ("he_normal", None, None)
    assert not found["model_options.kernel_initializer"].differs
    assert found["augment"].values == (True, False, None), "a baseline has no settings"
    assert found["augment"].differs
    assert not found["batch_size"].differs


def test_the_best_of_each_score_is_marked(make):
    found = lines(compare.scores(read(make(loss=0.3), make(loss=0.2), make(loss=0.25))))
    assert found["best_val_loss"].values == (0.3, 0.2, 0.25)
    assert found["best_val_loss"].best == (1,)
    assert found["test_bce"].best == (1,), "lower is better"
    assert found["test_micro_f1"].best == (1,), "higher is better"
    assert found["best_epoch"].values == (2, 2, 2)
    assert found["best_epoch"].best == ()
    assert "val_bce" not in found, "no run has it"
    assert found["device"].values == ("CPU, 2 cores",) * 3
    assert found["test_micro_f1"].label == "Test micro-F1"


def test_equal_scores_share_the_mark_and_a_single_score_has_none(make):
    runs = make(metrics={"test": {"bce": 0.2, "map": 0.5}}), make(metrics={"test": {"bce": 0.2}})
    found = lines(compare.scores(read(*runs)))
    assert found["test_bce"].best == (0, 1)
    assert found["test_map"].values == (0.5, None)
    assert found["test_map"].best == ()


def test_different_losses_are_not_ranked(make):
    pair = read(make(loss=0.3), make("cnn-small", loss=2.0))
    assert [run.loss for run in pair] == ["binary cross-entropy", "categorical cross-entropy"]
    assert [run.to_beat for run in pair] == [0.31, None]
    found = lines(compare.scores(pair))
    assert found["best_val_loss"].best == ()
    assert found["test_bce"].best == (0,), "what was measured at the end is the same measure"
    assert "scores of the final evaluation can" in compare.cautions(pair)[0]
    smoothed = read(make(), make(label_smoothing=0.1))
    assert smoothed[1].loss == "binary cross-entropy, labels smoothed by 0.1"
    assert smoothed[1].to_beat is None
    assert lines(compare.scores(smoothed))["best_val_loss"].best == ()


def test_scores_on_different_films_are_not_ranked(make):
    pair = read(make(loss=0.3), make(loss=0.2, digest="e" * 64))
    assert not any(line.best for line in compare.scores(pair))
    assert "different films" in compare.cautions(pair)[0]
    assert lines(compare.settings(pair))["data_digest"].differs


def test_unprepared_films_are_identified_by_their_folder(make):
    begun, waiting = make(), make()
    (waiting.folder / "data.json").unlink()
    assert compare.cautions(read(begun, waiting)) == []
    assert "different films" in compare.cautions(read(begun, make(data="others", digest="e" * 64)))[0]


def test_an_active_run_is_mentioned(make):
    running = make()
    running.exit_file.unlink()
    for file in (running.metrics_file, running.folder / "data.json"):
        file.unlink()
    assert running.status() is Status.QUEUED
    assert any("Not all runs have ended" in text for text in compare.cautions(read(make(), running)))


def test_metrics_that_any_run_has(make):
    pair = read(make(), make())
    assert compare.metrics_of(pair) == ["loss", "precision", "learning_rate"]
    assert compare.validation_column("loss") == "val_loss"
    assert pair[0].curve["val_loss"].tolist() == pytest.approx([0.4, 0.3, 0.35])


def test_a_long_curve_is_thinned_but_keeps_its_end(make):
    run = make()
    with run.metrics_file.open("a") as stream:
        for epoch in range(4, 1000):
            stream.write(json.dumps({"event": "epoch", "epoch": epoch, "val_loss": 0.3}) + "\n")
    curve = compare.read(run).curve
    assert len(curve) <= compare.MAX_POINTS + 1
    assert curve["epoch"].iloc[-1] == 999


def test_values_as_text():
    shown = [compare.as_text("epochs", value) for value in (None, True, False, 3, 0.1, "off", 1e-5)]
    assert shown == ["–", "yes", "no", "3", "0.1", "off", "1e-05"]
    assert compare.as_text("test_bce", 0.2) == "0.2000"
    assert compare.as_text("best_val_loss", 0.2) == "0.2000"
    assert compare.as_text("seconds", 61.4) == "61 s"


@pytest.mark.parametrize("damage", ["", "[]", '{"metrics": 3}', '{"metrics": {"test": {"bce": "low"}}}'])
def test_damaged_runs_can_be_compared(make, damage):
    run = make()
    run.exit_file.write_text(damage)
    run.card_file.write_text(damage)
    pair = read(make(), run)
    assert compare.settings(pair)
    assert lines(compare.scores(pair))["test_bce"].values[1] is None


def test_a_bare_folder_is_summarised():
    run = create_run({"model": "oracle", "recipe": None, "changes": 4})
    found = summarise(run)
    assert (found.title, found.planned, found.scores, found.data) == ("oracle, unknown recipe", None, {}, "")
    assert found.created.tzinfo
