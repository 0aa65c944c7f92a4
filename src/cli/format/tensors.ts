import type { ClassScore, OutputTensor, TensorMetadata } from '../../client/index.js';
import { elementCount, formatTensorType } from '../../core/index.js';
import type { Colors } from '../io.js';
import { formatTable } from './table.js';

/** Tensors of one model in a table. */
const MAX_SPECS = 10;
const MAX_ROWS = 10;
const MAX_COLUMNS = 10;
const MAX_TEXT = 60;

/** `x FP32[-1,16]`, a line for each. */
export function formatSpecs(specs: readonly Pick<TensorMetadata, 'name' | 'datatype' | 'shape'>[]): string {
  return specs.map((spec) => `${spec.name} ${formatTensorType(spec.datatype, spec.shape)}`).join('\n');
}

/** {@link formatSpecs} for tables of models: `and 190 more` below the first ones. */
export function formatFirstSpecs(specs: Parameters<typeof formatSpecs>[0]): string {
  const first = formatSpecs(specs.slice(0, MAX_SPECS));
  return specs.length <= MAX_SPECS ? first : `${first}\nand ${specs.length - MAX_SPECS} more`;
}

/** A tensor as people read it: name and type, then its rows along the last axis, cut off where there are many. */
export function formatTensor(name: string, tensor: OutputTensor, colors: Colors): string {
  const title = `${colors.bold(name)} ${colors.dim(formatTensorType(tensor.datatype, tensor.shape))}`;
  const width = tensor.shape.at(-1) ?? 1;
  const rows = width === 0 ? 0 : elementCount(tensor.shape) / width;
  const shown = Array.from({ length: Math.min(rows, MAX_ROWS) }, (_, row) => {
    const cells = Array.from({ length: Math.min(width, MAX_COLUMNS) }, (__, column) =>
      formatElement(tensor.data[row * width + column]),
    );
    const more = width > MAX_COLUMNS ? colors.dim(`… ${width - MAX_COLUMNS} more`) : '';
    return `  ${[...cells, more].join('  ').trimEnd()}`;
  });
  if (rows > MAX_ROWS) shown.push(colors.dim(`  … ${rows - MAX_ROWS} more rows`));
  if (rows === 0) shown.push(colors.dim('  (empty)'));
  return `${[title, ...shown].join('\n')}\n`;
}

function formatElement(element: string | number | bigint | undefined): string {
  if (typeof element === 'string') {
    const text = element.length > MAX_TEXT ? `${element.slice(0, MAX_TEXT)}…` : element;
    return JSON.stringify(text);
  }
  if (typeof element !== 'number' || Number.isInteger(element)) return String(element);
  return String(Number(element.toPrecision(6)));
}

/** The top classes of one row as a list, of several as a line each. */
export function formatClasses(
  rows: readonly (readonly ClassScore[])[],
  rowNames: readonly string[],
  colors: Colors,
): string {
  const [only = []] = rows;
  if (rows.length <= 1) {
    const columns = [
      { header: 'CLASS', cell: classOf },
      { header: 'SCORE', align: 'right', cell: scoreOf },
    ] as const;
    return formatTable<ClassScore>(columns, only, { colors });
  }
  const named = rowNames.length === rows.length ? rowNames : rows.map((_, index) => `row ${index}`);
  const places = Array.from({ length: Math.max(...rows.map((row) => row.length)) }, (_, place) => place);
  return formatTable<number>(
    [
      { header: 'ROW', cell: (row) => named[row] ?? '' },
      ...places.map((place) => ({
        header: place === 0 ? 'BEST' : '',
        cell: (row: number) => describePlace(rows[row]?.[place]),
      })),
    ],
    [...rows.keys()],
    { colors },
  );
}

function describePlace(score: ClassScore | undefined): string {
  return score === undefined ? '' : `${classOf(score)} ${scoreOf(score)}`;
}

function classOf(score: ClassScore): string {
  return score.label ?? `#${score.index}`;
}

function scoreOf({ score }: ClassScore): string {
  return String(Number(score.toPrecision(3)));
}
