"""Learning-rate schedules as functions of the epoch, so that a resumed run continues where it stopped."""

import math

SCHEDULES = ("report", "cosine", "constant")


def learning_rate(schedule: str, epoch: int, epochs: int, base: float, warmup_epochs: float = 0.0) -> float:
    """The learning rate in one epoch.

    Args:
        schedule: ``"report"`` (constant for 10 epochs, then times exp(-0.1) per epoch, as in report A),
            ``"cosine"`` (from ``base`` to a hundredth of it along half a cosine) or ``"constant"``.
        epoch: counted from 0.
        epochs: total number of epochs; only the cosine depends on it.
        base: the highest learning rate.
        warmup_epochs: epochs over which the rate climbs to ``base``.

    Raises:
        ValueError: there is no such schedule.

    Example:
        >>> learning_rate("cosine", 0, 10, base=0.001)
        0.001
    """
    if schedule not in SCHEDULES:
        raise ValueError(f"schedule {schedule!r} is not one of {', '.join(SCHEDULES)}")
    if epoch < warmup_epochs:
        return base * (epoch + 1) / (warmup_epochs + 1)
    if schedule == "report":
        return base * math.exp(-0.1 * max(0, epoch - 9))
    if schedule == "cosine":
        progress = (epoch - warmup_epochs) / max(1, epochs - warmup_epochs)
        return base * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))
    return base


def learning_rates(schedule: str, epochs: int, base: float, warmup_epochs: float = 0.0) -> list[float]:
    """The learning rates of all epochs of a training, in order (see ``learning_rate``)."""
    return [learning_rate(schedule, epoch, epochs, base, warmup_epochs) for epoch in range(epochs)]
