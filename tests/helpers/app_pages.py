"""Opening and reading pages of the app in tests."""

import re
from pathlib import Path

from streamlit.testing.v1 import AppTest

APP = str(Path(__file__).resolve().parents[2] / "streamlit_app.py")


def open_address(path: str, timeout: float = 60, **address: str) -> AppTest:
    """Open a page's file in the app with these query parameters, and check that it raises nothing."""
    page = AppTest.from_file(APP, default_timeout=timeout).run()
    page.switch_page(path)
    for name, value in address.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def page_text(page: AppTest) -> str:
    """All text on a page outside its widgets, as it is read."""
    outputs = [page.title, page.header, page.markdown, page.caption, page.text]
    outputs += [page.error, page.warning, page.info, page.code]
    return "\n".join(as_read(str(element.value)) for output in outputs for element in output)


def as_read(markdown: str) -> str:
    """A text without what ``genreclf.ui.text.plain`` adds to it."""
    return re.sub(r":color\[(.)\]", r"\1", markdown.replace("\\", ""))
