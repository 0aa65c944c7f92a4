/** Counts the checks of a Node script, and prints each failure on a line. */
export class Checks {
  #passed = 0;
  #failed = 0;

  async run(name, check) {
    try {
      await check();
      this.#passed++;
    } catch (error) {
      this.#failed++;
      const reason = String(error?.stack ?? error).replaceAll(/\s+/g, ' ');
      console.log(`FAIL ${name}: ${reason.slice(0, 500)}`);
    }
  }

  /** Prints the counts, as a suite adopts them. */
  close() {
    console.log(`${this.#passed} passed, ${this.#failed} failed`);
    process.exitCode = this.#failed === 0 ? 0 : 1;
  }
}
