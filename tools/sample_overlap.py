"""Does an overview of the embedded sample share a sequence of eight words with those of another data set?

The sample's overviews were written for it; this shows that none was copied:

    python -m tools.sample_overlap --against FOLDER

FOLDER contains an ``IMDB_overview_genres.csv``. Expected: ``0 sequences of 8 words shared``. It exits with 1 otherwise.
"""

import argparse
import csv
import re
import sys
from pathlib import Path

from tools.draw_sample import TABLE


def sequences(text: str, length: int) -> set[tuple[str, ...]]:
    """All sequences of ``length`` words in a text, without case and punctuation."""
    words = re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.lower())
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}


def overviews(table: Path) -> dict[str, str]:
    """The overviews of a table, by Id."""
    with open(table, newline="", encoding="utf-8") as file:
        return {row["Id"]: row["Overview"] for row in csv.DictReader(file)}


def main(argv: list[str] | None = None) -> int:
    """Print the shared sequences and their number; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", type=Path, required=True, metavar="FOLDER", help="a data set's folder")
    parser.add_argument("--words", type=int, default=8, help="words per sequence (%(default)s)")
    options = parser.parse_args(argv)
    try:
        others = overviews(options.against / TABLE.name)
        ours = overviews(TABLE)
    except (OSError, KeyError) as error:
        print(f"cannot read the overviews: {error}", file=sys.stderr)
        return 2
    theirs = set().union(*(sequences(text, options.words) for text in others.values()))
    shared = [
        (film, sequence) for film, text in ours.items() for sequence in sorted(sequences(text, options.words) & theirs)
    ]
    for film, sequence in shared:
        print(f"{film}: {' '.join(sequence)}")
    print(f"{len(ours)} overviews against {len(others)}: {len(shared)} sequences of {options.words} words shared")
    return 1 if shared else 0


if __name__ == "__main__":
    sys.exit(main())
