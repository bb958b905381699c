"""Settings of a training: everything but the model's layers and the data, each declared once.

``Recipe`` declares the settings that all models share, ``genreclf.models.options`` those of each model's builder;
together they are the one table of settings. ``python -m genreclf.recipes`` prints it as ``docs/settings.md``.
"""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from genreclf.errors import UserError
from genreclf.models import ModelSpec, get_spec, list_models
from genreclf.models.options import (
    COMPUTING,
    DISTILLATION,
    GROUPS,
    MAIN,
    OPTIONS,
    OVERFITTING,
    SCHEDULE,
    Setting,
)

TEACHERS = ("poster", "overview", "fusion")  # offered by the form; --set takes any model
OPTIONS_FIELD = "model_options"
_KINDS = {"int": int, "float": float, "str": str, "bool": bool, "dict": dict}


def _setting(default: Any, label: str, hint: str, **declaration: Any) -> Any:
    """A field of ``Recipe`` with its ``Setting``, whose name and kind are the field's."""
    return field(default=default, metadata={"label": label, "hint": hint, **declaration})


@dataclass(frozen=True)
class Recipe:
    """How to train a model; each field is declared as a ``Setting``, see ``settings_of``.

    The defaults are those of report A, with everything that it did not use switched off.

    Example:
        >>> Recipe(epochs=40).batch_size
        64
    """

    epochs: int = _setting(
        dataclasses.MISSING, "Epochs", "How often the model sees every training film, at most. More epochs help until "
        "the validation loss starts to rise.", low=1, high=1000, group=MAIN,
    )  # fmt: skip
    batch_size: int = _setting(
        64, "Batch size", "How many films go into one training step. Larger batches are smoother and use a GPU better, "
        "but there are fewer steps per epoch.", low=1, high=4096, step=16, group=MAIN,
    )  # fmt: skip
    learning_rate: float = _setting(
        1e-4, "Learning rate", "How far each step changes the weights. Too high and the loss jumps about; too low and "
        "the model barely learns.", low=1e-7, high=1.0, group=MAIN,
    )  # fmt: skip
    schedule: str = _setting(
        "report", "Schedule", "Large steps early find the way, small steps late settle. *Constant, then decaying* is "
        "the report's: 10 epochs at the full rate, then a tenth less each epoch. *Cosine decay* falls along half a "
        "cosine to a hundredth.", group=SCHEDULE,
        choices={"report": "Constant, then decaying", "cosine": "Cosine decay", "constant": "Constant"},
    )  # fmt: skip
    warmup_epochs: float = _setting(
        0.0, "Warm-up epochs", "Epochs over which the learning rate climbs to its full value, because the first "
        "gradients are the noisiest.", low=0, high=1000, group=SCHEDULE,
    )  # fmt: skip
    weight_decay: float = _setting(
        0.0, "Weight decay", "Shrinks all weights a little in each step (AdamW); 0 is plain Adam, 0.004 a common "
        "start.", low=0, high=1, step=1e-3, group=OVERFITTING,
    )  # fmt: skip
    clip_norm: float | None = _setting(
        None, "Gradient clipping", "The longest gradient; a longer one is scaled down to it.",
        low=1e-6, high=1e6, can_be_off=True,
    )  # fmt: skip
    patience: int | None = _setting(
        None, "Patience", "Early stopping: how many epochs without a lower validation loss end the training. 0 always "
        "trains to the last epoch.", low=1, high=1000, group=MAIN, can_be_off=True,
    )  # fmt: skip
    base_rate_bias: bool = _setting(
        False, "Bias from base rates", "Starts the output's bias at the logits of the base rates (how common each "
        "genre is), so that no epoch is spent on learning them.", softmax=False,
    )  # fmt: skip
    model_options: dict[str, int | float | str] = field(
        default_factory=dict, metadata={"label": "Model options", "hint": "Options of the model's builder, as JSON."}
    )
    augment: bool = _setting(
        False, "Augmentation", "Mirrors, crops and recolours each poster at random, so that none looks the same twice.",
        group=MAIN, inputs=("poster",), sets_pace=True,
    )  # fmt: skip
    mixup: float = _setting(
        0.0, "Mixup", "Blends pairs of posters and their genres (Zhang et al. 2018), in a share drawn from "
        "Beta(mixup, mixup). 0 is off, 0.2 blends a little, 1 makes any share equally likely.",
        low=0, high=10, step=0.1, group=OVERFITTING, inputs=("poster",), sets_pace=True,
    )  # fmt: skip
    word_dropout: float = _setting(
        0.0, "Word dropout", "The share of an overview's words hidden at random in each epoch, so that the model "
        "relies on no single word.", low=0, high=0.9, step=0.05, group=MAIN, inputs=("overview",),
    )  # fmt: skip
    buckets: bool = _setting(
        False, "Batches of similar length", "Puts overviews of similar length into one batch, which saves padding.",
        inputs=("overview",), sets_pace=True,
    )  # fmt: skip
    word_vectors: bool = _setting(
        False, "Pretrained word vectors", "Starts the embedding from static word vectors trained elsewhere.",
        inputs=("words",), softmax=False,
    )  # fmt: skip
    label_smoothing: float = _setting(
        0.0, "Label smoothing", "Pulls the targets from 0 and 1 towards 1/2, so that the model grows less "
        "overconfident. The loss then differs from other runs' and cannot be compared with them.",
        low=0, high=0.5, step=0.01, group=OVERFITTING,
    )  # fmt: skip
    teacher: str = _setting(
        "", "Teacher", "A larger trained model whose probabilities become part of the targets (distillation, Hinton et "
        "al. 2015). Shades such as “more Drama than War” teach a small model more than a bare yes or no.",
        group=DISTILLATION,
    )  # fmt: skip
    teacher_weight: float = _setting(
        0.5, "Teacher's share", "How much of each target comes from the teacher; the rest comes from the true genres. "
        "0 ignores the teacher, 1 ignores the true genres.", low=0, high=1, step=0.1, group=DISTILLATION,
        needs="teacher",
    )  # fmt: skip
    mixed_precision: bool = _setting(
        False, "Mixed precision", "Computes in bfloat16, at half the memory, and keeps the weights in float32.",
        group=COMPUTING, sets_pace=True,
    )  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """As plain values, for ``config.json``."""
        return dataclasses.asdict(self)

    def value(self, setting: Setting) -> Any:
        """The value of one setting: a field's, or a model option's, which is the builder's default where unset."""
        if setting.name in SETTINGS:
            return getattr(self, setting.name)
        return self.model_options.get(setting.name, setting.default)


def _declared(declaration: dataclasses.Field) -> Setting:
    kind = _KINDS[str(getattr(declaration.type, "__name__", declaration.type)).split("[")[0].split(" ")[0]]
    default = None if declaration.default is dataclasses.MISSING else declaration.default
    return Setting(declaration.name, kind, default=default, **declaration.metadata)


SETTINGS: dict[str, Setting] = {each.name: _declared(each) for each in dataclasses.fields(Recipe)}


def settings_of(model: str) -> list[Setting]:
    """All settings that have an effect on a model's training, the recipe's first, then its builder's options."""
    spec = get_spec(model)
    if spec.is_baseline:
        return []
    shared = [setting for name, setting in SETTINGS.items() if name != OPTIONS_FIELD and _fits(setting, spec)]
    return [*shared, *OPTIONS[model]]


def setting_label(name: str, model: str | None = None) -> str:
    """A setting's name on screen; one that this version does not know is spelt out."""
    name = name.removeprefix(f"{OPTIONS_FIELD}.")
    options = OPTIONS.get(model or "") or [option for options in OPTIONS.values() for option in options]
    known = SETTINGS | {option.name: option for option in reversed(options)}
    return known[name].label if name in known else name.replace("_", " ").capitalize()


def change(model: str, recipe: Recipe, **changes: Any) -> Recipe:
    """A model's recipe with some settings changed and checked (see ``genreclf.recipes.get_recipe``)."""
    options = {option.name: option for option in OPTIONS[model]}
    wanted = {key: value for key, value in changes.items() if value is not None}
    plain = {key: wanted.pop(key) for key in list(wanted) if key in options and key not in SETTINGS}
    if unknown := set(wanted) - set(SETTINGS):
        names = [name for name in (*SETTINGS, *options) if name != OPTIONS_FIELD]
        raise UserError(f"{model} has no setting {', '.join(sorted(unknown))}; choose from {', '.join(names)}.")
    for name, value in wanted.items():
        if value and not SETTINGS[name].softmax and get_spec(model).softmax:
            raise UserError(f"{model} has no setting {name}, because its outputs are a softmax.")
        if value == 0 and SETTINGS[name].can_be_off and not isinstance(value, bool):
            wanted[name] = None
        else:
            SETTINGS[name].check(value)
    merged = recipe.model_options | (wanted.get(OPTIONS_FIELD) or {}) | plain
    wanted[OPTIONS_FIELD] = {key: value for key, value in merged.items() if value is not None}
    for name, value in wanted[OPTIONS_FIELD].items():
        if name not in options:
            has = f"it has {', '.join(options)}" if options else "it has none"
            raise UserError(f"{model} has no model option {name}; {has}.")
        options[name].check(value)
    if wanted.get("teacher"):
        get_spec(wanted["teacher"])
    return dataclasses.replace(recipe, **wanted)


def changes_between(recipe: Recipe, wanted: Recipe) -> dict[str, Any]:
    """The changes that make ``get_recipe`` turn one recipe into another; empty where they are equal."""
    changes: dict[str, Any] = {}
    for name, value in wanted.as_dict().items():
        before = getattr(recipe, name)
        if name == OPTIONS_FIELD:
            gone = {key: None for key in before if key not in value}
            value = {key: option for key, option in value.items() if before.get(key) != option} | gone
            if value:
                changes[name] = value
        elif value != before:
            changes[name] = 0 if value is None else value
    return changes


def form_values(model: str, recipe: Recipe) -> dict[str, Any]:
    """What the fields of a model's form show for a recipe, by setting; a value out of range becomes the nearest."""
    return {setting.name: setting.nearest(recipe.value(setting)) for setting in settings_of(model) if setting.group}


def recipe_from(model: str, start: Recipe, values: Mapping[str, Any]) -> Recipe:
    """A recipe with the values of a form's fields in place of its own; what has no field stays as it is."""
    options, changes = dict(start.model_options), dict[str, Any]()
    for setting in settings_of(model):
        if setting.name not in values:
            continue
        value = values[setting.name]
        if setting.name in SETTINGS:
            changes[setting.name] = None if setting.can_be_off and value == 0 else value
        elif setting.name in options or value != setting.default:
            options[setting.name] = value
    return dataclasses.replace(start, **changes, model_options=options)


def parse_settings(texts: list[str]) -> dict[str, Any]:
    """Read settings as the command line gives them, ``name=value``, the value as in JSON (``true``, ``0.2``) or a word.

    Raises:
        UserError: a text is not of this form.
    """
    settings = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UserError(f"--set takes NAME=VALUE, such as augment=false; it was given {text!r}.")
        try:
            settings[name.strip().replace("-", "_")] = json.loads(value)
        except ValueError:
            settings[name.strip().replace("-", "_")] = value
    return settings


def settings_page() -> str:
    """The content of ``docs/settings.md``: all settings as Markdown tables, one per group."""
    lines = [
        "# Settings of a training",
        "",
        "Change a setting in the form on the *Train* page or with `genreclf train MODEL --set NAME=VALUE`;",
        "`genreclf train MODEL --list-settings` lists those of a model with the values in its recipe. The recipes are "
        "in",
        "`genreclf/recipes/`. This page is generated: `python -m genreclf.recipes > docs/settings.md`.",
    ]
    for group in (*GROUPS, ""):
        rows = [
            f"| `{setting.name}` | {setting.label} | {', '.join(models)} | {setting.range_text()} | {setting.hint} |"
            for setting, models in _by_declaration()
            if setting.group == group
        ]
        lines += ["", f"## {group or 'Command line only'}", "", "| name | label | models | values | what it does |"]
        lines += ["|---|---|---|---|---|", *rows]
    return "\n".join(lines) + "\n"


def _by_declaration() -> list[tuple[Setting, list[str]]]:
    """Every declaration once, with the models that it is for."""
    found: list[tuple[Setting, list[str]]] = []
    for model in list_models():
        for setting in settings_of(model):
            same = next((models for known, models in found if known == setting), None)
            if same is None:
                found.append((setting, [f"`{model}`"]))
            else:
                same.append(f"`{model}`")
    every = len(list_models())
    return [(setting, models if len(models) < every else ["all"]) for setting, models in found]


def _fits(setting: Setting, spec: ModelSpec) -> bool:
    """Whether a model is shown one of the inputs that a setting changes; a model of parts is shown features."""
    shown = {"poster": spec.uses_poster, "overview": spec.uses_overview, "words": spec.tokens == "words"}
    if spec.softmax and not setting.softmax:
        return False
    return not setting.inputs or (not spec.parts and any(shown[each] for each in setting.inputs))
