import { isMillraceError, modelManifestSchema, parseWith, type StepOutput } from '../../schemas/index.js';
import { readManifest, type ObjectStore } from '../datasets/index.js';

/** Objects that are looked for at once. */
const AT_ONCE = 16;

/**
 * Whether everything that a step left is in the object store.
 * @returns why not, in words; null if it is
 * @throws MillraceError STORE_UNAVAILABLE
 */
export async function missingOutput(
  store: Pick<ObjectStore, 'read' | 'exists'>,
  { dataset, quarantine, model }: StepOutput,
): Promise<string | null> {
  try {
    const uris: string[] = [];
    for (const ref of [dataset ?? [], quarantine ?? []].flat()) {
      uris.push(...(await readManifest(store as ObjectStore, ref)).files.map(({ uri }) => uri));
    }
    if (model !== undefined) {
      const manifest: unknown = JSON.parse((await store.read(model.uri)).toString('utf8'));
      uris.push(...parseWith(modelManifestSchema, manifest, `manifest ${model.uri}`).files.map(({ uri }) => uri));
    }
    for (let start = 0; start < uris.length; start += AT_ONCE) {
      const some = uris.slice(start, start + AT_ONCE);
      const there = await Promise.all(some.map((uri) => store.exists(uri)));
      const gone = some.find((_, index) => there[index] !== true);
      if (gone !== undefined) return `${gone} is gone`;
    }
    return null;
  } catch (error) {
    if (!isMillraceError(error) || (error.code !== 'OBJECT_NOT_FOUND' && error.code !== 'OBJECT_CORRUPT')) throw error;
    return error.message;
  }
}
