import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../engine/threads.js';
import type { Pythons } from './engine.js';
import { measureInProcess, medianOf, RUNS, timesOf } from './measure.js';
import { checks, type ChecksInput } from './tasks/checks.js';

const JITI = join(packageRoot(__filename), 'node_modules', 'jiti', 'lib', 'jiti-cli.mjs');

/** The twelve checks of Arrow files in memory, beside one thread that goes once through the bytes that they need. */
export interface ArrowInMemory {
  texts: 'plain' | 'dictionaries';
  engine: string;
  neededMb: number;
  checksMs: number;
  readMs: number;
  ratio: number;
}

/** A folder in memory where there is one; elsewhere files that were just written are in the cache of the system. */
const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** @param input of the same checks in a Parquet file */
export async function measureArrowInMemory(input: ChecksInput, pythons: Pythons): Promise<ArrowInMemory[]> {
  const folder = await mkdtemp(join(MEMORY, 'millrace-bench-'));
  try {
    const script = join(__dirname, 'peers', 'arrow_files.py');
    const { stdout } = await promisify(execFile)(pythons['requirements.txt']!, [script, input.file, folder], {
      maxBuffer: 1 << 24,
    });
    const files = JSON.parse(stdout) as { path: string; buffers: [number, number][] }[];
    const measured: ArrowInMemory[] = [];
    for (const [i, file] of files.entries()) {
      const given = join(folder, `${i}.json`);
      await writeFile(given, JSON.stringify(file));
      const { ms } = await timesOf([process.execPath, JITI, join(__dirname, 'read-bytes.ts'), given, String(RUNS + 1)]);
      const readMs = medianOf(ms.slice(1));
      const bytes = file.buffers.reduce((sum, [, length]) => sum + length, 0);
      for (const engine of checks.engines.filter(({ name }) => ['Millrace', 'Millrace, 1 thread'].includes(name))) {
        const checksMs = await measureInProcess(engine, { ...input, file: file.path }, pythons);
        measured.push({
          texts: i === 0 ? 'plain' : 'dictionaries',
          engine: engine.name,
          neededMb: Math.round(bytes / 1e6),
          checksMs,
          readMs,
          ratio: Math.round((checksMs / readMs) * 100) / 100,
        });
      }
    }
    return measured;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
