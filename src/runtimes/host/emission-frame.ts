import { deserialize, serialize } from 'node:v8';
import type { FinishReason, GenerationDelta, Parameters, Usage } from '../../core/index.js';
import type { BatchTiming, Emission } from '../batch.js';
import { BatchFrameReader, BatchFrameWriter } from './batch-frame.js';
import { type FrameAddress, hasAny } from './execute-frame.js';
import { type Frame, FrameKind } from './frame.js';
import type { NameTable } from './name-table.js';

/** What few emissions have, so it travels in the attachment. */
interface Extras {
  readonly error?: Emission['error'];
  readonly parameters?: Parameters;
  readonly usage?: Usage;
  readonly finishReason?: FinishReason;
  readonly delta?: GenerationDelta;
}

export interface Answers {
  readonly emissions: readonly Emission[];
  /** Present in the last frame of a batch. */
  readonly timing: BatchTiming | undefined;
}

const TIMING_WORDS = 6;
/** callId (2), flags and tensor count. */
const EMISSION_WORDS = 3;

const FINAL = 1;
const HAS_EXTRAS = 2;

/** Encodes answers: a `result` frame with timing when the batch ends with them, else an `emissions` frame. */
export function encodeAnswers(address: FrameAddress, answers: Answers, outputs: NameTable): Uint8Array[] {
  const { emissions, timing } = answers;
  const extras = emissions.filter(hasExtras).map(toExtras);
  const writer = new BatchFrameWriter({
    header: {
      kind: timing === undefined ? FrameKind.emissions : FrameKind.result,
      modelKey: address.modelKey,
      ticket: address.ticket,
    },
    lists: emissions.map((emission) => emission.outputs),
    extraWords: (timing === undefined ? 0 : TIMING_WORDS) + emissions.length * EMISSION_WORDS,
    attachment: extras.length === 0 ? undefined : serialize(extras),
    what: 'the outputs',
  });
  if (timing !== undefined) {
    writer.float(timing.computeInputMs);
    writer.float(timing.computeInferMs);
    writer.float(timing.computeOutputMs);
  }
  for (const emission of emissions) {
    const flags = (emission.final ? FINAL : 0) | (hasExtras(emission) ? HAS_EXTRAS : 0);
    writer.integer(emission.callId);
    writer.word(flags | (emission.outputs.length << 8));
    writer.tensors(emission.outputs, outputs);
  }
  return writer.finish();
}

/** Decodes an `emissions` or `result` frame; tensors are views into the frame. */
export function decodeAnswers(frame: Frame, outputs: NameTable): Answers {
  const reader = new BatchFrameReader(frame);
  const timing =
    frame.kind === FrameKind.result
      ? { computeInputMs: reader.float(), computeInferMs: reader.float(), computeOutputMs: reader.float() }
      : undefined;
  const attachment = reader.attachment();
  const extras: readonly Extras[] = attachment === undefined ? [] : deserialize(attachment);
  let nextExtras = 0;
  const emissions: Emission[] = [];
  for (let index = 0; index < reader.listCount; index++) {
    const callId = reader.integer();
    const flagsAndCount = reader.word();
    const emission = {
      callId,
      outputs: reader.tensors(flagsAndCount >>> 8, outputs),
      final: (flagsAndCount & FINAL) !== 0,
    };
    emissions.push((flagsAndCount & HAS_EXTRAS) === 0 ? emission : { ...emission, ...extras[nextExtras++] });
  }
  return { emissions, timing };
}

function hasExtras(emission: Emission): boolean {
  const { error, parameters, usage, finishReason, delta } = emission;
  if (error !== undefined || usage !== undefined || finishReason !== undefined || delta !== undefined) return true;
  return parameters !== undefined && hasAny(parameters);
}

function toExtras(emission: Emission): Extras {
  const { error, parameters, usage, finishReason, delta } = emission;
  return {
    ...(error === undefined ? {} : { error }),
    ...(parameters === undefined || !hasAny(parameters) ? {} : { parameters }),
    ...(usage === undefined ? {} : { usage }),
    ...(finishReason === undefined ? {} : { finishReason }),
    ...(delta === undefined ? {} : { delta }),
  };
}
