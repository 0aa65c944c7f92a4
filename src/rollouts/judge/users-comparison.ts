import { LOG_MOST, LOG_MOST_A_BLOCK } from './bets.js';
import { type Block, Blocks, tablesOf } from './block.js';
import type { Observation } from './observation.js';
import { type Rates, Tally, type TallyState } from './tally.js';
import { type UserState, UserTotals } from './user-totals.js';

/** Plain JSON. */
export interface UsersState {
  readonly open?: Block | undefined;
  readonly users: readonly UserState[];
  readonly share: number;
  /** Shares before this one. */
  readonly shares: number;
  readonly requests: number;
  readonly moments: number;
  readonly looks: number;
  readonly peak: number;
  readonly isKeyed?: boolean | undefined;
  readonly tally?: TallyState | undefined;
}

const NOTHING: UsersState = { users: [], share: 0, shares: 0, requests: 0, moments: 0, looks: 0, peak: 0 };

/** Requests at a share before the first look, and how many times as many before each further one. */
const FIRST_LOOK = 128;
const LOOK_FACTOR = 1.25;

const TRAIT = 0;
const TRAITS = [TRAIT] as const;
const NO_TRAITS = [] as const;

/**
 * Compares users by all of their requests: whether a share of them that is larger has the trait in canary. Chance has assigned the users, so a
 * user is one value, the more exact the more often they come. Looks at them now and then: the n-th look at the m-th share stakes
 * 1 / (n (n + 1) m (m + 1)).
 */
export class UsersComparison {
  readonly #blocks: Blocks;
  readonly #totals: UserTotals;
  readonly #tally: Tally;
  #share: number;
  #shares: number;
  #requests: number;
  /** Blocks at this share in which requests of canary had the trait. */
  #moments: number;
  #looks: number;
  #peak: number;
  /** undefined before the first request. */
  #isKeyed: boolean | undefined;

  constructor(state = NOTHING) {
    this.#blocks = new Blocks(state.open, 1);
    this.#totals = new UserTotals(state.users);
    this.#tally = new Tally(state.tally);
    this.#share = state.share;
    this.#shares = state.shares;
    this.#requests = state.requests;
    this.#moments = state.moments;
    this.#looks = state.looks;
    this.#peak = state.peak;
    this.#isKeyed = state.isKeyed;
  }

  /**
   * The evidence of a metric, with that of its blocks. Where the first request has a key, each has half of the error budget: they know different
   * things at different times, so that either has to be enough alone.
   */
  combine(peak: number): number {
    return this.#isKeyed === true ? Math.max(peak, this.#peak) / 2 : peak;
  }

  /** Whether all requests of users say more than their first ones. */
  saysMoreThan(peak: number): boolean {
    return this.#isKeyed === true && this.#peak > peak;
  }

  /** How frequent the trait is in all requests of users; the bounds of the difference mean nothing, as no chance has assigned these. */
  rates(): Omit<Rates, 'difference'> {
    const { stable, canary } = this.#tally.rates(TRAIT, 1);
    return { stable, canary };
  }

  /** Counts a request; returns whether a block is full by it. */
  observe(observation: Observation, isFlagged: boolean): boolean {
    const { key, share, isAssigned } = observation;
    this.#isKeyed ??= key !== undefined;
    if (!this.#isKeyed || key === undefined || share < this.#share || isAssigned === false) return false;
    if (share > this.#share) this.#begin(share);
    this.#totals.add(key, observation, isFlagged);
    this.#requests++;
    const block = this.#blocks.add(observation, 0, isFlagged ? TRAITS : NO_TRAITS);
    if (block === undefined) return false;
    const tables = tablesOf(block, TRAIT);
    this.#tally.addBlock(block);
    this.#tally.addTables(TRAIT, tables);
    if (tables.some(({ canaryFlagged }) => canaryFlagged > 0)) this.#moments++;
    if (this.#requests >= FIRST_LOOK * LOOK_FACTOR ** this.#looks) this.#look();
    return true;
  }

  snapshot(): UsersState {
    return {
      open: this.#blocks.snapshot(),
      users: this.#totals.snapshot(),
      share: this.#share,
      shares: this.#shares,
      requests: this.#requests,
      moments: this.#moments,
      looks: this.#looks,
      peak: this.#peak,
      isKeyed: this.#isKeyed,
      tally: this.#tally.snapshot(),
    };
  }

  #begin(share: number): void {
    if (this.#share > 0) this.#shares++;
    this.#share = share;
    this.#requests = 0;
    this.#moments = 0;
    this.#looks = 0;
  }

  #look(): void {
    const stake = 1 / ((this.#looks + 1) * (this.#looks + 2) * (this.#shares + 1) * (this.#shares + 2));
    this.#looks++;
    // As with blocks: what happens to an arm in a moment is one event, whatever number of users it hits.
    const most = Math.exp(Math.min(this.#moments * LOG_MOST_A_BLOCK, LOG_MOST));
    this.#peak = Math.max(this.#peak, stake * Math.min(this.#totals.evidence(this.#share), most));
  }
}
