import type { Datatype } from '../../core/index.js';
import type { PayloadLogOptions, PayloadRecord } from '../../payloads/index.js';

/** What the thread that writes is started with. */
export interface PayloadThreadSetup extends Pick<PayloadLogOptions, 'rules' | 'fileSizeBytes' | 'fileHours'> {
  /** Absolute. */
  readonly folder: string;
}

/** A tensor without its data, which lies in one of the chunks of the group; chunk -1 = it was left out as too large. */
export interface CapturedTensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly at: readonly [chunk: number, offset: number, length: number];
}

/** A record in the thread, which writes the rest. */
export interface ReceivedRecord extends Omit<PayloadRecord, 'format' | 'at' | 'inputs' | 'outputs'> {
  /** Index of the rule by which it is recorded. */
  readonly rule: number;
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
  readonly inputs: readonly CapturedTensor[];
  readonly outputs?: readonly CapturedTensor[];
}

/** A record on its way there: what is missing is undefined, which JSON leaves out. */
export type CapturedRecord = {
  readonly [Name in keyof Required<ReceivedRecord>]: object extends Pick<ReceivedRecord, Name>
    ? ReceivedRecord[Name] | undefined
    : ReceivedRecord[Name];
};

/** Records that are written together. */
export interface WriteRequest {
  /** JSON of a list of {@link CapturedRecord}: a text crosses to a thread for less than objects do. */
  readonly records: string;
  readonly chunks: readonly Uint8Array[];
}

export interface WriteReply {
  readonly written: number;
  /** A further file was begun. */
  readonly hasRotated: boolean;
  /** Why the rest was not; for the log. */
  readonly problem?: string;
}
