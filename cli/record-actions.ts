import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { createLineageClient } from '../engine/lineage/index.js';
import { isMillraceError } from '../schemas/errors.js';
import type { TargetOptions } from './options.js';
import { resolveTarget } from './target.js';

/**
 * Puts on the audit record what a command did to something that keeps no record of its own. It is done by now: where the
 * lineage owner can't be told, that is said on standard error, and the command has succeeded all the same.
 */
export async function recordActions(
  options: TargetOptions,
  actions: readonly { action: string; target: string; reason: string; actor?: string }[],
): Promise<void> {
  if (actions.length === 0) return;
  const { lineageUrl } = await resolveTarget(options);
  const at = new Date().toISOString();
  try {
    if (lineageUrl === undefined) throw new Error('nobody said where it is (--lineage-url)');
    await createLineageClient({ url: lineageUrl }).record(
      actions.map((action) => ({
        kind: 'action_taken',
        key: `command/${randomUUID()}`,
        at,
        actor: userInfo().username,
        ...action,
      })),
    );
  } catch (error) {
    const why = isMillraceError(error) ? `${error.code}: ${error.message}` : (error as Error).message;
    process.stderr.write(`done, but not on the audit record: the lineage owner was not told, ${why}\n`);
  }
}
