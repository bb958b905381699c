"""The glossary: each term in one sentence, for the lesson, the help beside scores, and a panel that opens anywhere.

``pictures.py`` draws the pictures. Sentences contain no figures, so none can become untrue.
"""

from collections.abc import Callable
from dataclasses import dataclass

from genreclf.glossary import pictures


@dataclass(frozen=True)
class Term:
    """A term of the glossary.

    Attributes:
        name: as it is written in a sentence.
        sentence: what it means, plain text.
        picture: draws it as SVG in the colour of the text around it; None if a picture would not help.
        other_names: under which it is found, too.
    """

    name: str
    sentence: str
    picture: Callable[[], str] | None = None
    other_names: tuple[str, ...] = ()


_ALL = (
    Term("accuracy", "The share of all yes-or-no answers that are right; where nearly every right answer is “no”, "
         "always saying no scores high."),
    Term("base rates", "How common each genre is among the training films, given as the answer whatever the film: the "
         "baseline that every model has to beat.", pictures.base_rates, ("prior",)),
    Term("baseline", "A method so simple that a model which does no better has learned nothing worth having."),
    Term("BCE", "Binary cross-entropy, averaged over films and genres: how far the probabilities are from the truth, "
         "where lower is better and confident mistakes cost the most.", pictures.bce,
         ("binary cross-entropy", "log loss")),
    Term("calibration", "Correcting probabilities so that they can be taken literally: among answers given the same "
         "probability, just that share turns out to be true.", pictures.calibration),
    Term("CNN", "Convolutional neural network: it slides small filters over a picture and finds edges and colours "
         "first, then larger shapes.", None, ("convolutional neural network", "kernel", "filter")),
    Term("confidence interval", "The range in which the true value plausibly lies, given that only some films were "
         "measured: the fewer films, the wider it is.", None, ("interval", "95 %", "bootstrap")),
    Term("distillation", "Training a small model (the student) to imitate the probabilities of a large one (the "
         "teacher), which say more than a bare yes or no.", pictures.distillation, ("teacher", "soft targets")),
    Term("dropout", "Switching off some of a network’s units at random in each training step, so that it relies on no "
         "single one and memorises less.", None, ("regularisation",)),
    Term("epoch", "One pass of the training through all training films."),
    Term("F1", "The harmonic mean of precision and recall: high only if both are high.", pictures.f1,
         ("micro-F1", "macro-F1")),
    Term("Fusion", "A model that combines what one model sees on the poster with what another reads in the overview.",
         None, ("fusion",)),
    Term("label", "The yes or no that people have given one genre of one film: what a model learns from and is judged "
         "by."),
    Term("learning rate", "How far each training step changes the network’s weights: too high and the loss jumps "
         "about, too low and it barely learns."),
    Term("loss", "The number that training tries to make as small as possible; here it is the BCE."),
    Term("LSTM", "Long short-term memory: a network that reads a text word by word and keeps a memory of what it has "
         "read.", None, ("long short-term memory",)),
    Term("mAP", "Mean average precision: how well each genre’s films are ranked above all others, averaged over "
         "genres.", pictures.mean_average_precision, ("mean average precision", "average precision")),
    Term("model", "A program that has learned from examples; here, it gives each genre of a film a probability."),
    Term("network", "Layers of simple units whose numbers (weights and biases) training changes a little at a time, "
         "until the answers fit the training films.", None, ("neural network", "layer", "weights", "bias")),
    Term("overfitting", "Memorising the training films instead of learning what also holds for new ones: the training "
         "loss keeps falling while the validation loss rises.", pictures.overfitting, ("memorising",)),
    Term("overview", "A film’s plot in a few sentences: all that a text model knows of it."),
    Term("precision", "The share of the genres a model picks that are true: high when it raises few false "
         "alarms.", pictures.precision, ("false alarm",)),
    Term("recall", "The share of the true genres that a model picks: high when it misses few.", pictures.recall,
         ("missed",)),
    Term("significant", "Said of a difference that chance alone would hardly produce: its confidence interval does not "
         "contain zero."),
    Term("softmax", "An output that divides all of its probability among the genres, as if each film had exactly one."),
    Term("TF-IDF", "Term frequency, inverse document frequency: a count of a text’s words in which rare words weigh "
         "more than common ones.", None, ("word count",)),
    Term("threshold", "The probability from which on a model picks a genre: a lower one misses fewer films but raises "
         "more false alarms.", pictures.threshold),
    Term("top-1", "The share of films whose most probable genre is true."),
    Term("transfer learning", "Starting from a network that has already learned from other data, such as photographs, "
         "instead of from nothing.", None, ("pretrained", "fine-tuning")),
    Term("validation films", "A model learns from the training films, every choice is made on the "
         "validation films, and the test films, kept aside until the end, show how good it is.", None,
         ("split", "training films", "test films")),
)  # fmt: skip
TERMS: dict[str, Term] = {term.name: term for term in _ALL}


def search(text: str) -> list[Term]:
    """The terms whose names or sentences contain a text, those whose names do first; all of them for "".

    >>> [term.name for term in search("teacher")]
    ['distillation']
    """
    text = text.strip().casefold()
    by_name = [term for term in _ALL if any(text in name.casefold() for name in (term.name, *term.other_names))]
    return by_name + [term for term in _ALL if term not in by_name and text in term.sentence.casefold()]
