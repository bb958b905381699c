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
        "The laziest model of all",
        4,
        "A *model* is a program that has learned from examples. Ours look at a film’s poster or read its *overview*, a "
        "short plot summary, and answer {genres} questions: is it Action, yes or no? Is it Comedy? A real film has "
        "{per_film:.1f} of the {genres} genres on average. The laziest model of all never looks at a film and always "
        "says no. Its *accuracy* is the share of its answers that are right.",
        Question("How accurate is the model that always says no?", "nothing", {}, 0.0, 1.0, 0.5, 0.01, ".0%"),
        "Nearly all labels are no, so always saying no is nearly always right. A high accuracy proves nothing, and no "
        "model is judged by it here. Two things replace it. Models answer with **probabilities**, and *binary "
        "cross-entropy* (BCE) measures how far these are from the truth: lower is better, and confident mistakes cost "
        "the most. And a model must beat a **baseline**: the *base rates*, how common each genre is, whatever the "
        "film. On {test_films:,} real films that no model has learned from, their BCE is {prior_test:.3f}. A model "
        "with a higher one would do better not to look at the film.",
        ("accuracy", "BCE", "baseline", "base rates"),
    ),
    Step(
        "report",
        "Where will the report’s CNN end?",
        4,
        "For several coursework reports, students trained the same *convolutional network* (CNN) on film posters. We "
        "rebuilt it exactly and trained it on {train_films:,} real films for {cnn_epochs} *epochs*; in each epoch it "
        "goes through all of them once. The curve is its *loss*, here the BCE, after the first {shown_epochs} epochs, "
        "on *validation films*, which it does not learn from. The dotted line is the base rates. Lower is better.",
        Question("How low will the validation loss get?", "cnn_reference_val", {}, 0.15, 0.35, 0.3, 0.001, ".3f"),
        "On the films that it learns from, the loss falls and falls, even below the line of the base rates. That looks "
        "like success. On new films it never gets there: {cnn_reference_val:.3f} against {prior_val:.3f}. Looking at "
        "the poster with this network is **worse than not looking**, and only the baseline shows it. None of the "
        "reports drew that line. The best of 18 public copies of this network reached {public_cnn:.3f} on other "
        "films of the same kind, little better than not looking.",
        ("CNN", "epoch", "validation films", "loss", "base rates"),
    ),
    Step(
        "start",
        "One line of code: a better start",
        4,
        "A new network first gives every genre about 50 %, although most genres are rare, and spends its first epochs "
        "unlearning that. One line of code sets the starting values of its last layer (*biases*) so that it starts at "
        "the base rates. Try how good a single probability for all genres can be. Then guess what that line is worth "
        "to an *LSTM*, a network that reads overviews.",
        Question("Ten epochs each: how much lower is the validation loss with that line?", "start_gain", {},
                 0.0, 0.3, 0.02, 0.005, ".1%"),
        "Starting at 50 %, the LSTM reaches {half_val:.4f}; starting at the base rates, {rates_val:.4f}. Nothing else "
        "was changed: the same layers, the same films in the same order. What can be found by simple counting, a "
        "network need not learn. That leaves it more of its ten epochs for what only the overview can tell.",
        ("network", "LSTM", "loss", "base rates"),
    ),
    Step(
        "overfitting",
        "Overfit on purpose",
        5,
        "We take away everything that keeps an LSTM from memorising: no *dropout*, no larger model to imitate, and a "
        "*learning rate* that never falls. Here is its loss on the {train_films:,} **training** films only, epoch by "
        "epoch. It falls and falls.",
        Question("After which epoch would you stop the training?", "overfit_epoch", {}, 1, 16, 8, 1, ".0f"),
        "At the end the training loss is lowest, {overfit_train:.3f}. But the validation loss is {overfit_last:.3f}: "
        "far worse than {overfit_best:.3f} after epoch {overfit_epoch:.0f}, and worse than the base rates. The network "
        "has memorised its films (*overfitting*), and the training loss cannot show it. That is why some films are "
        "kept aside for validation, and why we keep the network as it was after the epoch that was best on them.",
        ("overfitting", "dropout", "learning rate", "validation films"),
    ),
    Step(
        "words",
        "A word count strikes back",
        4,
        "Forget networks for a moment. *TF-IDF* only counts the words of an overview; rare words count more. It learns "
        "how strongly each word points to each genre, and adds that up. It ignores word order and grammar, and trains "
        "in seconds.",
        Question("Which has the lowest BCE on films that none of them has seen?", "words_best",
                 {"cnn": "The report’s CNN, on posters", "lstm": "The report’s LSTM, on overviews",
                  "prior": "The base rates, on nothing", "tfidf": "The word count, on overviews"}),
        "The word count reaches {tfidf_test:.3f}, the report’s LSTM {lstm_reference_test:.3f}, and the best of 18 "
        "public copies of that LSTM {public_lstm:.3f}, on other films of the same kind. This does not mean that "
        "networks are bad: trained with care, and with a larger model as its teacher (*distillation*), the very same "
        "layers reach {lstm_test:.3f}. It means that a network deserves trust only once it has beaten the simplest "
        "thing that could work.",
        ("TF-IDF", "BCE", "baseline", "LSTM", "distillation"),
    ),
    Step(
        "eyes",
        "Borrowed eyes",
        5,
        "A network finds small patterns first, then larger ones made of those. The CNN had to learn all of them from "
        "{train_films:,} posters of 64×64 pixels. *EfficientNet* had learned to see from more than a million "
        "photographs before it ever saw a poster. A first guess is right if the film has that genre: always guessing "
        "Drama is right for {prior_top1:.0%} of new films, and the CNN for {cnn_top1:.0%}.",
        Question("For how many new films is EfficientNet’s first guess right?", "poster_top1", {},
                 0.4, 1.0, 0.7, 0.01, ".0%"),
        "{poster_top1:.0%}: eyes trained on other pictures see more on posters than those trained on posters alone "
        "(*transfer learning*). The tiles show why. The CNN’s began as random numbers and still look like them after "
        "the whole training; EfficientNet’s are edges, spots and plain colours. The CNN is not blind, because even "
        "random patterns find outlines, as the maps show. And part of EfficientNet’s lead comes from larger posters, "
        "and from {poster_drawn:,} drawn ones that it learned from, too. A model that reads the overview as well is "
        "right for {fusion_top1:.0%}.",
        ("CNN", "transfer learning", "top-1"),
    ),
    Step(
        "threshold",
        "How sure is sure enough?",
        4,
        "*Fusion*, our best model, looks at the poster and reads the overview, and gives each film a probability of "
        "horror. How high must it be for the film to *count* as horror? Somebody has to choose that *threshold*. A "
        "parent who picks tonight’s film has one wish: **miss no horror film**. So we lower the threshold until Fusion "
        "finds every horror film among {val_films:,} real validation films, then use it on {test_films:,} new films.",
        Question("Of the new films that Fusion then picks, what share really are horror (precision)?",
                 "horror_precision", {}, 0.0, 1.0, 0.5, 0.01, ".0%"),
        "To find every horror film among the validation films, the threshold has to fall to {horror_threshold:.0%}. On "
        "new films it then finds {horror_recall:.0%} of the horror films (*recall*), not all: what holds for the films "
        "that we chose it with is no promise for others. And only {horror_precision:.0%} of what it picks is horror; "
        "that is the price. A threshold is neither right nor wrong. It is a choice between two kinds of mistakes, and "
        "belongs to those who have to live with them.",
        ("threshold", "precision", "recall", "Fusion", "validation films"),
    ),
    Step(
        "labels",
        "Are the labels right?",
        5,
        "Labels are made by people, and people make mistakes. Below are five training films of the sample. A model "
        "that looks at the poster and one that reads the overview both doubt one of their labels. **Judge each.** The "
        "word count of step 5, trained once on the old labels and once on corrected ones, then answers the same test "
        "films. *Significantly* better means: by more than chance explains.",
        Question("With five labels of {sample_films:,} films corrected, will the word count be significantly better?",
                 "labels_significant", {"yes": "Yes", "no": "No"}),
        "Five labels change next to nothing, and the *confidence interval* says so: it contains 0, so the difference "
        "may be chance. On other test films it might have the opposite sign. It takes more. When {labels_share:.0%} of "
        "the real training films had been given the genres of another film, putting them right changed the BCE by "
        "{labels_difference:+.4f}, and that interval, from {labels_low:+.4f} to {labels_high:+.4f}, does not contain "
        "0. Ask of every improvement how wide its interval is.",
        ("significant", "confidence interval", "BCE"),
    ),
    Step(
        "fooling",
        "Fool it",
        5,
        "Now try to fool the best model. Write a plot whose genre is obvious to any person but not to the models, or "
        "bring a poster that lies about its film: a clown at a funeral, a love story on the front line … A model is "
        "fooled if its first guess is not your genre.",
        Question("Which model is hardest to fool?", "hardest_to_fool",
                 {"cnn": "The CNN, on posters", "lstm": "The LSTM, on words", "fusion": "Fusion, on both"}),
        "On {test_films:,} new films, the first guess is right for {fusion_top1:.0%} with Fusion, {lstm_top1:.0%} with "
        "the LSTM and {cnn_top1:.0%} with the CNN: two sources are harder to mislead than one. But all that they know "
        "is which words and colours went with which genres. None of them understands a story, and that is why a plot "
        "that any person understands can fool them.",
        ("CNN", "LSTM", "Fusion", "top-1"),
    ),
)  # fmt: skip
BY_KEY: dict[str, Step] = {step.key: step for step in STEPS}
