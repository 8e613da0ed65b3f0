import { runOutcome } from '../../../workflows/run-outcome.js';
import { progressMarkdown } from '../../../workflows/progress.js';
import type { StepState, StepStatus } from '../../../schemas/index.js';

function step(name: string, type: string, status: StepStatus, code: string | null = null): StepState {
  return { step: name, type, status, code, summary: `${name} said so`, startedAt: null, durationMs: null, output: {} };
}

describe('runOutcome', () => {
  it.each<[string, StepState[], string, string]>([
    ['only successes', [step('a', 'ingest', 'succeeded')], 'succeeded', 'COMPLETED'],
    [
      'a promotion',
      [step('a', 'train', 'succeeded'), step('d', 'deploy', 'succeeded', 'PROMOTED')],
      'succeeded',
      'PROMOTED',
    ],
    [
      'a closed gate',
      [step('q', 'check', 'refused', 'QUALITY_FAILED'), step('t', 'train', 'skipped')],
      'refused',
      'QUALITY_FAILED',
    ],
    ['a canary that was taken back', [step('d', 'deploy', 'refused', 'CANARY_FAILED')], 'rolled_back', 'CANARY_FAILED'],
    [
      'an error beside a refusal',
      [step('q', 'check', 'refused', 'QUALITY_FAILED'), step('i', 'ingest', 'failed', 'SOURCE_EMPTY')],
      'failed',
      'SOURCE_EMPTY',
    ],
  ])('makes of %s', (_, steps, verdict, reason) => {
    expect(runOutcome(steps)).toMatchObject({ verdict, reason });
  });
});

describe('progressMarkdown', () => {
  it('keeps text from breaking out of its cell', () => {
    const state = { ...step('a', 'check', 'refused'), summary: 'a | b\nc' };
    const markdown = progressMarkdown({ pipeline: 'p', partition: 'x', phase: 'running', steps: [state] });
    expect(markdown.split('\n').at(-1)).toBe('| a (check) | ✘ refused | a \\| b c |');
  });

  it('has the link to a report before what a step says, and a version that it does not say after it', () => {
    const version = '0123456789abcdef0123456789abcdef';
    const dataset = { dataset: 'd', partition: 'x', version, uri: 'd', rows: 1, bytes: 1, schemaFingerprint: 'f' };
    const state = { ...step('a', 'check', 'succeeded'), durationMs: 1500 };
    const output = { dataset, report: { html: 'h', json: 'j', link: 'http://x/q' } };
    const row = (summary: string) =>
      progressMarkdown({
        pipeline: 'p',
        partition: 'x',
        phase: 'running',
        steps: [{ ...state, summary, output }],
      })
        .split('\n')
        .at(-1);
    expect(row('3 checks')).toBe('| a (check) | ✔ succeeded, 1.5 s | [report](http://x/q) 3 checks (0123456789ab) |');
    expect(row('version 0123456789ab')).toBe(
      '| a (check) | ✔ succeeded, 1.5 s | [report](http://x/q) version 0123456789ab |',
    );
  });
});
