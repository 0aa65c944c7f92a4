import { deserialize, serialize } from 'node:v8';
import { type GenerationRequest, MillraceError, NO_PARAMETERS, type Parameters } from '../../core/index.js';
import type { Batch, BatchItem, ItemContext } from '../batch.js';
import type { ItemSequence } from '../sequence-spec.js';
import { BatchFrameReader, BatchFrameWriter } from './batch-frame.js';
import { encodeContexts, ReceivedContexts } from './context-text.js';
import { type Frame, FrameKind } from './frame.js';
import type { NameTable } from './name-table.js';

/** Names of a model's tensors, as both ends of a pipe agreed on them when it was loaded. */
export interface ModelNames {
  readonly inputs: NameTable;
  readonly outputs: NameTable;
}

/** A model that batches are sent to. */
export interface Recipient extends ModelNames {
  /** Where it can read data in the memory of bodies; undefined = elsewhere, so it has to be sent. */
  readonly locate?: ((data: Uint8Array) => number | undefined) | undefined;
}

/** Which exchange a batch frame belongs to. */
export interface FrameAddress {
  readonly modelKey: number;
  readonly ticket: number;
}

const ALL_OUTPUTS = 0xffff_ffff;
const FRAME_EXTRA_WORDS = 2;
/** callId (2), rows, flags and tensor count, sequence slot. */
const ITEM_WORDS = 5;
const CONTEXT_WORDS = 2;

const HAS_SEQUENCE = 1;
const SEQUENCE_START = 2;
const SEQUENCE_END = 4;
const HAS_PARAMETERS = 8;
const HAS_CONTEXT = 16;
const HAS_GENERATION = 32;
const HAS_PREPARED = 64;

/**
 * Encodes a batch; throws `resource_exhausted` when it is too large for one frame. What the recipient can
 * read where it lies stays there.
 */
export function encodeExecute(address: FrameAddress, batch: Batch, names: Recipient): Uint8Array[] {
  const { items, outputs } = batch;
  const values = collectValues(items);
  const contexts = encodeContexts(items);
  const writer = new BatchFrameWriter({
    header: { kind: FrameKind.execute, modelKey: address.modelKey, ticket: address.ticket },
    lists: items.map((item) => item.inputs),
    extraWords:
      FRAME_EXTRA_WORDS + (outputs?.length ?? 0) + items.length * ITEM_WORDS + (contexts?.count ?? 0) * CONTEXT_WORDS,
    attachment: encodeValues(values, contexts?.text),
    what: 'the inputs',
    locate: names.locate,
  });
  writer.word(batch.rows);
  writer.word(outputs?.length ?? ALL_OUTPUTS);
  if (outputs !== undefined) for (const output of outputs) writer.word(names.outputs.indexOf(output));
  for (const item of items) {
    writer.integer(item.callId);
    writer.word(item.rows);
    writer.word(itemFlags(item) | (item.inputs.length << 8));
    writer.word(item.sequence?.slot ?? 0);
    if (item.context !== undefined) writer.float(item.context.remainingMs);
    writer.tensors(item.inputs, names.inputs);
  }
  return writer.finish();
}

/** Decodes a batch; its tensors are views into the frame, or `bodies`. The ticket becomes its id. */
export function decodeExecute(frame: Frame, names: ModelNames, bodies?: Uint8Array): Batch {
  const reader = new BatchFrameReader(frame, bodies);
  const rows = reader.word();
  const outputs = readOutputs(reader, names.outputs);
  const values = new Values(decodeValues(reader.attachment()));
  const items: BatchItem[] = [];
  let contexts: ReceivedContexts | undefined;
  for (let index = 0; index < reader.listCount; index++) {
    const callId = reader.integer();
    const itemRows = reader.word();
    const flagsAndCount = reader.word();
    const slot = reader.word();
    let context: ItemContext | undefined;
    if ((flagsAndCount & HAS_CONTEXT) !== 0) {
      contexts ??= new ReceivedContexts(values.last<string>());
      context = contexts.next(reader.float());
    }
    const inputs = reader.tensors(flagsAndCount >>> 8, names.inputs);
    const parameters = (flagsAndCount & HAS_PARAMETERS) === 0 ? NO_PARAMETERS : values.next<Parameters>();
    const plain = { callId, rows: itemRows, inputs, parameters };
    const asked =
      (flagsAndCount & HAS_GENERATION) === 0 ? plain : { ...plain, generation: values.next<GenerationRequest>() };
    const item = (flagsAndCount & HAS_PREPARED) === 0 ? asked : { ...asked, prepared: values.next<Uint8Array>() };
    if ((flagsAndCount & HAS_SEQUENCE) !== 0) {
      const sequence = readSequence(flagsAndCount, slot, values);
      items.push(context === undefined ? { ...item, sequence } : { ...item, sequence, context });
    } else items.push(context === undefined ? item : { ...item, context });
  }
  return { id: frame.ticket, items, rows, outputs };
}

/** What has no place in words, in the order in which it is read; nothing for most batches. */
function collectValues(items: readonly BatchItem[]): unknown[] {
  const values: unknown[] = [];
  for (const { parameters, sequence, generation, prepared } of items) {
    if (hasAny(parameters)) values.push(parameters);
    if (generation !== undefined) values.push(generation);
    if (prepared !== undefined) values.push(prepared);
    if (sequence !== undefined) values.push(sequence.id);
  }
  return values;
}

/** V8's format begins with it, and no UTF-8 does. */
const SERIALIZED = 0xff;

/** The values and, last, the text of the contexts. The text alone, which is the usual case, goes without V8's serializer: a µs. */
function encodeValues(values: readonly unknown[], text: string | undefined): Uint8Array | undefined {
  if (values.length > 0) return serialize(text === undefined ? values : [...values, text]);
  return text === undefined ? undefined : Buffer.from(text);
}

function decodeValues(attachment: Uint8Array | undefined): readonly unknown[] {
  if (attachment === undefined) return [];
  if (attachment[0] === SERIALIZED) return deserialize(attachment);
  return [Buffer.from(attachment.buffer, attachment.byteOffset, attachment.byteLength).toString()];
}

/** The values of a batch one by one. Both ends are this package in one protocol version, so the caller names the type. */
class Values {
  readonly #values: readonly unknown[];
  #next = 0;

  constructor(values: readonly unknown[]) {
    this.#values = values;
  }

  next<Value>(): Value {
    if (this.#next >= this.#values.length) throw new MillraceError('internal', 'malformed frame: a value is missing');
    return this.#values[this.#next++] as Value;
  }

  last<Value>(): Value {
    return this.#values.at(-1) as Value;
  }
}

function readSequence(flags: number, slot: number, values: Values): ItemSequence {
  const start = (flags & SEQUENCE_START) !== 0;
  return { slot, start, end: (flags & SEQUENCE_END) !== 0, id: values.next<string | bigint>() };
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
  if (item.context !== undefined) flags |= HAS_CONTEXT;
  if (item.generation !== undefined) flags |= HAS_GENERATION;
  if (item.prepared !== undefined) flags |= HAS_PREPARED;
  return flags;
}

/** True when there is a parameter at all. */
export function hasAny(parameters: Parameters): boolean {
  for (const _name in parameters) return true;
  return false;
}
