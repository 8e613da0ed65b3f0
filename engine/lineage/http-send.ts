import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Fetch } from '../../schemas/lineage-request.js';

/** Connections that nothing is under way on keep no process alive. */
const AGENTS = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };

/**
 * Sends a request over connections that are kept. In place of `fetch`, whose streams cost three times the processor time
 * of a small request and its answer. Redirects are not followed.
 * @throws whatever the network says; the reason of the signal if that ended it
 */
export const sendHttp: Fetch = async (url, init) => {
  try {
    return await sendOnce(url, init);
  } catch (error) {
    init.signal.throwIfAborted();
    // The other end let go of a connection that was kept at the moment when it was used again; requests may be repeated.
    if (error instanceof StaleConnection) return await sendOnce(url, init);
    throw error;
  }
};

/** A connection that had been used before was gone. */
class StaleConnection extends Error {}

function sendOnce(url: string, { method, headers, body, signal }: Parameters<Fetch>[1]): ReturnType<Fetch> {
  return new Promise((resolve, reject) => {
    const secure = new URL(url).protocol === 'https:';
    const options = { method, headers, signal };
    const request: ClientRequest = secure
      ? httpsRequest(url, { ...options, agent: AGENTS.https })
      : httpRequest(url, { ...options, agent: AGENTS.http });
    request.on('error', (error: NodeJS.ErrnoException) => {
      const stale = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      reject(stale ? new StaleConnection(error.message, { cause: error }) : error);
    });
    request.on('response', (response) => {
      textOf(response).then((text) => resolve({ status: response.statusCode ?? 0, text: async () => text }), reject);
    });
    request.end(body);
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response) text += chunk as string;
  return text;
}
