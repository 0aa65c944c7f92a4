import { MillraceError } from '../../core/index.js';
import { type Emission, isAnswer, type Room, STREAM_CREDIT } from '../batch.js';

/** Answers that a model may give without waiting for its reader before it is told off. */
const MAX_OVERDRAFT = 1_024;

/** Whatever has answers of its own: items of batches, or calls of other models. */
interface Item {
  readonly callId: number;
}

interface Account {
  /** Answers for which the reader has room; negative when the model did not wait. */
  left: number;
  readonly waiting: (() => void)[];
}

/** Counts, for every running item of a decoupled model, the answers for which its reader still has room. */
export class CreditBook {
  readonly #accounts = new Map<number, Account>();

  /** Items begin to run: {@link STREAM_CREDIT} answers each. */
  open(items: readonly Item[]): void {
    for (const { callId } of items) this.#accounts.set(callId, { left: STREAM_CREDIT, waiting: [] });
  }

  /** The batch of these items is over. */
  close(items: readonly Item[]): void {
    for (const { callId } of items) this.forget(callId);
  }

  /** Answers were passed on; returns where there is room for more. Throws `resource_exhausted` when the model does not wait for that. */
  spend(emissions: readonly Emission[]): Room {
    let room: (Promise<void> | undefined)[] | undefined;
    for (let index = 0; index < emissions.length; index++) {
      const wait = this.#spend(emissions[index] as Emission);
      if (wait === undefined) continue;
      room ??= emissions.map(() => undefined);
      room[index] = wait;
    }
    return room;
  }

  /** The reader took so many answers. */
  grant(callId: number, answers: number): void {
    const account = this.#accounts.get(callId);
    if (account === undefined) return;
    account.left += answers;
    if (account.left > 0) wake(account);
  }

  /** The reader is gone, or the item has ended: nothing waits for it any more. */
  forget(callId: number): void {
    const account = this.#accounts.get(callId);
    this.#accounts.delete(callId);
    if (account !== undefined) wake(account);
  }

  #spend(emission: Emission): Promise<void> | undefined {
    const { callId, final } = emission;
    if (final) {
      this.forget(callId);
      return undefined;
    }
    const account = this.#accounts.get(callId);
    // To a model that goes on regardless: everybody else in the process has a turn in between.
    if (account === undefined) return new Promise((resolve) => setImmediate(resolve));
    if (isAnswer(emission)) account.left--;
    if (account.left > 0) return undefined;
    if (account.left < -MAX_OVERDRAFT) {
      throw new MillraceError(
        'resource_exhausted',
        `the model gave ${MAX_OVERDRAFT} answers without waiting until their reader has room; await what emit returns`,
      );
    }
    return new Promise((resolve) => account.waiting.push(resolve));
  }
}

function wake(account: Account): void {
  for (const resolve of account.waiting.splice(0)) resolve();
}
