import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { formatPredictionId, parsePredictionId, type LineageRecord } from '../../../schemas/index.js';
import {
  AT,
  datasetRef,
  datasetVersion,
  endpointChanged,
  february,
  modelVersion,
  quality,
  registered,
  stepFinished,
  trained,
} from './story.js';
import { errorOf, withOwner } from './support.js';

const idOf = (generation: number, version: number, digest = modelVersion(version).digest) =>
  formatPredictionId(
    { endpoint: 'flight-delays', generation },
    { version, digest },
    Date.parse(AT),
    randomBytes(6).toString('hex'),
  );

describe('why a prediction was made', () => {
  it('is told by its id: deployment, model, evaluation, run, data and checks', async () => {
    await withOwner(async (client) => {
      await client.record(february());
      const why = await client.why(idOf(1, 1));
      expect(why).toMatchObject({
        at: AT,
        deployment: {
          endpoint: 'flight-delays',
          generation: 1,
          arm: 'stable',
          actor: 'rollout',
          reason: 'first release',
        },
        model: { ...modelVersion(1), seed: 17, params: { depth: 6 }, metrics: { roc_auc: 0.67 } },
        evaluation: { verdict: 'pass', reason: 'NO_CHAMPION', forced: false },
        run: { runId: 'run-1', pipeline: 'flight-delays', partition: '2001-03', step: 'train', codeLocation: null },
      });
      expect(why.versions).toHaveLength(28);
      expect(why.versions[2]).toEqual({
        dataset: 'flights',
        partition: '2001-02-03',
        version: datasetRef('2001-02-03').version,
        rows: 16_500,
        runId: 'night-2001-02-03',
        checks: { verdict: 'pass', passed: 1, total: 1 },
      });
    });
  });

  it('has the checks of what a version was made from, where it was not checked itself', async () => {
    await withOwner(async (client) => {
      const [raw, clean] = [datasetRef('2001-02-03'), datasetRef('2001-02-03', 'x', 'clean')];
      await client.record([
        ...february(),
        quality('later', raw, 'warn'),
        datasetVersion('run-2', clean),
        stepFinished('run-2', 'raw', 'transform', [raw]),
        trained('run-2', 2, [clean]),
        registered('run-2', 2),
        endpointChanged('2', 1, modelVersion(2)),
      ]);
      const { versions } = await client.why(idOf(2, 2));
      expect(versions).toMatchObject([
        { dataset: 'clean', runId: 'run-2', checks: { verdict: 'warn', passed: 0, total: 1 } },
      ]);
    });
  });

  it('is told of the arm that answered, also after the endpoint has moved on', async () => {
    await withOwner(async (client) => {
      await client.record([
        ...february(),
        trained('run-1', 2, []),
        registered('run-1', 2),
        endpointChanged('canary', 1, modelVersion(1), modelVersion(2)),
        endpointChanged('back', 2, modelVersion(1)),
      ]);
      expect((await client.why(idOf(2, 2))).deployment).toMatchObject({
        generation: 2,
        arm: 'canary',
        canaryWeight: 5,
      });
      expect((await client.why(idOf(2, 1))).deployment).toMatchObject({ generation: 2, arm: 'stable' });
    });
  });

  it('is not told of what was never served', async () => {
    await withOwner(async (client) => {
      await client.record(february());
      expect(await errorOf(client.why(idOf(2, 1)))).toMatch(
        /^NOT_FOUND: endpoint flight-delays never served version 1/,
      );
      expect(await errorOf(client.why(idOf(1, 2)))).toMatch(/^NOT_FOUND/);
      expect(await errorOf(client.why(idOf(1, 1, '0'.repeat(64))))).toMatch(/^NOT_FOUND/);
      expect(await errorOf(client.why('flight-delays'))).toMatch(/^INPUT_INVALID: "flight-delays" is not the id/);
    });
  });
});

describe('the id of a prediction', () => {
  it('says what it was made of, whatever that was', () => {
    const digest = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 });
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z][a-z0-9]{0,9}(-[a-z0-9]{1,9}){0,3}$/),
        fc.integer({ min: 1, max: 1e9 - 1 }),
        fc.integer({ min: 1, max: 1e9 - 1 }),
        digest,
        fc.date({ min: new Date('2001-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }),
        (endpoint, generation, version, hash, at) => {
          const id = formatPredictionId(
            { endpoint, generation },
            { version, digest: hash },
            at.getTime(),
            '0123456789ab',
          );
          const said = { endpoint, generation, version, digest: hash.slice(0, 8), at: at.toISOString() };
          expect(parsePredictionId(id)).toEqual(said);
        },
      ),
    );
  });
});

describe('the columns of a dataset', () => {
  const version = (dataset: string, columns: Record<string, [string, string][]>, partition = 'p') => {
    const record = datasetVersion('run-2', datasetRef(partition, `${dataset}${partition}`, dataset));
    const told = Object.entries(columns).map(([name, sources]) => [
      name,
      sources.map(([from, column]) => ({ dataset: from, column, how: 'transformation' })),
    ]);
    return {
      ...record,
      columns: Object.keys(columns).map((name) => ({ name, type: 'BIGINT', nullable: true })),
      columnLineage: {
        columns: Object.fromEntries(told) as object,
        rows: [],
        untold: [{ column: 'q', reason: 'COLUMNS' }],
      },
    } as LineageRecord;
  };

  it('are followed from dataset to dataset, both ways, by the newest versions', async () => {
    await withOwner(async (client) => {
      await client.record([
        ...february(),
        version('clean', { late: [['flights', 'origin']] }, 'old'),
        version('clean', { late: [['flights', 'delay']], q: [] }),
        version('features', { x: [['clean', 'late']], y: [['clean', 'q']] }),
        stepFinished('run-2', 'raw', 'transform', []),
      ]);
      const up = await client.columns('features', { column: 'x' });
      expect(up.edges.map(({ from, to }) => `${to.dataset}.${to.column}<-${from.dataset}.${from.column}`)).toEqual([
        'features.x<-clean.late',
        'clean.late<-flights.delay',
      ]);
      expect(up.untold).toEqual([]);
      expect((await client.columns('features')).untold).toEqual([{ dataset: 'clean', column: 'q', reason: 'COLUMNS' }]);
      const down = await client.columns('flights', { column: 'delay', direction: 'downstream' });
      expect(down.edges.map(({ to }) => `${to.dataset}.${to.column}`)).toEqual(['clean.late', 'features.x']);
      expect(await errorOf(client.columns('features', { column: 'z' }))).toMatch(
        /^NOT_FOUND: features: it has no column z/,
      );
      expect(await errorOf(client.columns('nothing'))).toMatch(/^NOT_FOUND/);
    });
  });
});
