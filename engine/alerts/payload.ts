import { PLACEHOLDER, type Alert, type AlertChannel } from '../../schemas/index.js';

const COLOURS: Record<Alert['severity'], string> = {
  info: '#2a7d4f',
  warning: '#b7791f',
  error: '#c53030',
  critical: '#822727',
};

/** An alert with the address of its workflow in the Temporal UI; null where nobody knows it. */
export type LinkedAlert = Alert & { link: string | null };

/** A template with what an alert says put in; what it does not say is left empty. */
export function fillTemplate(template: string, alert: LinkedAlert): string {
  return template.replaceAll(PLACEHOLDER, (reference, name: string) =>
    Object.hasOwn(alert, name) ? String(alert[name as keyof LinkedAlert] ?? '') : reference,
  );
}

/**
 * Body of the request that tells an alert on a channel.
 * @param id the same for each attempt
 * @param routingKey of PagerDuty
 */
export function alertPayload(channel: AlertChannel, alert: LinkedAlert, id: string, routingKey?: string): object {
  const { link } = alert;
  const text = fillTemplate(channel.template, alert);
  switch (channel.kind) {
    case 'webhook':
      return { type: `millrace.${alert.event}`, timestamp: alert.at, id, data: { ...alert, text } };
    case 'slack':
      // Slack reads "&", "<" and ">" as signs of its own.
      return {
        text: escapeSlack(alert.title),
        attachments: [
          {
            color: COLOURS[alert.severity],
            ...(link !== null && { title: alert.workflowId, title_link: link }),
            text: escapeSlack(text),
            fallback: escapeSlack(alert.title),
          },
        ],
      };
    case 'pagerduty': {
      const dedup = { routing_key: routingKey, dedup_key: alert.key.slice(0, 255) };
      if (alert.event === 'run_recovered') return { ...dedup, event_action: 'resolve' };
      return {
        ...dedup,
        event_action: 'trigger',
        client: 'Millrace',
        ...(link !== null && { client_url: link, links: [{ href: link, text: 'Workflow in Temporal' }] }),
        payload: {
          summary: alert.title.slice(0, 1024),
          source: alert.workflowId ?? alert.pipeline ?? 'millrace',
          severity: alert.severity,
          timestamp: alert.at,
          component: alert.pipeline ?? undefined,
          group: alert.partition ?? undefined,
          class: alert.event,
          custom_details: { message: text, run: alert.runId },
        },
      };
    }
  }
}

function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
