import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

/** Buffers of a file that are in memory, and are gone through once: `read-bytes.ts JSON RUNS` prints `{version, ms}`. */
function main(): void {
  const [given, runs] = process.argv.slice(2) as [string, string];
  const { path, buffers } = JSON.parse(readFileSync(given, 'utf8')) as { path: string; buffers: [number, number][] };
  const descriptor = openSync(path, 'r');
  const words = buffers.map(([offset, length]) => {
    const bytes = new Uint8Array(Math.ceil(length / 4) * 4);
    readSync(descriptor, bytes, 0, length, offset);
    return new Int32Array(bytes.buffer);
  });
  closeSync(descriptor);
  const ms: number[] = [];
  let all = 0;
  for (let run = 0; run < Number(runs); run++) {
    const started = performance.now();
    for (const each of words) all ^= sumOf(each);
    ms.push(performance.now() - started);
  }
  // Told, so that the sum is not left out.
  console.log(JSON.stringify({ version: process.version, ms, all }));
}

function sumOf(words: Int32Array): number {
  let sum = 0;
  for (let i = 0; i < words.length; i++) sum = (sum + words[i]!) | 0;
  return sum;
}

main();
