import type { Client } from '@temporalio/client';
import type { ObjectStore } from '../engine/datasets/index.js';
import type { LineageClient } from '../engine/lineage/index.js';
import type { CheckpointPace, ScanPool } from '../engine/quality/index.js';
import type { CodeLocation, MillraceConfig } from '../schemas/index.js';

/** What a worker gives its activities. */
export interface ActivityDependencies {
  config: MillraceConfig;
  /** Folder of millrace.config.ts; relative paths in pipelines start here. */
  projectDir: string;
  /** Where the code of the project is, if that can be told. */
  codeLocation?: CodeLocation | undefined;
  /** Folder for scratch space and logs of this worker. */
  dataDir: string;
  store: ObjectStore;
  /** Threads of checks, kept warm between them. */
  scanPool: ScanPool;
  /** How often a check says how far it is; only tests need another pace. */
  checkpointPace?: CheckpointPace;
  lineage: LineageClient;
  /** Address of the lineage owner, for links that people follow; without it there are none. */
  lineageUrl?: string;
  temporal: Client;
  /** Whether the namespace has Millrace’s search attributes; a workflow that set others would hang. */
  searchAttributes: boolean;
}
