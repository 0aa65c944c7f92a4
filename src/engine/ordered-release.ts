/** Lets answers out in the order in which their requests came in (`preserveOrder`). */
export class OrderedRelease {
  readonly #waiting = new Map<number, { readonly actions: (() => void)[]; ended: boolean }>();

  arrive(callId: number): void {
    this.#waiting.set(callId, { actions: [], ended: false });
  }

  /** It has arrived, and not left yet. */
  has(callId: number): boolean {
    return this.#waiting.has(callId);
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

  /** Takes a request out of the order; what it still holds is dropped. */
  leave(callId: number): void {
    const entry = this.#waiting.get(callId);
    if (entry === undefined) return;
    entry.actions.length = 0;
    this.#waiting.delete(callId);
    this.#flush();
  }

  #flush(): void {
    for (const [callId, entry] of this.#waiting) {
      // One by one, because an action may come back here.
      for (let action = entry.actions.shift(); action !== undefined; action = entry.actions.shift()) action();
      if (!entry.ended) return;
      this.#waiting.delete(callId);
    }
  }
}
