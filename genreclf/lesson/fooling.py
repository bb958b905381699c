"""Fooling models: plots to start with, and what models guess of a film whose genre is plain to any person."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from genreclf.explain.words import leave_groups_out
from genreclf.models import model_label
from genreclf.predict.film import FilmPrediction
from genreclf.predict.predictor import Predictor
from genreclf.units import listed, percent

MODELS = ("cnn", "lstm", "fusion")  # that are to be fooled
TELLING_WORDS = 3


@dataclass(frozen=True)
class Plot:
    """A plot to start with: its name, its text, and the genre that any person would give it."""

    name: str
    text: str
    genre: str


PLOTS = {
    "vampire": Plot(
        "Squeamish vampire",
        "A hopeless vampire who faints at the sight of blood takes a night job at a blood bank, and everything goes "
        "hilariously wrong.",
        "Comedy",
    ),
    "santa": Plot(
        "Wrong Santa",
        "Santa Claus climbs down the chimney on Christmas night. The children of the house are never seen again.",
        "Horror",
    ),
    "clown": Plot(
        "Clumsy clown",
        "A clown trips over the coffin at his best friend's funeral, and every attempt of the mourners to stop "
        "laughing makes it worse.",
        "Comedy",
    ),
}


@dataclass(frozen=True)
class Guess:
    """What a model made of a film; plain values, to be kept.

    Attributes:
        model: its name.
        genre: its first guess.
        probability: that of its first guess, 0..1.
        place: which place a person's genre has among its guesses, from 1.
        person_probability: that of the person's genre.
        words: those that speak most for a wrong first guess, if they were asked for.
    """

    model: str
    genre: str
    probability: float
    place: int
    person_probability: float
    words: tuple[str, ...] = ()

    @property
    def is_fooled(self) -> bool:
        """Whether its first guess is another genre than the person's."""
        return self.place > 1


def guess_of(prediction: FilmPrediction, genre: str, words: Sequence[str] = ()) -> Guess:
    """A model's guess of a film to which a person gives ``genre``, one of those that the model knows."""
    ranked = prediction.top(None)
    place, own = next((place, each) for place, each in enumerate(ranked, 1) if each.genre == genre)
    first = ranked[0]
    return Guess(prediction.weights.model, first.genre, first.probability, place, own.probability, tuple(words))


def telling_words(predictor: Predictor, overview: str, genre: str, count: int = TELLING_WORDS) -> list[str]:
    """The words of an overview that speak most for a genre, the strongest first; fewer if fewer do.

    Takes about a second at most (see ``leave_groups_out``).

    Args:
        predictor: of a model that uses overviews.
        overview: any text.
        genre: one of those that the model answers for.
        count: how many.
    """
    effects = sorted(leave_groups_out(predictor, overview, genre), key=lambda effect: -effect.effect)
    words = dict.fromkeys(effect.word.lower() for effect in effects if effect.effect > 0)
    return list(words)[:count]


def summary(guesses: Iterable[Guess], genre: str) -> str:
    """Which models were fooled by a film to which a person gives ``genre``, and what they guessed: a sentence or two.

    >>> summary([Guess("lstm", "Crime", 0.67, 2, 0.5), Guess("cnn", "Comedy", 0.6, 1, 0.6)], "Comedy")
    'You fooled LSTM: your film is Comedy for you, Crime (67\\xa0%) for LSTM. CNN also says Comedy first.'
    """
    guesses = list(guesses)
    fooled, right = [each for each in guesses if each.is_fooled], [each for each in guesses if not each.is_fooled]
    names = listed([model_label(each.model) for each in right])
    if not fooled:
        verb = "says" if len(right) == 1 else "say"
        return f"You fooled nobody: your film is {genre} for you, and {names} {verb} {genre} first, too."
    wrong = [f"{each.genre} ({percent(each.probability)}) for {model_label(each.model)}" for each in fooled]
    sentence = f"You fooled {listed([model_label(each.model) for each in fooled])}: your film is {genre} for you, "
    rest = f" {names} also {'says' if len(right) == 1 else 'say'} {genre} first." if right else ""
    return f"{sentence}{listed(wrong)}.{rest}"


def tally(tries: Sequence[Sequence[Guess]]) -> str:
    """How often each model was fooled by several films: a sentence.

    >>> tally([[Guess("lstm", "Crime", 0.67, 2, 0.5)], [Guess("lstm", "Drama", 0.6, 1, 0.6)]])
    'Fooled so far: LSTM 1 of 2 times.'
    """
    counts = []
    for model in MODELS:
        asked = [each.is_fooled for guesses in tries for each in guesses if each.model == model]
        if asked:
            counts.append(f"{model_label(model)} {sum(asked)} of {len(asked)} {'time' if len(asked) == 1 else 'times'}")
    return f"Fooled so far: {listed(counts)}."
