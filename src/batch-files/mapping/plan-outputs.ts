import { invalidArgument, type TensorSpec } from '../../core/index.js';
import { didYouMean } from '../../text/index.js';
import type { BatchModel, ColumnInfo } from '../types.js';
import { formatPairing, type Pairing } from './map-flags.js';

/** A column of the output: copied from the input, the row's number in the input, or an output of the model. */
export type OutputColumn =
  | { readonly kind: 'kept'; readonly name: string; readonly column: ColumnInfo }
  | { readonly kind: 'number'; readonly name: string }
  | { readonly kind: 'tensor'; readonly name: string; readonly spec: TensorSpec; readonly index: number | undefined };

interface Question {
  readonly model: Pick<BatchModel, 'outputs'>;
  readonly columns: readonly ColumnInfo[];
  /** None = every output as a column of its name. */
  readonly pairings: readonly Pairing[];
  readonly kept: readonly string[];
  /** Name of the column with the numbers of rows. */
  readonly numberColumn: string | undefined;
}

/** The columns of the output in order: numbers, copied columns, outputs. Throws `invalid_argument`. */
export function planOutputs({ model, columns, pairings, kept, numberColumn }: Question): readonly OutputColumn[] {
  const names = columns.map(({ name }) => name);
  const copied = kept.map((name): OutputColumn => {
    const column = columns.find((candidate) => candidate.name === name);
    if (column !== undefined) return { kind: 'kept', name, column };
    throw invalidArgument(`--keep ${name}: the rows have no such column${didYouMean(name, names)}`);
  });
  const outputs = pairings.length === 0 ? model.outputs.map(wholeOutput) : pairings.map((one) => paired(model, one));
  const numbers: OutputColumn[] = numberColumn === undefined ? [] : [{ kind: 'number', name: numberColumn }];
  const planned = [...numbers, ...copied, ...outputs];
  const twice = planned.find(({ name }, index) => planned.findIndex((other) => other.name === name) < index);
  if (twice === undefined) return planned;
  throw invalidArgument(
    `the output would have two columns '${twice.name}': name an output otherwise with --map-output COLUMN=OUTPUT`,
  );
}

function wholeOutput(spec: TensorSpec): OutputColumn {
  return { kind: 'tensor', name: spec.name, spec, index: undefined };
}

function paired({ outputs }: Pick<BatchModel, 'outputs'>, pairing: Pairing): OutputColumn {
  const spec = outputs.find(({ name }) => name === pairing.tensor);
  if (spec !== undefined) return { kind: 'tensor', name: pairing.column, spec, index: pairing.index };
  const names = outputs.map(({ name }) => name);
  const hint = didYouMean(pairing.tensor, names) || `; the model's outputs: ${names.join(', ')}`;
  throw invalidArgument(`--map-output ${formatPairing(pairing)}: the model has no output '${pairing.tensor}'${hint}`);
}
