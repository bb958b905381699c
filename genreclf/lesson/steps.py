"""The nine steps of the lesson: what leads to each, one question, and the explanation after it.

Texts are Markdown. Their numbers are fields such as ``{prior_test:.3f}``, filled from ``genreclf.lesson.figures``, so
that none is typed in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from genreclf.units import typeset


@dataclass(frozen=True)
class Question:
    """The one question of a step, to be answered before the reveal.

    Attributes:
        text: the question.
        truth: the figure that answers it: a number, or the key of an option.
        options: key → label of a choice; empty if the answer is a number.
        low, high, start, step: the range of a number, where its slider starts, and its steps.
        form: how a number is written, as in ``format``.
    """

    text: str
    truth: str
    options: Mapping[str, str]
    low: float = 0.0
    high: float = 1.0
    start: float = 0.5
    step: float = 0.01
    form: str = ".0%"

    @property
    def scale(self) -> int:
        """What a number is multiplied by on a slider: percentages are shown as such."""
        return 100 if self.form.endswith("%") else 1

    @property
    def decimals(self) -> int:
        """The decimal places of a number as it is written."""
        return int(self.form[1])

    def written(self, answer: float | str) -> str:
        """An answer in words."""
        return self.options.get(str(answer), str(answer)) if self.options else typeset(format(answer, self.form))

    def accepts(self, answer: Any) -> bool:
        """Whether a value is an answer to this question."""
        if self.options:
            return isinstance(answer, str) and answer in self.options
        return isinstance(answer, int | float) and not isinstance(answer, bool) and self.low <= answer <= self.high


@dataclass(frozen=True)
class Step:
    """One step of the lesson.

    Attributes:
        key: its name in code and addresses, and that of its module in ``genreclf.ui.lesson``.
        title: its heading.
        minutes: how long a class takes for it.
        lead: the text that leads to the question.
        question: the question.
        explanation: what the step shows, read after the reveal.
        terms: those of the glossary that it needs.
    """

    key: str
    title: str
    minutes: int
    lead: str
    question: Question
    explanation: str
    terms: tuple[str, ...]


STEPS: tuple[Step, ...] = (
    Step(
        "accuracy",
        "How right is “no genre, ever”?",
        4,
        "For every film a model answers {genres} questions: is it Action, yes or no? Is it Comedy? Real films have "
        "{per_film:.1f} of the {genres} genres on average. Imagine the laziest model of all: it never looks at a film "
        "and always answers “no”. *Accuracy* is the share of the answers that are right.",
        Question("How accurate is the model that always says no?", "nothing", {}, 0.0, 1.0, 0.5, 0.01, ".0%"),
        "Accuracy rewards saying no, because nearly all labels are no. So it is never a headline here. Two things "
        "replace it. A model gives **probabilities**, and *binary cross-entropy* (BCE) measures how far they are from "
        "the truth; a confident mistake costs most. And a model must beat a **baseline**: the *base rates*, how common "
        "each genre is, whatever the film. On films that nobody trained on, they have a BCE of {prior_test:.3f}. "
        "Whoever is worse has learned less than nothing from the film.",
        ("accuracy", "BCE", "baseline", "base rates"),
    ),
    Step(
        "report",
        "Where will the report’s CNN end?",
        4,
        "Several coursework reports trained this convolutional network (CNN) on film posters for {cnn_epochs} epochs. "
        "We trained it again, layer for layer, on {train_films:,} real films. An epoch is one pass over all training "
        "films; *validation* films are those that the network does not learn from. You see its loss on them in the "
        "first {shown_epochs} epochs, and that of the base rates. Lower is better.",
        Question("What is the validation loss (BCE) at its best epoch?", "cnn_reference_val", {},
                 0.15, 0.35, 0.25, 0.001, ".3f"),
        "On its training films the loss falls and falls, even below the line of the base rates, which looks like "
        "success. On new films it never gets there: {cnn_reference_val:.3f} against {prior_val:.3f}. Looking at the "
        "poster with this network is **worse than not looking**, and only the baseline shows it. None of the reports "
        "had drawn that line. The best of 18 public copies of this network reached {public_cnn:.3f} on other films of "
        "the same kind, little better than not looking.",
        ("CNN", "epoch", "validation films", "loss", "base rates"),
    ),
    Step(
        "start",
        "One lever: where the output starts",
        4,
        "A fresh network answers about 50 % to every genre, although most genres are rare: its first epochs go into "
        "unlearning that. One line changes it: set the biases of the last layer so that the network starts by "
        "answering the base rates. Try first what one probability for all genres can do; then compare two real "
        "trainings of the LSTM, equal but for that line.",
        Question("Ten epochs each: how much lower is the validation loss with that line?", "start_gain", {},
                 0.0, 0.3, 0.02, 0.005, ".1%"),
        "Starting at 50 %, the LSTM gets to {half_val:.4f}; starting at the base rates, to {rates_val:.4f}. Nothing "
        "else was changed: same layers, films, order and seed. A good start is worth more here than many a clever "
        "layer, because ten epochs are few, and because the first steps are no longer spent on what simple counting "
        "already knows.",
        ("LSTM", "loss", "base rates"),
    ),
    Step(
        "overfitting",
        "Overfit on purpose",
        5,
        "Take everything away that keeps an LSTM from memorising: no dropout, no teacher, a constant learning rate. "
        "Here is its loss on the {train_films:,} **training** films only, epoch by epoch. It falls and falls.",
        Question("After which epoch would you stop the training?", "overfit_epoch", {}, 1, 16, 8, 1, ".0f"),
        "The training loss cannot tell when to stop: at the end it is {overfit_train:.3f}, and the validation loss "
        "{overfit_last:.3f}, far worse than its best, {overfit_best:.3f} after epoch {overfit_epoch:.0f}, and worse "
        "than the base rates. The network has memorised its films. This is why we look at films that it does not learn "
        "from, and keep the weights of the epoch that was best on them.",
        ("overfitting", "dropout", "learning rate", "validation films"),
    ),
    Step(
        "words",
        "A word count strikes back",
        4,
        "Forget networks for a moment. *TF-IDF* counts the words of an overview, rare words counting more, and adds up "
        "how much each word speaks for a genre. It knows no order and no grammar, and learns in seconds.",
        Question("Who has the lowest error (BCE) on films that none of them has seen?", "words_best",
                 {"cnn": "The report’s CNN, on posters", "lstm": "The report’s LSTM, on overviews",
                  "prior": "The base rates, on nothing", "tfidf": "The word count, on overviews"}),
        "The word count has {tfidf_test:.3f}, the report’s LSTM {lstm_reference_test:.3f}, and the best of 18 public "
        "copies of that LSTM {public_lstm:.3f}, on other films of the same kind. The lesson is not that networks are "
        "bad: trained with care, and by a larger model as its teacher (*distillation*), the very same layers reach "
        "{lstm_test:.3f}. It is that a network deserves trust once it has beaten the simplest thing that could work.",
        ("TF-IDF", "BCE", "baseline", "LSTM", "distillation"),
    ),
    Step(
        "eyes",
        "Lend it eyes",
        5,
        "A network looks for small patterns first, then for patterns of those. The CNN had to learn all of them from "
        "{train_films:,} posters of 64×64 pixels. EfficientNet had learned to see from more than a million photographs "
        "before it ever saw a poster. Naming Drama for every film is right for {prior_top1:.0%}; the CNN’s first guess "
        "is a true genre for {cnn_top1:.0%} of new films.",
        Question("And EfficientNet’s first guess?", "poster_top1", {},
                 0.4, 1.0, 0.7, 0.01, ".0%"),
        "{poster_top1:.0%}: eyes trained on other pictures see more on posters than those trained on posters alone "
        "(*transfer learning*). The kernels show it. The CNN’s began as random numbers, and after the whole training "
        "they can still hardly be told from them; EfficientNet’s are edges, spots and plain colours. Random patterns "
        "find outlines, too, as the maps show, so the CNN is not blind. Part of EfficientNet’s lead has other reasons: "
        "it gets larger posters, and it was trained on {poster_drawn:,} drawn ones besides. It was even the CNN’s "
        "teacher (*distillation*), which passes on answers, not eyes. Read the overview as well, and the first guess "
        "is right for {fusion_top1:.0%}.",
        ("CNN", "transfer learning", "top-1"),
    ),
    Step(
        "threshold",
        "A threshold for a wish",
        4,
        "A model gives each film a probability of horror; somebody must decide how high it has to be for the film to "
        "*count* as horror: that is the *threshold*. A parent who picks tonight’s film has a wish: **miss no horror "
        "film**. So we lower Fusion’s threshold until it finds every horror film among {val_films:,} real validation "
        "films, and then use it on {test_films:,} new ones.",
        Question("Of the new films that Fusion then picks as horror, how many are (precision)?", "horror_precision", {},
                 0.0, 1.0, 0.5, 0.01, ".0%"),
        "To find every real horror film of validation, the threshold has to fall to {horror_threshold:.0%}. On new "
        "films it then finds {horror_recall:.0%} of the horror films (*recall*), not all: a wish fulfilled on films "
        "that we chose with is not a promise about others. And {horror_precision:.0%} of what it picks is horror; the "
        "rest is the price. A threshold is not right or wrong. It is a choice between two kinds of mistakes, and "
        "belongs to whoever has to live with them.",
        ("threshold", "precision", "recall", "validation films"),
    ),
    Step(
        "labels",
        "Are the labels right?",
        5,
        "Labels are made by people. Below are five training films of the sample. A model that looks at the poster and "
        "one that reads the overview both doubt one of their labels. **Judge each.** Then the word count of step 5 is "
        "trained twice, on the old and on your labels, and both answer the same test films. *Significantly* better "
        "means: by more than chance explains.",
        Question("Five labels among {sample_films:,} films corrected: will the word count be significantly better?",
                 "labels_significant", {"yes": "Yes", "no": "No"}),
        "Five labels change next to nothing, and the interval says so: it contains 0, so the difference may be chance. "
        "With other test films it might have the opposite sign. It takes more. When {labels_share:.0%} of the real "
        "training films had been given the genres of another film, putting them right changed the BCE by "
        "{labels_difference:+.4f}, and that interval, from {labels_low:+.4f} to {labels_high:+.4f}, does not contain "
        "0. Ask of every improvement how large its interval is.",
        ("significant", "confidence interval", "BCE"),
    ),
    Step(
        "fooling",
        "Fool it",
        5,
        "Now the best model is yours to fool. Write a plot whose genre is plain to any person and that the models get "
        "wrong, or bring a poster that lies about its film: a clown at a funeral, a love story on the front line … A "
        "model is fooled if its first guess is not your genre.",
        Question("Who is hardest to fool?", "hardest_to_fool",
                 {"cnn": "The CNN, on posters", "lstm": "The LSTM, on words", "fusion": "Fusion, on both"}),
        "On {test_films:,} new films Fusion names a true genre first for {fusion_top1:.0%}, the LSTM for "
        "{lstm_top1:.0%}, the CNN for {cnn_top1:.0%}: two sources are harder to mislead than one. But all of them only "
        "know which words and colours went with which genres. None of them understands a story, and that is why a "
        "plot that any person understands can mislead them.",
        ("CNN", "LSTM", "top-1"),
    ),
)  # fmt: skip
BY_KEY: dict[str, Step] = {step.key: step for step in STEPS}
