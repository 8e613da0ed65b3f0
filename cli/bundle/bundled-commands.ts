import { config } from 'zod';
import { LOCAL_COMMANDS } from '../local-commands.js';
import { runCommandLine } from '../run-command-line.js';

// Each schema is used once, so compiling it would take longer than what it saves.
config({ jitless: true });

/** As `runCommandLine`, with the commands of the bundle; this module is where it begins. */
export async function runBundled(argv: readonly string[]): Promise<boolean> {
  return runCommandLine(argv, LOCAL_COMMANDS);
}
