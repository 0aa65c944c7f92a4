import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { LaterWrites } from '../../async/index.js';
import { type Clock, type EventBus, type JsonValue, warn } from '../../core/index.js';
import { type KeptCount, LIMIT_NAMES, type LocalQuotaKeeper } from '../../governance/index.js';
import type { Snapshots } from '../../store/index.js';

const KIND = 'quota';
/** At most what was used in so long is missing after a crash. */
const KEEP_AFTER_MS = 5_000;

const KeptSchema = Type.Array(
  Type.Object({
    limit: Type.Union(LIMIT_NAMES.map((name) => Type.Literal(name))),
    principal: Type.Optional(Type.String()),
    group: Type.Optional(Type.String()),
    model: Type.Optional(Type.String()),
    day: Type.Integer(),
    used: Type.Number({ minimum: 0 }),
  }),
);

export interface QuotaBooksSetup {
  readonly keeper: Pick<LocalQuotaKeeper, 'ofDays' | 'dayCounts' | 'resume'>;
  readonly snapshots: Snapshots;
  readonly clock: Clock;
  readonly events: EventBus;
}

/** Keeps the usage of daily limits over restarts. A failure to store is reported once, and requests continue. */
export class QuotaBooks {
  readonly #setup: QuotaBooksSetup;
  readonly #kept = new Map<string, string>();
  readonly #writes: LaterWrites;
  /** The stored counters could not be read, and are not overwritten. */
  #unreadable = false;

  constructor(setup: QuotaBooksSetup) {
    this.#setup = setup;
    this.#writes = new LaterWrites({
      ...setup,
      afterMs: KEEP_AFTER_MS,
      write: () => this.#keep(),
      onFailure: (error) => warn(setup.events, 'what is used of quotas could not be kept, which is tried again', error),
    });
  }

  /** Goes on with what was kept. Never rejects: without it, counting begins anew. */
  async load(): Promise<void> {
    const { keeper, snapshots, events } = this.#setup;
    try {
      for (const quota of keeper.ofDays) {
        const value = await snapshots.get(KIND, quota.name);
        if (Value.Check(KeptSchema, value)) {
          keeper.resume(
            quota,
            value.map(({ limit, day, used, principal, group, model }) => ({
              limit,
              day,
              used,
              whose: { principal, group, model },
            })),
          );
        }
      }
    } catch (error) {
      this.#unreadable = true;
      warn(events, 'what was used of quotas before cannot be read, and what is used now is not kept', error);
    }
  }

  /** Something has been counted. */
  changed(): void {
    if (!this.#unreadable && this.#setup.keeper.ofDays.length > 0) this.#writes.changed();
  }

  /** Keeps what has not been kept yet. */
  close(): Promise<void> {
    return this.#writes.close();
  }

  async #keep(): Promise<void> {
    const { keeper, snapshots } = this.#setup;
    for (const [{ name }, counts] of keeper.dayCounts()) {
      const value = counts.map(toKept);
      const text = JSON.stringify(value);
      if ((this.#kept.get(name) ?? '[]') === text) continue;
      await snapshots.put(KIND, name, value);
      this.#kept.set(name, text);
    }
  }
}

function toKept({ limit, day, used, whose }: KeptCount): JsonValue {
  const { principal, group, model } = whose;
  return {
    limit,
    day,
    used,
    ...(principal !== undefined && { principal }),
    ...(group !== undefined && { group }),
    ...(model !== undefined && { model }),
  };
}
