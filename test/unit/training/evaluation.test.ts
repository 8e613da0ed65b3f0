import fc from 'fast-check';
import { evaluate } from '../../../engine/training/evaluation';
import { aucCovariance, rocAuc } from '../../../engine/training/roc-auc';
import { evaluationGateSchema, evaluationReportSchema, type ModelRef } from '../../../schemas';

const champion: ModelRef = { model: 'delays', digest: 'a'.repeat(64), uri: 'store://default/a', bytes: 1 };

// Made by reference/delong.py: from DeLong's definition over all pairs.
const rows = [...Array(200).keys()];
const labels = rows.map((row) => ((row * 7) % 10 < 3 ? 1 : 0));
const a = Float64Array.from(rows, (row) => ((row * 37) % 101) / 10 + 2 * (labels[row] as number));
const b = Float64Array.from(rows, (row) => Math.floor(((row * 53) % 97) / 10) + (labels[row] as number));

function judge(challengerScores: Float64Array, championScores: Float64Array | null, gate = {}, sameModel = false) {
  return evaluate({
    challengerScores,
    championScores,
    labels,
    gate: evaluationGateSchema.parse(gate),
    championModel: championScores === null ? null : champion,
    sameModel,
  });
}

describe('ROC AUC', () => {
  it('agrees with scikit-learn, and its covariances with the definition by DeLong', () => {
    const first = rocAuc(a, labels);
    const second = rocAuc(b, labels);
    expect(first.auc).toBeCloseTo(0.6871428571428572, 12);
    expect(second.auc).toBeCloseTo(0.6038690476190476, 12);
    expect(aucCovariance(first, first)).toBeCloseTo(0.0016559680273767843, 14);
    expect(aucCovariance(second, second)).toBeCloseTo(0.0018278889902605764, 14);
    expect(aucCovariance(first, second)).toBeCloseTo(3.6436692914779186e-5, 14);
  });

  const sample = fc
    .array(fc.record({ score: fc.integer({ min: -20, max: 20 }), label: fc.constantFrom(0, 1) }), { maxLength: 60 })
    .filter(
      (list) => list.filter((row) => row.label === 1).length >= 2 && list.filter((row) => row.label === 0).length >= 2,
    );

  it('equals the share of pairs in the right order, where ties count one half', () => {
    fc.assert(
      fc.property(sample, (list) => {
        const positive = list.filter((row) => row.label === 1);
        const negative = list.filter((row) => row.label === 0);
        const won = positive.flatMap((p) =>
          negative.map((n) => (p.score > n.score ? 1 : p.score === n.score ? 0.5 : 0)),
        );
        const expected = won.reduce((sum: number, value) => sum + value, 0) / won.length;
        const scores = Float64Array.from(list, (row) => row.score);
        expect(
          rocAuc(
            scores,
            list.map((row) => row.label),
          ).auc,
        ).toBeCloseTo(expected, 12);
      }),
    );
  });

  it('depends on the order of the scores alone, and turns over with it', () => {
    fc.assert(
      fc.property(sample, (list) => {
        const truth = list.map((row) => row.label);
        const area = (map: (score: number) => number) =>
          rocAuc(
            Float64Array.from(list, (row) => map(row.score)),
            truth,
          );
        const plain = area((score) => score);
        const squeezed = area((score) => Math.atan(score) + 7);
        expect(squeezed.auc).toBeCloseTo(plain.auc, 12);
        expect(aucCovariance(squeezed, squeezed)).toBeCloseTo(aucCovariance(plain, plain), 12);
        expect(area((score) => -score).auc).toBeCloseTo(1 - plain.auc, 12);
      }),
    );
  });

  it.each([
    ['only one class', Float64Array.of(1, 2, 3), [1, 1, 1], /3 rows are positive and 0 negative/],
    ['no rows', new Float64Array(), [], /0 rows are positive/],
    ['one row of a class', Float64Array.of(1, 2, 3), [1, 0, 0], /1 rows are positive and 2 negative/],
    ['a score that is no number', Float64Array.of(1, NaN, 3, 4), [1, 1, 0, 0], /score of row 1 is NaN/],
    ['a label that is missing', Float64Array.of(1, 2, 3, 4), [1, NaN, 0, 0], /label of row 1 is NaN/],
    ['fewer labels than scores', Float64Array.of(1, 2), [1], /2 scores and 1 labels/],
  ])('is impossible with %s', (_name, scores, truth, message) => {
    let error: unknown;
    try {
      rocAuc(scores, truth);
    } catch (caught) {
      error = caught;
    }
    expect(error).toMatchObject({ code: 'EVALUATION_IMPOSSIBLE', message: expect.stringMatching(message) });
  });
});

describe('evaluate', () => {
  it('gives the paired interval of the reference', () => {
    const report = evaluationReportSchema.parse(judge(a, b));
    expect(report.difference?.estimate).toBeCloseTo(0.6871428571428572 - 0.6038690476190476, 12);
    expect((report.difference?.upper ?? 0) - (report.difference?.estimate ?? 0)).toBeCloseTo(0.11446900523570284, 10);
    expect(report.challenger.upper - report.challenger.estimate).toBeCloseTo(0.07975796502891731, 10);
    expect((report.champion?.upper ?? 0) - (report.champion?.estimate ?? 0)).toBeCloseTo(0.08379594432242034, 10);
    expect(report).toMatchObject({ rows: 200, positives: 60, metric: 'roc_auc', championModel: champion });
  });

  it('turns the difference over when challenger and champion change places', () => {
    const there = judge(a, b).difference;
    const back = judge(b, a).difference;
    expect(back?.estimate).toBeCloseTo(-(there?.estimate ?? 0), 12);
    expect(back?.lower).toBeCloseTo(-(there?.upper ?? 0), 12);
    expect(back?.upper).toBeCloseTo(-(there?.lower ?? 0), 12);
  });

  // The lower bound of a against b is 0.0833 - 0.1145 = -0.0312.
  it.each([
    ['passes without a champion', a, null, {}, false, 'pass', 'NO_CHAMPION'],
    ['passes if the lower bound lies above minus the margin', a, b, { margin: 0.04 }, false, 'pass', 'NON_INFERIOR'],
    ['fails if the lower bound lies below it, though the estimate is better', a, b, {}, false, 'fail', 'INFERIOR'],
    ['fails a worse challenger', b, a, { margin: 0.04 }, false, 'fail', 'INFERIOR'],
    ['fails below the minimum, champion or not', a, null, { minimum: 0.7 }, false, 'fail', 'BELOW_MINIMUM'],
    ['passes the model that is champion already', a, a, { margin: 0 }, true, 'pass', 'SAME_MODEL'],
    ['passes equal scores of another model within the margin', a, a, {}, false, 'pass', 'NON_INFERIOR'],
  ] as const)('%s', (_name, challenger, other, gate, same, verdict, reason) => {
    expect(judge(challenger, other, gate, same)).toMatchObject({ verdict, reason });
  });

  it('says its figures in the message', () => {
    expect(judge(a, b).message).toBe(
      'roc_auc 0.6871 against 0.6039 of the champion, difference +0.0833 [−0.0312, +0.1977]: possibly worse by 0.01',
    );
  });
});
