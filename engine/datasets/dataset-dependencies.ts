import type { Secrets } from '../secrets.js';
import type { ObjectStore } from './object-store.js';
import type { S3Connection } from './s3-session.js';

/** What making a dataset version works with. */
export interface DatasetDependencies {
  /** Where the files and the manifest go. */
  store: ObjectStore;
  /** Folder at which relative paths of sources start. */
  projectDir: string;
  /** Folder for temporary files; each call makes a folder of its own in it and removes it. */
  scratchDir: string;
  /** Folder for what an attempt that fails leaves to the next one, as half a download; without it nothing is left. */
  keptDir?: string;
  /** What sources outside of the machine need; without it they are refused. */
  access?: SourceAccess;
  /** Interrupts the query; the call then throws the signal’s reason. */
  signal?: AbortSignal;
  /** Told in a few words how far the work is. */
  onProgress?: (message: string) => void;
  /** Memory that DuckDB may use before it spills to `scratchDir`, in DuckDB’s words. Default `2GB`. */
  memoryLimit?: string;
  /** Threads of a transform’s query. Default 2. The result’s bytes do not depend on it. */
  threads?: number;
}

/** How sources outside of the machine are reached. */
export interface SourceAccess {
  secrets: Secrets;
  /**
   * Where the bucket of an `s3://` path is, as a store of the configuration says.
   * @throws MillraceError INPUT_INVALID if there is no such store of kind `s3`
   */
  s3(store: string): Omit<S3Connection, 'bucket'>;
}
