import { readdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

/** A comparison: says what it measures on standard error as it goes, and gives all figures at the end. */
export interface Bench {
  run(say: (line: string) => void): Promise<unknown>;
}

/** `npm run bench -- NAME [--json FILE]`: runs the comparison in the folder `bench/NAME`. */
async function main(argv: readonly string[]): Promise<void> {
  const names = readdirSync(__dirname, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  );
  const [name = ''] = argv;
  const flag = argv.indexOf('--json');
  const file = flag < 0 ? undefined : argv[flag + 1];
  if (!names.includes(name) || (flag >= 0 && file === undefined)) {
    console.error(`usage: npm run bench -- NAME [--json FILE]; NAME is one of ${names.join(', ')}`);
    process.exitCode = 2;
    return;
  }
  const { bench } = (await import(join(__dirname, name, 'index.ts'))) as { bench: Bench };
  const figures = await bench.run((line) => console.error(line));
  const report = { bench: name, at: new Date().toISOString(), node: process.version, cores: cpus().length, figures };
  if (file !== undefined) writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  else console.log(JSON.stringify(report, null, 2));
}

void main(process.argv.slice(2));
