"""The JSON API (``genreclf serve``): genres of films for programs, by the same engine, limits and queue as the app."""
