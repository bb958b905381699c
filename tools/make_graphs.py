"""Make ``weights/graphs`` from the Keras models: ``python -m tools.make_graphs``, after a model has changed."""

from genreclf import paths
from genreclf.models import get_spec, list_models
from genreclf.models.network import make_graph, structure_of


def main() -> None:
    """Write the graph of every model with its default structure."""
    paths.GRAPHS.mkdir(parents=True, exist_ok=True)
    for name in list_models():
        spec = get_spec(name)
        graph = make_graph(spec, structure_of(spec, {}))
        (paths.GRAPHS / f"{name}.onnx").write_bytes(graph)
        print(f"{name}: {len(graph):,} bytes")


if __name__ == "__main__":
    main()
