import { connect, type MillraceClient } from '../client/index.js';
import type { TargetOptions } from './options.js';
import { resolveTarget, type Target } from './target.js';

/** Does something with a client of the server that the options lead to, and closes it. */
export async function withClient<T>(
  options: TargetOptions,
  work: (client: MillraceClient, target: Target) => Promise<T>,
): Promise<T> {
  const target = await resolveTarget(options);
  const client = await connect(target.temporal);
  try {
    return await work(client, target);
  } finally {
    await client.close();
  }
}
