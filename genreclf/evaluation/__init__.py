"""Evaluation: metrics, thresholds and calibration fitted on val, and the report on a split.

Unless stated otherwise, ``labels`` are 0/1 of shape ``(n, 25)``, ``probabilities`` in 0..1 of the same shape, and
``thresholds`` ``(25,)``; ``chosen`` is bool ``(n, 25)``, true where a probability reaches its threshold. For a single
genre, ``truth`` and ``probabilities`` are ``(n,)``. ``draws`` are ``(n_resamples, n)``: how often each film is drawn in
each resample (see ``genreclf.evaluation.bootstrap.resamples``). Functions that take the predictions for a split raise a
UserError if a model has none.
"""
