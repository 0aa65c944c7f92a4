import { MillraceError } from '../../core/index.js';
import { type Emission, STREAM_CREDIT } from '../contract.js';

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

  /**
   * Answers were passed on. What it returns resolves when the readers of all these items have room again, or are gone;
   * undefined when they have it now. Throws `resource_exhausted` when the model does not wait for that.
   */
  spend(emissions: readonly Emission[]): Promise<void> | undefined {
    let gone = false;
    for (const emission of emissions) {
      const account = this.#accounts.get(emission.callId);
      if (emission.final) this.forget(emission.callId);
      else if (account === undefined) gone = true;
      else if (emission.outputs.length > 0 || emission.error !== undefined) account.left--;
    }
    const full = emissions.filter(({ callId }) => this.#leftOf(callId) <= 0);
    if (full.length > 0) return Promise.all(full.map(({ callId }) => this.#room(callId))).then(() => undefined);
    // To a model that goes on regardless: everybody else in the process has a turn in between.
    return gone ? new Promise((resolve) => setImmediate(resolve)) : undefined;
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

  #leftOf(callId: number): number {
    return this.#accounts.get(callId)?.left ?? Number.POSITIVE_INFINITY;
  }

  #room(callId: number): Promise<void> {
    const account = this.#accounts.get(callId) as Account;
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
