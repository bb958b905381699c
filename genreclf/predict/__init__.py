"""Predict genres: ``predictor`` loads a model, ``film`` predicts one film, ``table`` a table of any length."""
