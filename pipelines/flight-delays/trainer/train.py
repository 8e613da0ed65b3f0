"""Trains a model that scores how likely a flight is late, and leaves it as an ONNX graph."""

import errno
import os
import sys
from dataclasses import replace

from contract import EXIT_TEMPORARY, TrainerError, read_specification, say_metrics, say_progress

# Sums depend on how many threads share them: with one, the model is the same on every machine. Read when numpy and
# scikit-learn are loaded, so it must stand before.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"

HELD_OUT_SHARE = 0.1
# What the engine wants for the comparison with the exported model, and a half more.
FEWEST_HELD_OUT = 1_500
PARITY_ROWS = 5_000


def train(arguments: list) -> None:
    specification = read_specification(arguments)
    say_progress(0.0, f"reading {len(specification.files)} files")
    # Libraries are loaded one after the other, when they are needed: a cold import takes seconds, in which there should
    # be a sign of life, and bad data should not have to wait for scikit-learn.
    import numpy

    from flights import read_flights

    flights = read_flights(specification.files)
    say_progress(0.05, "loading scikit-learn")
    from sklearn.metrics import roc_auc_score

    from estimators import ESTIMATORS
    from package import write_model, write_parity
    from params import parse_params

    params = parse_params(specification.params)
    random = numpy.random.default_rng(specification.seed)
    chosen = random.permutation(len(flights))[: params.maximum_rows]
    held_out_rows = max(FEWEST_HELD_OUT, int(len(chosen) * HELD_OUT_SHARE))
    held_out = flights.take(numpy.sort(chosen[:held_out_rows]))
    training = flights.take(numpy.sort(chosen[held_out_rows:]))
    estimator = ESTIMATORS[params.estimator]
    if len(training) > estimator.maximum_rows:
        training = training.take(numpy.sort(random.permutation(len(training))[: estimator.maximum_rows]))
    if params.shuffle_labels:
        training = replace(training, late=random.permutation(training.late))

    say_progress(0.15, f"fitting {params.estimator} on {len(training)} rows")
    pipeline = estimator.build(training, specification.seed)
    pipeline.fit(training.features, training.late)

    say_progress(0.75, f"scoring {len(held_out)} held-out rows")
    score = estimator.score(pipeline, held_out.features)
    say_progress(0.9, "exporting")
    write_model(pipeline, estimator, specification.model, specification.output)
    parity = held_out.take(numpy.arange(min(PARITY_ROWS, len(held_out))))
    write_parity(parity, estimator.score(pipeline, parity.features), specification.output)
    say_metrics(
        {
            "roc_auc": float(roc_auc_score(held_out.late, score)),
            "training_rows": len(training),
            "held_out_rows": len(held_out),
        }
    )
    say_progress(1.0, "done")


def main() -> int:
    try:
        train(sys.argv[1:])
        return 0
    except TrainerError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except MemoryError:
        print("error: out of memory", file=sys.stderr)
        return EXIT_TEMPORARY
    except OSError as error:
        # A full or failing disk is somebody else's trouble and may pass; other errors of this kind are mistakes.
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ESTALE):
            raise
        print(f"error: {error}", file=sys.stderr)
        return EXIT_TEMPORARY


if __name__ == "__main__":
    sys.exit(main())
