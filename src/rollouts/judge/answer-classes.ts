import { mixBits } from '../../core/index.js';
import { fromBase64, toBase64 } from '../base64.js';
import type { ArmName } from './observation.js';

/** Plain JSON. */
export interface AnswerClassesState {
  readonly known: readonly string[];
  /** Base64 of 16 bits for each group. */
  readonly stable: string;
  readonly canary: string;
  /** Groups and arms of the answers since the last block, in the same way. */
  readonly pending: string;
}

/** Classes with a name; all others are told apart by a hash. */
const MAX_NAMED = 15;
const MAX_LENGTH = 64;
/** Groups of the classes without a name, each of which is compared. */
export const HASH_BUCKETS = 16;
/** Groups of all classes that are counted, to know which of them canary answers more often. */
const GROUPS = 1 << 10;
/** Counts are halved before they overflow. */
const MOST = 0xffff;

/** Classes by number: those that were seen first, by name; then the buckets of the others; then those that canary has answered more often. */
export const FIRST_BUCKET = MAX_NAMED;
export const MORE_OFTEN = FIRST_BUCKET + HASH_BUCKETS;

const ARMS = ['stable', 'canary'] as const;

interface Class {
  readonly group: number;
  readonly traits: readonly number[];
  readonly traitsIfMore: readonly number[];
}

/** Tells which traits an answer has by its class. */
export class AnswerClasses {
  readonly #named = new Map<string, Class>();
  readonly #byBucket: readonly Pick<Class, 'traits' | 'traitsIfMore'>[];
  readonly #counts: Readonly<Record<ArmName, Uint16Array>>;
  readonly #sums: Record<ArmName, number> = { stable: 0, canary: 0 };
  /** Answers since the last block, as twice their group, and 1 more where canary has given them. */
  #pending: number[];

  constructor(state?: AnswerClassesState) {
    this.#byBucket = Array.from({ length: HASH_BUCKETS }, (_, bucket) => traitsWith(FIRST_BUCKET + bucket));
    for (const name of state?.known ?? []) this.#name(name, hash(name) % GROUPS);
    this.#counts = { stable: new Uint16Array(GROUPS), canary: new Uint16Array(GROUPS) };
    this.#pending = state === undefined ? [] : [...new Uint16Array(fromBase64(state.pending))];
    if (state === undefined) return;
    for (const arm of ARMS) this.#counts[arm].set(new Uint16Array(fromBase64(state[arm])));
    this.#add();
  }

  /** The names of the first traits. */
  get names(): readonly string[] {
    return [...this.#named.keys()];
  }

  /** Counts an answer, and returns its traits. */
  observe(arm: ArmName, answer: string): readonly number[] {
    const name = answer.length > MAX_LENGTH ? answer.slice(0, MAX_LENGTH) : answer;
    let known: Class | undefined = this.#named.get(name);
    if (known === undefined) {
      const hashed = hash(name);
      const group = hashed % GROUPS;
      if (this.#named.size < MAX_NAMED) known = this.#name(name, group);
      else {
        const bucket = this.#byBucket[(hashed >>> 16) % HASH_BUCKETS];
        return (this.#isMoreOften(arm, group) ? bucket?.traitsIfMore : bucket?.traits) ?? [];
      }
    }
    return this.#isMoreOften(arm, known.group) ? known.traitsIfMore : known.traits;
  }

  /** A block has ended: which answers canary gives more often is known anew. */
  settle(): void {
    for (const word of this.#pending) {
      const counts = (word & 1) === 1 ? this.#counts.canary : this.#counts.stable;
      const count = (counts[word >> 1] ?? 0) + 1;
      counts[word >> 1] = count;
      if (count === MOST) this.#halve();
    }
    this.#pending = [];
    this.#add();
  }

  /** How many classes there are, about: by how many groups are empty. */
  get size(): number {
    const { stable, canary } = this.#counts;
    let empty = 0;
    for (let group = 0; group < GROUPS; group++) if (stable[group] === 0 && canary[group] === 0) empty++;
    return Math.round(GROUPS * Math.log(GROUPS / Math.max(empty, 1)));
  }

  snapshot(): AnswerClassesState {
    const { stable, canary } = this.#counts;
    return {
      known: this.names,
      stable: toBase64(stable),
      canary: toBase64(canary),
      pending: toBase64(Uint16Array.from(this.#pending)),
    };
  }

  #name(name: string, group: number): Class {
    const known = { group, ...traitsWith(this.#named.size) };
    this.#named.set(name, known);
    return known;
  }

  /** Counts an answer; returns whether canary had given it more often than stable before this block. */
  #isMoreOften(arm: ArmName, group: number): boolean {
    this.#pending.push(2 * group + (arm === 'canary' ? 1 : 0));
    const { stable, canary } = this.#counts;
    return (canary[group] ?? 0) * this.#sums.stable > (stable[group] ?? 0) * this.#sums.canary;
  }

  #halve(): void {
    for (const arm of ARMS)
      for (const [group, count] of this.#counts[arm].entries()) this.#counts[arm][group] = count >> 1;
  }

  #add(): void {
    for (const arm of ARMS) {
      const counts = this.#counts[arm];
      let sum = 0;
      for (let group = 0; group < GROUPS; group++) sum += counts[group] ?? 0;
      this.#sums[arm] = sum;
    }
  }
}

function traitsWith(trait: number): Pick<Class, 'traits' | 'traitsIfMore'> {
  return { traits: [trait], traitsIfMore: [trait, MORE_OFTEN] };
}

/** FNV-1a of its UTF-16 units, and mixed: the same in every process, as groups are stored. */
function hash(text: string): number {
  let hashed = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hashed = Math.imul(hashed ^ text.charCodeAt(index), 0x01000193);
  return mixBits(hashed);
}
