import { chooseSlot } from './choose-slot.js';
import type { Evaluator } from './evaluator.js';
import { planRoom } from './plan-room.js';
import { cellsOf, cellsOfSlot, freeSlot, reusable, type Slot, type Task, viewOf } from './slot.js';

type SlotEvaluator = Pick<Evaluator, 'slots' | 'contextTokens' | 'cacheTokens' | 'truncate' | 'copy'>;

/** The slots of a context: their tokens, and which task has which. */
export class SlotTable {
  readonly all: readonly Slot[];
  readonly #evaluator: SlotEvaluator;
  readonly #reuse: boolean;
  #admitted = 0;
  #reused = 0;

  /** `reuse`: tokens in a slot are used again for prompts that begin with them. */
  constructor(evaluator: SlotEvaluator, reuse: boolean) {
    this.#evaluator = evaluator;
    this.#reuse = reuse;
    this.all = Array.from({ length: evaluator.slots }, (_, id) => ({
      id,
      held: new Int32Array(evaluator.contextTokens),
      length: 0,
      salt: '',
      lastUsed: 0,
      since: 0,
      task: undefined,
      chosen: undefined,
      isChoosing: false,
      suspect: false,
    }));
  }

  /** Sequences that have a slot. */
  get busy(): number {
    return this.all.filter(({ task }) => task !== undefined).length;
  }

  /** Tokens in slots. */
  get heldTokens(): number {
    return this.all.reduce((sum, { length }) => sum + length, 0);
  }

  /** Those of them that are held for sequences that run. */
  get activeTokens(): number {
    return this.all.reduce((sum, { task, length }) => sum + (task === undefined ? 0 : length), 0);
  }

  /** Tokens of prompts that did not have to be evaluated. */
  get reusedTokens(): number {
    return this.#reused;
  }

  /** Gives slots to waiting tasks in order of arrival: no task passes another one for which there are too few cells. */
  admit(waiting: Task[]): void {
    for (const task of [...waiting]) {
      const choice = this.#reuse ? chooseSlot(reusable(task), task.salt, this.all.map(viewOf)) : freeSlot(this.all);
      if (choice === undefined) return;
      if (choice === 'wait') continue;
      const needs = cellsOf(task);
      const forgotten = planRoom(
        this.all.map(cellsOfSlot),
        { slot: choice.slot, needs, source: choice.copyFrom },
        this.#evaluator.cacheTokens,
      );
      if (forgotten === undefined) return;
      waiting.splice(waiting.indexOf(task), 1);
      this.#take(this.all[choice.slot] as Slot, task, choice);
      // Only now, as one of them may have been copied.
      for (const index of forgotten) this.#truncate(this.all[index] as Slot, 0);
    }
  }

  #take(
    slot: Slot,
    task: Task,
    { keep, copyFrom }: { readonly keep: number; readonly copyFrom: number | undefined },
  ): void {
    const source = copyFrom === undefined ? undefined : this.all[copyFrom];
    // First, so that it fails with its slot.
    slot.task = task;
    if (source !== undefined) {
      this.#evaluator.copy(source.id, slot.id);
      slot.held.set(source.held.subarray(0, source.length));
      slot.length = source.length;
    }
    this.#truncate(slot, keep);
    slot.salt = task.salt;
    slot.since = ++this.#admitted;
    slot.chosen = undefined;
    slot.suspect = false;
    this.#reused += slot.length;
    task.begin(slot.length);
  }

  #truncate(slot: Slot, length: number): void {
    if (length >= slot.length && length > 0) return;
    slot.length = this.#evaluator.truncate(slot.id, length) ? length : 0;
  }
}
