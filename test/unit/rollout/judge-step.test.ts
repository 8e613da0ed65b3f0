import fc from 'fast-check';
import { type JudgeInput, type Judgement, judgeStep } from '../../../engine/rollout/index.js';
import { analysisSpecSchema, type ArmMeasurement } from '../../../schemas/index.js';

const DEFAULTS = analysisSpecSchema.parse({});

function arm(requests: number, errors = 0, latencyMs: number | null = requests === 0 ? null : 2): ArmMeasurement {
  return { requests, errors, latencyMs };
}

function judge(input: Partial<JudgeInput>): Judgement {
  return judgeStep({ analysis: DEFAULTS, weight: 50, stable: arm(0), canary: arm(0), elapsedSeconds: 10, ...input });
}

function outcome(judgement: Judgement): string {
  return 'decision' in judgement ? judgement.decision : `${judgement.verdict} ${judgement.reason}`;
}

describe('judgeStep', () => {
  it.each<[string, Partial<JudgeInput>, string]>([
    ['waits for samples of both arms', { stable: arm(99), canary: arm(500) }, 'continue'],
    ['waits for samples of the canary', { stable: arm(500), canary: arm(99) }, 'continue'],
    ['is content with equal arms', { stable: arm(100), canary: arm(100) }, 'Successful within_limits'],
    ['is content with equal error rates', { stable: arm(1000, 50), canary: arm(1000, 50) }, 'Successful within_limits'],
    ['does not fail for one error in 100', { stable: arm(100), canary: arm(100, 1) }, 'Successful within_limits'],
    ['fails for 10 errors in 100', { stable: arm(100), canary: arm(100, 10) }, 'Failed error_rate'],
    ['fails for 3 % more in 5000', { stable: arm(5000, 50), canary: arm(5000, 200) }, 'Failed error_rate'],
    ['allows 0.5 % more in 5000', { stable: arm(5000, 50), canary: arm(5000, 75) }, 'Successful within_limits'],
    ['fails early when all of 20 fail', { stable: arm(30), canary: arm(20, 20) }, 'Failed error_rate'],
    ['fails early with few stable requests', { weight: 95, stable: arm(5), canary: arm(60, 60) }, 'Failed error_rate'],
    ['does not fail early on 19 requests', { stable: arm(90), canary: arm(19, 19) }, 'continue'],
    ['does not fail early on a few errors', { stable: arm(60), canary: arm(60, 3) }, 'continue'],
    ['does not fail early where stable fails as well', { stable: arm(50, 45), canary: arm(50, 50) }, 'continue'],
    ['fails for a latency above the ratio', { stable: arm(400, 0, 4), canary: arm(400, 0, 12.1) }, 'Failed latency'],
    ['looks longer at a latency above the ratio', { stable: arm(999, 0, 4), canary: arm(399, 0, 12.1) }, 'continue'],
    [
      'does not look for ever',
      { stable: arm(999, 0, 4), canary: arm(100, 0, 12.1), elapsedSeconds: 300 },
      'Failed latency',
    ],
    ['allows the ratio itself', { stable: arm(100, 0, 4), canary: arm(100, 0, 12) }, 'Successful within_limits'],
    ['allows the floor', { stable: arm(100, 0, 0.3), canary: arm(100, 0, 5) }, 'Successful within_limits'],
    ['fails above the floor', { stable: arm(100, 0, 0.3), canary: arm(400, 0, 5.1) }, 'Failed latency'],
    ['has no data in the end', { stable: arm(999), elapsedSeconds: 300 }, 'Inconclusive no_data'],
    [
      'has too few in the end',
      { stable: arm(999), canary: arm(9), elapsedSeconds: 300 },
      'Inconclusive insufficient_samples',
    ],
    [
      'has too few stable in the end',
      { stable: arm(9), canary: arm(999), elapsedSeconds: 300 },
      'Inconclusive insufficient_samples',
    ],
    ['needs the canary alone at 100 %', { weight: 100, stable: null, canary: arm(100) }, 'Successful within_limits'],
    [
      'holds the canary against the limit at 100 %',
      { weight: 100, stable: null, canary: arm(100, 5) },
      'Failed error_rate',
    ],
    [
      'compares with the baseline at 100 %',
      { weight: 100, stable: arm(3), baseline: arm(1000, 50), canary: arm(100, 5) },
      'Successful within_limits',
    ],
    [
      'compares the latency with the baseline at 100 %',
      { weight: 100, stable: null, baseline: arm(1000, 0, 2), canary: arm(400, 0, 40) },
      'Failed latency',
    ],
    [
      'does not trust a handful of leftovers at 100 %',
      { weight: 100, stable: arm(5, 5), canary: arm(100, 50) },
      'Failed error_rate',
    ],
    ['fails early at 100 %', { weight: 100, stable: null, canary: arm(30, 30) }, 'Failed error_rate'],
    ['has no data at 100 % in the end', { weight: 100, stable: null, elapsedSeconds: 300 }, 'Inconclusive no_data'],
  ])('%s', (_name, input, expected) => {
    expect(outcome(judge(input))).toBe(expected);
  });

  it.each<[Partial<JudgeInput>, string]>([
    [
      { stable: arm(200, 2, 1.25), canary: arm(100, 10, 2) },
      'error rate of the canary 10 % (10 of 100 requests), of the stable version 1 % (2 of 200 requests): higher by at least 4.6 % at 95 % confidence; limit 1 %',
    ],
    [
      { stable: arm(100, 0, 4), canary: arm(400, 0, 40) },
      'p95 latency of the canary 40 ms, of the stable version 4 ms; limit 12 ms, 3 times the stable version’s',
    ],
    [
      { stable: arm(100, 0, 1), canary: arm(100, 0, 2) },
      'error rate of the canary 0 % (0 of 100 requests), of the stable version 0 % (0 of 100 requests): not shown to be higher at 95 % confidence; limit 1 %; p95 latency of the canary 2 ms, of the stable version 1 ms; limit 5 ms, the floor',
    ],
    [
      { stable: arm(40), canary: arm(3), elapsedSeconds: 300.04 },
      'the canary answered 3 and the stable version 40 requests in 300 s; 100 are needed of each',
    ],
    [
      { weight: 100, stable: null, canary: arm(30, 30) },
      'error rate of the canary 100 % (30 of 30 requests), at least 68.59 % at 95 % confidence however often it is looked at; limit 1 %',
    ],
    [
      { weight: 100, stable: null, canary: arm(200, 20) },
      'error rate of the canary 10 % (20 of 200 requests), at least 7.03 % at 95 % confidence; limit 1 %',
    ],
  ])('says its figures', (input, message) => {
    expect(judge(input)).toMatchObject({ message });
  });

  const arms = fc
    .tuple(
      fc.integer({ min: 1, max: 3_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 1, max: 100 }),
    )
    .map(([requests, share, latencyMs]) => arm(requests, Math.floor(share * requests), latencyMs));
  const weights = fc.constantFrom(5, 50, 95, 100);

  it('never lets a worse canary pass where a better one failed', () => {
    fc.assert(
      fc.property(arms, arms, weights, fc.nat(1000), fc.nat(500), (stable, canary, weight, errors, latency) => {
        const worse = {
          ...canary,
          errors: Math.min(canary.requests, canary.errors + errors),
          latencyMs: canary.latencyMs! + latency,
        };
        if (outcome(judge({ stable, canary, weight })).startsWith('Failed')) {
          expect(outcome(judge({ stable, canary: worse, weight }))).toMatch(/^Failed/);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('never becomes undecided by more of the same evidence', () => {
    fc.assert(
      fc.property(arms, arms, weights, fc.integer({ min: 2, max: 20 }), (stable, canary, weight, times) => {
        const more = (each: ArmMeasurement): ArmMeasurement => ({
          ...each,
          requests: each.requests * times,
          errors: each.errors * times,
        });
        // At 100 % an arm to compare with is another kind of evidence, not more of the same.
        const compared = weight === 100 ? null : stable;
        const first = judge({ stable: compared, canary, weight, elapsedSeconds: 300 });
        fc.pre(!outcome(first).startsWith('Inconclusive'));
        const repeated = { stable: compared && more(compared), canary: more(canary) };
        const second = outcome(judge({ ...repeated, weight, elapsedSeconds: 300 }));
        expect(second).toMatch(outcome(first).startsWith('Failed error') ? /^Failed error/ : /^(Failed|Successful)/);
      }),
      { numRuns: 2_000 },
    );
  });

  it('always comes to a verdict in the end, and never says continue after it', () => {
    fc.assert(
      fc.property(arms, arms, weights, (stable, canary, weight) => {
        expect(outcome(judge({ stable, canary, weight, elapsedSeconds: 300 }))).not.toBe('continue');
      }),
    );
  });
});
