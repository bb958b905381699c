"""Where genreclf reads and writes: one folder for everything it writes, and folders of the project."""

import hashlib
import os
import re
from pathlib import Path

import platformdirs

PROJECT = Path(__file__).resolve().parent.parent
SAMPLE = PROJECT / "assets" / "sample"  # the embedded data set
SHIPPED_WEIGHTS = PROJECT / "weights"
PRETRAINED, GRAPHS = SHIPPED_WEIGHTS / "pretrained", SHIPPED_WEIGHTS / "graphs"
SHIPPED_PREDICTIONS = SHIPPED_WEIGHTS / "predictions"  # for the sample, so that its first answers need no network
REFERENCE_RUNS = PROJECT / "assets" / "reference"  # training histories of the reports' recipes
RECORDED_RUNS = PROJECT / "assets" / "recorded"  # trainings on the sample, which a public server replays


def home() -> Path:
    """The one folder genreclf writes to: ``GENRECLF_HOME``, or the platform's user-data folder. Safe to delete."""
    if configured := os.environ.get("GENRECLF_HOME"):
        return Path(os.path.realpath(os.path.expanduser(configured)))  # raises nothing, unlike Path.resolve
    return Path(platformdirs.user_data_dir("genreclf", False))


def data_dir() -> Path:
    """Downloaded data sets, one folder each."""
    return home() / "data"


def folder_name(folder: Path | str) -> str:
    """A short name for a folder anywhere, under which something is kept for it: its own, and a checksum of its path."""
    real = os.path.realpath(folder)
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", os.path.basename(real))[:40].strip("-") or "data"
    return f"{plain}-{hashlib.sha256(real.encode(errors='surrogateescape')).hexdigest()[:8]}"


def prepared_dir() -> Path:
    """Arrays and thumbnails prepared from data sets, by digest."""
    return home() / "prepared"


def corrections_file(folder: Path) -> Path:
    """The corrections of a data set's genres, by the place of its folder."""
    real = os.path.realpath(folder)
    place = hashlib.sha256(os.fsencode(real)).hexdigest()[:8]
    return home() / "corrections" / f"{os.path.basename(real)[:50]}-{place}" / "corrections.csv"


def runs_dir() -> Path:
    """Training runs, one folder each."""
    return home() / "runs"


def promoted_dir() -> Path:
    """Weights of promoted runs, used instead of the shipped ones."""
    return home() / "weights"
