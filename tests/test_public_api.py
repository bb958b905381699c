import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import genreclf
from genreclf import paths

PACKAGE = paths.PROJECT / "genreclf"
APP = [paths.PROJECT / "streamlit_app.py", *sorted((paths.PROJECT / "pages").rglob("*.py"))]


def dotted(path: Path) -> str:
    parts = path.relative_to(paths.PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {dotted(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imports(path: Path, lazy: bool = True) -> set[str]:
    """Modules that a file imports, in full; with ``lazy`` those inside functions and ``TYPE_CHECKING`` too."""
    tree = ast.parse(path.read_text("utf-8"))
    found = set()
    for node in ast.walk(tree) if lazy else tree.body:
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            parts = {f"{node.module}.{name.name}" for name in node.names}
            found |= {part if part in MODULES else node.module for part in parts}
    return found


def roots(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


def test_all_is_complete_and_sorted():
    names = genreclf.__all__
    assert names == sorted(names, key=lambda name: (not name.isupper(), name.islower(), name))  # GENRES, Aa, aa
    public = {
        name for name, value in vars(genreclf).items() if not name.startswith("_") and type(value).__name__ != "module"
    }
    assert public == set(names)


def test_everything_public_is_documented():
    for name in genreclf.__all__:
        if name != "GENRES":  # a tuple has no room for one
            assert getattr(genreclf, name).__doc__, name


@pytest.mark.parametrize("path", [*MODULES.values(), *APP], ids=lambda path: str(path.relative_to(paths.PROJECT)))
def test_every_module_says_what_it_is(path):
    text = path.read_text("utf-8")
    assert not text.strip() or ast.get_docstring(ast.parse(text))


def test_importing_is_quick():
    """The library and the command line start without TensorFlow, scikit-learn's second and Streamlit."""
    code = """
import sys
import genreclf, genreclf.cli.app, genreclf.data.sources, genreclf.runs.queue, genreclf.runs.create
heavy = {"tensorflow", "keras", "streamlit", "torch", "matplotlib"} & set(sys.modules)
assert not heavy, heavy
assert genreclf.list_models() and genreclf.split_of("tt0086425") == "train"
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_only_the_app_knows_streamlit():
    for name, path in MODULES.items():
        if not (name + ".").startswith("genreclf.ui."):
            assert "streamlit" not in roots(path), name
    assert any("streamlit" in roots(path) for path in APP)


def test_arrows_point_one_way():
    """pages → genreclf.ui → genreclf; nobody but the entry point looks at the command line."""
    for name, path in MODULES.items():
        for other in imports(path):
            assert not other.startswith("pages"), (name, other)
            if not name.startswith("genreclf.ui"):
                assert not other.startswith("genreclf.ui"), (name, other)
            if not name.startswith("genreclf.cli") and name != "genreclf.__main__":
                assert not other.startswith("genreclf.cli"), (name, other)
    for path in APP:
        for other in imports(path):
            assert not other.startswith(("pages", "genreclf.cli")), (path, other)


def test_no_modules_import_each_other():
    graph = {name: imports(path, lazy=False) & set(MODULES) - {name} for name, path in MODULES.items()}
    for package in [name for name in MODULES if MODULES[name].name == "__init__.py"]:
        graph[package] = {other for other in graph[package] if not other.startswith(f"{package}.")}
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError with the circle
    assert (
        order.index("genreclf.genres") < order.index("genreclf.data.catalogue") < order.index("genreclf.data.prepared")
    )


def test_nothing_is_unpickled_or_evaluated():
    forbidden = {"pickle", "joblib", "dill", "shelve", "marshal"}
    for name, path in MODULES.items():
        # a developer's tool, which refuses whatever is no table of numbers (see test_pretrained.py)
        allowed = {"pickle"} if name == "tools.convert_pretrained" else set()
        assert not forbidden & roots(path) - allowed, name
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("eval", "exec"), name
            if isinstance(node, ast.keyword) and node.arg in ("allow_pickle", "shell"):
                assert isinstance(node.value, ast.Constant), name
                assert node.value.value is False, name
