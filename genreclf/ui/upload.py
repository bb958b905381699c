"""The visitor's own poster: uploaded, kept for the session as a small image, and let go."""

from dataclasses import dataclass

import streamlit as st
from PIL import Image
from streamlit.runtime.uploaded_file_manager import UploadedFile

from genreclf.data.posters import MAX_BYTES
from genreclf.errors import UserError
from genreclf.predict.film import read_poster
from genreclf.ui import streamlit_patches
from genreclf.ui.explain.film import image_key
from genreclf.ui.text import plain

TYPES = ("jpg", "jpeg", "jpe", "jfif", "pjpeg", "pjp", "png", "webp")  # names of three formats; the content counts
_UPLOAD, _TURN = "upload", "upload_turn"  # session: the present upload, and the number of the present uploader


@dataclass(frozen=True)
class Upload:
    """An uploaded poster: the name of its file, and the image with its key for caches or what is wrong with it."""

    name: str
    image: Image.Image | None = None
    cache_key: str = ""
    problem: str = ""


def choose() -> Upload | None:
    """Draw the uploader; returns the poster uploaded last in this session, if any. Its problem is shown already."""
    key = f"try_poster_{st.session_state.get(_TURN, 0)}"
    size = MAX_BYTES // 10**6
    st.file_uploader("Poster", TYPES, key=key, max_upload_size=size, on_change=_take, args=(key,),
                     help=f"One JPEG, PNG or WebP image of up to {size} MB. Without it, only overview models "
                     "predict.")  # fmt: skip
    upload = st.session_state.get(_UPLOAD)
    if upload is not None and upload.problem:
        st.error(plain(upload.problem), icon=":material/broken_image:")
    return upload


def forget() -> None:
    """Forget the upload; a new uploader shows none. For use in callbacks."""
    st.session_state.pop(_UPLOAD, None)
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1


def _take(key: str) -> None:
    """Read the uploaded file and let go of it; without one, the visitor removed it."""
    file = st.session_state[key]
    if file is None:
        st.session_state.pop(_UPLOAD, None)
        return
    if not isinstance(file, UploadedFile):  # Streamlit's mark for one that it has let go, such as one read already
        return
    try:
        image = read_poster(file.getvalue())
        upload = Upload(file.name, image, image_key(image))
    except UserError as error:
        upload = Upload(file.name, problem=str(error))
    streamlit_patches.let_go(file)
    st.session_state[_UPLOAD] = upload
