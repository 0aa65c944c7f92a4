import { randomUUID } from 'node:crypto';
import type { Clock } from '../../core/index.js';

/** The route for models without a chat template. */
export const TEXTS_ROUTE = '/v1/completions';

/** What every chunk of an answer begins with. */
export interface AnswerHead {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
}

/** `prefix` as OpenAI has it, with what separates it: `chatcmpl-`, `resp_`. */
export function newId(prefix: string): string {
  return `${prefix}${randomUUID().replaceAll('-', '')}`;
}

export function createHead(prefix: string, model: string, clock: Clock): AnswerHead {
  return { id: newId(prefix), created: Math.floor(clock.wallNow() / 1_000), model };
}
