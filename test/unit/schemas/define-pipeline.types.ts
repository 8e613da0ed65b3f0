/**
 * Compile-time cases of definePipeline: `npm run types` fails if a line marked as an error compiles.
 * Nothing here is run.
 */
import { definePipeline } from '../../../schemas/index.js';

const raw = { type: 'ingest', source: { kind: 'csv', path: 'a.csv' }, dataset: 'raw' } as const;
const suite = { checks: [{ type: 'row_count' as const, min: 1 }] };
const train = { type: 'train', trainer: { directory: 't', command: ['python'] as string[] }, model: 'm' } as const;
const name = 'p';

export const right = definePipeline({
  name: 'right',
  steps: {
    raw,
    quality: { type: 'check', input: 'raw', suite },
    features: { type: 'transform', inputs: { raw: 'raw' }, sql: 'select 1', dataset: 'features', needs: ['quality'] },
    model: { ...train, inputs: { training: { dataset: 'features', window: { last: 7 } }, night: 'features' } },
    verdict: { type: 'evaluate', model: 'model', on: 'features', label: 'y' },
    registered: { type: 'register', model: 'model', evaluation: 'verdict' },
    release: { type: 'deploy', endpoint: 'e', model: 'registered' },
  },
});

// @ts-expect-error: there is no step "rwa"
export const typo = definePipeline({ name, steps: { raw, quality: { type: 'check', input: 'rwa', suite } } });

const check = { type: 'check', input: 'raw', suite } as const;
const checkOfCheck = { raw, check, other: { ...check, input: 'check' } } as const;
// @ts-expect-error: a check has no output to check
export const noOutput = definePipeline({ name, steps: checkOfCheck });

// @ts-expect-error: there is no step "features"
export const noInput = definePipeline({ name, steps: { raw, model: { ...train, inputs: { training: 'features' } } } });

// @ts-expect-error: there is no step "nobody"
export const noNeed = definePipeline({ name, steps: { raw, check: { ...check, needs: ['nobody'] } } });

const model = { ...train, inputs: { training: 'raw' } } as const;
const deployOfTrain = { raw, model, release: { type: 'deploy', endpoint: 'e', model: 'model' } } as const;
// @ts-expect-error: a deploy step takes a registered model
export const unregistered = definePipeline({ name, steps: deployOfTrain });

// @ts-expect-error: a step type that does not exist
export const noType = definePipeline({ name, steps: { raw: { ...raw, type: 'ingets' } } });
