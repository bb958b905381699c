"""Printing: tables for people, JSON for machines, progress on stderr."""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

LINE_SECONDS = 5.0  # between plain progress lines where stderr is no terminal

stderr = Console(stderr=True, highlight=False)


def import_tensorflow() -> None:
    """Import TensorFlow without its start-up notes, which it writes past Python to the process's stderr."""
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        import tensorflow as tf

        tf.config.list_physical_devices()  # at the first question it looks for a GPU, and complains of none
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def print_json(value: Any) -> None:
    """Print a value for machines."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def print_table(headers: list[str], rows: list[list[Any]], title: str | None = None) -> None:
    """Print rows for people; numbers to the right."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for index, header in enumerate(headers):
        numeric = all(isinstance(row[index], int | float) or row[index] == "" for row in rows)
        table.add_column(header, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row))
    # piped output keeps whole lines: nothing may be cut at a guessed width
    Console(highlight=False, markup=False, emoji=False, width=None if sys.stdout.isatty() else 200).print(table)


@contextmanager
def progress(what: str, unit: str = "") -> Iterator["Reporter"]:
    """Show progress on stderr: a bar on a terminal, a plain line every few seconds elsewhere."""
    if not stderr.is_terminal:
        yield Reporter(what, unit, None)
        return
    amounts = DownloadColumn() if unit == "bytes" else MofNCompleteColumn()
    columns = [
        TextColumn("{task.description}"),
        BarColumn(),
        amounts,
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    ]
    with Progress(*columns, console=stderr, transient=True) as bar:
        yield Reporter(what, unit, bar)


class Reporter:
    """Takes (done, total) and shows it."""

    def __init__(self, what: str, unit: str, bar: Progress | None):
        self.what, self.unit, self.bar = what, unit, bar
        self.task = bar.add_task(what, total=None, note="") if bar else None
        self._last = time.monotonic()
        self._said: tuple[str, int] | None = None

    def __call__(
        self, done: int, total: int | None = None, note: str = "", what: str | None = None, unit: str | None = None
    ) -> None:
        """Say how far it is; ``note`` follows, ``what`` and ``unit`` rename the work."""
        self.what, self.unit = what or self.what, self.unit if unit is None else unit
        if self.bar is not None:
            self.bar.update(self.task, completed=done, total=total, note=note, description=self.what)
            return
        now = time.monotonic()
        ended = self._said is not None and done == total  # quick work needs no words
        if (now - self._last >= LINE_SECONDS or ended) and self._said != (self.what, done):
            self._last, self._said = now, (self.what, done)
            scale, unit = (1e6, "MB") if self.unit == "bytes" else (1, self.unit)
            amount = f"{done / scale:.0f}" + (f" of {total / scale:.0f}" if total else "")
            said = f"{self.what}: {amount} {unit} {note}" if done or total else f"{self.what} {note}"
            print(" ".join(said.split()), file=sys.stderr, flush=True)
