"""Corrections of genres, which change what is loaded but never the data set."""

import threading

import numpy as np
import predicted_sets
import pytest

from genreclf import paths
from genreclf.data import corrections
from genreclf.data.catalogue import TABLE_NAME, load_catalogue
from genreclf.data.corrections import (
    ACCEPT,
    CONFIRMED,
    EDITED,
    LEFT_OUT,
    STALE,
    UNKNOWN,
    card_facts,
    card_sentence,
    corrections_state,
    unused_sentence,
)  # fmt: skip
from genreclf.data.prepared import folder_of
from genreclf.errors import UserError
from genreclf.evaluation.predictions import predict_split
from genreclf.locks import hold_lock
from genreclf.weights import read_weights

FIRST, SECOND, THIRD = "tt0000001", "tt0000002", "tt0000003"


@pytest.fixture
def films(film_folder):
    """The 60 films, which a test may correct; a call loads them again."""
    return lambda: load_catalogue(film_folder)


def genres_of(catalogue, film: str) -> list[str]:
    return catalogue.films["genres"].iloc[catalogue.position(film)]


def write(folder, text: str) -> None:
    """Edit the file by hand."""
    path = paths.corrections_file(folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


# Editing, confirming, leaving out and undoing


def test_a_film_has_its_corrected_genres(films, film_folder):
    before, table = films(), (film_folder / TABLE_NAME).read_bytes()
    assert corrections.correct(before, {FIRST: ["war", "drama"]}, ACCEPT, "seen it") == [FIRST]
    after = films()
    assert genres_of(after, FIRST) == ["Drama", "War"]
    at = after.position(FIRST)
    assert np.flatnonzero(after.labels[at]).tolist() == [after.genres.index("Drama"), after.genres.index("War")]
    row = after.corrections.rows[FIRST]
    assert (row.action, row.note, row.effect) == (ACCEPT, "seen it", EDITED)
    assert list(row.before) == genres_of(before, FIRST)
    others = np.arange(len(after)) != at
    assert (after.labels[others] == before.labels[others]).all()
    assert (film_folder / TABLE_NAME).read_bytes() == table
    assert not [path for path in film_folder.rglob("*correct*")]


def test_what_is_computed_from_the_films_alone_stays_valid(films):
    before = films()
    corrections.correct(before, {FIRST: ["War"]})
    after = films()
    assert after.digest != before.digest
    assert folder_of(after) == folder_of(before)
    assert after.table_digest == before.digest


def test_a_model_trained_before_a_correction_was_still_trained_here(films, tmp_path):
    root = predicted_sets.write_predicted(tmp_path / "weights", films(), {"prior": 0.0})
    assert predict_split(films(), choice=root).trained_here == ["prior"]
    corrections.leave_out(films(), [FIRST])
    corrections.correct(films(), {SECOND: ["War"]})
    predicted_sets.simulate(films(), read_weights(root / "prior"), 0.3)
    assert predict_split(films(), choice=root).trained_here == ["prior"]


def test_undo_gives_back_the_table(films, film_folder):
    before = films()
    corrections.correct(before, {FIRST: ["War"], SECOND: ["War"]})
    corrections.leave_out(films(), [THIRD], "a trailer")
    corrections.undo(film_folder, [FIRST, SECOND, THIRD])
    after = films()
    assert (after.digest, after.inputs_digest) == (before.digest, before.inputs_digest)
    assert not after.corrections.rows
    with pytest.raises(UserError, match=FIRST):
        corrections.undo(film_folder, [FIRST])


def test_the_genres_of_the_table_are_no_correction(films):
    catalogue = films()
    corrections.correct(catalogue, {FIRST: ["War"]})
    assert corrections.correct(films(), {FIRST: genres_of(catalogue, FIRST)}) == []
    assert not films().corrections.rows


def test_a_film_left_out_is_not_among_the_films(films):
    before = films()
    corrections.leave_out(before, [SECOND], "a trailer")
    after = films()
    assert len(after) == len(before) - 1
    assert SECOND not in set(after.films["id"])
    assert after.problems == before.problems
    assert list(after.corrections.left_out) == [SECOND]
    assert after.inputs_digest != before.inputs_digest, "arrays have a row for each film"
    assert [poster.sha256 for poster in after.posters] == [
        each.sha256 for each, film in zip(before.posters, before.films["id"], strict=True) if film != SECOND
    ]
    with pytest.raises(UserError, match="undo"):
        corrections.correct(after, {SECOND: ["War"]})


def test_not_all_films_can_be_left_out(films):
    catalogue = films()
    corrections.leave_out(catalogue, catalogue.films["id"])
    with pytest.raises(UserError, match=r"corrections\.csv"):
        films()


def test_confirmed_genres_stay_as_they_are(films):
    corrections.correct(films(), {FIRST: ["War"]})
    corrections.reject(films(), [FIRST, SECOND])
    after = films()
    assert genres_of(after, FIRST) == ["War"]
    assert set(after.corrections.with_effect(CONFIRMED)) == {FIRST, SECOND}
    assert set(after.corrections.edited) == {FIRST}


def test_a_genre_that_the_set_lacks_is_refused(films):
    with pytest.raises(UserError, match="Western"):
        corrections.correct(films(), {FIRST: ["Drama"], SECOND: ["Westen"]})
    assert not films().corrections.rows, "nothing is changed"
    with pytest.raises(UserError):
        corrections.correct(films(), {FIRST: []})
    with pytest.raises(UserError, match="nosuch"):
        corrections.correct(films(), {"nosuch": ["Drama"]})


def test_a_set_with_its_own_genres(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    rows = [
        f'm{n},"{"Noir|Heist" if n % 2 else "Heist"}",A quiet story about a thief and a policeman.' for n in range(9)
    ]
    (folder / TABLE_NAME).write_text("\n".join(["Id,Genre,Overview", *rows]), "utf-8")
    catalogue = load_catalogue(folder)
    corrections.correct(catalogue, {"m0": ["noir"]})
    after = load_catalogue(folder)
    assert genres_of(after, "m0") == ["Noir"]
    assert after.genres == catalogue.genres
    with pytest.raises(UserError):
        corrections.correct(after, {"m1": ["Drama"]})


# The file


def test_a_changed_table_makes_a_correction_stale(films, film_folder):
    corrections.correct(films(), {FIRST: ["War"]})
    table = film_folder / TABLE_NAME
    lines = table.read_text("utf-8").splitlines()
    first, second = lines[1], lines[2]
    table.write_text("\n".join([lines[0], second.replace(SECOND, FIRST), *lines[2:]]), "utf-8")
    assert first != second
    after = films()
    assert after.corrections.rows[FIRST].effect == STALE
    assert genres_of(after, FIRST) == genres_of(after, SECOND)
    assert card_facts(after.corrections) == {}


def test_the_file_may_be_edited_by_hand(films, film_folder):
    write(film_folder, f"\ufeffid;Genre;Action\r\n{FIRST};Drama|War;\r\n{SECOND};;Leave-out\r\nnosuch;War;edit\r\n")
    catalogue = films()
    effects = {film: row.effect for film, row in catalogue.corrections.rows.items()}
    assert effects == {FIRST: EDITED, SECOND: LEFT_OUT, "nosuch": UNKNOWN}
    assert genres_of(catalogue, FIRST) == ["Drama", "War"]


def test_rows_that_cannot_be_used_are_reported_and_stay(films, film_folder):
    rows = [
        f"{FIRST},War,rewrite",
        f"{SECOND},,edit",
        f"{THIRD},Telenovela,edit",
        ",War,edit",
        f"{FIRST},War",
        "a,b,c,d",
    ]
    write(film_folder, "\n".join(["Id,Genre,Action", *rows, f"{FIRST},Drama,"]))
    catalogue = films()
    assert {film for film, _ in catalogue.corrections.problems} == {FIRST, SECOND, THIRD, "", "a"}
    assert genres_of(catalogue, FIRST) == ["Drama"], "the last row counts"
    corrections.correct(catalogue, {"tt0000004": ["War"]})
    text = paths.corrections_file(film_folder).read_text("utf-8")
    assert "rewrite" in text
    assert "Telenovela" in text


@pytest.mark.parametrize("content", [b"\xff\xfe\x00\xd8", b"Id\n1", b"PK\x03\x04", b'Id,Genre\n"a'])
def test_a_file_that_cannot_be_read_changes_nothing(films, film_folder, content):
    path = paths.corrections_file(film_folder)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    catalogue = films()
    assert len(catalogue) == 60
    assert catalogue.corrections.problems
    with pytest.raises(UserError, match=r"corrections\.csv"):
        corrections.correct(catalogue, {FIRST: ["War"]})
    assert path.read_bytes() == content


def test_each_folder_has_its_own_corrections(films, tmp_path, shared_film_folder):
    corrections.correct(films(), {FIRST: ["War"]})
    assert not load_catalogue(shared_film_folder).corrections.rows
    link = tmp_path / "link"
    link.symlink_to(films().folder)
    assert load_catalogue(link).corrections.rows


def test_a_correction_changes_the_state_of_the_data(films, film_folder):
    states = [corrections_state(film_folder)]
    corrections.correct(films(), {FIRST: ["War"]})
    states.append(corrections_state(film_folder))
    corrections.undo(film_folder, [FIRST])
    states.append(corrections_state(film_folder))
    assert len(set(states)) == 3


def test_two_who_correct_at_once_lose_nothing(films):
    catalogue = films()
    threads = [
        threading.Thread(target=corrections.correct, args=(catalogue, {film: ["War"]}))
        for film in catalogue.films["id"]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(films().corrections.rows) == len(catalogue)


def test_a_held_lock_is_said(films, film_folder, monkeypatch):
    monkeypatch.setattr(corrections, "_PATIENCE", 0.05)
    with hold_lock(paths.corrections_file(film_folder).with_suffix(".lock")), pytest.raises(UserError, match="again"):
        corrections.correct(films(), {FIRST: ["War"]})


def test_corrections_of_others_are_merged(films, film_folder, tmp_path):
    given = tmp_path / "theirs.csv"
    given.write_text(f"Id,Genre\n{FIRST},War\nnosuch,War\n{SECOND},Telenovela\n", "utf-8")
    catalogue = films()
    usable = corrections.usable_in(catalogue, corrections.read_file(given))
    assert {film for film, _ in usable.problems} == {"nosuch", SECOND}
    corrections.merge(film_folder, usable)
    assert set(films().corrections.rows) == {FIRST}


# What a model's card says


def test_a_card_counts_the_corrections(films):
    assert card_facts(films().corrections) == {}
    assert card_sentence({}) == ""
    corrections.correct(films(), {FIRST: ["War"], SECOND: ["War"]})
    corrections.reject(films(), [FIRST, "tt0000004"])
    corrections.leave_out(films(), [THIRD])
    facts = card_facts(films().corrections)
    assert (facts["edited"], facts["left_out"]) == (2, 1)
    assert len(facts["sha256"]) == 64
    corrections.correct(films(), {SECOND: ["Western"]})
    assert card_facts(films().corrections)["sha256"] != facts["sha256"]
    assert "2 films" in card_sentence(facts)
    assert "1 film " in card_sentence(facts)
    assert card_sentence({"edited": "x", "left_out": None}) == ""


def test_a_training_uses_corrections_and_says_so(films, film_folder):
    from genreclf.runs.queue import new_run
    from genreclf.training.fit import train
    from genreclf.weights.card import load_card

    run = new_run("prior", film_folder)
    assert "corrections" not in train(run)
    ids = films().films["id"][films().in_split("train")].tolist()
    corrections.correct(films(), {film: ["War"] for film in ids[:5]})
    corrections.leave_out(films(), ids[5:7])
    corrected = new_run("prior", film_folder)
    card = train(corrected)
    assert (card["corrections"]["edited"], card["corrections"]["left_out"]) == (5, 2)
    assert card["data_digest"] == run.card["data_digest"]
    assert card["films"]["train"] == run.card["films"]["train"] - 2
    assert load_card(corrected.card_file)["corrections"] == corrected.films.corrections == card["corrections"]
    war = films().genres.index("War")
    with np.load(corrected.folder / card["weights_file"]) as after, np.load(run.folder / "model.npz") as before:
        [name] = [name for name in after.files if after[name].shape == (25,)]
        assert after[name][war] > before[name][war]
    with pytest.raises(UserError, match="changed"):
        train(run)


def test_runs_with_other_corrections_are_told_apart(films, film_folder):
    from genreclf.runs import compare
    from genreclf.runs.queue import new_run
    from genreclf.training.fit import train

    runs = [new_run("prior", film_folder)]
    train(runs[0])
    corrections.correct(films(), {FIRST: ["War"]})
    runs.append(new_run("prior", film_folder))
    train(runs[1])
    compared = compare.read_all(runs)
    [line] = [line for line in compare.settings(compared) if line.key == "corrections"]
    assert line.differs
    assert line.values[0] == "none"
    assert "1 edited" in line.values[1]
    assert any("corrected" in caution for caution in compare.cautions(compared))


def test_a_row_whose_cells_are_not_known_never_becomes_a_correction(films, film_folder):
    """Written again without its last cells, a genre of a list without quotes would be the only one."""
    before = genres_of(films(), FIRST)
    write(film_folder, f"Id,Genre,Action\n{FIRST},War, Horror,edit\n")
    for film in (SECOND, THIRD):
        corrections.leave_out(films(), [film])
        assert genres_of(films(), FIRST) == before
        assert [film for film, _ in films().corrections.problems] == [FIRST]


def test_genres_that_another_has_changed_are_not_confirmed_unseen(films):
    seen = films()
    corrections.correct(films(), {FIRST: ["War"]})
    with pytest.raises(UserError, match="meanwhile"):
        corrections.reject(seen, [FIRST])
    corrections.reject(films(), [FIRST])
    assert genres_of(films(), FIRST) == ["War"]


@pytest.mark.parametrize("text", ["Id,Genre\nnobody,War\n", f"Id,Genre\n{FIRST},Nope\n", "Id,Overview\n1,x\n", "\0"])
def test_corrections_that_are_not_used_are_told(films, film_folder, text):
    write(film_folder, text)
    assert "used" in unused_sentence(films().corrections)
    write(film_folder, f"Id,Genre\n{FIRST},War\n")
    assert not unused_sentence(films().corrections)


def test_another_film_under_the_same_id_is_not_left_out(films, film_folder):
    corrections.leave_out(films(), [FIRST])
    assert FIRST not in films().films["id"].tolist()
    table = film_folder / TABLE_NAME
    lines = table.read_text("utf-8").splitlines(keepends=True)
    at = next(at for at, line in enumerate(lines) if line.startswith(FIRST))
    other = next(
        line for line in lines[1:] if line.split("]")[0].split("[")[1] != lines[at].split("]")[0].split("[")[1]
    )
    lines[at] = FIRST + other[len(FIRST) :]
    table.write_text("".join(lines), "utf-8")
    assert FIRST in films().films["id"].tolist()
    assert FIRST in unused_sentence(films().corrections)
