import {
  type Datatype,
  invalidArgument,
  type Message,
  MillraceError,
  msg,
  type SequenceControl,
} from '../../core/index.js';
import { formatSequenceId, type Sequence, type SequenceLimits } from './sequence.js';

const MAX_ID_LENGTH = 128;
const RETRY_AFTER_MS = 1_000;
const RANGES: Readonly<Partial<Record<Datatype, readonly [bigint, bigint]>>> = {
  INT32: [-(2n ** 31n), 2n ** 31n - 1n],
  UINT32: [0n, 2n ** 32n - 1n],
  INT64: [-(2n ** 63n), 2n ** 63n - 1n],
};
const MAX_ID = 2n ** 64n - 1n;

export interface SequenceQuestion {
  /** The model, for messages. */
  readonly mention: Message;
  readonly control: SequenceControl | undefined;
  /** Rows of the request. */
  readonly rows: number;
  readonly idInput: SequenceLimits['idInput'];
}

/** Checks what a request says of its sequence, whatever became of that; throws `invalid_argument`. */
export function checkSequence({ mention, control, rows, idInput }: SequenceQuestion): SequenceControl {
  if (control === undefined || control.id === '' || control.id === 0n) {
    throw invalidArgument(msg`${mention} keeps sequences: a request needs a sequence_id other than 0 and ''`);
  }
  if (rows !== 1) throw invalidArgument(msg`${mention} keeps sequences: a request has one row, got ${rows}`);
  const { id } = control;
  if (typeof id === 'string') {
    if (id.length > MAX_ID_LENGTH) {
      throw invalidArgument(`a sequence_id has at most ${MAX_ID_LENGTH} characters, got ${id.length}`);
    }
    if (idInput !== undefined && idInput.datatype !== 'BYTES') {
      throw invalidArgument(
        msg`${mention} takes the sequence_id as ${idInput.datatype} (input '${idInput.name}'), got text`,
      );
    }
    return control;
  }
  if (id < 0n || id > MAX_ID) throw invalidArgument(`a sequence_id is between 0 and ${MAX_ID}, got ${id}`);
  const range = idInput === undefined ? undefined : RANGES[idInput.datatype];
  if (idInput !== undefined && range !== undefined && (id < range[0] || id > range[1])) {
    throw invalidArgument(
      msg`${mention} takes the sequence_id as ${idInput.datatype} (input '${idInput.name}'), got ${id}, which is over ${range[1]}`,
    );
  }
  return control;
}

/** Refuses a request that goes on with a sequence of which there is nothing to go on with. */
export function checkContinues(mention: Message, { id, start }: SequenceControl, known: Sequence | undefined): void {
  if (start) return;
  if (known?.lost) throw sequenceLost(mention, id);
  if (known === undefined || known.ended) {
    throw invalidArgument(
      msg`sequence ${formatSequenceId(id)} of ${mention} is not running: its first request must say sequence_start`,
    );
  }
}

/** The refusal of a new sequence of a principal that has the most that one may have. */
export function tooManySequences(
  mention: Message,
  principal: string,
  { maxPerPrincipal, maxIdleMs }: Pick<SequenceLimits, 'maxPerPrincipal' | 'maxIdleMs'>,
): MillraceError {
  return new MillraceError(
    'quota_exceeded',
    msg`principal '${principal}' has ${maxPerPrincipal} sequences of ${mention}, the most that one principal may have (sequenceBatching.maxSequencesPerPrincipal): end one, or let one idle for ${maxIdleMs} ms`,
    { retryAfterMs: RETRY_AFTER_MS },
  );
}

/** The end of what waits for, or goes on with, a sequence whose state is gone. */
export function sequenceLost(mention: Message, id: string | bigint): MillraceError {
  return new MillraceError(
    'unavailable',
    msg`sequence ${formatSequenceId(id)} of ${mention} was lost when its runner died; start it again`,
  );
}

/** The end of requests behind a start that came to nothing. */
export function startFailed(mention: Message, id: string | bigint): MillraceError {
  return new MillraceError(
    'failed_precondition',
    msg`the request that started sequence ${formatSequenceId(id)} of ${mention} did not succeed; start it again`,
  );
}
