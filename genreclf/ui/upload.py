"""The visitor's own film: a poster, uploaded, kept for the session as a small image, and let go; and an overview."""

from collections.abc import Collection
from dataclasses import dataclass

import streamlit as st
from PIL import Image
from streamlit.runtime.uploaded_file_manager import UploadedFile

from genreclf.data.posters import MAX_BYTES
from genreclf.errors import UserError
from genreclf.predict.film import poster_notes, read_overview, read_poster
from genreclf.public import LIMITS, is_public
from genreclf.ui import streamlit_patches
from genreclf.ui.explain.film import forget_explanations, image_key
from genreclf.ui.text import plain

TYPES = ("jpg", "jpeg", "jpe", "jfif", "pjpeg", "pjp", "png", "webp")  # names of three formats; the content counts
_UPLOAD, _TURN = "upload", "upload_turn"  # session, after a place's name: the present upload and uploader's number


@dataclass(frozen=True)
class Upload:
    """An uploaded poster: the name of its file, and the image with its key for caches or what is wrong with it."""

    name: str
    image: Image.Image | None = None
    cache_key: str = ""
    problem: str = ""


def choose(place: str) -> Upload | None:
    """Draw the uploader; returns the poster uploaded last in this session, if any. Its problem is shown already.

    ``place`` tells the uploaders of several pages apart: each has its own poster.
    """
    key = f"{place}_poster_{st.session_state.get(f'{place}_{_TURN}', 0)}"
    size = (LIMITS.upload_bytes if is_public() else MAX_BYTES) // 10**6
    st.file_uploader("Poster", TYPES, key=key, max_upload_size=size, on_change=_take, args=(place, key),
                     help=f"One JPEG, PNG or WebP image of up to {size} MB. Without it, only overview models "
                     "predict.")  # fmt: skip
    upload = st.session_state.get(f"{place}_{_UPLOAD}")
    if upload is not None and upload.problem:
        st.error(plain(upload.problem), icon=":material/broken_image:")
    return upload


def forget(place: str) -> None:
    """Forget the upload and what was made of it; a new uploader shows none. For use in callbacks."""
    forget_explanations()
    st.session_state.pop(f"{place}_{_UPLOAD}", None)
    st.session_state[f"{place}_{_TURN}"] = st.session_state.get(f"{place}_{_TURN}", 0) + 1


def show_notes(image: Image.Image) -> None:
    """Draw what is unusual about a poster."""
    for note in poster_notes(image):
        st.info(note, icon=":material/info:")


def read_typed(typed: str, vocabulary: Collection[str] | None) -> str | None:
    """The overview that the models read in a typed text, if any; draws what is wrong with it.

    Args:
        typed: the text.
        vocabulary: the words that the models know, if any is known to have words.
    """
    overview = read_overview(typed, vocabulary)
    for note in overview.notes:
        st.warning(note, icon=":material/info:")
    if overview.problem and typed.strip():
        st.warning(plain(f"The {overview.problem}. Write a sentence or two about the plot."), icon=":material/info:")
    return overview.text or None


def _take(place: str, key: str) -> None:
    """Read the uploaded file and let go of it; without one, the visitor removed it."""
    file = st.session_state[key]
    if file is None:
        st.session_state.pop(f"{place}_{_UPLOAD}", None)
        return
    if not isinstance(file, UploadedFile):  # Streamlit's mark for one that it has let go, such as one read already
        return
    try:
        image = read_poster(file.getvalue())
        upload = Upload(file.name, image, image_key(image))
    except UserError as error:
        upload = Upload(file.name, problem=str(error))
    streamlit_patches.let_go(file)
    st.session_state[f"{place}_{_UPLOAD}"] = upload
