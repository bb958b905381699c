"""Parts of the app: train."""
