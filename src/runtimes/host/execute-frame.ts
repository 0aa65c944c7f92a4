import { deserialize, serialize } from 'node:v8';
import { NO_PARAMETERS, type Parameters } from '../../core/index.js';
import type { Batch, BatchItem } from '../contract.js';
import { BatchFrameReader, BatchFrameWriter } from './batch-frame.js';
import { type Frame, FrameKind } from './frame.js';
import type { NameTable } from './name-table.js';

/** Names of a model's tensors, as both ends of a pipe agreed on them when it was loaded. */
export interface ModelNames {
  readonly inputs: NameTable;
  readonly outputs: NameTable;
}

/** Which exchange a batch frame belongs to. */
export interface Exchange {
  readonly modelKey: number;
  readonly ticket: number;
}

const ALL_OUTPUTS = 0xffff_ffff;
const FRAME_EXTRA_WORDS = 2;
/** callId (2), rows, flags and tensor count, sequence slot. */
const ITEM_WORDS = 5;

const HAS_SEQUENCE = 1;
const SEQUENCE_START = 2;
const SEQUENCE_END = 4;
const HAS_PARAMETERS = 8;

/** Encodes a batch; throws `resource_exhausted` when it is too large for one frame. */
export function encodeExecute(exchange: Exchange, batch: Batch, names: ModelNames): Uint8Array[] {
  const { items, outputs } = batch;
  const parameters = items.map((item) => item.parameters).filter(hasAny);
  const writer = new BatchFrameWriter({
    header: { kind: FrameKind.execute, modelKey: exchange.modelKey, ticket: exchange.ticket },
    lists: items.map((item) => item.inputs),
    extraWords: FRAME_EXTRA_WORDS + (outputs?.length ?? 0) + items.length * ITEM_WORDS,
    attachment: parameters.length === 0 ? undefined : serialize(parameters),
    what: 'the inputs',
  });
  writer.word(batch.rows);
  writer.word(outputs?.length ?? ALL_OUTPUTS);
  if (outputs !== undefined) for (const output of outputs) writer.word(names.outputs.indexOf(output));
  for (const item of items) {
    writer.integer(item.callId);
    writer.word(item.rows);
    writer.word(itemFlags(item) | (item.inputs.length << 8));
    writer.word(item.sequence?.slot ?? 0);
    writer.tensors(item.inputs, names.inputs);
  }
  return writer.finish();
}

/** Decodes a batch; its tensors are views into the frame. The ticket becomes its id. */
export function decodeExecute(frame: Frame, names: ModelNames): Batch {
  const reader = new BatchFrameReader(frame);
  const rows = reader.word();
  const outputs = readOutputs(reader, names.outputs);
  const attachment = reader.attachment();
  const parameters: readonly Parameters[] = attachment === undefined ? [] : deserialize(attachment);
  let nextParameters = 0;
  const items: BatchItem[] = [];
  for (let index = 0; index < reader.listCount; index++) {
    const callId = reader.integer();
    const itemRows = reader.word();
    const flagsAndCount = reader.word();
    const slot = reader.word();
    const item = {
      callId,
      rows: itemRows,
      inputs: reader.tensors(flagsAndCount >>> 8, names.inputs),
      parameters:
        (flagsAndCount & HAS_PARAMETERS) === 0 ? NO_PARAMETERS : (parameters[nextParameters++] ?? NO_PARAMETERS),
    };
    if ((flagsAndCount & HAS_SEQUENCE) === 0) {
      items.push(item);
      continue;
    }
    const start = (flagsAndCount & SEQUENCE_START) !== 0;
    const end = (flagsAndCount & SEQUENCE_END) !== 0;
    items.push({ ...item, sequence: { slot, start, end } });
  }
  return { id: frame.ticket, items, rows, outputs };
}

function readOutputs(reader: BatchFrameReader, names: NameTable): readonly string[] | undefined {
  const count = reader.word();
  if (count === ALL_OUTPUTS) return undefined;
  const outputs: string[] = [];
  for (let index = 0; index < count; index++) outputs.push(names.nameAt(reader.word()));
  return outputs;
}

function itemFlags(item: BatchItem): number {
  let flags = hasAny(item.parameters) ? HAS_PARAMETERS : 0;
  if (item.sequence !== undefined) {
    flags |= HAS_SEQUENCE;
    if (item.sequence.start) flags |= SEQUENCE_START;
    if (item.sequence.end) flags |= SEQUENCE_END;
  }
  return flags;
}

/** True when there is a parameter at all. */
export function hasAny(parameters: Parameters): boolean {
  for (const _name in parameters) return true;
  return false;
}
