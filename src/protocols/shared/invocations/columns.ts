import {
  type Datatype,
  elementCount,
  excerpt,
  isFloat,
  isRateInput,
  type MillraceError,
  type Signature,
  type TensorSpec,
} from '../../../core/index.js';

/** What the columns of a table are: an input each (in the table's order), or together the rows of the only input. */
export type ColumnPlan =
  | { readonly kind: 'inputs'; readonly specs: readonly TensorSpec[] }
  | { readonly kind: 'row'; readonly spec: TensorSpec };

/** Makes an error of what is wrong with a table. */
export type Refuse = (text: string) => MillraceError;

/**
 * Columns with the names of the model's inputs are these inputs; those of a model with one input have any names, and are its values in
 * order. Throws where they are neither.
 */
export function planColumns(signature: Signature, names: readonly string[], refuse: Refuse): ColumnPlan {
  const { inputs } = signature;
  const nameless = names.findIndex((name) => name.trim() === '');
  if (nameless >= 0) {
    throw refuse(`column ${nameless + 1} has no name; if it is the index of a DataFrame, leave it out (index=False)`);
  }
  const given = new Set<string>();
  for (const name of names) {
    if (given.has(name)) throw refuse(`the column '${excerpt(name)}' is there twice`);
    given.add(name);
  }
  const specs = new Map(inputs.map((spec) => [spec.name, spec]));
  const required = requiredInputs(signature);
  const [only] = required;
  if (required.length === 1 && only !== undefined && names.every((name) => !specs.has(name))) {
    return names.length === 1 ? { kind: 'inputs', specs: [only] } : { kind: 'row', spec: only };
  }
  const unknown = names.filter((name) => !specs.has(name));
  const missing = required.filter(({ name }) => !given.has(name));
  if (unknown.length > 0 || missing.length > 0) {
    const wrong = [
      ...(unknown.length > 0 ? [`has no input ${listed(unknown)}`] : []),
      ...(missing.length > 0 ? [`lacks a column for its input ${listed(missing.map(({ name }) => name))}`] : []),
    ];
    throw refuse(`the model ${wrong.join(' and ')}; its inputs are ${listed(inputs.map(({ name }) => name))}`);
  }
  return { kind: 'inputs', specs: names.flatMap((name) => specs.get(name) ?? []) };
}

/** The only input, or those that must be given. */
export function requiredInputs(signature: Signature): readonly TensorSpec[] {
  const { inputs } = signature;
  if (inputs.length === 1) return inputs;
  return inputs.filter(({ name, optional }) => !optional && !isRateInput(signature, name));
}

const MOST_NAMES = 20;

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).map((name) => `'${excerpt(name)}'`);
  const more = names.length - shown.length;
  return `${shown.join(', ') || 'none'}${more > 0 ? ` and ${more} more` : ''}`;
}

/**
 * A row of a table is one of the batch, whose dimensions follow each other in it; one of them may be variable. Throws where the
 * columns do not fit.
 */
export function tableShape(
  { name, shape, batchAxis }: TensorSpec,
  { rows, columns }: { readonly rows: number; readonly columns: number },
  refuse: Refuse,
): number[] {
  const inner = batchAxis === 0 ? shape.slice(1) : [...shape];
  const fixed = elementCount(inner.filter((dimension) => dimension >= 0));
  const variable = inner.filter((dimension) => dimension < 0).length;
  const fits = variable === 0 ? columns === fixed : variable === 1 && fixed > 0 && columns % fixed === 0;
  if (!fits || (batchAxis !== 0 && rows !== 1)) {
    const wanted = batchAxis === 0 ? 'rows' : '1 row';
    const size = variable === 0 ? `${fixed}` : `a multiple of ${fixed}`;
    throw refuse(`input '${name}' with shape [${shape}] takes ${wanted} of ${size} values, got ${rows} of ${columns}`);
  }
  const whole = inner.map((dimension) => (dimension < 0 ? columns / fixed : dimension));
  return batchAxis === 0 ? [rows, ...whole] : whole;
}

const NUMBER = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i;
const WORDS: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  infinity: Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
  '-infinity': Number.NEGATIVE_INFINITY,
};

/** A field as a number or boolean of the datatype; undefined = it is none. */
export function parseNumber(field: string, datatype: Datatype): number | bigint | boolean | undefined {
  const text = field.trim().toLowerCase();
  if (datatype === 'BOOL' && (text === 'true' || text === 'false')) return text === 'true';
  if ((datatype === 'INT64' || datatype === 'UINT64') && /^[-+]?\d{1,20}$/.test(text))
    return BigInt(text.replace('+', ''));
  if (NUMBER.test(text)) return Number(text);
  return isFloat(datatype) && Object.hasOwn(WORDS, text) ? WORDS[text] : undefined;
}

/** Whether a field is a value of some numeric datatype, so that it cannot be told from one. */
export function looksNumeric(field: string): boolean {
  return parseNumber(field, 'FP64') !== undefined || parseNumber(field, 'BOOL') !== undefined;
}
