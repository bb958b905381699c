"""Reading the Train page in tests."""

from streamlit.testing.v1 import AppTest

PAGE = "pages/train.py"


def words(page: AppTest) -> str:
    """All that the page says outside its widgets."""
    parts = [page.title, page.subheader, page.markdown, page.caption, page.error, page.warning, page.info, page.code]
    return "\n".join(str(element.value) for part in parts for element in part)


def keys(page: AppTest) -> set[str]:
    """Of all buttons, those in menus too."""
    return {button.key for button in page.button}


def charts(page: AppTest) -> int:
    """How many there are, of either library."""
    return len(page.get("plotly_chart")) + len(page.get("echarts_chart"))
