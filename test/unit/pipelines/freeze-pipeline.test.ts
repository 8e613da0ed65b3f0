import { freezePipeline } from '../../../engine/pipelines/index.js';
import { param, parseWith, pipelineSchema, type MillraceError } from '../../../schemas/index.js';

const pipeline = parseWith(
  pipelineSchema,
  {
    name: 'p',
    params: {
      path: { type: 'string', default: 'a.csv' },
      most: { type: 'number', default: 10 },
      required: { type: 'boolean' },
    },
    steps: {
      raw: { type: 'ingest', source: { kind: 'csv', path: 'in/{{ params.path }}' }, dataset: 'raw' },
      check: { type: 'check', input: 'raw', suite: { checks: [{ type: 'row_count', max: param<number>('most') }] } },
      note: { type: 'activity', activity: 'note', input: { flag: '{{ params.required }}' } },
    },
  },
  'pipeline',
);

function problems(given: Record<string, string | number | boolean>, of = pipeline): [string, string[]] {
  try {
    freezePipeline(of, given);
  } catch (error) {
    const { code, problems } = error as MillraceError;
    return [code, problems.map(({ path, message }) => `${path} ${message}`)];
  }
  throw new Error('nothing was wrong');
}

describe('freezePipeline', () => {
  it('puts parameters in, alone in their own type, within a text as text', () => {
    const { steps, params } = freezePipeline(pipeline, { required: false, most: 5 });
    expect(params).toEqual({ path: 'a.csv', most: 5, required: false });
    expect(steps.raw).toMatchObject({ source: { path: 'in/a.csv' } });
    expect(steps.check).toMatchObject({ suite: { checks: [{ max: 5, severity: 'error' }] } });
    expect(steps.note).toMatchObject({ input: { flag: false } });
  });

  it('has a digest that depends on the content alone', () => {
    const digest = freezePipeline(pipeline, { required: true }).digest;
    expect(freezePipeline(structuredClone(pipeline), { required: true, most: 10 }).digest).toBe(digest);
    expect(freezePipeline(pipeline, { required: true, most: 11 }).digest).not.toBe(digest);
  });

  it('names every parameter that is unknown, missing or of another type', () => {
    expect(problems({ mots: 1, path: 2 })).toEqual([
      'PARAMETER_INVALID',
      [
        'params.mots is not a parameter of p; did you mean "most"?',
        'params.path must be a string, not the number 2',
        'params.required is required, a boolean',
      ],
    ]);
  });

  it('names the field that a value does not fit', () => {
    expect(problems({ required: true, most: -1 })).toEqual([
      'PIPELINE_INVALID',
      ['steps.check.suite.checks[0].max must be at least 0'],
    ]);
  });

  it('judges what values of a run make of the steps together, as of an approval that silence gives', () => {
    const board = { type: 'approve', message: 'Ship it?', fields: { ticket: { type: 'string' } } } as const;
    const silent = { waitSeconds: param<number>('wait'), onTimeout: param<string>('silence') };
    const params = { wait: { type: 'number', default: 60 }, silence: { type: 'string', default: 'reject' } };
    const asking = parseWith(
      pipelineSchema,
      { name: 'p', params, steps: { board: { ...board, ...silent } } },
      'pipeline',
    );
    expect(freezePipeline(asking, {}).steps.board).toMatchObject({ waitSeconds: 60, onTimeout: 'reject' });
    expect(problems({ silence: 'approve' }, asking)).toEqual([
      'PIPELINE_INVALID',
      [expect.stringContaining('steps.board.fields.ticket.default must be given')],
    ]);
    expect(problems({ silence: 'perhaps', wait: -1 }, asking)).toEqual([
      'PIPELINE_INVALID',
      [expect.stringContaining('steps.board.waitSeconds'), expect.stringContaining('steps.board.onTimeout')],
    ]);
  });
});
