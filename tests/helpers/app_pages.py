"""Opening pages of the app in tests."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

APP = str(Path(__file__).resolve().parents[2] / "streamlit_app.py")


def open_address(path: str, timeout: float = 60, **address: str) -> AppTest:
    """The app at a page's file, with parameters of the address, run once; it must not raise."""
    page = AppTest.from_file(APP, default_timeout=timeout).run()
    page.switch_page(path)
    for name, value in address.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page
