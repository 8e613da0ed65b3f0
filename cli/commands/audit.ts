import { createPublicKey } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { createLineageClient, keyFingerprint, makeSigningKey } from '../../engine/lineage/index.js';
import { MillraceError } from '../../schemas/errors.js';
import type { AuditResponse, AuditVerification } from '../../schemas/lineage-audit.js';
import { followWork } from '../follow-work.js';
import { addTargetOptions, jsonOption, parseCount, type JsonOption, type TargetOptions } from '../options.js';
import { EXIT } from '../exit-codes.js';
import { printJson } from '../output.js';
import { plainTable } from '../plain-table.js';
import { requireLineageUrl, resolveTarget } from '../target.js';

interface AuditOptions extends TargetOptions, JsonOption {
  actor?: string;
  action?: string;
  limit: number;
  after?: string;
}

/** `millrace audit`: who changed what, when and why; `audit verify`: whether that is still what was recorded. */
export function auditCommand(program: Command): void {
  const command = program
    .command('audit')
    .description('list changes of state by people and services, newest first')
    .enablePositionalOptions()
    .option('--actor <actor>', 'one actor')
    .option('--action <action>', 'one kind: start, force, publish, register, alias, traffic, promote, roll_back …')
    .option('--limit <count>', 'how many to list at once', parseCount, 50)
    .option('--after <cursor>', 'go on after the page whose `next` this is');
  addTargetOptions(command)
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  millrace audit --action alias')
    .action(async ({ actor, action, limit, after, json, ...target }: AuditOptions) => {
      const client = createLineageClient({ url: requireLineageUrl(await resolveTarget(target)) });
      const answer = await client.audit({ actor, action, limit, after });
      if (json) printJson(answer);
      else console.log(listed(answer));
    });
  const verify = command
    .command('verify')
    .description('go through all events: was any changed, removed or put in since it was recorded?');
  addTargetOptions(verify)
    .addOption(jsonOption())
    .option(
      '--public-key <file...>',
      'the public keys that you keep elsewhere: each checkpoint must be signed with one of them',
    )
    .addHelpText('after', '\nThe exit code is 1 when anything is not as it was recorded.')
    .action(async ({ json, publicKey, ...target }: TargetOptions & JsonOption & { publicKey?: string[] }) => {
      const url = requireLineageUrl(await resolveTarget(target));
      const client = createLineageClient({ url, timeoutMs: 3_600_000 });
      const found = await followWork(client, 'audit verify', client.verifyAudit());
      const result = publicKey === undefined ? found : withKeys(found, await Promise.all(publicKey.map(fingerprintOf)));
      if (json) printJson(result);
      else console.log(inWords(result));
      process.exitCode = result.ok ? EXIT.done : EXIT.no;
    });
  const checkpoint = command.command('checkpoint').description('sign how far the record goes now, and store that');
  addTargetOptions(checkpoint)
    .addOption(jsonOption())
    .action(async ({ json, ...target }: TargetOptions & JsonOption) => {
      const url = requireLineageUrl(await resolveTarget(target));
      const result = await createLineageClient({ url, timeoutMs: 60_000 }).signAudit();
      const { checkpoint: made, fingerprint } = result;
      if (json) printJson(result);
      else if (made === null) console.log(`nothing was recorded since the last checkpoint; key ${fingerprint}`);
      else console.log(`checkpoint ${made.number} of event ${made.sequence}, ${made.hash}; key ${fingerprint}`);
    });
  command
    .command('key')
    .description(
      'make an Ed25519 key for `audit.key` of the configuration; the public one is written to standard output',
    )
    .argument('<file>', 'new file for the private key, as in the folder MILLRACE_SECRETS_DIR')
    .addOption(jsonOption())
    .action(async (file: string, { json }: JsonOption) => {
      const { privateKey, publicKey } = makeSigningKey();
      await writeFile(file, privateKey, { mode: 0o600, flag: 'wx' }).catch((error: unknown) => {
        throw new MillraceError('INPUT_INVALID', `${file}: ${(error as Error).message}`, { cause: error });
      });
      const fingerprint = keyFingerprint(createPublicKey(publicKey));
      if (json) printJson({ file, publicKey, fingerprint });
      else process.stdout.write(publicKey);
    });
}

/** A key of somebody else signs anything. */
function withKeys(result: AuditVerification, expected: readonly string[]): AuditVerification {
  const foreign = result.keys.filter(
    ({ fingerprint, checkpoints, until }) => !expected.includes(fingerprint) && (checkpoints > 0 || until === null),
  );
  const problems = foreign.map(({ fingerprint, checkpoints }) => ({
    ...{ sequence: null, problem: 'checkpoint' as const },
    message: `${checkpoints} checkpoints are signed with the key ${fingerprint}, which is not among those given`,
  }));
  const problemCount = result.problemCount + foreign.length;
  return {
    ...result,
    ok: result.ok && foreign.length === 0,
    problemCount,
    problems: [...problems, ...result.problems],
  };
}

async function fingerprintOf(path: string): Promise<string> {
  try {
    return keyFingerprint(createPublicKey(await readFile(path)));
  } catch (error) {
    throw new MillraceError('INPUT_INVALID', `${path} is no public key: ${(error as Error).message}`, { cause: error });
  }
}

function listed({ entries, next }: AuditResponse): string {
  if (entries.length === 0) return 'nothing on record';
  const table = plainTable(
    ['when', 'who', 'what', 'to what', 'why'],
    entries.map(({ at, actor, action, target, reason }) => [at, actor, action, target, reason]),
  );
  return next === null ? table : `${table}\nthere are more: --after ${next}`;
}

function inWords(result: AuditVerification): string {
  const { ok, events, checkpoints, stored, signedUpTo, keys, problems, problemCount } = result;
  const more = problemCount - problems.length;
  return [
    ok
      ? `${events} events are as they were recorded`
      : `${problemCount} ${problemCount === 1 ? 'problem' : 'problems'} in ${events} events`,
    ...problems.map(({ message }) => `  ${message}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
    `${checkpoints} checkpoints, the last of event ${signedUpTo}; ${stored === null ? 'none' : stored} of them in the object store`,
    ...keys.map(
      (key) =>
        `  ${key.checkpoints} with the key ${key.fingerprint}${key.until === null ? '' : `, until ${key.until}`}`,
    ),
  ].join('\n');
}
