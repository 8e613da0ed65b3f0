import { TestWorkflowEnvironment } from '@temporalio/testing';
import { SEARCH_ATTRIBUTES } from '../../schemas/index.js';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { defineSearchAttributeKey } from '@temporalio/common';
import { DYNAMIC_CONFIG } from '../../workers/embedded/temporal-server.js';
import { findTemporalBinary } from '../../workers/embedded/temporal-binary.js';

/** A Temporal development server in memory, with Millrace’s search attributes. */
export async function startTemporal(): Promise<TestWorkflowEnvironment> {
  // What workers say at INFO hides what the tests say.
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  const { path } = await findTemporalBinary({ env: { ...process.env, TEMPORAL_ADDRESS: undefined } });
  return TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path },
      extraArgs: DYNAMIC_CONFIG.flatMap((value) => ['--dynamic-config-value', value]),
      searchAttributes: Object.values(SEARCH_ATTRIBUTES).map((name) => defineSearchAttributeKey(name, 'KEYWORD')),
    },
  });
}
