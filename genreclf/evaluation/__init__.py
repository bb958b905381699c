"""Evaluation: metrics, the thresholds and calibration fitted on val, and the report on a split."""
