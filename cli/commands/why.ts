import type { Command } from 'commander';
import { createLineageClient } from '../../engine/lineage/index.js';
import type { Why } from '../../schemas/lineage-why.js';
import { addTargetOptions, jsonOption, type JsonOption, type TargetOptions } from '../options.js';
import { printJson } from '../output.js';
import { requireLineageUrl, resolveTarget } from '../target.js';

/** Dataset versions that are listed; the rest is counted, and all are in the JSON. */
const SHOWN = 20;

/** `millrace why`: what led to a prediction. */
export function whyCommand(program: Command): void {
  const command = program
    .command('why')
    .description('show what led to a prediction: deployment, model, run, data, checks, code')
    .argument('<prediction>', '`parameters.prediction_id` of an answer of the model server');
  addTargetOptions(command)
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  millrace why flight-delays.3.v2.1a2b3c4d.mfk3x9q2.9f8ab10c77d2')
    .action(async (prediction: string, { json, ...target }: TargetOptions & JsonOption) => {
      const client = createLineageClient({ url: requireLineageUrl(await resolveTarget(target)) });
      const why = await client.why(prediction);
      if (json) printJson(why);
      else console.log(inWords(why));
    });
}

function inWords({ at, deployment, model, evaluation, run, versions }: Why): string {
  const { endpoint, generation, arm, canaryWeight, changedAt, actor, reason } = deployment;
  const weight = arm === 'canary' ? ` at ${canaryWeight} %` : '';
  const metrics = Object.entries(model.metrics).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`);
  return [
    `answered ${at} by ${model.model} v${model.version} (${model.digest.slice(0, 12)})`,
    `deployment: ${endpoint}, generation ${generation}, ${arm}${weight}, since ${changedAt}, by ${actor}: ${reason}`,
    `evaluation: ${evaluation === null ? 'none' : `${evaluation.verdict}${evaluation.forced ? ', passed over' : ''}: ${evaluation.message}`}`,
    ...(run === null
      ? ['run: not on record']
      : [
          `run: ${run.pipeline} ${run.partition}, step ${run.step}, for ${run.requestedBy}, ${run.startedAt}  ${run.runId}`,
          `code: ${codeInWords(run)}`,
        ]),
    `training: ${[`seed ${model.seed ?? 'not on record'}`, ...metrics].join(', ')}`,
    `trained on ${versions.length} dataset versions`,
    ...versions.slice(0, SHOWN).map(({ dataset, partition, version, rows, checks }) => {
      const checked = checks === null ? 'not checked' : `${checks.passed} of ${checks.total} checks passed`;
      return `  ${dataset} ${partition} ${version.slice(0, 12)}  ${rows} rows, ${checked}`;
    }),
    ...(versions.length > SHOWN ? [`  and ${versions.length - SHOWN} more`] : []),
  ].join('\n');
}

function codeInWords({ codeLocation, codeDigest, specificationDigest }: NonNullable<Why['run']>): string {
  const digests = [
    `specification ${specificationDigest.slice(0, 12)}`,
    ...(codeDigest === null ? [] : [`trainer ${codeDigest.slice(0, 12)}`]),
  ];
  if (codeLocation === null) return digests.join(', ');
  const { repository, revision, path, modified } = codeLocation;
  const where = [repository ?? 'a repository without a remote', path].filter((part) => part !== '').join(', ');
  return [`${where} at ${revision.slice(0, 12)}${modified ? ' with changes' : ''}`, ...digests].join(', ');
}
