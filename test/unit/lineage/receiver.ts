import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { OpenLineageRunEvent } from '../../../schemas/index.js';

/** A receiver of events as a real HTTP server that behaves as it is told. */
export interface Receiver {
  url: string;
  /** Events that were taken, in the order in which they came. */
  taken: OpenLineageRunEvent[];
  /** Headers of the last request. */
  headers: IncomingMessage['headers'];
  /** Requests so far, taken or not. */
  requests: number;
  /** What to do with an event: a status, or nothing at all for as long as the connection lasts. */
  answer: (event: OpenLineageRunEvent, request: number) => number | 'hang' | 'hang up';
  close(): Promise<void>;
}

export async function startReceiver(port = 0): Promise<Receiver> {
  const receiver: Receiver = { url: '', taken: [], headers: {}, requests: 0, answer: () => 201, close };
  const server = createServer((request, response) => void respond(request, response));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/lineage`;
  return receiver;

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const event = JSON.parse(body) as OpenLineageRunEvent;
    receiver.headers = request.headers;
    receiver.requests += 1;
    const answer = receiver.answer(event, receiver.requests);
    if (answer === 'hang') return;
    if (answer === 'hang up') return void request.socket.destroy();
    if (answer < 300) receiver.taken.push(event);
    response.writeHead(answer).end(answer < 300 ? '' : 'no');
  }

  async function close(): Promise<void> {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }
}
