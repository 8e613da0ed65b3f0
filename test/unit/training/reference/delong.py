"""
The figures in evaluation.test.ts, by DeLong's definition over all pairs, apart from the algorithm under test.
Run: python delong.py (numpy 2.4, scipy 1.17, scikit-learn 1.9)
"""

import numpy
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

rows = numpy.arange(200)
labels = (rows * 7 % 10 < 3).astype(int)
a = (rows * 37 % 101) / 10 + 2 * labels
b = rows * 53 % 97 // 10 + labels


def components(scores):
    positive, negative = scores[labels == 1][:, None], scores[labels == 0][None, :]
    above = (positive > negative) + 0.5 * (positive == negative)
    return above.mean(1), above.mean(0)


(a10, a01), (b10, b01) = components(a), components(b)
covariance = numpy.cov([a10, b10]) / len(a10) + numpy.cov([a01, b01]) / len(a01)
z = norm.ppf(0.975)
print("areas", roc_auc_score(labels, a), roc_auc_score(labels, b))
print("covariance", covariance.tolist())
print("half widths", [z * numpy.sqrt(covariance[0, 0]), z * numpy.sqrt(covariance[1, 1])])
print("half width of the difference", z * numpy.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]))
