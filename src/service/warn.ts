import { type EventBus, toMillraceError } from '../core/index.js';

/** Logs a failure and its reason as a warning. */
export function warn(events: EventBus, message: string, error: unknown): void {
  const reason = toMillraceError(error).message;
  events.publish('diagnostic', { level: 'warn', room: 'service', message: `${message}: ${reason}` });
}
