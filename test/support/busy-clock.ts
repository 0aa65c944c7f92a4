import { FakeClock } from './fake-clock.js';

/** A clock on which work takes time: what others do in each turn of the loop, and what a test says it has spent. */
export class BusyClock extends FakeClock {
  spentMs = 0;
  othersMs = 0;

  override now(): number {
    return super.now() + this.spentMs;
  }

  override defer(callback: () => void): void {
    super.defer(() => {
      this.spentMs += this.othersMs;
      callback();
    });
  }
}
