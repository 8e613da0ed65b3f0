import { compose, readYaml } from './compose-file.js';

interface PrometheusConfig {
  scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
}

const { scrape_configs: jobs } = readYaml('deploy/prometheus/prometheus.yml') as PrometheusConfig;
const targetsOf = (job: string) =>
  jobs
    .filter(({ job_name }) => job_name === job)
    .flatMap((found) => found.static_configs.flatMap(({ targets }) => targets));

/** Port of the metrics of a service, from its own settings. */
function metricsPort(service: string): string | undefined {
  const { command, environment } = compose.services[service] ?? {};
  if (command?.[0] === 'serve') return command[command.indexOf('--port') + 1];
  return environment?.PROMETHEUS_ENDPOINT?.split(':')[1];
}

describe('Prometheus', () => {
  test('asks services of docker-compose.yml on the port where they have metrics', () => {
    const targets = jobs
      .filter(({ job_name }) => job_name !== 'prometheus')
      .flatMap(({ job_name }) => targetsOf(job_name));
    expect(targets.map((target) => target.split(':')[1])).toEqual(
      targets.map((target) => metricsPort(target.split(':')[0] ?? '')),
    );
  });

  test('shares a network with all that it asks', () => {
    for (const target of [...targetsOf('model-server'), ...targetsOf('temporal')]) {
      expect(compose.services[target.split(':')[0] ?? '']?.networks).toEqual(
        expect.arrayContaining(compose.services.prometheus?.networks ?? []),
      );
    }
  });

  test('asks every model server', () => {
    const servers = Object.keys(compose.services).filter((name) => name.startsWith('model-server'));
    expect(targetsOf('model-server').map((target) => target.split(':')[0])).toEqual(servers);
  });
});
