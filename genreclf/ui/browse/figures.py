"""The charts of a data set, each with the sentence that says how to read it."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from genreclf.data import statistics
from genreclf.data.catalogue import Catalogue
from genreclf.ui import look
from genreclf.ui.browse.filters import SPLIT_LABELS
from genreclf.units import listed, percent

_SPLIT_SHADES = {"train": 0.72, "val": 0.42, "test": 0.2}


def genre_bars(catalogue: Catalogue) -> None:
    """How many films have each genre."""
    counts = statistics.genre_counts(catalogue)
    totals = counts.sum(axis=1)
    empty = list(totals.index[totals == 0])
    counts = counts[totals > 0][::-1]  # Plotly draws the first bar at the bottom
    totals = counts.sum(axis=1)
    shares = totals / len(catalogue)
    figure = go.Figure(
        [
            go.Bar(
                y=counts.index, x=counts[split], orientation="h", name=SPLIT_LABELS[split],
                marker={"color": look.colours().mixed(look.colours().ink, shade)},
                hovertemplate="%{y}: %{x:,} " + SPLIT_LABELS[split].lower() + " films<extra></extra>",
            )
            for split, shade in _SPLIT_SHADES.items()
        ]
    )  # fmt: skip
    figure.add_scatter(
        y=counts.index, x=totals, mode="text", textposition="middle right", showlegend=False, hoverinfo="skip",
        text=[f" {total:,} · {percent(share)}" for total, share in zip(totals, shares, strict=True)],
        cliponaxis=False,
    )  # fmt: skip
    figure.update_layout(barmode="stack", bargap=0.28, legend_traceorder="normal")
    figure.update_xaxes(title="Films", range=[0, totals.max() * 1.3], tickformat=",")
    figure.update_yaxes(showgrid=False)
    top = ", ".join(f"{name} {percent(share)}" for name, share in shares[::-1][:3].items())
    look.show(figure, "genre_bars", 90 + 26 * len(counts), f"Films of each genre, the most frequent first: {top}.")
    most = int(catalogue.labels.sum(axis=1).max())
    st.caption(
        "Each bar is the number of films with a genre, and the share of all films beside it; shades show the parts a "
        "model learns from, is tuned on and is measured on."
        + f" A film has up to {most} genres, so that the shares add up to more than 100 %." * (most > 1)
        + (f" No film has {listed(empty, 'or')}." if empty else "")
    )


def genre_pairs(catalogue: Catalogue) -> None:
    """Which genres come together."""
    shares = statistics.genres_together(catalogue)
    percent = shares.to_numpy() * 100
    figure = go.Figure(
        go.Heatmap(
            z=percent, x=shares.columns, y=shares.index, xgap=1, ygap=1, zmin=0, zmax=100,
            colorscale=[[0, look.colours().mixed(look.colours().faint, 0.45)], [1, look.colours().accent]],
            colorbar={"orientation": "h", "thickness": 8, "outlinewidth": 0, "len": 0.6, "y": -0.02, "yanchor": "top",
                      "ticksuffix": " %", "nticks": 5},
            hovertemplate="%{z:.0f} % of the %{y} films also have %{x}<extra></extra>",
            hoverongaps=False,
        )
    )  # fmt: skip
    every_name = {"showgrid": False, "dtick": 1, "tickfont": {"size": 11}}
    figure.update_xaxes(side="top", tickangle=-90, title="… also have", **every_name)
    figure.update_yaxes(autorange="reversed", title="Of the films with …", **every_name)
    ranked = [
        (percent[row, column], shares.index[row], shares.columns[column])
        for row, column in zip(*np.nonzero(np.nan_to_num(percent)), strict=True)
    ]
    strongest = ""
    if ranked:
        share, genre, other = max(ranked)
        strongest = f" Strongest: {share:.0f} % of the {genre} films also have {other}."
    alt = "Share of one genre's films that have another." + strongest
    look.show(figure, "genre_pairs", 190 + 23 * len(shares), alt)
    st.caption(
        "Read a row: of the films with the genre on the left, the share that also has the genre above. The redder the "
        "square, the larger the share; rows and columns go from the most frequent genre to the rarest." + strongest
    )


def length_histogram(catalogue: Catalogue) -> None:
    """How long overviews are."""
    lengths = statistics.overview_lengths(catalogue)
    median, most = np.median(lengths), np.percentile(lengths, 95)
    counts = pd.Series(lengths).value_counts().sort_index()
    figure = go.Figure(
        go.Bar(
            x=counts.index, y=counts, marker={"color": look.colours().ink, "opacity": 0.55},
            hovertemplate="%{y:,} overviews of %{x} words<extra></extra>",
        )
    )  # fmt: skip
    for place, words, side in ((median, f"half have up to {median:.0f}", "top left"),
                               (most, f"95 % have up to {most:.0f}", "top right")):  # fmt: skip
        figure.add_vline(
            x=place, line={"color": look.colours().accent, "width": 1.5, "dash": "dot"},
            annotation={"text": words, "font": {"color": look.colours().accent}}, annotation_position=side,
        )  # fmt: skip
    figure.update_layout(bargap=0.12)
    figure.update_xaxes(title="Words in the overview", range=[0, lengths.max() + 1])
    figure.update_yaxes(title="Films", rangemode="tozero")
    alt = f"Lengths of overviews: half have up to {median:.0f} words, 95 % up to {most:.0f}, all up to {lengths.max()}."
    look.show(figure, "length_histogram", 380, alt)
    st.caption(
        "Each bar is the number of films whose overview has that many words. The dotted lines mark the median and the "
        f"length that 95 % of the overviews stay within; the shortest has {lengths.min()}, the longest {lengths.max()}."
    )


def vocabulary_table(catalogue: Catalogue) -> None:
    """The first 200 words of the vocabulary."""
    table = statistics.first_words(catalogue)
    if table.empty:
        st.info("No film of this data set is in its training part, so there is no vocabulary to show.")
        return
    st.caption(
        f"The {len(table)} most frequent words of the training overviews, lower-case and without punctuation: what a "
        "model that reads overviews learns first. Words such as “the” carry no genre; words such as “murder” do."
    )
    st.dataframe(
        table.reset_index(),
        hide_index=True,
        height=520,
        key="vocabulary",
        column_config={
            "rank": st.column_config.NumberColumn("Rank", width="small"),
            "word": st.column_config.TextColumn("Word"),
            "times": st.column_config.ProgressColumn(
                "Times", help="How often the word occurs.", format="localized", color="gray",
                min_value=0, max_value=int(table["times"].max()),
            ),
        },
        alt=f"The most frequent words, led by {', '.join(table['word'][:5])}.",
    )  # fmt: skip


def problem_table(catalogue: Catalogue) -> None:
    """The rows left out, and why."""
    st.caption(
        "These rows of the table could not be used and were left out; each film's reason stands beside it. The rest of "
        "the data set is not affected."
    )
    st.dataframe(
        pd.DataFrame([(problem.id, problem.problem) for problem in catalogue.problems], columns=["Film", "Reason"]),
        hide_index=True,
        key="problems",
        column_config={"Film": st.column_config.TextColumn(width="small")},
        alt=f"{len(catalogue.problems)} rows left out, with reasons.",
    )
