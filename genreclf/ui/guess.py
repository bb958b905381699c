"""Guess along, on Compare: a round of test films whose genres stay hidden until the visitor has guessed.

The round is in the visitor's session and nowhere else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd
import streamlit as st

from genreclf.data.catalogue import Catalogue
from genreclf.lesson.guessing import PICKS, YOU, Round, most_points, new_round, points, tally
from genreclf.models import SPECS
from genreclf.ui import data, look
from genreclf.ui.film_picker import PARAMETER
from genreclf.ui.results import pick_models
from genreclf.ui.text import plain
from genreclf.units import listed
from genreclf.weights.folder import Weights

ADDRESS = "guess"  # query parameter
MOST_PILLS = 40  # genres to choose from as buttons; of more, in a menu
_ON = "guess_on"  # session: whether the switch is on
_GAME = "guess_game"  # session: the game
RULES = (
    f"Name up to {PICKS} genres, then reveal. You get one point for each that is true, and a wrong one costs nothing. "
    f"Each model plays by the same rule with its {PICKS} most probable genres."
)


@dataclass
class Game:
    """A visitor's round on a data set.

    Attributes:
        catalogue: the films.
        round: the round.
        named: what models named, by film and the weights' cache key; empty if a model cannot predict the film.
    """

    catalogue: Catalogue
    round: Round
    named: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    @property
    def is_hidden(self) -> bool:
        """Whether the genres of the film on the screen must not be seen yet."""
        return not self.round.is_revealed

    def true_genres(self) -> dict[str, Sequence[str]]:
        """The true genres of the films that were guessed or skipped, by id."""
        films, at = self.catalogue.films, self.catalogue.position
        return {film: films["genres"].iloc[at(film)] for film in self.round.guesses}

    def scores(self, models: Sequence[Weights]) -> dict[str, tuple[int | None, int]]:
        """The points of the visitor and of models for the last film and for all (see ``guessing.tally``)."""
        answers: dict[str, Mapping[str, Sequence[str]]] = {YOU: self.round.guesses}
        for film in self.round.guesses:
            self._ask(film, models)
        for weights in models:
            named = {film: self.named[film, weights.cache_key] for film in self.round.guesses}
            answers[SPECS[weights.model].label] = {film: genres for film, genres in named.items() if genres}
        return tally(answers, self.true_genres())

    def _ask(self, film: str, models: Sequence[Weights]) -> None:
        new = [weights for weights in models if (film, weights.cache_key) not in self.named]
        self.named |= {(film, weights.cache_key): [] for weights in new}
        position = self.catalogue.position(film)
        # errors are reported where the film is shown
        for found in data.film_predictions(self.catalogue, position, new, on_error=lambda error: None) if new else ():
            self.named[film, found.weights.cache_key] = [each.genre for each in found.top(PICKS)]


def switch() -> bool:
    """Draw the switch; returns whether the visitor guesses along, for which an address may ask, too."""
    if st.query_params.get(ADDRESS) == "1":
        st.session_state[_ON] = True
    elif PARAMETER in st.query_params:  # a link to a film
        st.session_state[_ON] = False
    on = st.toggle("Guess along", key=_ON, on_change=_switched, persist_state="session",
                   help="Guess the genres of ten test films before you see what the models say. Your guesses are only "
                        "kept until you close the page.")  # fmt: skip
    if on:
        st.query_params[ADDRESS] = "1"
    return on


def current_game(catalogue: Catalogue) -> Game | None:
    """The visitor's game, a new one for another data set; None if this one has no test films."""
    test = catalogue.films["id"].to_numpy()[catalogue.in_split("test")].tolist()
    game: Game | None = st.session_state.get(_GAME)
    if game is not None and game.catalogue.table_digest == catalogue.table_digest:
        game.catalogue = catalogue  # with the corrections made since
        game.round.keep(set(test))
    if game is None or game.catalogue.table_digest != catalogue.table_digest or not game.round.ids:
        game = Game(catalogue, new_round(test)) if test else None
        st.session_state[_GAME] = game
    return game


def pick_film(game: Game | None) -> int | None:
    """Draw where the round stands; returns the position of the film to guess, None if it is over or there is none."""
    if game is None:
        st.info("This data set has no test films to guess. Choose another one in the sidebar.", icon=":material/quiz:")
        return None
    if game.round.film is None:
        return None
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="guess_steps"):
        st.markdown(f"**Film {game.round.number} of {len(game.round.ids)}**", width="content")
        if game.is_hidden:
            st.button("Skip", key="guess_skip", icon=":material/skip_next:", on_click=game.round.leave,
                      args=(game.round.film,), help="Go on without a guess, and without points.")  # fmt: skip
        else:
            st.button("Next film" if len(game.round.left) > 1 else "See the result", key="guess_next", type="primary",
                      icon=":material/chevron_right:", on_click=game.round.leave, args=(game.round.film,))  # fmt: skip
    return game.catalogue.position(game.round.film)


def ask(game: Game) -> None:
    """Draw the genres to choose from, and the button that reveals the true ones."""
    key, genres = f"guess_named_{game.round.film}", game.catalogue.genres
    label = f"Which genres does it have? Name up to {PICKS}."
    with st.container(border=True, key="guess_question"):
        if len(genres) <= MOST_PILLS:
            named = st.pills(label, genres, selection_mode="multi", key=key, format_func=plain, wrap=True)
        else:
            named = st.multiselect(label, genres, key=key, max_selections=PICKS, select_all=False)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button("Reveal", key="guess_reveal", type="primary", icon=":material/visibility:",
                      disabled=not 1 <= len(named) <= PICKS, on_click=game.round.reveal, args=(named,))  # fmt: skip
            if len(named) > PICKS:
                st.caption(f"{len(named)} are chosen: leave out {len(named) - PICKS}.", width="content")


def show_guess(game: Game) -> None:
    """Draw the visitor's guess for the film on the screen, with verdicts."""
    (named, true) = (list(found.values())[-1] for found in (game.round.guesses, game.true_genres()))
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="guess_verdicts"):
        st.markdown("**You named**", width="content")
        for genre in named:
            colour, sign = ("green", "check") if genre in true else ("red", "close")
            st.markdown(f":{colour}-badge[:material/{sign}: {plain(genre)}]", width="content")
        st.markdown(f"{points(named, true)} of {most_points(true)} points", width="content")


def show_tally(game: Game, models: Sequence[Weights]) -> None:
    """Draw the points of the visitor and of models, for the film on the screen and for the round."""
    rows = [(name, "–" if film is None else str(film), str(total))
            for name, (film, total) in game.scores(models).items()]  # fmt: skip
    st.table(pd.DataFrame(rows, columns=["Points", "This film", "Round"]), border="horizontal", hide_index=True,
             width="content", alt="The points of you and of each model.")  # fmt: skip


def show_result(game: Game, available: dict[str, Weights]) -> None:
    """Draw the result of a round that is over."""
    st.header("The result", anchor=False)
    place, models = st.container(), list[Weights]()
    if available:
        models = pick_models(available, "compare_models", game.catalogue.has_posters, game.catalogue.has_overviews)
    scores, true, guesses = game.scores(players(models, available)), game.true_genres(), game.round.guesses
    catalogue, rows = game.catalogue, []
    for film, genres in true.items():
        named = ", ".join(guesses[film]) or "skipped"
        name = catalogue.display_name(catalogue.position(film))
        rows.append((name, ", ".join(genres), named, points(guesses[film], genres)))
    with place:
        total = listed([f"{name} {total}" for name, (_, total) in scores.items()])
        st.markdown(f"**{total}** of {sum(map(most_points, true.values()))} possible points.")
        st.button("New round", key="guess_again", type="primary", icon=":material/replay:", on_click=_forget)
        st.dataframe(pd.DataFrame(rows, columns=["Film", "True genres", "You named", "Points"]), hide_index=True,
                     height="content", key="guess_films", alt="The films of the round with your guesses.",
                     column_config=look.widened({"Film": st.column_config.TextColumn(width=200)}))  # fmt: skip


def players(models: Sequence[Weights], available: Mapping[str, Weights]) -> list[Weights]:
    """The models to play against: these, those of both inputs first, and last the base rates."""
    ranked = sorted(models, key=lambda weights: (weights.model == "prior", not SPECS[weights.model].parts))
    base = [available["prior"]] if "prior" in available and available["prior"] not in ranked else []
    return ranked + base


def _switched() -> None:
    if st.session_state[_ON]:
        st.query_params.pop(PARAMETER, None)
        st.query_params[ADDRESS] = "1"
    else:
        st.query_params.pop(ADDRESS, None)


def _forget() -> None:
    del st.session_state[_GAME]
