import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { doctorCommand } from '../../../cli/commands/doctor.js';
import { serveCommand } from '../../../cli/commands/serve.js';
import { workerCommand } from '../../../cli/commands/worker.js';
import { WORKER_ROLES } from '../../../schemas/index.js';
import { compose, ownServices, ROOT, type Service } from './compose-file.js';

const COMMANDS: Record<string, (program: Command) => void> = {
  worker: workerCommand,
  serve: serveCommand,
  doctor: doctorCommand,
};

/** Parses a service's command with the command line itself. */
function parsed({ command = [] }: Service): { name: string; unknown: string[]; options: Record<string, unknown> } {
  const [name = '', ...args] = command;
  const program = new Command();
  COMMANDS[name]?.(program);
  const found = program.commands.find((candidate) => candidate.name() === name);
  if (found === undefined) throw new Error(`there is no command ${name}`);
  const { operands, unknown } = found.exitOverride().parseOptions(args);
  return { name, unknown: [...operands, ...unknown], options: found.opts() };
}

const running = ownServices.filter(([, { command }]) => command !== undefined);
const commandOf = (name: string) => {
  const service = compose.services[name];
  if (service === undefined) throw new Error(`there is no service ${name}`);
  return parsed(service);
};
const portOf = (url: string) => Number(new URL(url).port);

/** Variables that the code reads: `env.NAME`, here and in the client configuration of Temporal. */
function readVariables(): Set<string> {
  const own = ['cli', 'workers', 'engine', 'activities', 'client'].flatMap((room) => filesOf(join(ROOT, room), '.ts'));
  const temporal = filesOf(join(ROOT, 'node_modules/@temporalio/envconfig/lib'), '.js');
  const text = [...own, ...temporal].map((file) => readFileSync(file, 'utf8')).join('\n');
  return new Set(
    [...text.matchAll(/\b(?:env|env_|overrideEnvVars|env\?)(?:\.|\[['"])([A-Z_]+)|['"](TEMPORAL_[A-Z_]+)['"]/g)].map(
      ([, a, b]) => a ?? b ?? '',
    ),
  );
}

function filesOf(folder: string, extension: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(extension))
    .map((name) => join(folder, name));
}

describe('what the containers run', () => {
  test.each(running)('%s is started with a command and options that exist', (_, service) => {
    expect(parsed(service).unknown).toEqual([]);
  });

  test('every role has a worker, and each service one role', () => {
    const roles = running
      .filter(([, { command }]) => command?.[0] === 'worker')
      .map(([, service]) => parsed(service).options.role);
    expect(roles.flat().sort()).toEqual([...WORKER_ROLES].sort());
    for (const role of roles) expect(role).toHaveLength(1);
  });

  test('work that is many takes more than one worker', () => {
    expect(compose.services['worker-orchestration']?.deploy.replicas).toBe(2);
    expect(compose.services['worker-data']?.deploy.replicas).toBe(2);
  });

  test('the lineage owner listens where everybody looks for it', () => {
    const { lineageHost, lineagePort } = commandOf('lineage').options;
    expect(lineageHost).toBe('0.0.0.0');
    const urls = ownServices.flatMap(([, { environment }]) => environment?.MILLRACE_LINEAGE_URL ?? []);
    expect(urls.length).toBeGreaterThanOrEqual(6);
    expect(new Set(urls)).toEqual(new Set([`http://lineage:${String(lineagePort)}`]));
  });

  test.each(['lineage', 'model-server-1', 'model-server-2'])(
    '%s is published and asked for its health on its port',
    (name) => {
      const service = compose.services[name];
      const { options } = commandOf(name);
      const port = options.lineagePort ?? options.port;
      if (name !== 'lineage') expect(options.host).toBe('0.0.0.0');
      expect(service?.ports?.map((published) => Number(published.split(':')[2]))).toEqual([port]);
      expect(portOf(service?.healthcheck?.test.at(-1) ?? '')).toBe(port);
    },
  );

  test.each(running.filter(([name]) => name.startsWith('worker-')))(
    '%s is asked whether it polls its own queue',
    (_, service) => {
      expect(service.healthcheck?.test.slice(-2)).toEqual([
        'deploy/healthchecks/worker-polls.mjs',
        ...(parsed(service).options.role as string[]),
      ]);
    },
  );

  test('workers and jobs reach the Temporal server by the name and namespace that it has', () => {
    const address = compose.services['temporal-namespace']?.environment;
    expect(address?.TEMPORAL_ADDRESS).toBe('temporal:7233');
    for (const [, { command, environment }] of running.filter(([, service]) => service.command?.[0] !== 'serve')) {
      expect({ command, ...environment }).toMatchObject({
        TEMPORAL_ADDRESS: address?.TEMPORAL_ADDRESS,
        TEMPORAL_NAMESPACE: address?.TEMPORAL_NAMESPACE,
      });
    }
    expect(compose.services['temporal-ui']?.environment?.TEMPORAL_DEFAULT_NAMESPACE).toBe(address?.TEMPORAL_NAMESPACE);
  });

  test('every variable of an own container is read by the code or by Node', () => {
    const known = readVariables().add('NODE_OPTIONS');
    const used = new Set(ownServices.flatMap(([, { environment }]) => Object.keys(environment ?? {})));
    expect([...used].filter((name) => !known.has(name))).toEqual([]);
    expect(process.allowedNodeEnvironmentFlags.has('--max-old-space-size')).toBe(true);
  });
});
