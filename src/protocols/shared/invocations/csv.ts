import {
  encodeElements,
  excerpt,
  invalidArgument,
  MillraceError,
  packBytes,
  type Signature,
  type Tensor,
  type TensorSpec,
} from '../../../core/index.js';
import { type CsvRecord, parseCsv } from '../../../text/index.js';
import { looksNumeric, parseNumber, planColumns, requiredInputs, tableShape } from './columns.js';

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Whether the first record has the names of the columns, as the parameter `header` of `text/csv` says. */
export type CsvHeader = 'present' | 'absent';

/** {@link readCsv} of a body, whose errors say that it is one of CSV. */
export function decodeCsv(body: Uint8Array, signature: Signature, announced?: CsvHeader): readonly Tensor[] {
  try {
    return readCsv(body, signature, announced);
  } catch (error) {
    throw error instanceof MillraceError ? new MillraceError(error.code, `CSV: ${error.message}`) : error;
  }
}

/**
 * The inputs of a CSV text. A header is recognized where no name in it could be a number, or is announced. Its columns are inputs by
 * name, or else the values of the only input, as they are without a header. Throws `invalid_argument` with line and column.
 */
export function readCsv(body: Uint8Array, signature: Signature, announced?: CsvHeader): readonly Tensor[] {
  const [first, ...others] = readRecords(body);
  if (first === undefined) throw refused('expected at least 1 row, got none');
  const header = announced ?? (isHeader(first, signature) ? 'present' : 'absent');
  const records = header === 'present' ? others : [first, ...others];
  if (records.length === 0) throw refused('expected at least 1 row behind the header, got none');
  for (const { line, fields } of records) {
    if (fields.length === first.fields.length) continue;
    const as = header === 'present' ? 'the header' : 'the first row';
    throw refused(`line ${line}: expected ${first.fields.length} values, as in ${as}, got ${fields.length}`);
  }
  if (header === 'absent') return [readTensor(onlyInput(signature), records, { from: 0, to: first.fields.length })];
  const names = first.fields.map((field) => field.trim());
  const plan = planColumns(signature, names, refused);
  if (plan.kind === 'row') return [readTensor(plan.spec, records, { from: 0, to: names.length })];
  return signature.inputs.flatMap((spec) => {
    const column = plan.specs.indexOf(spec);
    return column < 0 ? [] : [readTensor(spec, records, { from: column, to: column + 1 })];
  });
}

function readRecords(body: Uint8Array): readonly CsvRecord[] {
  let text: string;
  try {
    text = UTF8.decode(body);
  } catch {
    throw refused('the body is not UTF-8 text');
  }
  return parseCsv(text);
}

/** Texts may be values of inputs that are text, unless they name inputs. */
function isHeader({ fields }: CsvRecord, { inputs }: Signature): boolean {
  const names = fields.map((field) => field.trim());
  if (inputs.some(({ datatype }) => datatype === 'BYTES')) {
    return names.every((name) => inputs.some((input) => input.name === name));
  }
  return names.every((name) => !looksNumeric(name)) && names.some((name) => name !== '');
}

function onlyInput(signature: Signature): TensorSpec {
  const { inputs } = signature;
  const [spec, ...others] = requiredInputs(signature);
  if (spec === undefined || others.length > 0 || spec.datatype === 'BYTES') {
    const got = inputs.map(({ name, datatype }) => `'${name}' ${datatype}`).join(', ');
    throw refused(
      `without a header the model must have one input of numbers, got ${got === '' ? 'none' : got}; send a header with their names, or JSON`,
    );
  }
  return spec;
}

interface Columns {
  readonly from: number;
  readonly to: number;
}

function readTensor(spec: TensorSpec, records: readonly CsvRecord[], { from, to }: Columns): Tensor {
  const { name, datatype } = spec;
  const shape = tableShape(spec, { rows: records.length, columns: to - from }, refused);
  if (datatype === 'BYTES') {
    const texts = records.flatMap(({ fields }) => fields.slice(from, to).map((field) => Buffer.from(field)));
    return { name, datatype, shape, data: packBytes(texts) };
  }
  const values = records.flatMap(({ line, fields }) =>
    fields.slice(from, to).map((field, index) => {
      const value = parseNumber(field, datatype);
      if (value !== undefined) return value;
      const kind = datatype === 'BOOL' ? 'true, false, 0 or 1' : 'a number';
      throw refused(`line ${line}, column ${from + index + 1}: expected ${kind}, got '${excerpt(field.trim())}'`);
    }),
  );
  return { name, datatype, shape, data: encodeElements('value', datatype, values) };
}

function refused(text: string): MillraceError {
  return invalidArgument(text);
}
