"""The sample's table, a CSV: people edit Title, Year, Genre and Overview, the other columns are derived."""

import csv
import io
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from genreclf.errors import UserError
from genreclf.genres import GENRES, GenreList, parse_genre_list
from genreclf.paths import SAMPLE

TABLE = SAMPLE / "IMDB_overview_genres.csv"
COLUMNS = ("Id", "Genre", *GENRES, "Overview", "Title", "Year")


@dataclass(frozen=True)
class Film:
    """A film of the sample; ``genres`` are in the order of the table, the most typical first."""

    id: str
    title: str
    year: int
    genres: tuple[str, ...]
    overview: str


def slug(title: str, year: int) -> str:
    """A plain file name for a film: ``slug("Amélie", 2001)`` is ``"amelie-2001"``."""
    spelled = unicodedata.normalize("NFKD", title.replace("&", " and ").replace("½", " 1 2").replace("'", ""))
    plain = "".join(c for c in spelled if not unicodedata.combining(c)).replace("\u2019", "").lower()
    return f"{re.sub(r'[^a-z0-9]+', '-', plain).strip('-')}-{year}"


def read_films(table: Path = TABLE) -> list[Film]:
    """The films of a table, in its order.

    Raises:
        UserError: the file cannot be read, a column is missing, or a row does not make sense.
    """
    try:
        with open(table, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return [
            Film(row["Id"], row["Title"], int(row["Year"]), tuple(parse_genre_list(row["Genre"])), row["Overview"])
            for row in rows
        ]
    except OSError as error:
        raise UserError(f"The sample's table {table} cannot be read: {error.strerror}.") from None
    except KeyError as error:
        raise UserError(f"The sample's table {table} has no column {error}.") from None
    except ValueError as error:
        raise UserError(f"The sample's table {table} has a bad row: {error}.") from None


def derive(table: Path = TABLE) -> int:
    """Rewrite the table with 0/1 columns derived from Genre, and an Id where there is none; returns its films.

    An existing Id stays even if the title changes, because it determines the film's split and poster.

    Raises:
        UserError: as `read_films`, or a genre is not one of the 25.
    """
    films = read_films(table)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for film in films:
        try:
            flags = GenreList().encode(film.genres).tolist()
        except ValueError as error:
            raise UserError(f"{film.title} ({film.year}): {error}.") from None
        film_id = film.id or slug(film.title, film.year)
        writer.writerow([film_id, str(list(film.genres)), *flags, film.overview, film.title, film.year])
    table.write_text(out.getvalue(), encoding="utf-8")
    return len(films)
