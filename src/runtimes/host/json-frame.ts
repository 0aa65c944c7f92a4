import { type ErrorData, errorOf, type LogLevel, type MillraceError } from '../../core/index.js';
import {
  align8,
  checkFrameSize,
  type Frame,
  type FrameHeader,
  frameWords,
  HEADER_BYTES,
  writeHeader,
} from './frame.js';

/** Bodies of the frames that are rare enough for JSON: one word with its length, then the text. */
export interface Hello {
  readonly protocol: number;
  readonly pid: number;
}

export interface Failure extends ErrorData {
  /** Stack or cause, for the log only. */
  readonly detail?: string;
}

export interface Cancel {
  readonly callId: number;
}

/** The reader of an item took so many answers. */
export interface Granted {
  readonly callId: number;
  readonly answers: number;
}

/** Whoever called another model took so many of its answers. */
export interface CallGranted {
  readonly answers: number;
}

/** A call of another model has ended, well unless it says otherwise. */
export interface CallEnd {
  readonly failure?: Failure;
}

/** Why the runner ends itself. */
export interface Fatal {
  readonly reason: string;
}

export interface Diagnostic {
  readonly level: LogLevel;
  readonly message: string;
}

const TEXT_OFFSET = HEADER_BYTES + 4;

/** Encodes `value` as JSON; undefined gives a frame without a body. */
export function encodeJsonFrame(header: FrameHeader, value: unknown): Uint8Array {
  const text = value === undefined ? '' : JSON.stringify(value);
  const textBytes = Buffer.byteLength(text);
  const sizeBytes = align8(TEXT_OFFSET + textBytes);
  checkFrameSize(sizeBytes, 'the settings');
  const bytes = Buffer.alloc(sizeBytes);
  const words = frameWords(bytes);
  writeHeader(words, sizeBytes, header);
  words[HEADER_BYTES / 4] = textBytes;
  bytes.write(text, TEXT_OFFSET);
  return bytes;
}

/** The value of a JSON frame. Both ends are this package in one protocol version, so the caller names the type. */
export function decodeJsonFrame<Value>(frame: Frame): Value {
  const textBytes = frameWords(frame.bytes)[HEADER_BYTES / 4] as number;
  const text = Buffer.from(frame.bytes.buffer, frame.bytes.byteOffset + TEXT_OFFSET, textBytes).toString();
  return JSON.parse(text) as Value;
}

/** The error that a runner reports; its detail is the cause. */
export function failureError(failure: Failure): MillraceError {
  return errorOf(failure, failure.detail);
}
