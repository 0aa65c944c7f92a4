import {
  type Datatype,
  elementCount,
  encodeElements,
  excerpt,
  invalidArgument,
  isFloat,
  type MillraceError,
  type Signature,
  type Tensor,
  type TensorSpec,
} from '../../core/index.js';

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** The rows of a CSV body without a header as the only input of a model. Throws `invalid_argument` with row and column. */
export function decodeCsv(body: Uint8Array, signature: Signature): Tensor {
  const spec = onlyInput(signature);
  const rows = readLines(body);
  const columns = rows[0]?.length ?? 0;
  const values: (number | bigint | boolean)[] = [];
  for (const [row, fields] of rows.entries()) {
    if (fields.length !== columns) {
      throw refused(`row ${row + 1}: expected ${columns} values, as in the first row, got ${fields.length}`);
    }
    for (const [column, field] of fields.entries()) {
      const value = toNumber(field.trim(), spec.datatype);
      if (value === undefined) {
        throw refused(`row ${row + 1}, column ${column + 1}: expected a number, got '${excerpt(field.trim())}'`);
      }
      values.push(value);
    }
  }
  const shape = shapeOf(spec, { rows: rows.length, columns });
  return { name: spec.name, datatype: spec.datatype, shape, data: encodeElements('CSV: value', spec.datatype, values) };
}

function onlyInput({ inputs }: Signature): TensorSpec {
  const [spec, ...others] = inputs.filter(({ optional }) => !optional);
  if (spec === undefined || others.length > 0 || spec.datatype === 'BYTES') {
    const got = inputs.map(({ name, datatype }) => `'${name}' ${datatype}`).join(', ');
    throw refused(`the model must have one input of numbers, got ${got === '' ? 'none' : got}; send JSON`);
  }
  return spec;
}

function readLines(body: Uint8Array): readonly (readonly string[])[] {
  let text: string;
  try {
    text = UTF8.decode(body);
  } catch {
    throw refused('the body is not UTF-8 text');
  }
  const lines = text.split(/\r?\n|\r/);
  while (lines.at(-1)?.trim() === '') lines.pop();
  if (lines.length === 0) throw refused('expected at least 1 row, got none');
  return lines.map((line) => line.split(','));
}

const NUMBER = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i;
const WORDS: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  infinity: Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
  '-infinity': Number.NEGATIVE_INFINITY,
};

function toNumber(field: string, datatype: Datatype): number | bigint | boolean | undefined {
  const text = field.toLowerCase();
  if (datatype === 'BOOL' && (text === 'true' || text === 'false')) return text === 'true';
  if ((datatype === 'INT64' || datatype === 'UINT64') && /^[-+]?\d{1,20}$/.test(text))
    return BigInt(text.replace('+', ''));
  if (NUMBER.test(text)) return Number(text);
  return isFloat(datatype) && Object.hasOwn(WORDS, text) ? WORDS[text] : undefined;
}

/** A row of the text is one of the batch, whose dimensions follow each other in it; one of them may be variable. */
function shapeOf(
  { name, shape, batchAxis }: TensorSpec,
  { rows, columns }: { rows: number; columns: number },
): number[] {
  const inner = batchAxis === 0 ? shape.slice(1) : [...shape];
  const fixed = elementCount(inner.filter((dimension) => dimension >= 0));
  const variable = inner.filter((dimension) => dimension < 0).length;
  const fits = variable === 0 ? columns === fixed : variable === 1 && fixed > 0 && columns % fixed === 0;
  if (!fits || (batchAxis !== 0 && rows !== 1)) {
    const wanted = batchAxis === 0 ? 'rows' : '1 row';
    const size = variable === 0 ? `${fixed}` : `a multiple of ${fixed}`;
    throw refused(`input '${name}' with shape [${shape}] takes ${wanted} of ${size} values, got ${rows} of ${columns}`);
  }
  const whole = inner.map((dimension) => (dimension < 0 ? columns / fixed : dimension));
  return batchAxis === 0 ? [rows, ...whole] : whole;
}

function refused(text: string): MillraceError {
  return invalidArgument(`CSV: ${text}`);
}
