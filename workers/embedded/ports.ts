import { createServer } from 'node:net';
import { MillraceError } from '../../schemas/errors.js';

/**
 * Ports of the loopback interface that nobody listens on, all different. The operating system chooses them, so another
 * process may still take one before it is used: whoever listens on it has to be ready for that.
 */
export async function freePorts(count: number): Promise<number[]> {
  // All are held at once, so that none is given twice.
  const held = await Promise.all(Array.from({ length: count }, () => hold(0)));
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
