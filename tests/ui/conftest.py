import pytest
from app_pages import open_address
from streamlit.testing.v1 import AppTest
from train_page import PAGE

from genreclf.locks import hold_lock
from genreclf.runs import queue
from genreclf.runs.folder import Run, Status
from genreclf.runs.notes import write_notes
from genreclf.runs.queue import new_run


@pytest.fixture
def open_page(film_folder, monkeypatch):
    """Opens the Train page on the 60 films, with this run in the address if one is given."""
    monkeypatch.setenv("GENRECLF_DATA", str(film_folder))

    def open_it(run: Run | None = None, **address: str) -> AppTest:
        shown = {} if run is None else {"run": run.id}
        return open_address(PAGE, **shown, **address)

    return open_it


@pytest.fixture
def idle():
    """No trainer is started: another process holds the device."""
    with hold_lock(queue.device_lock()):
        yield


@pytest.fixture
def make_run(film_folder):
    """Makes a run folder as a trainer would have left it."""

    def make(
        model: str = "lstm",
        epochs: int = 3,
        done: int = 2,
        outcome: Status | None = None,
        reason: str = "",
        name: str = "",
        note: str = "",
        metrics: dict | None = None,
        seed: int = 0,
    ) -> Run:
        run = new_run(model, film_folder, epochs=epochs, seed=seed)
        if done:
            run.append("start", films=47, val_films=5, base_rate_loss=0.3)
        for epoch in range(1, done + 1):
            for step in (1, 2):
                run.append("batch", epoch=epoch, step=step, steps=2, loss=0.5 / epoch, precision=0.4, recall=0.1)
            loss = 0.25 + 0.01 * (epoch - 2) ** 2
            run.append("epoch", epoch=epoch, loss=0.5 / epoch, precision=0.4, recall=0.2, val_loss=loss,
                       val_precision=0.4, val_recall=0.2, learning_rate=1e-3, seconds=1.0)  # fmt: skip
        if done or outcome:
            run.check_in("training", 30.0, epoch=max(done, 1), epochs=epochs, step=1, steps=2, films_per_second=210.4,
                         seconds_left=240.0)  # fmt: skip
        if outcome:
            run.finish(outcome, reason, **({"metrics": metrics} if metrics else {}))
        if name or note:
            write_notes(run, name, note)
        return run

    return make
