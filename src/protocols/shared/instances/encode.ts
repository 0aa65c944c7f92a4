import { elementCount, invalidArgument, type Tensor, type Turns } from '../../../core/index.js';
import { LARGE_BYTES, type WireResponse } from '../../wire.js';
import { createStepwiseAnswer } from '../json/stepwise.js';
import type { JsonWriter } from '../json/writer.js';
import type { InstancesFormat } from './decode.js';
import { createRunWriter } from './run-writer.js';
import { writeArrays } from './write-arrays.js';

export interface InstancesAnswer {
  /** That of the request. */
  readonly format: InstancesFormat;
  readonly outputs: readonly Tensor[];
  /** Further members of the object as JSON text, such as `"deployedModelId":"1"`. Default: none. */
  readonly more?: string;
  /** The value alone, without the object around it. Default: false. */
  readonly bare?: boolean;
}

/** Encodes an answer; one with much JSON bit by bit. Throws `invalid_argument` where outputs cannot be written in rows. */
export type InstancesEncoder = (answer: InstancesAnswer) => WireResponse | Promise<WireResponse>;

/**
 * An encoder with a buffer of its own, of TensorFlow Serving's JSON: `{"predictions": […]}` with a value for each row, or an object of
 * them where there are several outputs, and `{"outputs": …}` with one value or an object of them. Elements of BYTES outputs whose name
 * ends in `_bytes` are `{"b64": text}`; NaN, Infinity and -Infinity are written as these words.
 */
export function createInstancesEncoder(turns: Turns): InstancesEncoder {
  const answer = createStepwiseAnswer(turns);
  return (instances) => {
    let sizeBytes = 0;
    for (const { data } of instances.outputs) sizeBytes += data.length;
    const writing = instances.format === 'row' ? writeRows : writeColumns;
    return answer((writer) => writing(writer, instances), { isLarge: sizeBytes > LARGE_BYTES });
  };
}

function* writeColumns(writer: JsonWriter, { outputs, more, bare }: InstancesAnswer): Generator<undefined, void> {
  const [only] = outputs;
  if (bare !== true) writer.ascii('{"outputs":');
  if (only !== undefined && outputs.length === 1) {
    yield* writeArrays(writer, createRunWriter(only), { shape: only.shape, first: 0 });
  } else {
    for (const [index, output] of outputs.entries()) {
      writer.ascii(index === 0 ? '{' : ',');
      writer.string(output.name);
      writer.ascii(':');
      yield* writeArrays(writer, createRunWriter(output), { shape: output.shape, first: 0 });
    }
    writer.ascii(outputs.length === 0 ? '{}' : '}');
  }
  if (bare !== true) writeEnd(writer, more);
}

function* writeRows(writer: JsonWriter, { outputs, more, bare }: InstancesAnswer): Generator<undefined, void> {
  const rows = rowsOf(outputs);
  const [only] = outputs;
  if (bare !== true) writer.ascii('{"predictions":');
  if (only !== undefined && outputs.length === 1) {
    yield* writeArrays(writer, createRunWriter(only), { shape: only.shape, first: 0 });
  } else {
    const columns = outputs.map((output) => {
      const shape = output.shape.slice(1);
      return { output, writeRun: createRunWriter(output), shape, count: elementCount(shape) };
    });
    writer.ascii('[');
    for (let row = 0; row < rows; row++) {
      if (row > 0) writer.ascii(',');
      let separator = '{';
      for (const { output, writeRun, shape, count } of columns) {
        writer.ascii(separator);
        writer.string(output.name);
        writer.ascii(':');
        yield* writeArrays(writer, writeRun, { shape, first: row * count });
        separator = ',';
      }
      writer.ascii('}');
    }
    writer.ascii(']');
  }
  if (bare !== true) writeEnd(writer, more);
}

function writeEnd(writer: JsonWriter, more: string | undefined): void {
  if (more === undefined) writer.ascii('}');
  else writer.raw(Buffer.from(`,${more}}`));
}

/** The rows that all outputs have. */
function rowsOf(outputs: readonly Tensor[]): number {
  let rows = -1;
  for (const { name, shape } of outputs) {
    const [own] = shape;
    if (own === undefined || (rows >= 0 && own !== rows)) {
      const got = own === undefined ? 'none' : `${own}`;
      const expected = rows < 0 ? 'a first axis' : `${rows} along its first axis`;
      throw invalidArgument(
        `output '${name}' cannot be written in rows: expected ${expected}, got ${got}; ask for columns with 'inputs' instead of 'instances'`,
      );
    }
    rows = own;
  }
  return Math.max(0, rows);
}
