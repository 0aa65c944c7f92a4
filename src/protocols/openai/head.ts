import type { Clock } from '../../core/index.js';
import { newId } from '../shared/generation/new-id.js';

/** The route for models without a chat template. */
export const TEXTS_ROUTE = '/v1/completions';

/** What every chunk of an answer begins with. */
export interface AnswerHead {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
}

export function createHead(prefix: string, model: string, clock: Clock): AnswerHead {
  return { id: newId(prefix), created: Math.floor(clock.wallNow() / 1_000), model };
}
