"""``genreclf data corrections``: correct a data set's genres, leave films out, exchange that with others."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from genreclf import paths
from genreclf.cli import output
from genreclf.cli.options import DataOption, JsonOption, data_folder, load_data
from genreclf.data import corrections, label_studio
from genreclf.errors import UserError
from genreclf.files import Unreadable, load_json, write_json, writing
from genreclf.genres import parse_genre_list

corrections_app = typer.Typer(
    help="Correct a data set's genres or leave films out, without changing the data set; list and undo that.",
    invoke_without_command=True,
)
IdsArgument = Annotated[list[str], typer.Argument(help="Ids of films.", metavar="ID…")]
FORMATS = ("csv", "label-studio")


@corrections_app.callback()
def list_corrections(context: typer.Context, data: DataOption = None, json: JsonOption = False) -> None:
    """List the corrections of a data set, the latest first."""
    if context.invoked_subcommand is not None:
        if data is not None or json:
            command = f"genreclf data corrections {context.invoked_subcommand}"
            raise UserError(f"Put the options behind the command: {command} ….")
        return
    found = load_data(data).corrections
    rows = sorted(found.rows.values(), key=lambda row: row.changed, reverse=True)
    if json:
        problems = [{"id": film, "problem": problem} for film, problem in found.problems]
        output.print_json({"corrections": list(map(asdict, rows)), "problems": problems})
        return
    if rows:
        output.print_table(
            ["Id", "Effect", "Before", "Genres", "Note", "Changed"],
            [
                [row.id, row.effect, ", ".join(row.before), ", ".join(row.genres), row.note, row.changed[:16]]
                for row in rows
            ],
        )
    elif not found.problems:
        print("There are no corrections; make one with 'genreclf data corrections edit ID \"Drama|War\"'.")
    _print_problems(found.problems)


@corrections_app.command("edit")
def edit(
    film: Annotated[str, typer.Argument(help="The film's id.", metavar="ID")],
    genres: Annotated[str, typer.Argument(help='Its right genres, such as "Drama|War".')],
    note: Annotated[str, typer.Option(help="Why.")] = "",
    data: DataOption = None,
) -> None:
    """Set a film's genres; those of the table undo that."""
    catalogue = load_data(data)
    try:
        names = parse_genre_list(genres)
    except ValueError as error:
        raise UserError(f"The {error}.") from None
    if corrections.correct(catalogue, {film: names}, note=note):
        print(f"{film} is {', '.join(corrections.known_genres(names, catalogue.genres))} now.")
    else:
        print(f"{film} has the genres of the table.")


@corrections_app.command("confirm")
def confirm(ids: IdsArgument, note: Annotated[str, typer.Option(help="Why.")] = "", data: DataOption = None) -> None:
    """Note that films' genres are right, so that they are not shown as doubtful again."""
    corrections.reject(load_data(data), ids, note)
    print(f"The genres of {_films(ids)} are confirmed.")


@corrections_app.command("leave-out")
def leave_out(
    ids: IdsArgument, reason: Annotated[str, typer.Option(help="Why.")] = "", data: DataOption = None
) -> None:
    """Leave films out of all figures, trainings and evaluations."""
    corrections.leave_out(load_data(data), ids, reason)
    print(f"Left out: {_films(ids)}.")


@corrections_app.command("undo")
def undo(ids: IdsArgument, data: DataOption = None) -> None:
    """Remove films' corrections, so that the table alone counts again."""
    corrections.undo(data_folder(data), ids)  # also if they leave out all films
    print(f"The corrections of {_films(ids)} are undone.")


@corrections_app.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="The file to write.", metavar="FILE")],
    ids: Annotated[
        list[str] | None, typer.Argument(help="For Label Studio: ids of the films (default: all).", metavar="ID…")
    ] = None,
    format: Annotated[str, typer.Option(help="csv: the corrections; label-studio: tasks for a team.")] = "csv",
    posters: Annotated[
        str,
        typer.Option(help="For Label Studio: the address of the folder where it finds the posters."),
    ] = label_studio.LOCAL_FILES,
    data: DataOption = None,
) -> None:
    """Write the corrections, or tasks for Label Studio with its labelling interface beside them (.xml)."""
    catalogue = load_data(data)
    if format not in FORMATS:
        raise UserError(f"There is no format {format!r}; choose one of {', '.join(FORMATS)}.")
    if file.exists():
        raise UserError(f"{file} exists already; name a new file.")
    if format == "csv":
        stored = paths.corrections_file(catalogue.folder)
        if not stored.exists():
            raise UserError(f"There are no corrections of {catalogue.folder.name} to export.")
        with writing(file):
            file.write_bytes(stored.read_bytes())
        print(f"{len(catalogue.corrections.rows):,} corrections written to {file}")
        return
    made = label_studio.tasks(catalogue, ids, posters)
    interface = file.with_suffix(".xml")
    if interface.exists():
        raise UserError(f"{interface} exists already; name a new file.")
    with writing(file):
        write_json(file, made)
        interface.write_text(label_studio.labelling_config(catalogue), "utf-8")
    print(f"{len(made):,} tasks written to {file}, to import; the code of the labelling interface is {interface}.")


@corrections_app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="Corrections (.csv), or Label Studio's JSON or JSON-MIN.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print what would be changed.")] = False,
    json: JsonOption = False,
    data: DataOption = None,
) -> None:
    """Add the corrections in a file; nothing of the data set itself is changed."""
    catalogue = load_data(data)
    if file.suffix.lower() != ".json":
        given = corrections.usable_in(catalogue, corrections.read_file(file))
        if given.rows and not dry_run:
            corrections.merge(catalogue.folder, given)
        done: dict[str, Any] = {"corrections": list(given.rows)}
        problems, count = given.problems, len(given.rows)
        sentence = f"{count:,} correction{'s' * (count != 1)}, {len(problems):,} with a problem."
    else:
        try:
            answers = label_studio.read_export(catalogue, load_json(file, label_studio.MAX_EXPORT))
        except (FileNotFoundError, Unreadable) as error:
            reason = "it does not exist" if isinstance(error, FileNotFoundError) else error
            raise UserError(f"{file} cannot be read ({reason}); export it again from Label Studio.") from None
        if not dry_run:
            answers.save(catalogue)
        done = {"changed": answers.changes, "confirmed": answers.confirmed, "disagreements": answers.disagreements}
        problems, sentence = answers.problems, answers.sentence()
    if json:
        listed = [{"id": film, "problem": problem} for film, problem in problems]
        output.print_json(done | {"problems": listed, "dry_run": dry_run})
        return
    print(f"Nothing was changed. {sentence}" if dry_run else sentence)
    rows = [[film, ", ".join(genres)] for film, genres in done.get("changed", {}).items()]
    if rows:
        output.print_table(["Id", "New genres"], rows)
    rows = [[film, " / ".join(map(", ".join, lists))] for film, lists in done.get("disagreements", {}).items()]
    if rows:
        output.print_table(["Id", "Annotators disagree, not changed"], rows)
    _print_problems(problems)


def _films(films: list[str]) -> str:
    return ", ".join(films) if len(films) <= 3 else f"{len(films):,} films"


def _print_problems(problems: Any) -> None:
    if problems:
        output.print_table(["Id", "Problem"], [list(each) for each in problems])
