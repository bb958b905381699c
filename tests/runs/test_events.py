"""The reader of metrics.jsonl and its cache."""

import json
import os
import threading
import time

import pytest

from genreclf.runs import curves, events
from genreclf.runs.curves import History
from genreclf.runs.events import EventReader, read_events


class TestEventReader:
    """Reading a file that grows."""

    @pytest.fixture
    def file(self, tmp_path):
        return tmp_path / "metrics.jsonl"

    @staticmethod
    def epoch(number: int) -> str:
        return json.dumps({"event": "epoch", "epoch": number, "loss": 0.5, "val_loss": 1 / number}) + "\n"

    def test_it_reads_each_line_once(self, file, monkeypatch):
        parsed = []
        monkeypatch.setattr(
            events, "parse_event", lambda line: parsed.append(line) or (json.loads(line) if line else None)
        )
        follower = EventReader(file)
        for number in range(1, 20):
            with file.open("a") as stream:
                stream.write(self.epoch(number))
            for _ in range(5):
                assert follower.derived(History).facts.epochs == number
        assert len([line for line in parsed if line]) == 19

    def test_an_unchanged_file_gives_the_same_object(self, file):
        file.write_text(self.epoch(1))
        follower = EventReader(file)
        assert follower.derived(History) is follower.derived(History)
        assert follower.derived(History).state == EventReader(file).derived(History).state

    def test_a_torn_line_counts_once_complete(self, file):
        whole = self.epoch(1)
        file.write_text(whole[:20])
        follower = EventReader(file)
        assert follower.derived(History).facts.epochs == 0
        with file.open("a") as stream:
            stream.write(whole[20:-1])
        assert follower.derived(History).facts.epochs == 1, "only its line end is missing"
        with file.open("a") as stream:
            stream.write("\n" + self.epoch(2))
        assert follower.derived(History).facts.epochs == 2

    def test_a_file_may_appear_vanish_and_be_replaced(self, file):
        follower = EventReader(file)
        assert follower.derived(History).facts == curves.Facts()
        file.write_text(self.epoch(1) + self.epoch(2))
        states = {follower.derived(History).state}
        assert follower.derived(History).facts.epochs == 2
        file.write_text(self.epoch(3))
        states.add(follower.derived(History).state)
        assert follower.derived(History).facts.epochs == 1, "a shorter file is a different file"
        file.unlink()
        assert follower.derived(History).facts.epochs == 0
        file.write_text(self.epoch(1) + self.epoch(2) + self.epoch(3))
        states.add(follower.derived(History).state)
        assert follower.derived(History).facts.epochs == 3
        replaced = file.with_name("new")
        replaced.write_text("".join(self.epoch(number) for number in range(1, 9)))
        os.replace(replaced, file)
        assert follower.derived(History).facts.epochs == 8
        assert len(states) == 3

    def test_reading_in_steps_equals_reading_at_once(self, file):
        written = []
        for epoch in range(1, 6):
            written += [
                {"event": "batch", "epoch": epoch, "step": step, "steps": 30, "loss": 1 / step} for step in range(1, 31)
            ]
            written.append({"event": "epoch", "epoch": epoch, "loss": 0.4, "val_loss": 0.3})
        follower = EventReader(file)
        for event in written:
            with file.open("a") as stream:
                stream.write(json.dumps(event) + "\n")
            follower.derived(History)
        seen, fresh = follower.derived(History), EventReader(file).derived(History)
        assert seen.facts == fresh.facts == curves.facts(written)
        assert seen.training.equals(fresh.training)
        assert seen.training.equals(curves.training_curve(written))
        assert seen.epochs.equals(curves.by_epoch(written))

    def test_many_threads_may_read_at_once(self, file):
        follower = EventReader(file)
        file.write_text("")
        stop = threading.Event()
        seen: list[list[int]] = []

        def read():
            mine = []
            while not stop.is_set():
                mine.append(follower.derived(History).facts.epochs)
            seen.append(mine)

        threads = [threading.Thread(target=read) for _ in range(6)]
        for thread in threads:
            thread.start()
        for number in range(1, 30):
            with file.open("a") as stream:
                stream.write(self.epoch(number))
            time.sleep(0.005)
        stop.set()
        for thread in threads:
            thread.join()
        assert follower.derived(History).facts.epochs == 29
        assert all(mine == sorted(mine) for mine in seen)


def test_small_values_are_computed_once_per_state(tmp_path):
    file, computed = tmp_path / "metrics.jsonl", []

    def count(state, found):
        computed.append(len(found))
        return len(found)

    assert events.cached_value(file, count) == 0
    file.write_text('{"event": "start"}\n')
    assert [events.cached_value(file, count) for _ in range(3)] == [1, 1, 1]
    assert computed == [0, 1]


def test_files_and_values_kept_are_bounded(tmp_path):
    for number in range(events.MAX_FILES + 3):
        file = tmp_path / f"{number}.jsonl"
        file.write_text('{"event": "start"}\n' * number)
        assert curves.facts_of(file) == curves.Facts()
        assert len(read_events(file)) == number
    assert events.reader.cache_info().currsize == events.MAX_FILES
    assert events._cached_value.cache_info().maxsize == events.MAX_VALUES


def test_lines_without_an_object_are_skipped(tmp_path):
    file = tmp_path / "metrics.jsonl"
    file.write_bytes(b'[1]\n{"event": "start"}\nnot json\n\xff\xfe\n3\n{"event": "epo')
    assert read_events(file) == [{"event": "start"}]
    assert read_events(tmp_path / "missing") == []
