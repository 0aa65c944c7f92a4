/** Lets answers out in the order in which their requests came in (`preserveOrder`). */
export class OrderedRelease {
  readonly #waiting = new Map<number, { readonly actions: (() => void)[]; ended: boolean }>();

  arrive(callId: number): void {
    this.#waiting.set(callId, { actions: [], ended: false });
  }

  /** Does `action` when everything that arrived before has ended. */
  hold(callId: number, action: () => void): void {
    this.#waiting.get(callId)?.actions.push(action);
    this.#flush();
  }

  /** The last action of a request. */
  release(callId: number, action: () => void): void {
    const entry = this.#waiting.get(callId);
    if (entry === undefined) return;
    entry.actions.push(action);
    entry.ended = true;
    this.#flush();
  }

  #flush(): void {
    for (const [callId, entry] of this.#waiting) {
      for (const action of entry.actions.splice(0)) action();
      if (!entry.ended) return;
      this.#waiting.delete(callId);
    }
  }
}
