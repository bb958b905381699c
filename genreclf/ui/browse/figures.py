"""The charts and tables of a data set, each with a caption that explains how to read it."""

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from genreclf.data import statistics
from genreclf.data.catalogue import Catalogue
from genreclf.evaluation.wording import SPLITS
from genreclf.public import is_public, without_paths
from genreclf.ui import data, look
from genreclf.ui.text import plain
from genreclf.units import listed, percent

MAX_BARS, MAX_PAIRS = 60, 25  # genres in a chart; rarer ones are in the table below it, or left out
_SHADES = {"train": 0.72, "val": 0.42, "test": 0.2}
_kept = st.cache_data(max_entries=4, show_spinner="Counting words…", hash_funcs=data.CACHE_KEYS)
_overview_lengths = _kept(statistics.overview_lengths)


@_kept
def _words(catalogue: Catalogue) -> tuple[pd.DataFrame, pd.DataFrame]:
    words = statistics.training_words(catalogue)
    return statistics.most_frequent_words(words), statistics.typical_words(catalogue, words)


def genre_bars(catalogue: Catalogue) -> None:
    """How many films have each genre."""
    counts = statistics.genre_counts(catalogue)[::-1]  # Plotly draws the first bar at the bottom
    totals = counts.sum(axis=1)
    empty = list(totals.index[totals == 0][::-1])
    present = counts[totals > 0]
    counts, totals = present[-MAX_BARS:], totals[totals > 0][-MAX_BARS:]
    shares = totals / len(catalogue)
    colours = look.colours()
    figure = go.Figure(
        [
            go.Bar(
                y=counts.index, x=counts[split], orientation="h", name=SPLITS[split],
                marker={"color": colours.mixed(colours.ink, shade)},
                hovertemplate=f"%{{y}}: %{{x:,}} {SPLITS[split].lower()} films<extra></extra>",
            )
            for split, shade in _SHADES.items()
        ]
    )  # fmt: skip
    figure.add_scatter(
        y=counts.index, x=totals, mode="text", textposition="middle right", showlegend=False, hoverinfo="skip",
        text=[f" {total:,} · {percent(share)}" for total, share in zip(totals, shares, strict=True)],
        cliponaxis=False,
    )  # fmt: skip
    figure.update_layout(barmode="stack", bargap=0.28, legend_traceorder="normal")
    figure.update_xaxes(title="Films", range=[0, totals.max() * 1.3], tickformat=",")
    figure.update_yaxes(showgrid=False, range=[-0.7, len(counts) - 0.3], tickvals=list(counts.index),
                        ticktext=list(map(look.short, counts.index)))  # fmt: skip
    top = ", ".join(f"{name} {percent(share)}" for name, share in shares[::-1][:3].items())
    alt = f"Number of films with each genre, the most frequent first: {top}."
    look.show(figure, "genre_bars", 90 + 26 * len(counts), alt)
    if rest := len(present) - len(counts):
        with st.expander(f"All {len(present):,} genres: {rest:,} have at most {totals.iloc[0]:,} films each"):
            table = present[::-1].rename(columns=SPLITS).rename_axis("Genre").reset_index()
            st.dataframe(table, hide_index=True, key="genre_table", alt="The number of films per genre and split.")
    most = int(catalogue.labels.sum(axis=1).max())
    st.caption(
        "Each bar counts the films with a genre; its label gives the number and the share of all films. The shades are "
        "the splits: models learn from training films, are tuned on validation films and measured on test films."
        + f" A film has up to {most} genres, so the shares add up to more than 100 %." * (most > 1)
        + (
            f" No film has {plain(listed([*empty[:MAX_PAIRS], *(['others'] if empty[MAX_PAIRS:] else [])], 'or'))}."
            if empty
            else ""
        )
        + "".join(
            f" {count:,} film{'s' * (count != 1)}: the table's genre “{plain(name)}” is read as {plain(label)}."
            for (name, label), count in catalogue.other_names.items()
        )
        + (" N/A: the source of the data gives no genre." if "N/A" in counts.index else "")
    )


def genre_pairs(catalogue: Catalogue) -> None:
    """Which genres occur together."""
    shares = 100 * statistics.genre_cooccurrence(catalogue)
    further = len(shares) - MAX_PAIRS
    shares = shares.iloc[:MAX_PAIRS, :MAX_PAIRS]
    colours = look.colours()
    figure = go.Figure(
        go.Heatmap(
            z=shares, x=shares.columns, y=shares.index, xgap=1, ygap=1, zmin=0, zmax=100,
            colorscale=[[0, colours.mixed(colours.faint, 0.45)], [1, colours.accent]],
            colorbar={"orientation": "h", "thickness": 8, "outlinewidth": 0, "len": 0.6, "y": -0.02, "yanchor": "top",
                      "ticksuffix": " %", "nticks": 5},
            hovertemplate="%{z:.0f} % of the %{y} films also have %{x}<extra></extra>",
            hoverongaps=False,
        )
    )  # fmt: skip
    every_name = {"showgrid": False, "tickfont": {"size": 11}, "tickvals": list(shares.index),
                  "ticktext": list(map(look.short, shares.index))}  # fmt: skip
    figure.update_xaxes(side="top", tickangle=-90, title={"text": "… also have", "standoff": 12}, **every_name)
    figure.update_yaxes(autorange="reversed", title="Of the films with …", **every_name)
    alt, strongest = "The share of one genre's films that also have another genre.", ""
    pairs = shares.stack()
    if pairs.max() > 0:
        genre, other = pairs.idxmax()
        strongest = f" The largest share: {pairs.max():.0f} % of the {genre} films also have the genre {other}."
    look.show(figure, "genre_pairs", 190 + 23 * len(shares), alt + strongest)
    st.caption(
        "Read along a row: of the films with the genre on the left, this share also has the genre above. The redder "
        "the square, the larger the share. The genres are ordered from the most to the least frequent."
        + plain(strongest)
        + f" {further:,} rarer genres are not shown." * (further > 0)
    )


def length_histogram(catalogue: Catalogue) -> None:
    """How long overviews are."""
    lengths = pd.Series(_overview_lengths(catalogue)[(catalogue.films["overview"] != "").to_numpy()])
    counts, colours = lengths.value_counts().sort_index(), look.colours()
    median, long = lengths.quantile([0.5, 0.95])
    figure = go.Figure(
        go.Bar(
            x=counts.index, y=counts, marker={"color": colours.ink, "opacity": 0.55},
            hovertemplate="%{y:,} overviews of %{x} words<extra></extra>",
        )
    )  # fmt: skip
    for value, text, side in ((median, f"median: {median:.0f}", "top left"), (long, f"95 %: {long:.0f}", "top right")):
        figure.add_vline(
            x=value, line={"color": colours.accent, "width": 1.5, "dash": "dot"},
            annotation={"text": text, "font": {"color": colours.accent}}, annotation_position=side,
        )  # fmt: skip
    figure.update_layout(bargap=0.12)
    figure.update_xaxes(title="Words in the overview", range=[0, lengths.max() * 1.15], ticklabelstandoff=6)
    figure.update_yaxes(title="Films", range=[0, counts.max() * 1.1], ticklabelstandoff=8)  # apart from the other zero
    alt = f"Lengths of overviews: half have up to {median:.0f} words, 95 % up to {long:.0f}, all up to {lengths.max()}."
    look.show(figure, "length_histogram", 380, alt)
    st.caption(
        "Each bar counts the films whose overview has that many words. The dotted lines mark the median and the length "
        f"that 95 % of the overviews do not exceed. The shortest has {lengths.min()} words, the longest "
        f"{lengths.max()}."
    )


def words(catalogue: Catalogue) -> None:
    """The words typical of each genre, and the first 200 words of the vocabulary."""
    table, typical = _words(catalogue)
    if (total := len(catalogue.in_split("train"))) > statistics.MAX_FILMS:
        st.caption(f"Counted in {statistics.MAX_FILMS:,} of the {total:,} training films, chosen at random.")
    if table.empty:
        st.info("This data set has no training films, so there is no vocabulary to show.")
        return
    st.markdown("**Words typical of each genre**")
    _typical_words(typical)
    st.markdown("**The most frequent words**")
    st.caption(
        f"The {len(table)} most frequent words of the training overviews, in lower case and without punctuation. Words "
        "such as “the” say nothing about the genre; words such as “murder” do."
    )
    columns = st.column_config
    st.dataframe(
        table.reset_index(), hide_index=True, height=520, key="vocabulary",
        column_config={
            "rank": columns.NumberColumn("Rank", width="small"),
            "word": "Word",
            "count": columns.ProgressColumn(
                "Occurrences", help="How often the word occurs in the training overviews.", format="localized",
                color="gray", min_value=0, max_value=int(table["count"].max()),
            ),
        },
        alt=f"The most frequent words, starting with {', '.join(table['word'][:5])}.",
    )  # fmt: skip


def _typical_words(table: pd.DataFrame) -> None:
    if table.empty:
        st.caption("No genre has enough training films.")
        return
    listing = table.assign(words=[", ".join(each) or "–" for each in table["words"]])
    listing = listing.rename(columns={"genre": "Genre", "films": "Films", "words": "Typical words"})
    alt = "The words most typical of each genre."
    if len(listing) > MAX_PAIRS:
        st.dataframe(listing, hide_index=True, height=520, key="typical_words", alt=alt)
    else:
        listing["Genre"] = listing["Genre"].map(plain)  # the cells of this table are Markdown
        st.table(listing, hide_index=True, border="horizontal", width="content", alt=alt)
    st.caption(
        f"For each genre with at least {statistics.MIN_FILMS} training films: the words that occur in clearly more "
        "of its overviews than of the others, the most telling first. A name or a place can be among them by chance, "
        "above all where there are few films. A dash: no word stands out. Words such as “the” are left out."
    )


def problem_table(catalogue: Catalogue) -> None:
    """The rows left out, and why."""
    st.caption("These rows of the table cannot be used, for the reasons given. All other films are shown and used.")
    shown = without_paths if is_public() else str
    rows = [(problem.id, shown(problem.problem)) for problem in catalogue.problems]
    st.dataframe(pd.DataFrame(rows, columns=["Film", "Reason"]), hide_index=True, key="problems",
                 column_config={"Film": st.column_config.TextColumn(width="small")},
                 alt=f"{len(rows)} rows left out, with reasons.")  # fmt: skip
