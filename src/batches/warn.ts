import { type EventBus, toMillraceError } from '../core/index.js';

export function warn(events: EventBus, what: string, thrown: unknown): void {
  const error = toMillraceError(thrown);
  events.publish('diagnostic', { level: 'warn', room: 'batches', message: `${what}: ${error.message}`, error });
}
