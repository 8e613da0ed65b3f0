// Healthcheck of a process with an HTTP server: `node http-ok.mjs URL` succeeds if the answer's status is 2xx.
import { get } from 'node:http';

const url = process.argv[2];
get(url, { timeout: 5_000 }, (response) => {
  const well = response.statusCode >= 200 && response.statusCode < 300;
  if (!well) console.error(`${url} answers ${response.statusCode}`);
  process.exit(well ? 0 : 1);
})
  .on('timeout', () => {
    console.error(`${url} does not answer`);
    process.exit(1);
  })
  .on('error', (error) => {
    console.error(`${url}: ${error.message}`);
    process.exit(1);
  });
