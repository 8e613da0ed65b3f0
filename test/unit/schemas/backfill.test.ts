import { backfillInputSchema, type MillraceError, parseWith } from '../../../schemas/index.js';

function problemsOf(checks: unknown): unknown {
  try {
    return parseWith(backfillInputSchema, { pipeline: 'p', from: 'a', to: 'b', checks }, 'backfill').checks;
  } catch (error) {
    return (error as MillraceError).problems;
  }
}

describe('checks of a backfill', () => {
  it.each([['each'], ['atEnd'], [{ off: 'the rules are newer' }]])('%j', (checks) => {
    expect(problemsOf(checks)).toEqual(checks);
  });

  it.each([['off'], ['none'], [true]])('%j is told what there is', (checks) => {
    const message = 'must be "each", "atEnd" or {"off": "the reason"}';
    expect(problemsOf(checks)).toEqual([{ path: 'checks', message }]);
  });

  it('are left out for a reason alone', () => {
    expect(problemsOf({ off: '' })).toMatchObject([{ path: 'checks.off' }]);
  });
});
