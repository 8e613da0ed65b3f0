import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Ajv, type AnySchemaObject } from 'ajv';
import { compose, mebibytes, ownServices, readYaml, ROOT, services } from './compose-file.js';

/** The JSON schema of the Compose Specification comes with a linter for compose files. */
function composeSchema(): AnySchemaObject {
  const linter = dirname(require.resolve('dclint/package.json'));
  const schema = JSON.parse(readFileSync(join(linter, 'schemas', 'compose.schema.json'), 'utf8')) as AnySchemaObject;
  // It names its dialect, draft 7, in a way that ajv does not know.
  delete schema.$schema;
  return schema;
}

// `duration` is Compose's own, as in 30s; the loader of Compose reads those, no schema does.
const validate = new Ajv({ strict: false, allErrors: true, formats: { duration: true } }).compile(composeSchema());

const namesOf = (pick: (service: (typeof services)[number][1]) => (string | undefined)[] | undefined) => [
  ...new Set(services.flatMap(([, service]) => pick(service) ?? []).filter((name) => name !== undefined)),
];

describe('docker-compose.yml', () => {
  test('is valid by the schema of the Compose Specification', () => {
    const valid = validate(readYaml('docker-compose.yml'));
    expect(validate.errors).toBeNull();
    expect(valid).toBe(true);
  });

  test('would not be valid with a key that the specification does not know', () => {
    expect(validate({ services: { a: { image: 'b', restarts: 'always' } } })).toBe(false);
  });

  test.each(['networks', 'secrets'] as const)('declares the %s that services use, and uses all it declares', (kind) => {
    expect(namesOf((service) => service[kind]).sort()).toEqual(Object.keys(compose[kind]).sort());
  });

  test('declares the volumes and configs that services mount, and uses all it declares', () => {
    const volumes = namesOf((service) => service.volumes?.map(({ source }) => source));
    const configs = namesOf((service) => service.configs?.map(({ source }) => source));
    expect(volumes.sort()).toEqual(Object.keys(compose.volumes).sort());
    expect(configs.sort()).toEqual(Object.keys(compose.configs).sort());
  });

  test('mounts configuration files that exist', () => {
    const missing = Object.values(compose.configs).filter(({ file }) => !existsSync(join(ROOT, file)));
    expect(missing).toEqual([]);
  });

  test('takes secrets from a folder that git ignores', () => {
    for (const { file } of Object.values(compose.secrets)) {
      expect(dirname(file)).toBe('./deploy/secrets');
    }
    expect(readFileSync(join(ROOT, 'deploy/secrets/.gitignore'), 'utf8').split('\n')).toContain('*');
  });

  test('has no secret in an environment', () => {
    const names = services.flatMap(([, { environment = {} }]) => Object.keys(environment));
    expect(names.filter((name) => /(PASSWORD|PWD|SECRET|KEY|TOKEN)$/.test(name))).toEqual([]);
  });

  test.each(services)('%s waits only for services that exist, and for what they can fulfil', (_, { depends_on }) => {
    for (const [name, { condition }] of Object.entries(depends_on ?? {})) {
      const other = compose.services[name];
      if (condition === 'service_healthy') expect(other?.healthcheck).toBeDefined();
      if (condition === 'service_completed_successfully') expect(other?.restart).toBe('on-failure:5');
      expect(other?.profiles).toBeUndefined();
    }
  });

  test('starts services in an order without a circle', () => {
    const reaches = (from: string, seen: string[] = []): void => {
      expect(seen).not.toContain(from);
      for (const next of Object.keys(compose.services[from]?.depends_on ?? {})) reaches(next, [...seen, from]);
    };
    services.forEach(([name]) => reaches(name));
  });

  test.each(services)('%s is on a network with every service it waits for', (_, { depends_on, networks = [] }) => {
    for (const name of Object.keys(depends_on ?? {})) {
      const common = compose.services[name]?.networks?.filter((network) => networks.includes(network));
      expect(common).not.toEqual([]);
    }
  });

  test.each(services)(
    '%s is confined: read-only, no capabilities, limited in memory, processors and processes',
    (_, service) => {
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        deploy: {
          resources: { limits: { cpus: expect.any(String), memory: expect.any(String), pids: expect.any(Number) } },
        },
      });
    },
  );

  test.each(services)('%s has an image of a fixed version, or is built here', (_, { image, build }) => {
    if (build === undefined) expect(image).toMatch(/^[\w./-]+:v?\d+\.\d+/);
    else expect(image).toBeUndefined();
  });

  test('publishes nothing but the UI, lineage, model servers and Prometheus, on loopback, each on a port of its own', () => {
    const published = services.filter(([, { ports }]) => ports !== undefined);
    expect(published.map(([name]) => name).sort()).toEqual([
      'lineage',
      'model-server-1',
      'model-server-2',
      'prometheus',
      'temporal-ui',
    ]);
    const ports = published.flatMap(([, service]) => service.ports ?? []);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    const outside = ports.map((port) => port.split(':')[1]);
    expect(new Set(outside).size).toBe(outside.length);
  });

  test('keeps the database on a network that leads nowhere', () => {
    expect(compose.services.postgresql?.networks).toEqual(['database']);
    expect(compose.networks.database).toEqual({ internal: true });
  });

  test('has one lineage owner, whose volume nobody else mounts', () => {
    const mounting = services.filter(([, { volumes }]) => volumes?.some(({ source }) => source === 'lineage'));
    expect(mounting.map(([name, { deploy }]) => [name, deploy.replicas])).toEqual([['lineage', 1]]);
  });

  test('gives all workers and model servers the same store, to the latter for reading', () => {
    const using = ownServices.filter(([name]) => /^(worker|model-server)-/.test(name));
    expect(using).toHaveLength(6);
    for (const [name, { volumes }] of using) {
      const mount = volumes?.find(({ source }) => source === 'store');
      expect(mount?.target).toBe('/var/lib/millrace/store');
      expect(mount?.read_only ?? false).toBe(name.startsWith('model-server'));
    }
  });

  test('shares no scratch space between workers: beside the store, their data folder has no name', () => {
    for (const [, { volumes }] of services.filter(([name]) => name.startsWith('worker-'))) {
      expect(volumes).toContainEqual({ type: 'volume', target: '/var/lib/millrace' });
    }
  });

  test.each(ownServices)(
    '%s has a process 1 that reaps children, and longer to end than its work has',
    (_, service) => {
      expect(service.init).toBe(true);
      const [, grace] = /GRACE = '(\d+) seconds'/.exec(readFileSync(join(ROOT, 'workers/run-worker.ts'), 'utf8')) ?? [];
      expect(Number.parseInt(service.stop_grace_period ?? '', 10)).toBeGreaterThan(Number(grace));
    },
  );

  test.each(ownServices)('%s leaves memory beside the heap', (_, { environment, deploy }) => {
    const heap = Number(/--max-old-space-size=(\d+)/.exec(environment?.NODE_OPTIONS ?? '')?.[1]);
    expect(heap).toBeGreaterThanOrEqual(256);
    expect(heap).toBeLessThanOrEqual(mebibytes(deploy.resources.limits.memory) * 0.8);
  });
});
