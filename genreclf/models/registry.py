"""The model families by name: ``list_models()`` says which there are, ``create_model(name)`` builds one.

Importing this does not import TensorFlow; building a model does.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from genreclf.errors import UserError
from genreclf.models.options import default_options
from genreclf.pretrained import EFFICIENTNET_2, MINILM

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class ModelSpec:
    """Facts of a model family.

    Attributes:
        name: what the command line, the app and ``weights/`` call it.
        label: what people read.
        input: ``"poster"``, ``"overview"``, ``"both"`` (either may be missing) or ``"none"`` (a constant).
        what: one sentence for a newcomer.
        builder: ``"module:function"`` of the Keras model, or None for a baseline.
        softmax: whether its probabilities compete (report E) instead of standing each for itself.
        poster_size: height and width of the posters that it looks at, pixels.
        tokens: what its overviews are cut into: ``"words"`` of the training overviews' own vocabulary, or ``"pieces"``
            of MiniLM's.
        takes_start: whether its builder may leave out the weights that it starts from, learnt elsewhere.
        stands_on: pretrained networks that come with the project and are not in its own weights.
        structure: the builder's options that shape the network, so that its weights fit no other value.
        parts: models that it is made of; they are trained first.
    """

    name: str
    label: str
    input: str
    description: str
    builder: str | None = None
    softmax: bool = False
    poster_size: tuple[int, int] | None = None
    tokens: str | None = None
    takes_start: bool = False
    pretrained: tuple[str, ...] = ()
    structure: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

    @property
    def is_baseline(self) -> bool:
        """Whether it is here to be beaten."""
        return self.builder is None

    @property
    def uses_poster(self) -> bool:
        """Whether a poster is of use to it."""
        return self.input in ("poster", "both")

    @property
    def uses_overview(self) -> bool:
        """Whether an overview is of use to it."""
        return self.input in ("overview", "both")

    def can_answer(self, has_poster: bool, has_overview: bool) -> bool:
        """Whether what is given of a film is enough for it."""
        known = {"poster": has_poster, "overview": has_overview, "both": has_poster or has_overview}
        return known.get(self.input, True)

    def fallback_part(self, has_poster: bool, has_overview: bool) -> str:
        """The part that answers where a film has not all that this model of parts takes, else ``""``."""
        if self.input != "both" or has_poster == has_overview:
            return ""
        return "poster" if has_poster else "overview"


_REPORT_SIZE = (64, 64)
_SPECS = (
    ModelSpec(
        "cnn", "CNN", "poster", "Looks at the poster: report A's convolutional network.", "cnn:build_cnn",
        poster_size=_REPORT_SIZE,
    ),
    ModelSpec(
        "lstm", "LSTM", "overview", "Reads the overview: report A's recurrent network.", "lstm:build_lstm",
        tokens="words",
    ),
    ModelSpec(
        "fusion", "Fusion", "both", "Looks at the poster and reads the overview; either may be missing.",
        "fusion:build_fusion", poster_size=(320, 216), parts=("poster", "overview"),
    ),
    ModelSpec(
        "poster", "EfficientNet", "poster", "Looks at the poster: two networks that learnt to see from a million "
        "photographs, one of them trained on with posters.", "poster:build_poster",
        poster_size=(320, 216), takes_start=True, structure=("backbone",), pretrained=(EFFICIENTNET_2,),
    ),
    ModelSpec(
        "overview", "MiniLM", "overview", "Reads the overview: a transformer that learnt English from a billion "
        "sentences, trained on with overviews.", "overview:build_overview",
        tokens="pieces", structure=("rank",), pretrained=(MINILM,),
    ),
    ModelSpec(
        "cnn-small", "Small CNN", "poster", "Looks at the poster: report E's small network.",
        "small:build_cnn_small", softmax=True, poster_size=_REPORT_SIZE,
    ),
    ModelSpec(
        "lstm-small", "Small LSTM", "overview", "Reads the overview: report E's small network.",
        "small:build_lstm_small", softmax=True, tokens="words",
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


def films_at_once(spec: ModelSpec) -> int:
    """How many films to ask a model about in a batch: what a large poster becomes inside it takes 10 MB and more."""
    if spec.poster_size and spec.poster_size > _REPORT_SIZE and not spec.parts:
        return 32
    return 64 if spec.tokens == "pieces" else 256  # attention grows with the square of an overview's length


def model_label(name: str) -> str:
    """What people call a model; its name where this version does not know it."""
    return SPECS[name].label if name in SPECS else name


def create_model(name: str, start: bool = True, **options: Any) -> "keras.Model":
    """Build an untrained Keras model.

    Args:
        name: one of ``list_models()``.
        start: let a pretrained network begin with its weights; not wanted where trained ones are loaded next.
        options: the family's, see its builder (``genreclf.models.cnn.build_cnn`` and so on).

    Raises:
        UserError: there is no such model, or it is a baseline, which is fitted without Keras.

    Example:
        >>> from genreclf import create_model
        >>> create_model("cnn").count_params()
        3464601
    """
    spec = get_spec(name)
    if spec.builder is None:
        raise UserError(f"{name} is a baseline and no Keras model; fit it with 'train {name}'.")
    options = default_options(name) | options
    if spec.takes_start:
        options["start"] = start
    module, function = spec.builder.split(":")
    return getattr(import_module(f"genreclf.models.{module}"), function)(**options)
