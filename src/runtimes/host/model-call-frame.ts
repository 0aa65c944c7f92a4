import { deserialize, serialize } from 'node:v8';
import type { Parameters, Tensor } from '../../core/index.js';
import type { ModelAnswer, ModelRequest } from '../model-calls.js';
import { BatchFrameReader, BatchFrameWriter } from './batch-frame.js';
import type { FrameAddress } from './execute-frame.js';
import { type Frame, FrameKind } from './frame.js';
import { NameTable } from './name-table.js';

/** What one model asks of another, on behalf of the item `callId`. */
export interface ModelCallBody {
  readonly callId: number;
  readonly request: ModelRequest;
}

/** Tensor names are another model's here, so they travel along. */
interface Named<Rest> {
  readonly names: readonly string[];
  readonly rest: Rest;
}

type RequestRest = Omit<ModelRequest, 'inputs'> & { readonly callId: number };

/** Encodes a call of another model; throws `resource_exhausted` when it is too large for one frame. */
export function encodeModelCall(address: FrameAddress, { callId, request }: ModelCallBody): Uint8Array[] {
  const { inputs, ...rest } = request;
  const header = { kind: FrameKind.call, modelKey: address.modelKey, ticket: address.ticket };
  return encodeNamed(header, inputs, { ...rest, callId } satisfies RequestRest);
}

/** Decodes a call; its tensors are views into the frame. */
export function decodeModelCall(frame: Frame): ModelCallBody {
  const { tensors, rest } = decodeNamed<RequestRest>(frame);
  const { callId, ...request } = rest;
  return { callId, request: { ...request, inputs: tensors } };
}

/** Encodes one answer of the model that was called. */
export function encodeModelAnswer(address: FrameAddress, { outputs, parameters }: ModelAnswer): Uint8Array[] {
  const header = { kind: FrameKind.callAnswer, modelKey: address.modelKey, ticket: address.ticket };
  return encodeNamed(header, outputs, parameters);
}

/** Decodes an answer; its tensors are views into the frame. */
export function decodeModelAnswer(frame: Frame): ModelAnswer {
  const { tensors, rest } = decodeNamed<Parameters>(frame);
  return { outputs: tensors, parameters: rest };
}

function encodeNamed(header: FrameAddress & { readonly kind: number }, tensors: readonly Tensor[], rest: unknown) {
  const names = tensors.map(({ name }) => name);
  const writer = new BatchFrameWriter({
    header,
    lists: [tensors],
    extraWords: 1,
    attachment: serialize({ names, rest } satisfies Named<unknown>),
    what: 'the tensors',
  });
  writer.word(tensors.length);
  writer.tensors(tensors, new NameTable(tensors));
  return writer.finish();
}

function decodeNamed<Rest>(frame: Frame): { readonly tensors: readonly Tensor[]; readonly rest: Rest } {
  const reader = new BatchFrameReader(frame);
  // Both ends are this package in one protocol version.
  const { names, rest }: Named<Rest> = deserialize(reader.attachment() ?? new Uint8Array());
  const count = reader.word();
  return { tensors: reader.tensors(count, new NameTable(names.map((name) => ({ name })))), rest };
}
