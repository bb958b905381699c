"""Training settings: everything but the model's layers and the data, each declared once.

``Recipe`` declares the settings that all models share, ``genreclf.models.options`` those of each model's builder;
together they are the one table of settings. ``python -m genreclf.recipes`` prints it as ``docs/settings.md``.
"""

import dataclasses
import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, get_args, get_origin

from genreclf.errors import UserError
from genreclf.models import find_spec, get_spec, list_models
from genreclf.models.options import AUTO, COMPUTING, DISTILLATION, GROUPS, MAIN, OPTIONS, OVERFITTING, SCHEDULE, Setting

TEACHERS = ("poster", "overview", "fusion")  # offered by the form; --set takes any model
OPTIONS_FIELD = "model_options"
FOLDERS = ("initial_weights", "further_films")  # settings that may be the path of a folder
MANY_FILMS = 10_000  # twice as many as the reports' data set has for training
SMALLEST_BATCH, MIN_STEPS, MOST_EPOCHS = 8, 18, 60  # of a recipe for few films


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
        dataclasses.MISSING, "Epochs", "The maximum number of passes through the training films. More epochs help "
        "until the validation loss starts to rise.", low=1, high=1000, group=MAIN,
    )  # fmt: skip
    batch_size: int = _setting(
        64, "Batch size", "The number of films in one training step. Larger batches make steadier steps and use a GPU "
        "better, but there are fewer steps per epoch.", low=1, high=4096, step=16, group=MAIN,
    )  # fmt: skip
    learning_rate: float = _setting(
        1e-4, "Learning rate", "How far each step changes the weights. Too high and the loss jumps about; too low and "
        "the model barely learns.", low=1e-7, high=1.0, group=MAIN,
    )  # fmt: skip
    schedule: str = _setting(
        "report", "Schedule", "Large steps help at the start, small steps at the end. *Constant, then decaying* is the "
        "report's: 10 epochs at the full rate, then a tenth less each epoch. *Cosine decay* follows half a cosine "
        "down to a hundredth.", group=SCHEDULE,
        choices={"report": "Constant, then decaying", "cosine": "Cosine decay", "constant": "Constant"},
    )  # fmt: skip
    warmup_epochs: float = _setting(
        0.0, "Warm-up epochs", "Epochs over which the learning rate climbs to its full value, because the first "
        "gradients are the noisiest.", low=0, high=1000, group=SCHEDULE,
    )  # fmt: skip
    weight_decay: float = _setting(
        0.0, "Weight decay", "Shrinks all weights a little in each step (AdamW); 0 is plain Adam; 0.004 is a "
        "common starting point.", low=0, high=1, step=1e-3, group=OVERFITTING,
    )  # fmt: skip
    clip_norm: float | None = _setting(
        None, "Gradient clipping", "Gradients with a larger norm than this are scaled down to it.",
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
        group=MAIN, inputs=("poster",), affects_speed=True,
    )  # fmt: skip
    mixup: float = _setting(
        0.0, "Mixup", "Blends pairs of posters and their genres (Zhang et al. 2018), in proportions drawn "
        "from Beta(mixup, mixup). 0 is off, 0.2 blends a little, 1 makes all proportions equally likely.",
        low=0, high=10, step=0.1, group=OVERFITTING, inputs=("poster",), affects_speed=True,
    )  # fmt: skip
    word_dropout: float = _setting(
        0.0, "Word dropout", "The share of an overview's words hidden at random in each epoch, so that the model "
        "relies on no single word.", low=0, high=0.9, step=0.05, group=MAIN, inputs=("overview",),
    )  # fmt: skip
    buckets: bool = _setting(
        False, "Batches of similar length", "Puts overviews of similar length into one batch, which saves padding.",
        inputs=("overview",), affects_speed=True,
    )  # fmt: skip
    word_vectors: bool = _setting(
        False, "Pretrained word vectors", "Starts the embedding from static word vectors trained on other texts.",
        inputs=("words",), softmax=False,
    )  # fmt: skip
    corruptions: float = _setting(
        0.0, "Corrupted posters", "The share of posters that are corrupted at random: photographed, cropped, dark, "
        "small, without colours. The model learns to read such ones, too, and EfficientNet to tell them from others.",
        low=0, high=1, step=0.1, group=OVERFITTING, inputs=("poster",), affects_speed=True,
    )  # fmt: skip
    label_smoothing: float = _setting(
        0.0, "Label smoothing", "Pulls the targets from 0 and 1 towards 1/2, so that the model becomes less "
        "overconfident. The loss can then no longer be compared with other runs'.",
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
    teacher_epoch: int = _setting(
        1, "Teacher's first epoch", "The teacher joins in this epoch, in the last one at the latest; until then the "
        "targets are the true genres alone. It first predicts all training films, which can take minutes; from 2 on, "
        "the first batch need not wait for that.", low=1, high=1000, group=DISTILLATION, needs="teacher",
    )  # fmt: skip
    initial_weights: str = _setting(
        "", "Initial weights", "Trained weights of the same model to start from, instead of random or pretrained "
        "values: `imdb`, `sample` or a weights folder. Vectors of words are matched by the word.",
    )  # fmt: skip
    initial_share: float = _setting(
        0.0, "Share of the initial weights", "How much of the initial weights the result keeps: it is their mean with "
        "the trained ones (WiSE-FT, Wortsman et al. 2022), so that what is new is learned and little is forgotten. The "
        "curves are those of the trained ones.", low=0, high=0.95, step=0.05, needs="initial_weights",
    )  # fmt: skip
    further_films: str = _setting(
        "", "Further films", "The folder of another data set, whose films are trained on as well, whatever their "
        "split. Val and test stay the data set's own.",
    )  # fmt: skip
    mixed_precision: bool | str = _setting(
        False, "Mixed precision", "Computes in bfloat16, at half the memory, and keeps the weights in float32. *auto* "
        "does so where the device computes bfloat16 natively.", group=COMPUTING, affects_speed=True, can_be_auto=True,
    )  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """As plain values, for ``config.json``."""
        return dataclasses.asdict(self)

    def without_folders(self) -> dict[str, Any]:
        """As plain values for a card, where a folder's name stands for its path, which differs between machines."""
        return self.as_dict() | {name: Path(getattr(self, name)).name for name in FOLDERS}

    def for_device(self, bfloat16: bool) -> "Recipe":
        """The recipe with what it leaves to the device decided; ``bfloat16`` is whether that computes it natively."""
        return dataclasses.replace(self, mixed_precision=bfloat16) if self.mixed_precision == AUTO else self

    def for_films(self, films: int, steps: int | None = None, **changes: Any) -> "Recipe":
        """The recipe for this number of training films.

        For few, the batches are smaller, so that an epoch has ``MIN_STEPS`` steps. ``steps``, about how many a whole
        training then takes, determines the epochs, and ``changes`` are further settings. For more than ``MANY_FILMS``,
        there are fewer epochs, so that a training takes no longer than with so many.

        Example:
            >>> few = Recipe(epochs=40).for_films(300, steps=400)
            >>> few.batch_size, few.epochs
            (16, 21)
            >>> Recipe(epochs=40).for_films(40_000).epochs
            10
        """
        if films > MANY_FILMS:
            return dataclasses.replace(self, epochs=min(self.epochs, max(2, round(self.epochs * MANY_FILMS / films))))
        batch_size, epochs = self.batch_size, self.epochs
        while batch_size > SMALLEST_BATCH and films < MIN_STEPS * batch_size:
            batch_size //= 2
        if batch_size == self.batch_size:
            return self
        if steps:
            epochs = min(MOST_EPOCHS, round(steps / math.ceil(max(films, 1) / batch_size)))
        return dataclasses.replace(self, batch_size=batch_size, epochs=epochs, **changes)

    def first_teacher_epoch(self) -> int:
        """The first epoch, counted from 1, whose targets include the teacher's."""
        return min(self.teacher_epoch, self.epochs)

    def learning_rates(self) -> list[float]:
        """The learning rate of each epoch, as a function of the epoch, so that resumed runs continue their schedule."""
        return [self._learning_rate(epoch) for epoch in range(self.epochs)]

    def _learning_rate(self, epoch: int) -> float:
        if epoch < self.warmup_epochs:
            return self.learning_rate * (epoch + 1) / (self.warmup_epochs + 1)
        match self.schedule:
            case "report":
                return self.learning_rate * math.exp(-0.1 * max(0, epoch - 9))
            case "cosine":
                progress = min(1.0, (epoch - self.warmup_epochs) / max(1, self.epochs - self.warmup_epochs))
                return self.learning_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress)))
            case "constant":
                return self.learning_rate
        raise ValueError(f"There is no schedule {self.schedule!r}.")

    def value(self, setting: Setting) -> Any:
        """The value of a setting: a field, or a model option, which if unset has the builder's default."""
        if setting.name in SETTINGS:
            return getattr(self, setting.name)
        return self.model_options.get(setting.name, setting.default)


def _declaration(declared: dataclasses.Field) -> Setting:
    kind = (
        dict if get_origin(declared.type) is dict else (*get_args(declared.type), declared.type)[0]
    )  # int of int | None
    default = None if declared.default is dataclasses.MISSING else declared.default
    return Setting(declared.name, kind, default=default, **declared.metadata)


SETTINGS: dict[str, Setting] = {each.name: _declaration(each) for each in dataclasses.fields(Recipe)}


def settings_of(model: str) -> list[Setting]:
    """All settings that have an effect on a model's training, the recipe's first, then its builder's options."""
    spec = get_spec(model)
    if spec.is_baseline:
        return []
    inputs = {"poster": spec.uses_poster, "overview": spec.uses_overview, "words": spec.tokens == "words"}
    if spec.parts:  # its input is its parts' features
        inputs = {"parts": True}
    shared = [
        setting
        for setting in SETTINGS.values()
        if setting.name != OPTIONS_FIELD
        and (setting.softmax or not spec.softmax)
        and (not setting.inputs or any(inputs.get(each) for each in setting.inputs))
    ]
    return [*shared, *OPTIONS[model]]


def setting_label(name: str, model: str = "") -> str:
    """A setting's name on screen, for a model if given; for an unknown setting, made from its name."""
    name = name.removeprefix(f"{OPTIONS_FIELD}.")
    known = chain(SETTINGS.values(), OPTIONS.get(model, ()), *OPTIONS.values())
    return next((each.label for each in known if each.name == name), name.replace("_", " ").capitalize())


def change(model: str, recipe: Recipe, **changes: Any) -> Recipe:
    """A model's recipe with some settings changed and checked (see ``genreclf.recipes.get_recipe``)."""
    options = {option.name: option for option in OPTIONS[model]}
    changes = {name: value for name, value in changes.items() if value is not None}
    changed_options = {name: changes.pop(name) for name in options if name in changes}
    if unknown := changes.keys() - SETTINGS.keys():
        names = [name for name in (*SETTINGS, *options) if name != OPTIONS_FIELD]
        raise UserError(f"{model} has no setting {', '.join(sorted(unknown))}; choose from {', '.join(names)}.")
    for name, value in changes.items():
        if value and not SETTINGS[name].softmax and get_spec(model).softmax:
            raise UserError(f"{model} has no setting {name}, because its outputs are a softmax.")
        changes[name] = SETTINGS[name].check(value)
    merged = recipe.model_options | changes.get(OPTIONS_FIELD, {}) | changed_options
    changes[OPTIONS_FIELD] = {name: value for name, value in merged.items() if value is not None}
    for name, value in changes[OPTIONS_FIELD].items():
        if name not in options:
            known = f"it has {', '.join(options)}" if options else "it has none"
            raise UserError(f"{model} has no model option {name}; {known}.")
        options[name].check(value)
    if changes.get("teacher"):
        changes["teacher"] = find_spec(changes["teacher"]).name
    changed = dataclasses.replace(recipe, **changes)
    if changed.initial_share and not changed.initial_weights:
        raise UserError("initial_share needs initial_weights, of which it is the share; name them, or leave it out.")
    return changed


def changes_between(recipe: Recipe, target: Recipe) -> dict[str, Any]:
    """The changes that make ``get_recipe`` turn one recipe into another; empty if they are equal."""
    before, after = recipe.as_dict(), target.as_dict()
    old_options, options = before.pop(OPTIONS_FIELD), after.pop(OPTIONS_FIELD)
    changes = {name: 0 if value is None else value for name, value in after.items() if value != before[name]}
    if options != old_options:
        added = {name: value for name, value in options.items() if old_options.get(name) != value}
        changes[OPTIONS_FIELD] = added | {name: None for name in old_options if name not in options}
    return changes


def form_values(model: str, recipe: Recipe) -> dict[str, Any]:
    """The values of a form's fields for a recipe, by setting; a value out of range becomes the nearest allowed one."""
    return {setting.name: setting.nearest(recipe.value(setting)) for setting in settings_of(model) if setting.group}


def recipe_from(model: str, start: Recipe, values: Mapping[str, Any]) -> Recipe:
    """A recipe with the values of a form's fields in place of its own; settings without a field stay as they are."""
    options, changes = dict(start.model_options), dict[str, Any]()
    for setting in settings_of(model):
        name, value = setting.name, values.get(setting.name)
        if name not in values:
            continue
        if name in SETTINGS:
            changes[name] = None if setting.can_be_off and value == 0 else value
        elif name in options or value != setting.default:
            options[name] = value
    return dataclasses.replace(start, **changes, model_options=options)


def parse_settings(texts: list[str]) -> dict[str, Any]:
    """Read settings as the command line gives them, ``name=value``, the value as JSON (``true``, ``0.2``) or text.

    Raises:
        UserError: a setting does not have this form.
    """
    settings = dict[str, Any]()
    for text in texts:
        name, equals, given = text.partition("=")
        if not equals or not name:
            raise UserError(f"--set needs NAME=VALUE, such as augment=false, not {text!r}.")
        name, value = name.strip().replace("-", "_"), given
        with suppress(ValueError):  # if it is not JSON, the value stays a text
            value = json.loads(given)
        if name in SETTINGS and SETTINGS[name].kind is str and not isinstance(value, str | None):
            value = given  # a folder may be called 2024
        settings[name] = value
    return settings


def settings_page() -> str:
    """The content of ``docs/settings.md``: all settings as Markdown tables, one per group."""
    rows: dict[tuple[str, str, str], list[str]] = {}  # the models of each group, name and description
    for model in list_models():
        for setting in settings_of(model):
            row = setting.group, f"`{setting.name}` | {setting.label}", f"{setting.range_text()} | {setting.hint}"
            rows.setdefault(row, []).append(f"`{model}`")
    lines = [
        "# Training settings",
        "",
        "Change a setting in the form on the *Train* page or with `genreclf train MODEL --set NAME=VALUE`;",
        "`genreclf train MODEL --list-settings` lists those of a model with the values in its recipe. The recipes are "
        "in",
        "`genreclf/recipes/`. This page is generated: `python -m genreclf.recipes > docs/settings.md`.",
    ]
    for group in (*GROUPS, ""):
        lines += ["", f"## {group or 'Command line only'}", "", "| name | label | models | values | what it does |"]
        lines += ["|---|---|---|---|---|"]
        for (group_of_row, name, description), models in rows.items():
            if group_of_row == group:
                names = "all" if len(models) == len(list_models()) else ", ".join(models)
                lines.append(f"| {name} | {names} | {description} |")
    return "\n".join(lines) + "\n"
