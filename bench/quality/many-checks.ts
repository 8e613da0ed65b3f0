import type { Pythons } from './engine.js';
import { measureInProcess, type EngineFigures } from './measure.js';
import { checks, manyChecksInput } from './tasks/checks.js';

/** How much more 200 checks cost than twelve, in process. */
export interface ManyChecks {
  engine: string;
  twelveMs: number;
  twoHundredMs: number;
  ratio: number;
}

/** Measures Millrace with 200 checks, in each way that `figures` have of the twelve. */
export async function measureManyChecks(
  figures: readonly EngineFigures[],
  folder: string,
  pythons: Pythons,
): Promise<ManyChecks[]> {
  const input = await manyChecksInput(folder);
  const many: ManyChecks[] = [];
  for (const { name, kind, inProcessMs: twelveMs } of figures) {
    if (kind !== 'millrace') continue;
    const engine = checks.engines.find((one) => one.name === name)!;
    const twoHundredMs = await measureInProcess(engine, input, pythons);
    many.push({ engine: name, twelveMs, twoHundredMs, ratio: Math.round((twoHundredMs / twelveMs) * 100) / 100 });
  }
  return many;
}
