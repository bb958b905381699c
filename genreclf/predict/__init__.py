"""Predict genres: ``predictor`` loads a model, ``film`` takes one film, ``table`` a table of any length."""

from genreclf.predict.predictor import GenrePrediction, Predictor

__all__ = ["GenrePrediction", "Predictor"]
