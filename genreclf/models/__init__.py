"""The models: one file per architecture, and a registry of them by name.

Importing this does not import TensorFlow; building a model does.
"""

from genreclf.models.registry import (
    BASELINES,
    SPECS,
    ModelSpec,
    check_trainable,
    create_model,
    find_spec,
    get_spec,
    left_out,
    list_models,
    model_label,
)

__all__ = [
    "BASELINES", "SPECS", "ModelSpec", "check_trainable", "create_model", "find_spec", "get_spec", "left_out",
    "list_models", "model_label",
]  # fmt: skip
