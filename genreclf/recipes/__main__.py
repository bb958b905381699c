"""Print the table of settings: ``python -m genreclf.recipes > docs/settings.md``."""

from genreclf.recipes.settings import settings_page

print(settings_page(), end="")
