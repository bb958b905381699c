"""Downloading the full public data set: resumable, checked file by file."""
