"""Draw the sample's posters: ``python -m tools.draw_sample [--output DIR] [--sheet FILE.png] [--derive]``."""

import argparse
import random
import sys
from pathlib import Path

from PIL import Image

from genreclf.errors import UserError
from genreclf.paths import SAMPLE
from tools.draw_sample import derive, draw_poster, encode, read_films
from tools.draw_sample.pen import HEIGHT, WIDTH


def contact_sheet(posters: list[Image.Image], columns: int = 8, gap: int = 8) -> Image.Image:
    """Posters side by side at two thirds of their size."""
    wide, tall = WIDTH * 2 // 3, HEIGHT * 2 // 3
    rows = -(-len(posters) // columns)
    sheet = Image.new("RGB", (columns * (wide + gap) + gap, rows * (tall + gap) + gap), (245, 245, 245))
    for i, poster in enumerate(posters):
        small = poster.resize((wide, tall), Image.Resampling.LANCZOS)
        sheet.paste(small, (gap + i % columns * (wide + gap), gap + i // columns * (tall + gap)))
    return sheet


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.draw_sample", description="Draw the sample's posters.")
    parser.add_argument("--output", type=Path, default=SAMPLE / "Images", help="folder for the JPEGs (%(default)s)")
    parser.add_argument("--sheet", type=Path, metavar="FILE.png", help="draw only a contact sheet of 40 films")
    parser.add_argument("--seed", type=int, default=0, help="which 40 films the sheet shows (%(default)s)")
    parser.add_argument("--derive", action="store_true", help="only rewrite the table's derived columns")
    options = parser.parse_args(argv)
    try:
        if options.derive:
            print(f"{derive()} films")
            return 0
        films = read_films()
        if options.sheet:
            chosen = random.Random(options.seed).sample(films, min(40, len(films)))
            contact_sheet([draw_poster(film) for film in chosen]).save(options.sheet)
            return 0
        options.output.mkdir(parents=True, exist_ok=True)
        size = 0
        for film in films:
            data = encode(draw_poster(film))
            (options.output / f"{film.id}.jpg").write_bytes(data)
            size += len(data)
        print(f"{len(films)} posters, {size:,} bytes")
    except (UserError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
