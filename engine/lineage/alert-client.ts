import {
  alertDeliveriesResponseSchema,
  alertsAfterResponseSchema,
  type AlertsAfter,
  type RecordedDelivery,
} from '../../schemas/index.js';
import type { Request } from '../../schemas/lineage-request.js';

/** Alerts, as the lineage owner knows them. */
export interface AlertClient {
  /** What became of alerts, newest first; 100 by default, at most 1000. */
  deliveries(options?: { pipeline?: string; limit?: number }): Promise<RecordedDelivery[]>;
  /** What was put on record after a record; null gives none, and where to begin. */
  after(after: number | null): Promise<AlertsAfter>;
}

export function createAlertClient(request: Request): AlertClient {
  return {
    deliveries: async ({ pipeline, limit = 100 } = {}) => {
      const query = new URLSearchParams({ limit: String(limit), ...(pipeline !== undefined && { pipeline }) });
      return (await request(alertDeliveriesResponseSchema, 'GET', `/alerts?${query.toString()}`)).deliveries;
    },
    after: (after) => request(alertsAfterResponseSchema, 'POST', '/alerts/after', { after }),
  };
}
