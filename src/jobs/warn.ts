import { type EventBus, toMillraceError } from '../core/index.js';

export function warn(events: EventBus, message: string, thrown: unknown): void {
  const error = toMillraceError(thrown);
  events.publish('diagnostic', { level: 'warn', room: 'jobs', message: `${message}: ${error.message}`, error });
}
