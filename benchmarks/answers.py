"""Do the models answer as they do in Keras, how fast, and in how much memory?

    python benchmarks/answers.py
    python benchmarks/answers.py --data DIR --films 500

It compares ``Predictor`` with the Keras models of the same weights, asked in the three ways that Keras offers:
``model.predict``, ``predict_on_batch``, and a ``tf.function`` compiled once for inputs of any size. Every table has the
ways side by side, measured in turns, since other work on the machine slows all of them. Times for one film are medians,
from a decoded poster and a text to probabilities, and for Fusion from the poster's file.

No probability should differ by more than 1e-5. ``cnn`` and ``lstm`` should answer one film 40 times faster than
``model.predict``, Fusion in 60 ms, and the command ``predict`` in 40 % of the time that importing TensorFlow takes.
"""

import argparse
import multiprocessing
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import command
import numpy as np
import psutil

from genreclf import paths
from genreclf.data.catalogue import Catalogue, load_catalogue
from genreclf.data.overviews import Encoder, PieceEncoder, first_words
from genreclf.data.posters import open_poster, poster_array
from genreclf.data.prepared import posters_of
from genreclf.genres import NUM_GENRES
from genreclf.models import SPECS
from genreclf.predict.export import keras_model
from genreclf.predict.film import predict_film
from genreclf.predict.predictor import MAX_LOGIT, Predictor
from genreclf.weights.folder import WEIGHTS_SETS, Weights, available_weights

OVERVIEW = "A detective hunts a killer who leaves riddles in old books, and finds a murder in his own past."
PREDICT, ON_BATCH, COMPILED = WAYS = ("model.predict", "predict_on_batch", "tf.function")
HEAVY = ("tensorflow", "keras", "sklearn", "scipy", "pandas")
BLOCKS = 3  # turns that each way takes
Arrays = np.ndarray | None


class KerasModel:
    """The same weights in Keras, as they are trained, and as they answered before there was another runtime."""

    def __init__(self, weights: Weights):
        self.weights, self.spec = weights, SPECS[weights.model]
        self.network = keras_model(weights)
        self.parts = {name: KerasModel(part) for name, part in weights.parts().items()}
        if self.spec.tokens:
            self._encoder = PieceEncoder() if self.spec.tokens == "pieces" else Encoder(weights.vocabulary())
        self._calls: dict[tuple[str, bool], Callable[[np.ndarray], list[np.ndarray]]] = {}

    def predict(self, posters: Arrays, overviews: Sequence[str] | None, way: str = COMPILED) -> np.ndarray:
        """Calibrated probabilities, float32 ``(n, 25)``, in batches as large as ``Predictor``'s."""
        count, size = len(overviews if posters is None else posters), self.spec.batch_size
        found = [
            self._raw(*(None if each is None else each[start : start + size] for each in (posters, overviews)), way)
            for start in range(0, count, size)
        ]
        return self.weights.calibration.apply(np.concatenate(found))

    def _raw(self, posters: Arrays, overviews: Sequence[str] | None, way: str) -> np.ndarray:
        if self.parts:
            rows = [part._features(posters, overviews, way) for part in self.parts.values()]
            return self._call(way)(np.concatenate(rows, axis=1))[0]
        return self._call(way)(self._encoded(posters, overviews))[0]

    def _features(self, posters: Arrays, overviews: Sequence[str] | None, way: str) -> np.ndarray:
        genres, features = self._call(way, features=True)(self._encoded(posters, overviews))
        log_odds = self.weights.calibration.log_odds(genres).clip(-MAX_LOGIT, MAX_LOGIT)
        return np.concatenate([log_odds, features], axis=1).astype(np.float32)

    def _encoded(self, posters: Arrays, overviews: Sequence[str] | None) -> np.ndarray:
        if self.spec.uses_poster:
            return posters.astype(np.float32) / 255.0
        return self._encoder([first_words(text) for text in overviews])

    def _call(self, way: str, features: bool = False) -> Callable[[np.ndarray], list[np.ndarray]]:
        """A function from a batch to the genres' probabilities, with ``features`` also to that layer's output."""
        if (way, features) not in self._calls:
            import keras
            import tensorflow as tf

            names = ["genres", "features"] if features else []
            outputs = [self.network.get_layer(name).output for name in names]
            network = keras.Model(self.network.input, outputs) if features else self.network
            if way == COMPILED:
                signature = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in self.network.inputs]
                call = tf.function(partial(network, training=False), input_signature=signature, autograph=False)
            else:
                call = partial(network.predict, verbose=0) if way == PREDICT else network.predict_on_batch
            self._calls[way, features] = lambda batch: [np.asarray(each) for each in _as_list(call(batch))]
        return self._calls[way, features]


def _as_list(value):
    return list(value) if isinstance(value, list | tuple) else [value]


def shipped(weights_set: str, baselines: bool = False) -> dict[str, Weights]:
    """The shipped weights of a set, by model."""
    found = available_weights(weights_set, paths.SHIPPED_WEIGHTS / weights_set)
    return {each.model: each for each in found if baselines or not SPECS[each.model].is_baseline}


def inputs_of(catalogue: Catalogue, model: str, rows: np.ndarray) -> tuple[Arrays, list[str] | None]:
    """The posters and overviews that a model uses, of some films."""
    spec = SPECS[model]
    return (
        posters_of(catalogue, spec, rows) if spec.uses_poster else None,
        catalogue.films["overview"].iloc[rows].tolist() if spec.uses_overview else None,
    )


def parity(catalogue: Catalogue, rows: np.ndarray) -> float:
    """Print the largest difference of each model's probabilities from Keras's; returns the largest of all."""
    found = []
    for weights_set in WEIGHTS_SETS:
        for model, weights in shipped(weights_set).items():
            inputs = inputs_of(catalogue, model, rows)
            ours, kerass = Predictor(weights).predict(*inputs), KerasModel(weights).predict(*inputs)
            change = np.abs(ours - kerass)
            picks = [each >= weights.thresholds for each in (ours, kerass)]
            found.append([f"{weights_set}/{model}", float(change.max()), float(change.mean()),
                          int((picks[0] != picks[1]).sum())])  # fmt: skip
    command.print_markdown(
        f"Differences from Keras's probabilities, {len(rows)} films × {NUM_GENRES} genres",
        ["weights", "largest", "mean", "picks that differ"], found,
    )  # fmt: skip
    return max(row[1] for row in found)


def medians(ways: Mapping[str, Callable[[], object]], seconds: float = 2.0, most: int = 100) -> dict[str, float]:
    """The median time of some ways to do the same, in ms; each takes several turns of a limited time."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for block in range(BLOCKS):
        for name, call in ways.items():
            for _ in range(1 if block else 3):  # the first calls compile; other ways have used the caches since
                call()
            until = time.perf_counter() + seconds / BLOCKS
            for _ in range(most):
                began = time.perf_counter()
                call()
                times[name].append(time.perf_counter() - began)
                if times[name][-1] + began > until:
                    break
    return {name: 1000 * statistics.median(each) for name, each in times.items()}


def one_film(catalogue: Catalogue, row: int) -> None:
    """Print how long each model takes for one film, once it is loaded."""
    headings, rows = ["model", "Predictor, ms", *(f"{way}, ms" for way in WAYS), f"× {PREDICT}", f"× {COMPILED}"], []
    content, text = catalogue.posters[row].path.read_bytes(), catalogue.films["overview"].iloc[row]
    for model, weights in shipped("imdb").items():
        predictor, keras_model = Predictor(weights), KerasModel(weights)
        posters, overviews = inputs_of(catalogue, model, np.array([row]))
        ways: dict[str, Callable[[], object]] = {"": partial(predictor.predict, posters, overviews)}
        ways |= {way: partial(keras_model.predict, posters, overviews, way) for way in WAYS}
        if predictor.parts:
            size = predictor.spec.poster_size

            def answer(way: str = "", predictor=predictor, keras_model=keras_model, size=size) -> object:
                """From the file to probabilities."""
                image = open_poster(content)
                if not way:
                    return predict_film([predictor], partial(poster_array, image), text)
                return keras_model.predict(poster_array(image, size)[None], [text], way)

            ways = {way: partial(answer, way) for way in ("", *WAYS)}
        ms = medians(ways)
        rows.append([f"{model}, from file and text" if predictor.parts else model, *ms.values(),
                     ms[PREDICT] / ms[""], ms[COMPILED] / ms[""]])  # fmt: skip
    command.print_markdown("One film, warm, median", headings, rows)


def in_batches(catalogue: Catalogue, films: np.ndarray) -> None:
    """Print how long each model takes for many films at once."""
    films, rows = films[np.argsort(catalogue.films["overview"].iloc[films].str.len())], []
    for model, weights in shipped("imdb").items():
        inputs, predictor, keras_model = inputs_of(catalogue, model, films), Predictor(weights), KerasModel(weights)
        ms = medians({"": partial(predictor.predict, *inputs), COMPILED: partial(keras_model.predict, *inputs)}, 6, 5)
        rows.append([model, *(each / len(films) for each in ms.values()), ms[COMPILED] / ms[""],
                     1000 * len(films) / ms[""]])  # fmt: skip
    command.print_markdown(
        f"{len(films)} films in batches, decoded before",
        ["model", "Predictor, ms a film", f"{COMPILED}, ms a film", f"× {COMPILED}", "films a second"], rows,
    )  # fmt: skip


def in_new_processes(rounds: int) -> float:
    """Print the time of the command ``predict`` beside an import of TensorFlow; returns the ratio."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    predict = ["-m", "genreclf", "predict", "--overview", OVERVIEW, "--models"]
    commands = {
        "predict --models lstm": [*predict, "lstm"],
        "predict --models lstm,overview": [*predict, "lstm,overview"],
        'python -c "import tensorflow"': ["-c", "import tensorflow"],
    }
    walls: dict[str, list[float]] = {name: [] for name in commands}
    processor: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(rounds + 1):
        for name, arguments in commands.items():
            began = time.perf_counter()
            process = subprocess.Popen([sys.executable, *arguments], cwd=paths.PROJECT, **quiet)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                raise SystemExit(f"{name} failed")
            if turn:  # the first turn fills the disk's cache
                walls[name].append(time.perf_counter() - began)
                processor[name].append(usage.ru_utime + usage.ru_stime)
    *_, tensorflow = (statistics.median(times) for times in walls.values())
    *_, tensorflow_processor = (statistics.median(times) for times in processor.values())
    rows = [
        [f"`{name}`", wall, wall / tensorflow, used, used / tensorflow_processor]
        for name in commands
        for wall, used in [(statistics.median(walls[name]), statistics.median(processor[name]))]
    ]
    headings = ["command", "wall s", "ratio", "processor s", "ratio"]
    command.print_markdown(f"New processes, median of {rounds}", headings, rows)
    script = (
        f"import runpy, sys\nsys.argv = ['genreclf', *{[*predict[2:], 'lstm']!r}]\n"
        "try:\n    runpy.run_module('genreclf', run_name='__main__')\nexcept SystemExit:\n    pass\n"
        f"print(*[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    process = subprocess.run([sys.executable, "-c", script], cwd=paths.PROJECT, capture_output=True, text=True)
    loaded = process.stderr.split()
    print(f"\n`predict --models lstm` imports {len(loaded)} of {', '.join(HEAVY)}: {', '.join(loaded) or 'none'}")
    return rows[0][2]


def load_all(way: str) -> list[float]:
    """In a process of its own: load all models and predict one film with each.

    Returns:
        seconds to import and load, seconds until all have predicted, and the memory then, now and at most, MB.
    """
    process, began = psutil.Process(), time.perf_counter()
    before = process.memory_info().rss
    models = [(Predictor if way == "Predictor" else KerasModel)(weights) for weights in shipped("imdb").values()]
    loaded = time.perf_counter() - began
    for model in models:
        poster = np.full((1, *model.spec.poster_size, 3), 90, np.uint8) if model.spec.uses_poster else None
        model.predict(poster, [OVERVIEW] if model.spec.uses_overview else None)
    answered, memory = time.perf_counter() - began, process.memory_info()
    peak = 1024 * int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
    return [loaded, answered, *(size / 1e6 for size in (before, memory.rss, peak))]


def memory() -> None:
    """Print the time and the memory that all models take in a new process."""
    rows = []
    for way in ("Predictor", COMPILED):
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            loaded, answered, before, now, peak = pool.submit(load_all, way).result()
        rows.append([way, loaded, answered, now, now - before, peak])
    command.print_markdown(
        "All models in a new process: imported, loaded and used for one film",
        ["way", "loaded after s", "answered after s", "memory MB", "without Python's and NumPy's", "peak MB"], rows,
    )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("GENRECLF_DATA") or paths.SAMPLE, help="data set")
    parser.add_argument("--films", type=int, default=100, help="films that are compared (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="starts of each command (%(default)s)")
    options = parser.parse_args()
    catalogue = load_catalogue(options.data)
    films = np.sort(np.random.default_rng(0).permutation(len(catalogue))[: options.films])
    memory()
    ratio = in_new_processes(options.rounds)
    difference = parity(catalogue, films)
    one_film(catalogue, int(films[0]))
    in_batches(catalogue, films[:128])
    size = sum(file.stat().st_size for file in paths.SHIPPED_WEIGHTS.rglob("*") if file.is_file())
    print(f"\nAll of weights/ takes {size / 1e6:.1f} MB.")
    return 0 if difference <= 1e-5 and ratio <= 0.4 else 1


if __name__ == "__main__":
    command.run(main)
