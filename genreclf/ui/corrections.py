"""Corrections in the app: of doubted genres on Evaluate, of any film on Compare, and all of them on Browse."""

import json
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from genreclf import paths
from genreclf.data import corrections, label_studio
from genreclf.data.catalogue import Catalogue
from genreclf.data.corrections import ACCEPT, CONFIRMED, EDITED, LEFT_OUT
from genreclf.errors import UserError
from genreclf.evaluation.confident import label_issues
from genreclf.evaluation.predictions import SplitPredictions, judge, predictions_of
from genreclf.evaluation.stored import stored_predictions
from genreclf.files import Unreadable, parse_json
from genreclf.public import is_public
from genreclf.ui.evaluate.state import cached
from genreclf.ui.text import plain
from genreclf.weights.folder import Weights

PER_PAGE = 20
MAX_UPLOAD = 200  # MB
_LAST = "corrections_last"  # session: (digest of the table, id) of the film decided on last
_EFFECTS = {EDITED: "edit_note", CONFIRMED: "check", LEFT_OUT: "visibility_off"}


def film_doubts(catalogue: Catalogue, position: int, available: Mapping[str, Weights]) -> pd.DataFrame | None:
    """Those of ``confident.label_issues`` that are of a film; None if there are no predictions for its split."""
    film = catalogue.films.iloc[position]
    if film["id"] in catalogue.corrections.decided:
        return None
    known = [(weights, stored_predictions(catalogue, weights, film["split"])) for weights in available.values()]
    models = [predictions_of(weights, probabilities) for weights, probabilities in known if probabilities is not None]
    try:
        found = doubts_in(judge(catalogue, film["split"], models)) if models else None
    except UserError:  # no film of the split is known to all models
        return None
    return None if found is None else found[found["id"] == film["id"]]


@cached(show_spinner=False)
def doubts_in(predictions: SplitPredictions) -> pd.DataFrame | None:
    """All of ``confident.label_issues``; None without a poster model or without an overview model."""
    try:
        return label_issues(predictions, len(predictions) * len(predictions.catalogue.genres))
    except UserError:
        return None


def open_doubts(catalogue: Catalogue, found: pd.DataFrame) -> pd.DataFrame:
    """Those of ``confident.label_issues`` that nobody has decided on, or all of them if the visitor wants to."""
    decided = found["id"].isin(catalogue.corrections.decided)
    if not decided.any() or st.toggle(f"Show rejected ({decided.sum():,})", key="corrections_rejected"):
        return found
    return found[~decided]


def doubt_buttons(catalogue: Catalogue, position: int, doubts: pd.DataFrame) -> None:
    """Draw the answers to the doubts about a film's genres: to change them, or to reject the doubts; not in public."""
    if is_public():
        return
    film, genres = catalogue.films["id"].iloc[position], catalogue.films["genres"].iloc[position]
    with st.container(horizontal=True, horizontal_alignment="center", gap="xsmall"):
        for doubt in doubts[doubts["id"] == film].itertuples():
            others = [genre for genre in genres if genre != doubt.genre]
            changed, verb = (others, "Remove") if doubt.label else ([*genres, doubt.genre], "Add")
            _button(f"{verb} {plain(doubt.genre)}", f"accept_{film}_{doubt.genre}", "check", catalogue, film,
                    partial(corrections.correct, catalogue, {film: changed}, ACCEPT), disabled=not changed,
                    help="Accept the doubt: the film's genres are corrected. This is undone at a click."
                    if changed else "The film would have no genre; edit its genres on Compare.")  # fmt: skip
        if film not in catalogue.corrections.decided:
            _button("Reject", f"reject_{film}", "close", catalogue, film,
                    partial(corrections.reject, catalogue, [film]),
                    help="The genres are right: the film is not shown as doubtful again.")  # fmt: skip


def last_decision(catalogue: Catalogue) -> None:
    """Draw the correction that this session made last, with a button to undo it."""
    digest, film = st.session_state.get(_LAST, (None, None))
    if digest == catalogue.table_digest and film in catalogue.corrections.rows:
        _row(catalogue, film, "last")


def edit_film(catalogue: Catalogue, position: int, doubts: pd.DataFrame | None = None) -> None:
    """Draw a menu to edit a film's genres, with what models doubt about them."""
    film, genres = catalogue.films["id"].iloc[position], catalogue.films["genres"].iloc[position]
    is_doubted = doubts is not None and not doubts.empty
    with st.popover(
        "Doubted genres" if is_doubted else "Edit genres", icon=f":material/{'help' if is_doubted else 'edit'}:",
        type="tertiary", key=f"corrections_edit_{film}_{catalogue.digest[:8]}",  # another one, closed, once they change
    ):  # fmt: skip
        if is_doubted:
            for doubt in doubts.itertuples():
                has = "has" if doubt.label else "lacks"
                st.markdown(f"The film {has} **{plain(doubt.genre)}**, which {plain(doubt.models)} doubt.")
            doubt_buttons(catalogue, position, doubts)
        key = f"corrections_genres_{film}_{catalogue.digest[:8]}"
        chosen = st.multiselect("Genres", catalogue.genres, genres, key=key, select_all=False)
        with st.container(horizontal=True, gap="small"):
            _button("Save", f"save_{film}", "check", catalogue, film,
                    partial(corrections.correct, catalogue, {film: chosen}),
                    disabled=not chosen or set(chosen) == set(genres))  # fmt: skip
            _button("Leave this film out", f"leave_out_{film}", "visibility_off", catalogue, film,
                    partial(corrections.leave_out, catalogue, [film]),
                    help="It is then not among the films of the data set, until that is undone.")  # fmt: skip
        st.caption("The data set itself is not changed. The next training uses the corrections.")


def film_note(catalogue: Catalogue, position: int) -> None:
    """Draw what was decided about a film, with a button to undo it; nothing if it was not."""
    if (film := catalogue.films["id"].iloc[position]) in catalogue.corrections.rows:
        _row(catalogue, film, "film", with_name=False)
    else:
        last_decision(catalogue)


def panel(catalogue: Catalogue) -> None:
    """Draw all corrections of the data set, and their export and import."""
    found = catalogue.corrections
    st.caption(
        "Corrections of genres are kept beside the data set, which is never changed. All pages, trainings and "
        "evaluations use them. Make them on Compare (any film) or on Evaluate, Films, Doubtful labels."
    )
    films = sorted(found.rows, key=lambda film: found.rows[film].changed, reverse=True)
    pages = -(-len(films) // PER_PAGE)
    page = st.pagination(pages, key="corrections_page", width=360) if pages > 1 else 1
    for film in films[(page - 1) * PER_PAGE : page * PER_PAGE]:
        _row(catalogue, film, "list")
    if not films:
        st.markdown("There are no corrections.")
    _problems(found.problems)
    with st.container(horizontal=True, gap="small"):
        path = paths.corrections_file(catalogue.folder)
        if films:
            st.download_button("Export the corrections", path.read_bytes, "corrections.csv", "text/csv",
                               key="corrections_export", icon=":material/download:", on_click="ignore")  # fmt: skip
        team_tasks(catalogue, "panel")
    _import(catalogue)


def team_tasks(catalogue: Catalogue, key: str, films: Sequence[str] | None = None) -> None:
    """Draw a menu that offers films, by default all, as tasks for Label Studio; not in public, as they have paths."""
    if is_public():
        return
    with st.popover("Correct in a team", icon=":material/group:", key=f"corrections_team_{key}"):
        count = len(catalogue) if films is None else len(films)
        st.markdown(
            f"[Label Studio](https://labelstud.io) shows these {count:,} films to several people. Create a project "
            "there, import the tasks, and paste the labelling interface in its settings (*Labeling Interface*, "
            "*Code*). Export it as JSON when it is done, and import that on Browse, Corrections."
        )
        st.download_button("Tasks", lambda: json.dumps(label_studio.tasks(catalogue, films), ensure_ascii=False),
                           "tasks.json", "application/json", key=f"corrections_tasks_{key}",
                           icon=":material/download:", on_click="ignore")  # fmt: skip
        st.download_button("Labelling interface", label_studio.labelling_config(catalogue), "interface.xml",
                           "text/xml", key=f"corrections_interface_{key}", icon=":material/download:",
                           on_click="ignore")  # fmt: skip
        if catalogue.has_posters:
            st.caption("Label Studio shows the posters if it runs on this machine and may serve its files: "
                       "`LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED=true`, "
                       "`LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT=/`.")  # fmt: skip


def _import(catalogue: Catalogue) -> None:
    """Read an uploaded file, say what it would change, and change it at a click."""
    turn = st.session_state.setdefault("corrections_turn", 0)
    file = st.file_uploader("Import corrections", ["csv", "json"], key=f"corrections_import_{turn}",
                            max_upload_size=MAX_UPLOAD,
                            help="Corrections (CSV), or an export of Label Studio (JSON or JSON-MIN).")  # fmt: skip
    if file is None:
        return
    apply: Callable[[], Any]
    try:
        if file.name.lower().endswith(".json"):
            answers = label_studio.read_export(catalogue, parse_json(file.getvalue()))
            sentence, problems, count = (
                answers.sentence(),
                answers.problems,
                len(answers.changes) + len(answers.confirmed),
            )
            problems += [(film, "annotators disagree, so it is not changed") for film in answers.disagreements]
            apply = partial(answers.save, catalogue)
        else:
            with tempfile.TemporaryDirectory() as folder:
                (copy := Path(folder, "import.csv")).write_bytes(file.getvalue())
                given = corrections.usable_in(catalogue, corrections.read_file(copy))
            sentence, problems, count = f"{len(given.rows):,} corrections.", given.problems, len(given.rows)
            apply = partial(corrections.merge, catalogue.folder, given)
    except (UserError, Unreadable) as error:
        reason = re.sub(r"\S*/import\.csv", "it", str(error))
        st.error(plain(f"{file.name} cannot be used: {reason}"), icon=":material/error:")
        return

    def finish() -> None:
        _decide(apply)
        st.session_state["corrections_turn"] = turn + 1

    st.markdown(plain(sentence))
    _problems(problems)
    st.button("Import", key="corrections_apply", type="primary", icon=":material/check:", disabled=not count,
              on_click=finish)  # fmt: skip


def _problems(problems: Sequence[tuple[str, str]]) -> None:
    if problems:
        st.markdown(f":material/warning: {len(problems):,} cannot be used:")
        st.dataframe(pd.DataFrame(problems, columns=["Id", "Problem"]), hide_index=True, height="content",
                     alt="Corrections that cannot be used.")  # fmt: skip


def _row(catalogue: Catalogue, film: str, key: str, with_name: bool = True) -> None:
    """Draw a correction as a sentence, with a button to undo it."""
    row = catalogue.corrections.rows[film]
    positions = catalogue.films.index[catalogue.films["id"] == film]
    name = plain(catalogue.display_name(int(positions[0])) if len(positions) else film)
    genres, before = (plain(", ".join(names)) for names in (row.genres, row.before))
    text = f"genres corrected to {genres}; the table says {before}" if row.effect == EDITED else row.effect
    text = text.replace("none:", "without effect:")
    text = (f"**{name}**: {text}" if with_name else text[0].upper() + text[1:]) + (
        f" ({plain(row.note)})" if row.note else ""
    )
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="small",
                      key=f"corrections_row_{key}_{film}"):  # fmt: skip
        st.markdown(f":material/{_EFFECTS.get(row.effect, 'warning')}: {text}")
        if is_public():
            return
        st.button("Undo", key=f"corrections_undo_{key}_{film}", icon=":material/undo:", type="tertiary",
                  on_click=_decide, args=(partial(corrections.undo, catalogue.folder, [film]),))  # fmt: skip


def _button(
    label: str, key: str, icon: str, catalogue: Catalogue, film: str, action: Callable[[], Any], **options: Any
) -> None:
    """Draw a button that decides something about a film."""

    def decide() -> None:
        st.session_state[_LAST] = (catalogue.table_digest, film)
        _decide(action, f"{label}: done. The next training uses it; undo it above or on Browse, Corrections.")

    st.button(label, key=f"corrections_{key}", icon=f":material/{icon}:", wrap=True, on_click=decide, **options)


def _decide(action: Callable[[], Any], message: str = "") -> None:
    """Do what was decided, and confirm it with a message."""
    try:
        action()
    except UserError as error:
        st.toast(plain(str(error)), icon=":material/error:")
    else:
        if message:
            st.toast(message, icon=":material/check:")
