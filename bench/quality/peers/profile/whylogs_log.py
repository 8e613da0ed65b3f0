"""whylogs, of a frame as pandas reads it."""

import os

os.environ.setdefault("WHYLOGS_NO_ANALYTICS", "True")

import pandas as pd  # noqa: E402
import whylogs as why  # noqa: E402

PACKAGE = "whylogs"


def profile(path):
    view = why.log(pd.read_parquet(path)).view()
    delay = view.get_column("delay").to_summary_dict()
    names = ["counts/n", "counts/null", "distribution/min", "distribution/max", "distribution/mean"]
    return [delay[name] for name in names]
