"""alibi-detect’s test of tables by feature: Kolmogorov-Smirnov for numbers, chi-squared for categories, p below 0.05. It wants one
array of numbers, with categories as codes."""

import numpy as np
import pandas as pd
from alibi_detect.cd import TabularDrift

PACKAGE = "alibi-detect"


def drift(reference, current, columns):
    frames = [pd.read_parquet(path, columns=columns) for path in (reference, current)]
    categories = {}
    for number, column in enumerate(columns):
        if pd.api.types.is_numeric_dtype(frames[0][column]):
            continue
        codes, values = pd.factorize(pd.concat([frame[column] for frame in frames]))
        categories[number] = list(range(len(values)))
        frames[0][column], frames[1][column] = np.split(codes, [len(frames[0])])
    before, now = (frame.to_numpy(dtype=np.float32) for frame in frames)
    detector = TabularDrift(before, p_val=0.05, categories_per_feature=categories)
    found = detector.predict(now, drift_type="feature")["data"]["is_drift"]
    return {column: bool(each) for column, each in zip(columns, found)}
