"""Runs: folders on disk that record what was trained and how it went."""
