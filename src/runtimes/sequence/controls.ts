import { invalidArgument, packBytes, type Tensor } from '../../core/index.js';
import type { BatchItem } from '../batch.js';
import type { ControlInput } from '../sequence-spec.js';

/** The control tensor of some items, one element a row. `rank` is the one that the model's input has. */
export function controlTensor(control: ControlInput, items: readonly BatchItem[], rank: number): Tensor {
  const rows = items.reduce((sum, item) => sum + item.rows, 0);
  const shape = Array.from({ length: rank }, (_, axis) => (axis === 0 ? rows : 1));
  const data = control.kind === 'correlation_id' ? encodeIds(control, items) : encodeFlags(control, items, rows);
  return { name: control.name, datatype: control.datatype, shape, data };
}

/** An item of no sequence (a warm-up) is one that begins and ends with it. */
function flagOf({ kind }: ControlInput, { sequence }: BatchItem): boolean {
  if (kind === 'start') return sequence?.start ?? true;
  if (kind === 'end') return sequence?.end ?? true;
  return true;
}

function encodeFlags(control: ControlInput, items: readonly BatchItem[], rows: number): Uint8Array {
  const { datatype, falseTrue } = control;
  const size = datatype === 'BOOL' ? 1 : 4;
  const data = new Uint8Array(rows * size);
  const view = new DataView(data.buffer);
  let row = 0;
  for (const item of items) {
    const value = falseTrue[flagOf(control, item) ? 1 : 0];
    for (let index = 0; index < item.rows; index++, row++) {
      if (datatype === 'BOOL') view.setUint8(row, value);
      else if (datatype === 'FP32') view.setFloat32(row * size, value, true);
      else view.setInt32(row * size, value, true);
    }
  }
  return data;
}

function encodeIds({ name, datatype }: ControlInput, items: readonly BatchItem[]): Uint8Array {
  const ids = items.flatMap((item) => new Array<string | bigint>(item.rows).fill(item.sequence?.id ?? 0n));
  if (datatype === 'BYTES') return packBytes(ids.map((id) => new TextEncoder().encode(String(id))));
  const size = datatype === 'INT64' || datatype === 'UINT64' ? 8 : 4;
  const data = new Uint8Array(ids.length * size);
  const view = new DataView(data.buffer);
  for (const [row, id] of ids.entries()) {
    if (typeof id === 'string') {
      throw invalidArgument(`input '${name}': sequence id '${id}' is text, expected a number`);
    }
    if (size === 8) view.setBigUint64(row * size, BigInt.asUintN(64, id), true);
    else view.setUint32(row * size, Number(BigInt.asUintN(32, id)), true);
  }
  return data;
}
