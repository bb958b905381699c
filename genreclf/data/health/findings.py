"""What in a data set harms training or makes its scores mislead: findings, each with its films.

>>> from genreclf import load_catalogue
>>> [finding.kind for finding in findings(load_catalogue("assets/sample"))]  # doctest: +SKIP
['genres_too_rare_to_learn', 'black_and_white_posters', 'genres_too_rare_to_judge']
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from genreclf.data.catalogue import Catalogue
from genreclf.data.health.languages import ENGLISH, language_of
from genreclf.data.overviews import overview_problem
from genreclf.data.posters import REPORT_SIZE
from genreclf.data.splits import SPLITS
from genreclf.data.twins import LEAKS, MAX_COPIES, NAMES, is_stub, leak_sentences, with_twin
from genreclf.genres import genre_key, label_of
from genreclf.units import listed, percent

SERIOUS, WARNING, NOTE = SEVERITIES = ("serious", "warning", "note")
MIN_TO_LEARN = 10  # training films of a genre
MIN_TO_JUDGE = 20  # test films of a genre
MIN_FILMS = {"train": 200, "val": 50, "test": 100}
MAX_SHARE = 0.95  # of the films; a genre of more of them says little
MAX_TYPO = 0.05  # of the films of the name that was meant
MIN_TYPO_LETTERS = 5  # "War" and "Wax" are not the same
MIN_SIDE = min(REPORT_SIZE)  # pixels; even the smallest model's input has as many
MIN_CONTRAST, MIN_COLOUR = 8.0, 3.0  # of 255, see ``genreclf.data.posters.Look``
LISTED = 8  # genres or languages; of more, the first are named


@dataclass(frozen=True)
class Finding:
    """Something doubtful in a data set.

    Attributes:
        kind: a name for programs, such as ``"overviews_cut_off"``; its ``title`` is for people.
        severity: ``"serious"`` (scores mislead), ``"warning"`` or ``"note"`` (may well be as it should).
        message: what was found, a sentence.
        effect: what it does to training or scores, in sentences.
        films: the films' positions in the catalogue, int ``(n,)``; empty if it is not about single films.
        leave_out: those of them that mend it if they are left out; empty if that would not help.
    """

    kind: str
    severity: str
    message: str
    effect: str
    films: np.ndarray
    leave_out: np.ndarray

    @property
    def title(self) -> str:
        """The kind in words, "Overviews cut off"."""
        return self.kind.replace("_", " ").capitalize()

    def as_json(self, film_ids: Sequence[str]) -> dict:
        """As ``data info --json`` prints it, with the ids of all its films."""
        films, leave_out = ([film_ids[film] for film in each] for each in (self.films, self.leave_out))
        texts = {"kind": self.kind, "severity": self.severity, "message": self.message, "effect": self.effect}
        return {**texts, "films": films, "leave_out": leave_out}


def findings(catalogue: Catalogue) -> list[Finding]:
    """All findings, the serious ones first; it takes half a second for 6,000 films."""
    parts: tuple[Callable[[Catalogue], Iterator[Finding]], ...] = (_splits, _twins, _overviews, _posters, _genres)
    found = [finding for part in parts for finding in part(catalogue)]
    return sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))


def _finding(
    kind: str,
    severity: str,
    message: str,
    effect: str,
    films: Iterable[int] = (),
    leave_out: Iterable[int] | None = None,
) -> Finding:
    """A finding; what to leave out is by default all its films."""
    shown = np.array(list(films), int)
    return Finding(kind, severity, message, effect, shown, shown if leave_out is None else np.array([*leave_out], int))


def _splits(catalogue: Catalogue) -> Iterator[Finding]:
    for split, least in MIN_FILMS.items():
        if (count := len(catalogue.in_split(split))) >= least:
            continue
        effect = {
            "train": "Networks learn little from so few; those with pretrained parts do best.",
            "val": "Thresholds, calibration and the best epoch are chosen on them, and depend on chance.",
            "test": f"By chance alone, a top-1 score of 50 % may be off by {98 / max(1, count) ** 0.5:.0f} points."
            if count else "No score can be computed on test films.",
        }[split]  # fmt: skip
        message = (
            f"The {NAMES[split]} split has only {_films(count)}." if count else f"The {NAMES[split]} split is empty."
        )
        yield _finding(f"small_{NAMES[split]}_split", WARNING, message, effect)


def _twins(catalogue: Catalogue) -> Iterator[Finding]:
    groups, splits = catalogue.twins, catalogue.films["split"].to_numpy()
    rows = {split: np.flatnonzero(splits == split) for split in SPLITS}
    for one, other in LEAKS:
        seen = rows[one][with_twin(groups, rows[one], rows[other])]
        if not len(seen):
            continue
        twins = rows[other][np.isin(groups[rows[other]], groups[seen])]
        both = np.concatenate([seen, twins])
        leave_out, removed = (twins, other) if other == "val" else (seen, one)  # test films are dearest, then training
        (message,) = leak_sentences({f"{one}_in_{other}": len(seen)}, {one: len(rows[one])})
        yield _finding(
            f"{NAMES[one]}_films_with_twins_in_{NAMES[other]}", SERIOUS if other == "train" else WARNING, message,
            f"{_memory(catalogue, one, seen, twins)} Leaving out removes the {NAMES[removed]} films, not their twins.",
            both[np.argsort(groups[both], kind="stable")], leave_out,
        )  # fmt: skip
    keys = groups * len(SPLITS) + np.unique(splits, return_inverse=True)[1]
    _, first, key, counts = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
    again = np.flatnonzero(counts[key] > 1)
    if len(again):
        again = again[np.argsort(keys[again], kind="stable")]
        yield _finding(
            "twins_in_one_split", NOTE,
            f"{_films(len(again))} share the poster or nearly the whole overview with a film of the same split.",
            "They count more than once, in training or in scores. Leaving out keeps the first of each.",
            again, again[~np.isin(again, first)],
        )  # fmt: skip


def _memory(catalogue: Catalogue, split: str, seen: np.ndarray, twins: np.ndarray) -> str:
    """What a model that copies the genres of the twins gets right of the films that have some."""
    if split == "val":
        return "Thresholds, calibration and the best epoch are chosen on these films, which favours memory."
    groups, labels = catalogue.twins, catalogue.labels
    frequency = labels[catalogue.in_split("train")].sum(axis=0)
    common = int(labels[seen, int(frequency.argmax())].sum())
    copied = 0
    for film in seen:
        rates = labels[twins[groups[twins] == groups[film]]].mean(axis=0) + 1e-9 * frequency
        copied += int(labels[film, int(rates.argmax())])
    total = len(catalogue.in_split(split))
    gain = 100 * max(0, copied - common) / total
    adds = (
        f"can add up to {gain:.1f} points to the top-1 of all {total:,} test films" if gain else "adds nothing to top-1"
    )
    return (
        f"Who only copies a genre of the twin names a right one for {copied:,} of {len(seen):,}; the most frequent "
        f"genre is right for {common:,}. So memory {adds}. Evaluate also shows the BCE without them."
    )


def _overviews(catalogue: Catalogue) -> Iterator[Finding]:
    texts = catalogue.films["overview"].tolist()
    with_text = [film for film, text in enumerate(texts) if text]
    if catalogue.has_overviews and len(with_text) < len(texts):
        yield _lacking("overview", [film for film, text in enumerate(texts) if not text], len(texts))
    same: dict[str, list[int]] = defaultdict(list)
    for film in with_text:
        same[texts[film].casefold()].append(film)
    repeated = _largest_groups(same.values())
    if known := list(dict.fromkeys([*repeated, *(film for film in with_text if overview_problem(texts[film]))])):
        example = " ".join(texts[known[0]].split()[:8])
        yield _finding(
            "placeholder_overviews", WARNING,
            f"{_films(len(known))} ha{_ve(known)} an overview that says nothing of the plot, or that more than "
            f"{MAX_COPIES} films have, such as “{example}”.",
            "Models can only answer with the genres of all such films, and scores on them say nothing about reading.",
            known,
        )  # fmt: skip
    if stubs := [film for film in with_text if is_stub(texts[film])]:
        yield _finding(
            "overviews_cut_off", NOTE,
            f"{len(stubs):,} overview{'s stop' if len(stubs) > 1 else ' stops'} before the end of a sentence.",
            "Models read and learn from only what is left of the plot.", stubs,
        )  # fmt: skip
    languages: dict[str, list[int]] = defaultdict(list)
    for film in with_text:
        if (language := language_of(texts[film])) != ENGLISH:
            languages[language].append(film)
    if languages:
        ranked = sorted(languages.items(), key=lambda item: -len(item[1]))
        foreign = [film for _, films in ranked for film in films]
        yield _finding(
            "overviews_in_other_languages", WARNING,
            f"{_films(len(foreign))} ha{_ve(foreign)} an overview that is probably not in English: "
            f"{_listed([f'{name} {len(films):,}' for name, films in ranked])}.",
            "The shipped models have read English only and answer much the same for anything else. Models that are "
            "trained here learn a language from its own training films alone.", foreign,
        )  # fmt: skip


def _posters(catalogue: Catalogue) -> Iterator[Finding]:
    if not catalogue.has_posters:
        return
    looks = [(film, poster.look) for film, poster in enumerate(catalogue.posters) if poster and poster.look]
    if missing := [film for film, poster in enumerate(catalogue.posters) if poster is None]:
        yield _lacking("poster", missing, len(catalogue))
    same: dict[str, list[int]] = defaultdict(list)
    for film, poster in enumerate(catalogue.posters):
        if poster:
            same[poster.sha256].append(film)
    blank = [film for film, look in looks if look.contrast < MIN_CONTRAST]
    kinds: tuple[tuple[str, str, list[int], str, str], ...] = (
        ("posters_of_many_films", WARNING, _largest_groups(same.values()),
         f"a poster that more than {MAX_COPIES} films have",
         "It is a placeholder, or the films belong together: models can only answer with the genres of all of them."),
        ("blank_posters", WARNING, blank, "a poster of nearly one colour",
         "There is nothing to see, so a model of posters can only guess."),
        ("tiny_posters", WARNING, [film for film, look in looks if min(look[:2]) < MIN_SIDE],
         f"a poster of fewer than {MIN_SIDE} pixels on a side",
         "All models enlarge them, and see less than on other posters."),
        ("pictures_wider_than_high", NOTE, [film for film, look in looks if look.width > look.height],
         "a picture that is wider than high",
         "It is probably a scene, not a poster: it has no lettering, and is scaled out of shape for the models."),
        ("black_and_white_posters", NOTE, sorted({film for film, look in looks if look.colour < MIN_COLOUR} - {*blank}),
         "a poster in black and white",
         "Many are real. Models also know genres by colours, and these show none."),
    )  # fmt: skip
    for kind, severity, films, what, effect in kinds:
        if films:
            yield _finding(kind, severity, f"{_films(len(films))} ha{_ve(films)} {what}.", effect, films)


def _genres(catalogue: Catalogue) -> Iterator[Finding]:
    labels, names = catalogue.labels.astype(bool), catalogue.genres
    counts = {split: labels[catalogue.in_split(split)].sum(axis=0) for split in SPLITS}
    total = labels.sum(axis=0)
    for rare, meant in _typos(names, total):
        yield _finding(
            "genres_spelt_alike", WARNING,
            f"The genre {names[rare]} ({_films(int(total[rare]))}) is spelt nearly like {names[meant]} "
            f"({_films(int(total[meant]))}).",
            "If they are the same, models learn each from fewer films and are wrong with either. Correct the films' "
            "genres on Compare, or leave them out.",
            np.flatnonzero(labels[:, rare]),
        )  # fmt: skip
    few = np.flatnonzero((total > 0) & (counts["train"] < MIN_TO_LEARN))
    if len(few):
        yield _finding(
            "genres_too_rare_to_learn", WARNING,
            f"{_count(few, 'genre')} ha{_ve(few)} fewer than {MIN_TO_LEARN} training films: "
            f"{_counted(names, counts['train'], few)}.",
            "Models will hardly ever predict them, and macro scores, which count every genre alike, fall.",
            np.flatnonzero(labels[:, few].any(axis=1)),
        )  # fmt: skip
    judged = (total > 0) & (counts["test"] >= MIN_TO_JUDGE)
    few = np.flatnonzero((total > 0) & ~judged)
    if len(few) and len(catalogue.in_split("test")):
        enough = np.flatnonzero(judged)
        rest = (
            f"{_count(enough, 'genre')} ha{_ve(enough)} {MIN_TO_JUDGE} or more."
            if len(enough)
            else "No genre has more."
        )
        yield _finding(
            "genres_too_rare_to_judge", NOTE,
            f"{_count(few, 'genre')} ha{_ve(few)} fewer than {MIN_TO_JUDGE} test films: "
            f"{_counted(names, counts['test'], few)}.",
            f"Their scores depend on chance, and macro scores, which count every genre alike, rest on them too. {rest}",
            np.flatnonzero(labels[:, few].any(axis=1) & (catalogue.films["split"] == "test").to_numpy()), (),
        )  # fmt: skip
    for genre in np.flatnonzero(total > MAX_SHARE * len(labels)):
        yield _finding(
            "genre_of_nearly_all_films", WARNING,
            f"{percent(total[genre] / len(labels))} of the films have the genre {names[genre]}.",
            "Always answering with it is nearly always right: top-1 and micro scores look good without any skill.",
            np.flatnonzero(~labels[:, genre]), (),
        )  # fmt: skip


def _typos(names: Sequence[str], counts: np.ndarray) -> list[tuple[int, int]]:
    """Pairs of a rare genre and a frequent one whose names differ in a letter that is another, missing or moved."""
    near: dict[str, set[int]] = defaultdict(set)
    for genre, key in enumerate(map(genre_key, names)):
        if counts[genre] and len(key) >= MIN_TYPO_LETTERS:
            for variant in (key, key.removesuffix("s"), *(key[:at] + key[at + 1 :] for at in range(len(key)))):
                near[variant].add(genre)
    pairs = {
        tuple(sorted(pair, key=lambda genre: counts[genre])) for same in near.values() for pair in combinations(same, 2)
    }
    return sorted(
        (rare, meant) for rare, meant in pairs
        if counts[rare] <= max(1, MAX_TYPO * counts[meant]) and not (label_of(names[rare]) and label_of(names[meant]))
    )  # fmt: skip


def _lacking(what: str, films: list[int], total: int) -> Finding:
    verb = "has" if len(films) == 1 else "have"
    effect = (
        f"Models of {what}s are neither trained nor measured on them, and models of both answer by the other input."
    )
    return _finding(
        f"films_without_{what}", NOTE, f"{len(films):,} of {_films(total)} {verb} no {what}.", effect, films, ()
    )


def _largest_groups(groups: Iterable[list[int]]) -> list[int]:
    """The films of all groups of more than ``MAX_COPIES``, the largest group first."""
    return [film for group in sorted(groups, key=len, reverse=True) if len(group) > MAX_COPIES for film in group]


def _ve(films: Sequence[int] | np.ndarray) -> str:
    """The end of "has" or "have"."""
    return "s" if len(films) == 1 else "ve"


def _films(count: int, kind: str = "") -> str:
    return f"{count:,} {kind}{' ' * bool(kind)}film{'s' * (count != 1)}"


def _count(of: np.ndarray, what: str) -> str:
    return f"{len(of):,} {what}{'s' * (len(of) != 1)}"


def _counted(names: Sequence[str], counts: np.ndarray, genres: np.ndarray) -> str:
    """Genres with their numbers of films, the most frequent first: "War 19, News 3"."""
    return _listed(
        [f"{names[genre]} {counts[genre]:,}" for genre in genres[np.argsort(-counts[genres], kind="stable")]]
    )


def _listed(items: Sequence[str]) -> str:
    return listed([*items[:LISTED], *([f"{len(items) - LISTED:,} more"] if len(items) > LISTED else [])])
