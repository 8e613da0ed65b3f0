import type { PartitionWindow } from '../../schemas/index.js';
import type { Secrets } from '../secrets.js';

/** Variables without Temporal’s settings, which hold keys, and without secrets: what a program of the project may see. */
export function withoutKeys(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(TEMPORAL_|MILLRACE_SECRET)/.test(name)));
}

/** Variables by which a program finds its partition: MILLRACE_PARTITION_KEY, _START and _END. */
export function partitionVariables({ key, start, end }: PartitionWindow): Record<string, string> {
  return {
    MILLRACE_PARTITION_KEY: key,
    ...(start !== undefined && { MILLRACE_PARTITION_START: start }),
    ...(end !== undefined && { MILLRACE_PARTITION_END: end }),
  };
}

/**
 * Variables that a program is given by name; a value `secret:NAME` becomes what the reference stands for.
 * @throws MillraceError SECRET_NOT_FOUND
 */
export async function resolveVariables(
  given: Readonly<Record<string, string>>,
  secrets: () => Secrets,
): Promise<Record<string, string>> {
  const entries = Object.entries(given).map(
    async ([name, value]) => [name, value.startsWith('secret:') ? await secrets().get(value) : value] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}
