"""Label Studio: tasks for it, and its exports, made up in the shape of its own."""

import json
from xml.etree import ElementTree

import pytest

from genreclf.data import label_studio
from genreclf.data.catalogue import load_catalogue
from genreclf.errors import UserError

FILMS = [f"tt{number:07d}" for number in range(1, 6)]


@pytest.fixture
def catalogue(film_folder):
    return load_catalogue(film_folder)


def genres_of(catalogue, film: str) -> list[str]:
    return catalogue.films["genres"].iloc[catalogue.position(film)]


def annotation(genres: list[str], by: int = 1, at: str = "2026-11-30T10:00:00Z", **fields) -> dict:
    chosen = {"value": {"choices": genres}, "id": "a1B2c3", "from_name": "genres", "to_name": "overview",
              "type": "choices", "origin": "manual"}  # fmt: skip
    return {"id": 7, "completed_by": by, "result": [chosen] if genres else [], "was_cancelled": False,
            "ground_truth": False, "created_at": at, "updated_at": at, "lead_time": 4.2, **fields}  # fmt: skip


def exported(catalogue, annotations: dict[str, list[dict]]) -> list[dict]:
    """The full export of a project with these tasks."""
    tasks = label_studio.tasks(catalogue, [film for film in annotations if film in set(catalogue.films["id"])])
    data = {task["data"]["film"]: task["data"] for task in tasks}
    return [
        {"id": number, "annotations": each, "file_upload": "x.json", "drafts": [], "predictions": [], "meta": {},
         "data": data.get(film, {"film": film}), "created_at": "2026-11-30T09:00:00Z", "inner_id": number,
         "total_annotations": len(each), "project": 1, "comment_count": 0}
        for number, (film, each) in enumerate(annotations.items(), start=101)
    ]  # fmt: skip


def as_json_min(full: list[dict]) -> list[dict]:
    """The same in the other form: a row for each annotation, in which a single choice is no list."""
    rows = []
    for task in full:
        for each in task["annotations"]:
            choices = [name for result in each["result"] for name in result["value"]["choices"]]
            answer = {"genres": choices[0] if len(choices) == 1 else {"choices": choices}} if choices else {}
            rows.append({**task["data"], "id": task["id"], **answer, "annotator": each["completed_by"],
                         "annotation_id": each["id"], "created_at": each["created_at"],
                         "updated_at": each["updated_at"], "lead_time": each["lead_time"]})  # fmt: skip
    return rows


def test_a_task_has_what_the_interface_shows(catalogue):
    [task] = label_studio.tasks(catalogue, FILMS[:1])
    view = ElementTree.fromstring(label_studio.labelling_config(catalogue))
    shown = {value.removeprefix("$") for each in view.iter() if (value := each.get("value", "")).startswith("$")}
    assert shown <= set(task["data"])
    assert task["data"]["film"] == FILMS[0]
    assert task["data"]["poster"].endswith(f"/Images/{FILMS[0]}.jpg")
    [choices] = view.iter("Choices")
    assert tuple(choice.get("value") for choice in choices) == catalogue.genres
    [start] = task["predictions"][0]["result"]
    assert (start["from_name"], start["to_name"]) == (choices.get("name"), choices.get("toName"))
    assert start["value"]["choices"] == genres_of(catalogue, FILMS[0])
    assert {each.get("name") for each in view.iter()} >= {start["to_name"]}


def test_posters_may_be_elsewhere(catalogue):
    [task] = label_studio.tasks(catalogue, FILMS[:1], posters="https://example.org/posters/")
    assert task["data"]["poster"] == f"https://example.org/posters/{FILMS[0]}.jpg"


@pytest.mark.parametrize("form", [lambda full: full, as_json_min])
def test_an_export_comes_back_as_corrections(catalogue, form):
    same = genres_of(catalogue, FILMS[1])
    full = exported(catalogue, {
        FILMS[0]: [annotation(["War", "Drama"])],
        FILMS[1]: [annotation(same)],
        FILMS[2]: [annotation(["War"]), annotation(["Drama"], by=2)],
        FILMS[3]: [annotation(["War"], at="2026-11-30T12:00:00Z"), annotation(["Drama"])],
        FILMS[4]: [annotation(["Telenovela"])],
        "tt9999999": [annotation(["War"])],
    })  # fmt: skip
    answers = label_studio.read_export(catalogue, json.loads(json.dumps(form(full))))
    assert answers.changes == {FILMS[0]: ("Drama", "War"), FILMS[3]: ("War",)}, "an annotator's last one counts"
    assert answers.confirmed == [FILMS[1]]
    assert sorted(answers.disagreements[FILMS[2]]) == [("Drama",), ("War",)]
    assert [film for film, _ in answers.problems] == ["tt9999999", FILMS[4]]
    answers.save(catalogue)
    after = load_catalogue(catalogue.folder)
    assert genres_of(after, FILMS[0]) == ["Drama", "War"]
    assert genres_of(after, FILMS[2]) == genres_of(catalogue, FILMS[2])
    assert set(after.corrections.rows) == {FILMS[0], FILMS[1], FILMS[3]}


def test_annotators_who_agree_are_one(catalogue):
    full = exported(catalogue, {FILMS[0]: [annotation(["War"]), annotation(["War"], by=2)]})
    assert label_studio.read_export(catalogue, full).changes == {FILMS[0]: ("War",)}


def test_skipped_and_empty_annotations_change_nothing(catalogue):
    full = exported(catalogue, {
        FILMS[0]: [annotation(["War"], was_cancelled=True)],
        FILMS[1]: [annotation([])],
        FILMS[2]: [],
        FILMS[3]: [annotation(["War"]), annotation(["Drama"], was_cancelled=True, by=2)],
    })  # fmt: skip
    answers = label_studio.read_export(catalogue, full)
    assert answers.changes == {FILMS[3]: ("War",)}
    assert answers.skipped == [FILMS[0], FILMS[3]]
    assert [film for film, _ in answers.problems] == [FILMS[1]]


@pytest.mark.parametrize("value", [{}, "x", None, [1], 3])
def test_other_json_is_refused(catalogue, value):
    with pytest.raises(UserError):
        label_studio.read_export(catalogue, value)


@pytest.mark.parametrize("task", [
    {}, {"data": []}, {"data": {"film": FILMS[0]}, "annotations": "x"}, {"data": {"film": FILMS[0]}},
    {"data": {"film": FILMS[0]}, "annotations": [{"result": "x"}, 3, {"result": [{"value": 5}, None]}]},
    {"film": FILMS[0], "genres": 5}, {"film": FILMS[0], "genres": {"choices": [1]}}, {"film": [1], "genres": "War"},
])  # fmt: skip
def test_odd_tasks_change_nothing(catalogue, task):
    answers = label_studio.read_export(catalogue, [task])
    assert not answers.changes
    assert not answers.confirmed
