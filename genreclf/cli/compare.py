"""``genreclf runs compare``: runs side by side in the terminal."""

from typing import Any

from genreclf.cli import output
from genreclf.runs import compare
from genreclf.runs.compare import Compared, Line
from genreclf.runs.folder import Run


def print_comparison(runs: list[Run], everything: bool, json: bool) -> None:
    """Print the settings and scores of several runs.

    Args:
        runs: two or more different runs.
        everything: also print settings that are the same for all of them.
        json: print JSON instead of tables.

    Raises:
        UserError: there are fewer than two different runs.
    """
    compared = compare.read_all(runs)
    settings = [line for line in compare.settings(compared) if everything or line.differs]
    scores = compare.scores(compared)
    cautions = compare.cautions(compared)
    if json:
        output.print_json(
            {
                "runs": [
                    {"id": each.run.id, "title": each.summary.title, "model": each.summary.model, "loss": each.loss}
                    for each in compared
                ],
                "settings": [_as_json(line, compared) for line in settings],
                "scores": [_as_json(line, compared) for line in scores],
                "cautions": cautions,
            }
        )
        return
    letters = [chr(ord("A") + index) if index < 26 else str(index + 1) for index in range(len(compared))]
    for letter, each in zip(letters, compared, strict=True):
        print(f"{letter}  {each.run.id}  {each.summary.title}")
    print()
    if settings:
        output.print_table(["Setting", *letters], [[line.label, *line.texts("* ")] for line in settings])
    else:
        print("All settings are the same, the seed too.")
    print()
    output.print_table(["Score", *letters], [[line.label, *line.texts("* ")] for line in scores])
    if any(line.best for line in scores):
        print("\n* best in its row: the lowest loss or BCE, the highest of every other score.")
    for caution in cautions:
        print(caution)


def _as_json(line: Line, compared: list[Compared]) -> dict[str, Any]:
    ids = [each.run.id for each in compared]
    values = {"name": line.key, "label": line.label, "values": dict(zip(ids, line.values, strict=True))}
    return values | {"best": [ids[index] for index in line.best]} if line.best else values
