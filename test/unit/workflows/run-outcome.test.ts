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
    expect(markdown.split('\n').at(-1)).toBe('| a | check | ✘ refused |  |  | a \\| b c |');
  });
});
