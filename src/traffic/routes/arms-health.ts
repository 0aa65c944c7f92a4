import type { Clock, EventBus, MillraceError } from '../../core/index.js';
import { type ArmHealth, admits, HEALTHY, probed, type Route, type RouteArm, recorded } from '../../routing/index.js';

/** Codes that say something of an arm, not of its caller or its queue. */
const FAILURES: ReadonlySet<MillraceError['code']> = new Set(['internal', 'unavailable', 'deadline_exceeded']);

/** How the arms of routes with outlier detection answer, and which are left out for that. */
export class ArmsHealth {
  readonly #clock: Clock;
  readonly #events: EventBus;
  readonly #health = new WeakMap<RouteArm, ArmHealth>();

  constructor({ clock, events }: { readonly clock: Clock; readonly events: EventBus }) {
    this.#clock = clock;
    this.#events = events;
  }

  /** Whether an arm may have a request now. */
  admits({ outlierDetection }: Route, arm: RouteArm): boolean {
    return outlierDetection === undefined || admits(this.#of(arm), this.#clock.now()) !== 'no';
  }

  /** It gets one: where it was left out, to try it. */
  chosen({ outlierDetection }: Route, arm: RouteArm): void {
    const health = this.#of(arm);
    if (outlierDetection === undefined || health.kind === 'healthy') return;
    this.#health.set(arm, probed(health, this.#clock.now(), outlierDetection));
  }

  /** A request that it got has ended. What its caller gave up says nothing. */
  ended({ name, outlierDetection: policy }: Route, arm: RouteArm, error: MillraceError | undefined): void {
    if (policy === undefined || (error !== undefined && error.code === 'cancelled')) return;
    const before = this.#of(arm);
    const now = this.#clock.now();
    const after = recorded(before, error !== undefined && FAILURES.has(error.code), { now, policy });
    if (after === before) return;
    this.#health.set(arm, after);
    if (after.kind === 'ejected') {
      this.#tell(
        `route '${name}' leaves out its arm '${arm.name}' for ${Math.round(after.until - now)} ms: ${error?.message}`,
      );
    } else if (before.kind === 'probed') this.#tell(`route '${name}' uses its arm '${arm.name}' again`);
  }

  #of(arm: RouteArm): ArmHealth {
    return this.#health.get(arm) ?? HEALTHY;
  }

  #tell(message: string): void {
    this.#events.publish('diagnostic', { level: 'warn', room: 'service', message });
  }
}
