import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench } from '../main.js';
import { measureStaleness } from './staleness.js';
import { measureWrites } from './writes.js';

/** Staleness over 10 thousand, 100 thousand and 1 million partitions, and writing at 1, 8 and 64 clients. */
export const bench: Bench = {
  async run(say) {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
    try {
      const writes = await measureWrites(folder, say);
      const staleness = [];
      for (const partitions of [10_000, 100_000, 1_000_000]) {
        staleness.push(await measureStaleness(join(folder, `stale-${partitions}.duckdb`), partitions, say));
      }
      return { writes, staleness };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
