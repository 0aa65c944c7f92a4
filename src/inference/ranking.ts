/**
 * The best few of many indices, in order: a heap with the worst of those kept on top, which is the one to beat. Taking the worst away,
 * one after the other, leaves all of them in `best`, the best first.
 */
export class Ranking {
  readonly best: Uint32Array;
  readonly #compare: (a: number, b: number) => number;
  #size = 0;

  /** `compare` is below 0 where `a` ranks before `b`, and never 0. */
  constructor(kept: number, compare: (a: number, b: number) => number) {
    this.best = new Uint32Array(kept);
    this.#compare = compare;
  }

  offer(index: number): void {
    if (this.#size < this.best.length) this.#rise(index, this.#size++);
    else if (this.#size > 0 && this.#compare(index, this.best[0] as number) < 0) this.#sink(index);
  }

  /** Puts the worst of those not yet taken behind the others; false when there is none. */
  takeWorst(): boolean {
    if (this.#size === 0) return false;
    const worst = this.best[0] as number;
    const last = this.best[--this.#size] as number;
    if (this.#size > 0) this.#sink(last);
    this.best[this.#size] = worst;
    return true;
  }

  #rise(index: number, from: number): void {
    const { best } = this;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#compare(index, best[parent] as number) < 0) break;
      best[at] = best[parent] as number;
      at = parent;
    }
    best[at] = index;
  }

  #sink(index: number): void {
    const { best } = this;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && this.#compare(best[child] as number, best[child + 1] as number) < 0) child++;
      if (this.#compare(best[child] as number, index) < 0) break;
      best[at] = best[child] as number;
      at = child;
    }
    best[at] = index;
  }
}
