import path from 'node:path';
import { ERROR_CODES, invalidArgument, MillraceError, msg, namedModel } from '../../core/index.js';
import { memoryReason } from '../out-of-memory.js';

export interface Thrown {
  /** For the caller. */
  readonly error: MillraceError;
  /** For the log; undefined where the script has answered with an error on purpose. */
  readonly stack: string | undefined;
}

/**
 * What a caller is told of something that a script has thrown: code and message of what was thrown for it; of all else only
 * that it was thrown, since its message may name files and values.
 */
export function explainThrown(thrown: unknown, model: string): Thrown {
  const unforeseen = (what: string) =>
    new MillraceError('internal', msg`${namedModel(model)} failed with ${what}; the server log has the details`);
  if (thrown instanceof MillraceError) {
    const stack = thrown.cause instanceof Error ? withoutQueries(thrown.cause.stack ?? '') : undefined;
    return { error: thrown, stack };
  }
  if (!(thrown instanceof Error)) {
    return { error: unforeseen(`a thrown ${typeof thrown}`), stack: String(thrown) };
  }
  const { name, message, stack } = thrown;
  // Errors of a copy of this package that the script has brought along.
  const code = ERROR_CODES.find((known) => known === (thrown as { readonly code?: unknown }).code);
  if (code !== undefined && (name === 'ModelError' || name === 'MillraceError'))
    return { error: new MillraceError(code, message), stack: undefined };
  const named = /^\w{1,64}$/.test(name) ? name : 'Error';
  return { error: unforeseen(named), stack: withoutQueries(stack ?? `${named}: ${message}`) };
}

/** Why a script could not be loaded: `model.ts:3:10: …` where a line of its own is to blame. */
export function explainLoadError(thrown: unknown, file: string): MillraceError {
  if (!(thrown instanceof Error)) return refuse(`${path.basename(file)}: ${String(thrown)}`, thrown);
  const message = firstLine(thrown.message);
  if (thrown instanceof MillraceError) {
    return new MillraceError(thrown.code, `${path.basename(file)}: ${message}`, {
      cause: thrown.cause,
      reason: thrown.reason,
    });
  }
  const folder = `${path.dirname(file)}${path.sep}`;
  const shorten = (text: string) => text.replaceAll('file://', '').replaceAll(folder, '');
  const stack = withoutQueries(thrown.stack ?? '');
  // What the transpiler says begins with its place.
  if (thrown instanceof SyntaxError && /^\S.*:\d+:\d+: /.test(message)) return refuse(shorten(message), undefined);
  const what = shorten(
    withoutQueries(thrown instanceof SyntaxError || thrown.name === 'Error' ? message : `${thrown.name}: ${message}`),
  );
  const place = placeIn(stack, folder);
  return refuse(`${place === undefined ? path.basename(file) : shorten(place)}: ${what}${hintFor(thrown)}`, thrown);
}

/** The first place in a stack that lies below `folder`. */
function placeIn(stack: string, folder: string): string | undefined {
  const lines = stack.split('\n');
  // Of what does not parse, Node says the line in front, and marks the column under its text.
  const [head = '', , marks = ''] = lines;
  const plain = head.replace('file://', '');
  if (plain.startsWith(folder) && /:\d+$/.test(plain)) {
    return marks.trim().startsWith('^') ? `${plain}:${marks.indexOf('^') + 1}` : plain;
  }
  for (const line of lines) {
    const [, place] = /(?:\(|at (?:async )?)(?:file:\/\/)?(\/[^()]*:\d+:\d+)\)?$/.exec(line) ?? [];
    if (place?.startsWith(folder) && !place.includes('/node_modules/')) return place;
  }
  return undefined;
}

function hintFor(thrown: Error): string {
  const missing =
    (thrown as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND' && thrown.message.includes('package');
  return missing ? '; install it in the folder of the model or of the repository' : '';
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

/** The query that marks scripts is nothing that anybody has written. */
function withoutQueries(text: string): string {
  return text.replaceAll(/\?millrace=\d+/g, '');
}

/** What a script imports may run out of memory, and say so. */
function refuse(message: string, cause: unknown): MillraceError {
  return invalidArgument(message, { cause, reason: memoryReason(message) });
}
