"""What the trainer leaves: the graph, its description, and its own scores of real rows to hold the graph against."""

import json
import os

import duckdb
import numpy
from skl2onnx import to_onnx
from skl2onnx.common.data_types import Int64TensorType, StringTensorType
from sklearn.pipeline import Pipeline

from estimators import Estimator
from flights import FEATURES, NUMBERS, Flights

SCORE = "score"


def write_model(pipeline: Pipeline, estimator: Estimator, name: str, folder: str) -> None:
    """Writes `model.onnx`: one input [rows, 1] a column, so that who serves it needs no copy of the preprocessing."""
    inputs = [(column, (Int64TensorType if column in NUMBERS else StringTensorType)([None, 1])) for column in FEATURES]
    # Equal trainings must give equal bytes: the default name is random, and the order of operator sets is that of a
    # Python set, which varies from process to process.
    options = {"zipmap": False} if hasattr(pipeline, "predict_proba") else None
    graph = to_onnx(pipeline, name=name, initial_types=inputs, options=options)
    operator_sets = sorted(graph.opset_import, key=lambda operator_set: operator_set.domain)
    del graph.opset_import[:]
    graph.opset_import.extend(operator_sets)
    with open(os.path.join(folder, "model.onnx"), "wb") as file:
        file.write(graph.SerializeToString(deterministic=True))
    description = {
        "signature": {
            "inputs": [
                {"name": column, "datatype": "INT64" if column in NUMBERS else "BYTES"} for column in FEATURES
            ],
            "score": {"output": graph.graph.output[estimator.output].name, "column": estimator.column},
        },
        "parity": {"score": SCORE},
    }
    with open(os.path.join(folder, "model.json"), "w", encoding="utf-8") as file:
        json.dump(description, file, indent=2)


def write_parity(flights: Flights, score: numpy.ndarray, folder: str) -> None:
    """Writes `parity.parquet`: rows as the graph takes them, and the score that scikit-learn gives each."""
    rows = {
        name: flights.features[:, position].astype(numpy.int64 if name in NUMBERS else object)
        for position, name in enumerate(FEATURES)
    }
    rows[SCORE] = score.astype(numpy.float64)
    connection = duckdb.connect(config={"threads": 1})
    connection.register("parity", rows)
    connection.table("parity").write_parquet(os.path.join(folder, "parity.parquet"))
    connection.close()
