import { invalidArgument, MillraceError } from '../../core/index.js';

/** What a library says of encoded bytes, in one line, as `invalid_argument`; errors of our own as they are. `what`: 'the sound is a broken WAV'. */
export function broken(what: string, cause: unknown): MillraceError {
  if (cause instanceof MillraceError) return cause;
  const [reason = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n', 1);
  return invalidArgument(`${what}: ${reason}`, { cause });
}
