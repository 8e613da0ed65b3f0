#!/usr/bin/env node
import './compile-cache.js';
import { loadBundle } from './bundle/load-bundle.js';

// A reader such as `head` that has seen enough is no error of the command.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

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
