import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecrets } from '../../../engine/secrets.js';
import { configSchema } from '../../../schemas/index.js';

describe('createSecrets', () => {
  let folder: string;
  beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'secrets-'))));
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('takes the variable before the file', async () => {
    await writeFile(join(folder, 's3-key'), 'from the file\n');
    const files = { MILLRACE_SECRETS_DIR: folder };
    expect(await createSecrets(files).get('secret:s3-key')).toBe('from the file');
    const both = { ...files, MILLRACE_SECRET_S3_KEY: 'from the variable' };
    expect(await createSecrets(both).get('secret:s3-key')).toBe('from the variable');
  });

  it('keeps all of a file but one line end', async () => {
    await writeFile(join(folder, 'lines'), ' a\n\n');
    expect(await createSecrets({ MILLRACE_SECRETS_DIR: folder }).get('secret:lines')).toBe(' a\n');
  });

  it.each([
    ['neither', {}, /MILLRACE_SECRET_NONE is not set, and neither is MILLRACE_SECRETS_DIR/],
    ['a folder without the file', { MILLRACE_SECRETS_DIR: '/nowhere' }, /is not set, and \/nowhere\/none: ENOENT/],
  ])('names the places that were looked at when there is %s', async (_, env, message) => {
    await expect(createSecrets(env).get('secret:none')).rejects.toMatchObject({
      code: 'SECRET_NOT_FOUND',
      message: expect.stringMatching(message),
    });
  });
});

describe('a store in the configuration', () => {
  const s3 = (more: Record<string, unknown>) =>
    configSchema.safeParse({ pipelines: [], stores: { default: { kind: 's3', bucket: 'data', ...more } } });

  it.each([
    ['a secret itself', { accessKeyId: 'AKIA123', secretAccessKey: 'secret:b' }, 'accessKeyId'],
    ['a name that leads out of the folder', { accessKeyId: 'secret:../a', secretAccessKey: 'secret:b' }, 'accessKeyId'],
    ['one key without the other', { accessKeyId: 'secret:a' }, 'secretAccessKey'],
    ['a bucket that is none', { bucket: 'A_b' }, 'bucket'],
    ['a prefix without its end', { prefix: 'millrace' }, 'prefix'],
    ['an endpoint of another protocol', { endpoint: 'ftp://x' }, 'endpoint'],
  ])('is refused with %s', (_, more, field) => {
    const paths = s3(more).error?.issues.map((issue) => issue.path.join('.'));
    expect(paths).toEqual([`stores.default.${field}`]);
  });

  it('needs a bucket and nothing else', () => {
    expect(s3({}).data?.stores['default']).toMatchObject({ kind: 's3', prefix: '', region: 'us-east-1' });
  });
});
