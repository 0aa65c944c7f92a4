/** A running estimate of the median in constant space: it takes a step of 5 % towards each value. 0 until the first. */
export class RunningMedian {
  #value = 0;

  get value(): number {
    return this.#value;
  }

  add(value: number): void {
    if (this.#value === 0) this.#value = value;
    else if (value > this.#value) this.#value *= 1.05;
    else if (value < this.#value) this.#value /= 1.05;
  }
}
