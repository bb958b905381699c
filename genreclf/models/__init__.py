"""The model families by name: ``list_models()`` says which there are, ``create_model(name)`` builds one.

Importing this does not import TensorFlow; building a model does.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from genreclf.errors import UserError

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class ModelSpec:
    """Facts of a model family.

    Attributes:
        name: what the command line, the app and ``weights/`` call it.
        label: what people read.
        input: ``"poster"``, ``"overview"`` or ``"none"`` (a constant).
        what: one sentence for a newcomer.
        builder: ``"module:function"`` of the Keras model, or None for a baseline.
        softmax: whether its probabilities compete (report E) instead of standing each for itself.
    """

    name: str
    label: str
    input: str
    what: str
    builder: str | None = None
    softmax: bool = False

    @property
    def is_baseline(self) -> bool:
        """Whether it is here to be beaten."""
        return self.builder is None


_SPECS = (
    ModelSpec("cnn", "CNN", "poster", "Looks at the poster: report A's convolutional network.", "cnn:build_cnn"),
    ModelSpec("lstm", "LSTM", "overview", "Reads the overview: report A's recurrent network.", "lstm:build_lstm"),
    ModelSpec(
        "cnn-small", "Small CNN", "poster", "Looks at the poster: report E's small network.",
        "small:build_cnn_small", softmax=True,
    ),
    ModelSpec(
        "lstm-small", "Small LSTM", "overview", "Reads the overview: report E's small network.",
        "small:build_lstm_small", softmax=True,
    ),
    ModelSpec("prior", "Base rates", "none", "Baseline: says how frequent each genre is, whatever the film."),
    ModelSpec("tfidf", "TF-IDF", "overview", "Baseline: counts the overview's words, one logistic regression a genre."),
)  # fmt: skip
SPECS: dict[str, ModelSpec] = {spec.name: spec for spec in _SPECS}
BASELINES = tuple(spec.name for spec in _SPECS if spec.is_baseline)


def list_models(baselines: bool = False) -> list[str]:
    """Names of the models, and of the baselines too where asked for."""
    return [spec.name for spec in _SPECS if baselines or not spec.is_baseline]


def get_spec(name: str) -> ModelSpec:
    """The facts of a model by name.

    Raises:
        UserError: there is no such model.
    """
    if name not in SPECS:
        raise UserError(f"There is no model {name!r}; choose one of {', '.join(SPECS)}.")
    return SPECS[name]


def model_label(name: str) -> str:
    """What people call a model; its name where this version does not know it."""
    return SPECS[name].label if name in SPECS else name


def create_model(name: str, **options: Any) -> "keras.Model":
    """Build an untrained Keras model.

    Args:
        name: one of ``list_models()``.
        options: the family's, see its builder (``genreclf.models.cnn.build_cnn`` and so on).

    Raises:
        UserError: there is no such model, or it is a baseline, which is fitted without Keras.
    """
    spec = get_spec(name)
    if spec.builder is None:
        raise UserError(f"{name} is a baseline and no Keras model; fit it with 'train {name}'.")
    module, function = spec.builder.split(":")
    return getattr(import_module(f"genreclf.models.{module}"), function)(**options)
