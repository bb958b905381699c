"""The library's public API is complete and documented, and its examples run."""

import ast
import doctest
import importlib
from pathlib import Path

import pytest

import genreclf
from genreclf import paths

MODULES = sorted((paths.PROJECT / "genreclf").rglob("*.py"))
APP = [paths.PROJECT / "streamlit_app.py", *sorted((paths.PROJECT / "pages").rglob("*.py"))]


def dotted(path: Path) -> str:
    parts = path.relative_to(paths.PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def relative(path: Path) -> str:
    return str(path.relative_to(paths.PROJECT))


EXAMPLES = [path for path in MODULES if ">>> " in path.read_text("utf-8") and "ui" not in path.parts]


def test_all_is_complete_and_sorted():
    names = genreclf.__all__
    assert names == sorted(names, key=lambda name: (not name.isupper(), name.islower(), name))  # GENRES, Aa, aa
    public = {
        name for name, value in vars(genreclf).items() if not name.startswith("_") and type(value).__name__ != "module"
    }
    assert public == set(names)


def test_everything_public_is_documented():
    for name in genreclf.__all__:
        if name != "GENRES":  # a tuple has no room for a docstring
            assert getattr(genreclf, name).__doc__, name


@pytest.mark.parametrize("path", [*MODULES, *APP], ids=relative)
def test_every_module_has_a_docstring(path):
    text = path.read_text("utf-8")
    assert not text.strip() or ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("path", EXAMPLES, ids=relative)
def test_the_examples_in_the_docstrings_run(path, monkeypatch):
    monkeypatch.chdir(paths.PROJECT)
    result = doctest.testmod(importlib.import_module(dotted(path)), optionflags=doctest.ELLIPSIS)
    assert result.attempted
    assert not result.failed


def test_the_public_functions_have_examples():
    for name in ("Predictor", "create_model", "find_weights", "load_catalogue", "split_of"):
        assert ">>> " in getattr(genreclf, name).__doc__, name
