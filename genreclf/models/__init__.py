"""The models: one file per family, and a registry of them by name.

Importing this does not import TensorFlow; building a model does.
"""

from genreclf.models.registry import (
    BASELINES,
    SPECS,
    ModelSpec,
    create_model,
    films_at_once,
    get_spec,
    list_models,
    model_label,
)

__all__ = [
    "BASELINES",
    "SPECS",
    "ModelSpec",
    "create_model",
    "films_at_once",
    "get_spec",
    "list_models",
    "model_label",
]
