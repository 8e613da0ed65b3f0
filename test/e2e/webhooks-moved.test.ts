import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWebhookDelivery } from '../../cli/webhook-delivery.js';
import { connect } from '../../client/index.js';
import { writeEmbeddedMarker } from '../../workers/embedded/embedded-marker.js';
import { identify } from '../../workers/embedded/process-identity.js';
import { findTemporalBinary } from '../../workers/embedded/temporal-binary.js';
import { startTemporalServer } from '../../workers/embedded/temporal-server.js';

it('webhooks are refused soon while Temporal is away, and find it where it is afterwards', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-moved-'));
  const event = (id: string) => ({ id, trigger: 'hook', source: 'webhook' as const, subject: '{}', params: {} });
  const marked = async (temporalAddress: string) => {
    const holder = identify(process.pid);
    if (holder === null) throw new Error('this process has no identity');
    const elsewhere = { temporalUi: null, lineageUrl: 'http://127.0.0.1:1', modelServerUrl: 'http://127.0.0.1:1' };
    const own = { temporalAddress, namespace: 'default', ownsTemporal: true, holder, dataDir };
    await writeEmbeddedMarker({ ...elsewhere, ...own });
  };
  const { path: binary } = await findTemporalBinary({ env: { ...process.env, TEMPORAL_ADDRESS: undefined } });
  const startTemporal = () => startTemporalServer({ binary, dataDir, inMemory: true });
  const first = await startTemporal();
  await marked(first.address);
  const delivery = await openWebhookDelivery({ dataDir });
  try {
    await delivery.deliver('p', event('a'));
    await first.close();
    const asked = Date.now();
    const codes = await Promise.all(
      ['b', 'c'].map((id) => delivery.deliver('p', event(id)).catch((error: { code: string }) => error.code)),
    );
    expect(codes).toEqual(['TEMPORAL_UNREACHABLE', 'TEMPORAL_UNREACHABLE']);
    expect(Date.now() - asked).toBeLessThan(10_000);

    const second = await startTemporal();
    try {
      await marked(second.address);
      await Promise.all(['b', 'c'].map((id) => delivery.deliver('p', event(id))));
      const client = await connect({ address: second.address, plain: true });
      const { events } = await client.temporal.workflow.getHandle('inbox/p').fetchHistory();
      await client.close();
      expect(events?.filter((one) => one.workflowExecutionSignaledEventAttributes != null)).toHaveLength(2);
    } finally {
      await second.close();
    }
  } finally {
    await delivery.close();
    await rm(dataDir, { recursive: true, force: true });
  }
});
