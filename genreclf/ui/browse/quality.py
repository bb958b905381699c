"""The tab "Data quality": what harms training or makes scores mislead, and a way to leave out the films."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import streamlit as st

from genreclf.data import corrections
from genreclf.data.catalogue import Catalogue
from genreclf.data.health.findings import Finding, findings
from genreclf.errors import UserError
from genreclf.evaluation.wording import SPLITS
from genreclf.public import is_public
from genreclf.ui.data import CACHE_KEYS
from genreclf.ui.text import plain
from genreclf.ui.thumbnails import poster_wall

FILMS_PER_PAGE = 12
_ICONS = {"serious": ":red[:material/error:]", "warning": ":orange[:material/warning:]", "note": ":material/info:"}
_FAILED = "quality_failed"  # session: why films could not be left out or put back


_LEAVING_OUT = (
    " Films that are left out are not used by the next trainings and evaluations. The data set's own files stay as "
    "they are, and films can be put back."
)


def findings_list(catalogue: Catalogue) -> None:
    """All findings, and above them the films that were left out."""
    if failed := st.session_state.pop(_FAILED, ""):
        st.error(plain(failed), icon=":material/error:")
    _films_left_out(catalogue)
    found, seen = _findings(catalogue), Counter[str]()
    st.caption(
        "What harms training or makes scores mislead." + _LEAVING_OUT * (not is_public())
        if found else "Nothing was found that harms training or makes scores mislead."
    )  # fmt: skip
    for finding in found:
        seen[finding.kind] += 1
        _show(catalogue, finding, f"{finding.kind}-{seen[finding.kind]}")


@st.cache_resource(max_entries=4, show_spinner="Checking the films…", hash_funcs=CACHE_KEYS)
def _findings(catalogue: Catalogue) -> list[Finding]:
    return findings(catalogue)


def _show(catalogue: Catalogue, finding: Finding, key: str) -> None:
    with st.container(border=True, gap="small", key=f"finding-{key}"):
        st.markdown(f"{_ICONS[finding.severity]} **{finding.title}** · {plain(finding.message)}")
        st.caption(plain(finding.effect))
        if not len(finding.films):
            return
        if (count := len(finding.leave_out)) and not is_public():
            label = f"Leave {'this film' if count == 1 else f'these {count:,} films'} out"
            ids = catalogue.films["id"].to_numpy()[finding.leave_out].tolist()
            st.button(label, key=f"leave_out-{key}", icon=":material/remove_circle:", on_click=_leave_out,
                      args=(catalogue, ids, finding.title), disabled=count == len(catalogue),
                      help="A data set needs films." if count == len(catalogue) else None)  # fmt: skip
        label = f"Show {'the film' if len(finding.films) == 1 else f'the {len(finding.films):,} films'}"
        with st.expander(label, key=f"films-{key}", type="compact", on_change="rerun") as films:
            if films.open:
                _show_films(catalogue, finding.films.tolist(), key)


def _show_films(catalogue: Catalogue, positions: Sequence[int], key: str) -> None:
    pages, page = -(-len(positions) // FILMS_PER_PAGE), 1
    if pages > 1:
        page = st.pagination(pages, key=f"page-{key}", width=360)
    shown = positions[(page - 1) * FILMS_PER_PAGE : page * FILMS_PER_PAGE]
    splits = {position: SPLITS[catalogue.films["split"].iloc[position]] for position in shown}
    poster_wall(catalogue, shown, splits, key=f"-{key}-")


def _films_left_out(catalogue: Catalogue) -> None:
    reasons: dict[str, list[str]] = defaultdict(list)
    for film_id, correction in catalogue.corrections.left_out.items():
        reasons[correction.note].append(film_id)
    for number, (reason, ids) in enumerate(sorted(reasons.items(), key=lambda item: -len(item[1]))):
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"left_out-{number}"):
            count = f"{len(ids):,} film{'s are' if len(ids) != 1 else ' is'} left out"
            st.markdown(f"**{count}**{f' · {plain(reason)}' if reason else ''}", width="stretch")
            if is_public():
                continue
            st.button(
                "Put back", key=f"undo-{number}", icon=":material/undo:", on_click=_put_back, args=(catalogue, ids)
            )


def _leave_out(catalogue: Catalogue, ids: Sequence[str], reason: str) -> None:
    try:
        corrections.leave_out(catalogue, ids, reason)
    except UserError as error:  # such as another visitor's change, or a full disk
        st.session_state[_FAILED] = str(error)


def _put_back(catalogue: Catalogue, ids: Sequence[str]) -> None:
    try:
        corrections.undo(catalogue.folder, ids)
    except UserError as error:
        st.session_state[_FAILED] = str(error)
