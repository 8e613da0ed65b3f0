import * as fc from 'fast-check';
import {
  isRefusedRetry,
  keysOf,
  missingRecord,
  runBeginning,
  runEnd,
  abnormalEnd,
  type EndedExecution,
} from '../../../engine/auditor/index.js';
import { lineageRecordSchema, type LineageRecordOf } from '../../../schemas/index.js';

const base = { runId: 'r', startedAt: '2026-01-01T00:00:00.000Z', endedAt: '2026-01-01T01:00:00.000Z' };
const run: EndedExecution = {
  ...base,
  workflowType: 'pipelineRun',
  workflowId: 'run/a/2026-01-01',
  status: 'TERMINATED',
};
const of = (workflowType: string, workflowId: string, status: EndedExecution['status']): EndedExecution => ({
  ...{ ...base, workflowType, workflowId, status },
});

describe('what the record lacks of an execution', () => {
  const recall = `recall/d/all@${'a'.repeat(32)}`;
  const cases: [EndedExecution, string[], ReturnType<typeof missingRecord>][] = [
    [run, [], 'beginning'],
    [run, ['r/started'], 'end'],
    [run, ['auditor/r/started'], 'end'],
    [run, ['r/started', 'r/finished'], null],
    [run, ['r/started', 'auditor/r/finished'], null],
    [run, ['r/finished'], 'beginning'],
    [of('pipelineRun', 'resolve/a/1', 'FAILED'), [], null],
    [of('backfill', 'backfill/a/1..2', 'TERMINATED'), [], 'stop'],
    [of('backfill', 'backfill/a/1..2', 'TERMINATED'), ['auditor/r/ended'], null],
    [of('backfill', 'backfill/a/1..2', 'COMPLETED'), [], null],
    [of('backfill', 'anything', 'TERMINATED'), [], null],
    [of('rollout', 'rollout/e', 'FAILED'), ['r/finished'], null],
    [of('rollout', 'rollout/e', 'TIMED_OUT'), [], 'stop'],
    [of('recall', recall, 'FAILED'), [], 'stop'],
    [of('recall', recall, 'FAILED'), ['r/end'], null],
    [of('recall', 'recall/typed', 'FAILED'), [], null],
    [of('pool', 'pool/a', 'TERMINATED'), [], null],
  ];
  const named = cases.map(([execution, known, missing]) => {
    const name = `${execution.workflowId} ${execution.status} with ${known.join(' and ') || 'nothing'} on record: ${missing}`;
    return [name, execution, known, missing] as const;
  });
  it.each(named)('%s', (_, execution, known, missing) => {
    expect(missingRecord(execution, new Set(known))).toBe(missing);
  });
});

describe('a retry that was refused', () => {
  const input = { pipeline: 'a', partition: '2026-01-01' };
  const retry = { ...input, retry: { from: 'nope' } };
  it.each([
    [retry, 'INPUT_INVALID', true],
    [retry, 'NOT_FOUND', true],
    [retry, 'SOURCE_EMPTY', false],
    [retry, 'TERMINATED', false],
    [input, 'INPUT_INVALID', false],
    [undefined, 'INPUT_INVALID', false],
  ])('%j, %s: %s', (given, code, refused) => {
    expect(isRefusedRetry(given, code)).toBe(refused);
  });
});

describe('what the auditor writes', () => {
  it('is what the execution itself said of its failure, and where it completed, that its record was lost', () => {
    const result = { verdict: 'failed', reason: 'QUALITY_ERROR', message: 'no rows', steps: [] };
    expect(runEnd(run, run.endedAt, { code: 'INTERNAL', message: 'it failed', result })).toMatchObject({
      ...{ verdict: 'failed', reason: 'QUALITY_ERROR', key: 'auditor/r/finished', at: run.endedAt },
      message: 'no rows; written by the auditor, from what Temporal knows',
    });
    const completed = { code: 'COMPLETED', message: 'it completed', result: { ...result, verdict: 'succeeded' } };
    const { message, ...end } = runEnd(run, run.endedAt, completed) as LineageRecordOf<'run_finished'>;
    expect(end).toMatchObject({ verdict: 'failed', reason: 'RECORD_LOST' });
    expect(message).toContain(
      'it ended as succeeded, QUALITY_ERROR: no rows; what it did is not on record: run it again',
    );
  });

  it('is a record of any execution, whose keys then say that nothing is missing', () => {
    const instant = fc
      .date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') })
      .map((date) => date.toISOString());
    const name = fc.stringMatching(/^[a-z]{1,20}$/);
    const execution = fc.record({
      workflowType: fc.constantFrom('pipelineRun', 'backfill', 'rollout', 'recall'),
      workflowId: fc.oneof(
        fc.tuple(name, fc.string({ minLength: 1 })).map(([pipeline, partition]) => `run/${pipeline}/${partition}`),
        fc.constantFrom('rollout/a', 'backfill/a/1..2', `recall/d/all@${'b'.repeat(32)}`, 'other'),
      ),
      runId: fc.uuid(),
      status: fc.constantFrom<EndedExecution['status']>('COMPLETED', 'FAILED', 'CANCELLED', 'TERMINATED', 'TIMED_OUT'),
      ...{ startedAt: instant, endedAt: instant },
    });
    const end = fc.record({ code: fc.string({ minLength: 1 }), message: fc.string(), result: fc.anything() });
    fc.assert(
      fc.property(execution, end, fc.anything(), (one, how, input) => {
        const missing = missingRecord(one, new Set());
        if (missing === null) return;
        const records =
          missing === 'stop' ? [abnormalEnd(one, how)] : [runBeginning(one, input), runEnd(one, one.endedAt, how)];
        for (const record of records) expect(lineageRecordSchema.safeParse(record).error).toBeUndefined();
        const keys = records.map(({ key }) => key);
        expect(keysOf(one)).toEqual(expect.arrayContaining(keys));
        expect(missingRecord(one, new Set(keys))).toBeNull();
      }),
    );
  });
});
