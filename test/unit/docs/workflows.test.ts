import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parseWith, WORKFLOW_CONTRACTS } from '../../../schemas/index.js';
import * as registered from '../../../workflows/registered.js';

const root = join(__dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const published = JSON.parse(read('docs/reference/workflows.schema.json')) as {
  $defs: Record<string, { properties?: object }>;
};

/** Validates with the published schema, as a program in another language would. */
function accepts(definition: string, value: unknown): boolean {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(published, 'workflows');
  return ajv.validate(`workflows#/$defs/${definition}`, value);
}

/** A section of docs/clients.md. */
function section(language: string): string {
  return read('docs/clients.md').split(`## ${language}\n`)[1]?.split('\n## ')[0] ?? '';
}

describe('the contracts of workflows', () => {
  it('are there for every workflow that a worker registers', () => {
    const { default: unknown, ...types } = registered;
    expect(Object.keys(WORKFLOW_CONTRACTS).sort()).toEqual(Object.keys(types).sort());
    expect(unknown).toBeDefined();
  });

  const input = { pipeline: 'flight-delays', partition: '2001-03-05' };
  it.each([
    ['pipelineRun.input', input, true],
    ['pipelineRun.input', { ...input, params: { seed: 3 } }, true],
    ['pipelineRun.input', { ...input, partition: 5 }, false],
    ['pipelineRun.input', { ...input, extra: true }, false],
    ['pipelineRun.input', {}, false],
    ['pipelineRun.update.approve.input', { by: 'ann', reason: 'looks right' }, true],
    ['pipelineRun.update.approve.input', { by: 'ann' }, false],
    ['pipelineRun.update.retryStep.input', { by: 'ann', reason: 'it is mended' }, true],
    ['backfill.input', { pipeline: 'flight-delays', from: '2001-03-01', to: '2001-03-31' }, true],
    ['backfill.input', { pipeline: 'flight-delays', from: '2001-03-01', to: '2001-03-31', reprocess: 'some' }, false],
    ['rollout.update.abort.input', { by: 'ann', reason: 'errors on the phone' }, true],
  ])('are published as %s: %j is accepted: %s', (definition, value, accepted) => {
    expect(accepts(definition, value)).toBe(accepted);
  });

  it('are published so that a validator can use each of them', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema(published, 'workflows');
    for (const name of Object.keys(published.$defs)) {
      expect(() => ajv.getSchema(`workflows#/$defs/${name}`)).not.toThrow();
    }
  });

  const contract = WORKFLOW_CONTRACTS.pipelineRun;
  const results = Object.keys(published.$defs['pipelineRun.result']?.properties ?? {});

  it.each([
    ['Go', /map\[string\]any(\{.*?\})/, /json:"(\w+)"/g],
    ['Java', /Map\.of\((.*?)\)/, /result\.get\("(\w+)"\)/g],
  ])('are what the snippet in %s sends and reads', (language, sent, reads) => {
    const text = section(language);
    const words = [...(sent.exec(text)?.[1] ?? '').matchAll(/"([^"]*)"/g)].map(([, word]) => word ?? '');
    const pairs = words.flatMap((word, at) => (at % 2 === 0 ? [[word, words[at + 1]]] : []));
    const request = parseWith(contract!.input, Object.fromEntries(pairs), language) as typeof input;
    const id = `run/${request.pipeline}/${request.partition}`;
    for (const name of ['pipelineRun', 'orchestration', id]) expect(text).toContain(`"${name}"`);
    const fields = [...text.matchAll(reads)].map(([, field]) => field);
    expect(fields).toEqual(expect.arrayContaining(['verdict', 'reason']));
    expect(results).toEqual(expect.arrayContaining(fields));
  });
});
