"""Python's garbage collector, kept from slowing down every look at a page."""

import gc
import sys

NEW_MODULES = 100  # imports after which there is much to put aside again; TensorFlow brings thousands
_modules_aside = 0  # of the process, as the collector is


def spare_modules() -> None:
    """Put what has been imported so far out of the collector's sight.

    Streamlit collects garbage after every run of a page, and of each part that refreshes by itself. To look through
    what Plotly, pandas and scikit-learn have brought takes 60 ms each time, ten times as long as the rest of a small
    part, and finds nothing: modules stay. Call it where a page has imported what it needs; it does its work once.
    """
    global _modules_aside
    if len(sys.modules) >= _modules_aside + NEW_MODULES:
        _modules_aside = len(sys.modules)
        gc.collect()  # what is garbage now would stay for good
        gc.freeze()
