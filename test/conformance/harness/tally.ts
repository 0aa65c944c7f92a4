/** Counts checks; says nothing about those that pass. */
export class Tally {
  #passed = 0;
  readonly #failures: string[] = [];

  get passed(): number {
    return this.#passed;
  }

  pass(count = 1): void {
    this.#passed += count;
  }

  fail(message: string): void {
    this.#failures.push(message);
  }

  check(condition: boolean, message: string): void {
    if (condition) this.pass();
    else this.fail(message);
  }

  /** Takes over what a program of another language counted and printed: its lines `FAIL …` and its closing line. */
  adopt(name: string, output: string): void {
    const closing = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1);
    if (closing === undefined) {
      this.fail(`${name} ended without counting:\n${output.slice(-MAX_LAST_WORDS)}`);
      return;
    }
    this.pass(Number(closing[1]));
    const lines = [...output.matchAll(/^FAIL (.*)$/gm)].map(([, line]) => `${name}: ${line}`);
    while (lines.length < Number(closing[2])) lines.push(`${name}: a failure that it did not name`);
    this.#failures.push(...lines);
  }

  /** Prints the failures and the closing line that `npm run test:conformance` adds up; gives the exit code. */
  close(): number {
    for (const failure of this.#failures) console.log(`FAIL ${failure}`);
    console.log(`${this.#passed} passed, ${this.#failures.length} failed`);
    return this.#failures.length === 0 ? 0 : 1;
  }
}

const MAX_LAST_WORDS = 4_000;
