import type { LineageClient } from '../engine/lineage/index.js';
import type { OwnerWork } from '../schemas/lineage-api.js';
import { createProgressLine, type ProgressLine } from './progress-line.js';

/** Shorter work needs no word. */
const QUIET_MS = 2000;
/** Pauses between two looks: a line that is rewritten, and lines of a log. */
const LOOK_MS = { terminal: 1000, log: 10_000 };

/** Waits for work of the lineage owner and says on standard error how far it is. */
export async function followWork<T>(
  client: Pick<LineageClient, 'work'>,
  what: OwnerWork['what'],
  working: Promise<T>,
  stream: NodeJS.WriteStream = process.stderr,
): Promise<T> {
  let line: ProgressLine | undefined;
  const look = async () => {
    // Who cannot be asked how far it is may still end what it does.
    const [found] = (await client.work().catch(() => [])).filter((one) => one.what === what);
    if (found === undefined || ended) return;
    line ??= createProgressLine(stream);
    line.working(`${what}: ${Math.floor(found.done * 100)} % of ${found.events.toLocaleString('en')} events`);
  };
  let ended = false;
  let timer = setTimeout(again, QUIET_MS);
  function again(): void {
    void look().finally(() => {
      if (!ended) timer = setTimeout(again, stream.isTTY ? LOOK_MS.terminal : LOOK_MS.log);
    });
  }
  try {
    return await working;
  } finally {
    ended = true;
    clearTimeout(timer);
    line?.end();
  }
}
