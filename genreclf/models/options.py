"""The declaration of a training setting, and the options of each model's builder.

Every setting is declared once, here or as a field of ``genreclf.recipes.settings.Recipe``. Its checks, its field in the
app's form, the command line's ``--set``, the comparison of runs and ``docs/settings.md`` follow from the declaration.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from genreclf.errors import UserError
from genreclf.fields import shown
from genreclf.pretrained import EFFICIENTNET

# The form's groups in order; the first is always visible, the others under "More settings".
MAIN = "Main settings"
NETWORK = "Pretrained network"
SCHEDULE = "Learning rate over time"
OVERFITTING = "Against overfitting (regularisation)"
DISTILLATION = "Learn from a larger model too (distillation)"
COMPUTING = "Computing"
GROUPS = (MAIN, NETWORK, SCHEDULE, OVERFITTING, DISTILLATION, COMPUTING)

AUTO = "auto"  # the value of a setting that the device decides
_KINDS = {int: "a whole number", float: "a number", str: "a text", bool: "true or false", dict: "a JSON object"}

# By how much faster the poster model's two outputs learn than its network (see ``models.common.genres_head``).
POSTER_EXPERTS = {"trained": 10.0, "frozen": 4.0}


@dataclass(frozen=True)
class Setting:
    """The declaration of one setting.

    Attributes:
        name: as in ``config.json`` and ``--set``.
        kind: ``int``, ``float``, ``bool``, ``str`` or ``dict``.
        label: its name on screen.
        hint: one or two sentences on what it does.
        default: its value unless a recipe sets a different one.
        low, high, step: the range of a number, and the step of its field in the form.
        choices: the allowed values, with their names on screen; None allows any.
        group: its group in the form (see ``GROUPS``); ``""`` if only the command line has it.
        can_be_off: whether 0 turns it off, which a recipe stores as None.
        can_be_auto: whether a recipe may leave it to the device (``AUTO``).
        inputs: only models that use one of these have it: ``"poster"``, ``"overview"`` or ``"words"`` (an overview as
            words, not word pieces); if empty, all models have it.
        softmax: whether the softmax models (report E's small pair) have it; their builders have no output bias and
            no word vectors.
        needs: the setting without which it has no effect.
        affects_speed: whether it affects how long an epoch takes.
    """

    name: str
    kind: type
    label: str
    hint: str
    default: Any = None
    low: float = 0.0
    high: float = 1.0
    step: float = 1.0
    choices: Mapping[str, str] | None = None
    group: str = ""
    can_be_off: bool = False
    can_be_auto: bool = False
    inputs: tuple[str, ...] = ()
    softmax: bool = True
    needs: str = ""
    affects_speed: bool = False

    @property
    def is_number(self) -> bool:
        """Whether it is a number, with a range."""
        return self.kind in (int, float)

    def check(self, value: Any) -> Any:
        """Check a value's kind and range, and return it as a recipe stores it.

        Raises:
            UserError: it is of another kind, out of range, or none of the choices.
        """
        if self.can_be_off and value == 0 and not isinstance(value, bool):
            return None
        if self.choices and value not in tuple(self.choices):
            raise UserError(f"There is no {self.name} {shown(value)}; choose one of {', '.join(self.choices)}.")
        self.check_kind(value)
        if self.is_number and value is not None and not self.low <= value <= self.high:
            off = ", or 0 to turn it off" if self.can_be_off else ""
            raise UserError(f"{self.name} is {value}; choose a value from {self._limits}{off}.")
        return value

    def check_kind(self, value: Any) -> None:
        """Check a value's kind only, for runs of other versions.

        Raises:
            UserError: it is of another kind.
        """
        if self.can_be_auto and value == AUTO:
            return
        allowed = (int, float) if self.kind is float else self.kind
        is_right = isinstance(value, allowed) and (self.kind is bool or not isinstance(value, bool))
        if not is_right and not (value is None and self.can_be_off):
            raise UserError(f"{self.name} is {shown(value)}; it must be {_KINDS[self.kind]}.")

    def nearest(self, value: Any) -> Any:
        """The allowed value nearest to any value, for a field of a form, in which 0 means off."""
        if self.choices:
            return value if value in self.choices else next(iter(self.choices))
        if not self.is_number:
            return value
        return self.kind(min(max(value or 0, self.form_low), self.high))

    @property
    def form_low(self) -> float:
        """The lowest value of the form's field: 0 if that turns the setting off."""
        return 0 if self.can_be_off else self.low

    def range_text(self) -> str:
        """The allowed values as text."""
        if self.choices:
            return ", ".join(f"`{choice}`" for choice in self.choices if choice)
        if not self.is_number:
            return f"{_KINDS[self.kind]}, or `{AUTO}`" if self.can_be_auto else _KINDS[self.kind]
        return self._limits + (", 0 is off" if self.can_be_off else "")

    @property
    def _limits(self) -> str:
        if self.kind is int:  # all digits, unlike with "g"
            return f"{self.low} to {self.high}"
        return f"{self.low:g} to {self.high:g}"


def _dropout(name: str, default: float, place: str, hint: str = "", affects_speed: bool = False) -> Setting:
    what = "The share of values set to 0 at random in each training step, so that the model relies on none of them."
    return Setting(
        name, float, f"Dropout, {place}", f"{what}{hint}", default, 0.0, 0.95, 0.05, None, OVERFITTING,
        affects_speed=affects_speed,
    )  # fmt: skip


def _choices(*values: str) -> dict[str, str]:
    return {value: value for value in values}


OPTIONS: dict[str, tuple[Setting, ...]] = {
    "cnn": (
        _dropout("conv_dropout", 0.2, "convolutions"),
        _dropout("dense_dropout", 0.5, "dense layers"),
        Setting(
            "kernel_initializer", str, "Initial weights", "The distribution that hidden weights are drawn from.",
            "glorot_uniform", choices=_choices(
                "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal"
            ),
        ),
    ),
    "lstm": (
        _dropout("lstm_dropout", 0.5, "LSTM inputs"),
        _dropout(
            "recurrent_dropout", 0.2, "LSTM states", " Anything but 0 makes a GPU several times slower.",
            affects_speed=True,
        ),
        _dropout("dense_dropout", 0.8, "dense layers"),
    ),
    "cnn-small": (_dropout("dropout", 0.5, "dense layer"),),
    "lstm-small": (),
    "poster": (
        Setting(
            "backbone", str, "Pretrained network", "The network under the poster model. The first comes with the app; "
            "Keras downloads the others' weights when training starts, which needs the internet.",
            EFFICIENTNET, group=NETWORK, affects_speed=True, choices=_choices(
                EFFICIENTNET, "EfficientNetV2B0", "EfficientNetV2B1", "EfficientNetV2S", "MobileNetV3Small",
                "MobileNetV3Large", "ConvNeXtTiny",
            ),
        ),
        Setting(
            "frozen_blocks", int, "Frozen blocks", "How many of the 16 blocks, counted from the input, stay frozen at "
            "their ImageNet weights. More frozen blocks train faster; fewer fit posters better, given enough films.",
            8, 0, 16, group=NETWORK, affects_speed=True,
        ),
        _dropout("head_dropout", 0.3, "before the output"),
    ),
    "overview": (
        Setting(
            "rank", int, "Rank (LoRA)", "The transformer's own weights stay frozen; training adds a small low-rank "
            "matrix to each of its matrices. A higher rank lets it learn more, and overfit more; 0 adds none.",
            16, 0, 64, group=NETWORK, affects_speed=True,
        ),
        _dropout("dropout", 0.1, "in the transformer"),
        _dropout("head_dropout", 0.3, "before the output"),
    ),
    "fusion": (_dropout("feature_dropout", 0.8, "features"),),
}  # fmt: skip


def default_options(model: str) -> dict[str, Any]:
    """The defaults of a model's builder options, by name; a recipe may override them."""
    return {option.name: option.default for option in OPTIONS.get(model, ())}
