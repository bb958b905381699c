"""Changes to what Streamlit does after each run of a page: to garbage collection and to Keras's session."""

import gc
import sys

NEW_MODULES = 100  # new imports that make another exclusion worthwhile; TensorFlow imports thousands
_excluded_modules = 0  # in this process, like the collector


def spare_modules() -> None:
    """Exclude what has been imported so far from garbage collection.

    Streamlit collects garbage after every run of a page, and of each part that refreshes by itself. Searching what
    Plotly, pandas and scikit-learn have imported takes 60 ms each time, ten times as long as the rest of a small part,
    and finds nothing, because modules stay. To be called after a page has imported what it needs; further calls return
    at once.
    """
    global _excluded_modules
    if len(sys.modules) >= _excluded_modules + NEW_MODULES:
        _excluded_modules = len(sys.modules)
        gc.collect()  # otherwise present garbage would never be freed
        gc.freeze()


def keep_keras_session() -> None:
    """Keep Streamlit from clearing Keras's session; imports Keras.

    Clearing it drops what TensorFlow has compiled (0.5 s at the next prediction) and the state of a model that another
    session is loading at that moment.
    """
    import keras

    keras.backend.clear_session = lambda free_memory=True: None
