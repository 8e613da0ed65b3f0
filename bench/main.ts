import { readdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

/** A comparison: says what it measures on standard error as it goes, and gives all figures at the end. */
export interface Bench<Figures extends object = object> {
  /** `args` are what the command line has besides the name and `--json`. */
  run(say: (line: string) => void, args: readonly string[]): Promise<Figures>;
  /** What is printed; without it, the figures as JSON. */
  render?(figures: Figures): string;
}

/** `npm run bench -- NAME [--json FILE] [option...]`: runs the comparison in the folder `bench/NAME`. */
async function main(argv: readonly string[]): Promise<void> {
  const names = readdirSync(__dirname, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  );
  const [name = '', ...args] = argv;
  const flag = args.indexOf('--json');
  const [, file] = flag < 0 ? [] : args.splice(flag, 2);
  if (!names.includes(name) || (flag >= 0 && file === undefined)) {
    console.error(`usage: npm run bench -- NAME [--json FILE] [option...]; NAME is one of ${names.join(', ')}`);
    process.exitCode = 2;
    return;
  }
  const { bench } = (await import(join(__dirname, name, 'index.ts'))) as { bench: Bench };
  const figures = await bench.run((line) => console.error(line), args);
  const at = new Date().toISOString();
  const report = JSON.stringify({ bench: name, at, node: process.version, cores: cpus().length, ...figures }, null, 2);
  if (file !== undefined) writeFileSync(file, `${report}\n`);
  if (bench.render !== undefined) console.log(bench.render(figures));
  else if (file === undefined) console.log(report);
}

void main(process.argv.slice(2));
