import { DistinctKeys, KeptKeys } from '../../rollouts/index.js';

/** Plain JSON. */
export interface RolloutKeysSnapshot {
  /** Of the rollout. */
  readonly id: string;
  /** All of them, as {@link DistinctKeys} keeps them. */
  readonly seen: string;
  /** Canary's, as {@link KeptKeys} keeps them. */
  readonly canary: string;
}

/** The keys of one sticky rollout: how many there are, and which are canary's. */
export class RolloutKeys {
  readonly #seen: DistinctKeys;
  readonly canary: KeptKeys;
  #isChanged = false;

  constructor(snapshot?: RolloutKeysSnapshot) {
    this.#seen = new DistinctKeys(snapshot?.seen);
    this.canary = new KeptKeys(snapshot?.canary);
  }

  /** About how many there were. */
  get count(): number {
    return this.#seen.count;
  }

  /** A request of the key has got an arm. */
  add(key: number, isCanary: boolean): void {
    if (this.#seen.add(key)) this.#isChanged = true;
    if (isCanary && this.canary.add(key)) this.#isChanged = true;
  }

  /** Changes to store since the last call; undefined = none. */
  changed(id: string): RolloutKeysSnapshot | undefined {
    if (!this.#isChanged) return undefined;
    this.#isChanged = false;
    return { id, seen: this.#seen.snapshot(), canary: this.canary.snapshot() };
  }

  /** The last changes could not be stored: the next call of {@link changed} returns them again. */
  keepChanged(): void {
    this.#isChanged = true;
  }
}
