"""Predict genres: ``predictor`` loads a model, ``film`` takes one film, ``table`` a table of any length."""
