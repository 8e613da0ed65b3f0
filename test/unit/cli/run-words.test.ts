import { defaultPayloadConverter } from '@temporalio/common';
import { runWork } from '../../../client/run-work.js';
import { changedSteps, phaseLine, waitInWords, workLine } from '../../../cli/run-words.js';
import type { RunProgress, StepState, StepStatus } from '../../../schemas/run.js';

const step = (name: string, status: StepStatus, more: Partial<StepState> = {}): StepState => ({
  step: name,
  type: 'ingest',
  status,
  startedAt: null,
  durationMs: null,
  summary: '',
  code: null,
  output: {},
  ...more,
});
const progress = (...steps: StepState[]): RunProgress => ({ pipeline: 'p', partition: 'x', phase: 'resolving', steps });

describe('a run in words', () => {
  it('tells of steps that changed since they were last seen, not of those that wait', () => {
    const now = progress(
      step('a', 'succeeded', { durationMs: 1200, summary: '5 rows' }),
      step('b', 'refused', { code: 'QUALITY_FAILED' }),
      step('c', 'pending'),
    );
    expect(changedSteps(now, new Map([['a', 'running']]))).toEqual([
      '+ a succeeded 1.2 s  5 rows',
      '! b refused [QUALITY_FAILED]',
    ]);
    expect(changedSteps(now, new Map(now.steps.map((each) => [each.step, each.status])))).toEqual([]);
  });

  it('keeps what somebody else wrote to the line of its step', () => {
    const failed = step('a', 'failed', { code: 'COMMAND_FAILED', summary: 'exit code 1:\n  Traceback\r\nValueError' });
    expect(changedSteps(progress(failed), new Map())).toEqual([
      'x a failed [COMMAND_FAILED]  exit code 1: Traceback ValueError',
    ]);
  });

  it('says what a run waits for where nothing of it goes on: a decision, or a place in a pool', () => {
    const board = step('board', 'waiting', { summary: 'waits for approve or reject: Ship it?' });
    const load = step('load', 'running', { summary: 'waits for the pool warehouse' });
    expect(waitInWords(progress(step('a', 'succeeded'), board, load))).toBe(
      'board: waits for approve or reject: Ship it?; load: waits for the pool warehouse',
    );
    expect(waitInWords(progress(board, step('b', 'running')))).toBeUndefined();
    expect(waitInWords(progress())).toBeUndefined();
  });

  it('names what is running and how much is done, or the phase before there are steps', () => {
    expect(phaseLine(progress())).toBe('p x: resolving');
    expect(phaseLine(progress(step('a', 'succeeded'), step('b', 'running'), step('c', 'running')))).toBe(
      'p x 1/3: b, c',
    );
  });
});

describe('what works for a run', () => {
  const beat = (value: unknown) => ({ payloads: [defaultPayloadConverter.toPayload(value)] });

  it('says how far it is, and what an attempt failed with that is repeated', () => {
    const work = runWork([
      { activityType: { name: 'ingest' }, attempt: 1, heartbeatDetails: beat({ progress: 'read 40 % of flights' }) },
      {
        ...{ activityType: { name: 'transform' }, attempt: 3 },
        lastFailure: { message: 'no answer', applicationFailureInfo: { type: 'STORE_UNAVAILABLE' } },
      },
      { activityType: { name: 'own' }, attempt: 2, heartbeatDetails: beat([1]), lastFailure: { message: 'timeout' } },
      { heartbeatDetails: { payloads: [{ metadata: {}, data: new Uint8Array([1]) }] } },
    ]);
    expect(work.map(workLine)).toEqual([
      'ingest: read 40 % of flights',
      'transform: no word yet; attempt 3, the one before failed with STORE_UNAVAILABLE: no answer',
      'own: no word yet; attempt 2, the one before failed with timeout',
      ': no word yet',
    ]);
  });
});
