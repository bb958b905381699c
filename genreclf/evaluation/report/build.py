"""An evaluation as one HTML file: to read without the app and without internet, to keep, or to hand in."""

from collections.abc import Callable
from pathlib import Path

from genreclf.errors import UserError
from genreclf.evaluation.predictions import SplitPredictions
from genreclf.evaluation.report.films import Report
from genreclf.evaluation.report.page import HtmlPage
from genreclf.evaluation.report.sections import SECTIONS
from genreclf.evaluation.wording import SPLITS, films_of
from genreclf.files import atomic_path


def write_report(
    predictions: SplitPredictions, path: Path, times: int = 1000, on_progress: Callable[[int, int], None] | None = None
) -> Path:
    """Write all sections of an evaluation as one file of about 8 MB, most of it the library that draws its charts.

    Args:
        answers: whose.
        path: where; a file that is there is replaced once the new one is whole.
        times: resamples for the intervals.
        on_progress: called with (sections written, sections in all).

    Returns:
        the path.

    Raises:
        UserError: the file cannot be written, or no model has answered.
    """
    if not predictions.models:
        raise UserError("No model has answered for these films, so there is nothing to report; train one first.")
    content = report_html(predictions, times, on_progress)
    try:
        with atomic_path(Path(path)) as temporary:
            temporary.write_text(content, "utf-8")
    except OSError as error:
        raise UserError(f"The report cannot be written to {path} ({error.strerror}); name another file.") from error
    return Path(path)


def report_html(
    predictions: SplitPredictions, times: int = 1000, on_progress: Callable[[int, int], None] | None = None
) -> str:
    """The same as text."""
    films = "all films" if predictions.split == "all" else f"{SPLITS[predictions.split].lower()} films"
    report = Report(predictions, HtmlPage(f"genreclf on the {films} of {predictions.catalogue.folder.name}"), times)
    report.page.text(films_of(predictions), "lead")
    for done, section in enumerate(SECTIONS):
        if on_progress:
            on_progress(done, len(SECTIONS))
        section(report)
    return report.page.html()
