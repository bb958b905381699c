"""Parts of the app: evaluate."""
