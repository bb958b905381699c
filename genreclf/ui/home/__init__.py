"""Parts of the app: home."""
