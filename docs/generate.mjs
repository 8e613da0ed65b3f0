/**
 * Writes the reference pages from the code: `node docs/generate.mjs`, after `npm run build`. With `--check` it only says
 * whether they are up to date.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const schemas = require('../dist/schemas/index.js');
const { z } = require('zod');

const folder = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, 'reference');
const pages = { 'errors.md': errorsPage(), 'schemas.md': schemasPage(), ...facetDocuments() };
let stale = 0;
for (const [name, text] of Object.entries(pages)) {
  const path = join(folder, name);
  const current = read(path);
  if (current === text) continue;
  stale += 1;
  if (process.argv.includes('--check')) console.log(`docs/reference/${name} is out of date: node docs/generate.mjs`);
  else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}
process.exitCode = process.argv.includes('--check') && stale > 0 ? 1 : 0;

/** JSON Schemas of our own OpenLineage facets, at the paths that events name. */
function facetDocuments() {
  return Object.fromEntries(
    Object.entries(schemas.OWN_FACETS).map(([facet, { name, version }]) => [
      `openlineage/${version}/${name}.json`,
      `${JSON.stringify(schemas.ownFacetDocument(facet), null, 2)}\n`,
    ]),
  );
}

function errorsPage() {
  const rows = Object.entries(schemas.ERROR_TABLE).map(
    ([code, { category, retryable, meaning, remedy }]) =>
      `| \`${code}\` | ${category} | ${retryable ? 'yes' : 'no'} | ${cell(meaning)} | ${cell(remedy)} |`,
  );
  return [
    '# Errors',
    '',
    'Every error that Millrace raises has a stable code. In Temporal it is the type of the failure; in `--json` and HTTP',
    'answers it is `error.code`. Generated from `schemas/errors.ts`.',
    '',
    '| code | budget | retried | when | what to do |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function schemasPage() {
  const named = [
    ['Input of `pipelineRun`', 'runInputSchema'],
    ['Result of `pipelineRun`', 'runResultSchema'],
    ['Result of the query `progress`', 'runProgressSchema'],
    ['Input of `backfill`', 'backfillInputSchema'],
    ['Result of `backfill`', 'backfillResultSchema'],
    ['Partition in the result of `backfill`', 'backfillPartitionSchema'],
    ['Plan of `backfill`', 'planSummarySchema'],
    ['Query `progress` of `backfill`', 'backfillProgressSchema'],
    ['Schedule of a pipeline', 'scheduleSchema'],
    ['Input of `scheduledFiring`', 'firingInputSchema'],
    ['Result of `scheduledFiring`', 'firingResultSchema'],
    ['Trigger on `dataset`', 'datasetTriggerSchema'],
    ['Trigger on `file`', 'fileTriggerSchema'],
    ['Trigger on `webhook`', 'webhookTriggerSchema'],
    ['Trigger on `service`', 'serviceTriggerSchema'],
    ['Event for an inbox, signal `deliver`', 'triggerEventSchema'],
    ['Input of `rollout`', 'rolloutInputSchema'],
    ['Result of `rollout`', 'rolloutResultSchema'],
    ['Step `ingest`', 'ingestStepSchema'],
    ['Step `transform`', 'transformStepSchema'],
    ['Step `check`', 'checkStepSchema'],
    ['Step `train`', 'trainStepSchema'],
    ['Step `evaluate`', 'evaluateStepSchema'],
    ['Step `register`', 'registerStepSchema'],
    ['Step `deploy`', 'deployStepSchema'],
    ['Step `activity`', 'activityStepSchema'],
    ['Window input', 'datasetInputSchema'],
    ['Quality report', 'qualityReportSchema'],
    ['Evaluation report', 'evaluationReportSchema'],
    ['Trainer specification', 'trainerSpecificationSchema'],
    ['Trainer output `model.json`', 'trainerOutputSchema'],
    ['Endpoint state', 'endpointStateSchema'],
  ];
  const parts = named.flatMap(([title, name]) => [`## ${title}`, '', ...table(schemas[name]), '']);
  return [
    '# Schemas',
    '',
    'Fields of inputs, results and specifications. Generated from `schemas/`.',
    '',
    ...parts,
  ].join('\n');
}

function table(schema) {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const rows = Object.entries(json.properties ?? {}).map(([name, property]) => {
    const required = (json.required ?? []).includes(name) ? 'yes' : '';
    const fallback = property.default === undefined ? '' : `\`${JSON.stringify(property.default)}\``;
    return `| \`${name}\` | ${typeOf(property)} | ${required} | ${cell(fallback)} | ${cell(property.description ?? '')} |`;
  });
  return ['| field | type | required | default | meaning |', '|---|---|---|---|---|', ...rows];
}

function typeOf(property) {
  if (property.enum !== undefined) return property.enum.map((value) => `\`${value}\``).join(', ');
  if (property.const !== undefined) return `\`${property.const}\``;
  if (property.type === 'array') return `array of ${typeOf(property.items ?? {})}`;
  return property.type ?? 'see its own table';
}

function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
