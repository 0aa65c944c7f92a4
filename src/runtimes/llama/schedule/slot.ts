import type { MillraceError } from '../../../core/index.js';
import type { SlotView, Tokens } from './choose-slot.js';
import type { SlotCells } from './plan-room.js';
import type { StepCandidate } from './plan-step.js';

/** Most tokens of a step whose logits a prompt's reader gets: each takes memory and time by the size of the vocabulary. */
const READ_TOKENS = 16;

/** A sequence that is generated. */
export interface Task {
  readonly prompt: Tokens;
  /** Most tokens that may follow the prompt. */
  readonly maxTokens: number;
  /** See {@link SlotView.salt}. */
  readonly salt: string;
  /** Nobody waits for it any more. */
  readonly cancelled: boolean;
  /** While it is pending, no step is taken for it. */
  readonly full: Promise<void> | undefined;
  /** It is handed the logits of its prompt, all of which is evaluated for that. Default: it is not. */
  readonly readsPrompt?: boolean;
  /** Logits at places in the batch, of consecutive tokens of its prompt, the first at `from`; some may come again. */
  readPrompt?(from: number, indices: readonly number[]): void;
  /** It has a slot, which holds so many tokens of the prompt already. */
  begin(cachedTokens: number): void;
  /**
   * Chooses a token by the logits at a place in the batch; undefined = it has ended. 'later' = choosing would take longer than until `untilMs` of
   * the thread's time: the task keeps what it needs of the logits, and `resume` goes on.
   */
  next(index: number, untilMs: number): number | 'later' | undefined;
  resume(untilMs: number): number | 'later' | undefined;
  /** It ends here without having ended by itself: it was cancelled, or its evaluation fails. */
  fail(error: MillraceError): void;
}

/** What is kept of one sequence, and the task that has it. */
export interface Slot {
  readonly id: number;
  /** Tokens that have been evaluated, and room for more. */
  readonly held: Int32Array;
  length: number;
  salt: string;
  lastUsed: number;
  /** The place of its task in the order of arrival. */
  since: number;
  task: Task | undefined;
  /** The token that was chosen last, and is evaluated next; undefined = the prompt is not evaluated yet. */
  chosen: number | undefined;
  /** Its next token is being chosen, and it takes part in no evaluation meanwhile. */
  isChoosing: boolean;
  /** Its evaluation has failed together with others. */
  suspect: boolean;
}

/** As {@link planStep} looks at it. */
export function candidateOf({ task, chosen, length, since }: Slot): StepCandidate {
  const promptLeft = task === undefined || chosen !== undefined ? 0 : task.prompt.length - length;
  return { promptLeft, since, most: task?.readsPrompt ? READ_TOKENS : promptLeft };
}

/** The part of its prompt that need not be evaluated where a slot holds it already. */
export function reusable({ prompt, readsPrompt }: Task): Tokens {
  return readsPrompt ? Array.prototype.slice.call(prompt, 0, 1) : prompt;
}

/** What a sequence may come to. */
export function cellsOf({ prompt, maxTokens }: Task): number {
  return prompt.length + maxTokens;
}

/** As {@link planRoom} looks at it. */
export function cellsOfSlot({ task, length, lastUsed }: Slot): SlotCells {
  return { reserved: task && cellsOf(task), held: length, lastUsed };
}

/** As {@link chooseSlot} looks at it. */
export function viewOf({ held, length, task, salt, lastUsed }: Slot): SlotView {
  return { tokens: held.subarray(0, length), prompt: task?.prompt, salt, lastUsed };
}

/** Any that is free. */
export function freeSlot(slots: readonly Slot[]): { slot: number; keep: number; copyFrom: undefined } | undefined {
  const slot = slots.findIndex(({ task }) => task === undefined);
  return slot < 0 ? undefined : { slot, keep: 0, copyFrom: undefined };
}
