"""Record the trainings that the page Train replays on a public server: writes ``assets/recorded``.

    python -m tools.record_runs
    python -m tools.record_runs --runs DIR

It trains five models on the embedded sample, five minutes on two cores, unless their runs are finished in the folder of
the runs. A record is a run folder without weights and log: what was trained, each reported batch and epoch, and the
scores. To be run again when a recipe or the sample changes.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from genreclf import paths
from genreclf.errors import UserError
from genreclf.files import atomic_folder, write_json
from genreclf.processes import environment
from genreclf.runs.folder import Run, Status


class Recorded(NamedTuple):
    """A training to record: what it is called, what it shows, and the arguments of ``genreclf train``."""

    name: str
    note: str
    arguments: tuple[str, ...]


_BARE = ("--set", "teacher=", "--set", "schedule=constant", "--set", "warmup_epochs=0", "--set", "word_vectors=false")
RUNS = {
    "cnn": Recorded(
        "CNN: learning from posters",
        "With the usual settings. Watch the validation loss: at first the CNN only knows how common each genre is, "
        "then it begins to see something.",
        ("cnn",),
    ),
    "lstm": Recorded(
        "LSTM: learning from overviews",
        "With the usual settings. Words tell more than posters: the loss falls faster and further than the CNN's.",
        ("lstm",),
    ),
    "overfitting": Recorded(
        "LSTM: memorising its films",
        "Without anything against overfitting and for too long: the training loss goes on falling, the validation loss "
        "turns and climbs.",
        ("lstm", "--epochs", "16", "--learning-rate", "0.002", *_BARE, "--set", "word_dropout=0", "--set", "patience=0",
         "--set", 'model_options={"lstm_dropout": 0.0, "recurrent_dropout": 0.0, "dense_dropout": 0.0}'),
    ),
    "diverging": Recorded(
        "LSTM: a learning rate far too high",
        "With a learning rate of 1 each step overshoots, and the loss explodes instead of falling.",
        ("lstm", "--epochs", "6", "--learning-rate", "1", *_BARE),
    ),
    "report": Recorded(
        "CNN: as in a student report (report A)",
        "The coursework report's own recipe. It starts at 50 % for every genre and spends the training on learning how "
        "common the genres are: its validation loss never falls below that of the base rates. Calibration, which "
        "adjusts the probabilities at the end, makes up for some of it.",
        ("cnn", "--recipe", "reference", "--epochs", "20"),
    ),
}  # fmt: skip
_OF_CARD = ("model", "recipe", "seed", "command", "films", "genres", "best_epoch", "metrics", "versions", "trained",
            "device", "seconds")  # fmt: skip


def finished_run(key: str, runs: Path) -> Run:
    """The run of a record, trained now if its folder does not exist; UserError if it did not complete."""
    run = Run((runs / key).resolve())
    if not run.folder.exists():
        command = [sys.executable, "-m", "genreclf", "train", *RUNS[key].arguments, "--data", str(paths.SAMPLE)]
        subprocess.run([*command, "--run-dir", str(run.folder)], env=environment(), check=False)
    if run.status() is not Status.COMPLETED:
        raise UserError(f"The run {run.folder} is {run.status()}; delete its folder, and start again.")
    return run


def record(key: str, run: Run, folder: Path) -> None:
    """Write a record of a run, without anything of this machine in it."""
    with atomic_folder(folder / key) as new:
        config = {**json.loads(run.config_file.read_text("utf-8")), "data": paths.SAMPLE.name}
        write_json(new / "config.json", config)
        write_json(new / "exit.json", json.loads(run.exit_file.read_text("utf-8")))
        write_json(new / "data.json", json.loads(run.films_file.read_text("utf-8")))
        write_json(new / "card.json", {name: run.card[name] for name in _OF_CARD if name in run.card})
        write_json(new / "notes.json", {"name": RUNS[key].name, "note": RUNS[key].note})
        (new / "metrics.jsonl").write_bytes(run.metrics_file.read_bytes())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, help="where the runs are, or are kept; by default a temporary folder")
    parser.add_argument("--output", type=Path, default=paths.RECORDED_RUNS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for key in RUNS:
            record(key, finished_run(key, options.runs or Path(temporary)), options.output)
            print(f"{key} recorded", file=sys.stderr)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UserError as error:
        sys.exit(str(error))
