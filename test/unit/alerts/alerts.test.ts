import fc from 'fast-check';
import { DateTime, IANAZone } from 'luxon';
import { alertPayload, backoffMs, fillTemplate, quietUntil, type LinkedAlert } from '../../../engine/alerts/index.js';
import { alertChannelSchema } from '../../../schemas/index.js';

const alert: LinkedAlert = {
  ...{ event: 'run_failed', severity: 'error', key: 'run/p/a', title: 'p a failed', message: 'SOURCE_EMPTY: no rows' },
  ...{ pipeline: 'p', partition: 'a', workflowId: 'run/p/a', runId: null, at: '2001-03-01T00:00:00.000Z' },
  link: null,
};
const night = { from: '22:00', to: '07:00', timezone: 'Europe/Berlin' };
const channel = (fields: object) =>
  alertChannelSchema.parse({ kind: 'webhook', name: 'c', url: 'https://example.com/', ...fields });

describe('quiet hours', () => {
  it.each([
    ['before', '2001-03-01T20:59:00Z', null],
    ['when they begin', '2001-03-01T21:00:00Z', '2001-03-02T06:00:00Z'],
    ['after midnight', '2001-03-02T03:00:00Z', '2001-03-02T06:00:00Z'],
    ['when they end', '2001-03-02T06:00:00Z', null],
    ['in a night that is an hour shorter', '2001-03-24T22:00:00Z', '2001-03-25T05:00:00Z'],
    ['in a night that is an hour longer', '2001-10-27T21:00:00Z', '2001-10-28T06:00:00Z'],
  ])('%s', (_, at, until) => {
    const quiet = quietUntil(channel({ quiet: night }), alert, Date.parse(at));
    expect(quiet).toBe(until === null ? null : Date.parse(until));
  });

  it('let through what is critical, and of one day too', () => {
    const at = Date.parse('2001-03-02T03:00:00Z');
    expect(quietUntil(channel({ quiet: night }), { severity: 'critical' }, at)).toBeNull();
    const noon = channel({ quiet: { from: '03:30', to: '04:30', timezone: 'Europe/Berlin', except: [] } });
    expect(quietUntil(noon, { severity: 'critical' }, at)).toBe(at + 30 * 60_000);
  });

  it('end at their end, in any zone and at any time', () => {
    const zones = fc.constantFrom(...Intl.supportedValuesOf('timeZone').filter((zone) => IANAZone.isValidZone(zone)));
    const times = fc
      .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
      .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'));
    fc.assert(
      fc.property(zones, times, times, fc.integer({ min: 0, max: 2e12 }), (timezone, from, to, now) => {
        const until = quietUntil(channel({ quiet: { from, to, timezone } }), alert, now);
        if (until === null) return;
        expect(until).toBeGreaterThan(now - 1);
        expect(until - now).toBeLessThanOrEqual(26 * 3_600_000);
        const shown = DateTime.fromMillis(until, { zone: timezone }).toFormat('HH:mm');
        // Only a time that clocks skip is another one.
        if (
          DateTime.fromMillis(until, { zone: timezone }).offset === DateTime.fromMillis(now, { zone: timezone }).offset
        ) {
          expect(shown).toBe(to);
        }
      }),
    );
  });
});

describe('a message', () => {
  it('has what the alert says in the place of each reference, and leaves alone what it does not know', () => {
    expect(fillTemplate('{{ title }} ({{severity}}) {{runId}}|{{nothing}}', alert)).toBe(
      'p a failed (error) |{{nothing}}',
    );
  });

  it('has nothing in place of what is of every object, and names that no alert has are refused where they are written', () => {
    expect(fillTemplate('{{constructor}}', alert)).toBe('{{constructor}}');
    const problems = (template: string) =>
      alertChannelSchema
        .safeParse({ kind: 'webhook', name: 'c', url: 'https://example.com/', template })
        .error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
    expect(problems('{{titel}} {{ message }}{{constructor}}')).toEqual([
      'template has no value {{titel}}; did you mean "title"?',
      expect.stringContaining('template has no value {{constructor}}'),
    ]);
    expect(problems('{{ link }} {"a": {}}')).toBeUndefined();
  });

  it('leads to the workflow, where somebody knows the address of the Temporal UI', () => {
    const linked = { ...alert, link: 'https://t.example/namespaces/default/workflows/run%2Fp%2Fa' };
    expect(fillTemplate('{{link}}', linked)).toBe(linked.link);
    expect(alertPayload(channel({}), linked, 'id')).toMatchObject({ data: { link: linked.link } });
    const slack = channel({ kind: 'slack' });
    expect(alertPayload(slack, linked, 'id')).toMatchObject({
      attachments: [{ title: 'run/p/a', title_link: linked.link }],
    });
    const pager = channel({ kind: 'pagerduty', url: undefined, routingKey: 'secret:k' });
    expect(alertPayload(pager, linked, 'id', 'R1')).toMatchObject({ client_url: linked.link });
  });

  it('for PagerDuty has its fields', () => {
    const pager = channel({ kind: 'pagerduty', url: undefined, routingKey: 'secret:k' });
    expect(alertPayload(pager, alert, 'id', 'R1')).toEqual({
      routing_key: 'R1',
      dedup_key: 'run/p/a',
      event_action: 'trigger',
      client: 'Millrace',
      payload: {
        ...{ summary: 'p a failed', source: 'run/p/a', severity: 'error', timestamp: alert.at, component: 'p' },
        ...{ group: 'a', class: 'run_failed' },
        custom_details: { message: 'p a failed\nSOURCE_EMPTY: no rows', run: null },
      },
    });
  });
});

it('waits longer each time, up to five minutes, and by chance up to half as long', () => {
  expect([1, 2, 5, 40].map((attempt) => backoffMs(attempt, 1))).toEqual([1000, 2000, 16_000, 300_000]);
  expect(backoffMs(5, 0)).toBe(8000);
});
