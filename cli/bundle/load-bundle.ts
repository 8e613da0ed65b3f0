import { createRequire } from 'node:module';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../workers/embedded/cache-folder.js';
import { LOCAL_COMMANDS } from '../local-commands.js';
import type * as BundledCommands from './bundled-commands.js';
import { compileScript } from './code-cache.js';

/** What the bundle exports. */
type BundledModule = typeof BundledCommands;

/** The file that `npm run build` makes; it lies beside the folders of the compiled sources. */
export const BUNDLE = join(__dirname, '..', '..', 'command-bundle.js');

/** A bundle that was loaded. */
export interface LoadedBundle {
  module: BundledModule;
  /** Keeps what was compiled for the next start of the same command; best called when it has done its work. */
  keepCompiled: () => void;
}

/**
 * The bundle of local commands, where the command is one of them: one file instead of hundreds, and compiled once, since its machine
 * code lies in the user’s cache. Undefined for other commands, and where there is no bundle, as when sources run as they are.
 */
export function loadBundle(command: string | undefined): LoadedBundle | undefined {
  if (command === undefined || !Object.hasOwn(LOCAL_COMMANDS, command) || !existsSync(BUNDLE)) return undefined;
  // The bundle is written in ASCII, which is read quicker.
  const source = readFileSync(BUNDLE, 'latin1');
  const folder = join(cacheFolder(), 'compiled');
  const { value, keepCompiled } = compileScript({ source, filename: BUNDLE, folder, name: command });
  const module = { exports: {} as BundledModule };
  (value as CommonJsModule)(module.exports, createRequire(BUNDLE), module, BUNDLE, join(BUNDLE, '..'));
  return { module: module.exports, keepCompiled };
}

/** A module wrapped as Node does it, which the bundle is already. */
type CommonJsModule = (
  exports: object,
  require: NodeJS.Require,
  module: { exports: object },
  filename: string,
  dirname: string,
) => void;
