"""Correcting genres in Label Studio, alone or in a team: tasks for it, and its exports read as corrections.

The project there needs the labelling interface of ``labelling_config``; each task has the film's overview, its poster
and, as a prediction to start from, its genres. Both exports with all annotations are read: JSON and JSON-MIN.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import quoteattr

from genreclf.data.catalogue import Catalogue
from genreclf.data.corrections import correct, known_genres, reject
from genreclf.errors import UserError
from genreclf.public import at_home

CONTROL = "genres"  # the name of the choices in the labelling interface
LOCAL_FILES = "/data/local-files/?d="  # where Label Studio serves the files of its own machine, if told to
NOTE = "Label Studio"
MAX_EXPORT = 1_000_000_000  # bytes


@dataclass(frozen=True)
class Answers:
    """What an export says of a data set's films.

    Attributes:
        changes: by film id, genres other than those it has now.
        confirmed: ids of the films whose genres are right as they are.
        disagreements: by film id, the lists of genres on which annotators disagree.
        problems: what cannot be used: the film's id as it is written there, and the reason.
        skipped: the ids of films whose annotation was cancelled, once for each.
    """

    changes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    confirmed: list[str] = field(default_factory=list)
    disagreements: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def save(self, catalogue: Catalogue) -> None:
        """Store them as corrections; UserError if they cannot be written."""
        correct(catalogue, self.changes, note=NOTE)
        reject(catalogue, self.confirmed, note=NOTE)

    def sentence(self) -> str:
        """How many films there are of each kind."""
        return (
            f"{len(self.changes):,} changed, {len(self.confirmed):,} confirmed, {len(self.disagreements):,} on which "
            f"annotators disagree, {len(self.skipped):,} skipped, {len(self.problems):,} with a problem."
        )


def labelling_config(catalogue: Catalogue) -> str:
    """The labelling interface of the project, for its settings under "Labeling Interface" → "Code"."""
    parts = ['  <Header value="$title"/>']
    if catalogue.has_posters:
        parts.append('  <Image name="poster" value="$poster" maxWidth="300px"/>')
    if catalogue.has_overviews:
        parts.append('  <Text name="overview" value="$overview"/>')
    choices = [f"    <Choice value={quoteattr(genre)}/>" for genre in catalogue.genres]
    shown = "overview" if catalogue.has_overviews else "poster"
    parts += [f'  <Choices name="{CONTROL}" toName="{shown}" choice="multiple" required="true" showInline="true">']
    return "\n".join(["<View>", *parts, *choices, "  </Choices>", "</View>", ""])


@at_home("Correcting genres")
def tasks(catalogue: Catalogue, ids: Iterable[str] | None = None, posters: str = LOCAL_FILES) -> list[dict[str, Any]]:
    """The tasks to import there.

    Args:
        catalogue: the data set.
        ids: of the films; None for all.
        posters: what comes before the path of a poster in its address. The default is for posters on the machine on
            which Label Studio runs with ``LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED=true`` and
            ``LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT=/``; after another, only the name of the file follows.

    Raises:
        UserError: there is no film with one of the ids.
    """
    shown = "overview" if catalogue.has_overviews else "poster"
    made = []
    for position in range(len(catalogue)) if ids is None else map(catalogue.position, ids):
        film = catalogue.films.iloc[position]
        data = {"film": film["id"], "title": catalogue.display_name(position), "genres_now": ", ".join(film["genres"])}
        if catalogue.has_overviews:
            data["overview"] = film["overview"]
        if poster := catalogue.poster(film["id"]):
            path = poster.path.absolute()
            data["poster"] = posters + (path.as_posix().removeprefix("/") if posters == LOCAL_FILES else path.name)
        choices = {"from_name": CONTROL, "to_name": shown, "type": "choices", "value": {"choices": film["genres"]}}
        made.append({"data": data, "predictions": [{"model_version": "data set", "result": [choices]}]})
    return made


def read_export(catalogue: Catalogue, exported: Any) -> Answers:
    """Read the value of an exported JSON or JSON-MIN file.

    Of an annotator's annotations of a film the last counts; a film on which annotators disagree is not changed.

    Raises:
        UserError: it is no such export.
    """
    if not isinstance(exported, list) or not all(isinstance(task, dict) for task in exported):
        raise UserError("This is no export of Label Studio; export the project there as JSON or JSON-MIN.")
    found, films = Answers(), {film: set(genres) for film, genres in catalogue.films[["id", "genres"]].to_numpy()}
    annotations = []
    for place, task in enumerate(exported, start=1):
        data = task["data"] if isinstance(task.get("data"), dict) else task
        film = str(data.get("film", f"task {task.get('id', place)}"))
        of_task = task.get("annotations") if data is not task else [task]  # a row of JSON-MIN is an annotation
        annotations += [(film, each) for each in of_task or [] if isinstance(each, dict)]
        if film not in films:
            found.problems.append((film, "no film of the data set has this id"))
    by_film: dict[str, dict[str, tuple[str, ...]]] = {}  # the latest genres by annotator
    for film, annotation in sorted(annotations, key=lambda item: str(item[1].get("updated_at"))):
        if annotation.get("was_cancelled"):
            found.skipped.append(film)
        elif film in films:
            try:
                genres = known_genres(_choices(annotation), catalogue.genres)
                if not genres:
                    raise UserError("no genre was chosen")
                by_film.setdefault(film, {})[_annotator(annotation)] = genres
            except UserError as error:
                found.problems.append((film, str(error).rstrip(".")))
    for film, by_annotator in by_film.items():
        [genres, *others] = dict.fromkeys(by_annotator.values())
        if others:
            found.disagreements[film] = [genres, *others]
        elif set(genres) == films[film]:
            found.confirmed.append(film)
        else:
            found.changes[film] = genres
    return found


def _choices(annotation: Mapping[str, Any]) -> list[str]:
    """The genres chosen in an annotation of either form."""
    results = annotation.get("result", annotation.get(CONTROL))
    found: list[str] = []
    for result in results if isinstance(results, list) else [results]:
        if isinstance(result, dict) and result.get("from_name", CONTROL) == CONTROL:
            value = result.get("value", result)
            result = value.get("choices") if isinstance(value, dict) else None
        found += [name for name in (result if isinstance(result, list) else [result]) if isinstance(name, str)]
    return found


def _annotator(annotation: Mapping[str, Any]) -> str:
    by = annotation.get("completed_by", annotation.get("annotator"))
    return str(by.get("id") or by.get("email")) if isinstance(by, dict) else str(by)
