import { MillraceError, recalledVersion } from '../../../schemas/index.js';

const VERSION = '9028246f63f1a28aeafb0e5c1733bc4d';

describe('the version that a recall is of', () => {
  it('is taken apart, whatever signs the key of its partition has', () => {
    expect(recalledVersion('flights', `dataset:flights/a/b@c@${VERSION}`)).toEqual({
      dataset: 'flights',
      partition: 'a/b@c',
      version: VERSION,
    });
  });

  it.each(['model:flight-delays@2', 'endpoint:flight-delays', 'source:data/flights.csv', 'run:r/raw'])(
    'is none where %s is meant, which is said',
    (node) => {
      const message = `it is ${node}, which is no dataset version`;
      const problems = [{ path: 'version', message }];
      expect(() => recalledVersion('it', node)).toThrow(new MillraceError('INPUT_INVALID', message, { problems }));
    },
  );
});
