"""Parts of the app: browse."""
