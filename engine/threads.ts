import { existsSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/**
 * Path of the compiled module that a worker thread or child process starts with. Threads cannot run TypeScript, so a
 * caller that itself runs from source (in tests) gets the module from `dist/`, which `npm run build` makes.
 * @param from `__filename` of the caller
 * @param module path beside the caller without extension, as in `./scan-thread`
 */
export function compiledModule(from: string, module: string): string {
  const target = join(dirname(from), `${module}.js`);
  if (from.endsWith('.js')) return target;
  const root = packageRoot(from);
  return join(root, 'dist', relative(root, target));
}

/** Folder of this package: the nearest one above with a package.json. */
export function packageRoot(from: string): string {
  let folder = dirname(from);
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no package.json above ${from.split(sep).join('/')}`);
    folder = parent;
  }
  return folder;
}
