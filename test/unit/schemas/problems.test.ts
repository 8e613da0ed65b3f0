import { z } from 'zod';
import { parseWith, stepSchema, runInputSchema, suiteSchema, type MillraceError } from '../../../schemas/index.js';

function problemsFrom(run: () => unknown): string[] {
  try {
    run();
  } catch (error) {
    return (error as MillraceError).problems.map((problem) => `${problem.path}: ${problem.message}`);
  }
  throw new Error('nothing was wrong');
}

describe('parseWith', () => {
  it('names every problem of a run input by path', () => {
    expect(
      problemsFrom(() => parseWith(runInputSchema, { pipeline: 'Flight Delays', partition: 5, extra: 1 }, 'input')),
    ).toEqual([
      'pipeline: must be lower-case words joined by "-", as in "flight-delays"',
      'partition: must be a string, not a number',
      'extra: is not a known field; there are: pipeline, partition, logicalTime, params, force, checksOff, specification, retry, cache, requestedBy',
    ]);
  });

  it('has no hint for a text of megabytes, and compares nothing with it', () => {
    const long = 'error'.repeat(1_000_000);
    const schema = z.strictObject({ severity: z.enum(['error', 'warn']) });
    const fields = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`severit${index}`, 1]));
    const problems = problemsFrom(() => parseWith(schema, { severity: long, ...fields }, 'input'));
    expect(problems).toHaveLength(20_001);
    expect(problems[0]).not.toContain('did you mean');
    expect(problems.filter((problem) => problem.includes('did you mean'))).toHaveLength(100);
  });

  it('hints at the nearest field, type and value there is, within the member of a union that was meant', () => {
    const checks = [
      { type: 'betwen', column: 'delay' },
      { type: 'between', colum: 'delay', severity: 'eror' },
      { column: 'delay' },
      { type: 5 },
    ];
    expect(problemsFrom(() => parseWith(suiteSchema, { checks, keyColumn: [] }, 'suite'))).toEqual([
      'checks[0].type: "betwen" is none of the known types; did you mean "between"?',
      expect.stringMatching(/^checks\[1\]\.severity: .*; did you mean "error"\?$/),
      'checks[1].column: must be given: a string',
      'checks[1].colum: is not a known field; did you mean "column"?',
      expect.stringMatching(/^checks\[2\]\.type: must be given; there are: column_exists, /),
      expect.stringMatching(/^checks\[3\]\.type: must be given; there are: column_exists, /),
      'keyColumn: is not a known field; did you mean "keyColumns"?',
    ]);
  });

  it('says of an empty box what is expected', () => {
    expect(problemsFrom(() => parseWith(runInputSchema, undefined, 'input'))).toEqual([': must be given: an object']);
  });

  it('reports on the member of a union that was meant', () => {
    const inputs = { v: { dataset: 'x', window: { last: 0 } } };
    const step = { type: 'transform', dataset: 'd', sql: 'select 1', inputs };
    expect(problemsFrom(() => parseWith(stepSchema, step, 'step'))).toEqual([
      'inputs.v.window.last: must be greater than 0',
    ]);
  });
});
