import { CommanderError } from 'commander';
import type { Commands } from './local-commands.js';
import { EXIT } from './exit-codes.js';
import { asCliError, printError } from './output.js';
import { createProgram } from './program.js';

/**
 * Does what was typed, of the given commands; errors are told, and in the exit code.
 * @returns whether a command was run to its end, with whatever answer
 */
export async function runCommandLine(argv: readonly string[], commands: Commands): Promise<boolean> {
  const json = argv.includes('--json');
  try {
    const program = await createProgram(commands, argv, json);
    await program.parseAsync(argv, { from: 'user' });
    return true;
  } catch (error) {
    if (error instanceof CommanderError && (error.exitCode === 0 || !json)) {
      // Help and version are no errors; usage errors have been written by commander.
      process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.impossible;
      return false;
    }
    printError(asCliError(error), json);
    process.exitCode = EXIT.impossible;
    return false;
  }
}
