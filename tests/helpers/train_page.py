"""Reading the Train page in tests."""

from streamlit.testing.v1 import AppTest

PAGE = "pages/train.py"


def keys(page: AppTest) -> set[str]:
    """Of all buttons, those in menus too."""
    return {button.key for button in page.button}


def charts(page: AppTest) -> int:
    """How many there are, of either library."""
    return len(page.get("plotly_chart")) + len(page.get("echarts_chart"))
