"""Draw the sample's posters: ``python -m tools.draw_sample [--output DIR] [--sheet FILE.png] [--derive]``.

``python -m tools.draw_sample --made-up 2000 --output DIR`` writes a data set of 2,000 made-up films without overviews
instead, for poster models to be trained on as well: ``genreclf train cnn --data SAMPLE --set further_films=DIR``.
"""

import argparse
import csv
import random
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from PIL import Image

from genreclf.data.catalogue import IMAGES_NAME
from genreclf.errors import UserError
from tools.draw_sample import Film, derive, draw_poster, encode, make_up_films, read_films
from tools.draw_sample.made_up import MADE_UP
from tools.draw_sample.pen import HEIGHT, WIDTH
from tools.draw_sample.table import TABLE


def contact_sheet(posters: list[Image.Image], columns: int = 8, gap: int = 8) -> Image.Image:
    """Posters side by side at two thirds of their size."""
    wide, tall = WIDTH * 2 // 3, HEIGHT * 2 // 3
    rows = -(-len(posters) // columns)
    sheet = Image.new("RGB", (columns * (wide + gap) + gap, rows * (tall + gap) + gap), (245, 245, 245))
    for i, poster in enumerate(posters):
        small = poster.resize((wide, tall), Image.Resampling.LANCZOS)
        sheet.paste(small, (gap + i % columns * (wide + gap), gap + i // columns * (tall + gap)))
    return sheet


def _save_poster(images: Path, film: Film) -> int:
    """Draw a film's poster, a made-up film's at half the size; returns the bytes of the file."""
    poster = draw_poster(film, 1).reduce(2) if film.id.startswith(MADE_UP) else draw_poster(film)
    data = encode(poster)
    (images / f"{film.id}.jpg").write_bytes(data)
    return len(data)


def save_posters(films: list[Film], images: Path) -> int:
    """Draw posters into a folder, in several processes; returns the bytes of all files."""
    images.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor() as pool:
        return sum(pool.map(partial(_save_poster, images), films, chunksize=16))


def save_table(films: list[Film], path: Path) -> None:
    """Write a table of films without their overviews."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("Id", "Genre", "Title", "Year"))
        writer.writerows((film.id, str(list(film.genres)), film.title, film.year) for film in films)


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.draw_sample", description="Draw the sample's posters.")
    parser.add_argument("--output", type=Path, help="folder for the JPEGs, or for --made-up's data set")
    parser.add_argument("--sheet", type=Path, metavar="FILE.png", help="draw only a contact sheet of 40 films")
    parser.add_argument("--made-up", type=int, metavar="N", help="write a data set of N made-up films instead")
    parser.add_argument("--seed", type=int, default=0, help="which 40 films, or which made-up ones (%(default)s)")
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
        images = options.output or TABLE.parent / IMAGES_NAME
        if options.made_up is not None:
            if options.output is None:
                parser.error("--made-up needs --output, a folder for the data set")
            films = make_up_films(options.made_up, films, options.seed)
            images = options.output / IMAGES_NAME
            images.mkdir(parents=True, exist_ok=True)
            save_table(films, options.output / TABLE.name)
        print(f"{len(films)} posters, {save_posters(films, images):,} bytes")
    except (UserError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
