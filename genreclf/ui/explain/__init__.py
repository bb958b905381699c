"""Parts of the app: explain."""
