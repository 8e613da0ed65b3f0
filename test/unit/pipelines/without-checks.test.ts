import { freezePipeline, withoutChecks } from '../../../engine/pipelines/index.js';
import { pipelineSchema } from '../../../schemas/index.js';

const raw = { type: 'ingest', source: { kind: 'csv', path: 'a.csv' }, dataset: 'raw' };
const quality = { type: 'check', input: 'raw', suite: { checks: [{ type: 'row_count', min: 1 }] } };
const note = { type: 'activity', activity: 'note', needs: ['quality', 'raw'] };
const pipeline = pipelineSchema.parse({ name: 'p', steps: { raw, quality, note } });
const reason = { by: 'ann', reason: 'the rules are newer' };

describe('withoutChecks', () => {
  it('leaves the check steps out, and nobody waits for them any more', () => {
    const { steps, checksOff } = freezePipeline(pipeline, {}, reason);
    expect(Object.keys(steps)).toEqual(['raw', 'note']);
    expect(steps.note?.needs).toEqual(['raw']);
    expect(checksOff).toEqual(reason);
  });

  it('is another specification, whose digest tells who did it and why', () => {
    const digests = [undefined, reason, { ...reason, by: 'ben' }].map(
      (off) => freezePipeline(pipeline, {}, off).digest,
    );
    expect(new Set(digests).size).toBe(3);
  });

  it('refuses a pipeline of nothing but checks', () => {
    const checks = pipelineSchema.parse({ name: 'p', steps: { quality } });
    expect(() => withoutChecks(checks)).toThrow('nothing but checks');
  });
});
