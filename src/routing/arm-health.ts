/** When an arm is left out, and for how long. */
export interface OutlierPolicy {
  /** Failures one behind the other. */
  readonly consecutiveErrors: number;
  /** The first time; twice as long each further time, until it has answered again. */
  readonly ejectionMs: number;
  readonly maxEjectionMs: number;
}

/** What is known of how an arm answers. Times are {@link Clock.now} milliseconds. */
export type ArmHealth =
  | { readonly kind: 'healthy'; readonly errors: number }
  /** Gets nothing until then, and one request to try it after that. */
  | { readonly kind: 'ejected'; readonly until: number; readonly times: number }
  /** That request is on its way; should nobody hear of it again, another one goes out at `until`. */
  | { readonly kind: 'probed'; readonly until: number; readonly times: number };

export const HEALTHY: ArmHealth = Object.freeze({ kind: 'healthy', errors: 0 });

/** Whether an arm may have a request: `probe` = this one only, to see how it does. */
export function admits(health: ArmHealth, now: number): 'yes' | 'no' | 'probe' {
  if (health.kind === 'healthy') return 'yes';
  return now < health.until ? 'no' : 'probe';
}

/** The request to try it has been sent. */
export function probed(health: ArmHealth, now: number, { ejectionMs }: OutlierPolicy): ArmHealth {
  return health.kind === 'healthy' ? health : { kind: 'probed', until: now + ejectionMs, times: health.times };
}

/** An arm has answered, or failed. What was sent to it before it was ejected changes nothing. */
export function recorded(
  health: ArmHealth,
  failed: boolean,
  { now, policy }: { readonly now: number; readonly policy: OutlierPolicy },
): ArmHealth {
  if (health.kind === 'ejected') return health;
  if (!failed) return health.kind === 'healthy' && health.errors === 0 ? health : HEALTHY;
  if (health.kind === 'probed') return ejected(health.times + 1, now, policy);
  const errors = health.errors + 1;
  return errors < policy.consecutiveErrors ? { kind: 'healthy', errors } : ejected(1, now, policy);
}

function ejected(times: number, now: number, { ejectionMs, maxEjectionMs }: OutlierPolicy): ArmHealth {
  return { kind: 'ejected', until: now + Math.min(ejectionMs * 2 ** (times - 1), maxEjectionMs), times };
}
