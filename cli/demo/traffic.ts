import { Agent, request } from 'node:http';
import { DuckDBInstance } from '@duckdb/node-api';
import { z } from 'zod';

/** A flight as a client knows it before take-off. */
interface Flight {
  key: string;
  hour: number;
  weekday: number;
  distance: number;
  origin: string;
  destination: string;
}

/** What clients saw. */
export interface TrafficSummary {
  requests: number;
  /** Requests without a usable answer. */
  failed: number;
  /** Requests by the version that answered, as in `{"1": 950, "2": 50}`. */
  byVersion: Record<string, number>;
  /** First failure, in words. */
  firstFailure: string | null;
}

/** Flights of one day, in the order of departure. */
export async function flightsOf(source: string, day: string): Promise<Flight[]> {
  const instance = await DuckDBInstance.create(':memory:');
  try {
    const connection = await instance.connect();
    const reader = await connection.runAndReadAll(
      `SELECT hour(date)::INTEGER AS hour, isodow(date)::INTEGER AS weekday, distance::INTEGER AS distance, origin, destination,
              $day || '/' || (row_number() OVER (ORDER BY date, origin, destination, distance)) AS key
       FROM read_parquet($source) WHERE date_trunc('day', date) = $day::DATE ORDER BY date, origin, destination, distance`,
      { source, day },
    );
    return reader.getRowObjectsJson() as unknown as Flight[];
  } finally {
    instance.closeSync();
  }
}

/** Connections of the demo’s clients. */
const CONNECTIONS = 8;

const answerSchema = z.object({
  model_version: z.string(),
  outputs: z.array(z.object({ data: z.array(z.number()) })).min(1),
});

/**
 * Sends flights to an endpoint, one request a flight, until they are used up or the signal says that it is enough.
 * @param perSecond most requests a second
 */
export async function sendTraffic(
  {
    url,
    endpoint,
    flights,
    perSecond,
  }: { url: string; endpoint: string; flights: readonly Flight[]; perSecond: number },
  signal: AbortSignal,
): Promise<TrafficSummary> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const summary: TrafficSummary = { requests: 0, failed: 0, byVersion: {}, firstFailure: null };
  const started = Date.now();
  let next = 0;
  const client = async () => {
    for (let index = next++; index < flights.length && !signal.aborted; index = next++) {
      const early = started + (index * 1000) / perSecond - Date.now();
      if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
      if (signal.aborted) return;
      const flight = flights[index];
      if (flight === undefined) return;
      summary.requests++;
      try {
        const version = await predict(agent, `${url}/v2/models/${endpoint}/infer`, flight);
        summary.byVersion[version] = (summary.byVersion[version] ?? 0) + 1;
      } catch (error) {
        summary.failed++;
        summary.firstFailure ??= error instanceof Error ? error.message : String(error);
      }
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  agent.destroy();
  return summary;
}

/** One request of the Open Inference Protocol; gives the number of the version that answered. */
function predict(agent: Agent, url: string, { key, ...columns }: Flight): Promise<string> {
  const body = JSON.stringify({
    parameters: { entity_key: key },
    inputs: Object.entries(columns).map(([name, value]) => ({
      name,
      shape: [1, 1],
      datatype: typeof value === 'string' ? 'BYTES' : 'INT64',
      data: [value],
    })),
  });
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const call = request(url, { method: 'POST', agent, headers, timeout: 10_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('error', reject);
      response.on('end', () => {
        try {
          resolve(versionIn(response.statusCode, text));
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
    call.on('timeout', () => call.destroy(new Error('no answer in ten seconds')));
    call.on('error', reject);
    call.end(body);
  });
}

/** The version that answered; throws for an answer that nobody could use. */
function versionIn(status: number | undefined, text: string): string {
  if (status !== 200) throw new Error(`status ${status}: ${text.slice(0, 300)}`);
  const answer = answerSchema.parse(JSON.parse(text));
  const score = answer.outputs[0]?.data[0];
  if (score === undefined || !(score >= 0 && score <= 1)) throw new Error(`score ${score} is no probability`);
  return answer.model_version;
}
