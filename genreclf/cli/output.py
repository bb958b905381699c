"""Printing: tables for people, JSON for machines, progress on stderr."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from genreclf.units import readable

LINE_SECONDS = 5.0  # between plain progress lines where stderr is not a terminal

stderr = Console(stderr=True, highlight=False)


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def print_table(headers: list[str], rows: list[list[Any]]) -> None:
    """Print rows under headers; columns of numbers are aligned to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, header in enumerate(headers):
        numeric = all(isinstance(row[index], int | float) or row[index] == "" for row in rows)
        table.add_column(header, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(f"{cell:.3f}" if isinstance(cell, float) else readable(str(cell)) for cell in row))
    # a pipe has no width: 200 keeps most lines whole, where a guessed terminal width would wrap them
    Console(highlight=False, markup=False, emoji=False, width=None if sys.stdout.isatty() else 200).print(table)


@contextmanager
def progress(task: str, unit: str = "") -> Iterator["Reporter"]:
    """Show progress on stderr: a bar on a terminal, a plain line every few seconds elsewhere.

    Args:
        task: what is being done, such as ``"Predicting"``.
        unit: what is counted, such as ``"films"``; ``"bytes"`` are shown in MB.
    """
    if not stderr.is_terminal:
        yield Reporter(task, unit, None)
        return
    amounts = DownloadColumn() if unit == "bytes" else MofNCompleteColumn()
    note = TextColumn("{task.fields[note]}")
    columns = [TextColumn("{task.description}"), BarColumn(), amounts, TimeRemainingColumn(), note]
    with Progress(*columns, console=stderr, transient=True) as bar:
        yield Reporter(task, unit, bar)


class Reporter:
    """Shows progress each time it is called with the amount done."""

    def __init__(self, task: str, unit: str, bar: Progress | None):
        self.task, self.unit, self.bar = task, unit, bar
        self._bar_task = bar.add_task(task, total=None, note="") if bar else None
        self._printed_at = time.monotonic()
        self._printed: tuple[str, int] | None = None

    def __call__(
        self, done: int, total: int | None = None, note: str = "", task: str | None = None, unit: str | None = None
    ) -> None:
        """Show ``done`` of ``total``, then ``note``; ``task`` and ``unit`` replace the earlier ones."""
        self.task, self.unit = task or self.task, self.unit if unit is None else unit
        if self.bar is not None and self._bar_task is not None:
            self.bar.update(self._bar_task, completed=done, total=total, note=note, description=self.task)
            return
        now = time.monotonic()
        is_end = self._printed is not None and done == total  # a task of a few seconds prints nothing
        if (now - self._printed_at >= LINE_SECONDS or is_end) and self._printed != (self.task, done):
            self._printed_at, self._printed = now, (self.task, done)
            scale, unit = (1e6, "MB") if self.unit == "bytes" else (1, self.unit)
            amount = f"{done / scale:.0f}" + (f" of {total / scale:.0f}" if total else "")
            line = f"{self.task}: {amount} {unit} {note}" if done or total else f"{self.task} {note}"
            print(" ".join(line.split()), file=sys.stderr, flush=True)
