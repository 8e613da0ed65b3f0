import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isRunning } from './process-identity.js';

/** Addresses of a running embedded mode, as `millrace dev --json` prints them and `embedded.json` in the data folder keeps them. */
export const embeddedAddressesSchema = z.object({
  temporalAddress: z.string().describe('Address of the Temporal frontend.'),
  namespace: z.string().describe('Temporal namespace.'),
  temporalUi: z.string().nullable().describe('Address of the Temporal UI; null where the server is not our own.'),
  lineageUrl: z.string().describe('Address of the lineage owner.'),
  modelServerUrl: z.string().describe('Address of the model server.'),
  dataDir: z.string().describe('Data folder, absolute.'),
});

const markerSchema = embeddedAddressesSchema.extend({
  ownsTemporal: z.boolean(),
  holder: z.object({ pid: z.int().positive(), began: z.string() }),
});

export type EmbeddedAddresses = z.infer<typeof embeddedAddressesSchema>;
export type EmbeddedMarker = z.infer<typeof markerSchema>;

const markerPath = (dataDir: string) => join(dataDir, 'embedded.json');

/** Makes the addresses known to other commands. */
export async function writeEmbeddedMarker(marker: EmbeddedMarker): Promise<void> {
  const path = markerPath(marker.dataDir);
  await writeFile(`${path}.${process.pid}`, `${JSON.stringify(marker, null, 2)}\n`);
  await rename(`${path}.${process.pid}`, path);
}

export async function removeEmbeddedMarker(dataDir: string): Promise<void> {
  await rm(markerPath(dataDir), { force: true });
}

/** The embedded mode that runs with this data folder, or null. What a killed one left behind does not count. */
export async function readEmbeddedMarker(dataDir: string): Promise<EmbeddedMarker | null> {
  try {
    const marker = markerSchema.parse(JSON.parse(await readFile(markerPath(dataDir), 'utf8')));
    return isRunning(marker.holder) ? marker : null;
  } catch {
    return null; // not there, or of another release: as good as not there
  }
}
