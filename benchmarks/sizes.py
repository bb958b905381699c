"""How do Browse, ``data info`` and memory grow with the number of films?

    python benchmarks/sizes.py --data DIR
    python benchmarks/sizes.py --data DIR --sizes 6000 25959 --without-posters 100000 --folder build/sizes

Makes data sets of these sizes from a real one, by repeating its films under new ids. Of each overview a third of the
words is replaced by words of other films, and each poster is followed by a few bytes that decoders ignore, so that the
copies are no twins. Each set is measured in a process of its own: loading (*cold*: every poster is opened; *warm*: the
checks are known), twins, findings, ``data info`` as a command, and what Browse takes to answer each click once films
are loaded. All are seconds of the processors, of all cores together, which hardly depend on what else runs; on an idle
machine no click takes longer. *Memory* is that of the process at the end. With ``--train``, an epoch of the LSTM is
measured too, by the clock. Expect below a second for every click at 25,959 films, and at 100,000 without posters for
all but the first look at Words and Data quality.
"""

import argparse
import csv
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from command import print_markdown, run

from genreclf import paths
from genreclf.data.catalogue import IMAGES_NAME, TABLE_NAME, load_catalogue
from genreclf.errors import UserError

VIEWS = ("Films", "Genres", "Genre pairs", "Overview lengths", "Words", "Data quality")


def main(argv: list[str] | None = None) -> int:
    """Print one table with a column per data set; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="data-set folder to repeat")
    parser.add_argument("--sizes", nargs="*", type=int, default=[1000, 6000, 25_959], help="default: %(default)s")
    parser.add_argument("--without-posters", nargs="*", type=int, default=[100_000], help="default: %(default)s")
    parser.add_argument("--folder", type=Path, help="where to make the sets, which are kept (default: a temporary one)")
    parser.add_argument("--train", action="store_true", help="also measure an epoch of the LSTM")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)  # in the process of its own
    options = parser.parse_args(argv)
    if options.measure:
        print(json.dumps(measure(options.data) | (train(options.data) if options.train else {})))
        return 0
    columns: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        for has_posters, sizes in ((True, options.sizes), (False, options.without_posters)):
            for size in sizes:
                name = f"{size:,}" + ("" if has_posters else " without posters")
                folder = (options.folder or Path(temporary)) / name.replace(",", "").replace(" ", "-")
                make_set(options.data, folder, size, has_posters)
                columns[name] = in_process(folder, options.train)
                print(name, columns[name], file=sys.stderr, flush=True)
    rows = [[row, *(values[row] for values in columns.values())] for row in next(iter(columns.values()), {})]
    print_markdown("Processor seconds, by the number of films", ["", *columns], rows)
    return 0


def make_set(data: Path, folder: Path, size: int, has_posters: bool) -> None:
    """Write a data set of this many films; one that was kept is used again."""
    if (folder / "made").exists():
        return
    catalogue, rng = load_catalogue(data), random.Random(size)
    if has_posters and not catalogue.has_posters:
        raise UserError(f"{data} has no posters; name a folder with posters, or give no --sizes.")
    overviews = catalogue.films["overview"].tolist()
    words = [word for overview in overviews for word in overview.split()]
    (folder / IMAGES_NAME).mkdir(parents=True) if has_posters else folder.mkdir(parents=True)
    with (folder / TABLE_NAME).open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["Id", "Genre", "Overview"])
        for number in range(size):
            at = number % len(catalogue)
            film_id, overview = f"tt{number:07d}", overviews[at]
            if number >= len(catalogue):
                overview = " ".join(rng.choice(words) if rng.random() < 1 / 3 else word for word in overview.split())
            table.writerow([film_id, json.dumps(catalogue.films["genres"].iloc[at]), overview])
            if has_posters and (poster := catalogue.posters[at]):
                copy = folder / IMAGES_NAME / f"{film_id}{poster.path.suffix}"
                copy.write_bytes(poster.path.read_bytes() + b"%d" % number)
    (folder / "made").touch()


def in_process(folder: Path, with_training: bool) -> dict[str, float]:
    """What ``measure`` gives in a new process with a home of its own."""
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, __file__, "--data", str(folder), "--measure", *["--train"] * with_training]
        environment = {**os.environ, "GENRECLF_HOME": home, "GENRECLF_DATA": str(folder)}
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise UserError("The measurement failed, for the reason above.")
    return json.loads(done.stdout.splitlines()[-1])


def measure(folder: Path) -> dict[str, float]:
    """Processor seconds by what was done, and the memory at the end."""
    import psutil
    from streamlit.testing.v1 import AppTest

    from genreclf.data.health.findings import findings
    from genreclf.evaluation.bootstrap import intervals
    from genreclf.evaluation.metrics import NAMES
    from genreclf.evaluation.predictions import predict_split
    from genreclf.evaluation.stored import catalogue_predictions
    from genreclf.weights.folder import weights_for

    seconds: dict[str, float] = {}

    def timed(name: str, action: Callable) -> object:
        before = os.times()
        result = action()
        seconds[name] = round(sum(os.times()[:4]) - sum(before[:4]), 2)
        return result

    timed("load, cold", lambda: load_catalogue(folder))
    catalogue = timed("load, warm", lambda: load_catalogue(folder))
    timed("twins", lambda: catalogue.twins)
    timed("findings, once twins are known", lambda: findings(catalogue))
    command = [sys.executable, "-m", "genreclf", "data", "info", "--json", "--data", str(folder)]
    timed("data info", lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True))

    page = AppTest.from_file(str(paths.PROJECT / "streamlit_app.py"), default_timeout=600).run()
    page.switch_page("pages/browse.py")
    timed("Browse: opened first", page.run)
    timed("Browse: again", page.run)
    timed("Browse: a search, the first", lambda: page.text_input(key="words").set_value("detective murder").run())
    timed("Browse: another search", lambda: page.text_input(key="words").set_value("love").run())
    page.text_input(key="words").set_value("").run()
    timed("Browse: a genre", lambda: page.get("button_group")[0].set_value(["Drama"]).run())
    for view in VIEWS[1:]:
        page.query_params["view"] = view
        timed(f"Browse: {view}, the first time", page.run)
        timed(f"Browse: {view}, again", page.run)
    lstm = weights_for("lstm", catalogue)
    timed("Evaluate: LSTM predicts the test films", lambda: catalogue_predictions(catalogue, lstm, split="test"))
    predictions = timed(
        "Evaluate: predictions of LSTM and baselines", lambda: predict_split(catalogue, "test", ["lstm"])
    )
    for metric in ("bce", "map"):
        timed(f"Evaluate: intervals of {NAMES[metric]}", lambda metric=metric: intervals(predictions, [metric]))
    if page.exception:
        raise UserError(f"Browse failed: {page.exception[0].value}")
    seconds["memory, MB"] = round(psutil.Process().memory_info().rss / 1e6)
    return seconds


def train(folder: Path) -> dict[str, float]:
    """Seconds (of the clock) of an epoch of the LSTM, the second one, and the most memory that its training took."""
    from genreclf.runs.queue import new_run

    training = new_run("lstm", folder, epochs=2, teacher="")
    command = [sys.executable, "-m", "genreclf.training.worker", str(training.folder)]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss  # kB, of the largest process
    return {
        "an epoch of the LSTM": round(training.epochs()[-1]["seconds"], 1),
        "memory of the training, MB": round(peak / 1000),
    }


if __name__ == "__main__":
    run(main)
