"""Run folders with damaged, foreign or hostile files, and one good run beside them."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

from genreclf import paths
from genreclf.runs.folder import Run, Status

HUGE = 10**400
DEEP = b"[" * 100_000
CONFIG = {
    "created": "2026-11-29T06:14:22.894485+00:00", "model": "cnn", "data": "/films", "recipe_name": "tuned",
    "recipe": {"epochs": 3, "batch_size": 64, "learning_rate": 1e-3, "patience": None, "label_smoothing": 0.0,
               "teacher": "", "augment": True, "model_options": {"dense_dropout": 0.5}},
    "changes": {"epochs": 3}, "seed": 7, "command": "genreclf train cnn",
}  # fmt: skip
FILES = {
    "config.json": CONFIG,
    "progress.json": {"phase": "training", "updated": 1.79e9, "next_check_in": 30.0, "epoch": 2, "epochs": 3, "step": 1,
                      "steps": 2, "films_per_second": 9.5, "seconds_left": 5.0},
    "exit.json": {"outcome": "completed", "reason": "", "ended": "2026-11-29T06:16:18+00:00", "best_epoch": 2,
                  "metrics": {"val": {"bce": 0.3, "map": 0.2}, "test": {"bce": 0.31, "map": 0.19}}},
    "notes.json": {"name": "First", "note": "slow"},
    "data.json": {"digest": "ab12", "films": 60},
    "card.json": {"model": "cnn", "metrics": {"val": {"bce": 0.3}}, "data_digest": "ab12", "device": "CPU", "run": "x",
                  "films": {"train": 47}, "settings": {"epochs": 3, "model_options": {}}, "seconds": 9.0},
}  # fmt: skip
START = {"event": "start", "time": 1.79e9, "films": 47, "val_films": 5, "base_rate_loss": 0.3, "device": "CPU, 2 cores",
         "backend": "tensorflow"}  # fmt: skip
BATCH = {"event": "batch", "time": 1.79e9 + 1, "epoch": 1, "step": 1, "steps": 2, "loss": 0.5, "precision": 0.4,
         "recall": 0.1, "accuracy": 0.9}  # fmt: skip
EPOCH = {"event": "epoch", "time": 1.79e9 + 2, "epoch": 1, "loss": 0.5, "val_loss": 0.4, "val_precision": 0.4,
         "val_recall": 0.2, "val_accuracy": 0.9, "learning_rate": 1e-3, "seconds": 1.0}  # fmt: skip
EVENTS = [START, BATCH, *({**EPOCH, "epoch": epoch, "time": 1.79e9 + epoch} for epoch in range(1, 8))]


def write_run(name: str, **files: bytes) -> Path:
    """A run of seven epochs with all its files; ``files`` replace some of them, by name without the extension."""
    folder = paths.runs_dir() / name
    folder.mkdir(parents=True)
    for file, value in FILES.items():
        (folder / file).write_bytes(files.get(file.removesuffix(".json"), json.dumps(value).encode()))
    lines = "".join(json.dumps(event) + "\n" for event in EVENTS)
    (folder / "metrics.jsonl").write_bytes(files.get("metrics", lines.encode()))
    return folder


def _socket(path: Path) -> None:
    before = os.getcwd()
    os.chdir(path.parent)  # the path of a socket must be short
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path.name)
    finally:
        os.chdir(before)


SPECIAL: dict[str, Callable[[Path], object]] = {
    "fifo": os.mkfifo,
    "folder": Path.mkdir,
    "socket": _socket,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "terminal": lambda path: path.symlink_to("/dev/tty"),
    "loop": lambda path: path.symlink_to(path.name),
    "dangling": lambda path: path.symlink_to("nowhere"),
}
RUN_FILES = (*FILES, "metrics.jsonl", "lock", "stop", "train.log", "best.weights.h5", "reserve")
CONFIGS = {
    "empty": b"", "null": b"null", "list": b"[1]", "number": b"3", "text": b'"x"', "deep": DEEP,
    "deep-object": b'{"model": ' * 100_000, "no-model": b"{}", "nul": b"\0", "latin": b'{"model": "\xe9"}',
    "surrogate": b'{"model": "\\ud800"}', "large": b'{"model": "' + b"x" * 3_000_000 + b'"}',
    "control": b'{"model": "a\\u0007b"}', "model-list": b'{"model": ["cnn"]}',
}  # fmt: skip
CHANGES = {
    "year-1": {"created": "0001-01-01T00:00:00+14:00"}, "year-9999": {"created": "9999-12-31T23:59:59-14:00"},
    "no-date": {"created": "yesterday"}, "no-zone": {"created": "2026-01-01T00:00:00"}, "seed-huge": {"seed": HUGE},
    "seed-text": {"seed": "seven"}, "data-nul": {"data": "a\0b"}, "data-long": {"data": "x/" * 2500},
    "data-name-long": {"data": "x" * 300}, "data-number": {"data": 3}, "epochs-huge": {"recipe": {"epochs": HUGE}},
    "epochs-nan": {"recipe": {"epochs": float("nan")}}, "recipe-list": {"recipe": [1]},
    "changes-text": {"changes": "x"},
    "options": {"recipe": {"epochs": 1, "model_options": {"dense_dropout": [1]}}}, "smoothing": {"recipe": {
        "epochs": 1, "label_smoothing": "much"}}, "unknown-model": {"model": "oracle"},
    "teacher": {"recipe": {"epochs": 1, "teacher": 5}}, "name-list": {"recipe_name": ["tuned"]},
}  # fmt: skip


def write_zoo() -> Run:
    """Every kind of odd folder; returns the good run among them, which is the newest."""
    root = paths.runs_dir()
    for name, config in CONFIGS.items():
        write_run(f"config-{name}", config=config)
    for name, change in CHANGES.items():
        write_run(f"change-{name}", config=json.dumps(CONFIG | change).encode())
    for kind, make in SPECIAL.items():
        for file in RUN_FILES if kind == "fifo" else RUN_FILES[:2]:
            path = write_run(f"{kind}-{file.replace('.', '-')}") / file
            path.unlink(missing_ok=True)
            make(path)
    for file in ("exit", "progress", "notes", "data", "card", "metrics"):
        write_run(f"deep-{file}", **{file: DEEP})
        write_run(f"list-{file}", **{file: b"[3]\n"})
    write_run("two\nlines", config=b"[]")
    write_run("good-with-a\x07bell")
    (Path(os.fsdecode(os.fsencode(root) + b"/\xff\xfe"))).mkdir()
    (root / "empty").mkdir()
    (root / "file").write_text("x")
    os.mkfifo(root / "pipe")
    (root / "around").symlink_to("around")
    loop = root.parent / "loop"
    loop.symlink_to(loop)
    write_run("data-loop", config=json.dumps(CONFIG | {"data": str(loop / "films")}).encode())
    newest = json.dumps(CONFIG | {"created": "2190-12-01T00:00:00+00:00"}).encode()
    run = Run(write_run("21901201T000000-cnn-aaaa", config=newest))
    assert run.status() is Status.COMPLETED
    return run
