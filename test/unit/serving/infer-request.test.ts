import fc from 'fast-check';
import { bindTensors, parseInferRequest } from '../../../engine/serving/infer-request.js';
import { concatBatches, sliceBatch } from '../../../engine/serving/tensor-column.js';
import { MillraceError, type ModelSignature } from '../../../schemas/index.js';

const SIGNATURE: ModelSignature = {
  inputs: [
    { name: 'distance', datatype: 'INT64' },
    { name: 'origin', datatype: 'BYTES' },
    { name: 'delayed', datatype: 'BOOL' },
    { name: 'wind', datatype: 'FP32' },
    { name: 'gate', datatype: 'INT32' },
    { name: 'price', datatype: 'FP64' },
  ],
  score: { output: 'score', column: 0 },
};

const GOOD = [
  { name: 'distance', datatype: 'INT64', shape: [2], data: [1, 2] },
  { name: 'origin', datatype: 'BYTES', shape: [2, 1], data: [['JFK'], ['']] },
  { name: 'delayed', datatype: 'BOOL', shape: [2, 1], data: [true, false] },
  { name: 'wind', datatype: 'FP32', shape: [2], data: [0.5, -3] },
  { name: 'gate', datatype: 'INT32', shape: [2], data: [7, -7] },
  { name: 'price', datatype: 'FP64', shape: [2], data: [1e300, 0] },
];

function bind(body: unknown, maxRows = 100) {
  return bindTensors(parseInferRequest(body), SIGNATURE, maxRows);
}

/** GOOD with one tensor changed. */
function withTensor(name: string, change: object): object {
  return { inputs: GOOD.map((tensor) => (tensor.name === name ? { ...tensor, ...change } : tensor)) };
}

describe('an inference request', () => {
  it('becomes one column an input, in the order of the signature', () => {
    expect(bind({ inputs: [...GOOD].reverse() })).toEqual({
      rows: 2,
      columns: [
        BigInt64Array.of(1n, 2n),
        ['JFK', ''],
        Uint8Array.of(1, 0),
        Float32Array.of(0.5, -3),
        Int32Array.of(7, -7),
        Float64Array.of(1e300, 0),
      ],
    });
  });

  it.each<[string, unknown, string]>([
    ['no object', [], 'the request must be a JSON object'],
    ['no inputs', {}, 'inputs must be a list of at least one tensor'],
    ['an empty list', { inputs: [] }, 'inputs must be a list of at least one tensor'],
    ['a numeric id', { id: 1, inputs: GOOD }, 'id must be text'],
    ['a numeric key', { parameters: { entity_key: 1 }, inputs: GOOD }, 'parameters.entity_key must be text'],
    ['parameters in a list', { parameters: [], inputs: GOOD }, 'parameters must be an object'],
    ['another output', { inputs: GOOD, outputs: [{ name: 'label' }] }, 'outputs[0].name the one output is "score"'],
    ['a tensor without a name', { inputs: [{}] }, 'inputs[0].name must be the name of a tensor'],
    ['a tensor too few', { inputs: GOOD.slice(1) }, 'distance is missing; it is INT64 of shape [rows, 1]'],
    ['a tensor twice', { inputs: [...GOOD, GOOD[0]] }, 'distance is given twice'],
    [
      'a tensor too many',
      { inputs: [...GOOD, { ...GOOD[0], name: 'weather' }] },
      'weather is not an input of the model; its inputs are distance, origin, delayed, wind, gate, price',
    ],
    [
      'another datatype',
      withTensor('distance', { datatype: 'INT32' }),
      'distance has the datatype INT32, but the model takes INT64',
    ],
    [
      'no datatype',
      withTensor('distance', { datatype: undefined }),
      'distance has the datatype missing; known are BOOL, INT32, INT64, FP32, FP64, BYTES',
    ],
    [
      'an unknown datatype',
      withTensor('distance', { datatype: 'UINT8' }),
      'distance has the datatype "UINT8"; known are BOOL, INT32, INT64, FP32, FP64, BYTES',
    ],
    [
      'another shape',
      withTensor('distance', { shape: [1, 2] }),
      'distance has the shape [1,2]; [rows] or [rows, 1] is expected',
    ],
    [
      'a negative shape',
      withTensor('distance', { shape: [-1] }),
      'distance has the shape [-1]; [rows] or [rows, 1] is expected',
    ],
    ['no rows', withTensor('distance', { shape: [0], data: [] }), 'distance has no rows'],
    ['data in no list', withTensor('distance', { data: '12' }), 'distance must have its values in the list `data`'],
    ['too few elements', withTensor('distance', { data: [1] }), 'distance has 1 elements, but its shape says 2'],
    [
      'other rows',
      withTensor('origin', { shape: [1], data: ['JFK'] }),
      'origin has 1 rows, but the first tensor has 2',
    ],
    [
      'nested data of one dimension',
      withTensor('distance', { data: [[1], [2]] }),
      'distance has nested data, but a shape of one dimension',
    ],
    ['uneven nesting', withTensor('origin', { data: [['JFK'], 'LAX'] }), 'origin row 1 is not a list of one element'],
    [
      'text for a number',
      withTensor('distance', { data: [1, '2'] }),
      'distance element 1 is "2", not an integer within ±(2^53 - 1)',
    ],
    [
      'a fraction for an integer',
      withTensor('distance', { data: [1.5, 2] }),
      'distance element 0 is 1.5, not an integer within ±(2^53 - 1)',
    ],
    [
      'an integer that JSON rounds',
      withTensor('distance', { data: [2 ** 53, 2] }),
      'distance element 0 is 9007199254740992, not an integer within ±(2^53 - 1)',
    ],
    [
      'more than 32 bits',
      withTensor('gate', { data: [2 ** 31, 2] }),
      'gate element 0 is 2147483648, not an integer of 32 bits',
    ],
    [
      'a number beyond 32 bits',
      withTensor('wind', { data: [1, 1e39] }),
      'wind element 1 is 1e+39, not a number within the range of 32 bits',
    ],
    ['null for a number', withTensor('price', { data: [null, 1] }), 'price element 0 is null, not a number'],
    ['1 for true', withTensor('delayed', { data: [1, false] }), 'delayed element 0 is 1, not true or false'],
    ['a number for text', withTensor('origin', { data: [5, 'JFK'] }), 'origin element 0 is 5, not text'],
  ])('with %s is refused, and the tensor is named', (_name, body, message) => {
    expect(() => bind(body)).toThrow(new MillraceError('INPUT_INVALID', message));
  });

  it('with too many rows is refused', () => {
    expect(() => bind({ inputs: GOOD }, 1)).toThrow('distance has 2 rows; at most 1 are taken');
  });

  it('with several faults is refused with all of them', () => {
    const inputs = [
      GOOD[0],
      { ...GOOD[1], datatype: 'FP32', data: [1, 2] },
      { ...GOOD[2], data: [true, 'no'] },
      GOOD[3],
    ];
    expect(() => bind({ inputs })).toThrow(
      'origin has the datatype FP32, but the model takes BYTES; delayed element 1 is "no", not true or false; ' +
        'gate is missing; it is INT32 of shape [rows, 1]; price is missing; it is FP64 of shape [rows, 1]',
    );
  });

  it('is quoted only in part, however long it is', () => {
    expect(() => bind(withTensor('distance', { datatype: 'x'.repeat(10_000) }))).toThrow(/^.{1,200}$/);
  });
});

describe('a batch', () => {
  it('is the same after being joined from its parts', () => {
    const row = fc.tuple(
      fc.maxSafeInteger(),
      fc.string(),
      fc.boolean(),
      fc.float({ noNaN: true, noDefaultInfinity: true }),
    );
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 20 }), fc.nat(), (rows, at) => {
        const columns = [
          BigInt64Array.from(rows, (each) => BigInt(each[0])),
          rows.map((each) => each[1]),
          Uint8Array.from(rows, (each) => (each[2] ? 1 : 0)),
          Float32Array.from(rows, (each) => each[3]),
        ];
        const whole = { rows: rows.length, columns };
        const cut = at % (rows.length + 1);
        expect(concatBatches([sliceBatch(whole, 0, cut), sliceBatch(whole, cut, rows.length)])).toEqual(whole);
      }),
    );
  });
});
