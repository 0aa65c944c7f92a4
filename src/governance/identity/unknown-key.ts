import { MillraceError } from '../../core/index.js';

/** What every refused key is answered, whatever is wrong with it; `reason` is for the log alone. */
export function unknownKey(reason?: string): MillraceError {
  return new MillraceError('unauthenticated', 'this key is not known', reason === undefined ? {} : { cause: reason });
}
