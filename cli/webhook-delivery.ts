import { connect, type MillraceClient } from '../client/index.js';
import { isMillraceError } from '../schemas/errors.js';
import type { TriggerEvent } from '../schemas/trigger.js';
import type { TargetOptions } from './options.js';
import { resolveTarget } from './target.js';

/** Longest wait for Temporal, in milliseconds. Who sends a webhook waits five seconds or more, and sends it again. */
const LONGEST_MS = 4_000;

/** Puts events into inboxes, wherever Temporal is by then. */
export interface WebhookDelivery {
  /** Done when the event is durable. @throws MillraceError TEMPORAL_UNREACHABLE after a few seconds */
  deliver(pipeline: string, event: TriggerEvent): Promise<void>;
  close(): Promise<void>;
}

/**
 * Connects to the server that the options lead to. When that is away, what they lead to is looked up again: a `millrace dev` that was
 * started anew has other ports.
 * @throws MillraceError TEMPORAL_UNREACHABLE
 */
export async function openWebhookDelivery(options: TargetOptions): Promise<WebhookDelivery> {
  const open = async () => connect({ ...(await resolveTarget(options)).temporal, timeoutMs: LONGEST_MS });
  let client = await open();
  let moving: Promise<boolean> | undefined;

  const send = (through: MillraceClient, pipeline: string, event: TriggerEvent) =>
    through.temporal.withDeadline(Date.now() + LONGEST_MS, () => through.triggers.deliver(pipeline, event));

  /** Whether Temporal is somewhere else now, and it is connected to that. */
  async function move(from: MillraceClient): Promise<boolean> {
    if (client !== from) return true;
    const { address, namespace } = (await resolveTarget(options)).temporal;
    if ((address ?? from.address) === from.address && (namespace ?? from.namespace) === from.namespace) return false;
    client = await open();
    await from.close();
    return true;
  }

  return {
    deliver: async (pipeline, event) => {
      const used = client;
      try {
        await send(used, pipeline, event);
      } catch (error) {
        if (!isMillraceError(error) || error.code !== 'TEMPORAL_UNREACHABLE') throw error;
        moving ??= move(used).finally(() => (moving = undefined));
        if (!(await moving)) throw error;
        await send(client, pipeline, event);
      }
    },
    close: () => client.close(),
  };
}
