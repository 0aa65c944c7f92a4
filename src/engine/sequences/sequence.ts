import type { Datatype, SequenceControl } from '../../core/index.js';
import type { Instance } from '../../runtimes/index.js';

/** How the requests of a model are put into sequences. */
export interface SequenceLimits {
  /** Sequences that an instance keeps at a time; others wait for a place. */
  readonly slotsPerInstance: number;
  /** Sequences that one principal may have that have not ended. Callers without a credential are not limited: they are the only owner. */
  readonly maxPerPrincipal: number;
  readonly maxIdleMs: number;
  /** Share of the places of an instance that must have a request before the batch's delay is over; 0 = no delay. */
  readonly minSlotUtilization: number | undefined;
  /** Input that takes the ids, where the model has one. */
  readonly idInput: { readonly name: string; readonly datatype: Datatype } | undefined;
}

/** The places that one instance has for sequences. */
export interface Home {
  readonly index: number;
  /** Holds the states; undefined while it is down. */
  instance: Instance | undefined;
  /** Numbers of the free places, the next one last. */
  free: number[];
}

/** One sequence, from its first accepted request until it has ended, idled out or is lost. */
export interface Sequence {
  readonly ownerId: string;
  readonly id: string | bigint;
  /** Where its state is; undefined while it waits for a place. */
  home: Home | undefined;
  slot: number;
  /** Accepted requests of it that wait or run. */
  open: number;
  /** What the last accepted request said that starts it (again). */
  lastStart: SequenceControl | undefined;
  /** One of them runs. */
  running: boolean;
  /** One of them has run, so there may be a state. */
  begun: boolean;
  /** No request may follow but one that starts it again. */
  ended: boolean;
  /** Its state went down with its runner. */
  lost: boolean;
  /** Clock time of its last sign of life while nothing of it is open. */
  idleSince: number;
  /** Number of the last scan that met it; the table's own. */
  lookedAt: number;
}

/** `7`, or `'seven'`: numbers and texts are different ids. */
export function formatSequenceId(id: string | bigint): string {
  return typeof id === 'bigint' ? String(id) : `'${id}'`;
}
