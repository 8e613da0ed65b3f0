import type { ModelServerStatus } from '../../schemas/index.js';

/** A model server is forgotten when it has said nothing for this long, in milliseconds. It reports each second. */
const FORGET_AFTER_MS = 5000;

/** What model servers last said about themselves. In memory alone: it is of no use after a restart. */
export class ModelServers {
  private readonly last = new Map<string, { status: ModelServerStatus; at: number }>();

  /** @param now clock in milliseconds that never goes back */
  constructor(private readonly now: () => number = () => performance.now()) {}

  report(status: ModelServerStatus): void {
    this.last.set(status.serverId, { status, at: this.now() });
  }

  /** Those that were heard of lately, by id. */
  list(): ModelServerStatus[] {
    for (const [serverId, { at }] of this.last) if (this.now() - at > FORGET_AFTER_MS) this.last.delete(serverId);
    return [...this.last.values()].map(({ status }) => status).sort((a, b) => (a.serverId < b.serverId ? -1 : 1));
  }
}
