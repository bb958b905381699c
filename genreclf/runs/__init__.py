"""Runs: folders on disk that say what was trained and how it went."""
