"""Where a training will run, in plain words."""

import streamlit as st

from genreclf.runs.devices import Device, DeviceUse, device_use, training_device
from genreclf.ui import text
from genreclf.units import percent


def show() -> None:
    """The device, what to expect of it, and how busy it is now."""
    here = device()
    icon = "memory" if here.kind == "gpu" else "developer_board"
    now = _gpu_now(_use(here)) if here.kind == "gpu" else _machine_now(_use(here))
    st.markdown(f":material/{icon}: **{text.plain(here.name)}**")
    st.caption(" ".join([text.plain(here.meaning), *now]))


@st.cache_data(ttl="10m", max_entries=1, show_spinner=False)
def device() -> Device:
    """The training device; asking the driver takes a moment, and it hardly changes."""
    return training_device()


@st.cache_data(ttl="5s", max_entries=2, show_spinner=False)
def _use(here: Device) -> DeviceUse | None:
    return device_use(here)


def _gpu_now(use: DeviceUse | None) -> list[str]:
    said = []
    if use is not None and use.memory_used is not None and use.memory is not None:
        said.append(f"In use now: {use.memory_used:.0f} of {use.memory:.0f} GiB of its memory")
        said[-1] += "." if use.busy is None else f", and it is busy {percent(use.busy)} of the time."
    elif use is not None and use.busy is not None:
        said.append(f"It is busy {percent(use.busy)} of the time now.")
    said.append("The app itself leaves the GPU to the trainer, which takes its memory as needed, not all at once.")
    return said


def _machine_now(use: DeviceUse | None) -> list[str]:
    if use is None or use.memory_used is None or use.memory is None:
        return []
    return [f"The machine has {use.memory:.0f} GiB of memory, {use.memory - use.memory_used:.0f} GiB of it free now."]
