import { judgeUnknownType } from '../../../workflows/unknown-type.js';

describe('a workflow type that is not registered', () => {
  it.each([
    ['another case', 'pipelinerun', 0, false, 'fail', 'did you mean "pipelineRun"?'],
    ['a typo', 'backfil', 0, false, 'fail', 'did you mean "backfill"?'],
    ['what can be no function', 'flight-delays', 0, false, 'fail', 'a pipeline is run by pipelineRun'],
    ['one that a newer worker may know', 'weekly', 59_000, false, 'leave', 'there are: pipelineRun, backfill'],
    ['one that nobody took in a minute', 'weekly', 61_000, false, 'fail', 'there are: pipelineRun, backfill'],
    ['one that a worker knew, however old', 'weekly', 9e9, true, 'leave', 'there is no workflow type "weekly"'],
  ])('%s', (_, type, ageMs, begun, verdict, message) => {
    expect(judgeUnknownType({ type, ageMs, begun })).toMatchObject({
      verdict,
      message: expect.stringContaining(message),
    });
  });
});
