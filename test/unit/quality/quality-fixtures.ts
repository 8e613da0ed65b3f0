import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Table } from 'apache-arrow';
import { fieldsOf } from '../../../engine/quality/arrow-kind';
import { compilePlan } from '../../../engine/quality/plan';
import { Scan } from '../../../engine/quality/scan';
import { ArrowBatches } from '../../../engine/quality/sources/arrow-batches';
import { resultsOf, type Clock, type Evidence } from '../../../engine/quality/verdict';
import { suiteSchema, type Suite, type SuiteInput } from '../../../schemas/check';
import type { CheckResult } from '../../../schemas/quality-report';

type CheckInput = SuiteInput['checks'][number];

/** A parsed suite of these checks. */
export function suiteOf(checks: CheckInput[], keyColumns: string[] = []): Suite {
  return suiteSchema.parse({ checks, keyColumns });
}

/** A folder that is removed after the tests of the file, and a function that writes a query’s rows to a Parquet file in it. */
export function withParquetFolder() {
  let folder: string;
  let database: DuckDBInstance;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-quality-'));
    database = await DuckDBInstance.create(':memory:', { threads: '1' });
  });
  afterAll(async () => {
    database.closeSync();
    await rm(folder, { recursive: true });
  });
  let files = 0;
  return {
    path: (name: string) => join(folder, name),
    async write(query: string, options = ''): Promise<string> {
      const path = join(folder, `${files++}.parquet`);
      const connection = await database.connect();
      await connection.run(`SET TimeZone = 'UTC'`);
      await connection.run(`COPY (${query}) TO '${path}' (FORMAT parquet${options})`);
      connection.closeSync();
      return path;
    },
  };
}

const CLOCK: Clock = { now: new Date('2001-07-02T00:00:00Z') };

/** What a suite saw in some batches of an Arrow table, and what it is judged by. */
export function evidenceOf(suite: Suite, table: Table, batches = table.batches): Evidence {
  const fields = fieldsOf(table.schema);
  const plan = compilePlan(suite, fields);
  const arrow = new ArrowBatches(plan.indexedTexts);
  const scan = new Scan(plan);
  for (const batch of batches) scan.update(arrow.next(batch));
  const rows = batches.reduce((sum, { numRows }) => sum + numRows, 0);
  return { rows, states: scan.states(), kinds: plan.checkKinds, fields, findings: [], history: [], judges: {} };
}

/** Results of a suite on an Arrow table, without a file or a thread. */
export function resultsOn(suite: Suite, table: Table, clock = CLOCK): CheckResult[] {
  return resultsOf(suite, evidenceOf(suite, table), clock);
}
