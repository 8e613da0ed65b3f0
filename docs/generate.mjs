/**
 * Writes the reference pages from the code: `node docs/generate.mjs`, after `npm run build`. With `--check` it only says
 * whether they are up to date.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const schemas = require('../dist/schemas/index.js');
const { COMMANDS } = require('../dist/cli/all-commands.js');
const { createProgram } = require('../dist/cli/program.js');
const { z } = require('zod');

const folder = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, 'reference');
const pages = {
  'errors.md': errorsPage(),
  'schemas.md': schemasPage(),
  'workflows.md': workflowsPage(),
  'workflows.schema.json': `${JSON.stringify(workflowSchemas(), null, 2)}\n`,
  'commands.md': await commandsPage(),
  ...facetDocuments(),
};
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
    'answers it is `error.code`. Generated from `schemas/error-table/`.',
    '',
    '| code | budget | retried | when | what to do |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function schemasPage() {
  const named = [
    ['Partition in the result of `backfill`', 'backfillPartitionSchema'],
    ['Plan of `backfill`', 'planSummarySchema'],
    ['Schedule of a pipeline', 'scheduleSchema'],
    ['Alert channel `webhook`', 'webhookChannelSchema'],
    ['Alert channel `slack`', 'slackChannelSchema'],
    ['Alert channel `pagerduty`', 'pagerdutyChannelSchema'],
    ['Deadline of a pipeline', 'deadlineSchema'],
    ['Freshness of a dataset', 'freshnessSchema'],
    ['Trigger on `dataset`', 'datasetTriggerSchema'],
    ['Trigger on `file`', 'fileTriggerSchema'],
    ['Trigger on `webhook`', 'webhookTriggerSchema'],
    ['Trigger on `service`', 'serviceTriggerSchema'],
    ['Step `ingest`', 'ingestStepSchema'],
    ['Step `transform`', 'transformStepSchema'],
    ['Step `check`', 'checkStepSchema'],
    ['Step `train`', 'trainStepSchema'],
    ['Step `evaluate`', 'evaluateStepSchema'],
    ['Step `register`', 'registerStepSchema'],
    ['Step `deploy`', 'deployStepSchema'],
    ['Step `approve`', 'approveStepSchema'],
    ['Step `command`', 'commandStepSchema'],
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

/** One JSON Schema (draft 2020-12) with a definition for each message of each workflow, as it is written down in JSON. */
function workflowSchemas() {
  const definitions = {};
  const names = new Map();
  for (const [type, contract] of Object.entries(schemas.WORKFLOW_CONTRACTS)) {
    const add = (name, schema, io) => {
      const definition = z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' });
      delete definition.$schema;
      definitions[`${type}.${name}`] = withSharedDefinitions(definition, definitions, names);
    };
    add('input', contract.input, 'input');
    add('result', contract.result, 'output');
    for (const [name, schema] of Object.entries(contract.queries)) add(`query.${name}`, schema, 'output');
    for (const [name, schema] of Object.entries(contract.signals ?? {})) add(`signal.${name}`, schema, 'input');
    for (const [name, { input, result }] of Object.entries(contract.updates)) {
      add(`update.${name}.input`, input, 'input');
      add(`update.${name}.result`, result, 'output');
    }
  }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Messages of Millrace’s workflows',
    $defs: definitions,
  };
}

/**
 * Zod writes what refers to itself under `$defs` of a schema, and refers to it from the schema’s root; the document has another
 * root, so these definitions are moved there, each once.
 */
function withSharedDefinitions({ $defs: own = {}, ...definition }, definitions, names) {
  const nameOf = (name) => {
    const key = JSON.stringify([name, own]);
    if (!names.has(key)) names.set(key, `shared.${names.size + 1}`);
    return names.get(key);
  };
  const referring = (schema) =>
    JSON.parse(JSON.stringify(schema), (key, value) =>
      key === '$ref' ? value.replace(/^#\/\$defs\/(.*)$/, (_, name) => `#/$defs/${nameOf(name)}`) : value,
    );
  for (const [name, shared] of Object.entries(own)) definitions[nameOf(name)] = referring(shared);
  return referring(definition);
}

function workflowsPage() {
  const parts = Object.entries(schemas.WORKFLOW_CONTRACTS).flatMap(([type, contract]) => {
    const messages = [
      ['input', `${type}.input`],
      ['result', `${type}.result`],
      ...Object.keys(contract.queries).map((name) => [`query \`${name}\``, `${type}.query.${name}`]),
      ...Object.keys(contract.signals ?? {}).map((name) => [`signal \`${name}\``, `${type}.signal.${name}`]),
      ...Object.keys(contract.updates).map((name) => [`update \`${name}\``, `${type}.update.${name}.input`]),
    ];
    return [
      `## \`${type}\``,
      '',
      contract.description,
      `Id: \`${contract.workflowId}\`.`,
      '',
      ...messages.flatMap(([title, name]) => [
        `### ${type}: ${title}`,
        '',
        ...jsonTable(workflowSchemas().$defs[name]),
        '',
      ]),
    ];
  });
  return [
    '# Workflows',
    '',
    'What each workflow takes and gives: one JSON object in, one out, on the task queue `orchestration`, from the Temporal UI',
    'or any Temporal client. For programs the same is in [workflows.schema.json](workflows.schema.json), whose',
    '`$defs` are named `TYPE.input`, `TYPE.result`, `TYPE.query.NAME`, `TYPE.signal.NAME`, `TYPE.update.NAME.input` and `TYPE.update.NAME.result`.',
    'Generated from `schemas/workflow-contracts.ts`.',
    '',
    ...parts,
  ].join('\n');
}

async function commandsPage() {
  const sections = (command, name) => [
    `## \`${name}\``,
    '',
    `${sentence(command.description())}`,
    '',
    '```text',
    `${name} ${command.usage()}`.trim(),
    '```',
    '',
    ...options(command),
    ...command.commands.flatMap((child) => sections(child, `${name} ${child.name()}`)),
  ];
  const program = await createProgram(COMMANDS);
  return [
    '# Commands',
    '',
    'Every command has `--help`. Exit codes: 0 done, 1 the answer is no (a check failed, a run was refused), 2 it could not be done,',
    '130 interrupted. Generated from `cli/`.',
    '',
    ...program.commands.flatMap((command) => sections(command, `millrace ${command.name()}`)),
  ].join('\n');
}

function options(command) {
  const shown = command.options.filter(({ hidden }) => !hidden);
  if (shown.length === 0) return [];
  const rows = shown.map(({ flags, description, defaultValue }) => {
    const fallback = defaultValue === undefined || defaultValue === false ? '' : `\`${JSON.stringify(defaultValue)}\``;
    return `| \`${cell(flags)}\` | ${cell(description)} | ${cell(fallback)} |`;
  });
  return ['| option | meaning | default |', '|---|---|---|', ...rows, ''];
}

function sentence(text) {
  return text === '' ? '' : `${text[0].toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
}

function table(schema) {
  return jsonTable(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
}

function jsonTable(json) {
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
