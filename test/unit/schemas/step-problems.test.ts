import {
  parseWith,
  stepDependencies,
  stepProblems,
  stepSchema,
  topologicalOrder,
  type Step,
} from '../../../schemas/index.js';
import fc from 'fast-check';

const raw = { type: 'ingest', source: { kind: 'csv', path: 'a.csv' }, dataset: 'raw' };
const check = { type: 'check', input: 'raw', suite: { checks: [{ type: 'row_count', min: 1 }] } };
const train = { type: 'train', trainer: { directory: 't', command: ['x'] }, inputs: { rows: 'raw' }, model: 'm' };
const transform = { type: 'transform', inputs: { rows: 'raw' }, sql: 'select 1', dataset: 'made' };

function steps(given: Record<string, object>): Record<string, Step> {
  return Object.fromEntries(Object.entries(given).map(([name, step]) => [name, parseWith(stepSchema, step, name)]));
}

function problems(given: Record<string, object>): string[] {
  return stepProblems(steps(given)).map(({ path, message }) => `${path}: ${message}`);
}

const board = {
  type: 'approve',
  message: 'Ship it?',
  fields: {
    ticket: { type: 'string' },
    share: { type: 'number', default: 5 },
    note: { type: 'string', required: false },
  },
};

describe('stepProblems', () => {
  it('lets an approval that silence does not give ask for values without a default', () => {
    const waiting = { ...board, waitSeconds: 60 };
    expect(problems({ board, waiting, always: { ...board, onTimeout: 'approve' } })).toEqual([]);
  });

  it('finds nothing in a sound pipeline', () => {
    expect(problems({ raw, check, transform, train })).toEqual([]);
  });

  it.each<[string, Record<string, object>, string]>([
    [
      'a step that is not there',
      { raw, check: { ...check, input: 'rwa' } },
      'steps.check.input: there is no step "rwa"; did you mean "raw"?',
    ],
    [
      'a dataset in the place of the step that writes it',
      { raw: { ...raw, dataset: 'days' }, check: { ...check, input: 'days' } },
      'steps.check.input: there is no step "days"; it is a dataset: name the step that writes it, "raw"',
    ],
    [
      'a step of the wrong type',
      { raw, check, again: { ...check, input: 'check' } },
      'steps.again.input: "check" is a step of type check; expected ingest or transform',
    ],
    [
      'a need that is not there',
      { raw: { ...raw, needs: ['nobody'] } },
      'steps.raw.needs[0]: there is no step "nobody"; there are: raw',
    ],
    [
      'a step that reads itself',
      { transform: { ...transform, inputs: { rows: 'transform' } } },
      'steps.transform.inputs.rows: a step cannot refer to itself',
    ],
    [
      'a quarantine besides another check',
      { raw, check: { ...check, quarantine: 'drop' }, other: check },
      'steps.check.quarantine: needs to be the only check of "raw", which is checked by other too',
    ],
    [
      'a quarantine into a dataset that a step writes',
      { raw, transform, check: { ...check, quarantine: 'split', quarantineDataset: 'made' } },
      'steps.check.quarantineDataset: "made" is written by step "transform" already',
    ],
    [
      'a dataset for a quarantine that needs none',
      { raw, check: { ...check, quarantine: 'tag', quarantineDataset: 'bad' } },
      'steps.check.quarantineDataset: has a meaning with quarantine: "split" alone',
    ],
    ['two writers of a dataset', { raw, other: raw }, 'steps.other.dataset: "raw" is written by step "raw" already'],
    [
      'a build without a pipeline',
      { train: { ...train, inputs: { rows: { dataset: 'd', window: { last: 2, missing: 'build' } } } } },
      'steps.train.inputs.rows.window.pipeline: missing: "build" needs the pipeline that produces the dataset',
    ],
    [
      'a minimum that is never reached',
      { train: { ...train, inputs: { rows: { dataset: 'd', window: { last: 2, minimum: 3 } } } } },
      'steps.train.inputs.rows.window.minimum: must not be greater than last, 2',
    ],
    [
      'a value that nobody gives where silence approves',
      { board: { ...board, waitSeconds: 60, onTimeout: 'approve' } },
      'steps.board.fields.ticket.default: must be given, or required: false: the field is required, and onTimeout approves without anybody to say it',
    ],
    [
      'a cycle',
      { raw: { ...raw, needs: ['transform'] }, transform },
      'steps.raw: waits for itself, by way of raw, transform',
    ],
  ])('names %s', (_, given, expected) => {
    expect(problems(given)).toEqual([expected]);
  });
});

describe('stepDependencies', () => {
  it('makes whoever reads data wait for its checks', () => {
    expect(stepDependencies(steps({ raw, check, transform }))).toEqual({
      raw: [],
      check: ['raw'],
      transform: ['raw', 'check'],
    });
  });
});

describe('topologicalOrder', () => {
  it('has each name after those that it waits for, and leaves out exactly what hangs on a cycle', () => {
    const graph = fc.dictionary(
      fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 2 }),
    );
    fc.assert(
      fc.property(graph, (dependencies) => {
        const { order, cyclic } = topologicalOrder(dependencies);
        expect([...order, ...cyclic].sort()).toEqual(Object.keys(dependencies).sort());
        for (const [index, name] of order.entries()) {
          const known = (dependencies[name] ?? []).filter((other) => other in dependencies);
          expect(order.slice(0, index)).toEqual(expect.arrayContaining(known));
        }
        for (const name of cyclic)
          expect((dependencies[name] ?? []).some((other) => cyclic.includes(other))).toBe(true);
      }),
    );
  });
});
