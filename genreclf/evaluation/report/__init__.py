"""The evaluation as one HTML file."""
