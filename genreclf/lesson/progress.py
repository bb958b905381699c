"""What a visitor has answered and seen in the lesson, so that it can be shown again and taken home."""

from dataclasses import dataclass, field
from typing import Any

from genreclf.lesson.steps import BY_KEY, STEPS, Step


@dataclass
class Progress:
    """One visitor's way through the lesson.

    Attributes:
        answers: by step, the answer that was given before the reveal: a number or the key of an option.
        seen: by step, sentences with the visitor's own figures.
        notes: by step, what it needs to be shown again, such as the id of a run; plain values.
    """

    answers: dict[str, float | str] = field(default_factory=dict)
    seen: dict[str, list[str]] = field(default_factory=dict)
    notes: dict[str, dict[str, Any]] = field(default_factory=dict)

    def answer(self, key: str, answer: float | str) -> None:
        """Keep the answer to a step's question; ValueError if it is none."""
        if not BY_KEY[key].question.accepts(answer):
            raise ValueError(f"{answer!r} does not answer the question of step {key}")
        self.answers[key] = answer

    def note(self, key: str) -> dict[str, Any]:
        """The notes of a step, to read and to change."""
        return self.notes.setdefault(key, {})

    @property
    def done(self) -> list[Step]:
        """The steps that were answered, in the lesson's order."""
        return [step for step in STEPS if step.key in self.answers]

    def clear(self) -> None:
        """Forget everything."""
        for kept in (self.answers, self.seen, self.notes):
            kept.clear()
