import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { MillraceError } from '../../schemas/errors.js';

/**
 * Below the ports that systems give to outgoing connections (from 32768 on Linux, 49152 elsewhere), one of which may be made on a
 * port between its choice here and its use by the process that it is for.
 */
const [FIRST, LAST] = [15_000, 32_767];
const ATTEMPTS = 200;

/**
 * Ports of the loopback interface that nobody listens on, all different. Chosen by chance, so that several who choose at once
 * hardly meet; whoever listens on one has to be ready for that all the same.
 */
export async function freePorts(count: number): Promise<number[]> {
  // All are held at once, so that none is given twice.
  const held: HeldPort[] = [];
  for (let attempt = 0; held.length < count; attempt += 1) {
    const port = attempt < ATTEMPTS ? randomInt(FIRST, LAST + 1) : 0;
    try {
      held.push(await hold(port));
    } catch (error) {
      if (port === 0) throw error;
    }
  }
  await Promise.all(held.map((port) => port.release()));
  return held.map((port) => port.number);
}

/** @throws MillraceError PORT_IN_USE if something listens on the port */
export async function requireFreePort(port: number, what: string): Promise<void> {
  try {
    await (await hold(port)).release();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'EADDRINUSE' ? 'is in use' : `cannot be listened on: ${message}`;
    throw new MillraceError('PORT_IN_USE', `port ${port} for ${what} ${reason}`, { cause: error });
  }
}

interface HeldPort {
  number: number;
  release(): Promise<void>;
}

function hold(port: number): Promise<HeldPort> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve({
        number: typeof address === 'object' && address !== null ? address.port : port,
        release: () => new Promise((released) => server.close(() => released())),
      });
    });
  });
}
