"""A door, not a page: hands a fresh server's first visitor to the router.

Because there is a folder ``pages/``, Streamlit's older page discovery runs before the first ``st.navigation``. It would
answer a deep link with "Page not found" if no file here had the page's address.
"""

import runpy
from pathlib import Path

runpy.run_path(str(Path(__file__).parent.parent / "streamlit_app.py"))
