"""Small made-up copies of the sets of films that people have, each in its real shape: ``WRITERS`` by name."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import film_sets

GENRES = [["Comedy", "Drama"], ["Horror"], ["Drama"], ["Comedy"], ["Science Fiction", "Horror"], ["Drama", "Romance"]]
COUNT = 12  # films that each set has


def names(number: int) -> list[str]:
    return GENRES[number % len(GENRES)]


def plot(number: int) -> str:
    return film_sets.film(number).overview


def poster(number: int, **options) -> bytes:
    return film_sets.jpeg((20 * number % 250, 90, 120), seed=number, **options)


def put(path: Path, content: bytes | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def table(path: Path, columns: Sequence[str], rows: Sequence[Sequence], delimiter: str = ",") -> Path:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator="\n").writerows([columns, *rows])
    return put(path, stream.getvalue())


def reports(folder: Path) -> Path:
    film_sets.write_set(folder, film_sets.films(COUNT))
    return folder


TMDB = ["adult", "belongs_to_collection", "budget", "genres", "homepage", "id", "imdb_id", "original_language",
        "original_title", "overview", "popularity", "poster_path", "production_companies", "release_date", "revenue",
        "runtime", "status", "tagline", "title", "video", "vote_average"]  # fmt: skip


def tmdb(folder: Path) -> Path:
    """Kaggle's “The Movies Dataset”: three rows whose cells are shifted, films without genres, other tables beside."""
    rows = []
    for number in range(1, COUNT + 1):
        genres = str([{"id": 10 + len(name), "name": name} for name in names(number)])
        name = f"Film {number}"
        rows.append(["False", "", "30000000", genres, "", f"{800 + number}.0", f"tt{number:07d}", "en", name,
                     plot(number), "21.9", f"/rhIRbceoE9lR4veEXuwCC2wARt{number}.jpg", "[{'name': 'Pixar', 'id': 3}]",
                     f"{1990 + number}-10-30", "373554033.0", "81.0", "Released", "", f"Film {number}", "False",
                     "7.7"])  # fmt: skip
    for date in ("1997-08-20", "2012-09-29", "2014-01-01"):
        rows.insert(5, [" - Written by Ørnås", "0.065736", "/ff9qCepilowshEtG2GYWwzt2bs4.jpg",
                        "[{'name': 'Carousel Productions', 'id': 11176}, {'name': 'Telescene', 'id': 29812}]",
                        "[{'iso_3166_1': 'CA', 'name': 'Canada'}]", date, "0", "104.0",
                        "[{'iso_639_1': 'en', 'name': 'English'}]", "Released", "", "Midnight Man", "False", "6.0",
                        "1"])  # fmt: skip
    rows.append(["False", "", "0", "[]", "", "999.0", "tt0000999", "en", "None", plot(3), "0", "", "[]", "2001-01-01"])
    put(folder / "posters" / "rhIRbceoE9lR4veEXuwCC2wARt2.jpg", poster(2))
    table(folder / "ratings.csv", ["userId", "movieId", "rating", "timestamp"], [[1, 31, 2.5, 1260759144]] * 30)
    table(folder / "keywords.csv", ["id", "keywords"], [[862, "[{'id': 931, 'name': 'jealousy'}]"]] * 30)
    return table(folder / "movies_metadata.csv", TMDB, rows).parent


def movielens(folder: Path) -> Path:
    """MovieLens: no overviews, posters that somebody has added, by movieId."""
    rows = [[number, f"Film {number} ({1980 + number})", "|".join(names(number))] for number in range(1, COUNT + 1)]
    rows.append([99, "Nothing (1999)", "(no genres listed)"])
    table(folder / "movies.csv", ["movieId", "title", "genres"], rows)
    table(folder / "tags.csv", ["userId", "movieId", "tag", "timestamp"], [[2, 1, "funny", 1445714994]] * 20)
    for number in range(1, COUNT + 1):
        put(
            folder / "MLP-20M" / f"{number}.{'PNG' if number == 5 else 'jpg'}",
            poster(number, kind="PNG" if number == 5 else "JPEG"),
        )
    return folder


def flags(folder: Path) -> Path:
    """Kaggle's “Movie Classification from its Poster”, without its column Genre."""
    kinds = ["Comedy", "Drama", "Horror", "Romance", "Science Fiction", "Opera"]
    rows = [[f"tt{number:07d}", plot(number), *(int(kind in names(number)) for kind in kinds), 0]
            for number in range(1, COUNT + 1)]  # fmt: skip
    return table(folder / "films.tsv", ["Id", "Plot Summary", *kinds, "is_remake"], rows, "\t").parent


def mmimdb(folder: Path) -> Path:
    for number in range(1, COUNT + 1):
        stem = folder / "dataset" / f"{number:07d}"
        film = {"title": f"Film {number}", "year": 1960 + number, "genres": names(number), "kind": "movie",
                "plot": ["Short.", f"{plot(number)} And so it goes on.::Anonymous"],
                "plot outline": "An outline."}  # fmt: skip
        if number == 4:
            del film["plot"]
        put(stem.with_suffix(".json"), json.dumps(film))
        if number != 7:
            put(stem.with_suffix(".jpeg"), poster(number))
    put(folder / "dataset" / "0000099.json", "[" * 100_000)
    put(folder / "split.json", json.dumps({"train": ["0000001"], "test": ["0000002"]}))
    return folder


def folders(folder: Path) -> Path:
    for number in range(1, COUNT + 1):
        part = "test" if number % 4 == 0 else "train"
        for name in names(number):
            put(folder / "films" / part / name.replace(" ", "_") / f"p{number:03d}.jpg", poster(number))
    put(folder / "films" / "train" / "Romance" / "other name.jpg", poster(2))  # a film of Drama, again
    return folder


def huggingface(folder: Path) -> Path:
    for part, numbers in {"train": range(1, 9), "test": range(9, COUNT + 1)}.items():
        lines = [json.dumps({"file_name": f"p{number}.webp", "text": plot(number), "label": names(number)[0]})
                 for number in numbers]  # fmt: skip
        put(folder / part / "metadata.jsonl", "\n".join(lines))
        for number in numbers:
            put(folder / part / f"p{number}.webp", poster(number, kind="WEBP"))
    return folder


def parquet(folder: Path) -> Path:
    """Two parts with the pictures inside, and classes by number, as ``datasets`` writes them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = ["Comedy", "Drama", "Horror", "Romance", "Science Fiction"]
    feature = {"feature": {"names": kinds, "_type": "ClassLabel"}, "_type": "Sequence"}
    metadata = {b"huggingface": json.dumps({"info": {"features": {"genres": feature}}}).encode()}
    for part in range(2):
        numbers = range(1 + 6 * part, 7 + 6 * part)
        columns = {
            "image": pa.array([{"bytes": poster(number), "path": f"p{number}.jpg"} for number in numbers]),
            "genres": pa.array([[kinds.index(name) for name in names(number)] for number in numbers]),
            "synopsis": pa.array([plot(number) for number in numbers]),
        }
        path = folder / "data" / f"train-{part:05d}-of-00002.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(columns).replace_schema_metadata(metadata), path)
    return folder


def json_array(folder: Path) -> Path:
    films = [{"id": number, "name": f"Film {number}", "genres": names(number), "overview": plot(number)}
             for number in range(1, COUNT + 1)]  # fmt: skip
    return put(folder / "films.json", json.dumps(films)).parent


WRITERS = {"reports": reports, "tmdb": tmdb, "table": movielens, "flags": flags, "mm-imdb": mmimdb,
           "folders": folders, "huggingface": huggingface, "parquet": parquet, "json": json_array}  # fmt: skip
