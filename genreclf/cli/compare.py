"""Runs side by side in the terminal."""

from typing import Any

from genreclf.cli import output
from genreclf.runs import compare
from genreclf.runs.compare import Compared, Line
from genreclf.runs.folder import Run


def print_comparison(runs: list[Run], everything: bool, json: bool) -> None:
    """Print the runs' settings and scores; ``everything`` includes settings that are the same.

    Raises:
        UserError: they are fewer than two different ones.
    """
    compared = compare.read_all(runs)
    settings = [line for line in compare.settings(compared) if everything or line.differs]
    scores = [line for line in compare.scores(compared) if any(value is not None for value in line.values)]
    cautions = compare.cautions(compared)
    if json:
        output.print_json(
            {
                "runs": [_run(one) for one in compared],
                "settings": [_values(line, compared) for line in settings],
                "scores": [_values(line, compared) for line in scores],
                "cautions": cautions,
            }
        )
        return
    letters = [_letter(place) for place in range(len(compared))]
    for letter, one in zip(letters, compared, strict=True):
        print(f"{letter}  {one.run.id}  {one.summary.title}")
    print()
    if settings:
        output.print_table(["Setting", *letters], [_row(line) for line in settings])
    else:
        print("They were asked for with the same settings and seed.")
    print()
    output.print_table(["Score", *letters], [_row(line) for line in scores])
    if any(line.best for line in scores):
        print("\n* the best of its row: the lowest loss or BCE, the highest of the others.")
    for caution in cautions:
        print(caution)


def _letter(place: int) -> str:
    return chr(ord("A") + place) if place < 26 else str(place + 1)


def _run(one: Compared) -> dict[str, Any]:
    return {"id": one.run.id, "title": one.summary.title, "model": one.summary.model, "loss": one.loss}


def _values(line: Line, compared: list[Compared]) -> dict[str, Any]:
    ids = [one.run.id for one in compared]
    found = {"name": line.key, "label": line.label, "values": dict(zip(ids, line.values, strict=True))}
    return found | {"best": [ids[place] for place in line.best]} if line.best else found


def _row(line: Line) -> list[str]:
    cells = (f"{'* ' if place in line.best else ''}{compare.as_text(line.key, value)}"
             for place, value in enumerate(line.values))  # fmt: skip
    return [line.label, *cells]
