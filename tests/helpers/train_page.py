"""Finding the parts of the Train page in tests."""

from streamlit.testing.v1 import AppTest

PAGE = "pages/train.py"


def keys(page: AppTest) -> set[str]:
    """The keys of all buttons, including those in menus."""
    return {button.key for button in page.button}


def charts(page: AppTest) -> int:
    """The number of Plotly and ECharts charts."""
    return len(page.get("plotly_chart")) + len(page.get("echarts_chart"))
