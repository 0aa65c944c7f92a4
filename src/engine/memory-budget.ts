import { SerialQueue } from '../async/index.js';
import { isOwnModel, MillraceError, msg, namedModel } from '../core/index.js';
import { formatMemory, type KnownNeed, planLoad } from '../memory/index.js';
import type { ModelSource } from '../repository/index.js';
import { readProcessStates } from '../runtimes/index.js';
import type { CreateEngineOptions } from './setup.js';
import type { MemoryUsage, ModelGauges } from './types.js';

type MemoryBudgetSetup = Pick<CreateEngineOptions, 'memoryBudgetBytes' | 'memoryNeedOf'>;

/** Resident memory by pid; processes that are gone are missing. */
type ReadMemory = (pids: readonly number[]) => Promise<ReadonlyMap<number, { readonly rssBytes: number }>>;

/** Resident memory of the server and of its runners. */
interface Held {
  readonly serverBytes: number;
  readonly runnerBytes: number;
}

/** Lets models load while their peak fits into `memory.budget`, beside what the server and its runners hold and other loads are promised. */
export class MemoryBudget {
  readonly #setup: MemoryBudgetSetup;
  readonly #gauges: () => readonly ModelGauges[];
  readonly #readMemory: ReadMemory;
  /** Loads ask one after the other, so that a large one is not passed for ever. */
  readonly #turns = new SerialQueue();
  #reservedBytes = 0;
  /** Loads that are over. */
  #releases = 0;
  #onRelease: (() => void) | undefined;

  /** `gauges`: of all models, whose runners count. */
  constructor(
    setup: MemoryBudgetSetup,
    gauges: () => readonly ModelGauges[],
    readMemory = readProcessStates as ReadMemory,
  ) {
    this.#setup = setup;
    this.#gauges = gauges;
    this.#readMemory = readMemory;
  }

  /** undefined = there is no budget. */
  get usage(): MemoryUsage | undefined {
    const { memoryBudgetBytes: budgetBytes } = this.#setup;
    return budgetBytes === undefined ? undefined : { budgetBytes, reservedBytes: this.#reservedBytes };
  }

  /** Reserves the peak of a source's load until that is over, and waits for loads under way if it fits behind them. Throws `resource_exhausted`. */
  async whileLoading<Result>(source: ModelSource, load: () => Promise<Result>): Promise<Result> {
    const { memoryBudgetBytes: budgetBytes, memoryNeedOf } = this.#setup;
    if (budgetBytes === undefined || isOwnModel(source.name)) return load();
    const need = memoryNeedOf?.(source);
    if (need === undefined) return load();
    await this.#turns.run(() => this.#reserve({ source, need, budgetBytes }));
    try {
      return await load();
    } finally {
      this.#reservedBytes -= need.peakBytes;
      this.#releases++;
      this.#onRelease?.();
    }
  }

  async #reserve(wanted: Wanted): Promise<void> {
    const { need, budgetBytes } = wanted;
    for (;;) {
      const held = await this.#held();
      const plan = planLoad(need.peakBytes, {
        budgetBytes,
        heldBytes: held.serverBytes + held.runnerBytes,
        fixedBytes: held.serverBytes,
        reservedBytes: this.#reservedBytes,
        residents: [],
      });
      if (plan.kind === 'load') {
        this.#reservedBytes += need.peakBytes;
        return;
      }
      if (plan.kind === 'tooLarge') throw tooLarge(wanted, held);
      if (this.#reservedBytes === 0) throw full(wanted, held);
      await new Promise<void>((resolve) => {
        this.#onRelease = resolve;
      });
    }
  }

  async #held(): Promise<Held> {
    const releases = this.#releases;
    const held = await this.#readHeld();
    // The runners of a load that ended meanwhile are not in it, and no longer reserved either.
    return releases === this.#releases ? held : this.#held();
  }

  async #readHeld(): Promise<Held> {
    const pids = [...new Set(this.#gauges().flatMap(runnersOf))];
    const states = await this.#readMemory([process.pid, ...pids]);
    const bytesOf = (pid: number) => states.get(pid)?.rssBytes ?? 0;
    return { serverBytes: bytesOf(process.pid), runnerBytes: pids.reduce((sum, pid) => sum + bytesOf(pid), 0) };
  }
}

/** Pids of the runners of a version that are up. */
function runnersOf({ instances, preparer }: ModelGauges): readonly number[] {
  const all = preparer === undefined ? instances : [...instances, preparer];
  return all.filter(({ up, memoryLimit }) => up && memoryLimit !== undefined).map(({ pid }) => pid);
}

/** A load that needs memory. */
interface Wanted {
  readonly source: ModelSource;
  readonly need: KnownNeed;
  readonly budgetBytes: number;
}

function tooLarge({ source, need, budgetBytes }: Wanted, { serverBytes }: Held): MillraceError {
  const left = Math.max(0, budgetBytes - serverBytes);
  return new MillraceError(
    'resource_exhausted',
    msg`${namedModel(source)} is too large for memory.budget: it needs ${describe(need)} while it loads, and of ${formatMemory(budgetBytes)} the server itself leaves ${formatMemory(left)}`,
    { reason: 'out_of_memory' },
  );
}

function full({ source, need, budgetBytes }: Wanted, { serverBytes, runnerBytes }: Held): MillraceError {
  return new MillraceError(
    'resource_exhausted',
    msg`${namedModel(source)} does not fit into memory.budget: it needs ${describe(need)} while it loads, and of ${formatMemory(budgetBytes)} the server holds ${formatMemory(serverBytes)} and loaded models ${formatMemory(runnerBytes)}; unload models, or raise memory.budget`,
    { reason: 'out_of_memory' },
  );
}

function describe({ peakBytes, isMeasured }: KnownNeed): string {
  return isMeasured ? formatMemory(peakBytes) : `about ${formatMemory(peakBytes)} (estimated from its files)`;
}
