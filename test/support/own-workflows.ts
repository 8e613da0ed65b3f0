import { check, deploy, ingest, transform, withRun } from 'millrace/workflows';
import type { ModelVersionRef, RolloutSpec } from 'millrace/schemas';

/** A workflow of a project’s own: it chains steps by hand, with an order that no specification could say. */
export async function warmestCity(input: { month: string; atLeast: number }) {
  const partitions = { kind: 'monthly' as const, timezone: 'UTC' };
  return withRun({ pipeline: 'warmest-city', partition: input.month, partitions, requestedBy: 'own' }, async (run) => {
    const source = { kind: 'csv' as const, path: 'node_modules/vega-datasets/data/weather.csv' };
    const raw = await ingest(run, 'raw', { source, dataset: 'own-weather', timeColumn: 'date' }, { publish: false });
    const suite = { checks: [{ type: 'row_count' as const, min: input.atLeast }] };
    const report = await check(run, 'quality', { suite }, raw.ref);
    // Something that a graph of steps cannot express: another query for a short month.
    const limit = report.rows < 60 ? 1 : 2;
    if (report.verdict !== 'pass') return;
    const sql = `SELECT location, max(temp_max) AS hottest FROM weather GROUP BY location ORDER BY hottest DESC LIMIT ${limit}`;
    await transform(run, 'hottest', { sql, dataset: 'own-hottest' }, { weather: [raw.ref] });
  });
}

/** Releases a version that exists already: a run of one step. */
export async function release(input: { endpoint: string; candidate: ModelVersionRef; rollout: RolloutSpec }) {
  const { endpoint, candidate, rollout } = input;
  return withRun({ pipeline: 'release', requestedBy: 'own' }, async (run) => {
    await deploy(run, 'deploy', { endpoint, rollout }, candidate);
  });
}
