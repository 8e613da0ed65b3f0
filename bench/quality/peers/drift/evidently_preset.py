"""Evidently’s preset with its own choice of methods, as numbers; no page."""

import os

os.environ.setdefault("DO_NOT_TRACK", "1")

import pandas as pd  # noqa: E402
from evidently import Report  # noqa: E402
from evidently.presets import DataDriftPreset  # noqa: E402

PACKAGE = "evidently"


def drift(reference, current, columns):
    before, now = (pd.read_parquet(path, columns=columns) for path in (reference, current))
    metrics = Report([DataDriftPreset(columns=columns)]).run(now, before).dict()["metrics"]
    drifted = {}
    for metric in metrics:
        config = metric["config"]
        if config["type"].endswith("ValueDrift"):
            # These are distances: a file of more than a thousand rows is not judged by p.
            drifted[config["column"]] = metric["value"] >= config["threshold"]
    return drifted
