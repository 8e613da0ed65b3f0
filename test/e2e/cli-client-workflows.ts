import {
  ApplicationFailure,
  condition,
  defineQuery,
  executeChild,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { RunInput, RunProgress, RunResult } from '../../schemas/run.js';

/** Stands in for the real workflow: what it does is said by parameters, so that the client alone is tested. */
export async function pipelineRun(input: RunInput): Promise<RunResult> {
  const { workflowId, runId, startTime } = workflowInfo();
  const { pipeline, partition, params } = input;
  if (partition === undefined) {
    const args = [{ ...input, partition: 'newest' }];
    return executeChild<typeof pipelineRun>('pipelineRun', {
      workflowId: `run/${pipeline}/newest`,
      args: args as [RunInput],
    });
  }
  setHandler(defineQuery<RunProgress>('progress'), () => ({ pipeline, partition, phase: 'standing in', steps: [] }));
  if (params.type !== undefined) {
    const problems = [{ path: 'partition', message: 'is no day' }];
    throw ApplicationFailure.create({
      type: String(params.type),
      message: 'it fell',
      nonRetryable: true,
      details: [{ problems }],
    });
  }
  if (params.wait === true) await condition(() => false);
  return {
    pipeline,
    partition,
    logicalTime: startTime.toISOString(),
    runId,
    workflowId,
    verdict: params.garbage === true ? ('splendid' as never) : 'succeeded',
    reason: 'DONE',
    message: `asked by ${input.requestedBy}`,
    steps: [],
    forced: false,
    durationMs: 0,
  };
}
