import fc from 'fast-check';
import { judgeMetricHistory, type MetricPoint } from '../../../../engine/quality/history/index.js';
import { metricAnomalyResultSchema, type MetricAnomalySpecInput } from '../../../../schemas/index.js';

const DAY = 86_400_000;
const FIRST = Date.parse('2001-01-01T00:00:00Z');

/** A value a day; the days left out are missing, and so are their places. */
function daily(values: (number | undefined)[], open = 0): MetricPoint[] {
  return values.flatMap((value, index) =>
    value === undefined
      ? []
      : [{ time: new Date(FIRST + index * DAY).toISOString(), value, closed: index < values.length - open }],
  );
}

function judge(points: MetricPoint[], spec: MetricAnomalySpecInput) {
  return metricAnomalyResultSchema.parse(judgeMetricHistory(points, spec));
}

const WEEK = [100, 110, 120, 130, 140, 60, 50];
const weeks = (count: number) => Array.from({ length: 7 * count }, (_, index) => WEEK[index % 7]! + index / 7);
/** Values around 100 that differ by one. */
const steady = (count: number) => Array.from({ length: count }, (_, index) => 100 + (index % 2 === 0 ? 1 : -1));

const METHODS: MetricAnomalySpecInput[] = [
  { method: 'batch_normal' },
  { method: 'online_normal' },
  { method: 'mad' },
  { method: 'seasonal', seasonality: 'day_of_week' },
  { method: 'holt_winters', period: 7 },
  { method: 'rate_of_change', maxIncrease: 0.5, maxDecrease: 0.5 },
];

describe.each(METHODS)('$method', (spec) => {
  const history = steady(70);

  it('passes what goes on as before', () => {
    const result = judge(daily([...history, 101]), spec);
    expect(result).toMatchObject({ status: 'pass', observed: 101, judged: 1, anomalies: [] });
    expect(result.trainingSize).toBe(70);
  });

  it.each([
    { value: 200, direction: 'both', status: 'fail' },
    { value: 200, direction: 'spike', status: 'fail' },
    { value: 200, direction: 'drop', status: 'pass' },
    { value: 10, direction: 'both', status: 'fail' },
    { value: 10, direction: 'spike', status: 'pass' },
    { value: 10, direction: 'drop', status: 'fail' },
  ] as const)('gives $status for $value in the direction $direction', ({ value, direction, status }) => {
    const result = judge(daily([...history, value]), { ...spec, direction });
    expect(result.status).toBe(status);
    expect(result.expected![0] === null).toBe(direction === 'spike');
    expect(result.expected![1] === null).toBe(direction === 'drop');
  });

  it('calls what is not a number an anomaly, and does not learn from it', () => {
    expect(judge(daily([...history, NaN]), spec)).toMatchObject({ status: 'fail', observed: null });
    const holes = history.map((value, index) => (index % 10 === 5 ? NaN : value));
    expect(judge(daily([...holes, 101]), spec)).toMatchObject({ status: 'pass', trainingSize: 63 });
  });

  it('skips an open partition, and learns from none', () => {
    expect(judge(daily([...history, 3], 1), spec)).toMatchObject({ status: 'skip', expected: null, time: null });
    const openInside = daily([...history, 101]).map((point, index) =>
      index === 5 ? { ...point, closed: false } : point,
    );
    expect(judge(openInside, spec)).toMatchObject({ status: 'pass', trainingSize: 69 });
  });

  it('skips what has no history, and says why', () => {
    expect(judge([], spec)).toMatchObject({ status: 'skip', message: 'not judged: there is no history' });
    const result = judge(daily([100]), spec);
    expect(result).toMatchObject({ status: 'skip', judged: 0 });
    expect(result.message).toMatch(/^not judged: too little history before 2001-01-01T00:00:00.000Z: 0 closed points/);
  });

  it('does not depend on the order of the points, nor on scale', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(daily([...history, 104]), { minLength: 71 }),
        fc.constantFrom(1e-6, 1e6),
        (points, scale) => {
          const whole = judge(daily([...history, 104]), spec);
          expect(judge(points, spec)).toEqual(whole);
          const scaled = judge(
            points.map((point) => ({ ...point, value: point.value * scale })),
            spec,
          );
          expect(scaled.status).toBe(whole.status);
          expect(scaled.expected![0]! / scale).toBeCloseTo(whole.expected![0]!, 4);
        },
      ),
      { numRuns: 10 },
    );
  });

  it('gives a verdict on any finite history, with bounds in order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 60, maxLength: 70 }),
        (values) => {
          const { status, expected } = judge(daily(values), spec);
          expect(['pass', 'fail']).toContain(status);
          expect(expected![0]!).toBeLessThanOrEqual(expected![1]!);
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('sensitivity', () => {
  it('widens the range in proportion', () => {
    const width = (sensitivity: number) => {
      const [low, high] = judge(daily(steady(21)), { method: 'batch_normal', sensitivity }).expected!;
      return high! - low!;
    };
    expect(width(6)).toBeCloseTo(3 * width(2), 9);
  });

  it('of a history without any change leaves no room, but for rounding', () => {
    const constant = new Array<number>(20).fill(0.1);
    expect(judge(daily([...constant, 0.1]), { method: 'batch_normal' }).status).toBe('pass');
    expect(judge(daily([...constant, 0.1 + 1e-17]), { method: 'online_normal' }).status).toBe('pass');
    expect(judge(daily([...constant, 0.1001]), { method: 'mad' }).status).toBe('fail');
  });

  it('does not tell what is too small to be told', () => {
    const constant = new Array<number>(20).fill(100);
    const ignoreSmallChanges = { spike: 0.05, drop: 0.2 };
    const status = (value: number) => judge(daily([...constant, value]), { method: 'mad', ignoreSmallChanges }).status;
    expect([104, 106, 81, 79].map(status)).toEqual(['pass', 'fail', 'pass', 'fail']);
  });
});

describe('the training period', () => {
  it('is as long as asked: what was before it is forgotten', () => {
    const points = daily([...new Array<number>(30).fill(500), ...steady(14), 101]);
    expect(judge(points, { method: 'batch_normal', trainingDays: 14 })).toMatchObject({
      status: 'pass',
      trainingSize: 14,
    });
    expect(judge(points, { method: 'batch_normal' })).toMatchObject({ status: 'pass', trainingSize: 44 });
    const jump = daily([...new Array<number>(30).fill(500), ...steady(14), 500]);
    expect(judge(jump, { method: 'batch_normal', trainingDays: 14 }).status).toBe('fail');
    expect(judge(jump, { method: 'batch_normal' }).status).toBe('pass');
  });

  it.each([
    { spec: METHODS[0]!, need: 7 },
    { spec: METHODS[1]!, need: 7 },
    { spec: METHODS[2]!, need: 7 },
    { spec: METHODS[3]!, need: 49 },
    { spec: METHODS[4]!, need: 14 },
    { spec: METHODS[5]!, need: 1 },
    { spec: { ...METHODS[0]!, minTrainingSize: 20 }, need: 20 },
    { spec: { method: 'holt_winters', period: 2 } as const, need: 7 },
    { spec: { method: 'rate_of_change', change: 'absolute', order: 3, maxIncrease: 1 } as const, need: 3 },
  ])('of $spec has $need points at least, or nothing is judged', ({ spec, need }) => {
    expect(judge(daily(steady(need)), spec).status).toBe('skip');
    expect(judge(daily(steady(need + 1)), spec).status).not.toBe('skip');
  });
});

describe('the detection period', () => {
  it('judges every closed point of its days and shows the one that is furthest out', () => {
    const points = daily([...steady(30), 120, 101, 300, 99]);
    const result = judge(points, { method: 'batch_normal', detectionDays: 4 });
    expect(result).toMatchObject({ status: 'fail', judged: 4, observed: 300, trainingSize: 30 });
    expect(result.anomalies.map(({ observed }) => observed)).toEqual([120, 300]);
    expect(result.message).toContain('2 anomalies among 4 points');
  });

  it('takes the last of several points of one time: the repaired one', () => {
    const points = daily([...steady(30), 5]);
    const repaired = [...points, { ...points.at(-1)!, value: 100 }];
    expect(judge(points, { method: 'mad' }).status).toBe('fail');
    expect(judge(repaired, { method: 'mad' })).toMatchObject({ status: 'pass', observed: 100 });
  });
});

describe('online_normal', () => {
  it('keeps anomalies of its training out, so that they do not hide the next', () => {
    const points = daily([...steady(20), 1000, ...steady(10), 130]);
    expect(judge(points, { method: 'batch_normal' }).status).toBe('pass');
    expect(judge(points, { method: 'online_normal' })).toMatchObject({ status: 'fail', trainingSize: 30 });
    expect(judge(points, { method: 'online_normal', learnAnomalies: true }).status).toBe('pass');
  });

  it('finds an outlier right after seven points, which a mean with the outlier in it never does', () => {
    expect(judge(daily([...steady(7), 1000]), { method: 'online_normal' }).status).toBe('fail');
  });
});

describe('mad', () => {
  it('is not moved by outliers in a third of its history', () => {
    const history = steady(30).map((value, index) => (index % 3 === 0 ? value * 50 : value));
    expect(judge(daily([...history, 900]), { method: 'batch_normal' }).status).toBe('pass');
    expect(judge(daily([...history, 900]), { method: 'mad', sensitivity: 5 }).status).toBe('fail');
  });

  it('falls back on the mean deviation where most values are equal', () => {
    const history = [...new Array<number>(18).fill(100), 90, 110];
    // 20 / 20 × √(π/2) × 3
    expect(judge(daily([...history, 100]), { method: 'mad' }).expected![1]).toBeCloseTo(103.7599, 4);
  });
});

describe('seasonal', () => {
  it('compares with the same weekday, in the time zone of the partitions', () => {
    // Midnight in Berlin is the evening before in UTC.
    const berlin = daily([...weeks(8), 60 + 8]).map(({ time, ...point }) => ({
      ...point,
      time: time.replace('Z', '+01:00'),
    }));
    const spec = { method: 'seasonal', seasonality: 'day_of_week', timezone: 'Europe/Berlin' } as const;
    const result = judge(berlin, spec);
    expect(result).toMatchObject({ status: 'fail', time: '2001-02-26T00:00:00.000+01:00' });
    expect(result.expected![0]).toBeGreaterThan(90);
  });

  it.each([
    { seasonality: 'hour_of_day', step: DAY / 24, period: 24 },
    { seasonality: 'day_of_week', step: DAY, period: 7 },
    { seasonality: 'hour_of_week', step: DAY / 24, period: 168 },
  ] as const)('knows the $seasonality', ({ seasonality, step, period }) => {
    const points = Array.from({ length: period * 4 + 1 }, (_, index) => ({
      time: new Date(FIRST + index * step).toISOString(),
      value: index % period,
      closed: true,
    }));
    const spec = { method: 'seasonal', seasonality, minTrainingSize: 4 } as const;
    expect(judge(points, spec)).toMatchObject({ status: 'pass', expected: [0, 0] });
    const moved = [...points.slice(0, -1), { ...points.at(-1)!, value: 1 }];
    expect(judge(moved, spec).status).toBe('fail');
  });

  it('names the season that has too little history', () => {
    const { message } = judge(daily(weeks(3)), { method: 'seasonal', seasonality: 'day_of_week' });
    expect(message).toBe(
      'not judged: too little history before 2001-01-21T00:00:00.000Z: 2 closed points of the season Sunday, 7 needed',
    );
  });
});

describe('holt_winters', () => {
  it('follows a trend and a week, and finds a Saturday’s number on a Monday', () => {
    const history = weeks(8);
    const spec = { method: 'holt_winters', period: 7 } as const;
    expect(judge(daily([...history, WEEK[0]! + 8]), spec).status).toBe('pass');
    expect(judge(daily([...history, WEEK[5]! + 8]), spec).status).toBe('fail');
    expect(judge(daily([...history, WEEK[5]! + 8]), { method: 'batch_normal' }).status).toBe('pass');
  });

  it('keeps the season in step over missing partitions', () => {
    const holes = weeks(9).map((value, index) => (index === 20 || index === 41 || index === 42 ? undefined : value));
    const spec = { method: 'holt_winters', period: 7 } as const;
    expect(judge(daily([...holes, WEEK[0]! + 9]), spec).status).toBe('pass');
    expect(judge(daily([...holes, undefined, undefined, WEEK[2]! + 9 + 2 / 7]), spec).status).toBe('pass');
    expect(judge(daily([...holes, undefined, undefined, WEEK[0]! + 9 + 2 / 7]), spec).status).toBe('fail');
  });

  it('is less sure of what lies further off', () => {
    const noisy = weeks(8).map((value, index) => value + ((index * 7919) % 13) - 6);
    const width = (gap: number) => {
      const points = daily([...noisy, ...new Array<undefined>(gap).fill(undefined), 100]);
      const [low, high] = judge(points, { method: 'holt_winters', period: 7, sensitivity: 3 }).expected!;
      return high! - low!;
    };
    expect(width(14)).toBeGreaterThan(width(0));
  });

  it('skips times without an even spacing instead of filling centuries with nothing', () => {
    const points = Array.from({ length: 30 }, (_, index) => ({
      time: new Date(FIRST + (index < 29 ? index : 1e12)).toISOString(),
      value: index,
      closed: true,
    }));
    points.push({ time: new Date(FIRST + 2e12).toISOString(), value: 3, closed: true });
    expect(judge(points, { method: 'holt_winters', period: 7 })).toMatchObject({ status: 'skip' });
  });
});

describe('rate_of_change', () => {
  it.each([
    { spec: { change: 'relative', maxIncrease: 0.2, maxDecrease: 0.1 }, history: [100], expected: [90, 120] },
    { spec: { change: 'relative', order: 2, maxIncrease: 0.5 }, history: [100, 7], expected: [null, 150] },
    { spec: { change: 'relative', maxIncrease: 0.5, maxDecrease: 0.5 }, history: [-10], expected: [-15, -5] },
    { spec: { change: 'relative', maxIncrease: 0.5, maxDecrease: 0.5 }, history: [0], expected: [0, 0] },
    { spec: { change: 'absolute', maxIncrease: 5, maxDecrease: 3 }, history: [100], expected: [97, 105] },
    // The second difference: on a line 10, 20 goes on to 30.
    { spec: { change: 'absolute', order: 2, maxIncrease: 5, maxDecrease: 5 }, history: [10, 20], expected: [25, 35] },
    // The third: 1, 4, 9 goes on to 16.
    { spec: { change: 'absolute', order: 3, maxIncrease: 1, maxDecrease: 1 }, history: [1, 4, 9], expected: [15, 17] },
  ] as const)('$spec after $history expects $expected', ({ spec, history, expected }) => {
    expect(judge(daily([...history, 0]), { method: 'rate_of_change', ...spec }).expected).toEqual(expected);
  });

  it('tells a lasting step once', () => {
    const points = daily([...steady(10), 200, 201, 200]);
    const result = judge(points, { method: 'rate_of_change', maxIncrease: 0.2, maxDecrease: 0.2, detectionDays: 3 });
    expect(result.anomalies.map(({ observed }) => observed)).toEqual([200]);
  });
});

describe('what is refused', () => {
  it.each<{ spec: unknown; points?: MetricPoint[]; path: string }>([
    { spec: { method: 'prophet' }, path: 'method' },
    { spec: { method: 'mad', sensitivity: 0 }, path: 'sensitivity' },
    { spec: { method: 'mad', period: 7 }, path: 'period' },
    { spec: { method: 'rate_of_change' }, path: 'maxIncrease' },
    { spec: { method: 'holt_winters' }, path: 'period' },
    { spec: { method: 'seasonal', seasonality: 'day_of_week', timezone: 'Mars/Olympus' }, path: 'timezone' },
    { spec: { method: 'mad' }, points: [{ time: '2001-03-01', value: 1, closed: true }], path: 'points[0].time' },
  ])('$spec is named by its path $path', ({ spec, points, path }) => {
    expect(() => judgeMetricHistory(points ?? daily(steady(30)), spec as MetricAnomalySpecInput)).toThrow(
      expect.objectContaining({
        code: 'INPUT_INVALID',
        problems: [expect.objectContaining({ path }) as unknown],
      }) as Error,
    );
  });
});
