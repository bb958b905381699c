"""The models by name: ``list_models()`` lists them, ``create_model(name)`` builds one.

Importing this does not import TensorFlow; building a model does.
"""

import difflib
import inspect
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from genreclf.data.catalogue import Catalogue
from genreclf.data.tables import plain_name
from genreclf.errors import UserError
from genreclf.models.options import default_options
from genreclf.pretrained import EFFICIENTNET_2, MINILM
from genreclf.units import listed

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class ModelSpec:
    """The properties of a model.

    Attributes:
        name: its name on the command line, in the app's addresses and in ``weights/``.
        label: its name on screen.
        input: ``"poster"``, ``"overview"``, ``"both"`` (either may be missing) or ``"none"`` (a constant prediction).
        description: one sentence for a newcomer.
        builder: ``"module:function"`` that builds the Keras model; None for a baseline.
        softmax: whether a softmax makes the genres' probabilities sum to 1 (report E); else each is independent.
        poster_size: height and width of its posters, pixels.
        tokens: how overviews are tokenised: ``"words"`` of the training overviews' vocabulary, or MiniLM's word
            ``"pieces"``.
        pretrained: frozen pretrained networks inside it, which are stored once for all models (see
            ``genreclf.pretrained``).
        structure: the builder's options that change the shapes of its weights; they must be the same to load weights.
        parts: the models that it combines, which are trained first.
        layers: the layers by whose outputs films are compared: the input of its output layer, or of each of several.
    """

    name: str
    label: str
    input: str
    description: str
    builder: str | None = None
    softmax: bool = False
    poster_size: tuple[int, int] | None = None
    tokens: str | None = None
    pretrained: tuple[str, ...] = ()
    structure: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()

    @property
    def is_baseline(self) -> bool:
        """Whether it is a simple baseline, fitted without Keras."""
        return self.builder is None

    @property
    def uses_poster(self) -> bool:
        """Whether its prediction depends on the poster."""
        return self.input in ("poster", "both")

    @property
    def uses_overview(self) -> bool:
        """Whether its prediction depends on the overview."""
        return self.input in ("overview", "both")

    @property
    def batch_size(self) -> int:
        """The number of films per batch in predictions; larger ones are no faster and take more memory."""
        if self.poster_size and self.poster_size > _REPORT_SIZE and not self.parts:
            return 1  # glibc requests arrays above 32 MB from the system each time, which doubles the processor time
        return 8 if self.tokens == "pieces" else 32

    def can_predict(self, has_poster: bool, has_overview: bool) -> bool:
        """Whether a film's inputs are enough for a prediction."""
        enough = {"poster": has_poster, "overview": has_overview, "both": has_poster or has_overview}
        return enough.get(self.input, True)

    def fallback_part(self, has_poster: bool, has_overview: bool) -> str:
        """The part whose prediction is used for a film with only one input: ``"poster"`` or ``"overview"``.

        It is ``""`` for a film with both, and for a model without parts. With neither (no poster, no word in the
        overview), the overview's part predicts from an empty text.
        """
        if not self.parts or (has_poster and has_overview):
            return ""
        return "poster" if has_poster else "overview"


_REPORT_SIZE = (64, 64)
_SPECS = (
    ModelSpec(
        "cnn", "CNN", "poster", "Looks at the poster: report A's convolutional network.", "cnn:build_cnn",
        poster_size=_REPORT_SIZE, layers=("dense_2",),
    ),
    ModelSpec(
        "lstm", "LSTM", "overview", "Reads the overview: report A's recurrent network.", "lstm:build_lstm",
        tokens="words", layers=("dense",),
    ),
    ModelSpec(
        "fusion", "Fusion", "both", "Combines poster and overview; either may be missing.",
        "fusion:build_fusion", poster_size=(320, 216), parts=("poster", "overview"),
        layers=("poster_norm", "overview_norm"),
    ),
    ModelSpec(
        "poster", "EfficientNet", "poster", "Looks at the poster: two networks pretrained on a million photographs, "
        "one of them fine-tuned on posters.", "poster:build_poster",
        poster_size=(320, 216), structure=("backbone",), pretrained=(EFFICIENTNET_2,),
        layers=("trained_faster", "frozen_faster"),
    ),
    ModelSpec(
        "overview", "MiniLM", "overview", "Reads the overview: a transformer pretrained on a billion sentences, "
        "fine-tuned on overviews.", "overview:build_overview",
        tokens="pieces", structure=("rank",), pretrained=(MINILM,), layers=("features",),
    ),
    ModelSpec(
        "cnn-small", "Small CNN", "poster", "Looks at the poster: report E's small network.",
        "cnn:build_cnn_small", softmax=True, poster_size=_REPORT_SIZE, layers=("dense",),
    ),
    ModelSpec(
        "lstm-small", "Small LSTM", "overview", "Reads the overview: report E's small network.",
        "lstm:build_lstm_small", softmax=True, tokens="words", layers=("lstm",),
    ),
    ModelSpec("prior", "Base rates", "none", "Baseline: how common each genre is, whatever the film."),
    ModelSpec(
        "tfidf", "TF-IDF", "overview", "Baseline: counts the overview's words, with a logistic regression per genre.",
    ),
)  # fmt: skip
SPECS: dict[str, ModelSpec] = {spec.name: spec for spec in _SPECS}
BASELINES = tuple(spec.name for spec in _SPECS if spec.is_baseline)


def check_trainable(name: str, catalogue: Catalogue) -> None:
    """Check that films have all inputs that a model is trained on, and at least two genres to tell apart.

    Raises:
        UserError: they lack one.
    """
    spec = get_spec(name)
    if len(catalogue.genres) < 2:
        raise UserError(
            f"All films of {catalogue.folder.name} have the same single genre, {catalogue.genres[0]}, so there is "
            "nothing to learn; add films of another genre."
        )
    if lacking := catalogue.lacks(spec.uses_poster, spec.uses_overview):
        others = [spec.label for spec in _SPECS if not catalogue.lacks(spec.uses_poster, spec.uses_overview)]
        raise UserError(
            f"{spec.label} ({name}) learns from {lacking}, and {catalogue.folder.name} has none; choose "
            f"{listed(others, 'or')}, or films with {lacking}."
        )


def left_out(catalogue: Catalogue) -> str:
    """Which models cannot predict a set without posters or overviews, and how Fusion does: sentences, or ""."""
    if not (lacking := catalogue.lacks(True, True)):
        return ""
    given = (catalogue.has_posters, catalogue.has_overviews)
    unusable = [spec.label for spec in _SPECS if not spec.can_predict(*given)]
    reason = f" ({catalogue.unusable_overviews})" if catalogue.unusable_overviews else ""
    sentences = [f"These films have no {lacking}{reason}, so {listed(unusable)} cannot predict them."]
    for spec in _SPECS:
        if part := spec.fallback_part(*given):
            sentences.append(f"{spec.label} predicts them with its {part} part, {SPECS[part].label}.")
    return " ".join(sentences)


def list_models(baselines: bool = False) -> list[str]:
    """List the names of the models, with ``baselines`` also those of the baselines."""
    return [spec.name for spec in _SPECS if baselines or not spec.is_baseline]


def get_spec(name: str) -> ModelSpec:
    """Look up a model's properties by its name.

    Raises:
        UserError: there is no such model.
    """
    if name not in SPECS:
        known = _by_name()
        similar = next((known[each] for each in difflib.get_close_matches(plain_name(name), known, n=1)), None)
        question = f" (did you mean {similar.name}, {similar.label} in the app?)" if similar else ""
        raise UserError(f"There is no model {name!r}{question}; choose one of {', '.join(SPECS)}.")
    return SPECS[name]


def find_spec(name: str) -> ModelSpec:
    """Look up a model as people write it: by its name or its label on screen, ignoring case, blanks and hyphens.

    >>> find_spec("EfficientNet").name, find_spec("tf idf").name
    ('poster', 'tfidf')

    Raises:
        UserError: there is no such model.
    """
    return _by_name().get(plain_name(name)) or get_spec(name.strip())


def _by_name() -> dict[str, ModelSpec]:
    return {plain_name(each): spec for spec in _SPECS for each in (spec.label, spec.name)}


def model_label(name: str) -> str:
    """A model's name on screen; for a model that this version does not know, the name itself."""
    return SPECS[name].label if name in SPECS else name


def create_model(name: str, pretrained: bool = True, **options: Any) -> "keras.Model":
    """Build an untrained Keras model.

    >>> create_model("cnn", dense_dropout=0.4).count_params()
    3464601

    Args:
        name: one of ``list_models()``.
        pretrained: start from pretrained weights, if the model is fine-tuned from some; not needed where trained
            weights are loaded next.
        options: arguments of the model's builder, such as ``genreclf.models.cnn.build_cnn``.

    Raises:
        UserError: there is no such model, or it is a baseline, which is fitted without Keras.
    """
    spec = get_spec(name)
    if spec.builder is None:
        raise UserError(f"{name} is a baseline and not a Keras model; fit it with 'train {name}'.")
    module, function = spec.builder.split(":")
    builder = getattr(import_module(f"genreclf.models.{module}"), function)
    options = default_options(name) | options
    if "pretrained" in inspect.signature(builder).parameters:
        options["pretrained"] = pretrained
    return builder(**options)
