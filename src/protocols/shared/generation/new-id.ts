import { randomUUID } from 'node:crypto';

/** An id as the protocol's clients know it. `prefix` includes the separator: `chatcmpl-`, `resp_`, `msg_`. */
export function newId(prefix: string): string {
  return `${prefix}${randomUUID().replaceAll('-', '')}`;
}
