#!/usr/bin/env node
import './compile-cache.js';
import { loadBundle } from './bundle/load-bundle.js';
import { EXIT } from './exit-codes.js';

// A reader such as `head` that has seen enough is no error of the command. An answer that could not be written, as to a full disk, is none.
process.stderr.on('error', () => undefined);
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`the standard output cannot be written: ${error.message}\n`);
  process.exit(EXIT.impossible);
});

async function main(argv: readonly string[]): Promise<void> {
  const bundle = loadBundle(argv[0]);
  if (bundle !== undefined) {
    if (await bundle.module.runBundled(argv)) bundle.keepCompiled();
    return;
  }
  const [{ runCommandLine }, { COMMANDS }] = await Promise.all([
    import('./run-command-line.js'),
    import('./all-commands.js'),
  ]);
  await runCommandLine(argv, COMMANDS);
}

void main(process.argv.slice(2));
