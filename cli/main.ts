#!/usr/bin/env node
import './compile-cache.js';
import { CommanderError } from 'commander';
import { asCliError, EXIT, printError } from './output.js';
import { createProgram } from './program.js';

async function main(argv: readonly string[]): Promise<void> {
  const json = argv.includes('--json');
  try {
    const program = await createProgram(argv, json);
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && (error.exitCode === 0 || !json)) {
      // Help and version are no errors; usage errors have been written by commander.
      process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.impossible;
      return;
    }
    printError(asCliError(error), json);
    process.exitCode = EXIT.impossible;
  }
}

void main(process.argv.slice(2));
