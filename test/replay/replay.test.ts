import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeterminismViolationError } from '@temporalio/workflow';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { Worker, type ReplayHistoriesIterable } from '@temporalio/worker';
import { workflowBundle } from '../../workers/workflow-bundle.js';
import { textsOf } from './neutral.js';

const HISTORIES = join(__dirname, 'histories');
const names = readdirSync(HISTORIES).map((file) => file.replace(/\.json$/, ''));

type RecordedHistory = {
  events: {
    eventType: string;
    markerRecordedEventAttributes?: unknown;
    workflowExecutionStartedEventAttributes?: { workflowId: string };
    activityTaskScheduledEventAttributes?: { activityType: { name: string } };
  }[];
};

function read(name: string): RecordedHistory {
  return JSON.parse(readFileSync(join(HISTORIES, `${name}.json`), 'utf8')) as RecordedHistory;
}

async function replay(recorded: RecordedHistory): Promise<Error | undefined> {
  const history = historyFromJSON(recorded);
  // The workflow reads its own id: a run under another id than its derived one joins the run that has it.
  const workflowId = recorded.events[0]?.workflowExecutionStartedEventAttributes?.workflowId;
  const histories = [{ workflowId, history }] as unknown as ReplayHistoriesIterable;
  for await (const result of Worker.runReplayHistories({ workflowBundle: await workflowBundle() }, histories))
    return result.error;
  throw new Error('nothing was replayed');
}

describe('recorded histories', () => {
  it('are there for each path', () => {
    expect(names).toEqual(
      expect.arrayContaining([
        'run-succeeded',
        // From before the start was put on record while the run is resolved; `record.ts` makes it no more.
        'run-start-committed',
        'run-refused',
        'run-failed',
        'run-retried',
        'run-joined',
        'run-invalid',
        'run-cancelled',
        'run-cached',
        'run-computing',
        'run-waited',
        'run-taken-over',
        'backfill-continued',
        'backfill-taken-over',
        'backfill-planned',
        'backfill-joined',
        'backfill-refused',
        'backfill-invalid',
        'backfill-told',
        'backfill-cancelled',
        'firing-succeeded',
        'firing-invalid',
        'firing-joined',
        'firing-in-line',
        'firing-failed-in-line',
        'firing-superseded',
        'line-ended',
        'pool-ended',
        'run-in-pool',
        'run-cancelled-in-pool',
        'deadlines-watching',
        'alerts-watching',
        'alert-delivered',
        'inbox-ended',
        'inbox-merged',
        'auditor-repaired',
        'recall-led',
        'recall-nothing-live',
        'recall-approved',
        'rollout-first-release',
        'rollout-promoted',
        'rollout-unchanged',
        'rollout-rolled-back',
        'rollout-aborted',
        'rollout-cancelled',
      ]),
    );
  });

  it.each(names)('%s replays without a difference', async (name) => {
    expect(await replay(read(name))).toBeUndefined();
  });

  it.each(names)('%s names nothing of the machine that recorded it', (name) => {
    const absolute = /(?:^|[\s"'(:])\/(?:home|root|tmp|usr|var|work|opt|mnt|Users)\//;
    expect(textsOf(read(name)).filter((text) => absolute.test(text) || /^\d+@/.test(text))).toEqual([]);
  });

  it('fail when an activity in them is not the one that the workflow calls', async () => {
    const altered = read('run-succeeded');
    const ingest = altered.events.find(
      (event) => event.activityTaskScheduledEventAttributes?.activityType.name === 'ingest',
    );
    if (ingest?.activityTaskScheduledEventAttributes === undefined) throw new Error('the history has no ingestion');
    ingest.activityTaskScheduledEventAttributes.activityType.name = 'transform';
    expect(await replay(altered)).toBeInstanceOf(DeterminismViolationError);
  });

  it('fail when a rollout in them gave the canary no traffic before it was measured', async () => {
    const altered = read('rollout-promoted');
    const [, commit] = altered.events.filter(
      (event) => event.activityTaskScheduledEventAttributes?.activityType.name === 'commitRecords',
    );
    if (commit?.activityTaskScheduledEventAttributes === undefined) throw new Error('the history has no second commit');
    commit.activityTaskScheduledEventAttributes.activityType.name = 'analyzeStep';
    expect(await replay(altered)).toBeInstanceOf(DeterminismViolationError);
  });
});
