import { elementCount, formatTensorType, invalidArgument, isRateInput, type TensorSpec } from '../../core/index.js';
import { didYouMean } from '../../text/index.js';
import type { BatchModel, ColumnInfo } from '../types.js';
import { formatPairing, type Pairing } from './map-flags.js';

/** The columns of which an input is made. */
export interface InputPlan {
  readonly spec: TensorSpec;
  /** Of a row, as the model takes it: without the batch dimension. */
  readonly rowShape: readonly number[];
  /** One column for whole rows, or one for each element. */
  readonly source: { readonly whole: ColumnInfo } | { readonly elements: readonly ColumnInfo[] };
  /** Rows are encoded pictures or sounds. */
  readonly isEncoded: boolean;
}

interface Question {
  readonly model: Pick<BatchModel, 'inputs'>;
  readonly columns: readonly ColumnInfo[];
  readonly pairings: readonly Pairing[];
  /** Columns that are copied, and so are not taken for an input unless they are named. */
  readonly kept: readonly string[];
}

/**
 * Which columns become which inputs: as the pairings say; else columns with an input's name, or `NAME[0]`, `NAME[1]` …; else, for the one
 * input that is left, the one column that is left, or as many numeric columns as a row has elements, in order. Throws `invalid_argument`.
 */
export function planInputs(question: Question): readonly InputPlan[] {
  const { model, columns, pairings } = question;
  checkPairings(question);
  const paired = new Set(pairings.map(({ tensor }) => tensor));
  const plans = new Map<string, InputPlan>();
  for (const spec of model.inputs) {
    const plan = paired.has(spec.name) ? pairedInput(question, spec) : namedInput(question, spec);
    if (plan !== undefined) plans.set(spec.name, plan);
  }
  const missing = model.inputs.filter(
    (spec) => !plans.has(spec.name) && !spec.optional && !isRateInput(model, spec.name),
  );
  const [first, ...others] = missing;
  if (first !== undefined) {
    const plan = others.length === 0 ? leftInput(question, first, [...plans.values()]) : undefined;
    if (plan === undefined) throw noColumn(first, columns);
    plans.set(first.name, plan);
  }
  return model.inputs.flatMap(({ name }) => plans.get(name) ?? []);
}

function checkPairings({ model, columns, pairings }: Question): void {
  const inputs = model.inputs.map(({ name }) => name);
  const names = columns.map(({ name }) => name);
  for (const pairing of pairings) {
    const place = `--map ${formatPairing(pairing)}`;
    if (!inputs.includes(pairing.tensor)) {
      const hint = didYouMean(pairing.tensor, inputs) || `; the model's inputs: ${inputs.join(', ')}`;
      throw invalidArgument(`${place}: the model has no input '${pairing.tensor}'${hint}`);
    }
    if (!names.includes(pairing.column)) {
      const hint = didYouMean(pairing.column, names) || `; its columns: ${listed(names)}`;
      throw invalidArgument(`${place}: the rows have no column '${pairing.column}'${hint}`);
    }
  }
}

function pairedInput(question: Question, spec: TensorSpec): InputPlan {
  const own = question.pairings.filter(({ tensor }) => tensor === spec.name);
  const [first] = own;
  if (own.length === 1 && first !== undefined && first.index === undefined)
    return wholeInput(spec, columnOf(question, first));
  if (own.some(({ index }) => index === undefined)) {
    throw invalidArgument(`--map: input '${spec.name}' is given as a whole and by its elements`);
  }
  const elements: ColumnInfo[] = [];
  for (const pairing of own) {
    const index = pairing.index as number;
    if (elements[index] !== undefined) throw invalidArgument(`--map: ${spec.name}[${index}] is given twice`);
    elements[index] = columnOf(question, pairing);
  }
  return elementInput(spec, elements);
}

function columnOf({ columns }: Question, { column }: Pairing): ColumnInfo {
  // checkPairings has found it.
  return columns.find(({ name }) => name === column) as ColumnInfo;
}

/** The column of the same name, or those of its elements. */
function namedInput(question: Question, spec: TensorSpec): InputPlan | undefined {
  const { columns } = question;
  const same = columns.find(({ name }) => name === spec.name);
  if (same !== undefined) return wholeInput(spec, same);
  const elements: ColumnInfo[] = [];
  for (const column of columns) {
    const index =
      column.name.startsWith(`${spec.name}[`) && /^\[(\d{1,9})\]$/.exec(column.name.slice(spec.name.length));
    if (index) elements[Number(index[1])] = column;
  }
  return elements.length === 0 ? undefined : elementInput(spec, elements);
}

/** What is left for the last input. */
function leftInput(question: Question, spec: TensorSpec, plans: readonly InputPlan[]): InputPlan | undefined {
  const used = new Set([...plans.flatMap(columnsOf).map(({ name }) => name), ...question.kept]);
  const left = question.columns.filter(({ name }) => !used.has(name));
  if (spec.media !== undefined) {
    const data = left.find(({ type }) => type === 'media');
    if (data !== undefined) return wholeInput(spec, data);
  }
  const [only, ...others] = left;
  const shape = rowShapeOf(spec);
  const count = elementCount(shape);
  // A column with one number does not make a row of several.
  if (only !== undefined && others.length === 0 && (count === 1 || !only.isText)) return wholeInput(spec, only);
  const numeric = left.filter(({ isNumeric }) => isNumeric);
  if (spec.datatype === 'BYTES' || shape.includes(-1) || numeric.length !== count) return undefined;
  return elementInput(spec, numeric);
}

/** The columns that an input is made of. */
export function columnsOf({ source }: Pick<InputPlan, 'source'>): readonly ColumnInfo[] {
  return 'whole' in source ? [source.whole] : source.elements;
}

function rowShapeOf({ shape, batchAxis }: TensorSpec): readonly number[] {
  return batchAxis === 0 ? shape.slice(1) : shape;
}

function wholeInput(spec: TensorSpec, whole: ColumnInfo): InputPlan {
  const isEncoded = spec.media !== undefined && !whole.isNumeric;
  return { spec, rowShape: rowShapeOf(spec), source: { whole }, isEncoded };
}

function elementInput(spec: TensorSpec, elements: readonly ColumnInfo[]): InputPlan {
  const shape = rowShapeOf(spec);
  const place = `input '${spec.name}'`;
  if (shape.filter((size) => size === -1).length > 1) {
    throw invalidArgument(
      `${place} is ${formatTensorType(spec.datatype, shape)}: columns of single elements do not say its sizes`,
    );
  }
  for (let index = 0; index < elements.length; index++) {
    if (elements[index] === undefined) throw invalidArgument(`${place}: no column is given for ${spec.name}[${index}]`);
  }
  const known = shape.reduce((product, size) => (size === -1 ? product : product * size), 1);
  const fits = shape.includes(-1) ? elements.length % known === 0 : elements.length === known;
  if (!fits) {
    const expected = shape.includes(-1) ? `a multiple of ${known}` : String(known);
    throw invalidArgument(`${place}: expected ${expected} columns of single elements, got ${elements.length}`);
  }
  const rowShape = shape.map((size) => (size === -1 ? elements.length / known : size));
  return { spec, rowShape, source: { elements }, isEncoded: false };
}

function noColumn({ name, datatype, shape }: TensorSpec, columns: readonly ColumnInfo[]) {
  const type = formatTensorType(datatype, shape);
  return invalidArgument(
    `no column is given for input '${name}' (${type}): use --map COLUMN=${name} or --map COLUMN=${name}[INDEX]; ` +
      `the columns: ${listed(columns.map((column) => column.name))}`,
  );
}

const MAX_LISTED = 20;

function listed(names: readonly string[]): string {
  const more = names.length > MAX_LISTED ? ` and ${names.length - MAX_LISTED} more` : '';
  return names.slice(0, MAX_LISTED).join(', ') + more;
}
