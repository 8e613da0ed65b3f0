import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { cachedDataVersionTag, setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { gunzipSync, gzipSync } from 'node:zlib';

/** A script whose first line is a comment with the digest of the rest. */
export interface CachedScript {
  source: string;
  filename: string;
  /** Where compiled code is kept. */
  folder: string;
  /** What the script is used for: each use compiles functions of its own. */
  name: string;
}

/** A script that was run. */
export interface RunScript {
  /** What it evaluates to. */
  value: unknown;
  /** Keeps the functions that were compiled so far, where none were kept before. Where that cannot be, the next start is slower. */
  keepCompiled: () => void;
}

/** Compiled code that nobody has made anew for so long goes: most of it is of earlier versions. */
const KEPT_MS = 30 * 24 * 3600 * 1000;

/**
 * Runs a script with the code that was compiled for it before, if there is any. V8 takes it only from the same version with the same
 * flags, but believes the rest: it looks at the length of the source alone, and bits that have changed end the process. So the file’s
 * name has the digest of the source, and the code is packed as gzip, uncompressed, for its checksum.
 */
export function compileScript({ source, filename, folder, name }: CachedScript): RunScript {
  // V8 gives compiled functions up that were not called for some collections, of all first the script itself; they would not be kept.
  setFlagsFromString('--no-flush-bytecode');
  const digest = source.slice(2, source.indexOf('\n')).trim();
  const file = join(folder, `${name}-${digest}-${process.arch}-${cachedDataVersionTag()}`);
  const cachedData = readCode(file);
  const script = new Script(source, { filename, cachedData });
  const isKept = cachedData !== undefined && script.cachedDataRejected === false;
  return {
    value: script.runInThisContext(),
    keepCompiled: () => (isKept ? undefined : keep(file, folder, script.createCachedData())),
  };
}

function readCode(file: string): Buffer | undefined {
  try {
    const packed = readFileSync(file);
    // One piece: the code is as long as the file, but for a few bytes.
    return gunzipSync(packed, { chunkSize: Math.max(64, packed.length), maxOutputLength: packed.length });
  } catch {
    return undefined;
  }
}

/** Nobody ever sees a part of the file: it is on the disk before it has its name. */
function keep(file: string, folder: string, code: Buffer): void {
  const written = `${file}.${process.pid}`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const descriptor = openSync(written, 'w', 0o600);
    try {
      writeFileSync(descriptor, gzipSync(code, { level: 0 }));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(written, file);
    removeOld(folder);
  } catch {
    // A folder that cannot be written, or a full disk.
    try {
      rmSync(written, { force: true });
    } catch {
      // Nothing was written.
    }
  }
}

function removeOld(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (Date.now() - statSync(path).mtimeMs > KEPT_MS) rmSync(path, { force: true });
  }
}
