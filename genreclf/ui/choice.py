"""Widgets whose options change from film to film: the user's last choice is restored whenever it is available."""

from collections.abc import Collection
from typing import Any

import streamlit as st


def remembered(key: str, options: Collection[str], default: str, about: str = "") -> dict[str, Any]:
    """Set a widget to the user's last choice if it is available, else to a default; returns its key and callback.

    ``about`` names what is chosen for, such as a film, if the choice for one is none for another.
    """
    memory = f"{key}_remembered_{about}"

    def remember() -> None:
        st.session_state[memory] = st.session_state[key]

    # set in every run: the browser keeps showing its old value when the options or their labels change
    chosen = st.session_state.get(memory)
    st.session_state[key] = chosen if chosen in options else default
    return {"key": key, "on_change": remember}
