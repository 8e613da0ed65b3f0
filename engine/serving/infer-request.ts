import { MillraceError, type ModelSignature, type Problem, tensorTypeField } from '../../schemas/index.js';
import type { ColumnValues } from '../onnx-session.js';
import { type Batch, columnOf } from './tensor-column.js';

/** A tensor of an inference request whose form has been checked, but not yet against a signature. */
interface RequestTensor {
  name: string;
  datatype: string;
  rows: number;
  /** One value a row. */
  data: readonly unknown[];
}

/** An inference request of the Open Inference Protocol v2 whose form has been checked. */
export interface InferRequest {
  id: string | undefined;
  /** Parameter `entity_key`: requests with the same key are answered by the same version. */
  entityKey: string | undefined;
  tensors: RequestTensor[];
}

/**
 * Checks the form of a request's body: a list of tensors of shape [rows] or [rows, 1], with flat or nested data.
 * Fields that the protocol leaves to extensions are ignored.
 * @throws MillraceError INPUT_INVALID with every problem, by path
 */
export function parseInferRequest(body: unknown): InferRequest {
  const problems: Problem[] = [];
  if (!isObject(body)) throw invalid([{ path: '', message: 'must be a JSON object' }]);
  const { id, parameters, inputs, outputs } = body;
  if (id !== undefined && typeof id !== 'string') problems.push({ path: 'id', message: 'must be text' });
  const entityKey = isObject(parameters) ? parameters.entity_key : undefined;
  if (parameters !== undefined && !isObject(parameters)) {
    problems.push({ path: 'parameters', message: 'must be an object' });
  }
  if (entityKey !== undefined && typeof entityKey !== 'string') {
    problems.push({ path: 'parameters.entity_key', message: 'must be text' });
  }
  if (outputs !== undefined) checkOutputs(outputs, problems);
  const tensors: RequestTensor[] = [];
  if (!Array.isArray(inputs) || inputs.length === 0) {
    problems.push({ path: 'inputs', message: 'must be a list of at least one tensor' });
  } else {
    inputs.forEach((input, index) => {
      const tensor = parseTensor(input, `inputs[${index}]`, problems);
      if (tensor !== undefined) tensors.push(tensor);
    });
  }
  if (problems.length > 0) throw invalid(problems);
  return { id: id as string | undefined, entityKey: entityKey as string | undefined, tensors };
}

/**
 * Fits a request to a signature.
 * @param maxRows most rows that a request may have
 * @returns one column for each input of the signature, in its order
 * @throws MillraceError INPUT_INVALID that names each tensor that is unknown, missing, given twice, of another type or length
 */
export function bindTensors(request: InferRequest, signature: ModelSignature, maxRows: number): Batch {
  const problems: Problem[] = [];
  const given = new Map<string, RequestTensor>();
  for (const tensor of request.tensors) {
    if (given.has(tensor.name)) problems.push({ path: tensor.name, message: 'is given twice' });
    given.set(tensor.name, tensor);
  }
  const rows = request.tensors[0]?.rows ?? 0;
  if (rows > maxRows) {
    throw invalid([
      { path: request.tensors[0]?.name ?? '', message: `has ${rows} rows; at most ${maxRows} are taken` },
    ]);
  }
  const columns: ColumnValues[] = [];
  for (const { name, datatype } of signature.inputs) {
    const tensor = given.get(name);
    given.delete(name);
    if (tensor === undefined) {
      problems.push({ path: name, message: `is missing; it is ${datatype} of shape [rows, 1]` });
    } else if (tensor.datatype !== datatype) {
      problems.push({ path: name, message: `has the datatype ${tensor.datatype}, but the model takes ${datatype}` });
    } else if (tensor.rows !== rows) {
      problems.push({ path: name, message: `has ${tensor.rows} rows, but the first tensor has ${rows}` });
    } else {
      const column = columnOf(datatype, tensor.data);
      if ('expected' in column) {
        const value = shown(tensor.data[column.index]);
        problems.push({ path: name, message: `element ${column.index} is ${value}, not ${column.expected}` });
      } else columns.push(column);
    }
  }
  const known = signature.inputs.map((input) => input.name).join(', ');
  for (const name of given.keys()) {
    problems.push({ path: name, message: `is not an input of the model; its inputs are ${known}` });
  }
  if (problems.length > 0) throw invalid(problems);
  return { rows, columns };
}

function parseTensor(input: unknown, path: string, problems: Problem[]): RequestTensor | undefined {
  if (!isObject(input) || typeof input.name !== 'string' || input.name === '') {
    problems.push({ path: `${path}.name`, message: 'must be the name of a tensor' });
    return undefined;
  }
  const { name, datatype, shape, data } = input;
  const found = problems.length;
  if (!tensorTypeField.options.some((type) => type === datatype)) {
    const types = tensorTypeField.options.join(', ');
    problems.push({ path: name, message: `has the datatype ${shown(datatype)}; known are ${types}` });
  }
  const rows = rowsOf(shape);
  if (rows === undefined) {
    problems.push({ path: name, message: `has the shape ${shown(shape)}; [rows] or [rows, 1] is expected` });
  } else if (rows === 0) problems.push({ path: name, message: 'has no rows' });
  if (!Array.isArray(data)) problems.push({ path: name, message: 'must have its values in the list `data`' });
  if (problems.length > found || rows === undefined) return undefined;
  const values = data as readonly unknown[];
  if (values.length !== rows) {
    problems.push({ path: name, message: `has ${values.length} elements, but its shape says ${rows}` });
    return undefined;
  }
  if (!Array.isArray(values[0])) return { name, datatype: datatype as string, rows, data: values };
  if ((shape as unknown[]).length !== 2) {
    problems.push({ path: name, message: 'has nested data, but a shape of one dimension' });
    return undefined;
  }
  const bad = values.findIndex((row) => !Array.isArray(row) || row.length !== 1);
  if (bad >= 0) {
    problems.push({ path: name, message: `row ${bad} is not a list of one element` });
    return undefined;
  }
  return { name, datatype: datatype as string, rows, data: values.map((row) => (row as unknown[])[0]) };
}

/** Rows of a shape [rows] or [rows, 1]; nothing for any other. */
function rowsOf(shape: unknown): number | undefined {
  if (!Array.isArray(shape) || shape.length < 1 || shape.length > 2) return undefined;
  const [rows, width] = shape as unknown[];
  if (typeof rows !== 'number' || !Number.isSafeInteger(rows) || rows < 0) return undefined;
  return shape.length === 1 || width === 1 ? rows : undefined;
}

function checkOutputs(outputs: unknown, problems: Problem[]): void {
  if (!Array.isArray(outputs)) {
    problems.push({ path: 'outputs', message: 'must be a list' });
    return;
  }
  outputs.forEach((output: unknown, index) => {
    const name = isObject(output) ? output.name : undefined;
    if (name !== 'score') problems.push({ path: `outputs[${index}].name`, message: 'the one output is "score"' });
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as it is quoted in a message, cut short: it comes from outside. */
function shown(value: unknown): string {
  const text = value === undefined ? 'missing' : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function invalid(problems: Problem[]): MillraceError {
  const listed = problems.slice(0, 5).map(({ path, message }) => `${path || 'the request'} ${message}`);
  const more = problems.length > listed.length ? `; and ${problems.length - listed.length} more` : '';
  return new MillraceError('INPUT_INVALID', `${listed.join('; ')}${more}`, { problems });
}
