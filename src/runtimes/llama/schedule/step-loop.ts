import { setImmediate as turn } from 'node:timers/promises';
import { MillraceError } from '../../../core/index.js';
import type { Evaluator } from './evaluator.js';
import { planStep, type StepLimits } from './plan-step.js';
import { candidateOf, type Slot, type Task } from './slot.js';
import { SlotTable } from './slot-table.js';

export interface StepLoopOptions {
  readonly prefillTokens: number;
  /** What a slot holds is used again for prompts that begin like it. */
  readonly reuse: boolean;
  /**
   * Each sequence is evaluated by itself, one after the other, and prompts in parts of `prefillTokens`: numbers differ a little by what is
   * evaluated together.
   */
  readonly alone: boolean;
  /** Milliseconds of a processor that this thread has taken. */
  readonly threadMs: () => number;
}

/** A part of a step. */
interface Part {
  readonly slot: Slot;
  readonly task: Task;
  readonly tokens: number;
  /** Where the logits are that it waits for; undefined = its prompt goes on. */
  readonly index: number | undefined;
  /** Where the logits of its prompt are, for those that read them. */
  readonly read: readonly number[];
}

/** A step that a long prompt has a part of takes a quarter of what fits into an evaluation. Smaller parts cost more a token. */
const PARTS = 4;

/** Every fourth step begins with the prompt that came first, so that it ends however many shorter ones come. */
const OLDESTS_TURN = 4;

/** Of a processor: what choosing tokens may take in a step, for all sequences together. One that needs more goes on in the next steps. */
const CHOOSING_MS = 25;

/** A running step of so many tokens is ended for a cancellation: a long prompt's part of an evaluation of 512. */
const LONG_STEP_TOKENS = 128;

/**
 * Continuous batching: every step is one evaluation, of a token of each sequence that generates and a part of the prompts of those that
 * have just come. Between steps sequences come and go.
 */
export class StepLoop {
  /** For statistics. */
  readonly slots: SlotTable;
  readonly #evaluator: Evaluator;
  readonly #options: StepLoopOptions;
  readonly #slots: readonly Slot[];
  readonly #waiting: Task[] = [];
  /** Slots whose next token takes more than a step to choose, in the order in which they began. */
  #choosing: readonly Slot[] = [];
  #running: Promise<void> | undefined;
  #closed = false;
  /** Ends a wait for readers. */
  #wake: (() => void) | undefined;
  #stepTokens = 0;
  /** The slot that was evaluated last, where each is by itself. */
  #lastAlone = -1;
  #steps = 0;
  #evaluatedTokens = 0;

  constructor(evaluator: Evaluator, options: StepLoopOptions) {
    this.#evaluator = evaluator;
    this.#options = options;
    this.slots = new SlotTable(evaluator, options.reuse);
    this.#slots = this.slots.all;
  }

  get waitingTasks(): number {
    return this.#waiting.length;
  }

  /** Since it was made: steps, tokens that were evaluated, tokens of prompts that did not have to be. */
  get totals(): { readonly steps: number; readonly evaluatedTokens: number; readonly reusedTokens: number } {
    return { steps: this.#steps, evaluatedTokens: this.#evaluatedTokens, reusedTokens: this.slots.reusedTokens };
  }

  submit(task: Task): void {
    this.#waiting.push(task);
    this.#wake?.();
    this.#running ??= this.#run();
  }

  /** A task has been cancelled, or has room again. */
  notify(): void {
    this.#wake?.();
    if (this.#stepTokens >= LONG_STEP_TOKENS && this.#slots.some(({ task }) => task?.cancelled))
      this.#evaluator.abort();
  }

  /** Resolves when no step runs any more; what has not ended fails. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wake?.();
    if (this.#stepTokens > 0) this.#evaluator.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    // It must not end before `submit` has noted that it runs.
    await Promise.resolve();
    try {
      while (!this.#closed) {
        this.#dropCancelled();
        const leftMs = this.#resumeChoices();
        this.slots.admit(this.#waiting);
        const busy = this.#slots.filter(({ task }) => task !== undefined);
        if (busy.length === 0) break;
        const ready = busy.filter(({ task, isChoosing }) => task?.full === undefined && !isChoosing);
        if (ready.length > 0) await this.#step(ready, leftMs);
        else if (this.#choosing.length === 0) await this.#readers(busy);
        // Frames, timers and cancellations have their turn.
        await turn();
      }
    } catch (error) {
      // What it was about to change is not known.
      for (const slot of this.#slots) if (slot.task !== undefined) slot.length = 0;
      this.#failAll(new MillraceError('internal', 'generating failed', { cause: error }));
    } finally {
      this.#running = undefined;
      if (this.#closed) this.#failAll(new MillraceError('unavailable', 'the model is being closed'));
    }
  }

  async #readers(busy: readonly Slot[]): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    await Promise.race([woken, ...busy.map(({ task }) => task?.full)]);
    this.#wake = undefined;
  }

  /** Those that take long share the step's time. Returns what is left of it. */
  #resumeChoices(): number {
    const { threadMs } = this.#options;
    let leftMs = CHOOSING_MS;
    const choosing = this.#choosing;
    for (const [index, slot] of choosing.entries()) {
      const begunAt = threadMs();
      const untilMs = begunAt + leftMs / (choosing.length - index);
      this.#guard(slot, () => this.#settle(slot, slot.task?.resume(untilMs)));
      leftMs = Math.max(0, leftMs - (threadMs() - begunAt));
    }
    return leftMs;
  }

  /** Does what a task does by itself; where that throws, the task ends with it. */
  #guard(slot: Slot, work: () => void): void {
    try {
      work();
    } catch (error) {
      const unknown = () => new MillraceError('internal', 'a token could not be chosen', { cause: error });
      this.#release(slot).fail(error instanceof MillraceError ? error : unknown());
    }
  }

  #settle(slot: Slot, chosen: number | 'later' | undefined): void {
    if (chosen === undefined) this.#release(slot);
    else if (chosen !== 'later') slot.chosen = chosen;
    this.#setChoosing(slot, chosen === 'later');
  }

  #setChoosing(slot: Slot, isChoosing: boolean): void {
    if (slot.isChoosing === isChoosing) return;
    slot.isChoosing = isChoosing;
    this.#choosing = isChoosing ? [...this.#choosing, slot] : this.#choosing.filter((other) => other !== slot);
  }

  #dropCancelled(): void {
    for (const slot of this.#slots) if (slot.task?.cancelled === true) this.#release(slot).fail(cancelled());
    for (const task of this.#waiting.filter((waiting) => waiting.cancelled)) {
      this.#waiting.splice(this.#waiting.indexOf(task), 1);
      task.fail(cancelled());
    }
  }

  #release(slot: Slot): Task {
    const task = slot.task as Task;
    slot.task = undefined;
    this.#setChoosing(slot, false);
    slot.lastUsed = this.#steps;
    return task;
  }

  async #step(ready: readonly Slot[], choosingMs: number): Promise<void> {
    const { alone, threadMs } = this.#options;
    // One that spoils an evaluation is found by evaluating each alone.
    const single = ready.find((slot) => slot.suspect) ?? (alone ? this.#nextAlone(ready) : undefined);
    const slots = single === undefined ? ready : [single];
    const plan = planStep(slots.map(candidateOf), this.#limits());
    const parts = slots.flatMap((slot, place) => {
      const tokens = plan[place] as number;
      return tokens === 0 ? [] : [this.#add(slot, tokens)];
    });
    this.#stepTokens = parts.reduce((sum, { tokens }) => sum + tokens, 0);
    const outcome = await this.#evaluator.evaluate();
    this.#steps++;
    if (outcome === 'done') {
      this.#evaluatedTokens += this.#stepTokens;
      this.#stepTokens = 0;
      const untilMs = threadMs() + choosingMs;
      for (const part of parts) this.#proceed(part, untilMs);
    } else {
      this.#stepTokens = 0;
      this.#undo(parts, outcome);
    }
  }

  #limits(): StepLimits {
    const { prefillTokens, alone } = this.#options;
    const { batchTokens } = this.#evaluator;
    // The parts of a prompt must not depend on others.
    const most = alone ? Math.min(prefillTokens, batchTokens) : batchTokens;
    const partTokens = alone ? most : Math.max(prefillTokens, Math.ceil(batchTokens / PARTS));
    return { batchTokens: most, prefillTokens, partTokens, isOldestsTurn: this.#steps % OLDESTS_TURN === 0 };
  }

  /** Each has its turn. */
  #nextAlone(ready: readonly Slot[]): Slot | undefined {
    const next = ready.find(({ id }) => id > this.#lastAlone) ?? ready[0];
    this.#lastAlone = next?.id ?? -1;
    return next;
  }

  #add(slot: Slot, tokens: number): Part {
    const task = slot.task as Task;
    const { chosen } = slot;
    let index: number | undefined;
    const read: number[] = [];
    const readsPrompt = chosen === undefined && task.readsPrompt === true;
    for (let offset = 0; offset < tokens; offset++) {
      const position = slot.length + offset;
      const token = chosen ?? (task.prompt[position] as number);
      const isLast = chosen !== undefined || position === task.prompt.length - 1;
      const wantsLogits = isLast || readsPrompt;
      slot.held[position] = token;
      const place = this.#evaluator.add({ token, position, slot: slot.id, wantsLogits });
      if (isLast) index = place;
      if (readsPrompt) read.push(place);
    }
    return { slot, task, tokens, index, read };
  }

  #proceed({ slot, task, tokens, index, read }: Part, untilMs: number): void {
    const from = slot.length;
    slot.length += tokens;
    slot.suspect = false;
    if (task.cancelled) return;
    this.#guard(slot, () => {
      if (read.length > 0) task.readPrompt?.(from, read);
      if (index !== undefined) this.#settle(slot, task.next(index, untilMs));
    });
  }

  /** Nothing of the step counts: slots hold what they did before. */
  #undo(parts: readonly Part[], outcome: 'full' | 'aborted' | 'failed'): void {
    for (const { slot } of parts) {
      const kept = this.#evaluator.truncate(slot.id, slot.length);
      // All of it has to be evaluated again.
      if (!kept) this.#startOver(slot);
    }
    if (outcome === 'aborted') return;
    if (parts.length > 1) {
      for (const { slot } of parts) slot.suspect = true;
      return;
    }
    for (const { slot, task } of parts) {
      this.#evaluator.truncate(slot.id, 0);
      slot.length = 0;
      if (slot.task !== task) continue;
      this.#release(slot).fail(new MillraceError('internal', `llama.cpp did not evaluate the sequence (${outcome})`));
    }
  }

  #startOver(slot: Slot): void {
    if (slot.chosen !== undefined) {
      this.#release(slot).fail(new MillraceError('unavailable', 'the sequence was lost with a failed evaluation'));
    }
    slot.length = 0;
  }

  #failAll(error: MillraceError): void {
    for (const slot of this.#slots) if (slot.task !== undefined) this.#release(slot).fail(error);
    for (const task of this.#waiting.splice(0)) task.fail(error);
  }
}

function cancelled(): MillraceError {
  return new MillraceError('cancelled', 'the request was cancelled');
}
