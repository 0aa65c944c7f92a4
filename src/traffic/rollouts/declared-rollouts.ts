import { type Clock, type EventBus, MillraceError, type Timer, toMillraceError } from '../../core/index.js';
import { findVersion } from '../../models/index.js';
import { type Store, StoreInUse } from '../../store/index.js';
import { checkStart, type StartChecks } from './check-start.js';
import { declarationOf, type FileRollouts, toRolloutOptions } from './file-rollouts.js';
import { lastUsersOf } from './last-users.js';
import type { RolloutConfig } from './options.js';
import { declaredOf } from './records.js';
import type { Rollouts } from './rollouts.js';

export interface DeclaredRolloutsParts extends StartChecks {
  readonly fileRollouts: FileRollouts;
  readonly rollouts: Pick<Rollouts, 'of' | 'all' | 'begin' | 'command'>;
  readonly store: Pick<Store, 'rollouts' | 'snapshots'>;
  readonly clock: Clock;
  readonly events: EventBus;
}

/** How often what is declared is compared with what runs. */
const CHECK_INTERVAL_MS = 1_000;
/** As many of each model as the store keeps. */
const MAX_PAST = 100;
/** The author of their begin and end, for the history. */
const BY = 'the settings';

/**
 * Begins the rollouts that the settings declare, each once for its model, versions and plan: as soon as both versions serve and no other
 * rollout of the model runs. One that the settings declare no more, or otherwise, is aborted.
 */
export class DeclaredRollouts {
  readonly #parts: DeclaredRolloutsParts;
  /** By model, the declaration of a rollout that has begun once, so that the store is not asked again. */
  readonly #begun = new Map<string, string>();
  /** By model, why it does not begin, as it was reported. */
  readonly #waiting = new Map<string, string>();
  #timer: Timer | undefined;
  #checking: Promise<void> = Promise.resolve();
  #isStarted = false;
  #isClosed = false;

  constructor(parts: DeclaredRolloutsParts) {
    this.#parts = parts;
  }

  /** From now on; the models are there. */
  start(): void {
    this.#isStarted = true;
    this.check();
  }

  /** Compares now, and once a second as long as anything is declared. */
  check(): void {
    if (!this.#isStarted || this.#isClosed) return;
    this.#timer?.clear();
    this.#timer = undefined;
    this.#checking = this.#checking
      .then(() => this.#checkAll())
      .then(() => {
        if (this.#isClosed || this.#timer !== undefined || this.#isIdle()) return;
        this.#timer = this.#parts.clock.setTimer(CHECK_INTERVAL_MS, () => this.check());
      });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.clear();
    await this.#checking;
  }

  #isIdle(): boolean {
    const { fileRollouts, rollouts } = this.#parts;
    const isDeclared = rollouts.all().some(({ declared }) => declared.declaration !== undefined);
    return Object.keys(fileRollouts.configs).length === 0 && !isDeclared;
  }

  async #checkAll(): Promise<void> {
    const { configs } = this.#parts.fileRollouts;
    for (const model of this.#waiting.keys()) if (!Object.hasOwn(configs, model)) this.#waiting.delete(model);
    const undeclared = this.#parts.rollouts.all().map(({ declared }) => declared.plan.model);
    for (const model of new Set([...undeclared, ...Object.keys(configs)])) {
      if (this.#isClosed) return;
      try {
        await this.#checkModel(model, configs[model]);
        this.#waiting.delete(model);
      } catch (error) {
        // The process that writes the store begins it.
        if (!(error instanceof StoreInUse)) this.#report(model, error);
      }
    }
  }

  async #checkModel(model: string, config: RolloutConfig | undefined): Promise<void> {
    const { rollouts, lookup } = this.#parts;
    const running = rollouts.of(model)?.declared;
    if (running !== undefined) {
      const { declaration, plan } = running;
      if (declaration === undefined || declaration === (config && declarationOf(config, plan.stable))) return;
      const note = config === undefined ? 'they declare it no more' : 'they declare another one';
      await rollouts.command(model, { action: 'abort', by: BY, note });
    }
    if (config === undefined || lookup.starting()) return;
    const { version: stable } = findVersion(lookup, { name: model, version: undefined }).ref;
    if (stable === config.to) return;
    if (config.from !== undefined && config.from !== stable) {
      throw new MillraceError(
        'failed_precondition',
        `it begins from version ${config.from}, and version ${stable} is stable`,
      );
    }
    const declaration = declarationOf(config, stable);
    if (await this.#hasBegun(model, declaration)) return;
    const options = toRolloutOptions(config);
    const lastUsers = await lastUsersOf(this.#parts.store, model, options.sticky);
    const { declared, given } = checkStart(this.#parts, { model, options, lastUsers });
    await rollouts.begin({ declared: { ...declared, declaration }, given }, BY);
    this.#begun.set(model, declaration);
  }

  async #hasBegun(model: string, declaration: string): Promise<boolean> {
    if (this.#begun.get(model) === declaration) return true;
    const past = await this.#parts.store.rollouts.ofModel(model, MAX_PAST);
    const isKnown = past.some((record) => declaredOf(record).declaration === declaration);
    if (isKnown) this.#begun.set(model, declaration);
    return isKnown;
  }

  /** Once for each reason. */
  #report(model: string, error: unknown): void {
    const { message: reason } = toMillraceError(error);
    if (this.#waiting.get(model) === reason) return;
    this.#waiting.set(model, reason);
    const message = `the rollout of '${model}' that the settings declare has not begun: ${reason}`;
    this.#parts.events.publish('diagnostic', { level: 'warn', room: 'service', message, error });
  }
}
