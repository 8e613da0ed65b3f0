import type { Command } from 'commander';
import { createLineageClient } from '../../engine/lineage/index.js';
import type { Impact } from '../../schemas/lineage-questions.js';
import { addTargetOptions, jsonOption, type JsonOption, type TargetOptions } from '../options.js';
import { printJson } from '../output.js';
import { requireLineageUrl, resolveTarget } from '../target.js';

/** Dataset versions and runs that are listed; the rest is counted, and all are in the JSON. */
const SHOWN = 20;

/** `millrace impact`: which models, endpoints, dataset versions and runs contain a version. */
export function impactCommand(program: Command): void {
  const command = program
    .command('impact')
    .description('show which models, endpoints, dataset versions and runs contain a version')
    .argument('<version>', 'a version, as in dataset:NAME/2001-03-01, dataset:NAME/2001-03-01@VERSION or model:NAME@3');
  addTargetOptions(command)
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  millrace impact dataset:flights/2001-03-01')
    .action(async (version: string, { json, ...target }: TargetOptions & JsonOption) => {
      const client = createLineageClient({ url: requireLineageUrl(await resolveTarget(target)), timeoutMs: 60_000 });
      const impact = await client.impact(version);
      if (json) printJson(impact);
      else console.log(inWords(impact));
    });
}

function inWords({ root, endpoints, models, datasets, runs }: Impact): string {
  return [
    root,
    ...list(
      'endpoints that serve it',
      endpoints.map(({ endpoint, arm, model }) => `${endpoint}, ${arm}: ${model.model} v${model.version}`),
    ),
    ...list(
      'models',
      models.map(({ model, version, digest, aliases }) =>
        [`${model} ${version === null ? `(not registered, ${digest.slice(0, 12)})` : `v${version}`}`, ...aliases].join(
          ', ',
        ),
      ),
    ),
    ...list(
      'dataset versions',
      datasets.map(
        ({ dataset, partition, version, published }) =>
          `${dataset} ${partition} ${version.slice(0, 12)}${published ? '' : ' (not published)'}`,
      ),
    ),
    ...list(
      'runs',
      runs.map(({ runId, pipeline, partition }) => (pipeline === null ? runId : `${pipeline} ${partition}  ${runId}`)),
    ),
  ].join('\n');
}

function list(title: string, lines: readonly string[]): string[] {
  const more = lines.length - SHOWN;
  return [
    `${title}: ${lines.length === 0 ? 'none' : lines.length}`,
    ...lines.slice(0, SHOWN).map((line) => `  ${line}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}
