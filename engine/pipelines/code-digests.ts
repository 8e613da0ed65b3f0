import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { FrozenPipeline, ProjectActivity } from '../../schemas/index.js';
import { digestOf, sha256 } from '../digest.js';

/** Code of steps that is not part of the specification. */
export interface CodeOfProject {
  /** Folder that relative paths of trainers start at. */
  projectDir: string;
  activities: Readonly<Record<string, ProjectActivity>>;
}

/** Files that a trainer’s folder has besides its code. */
const NO_CODE = /^(\.|__pycache__$|node_modules$)/;

/**
 * Gives a frozen pipeline the digests of the code that its steps call: of each file in a trainer’s folder, and of the text
 * of an activity’s function, and of the files that a command names (what those call in their turn is not seen). Its own
 * digest covers them.
 */
export async function withCode(frozen: FrozenPipeline, project: CodeOfProject): Promise<FrozenPipeline> {
  const code = await codeDigests(frozen, project);
  if (Object.keys(code).length === 0) return frozen;
  const content = { ...frozen, code, digest: undefined };
  return { ...content, digest: digestOf(content) };
}

/** Digests by step; a step whose code is all in the specification, or cannot be found, has none. */
export async function codeDigests(
  { steps }: Pick<FrozenPipeline, 'steps'>,
  { projectDir, activities }: CodeOfProject,
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [name, step] of Object.entries(steps)) {
    if (step.type === 'train') {
      const digest = await folderDigest(resolve(projectDir, step.trainer.directory));
      if (digest !== undefined) found[name] = digest;
    } else if (step.type === 'activity') {
      const run = activities[step.activity];
      if (run !== undefined) found[name] = sha256(run.toString());
    } else if (step.type === 'command') {
      const digest = await namedFilesDigest(resolve(projectDir, step.directory), step.command);
      if (digest !== undefined) found[name] = digest;
    }
  }
  return found;
}

/** Of `['python', 'export.py', '--all']` that is `export.py`, if there is such a file. */
async function namedFilesDigest(folder: string, command: readonly string[]): Promise<string | undefined> {
  const digests: Record<string, string> = {};
  for (const argument of command) {
    const content = await readFile(resolve(folder, argument)).catch(() => undefined);
    if (content !== undefined) digests[argument] = sha256(content);
  }
  return Object.keys(digests).length === 0 ? undefined : digestOf(digests);
}

async function folderDigest(folder: string): Promise<string | undefined> {
  const files = await codeFiles(folder).catch(() => undefined);
  if (files === undefined) return undefined;
  const digests = files.map(async (path) => [path, sha256(await readFile(join(folder, path)))] as const);
  return digestOf(Object.fromEntries(await Promise.all(digests)));
}

async function codeFiles(folder: string, below = ''): Promise<string[]> {
  const entries = await readdir(join(folder, below), { withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries) {
    if (NO_CODE.test(entry.name)) continue;
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) found.push(...(await codeFiles(folder, path)));
    else if (entry.isFile()) found.push(path);
  }
  return found;
}
