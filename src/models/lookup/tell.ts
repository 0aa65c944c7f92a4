import {
  type CallContext,
  Message,
  type MessagePart,
  MillraceError,
  type ModelMention,
  namedModel,
  toMillraceError,
} from '../../core/index.js';
import type { Route } from '../../routing/index.js';

type Caller = Pick<CallContext, 'principal'>;

/** The model or route that a caller requested, by the name that it wrote. */
export interface Asked {
  readonly name: string;
  readonly isRoute: boolean;
}

/**
 * An error as the caller is told of it: models behind the name that it has asked for (of arms, of steps of an ensemble) which it does not
 * see are not named, but what it has asked for. The cause, which the log has, says all.
 */
export function tell(error: MillraceError, { principal: { rights } }: Caller, asked: Asked): MillraceError {
  const { parts } = error;
  if (parts === undefined) return error;
  const isHidden = (part: MessagePart): part is ModelMention =>
    typeof part !== 'string' && part.model !== asked.name && !rights.sees(part.model);
  if (!parts.some(isHidden)) return error;
  return saidOtherwise(error, new Message(parts.flatMap((part) => (isHidden(part) ? inPlaceOf(part, asked) : part))));
}

/** The replacement for a model that the caller does not see. It names a model in turn, which callers of the caller may not see. */
function inPlaceOf({ role }: ModelMention, { name, isRoute }: Asked): readonly MessagePart[] {
  if (role === 'aside') return [];
  const named = isRoute ? [`route '${name}'`] : namedModel(name).parts;
  return role === 'runner' ? ['the runner of ', ...named] : named;
}

/** Why no arm of a route serves, as {@link tell}: to who does not see what all of its arms are, it is only said that none does. */
export function tellOfArms(thrown: unknown, { principal: { rights } }: Caller, route: Route): MillraceError {
  const error = toMillraceError(thrown);
  if (route.arms.every(({ model }) => rights.sees(model))) return error;
  const later = error.retryAfterMs === undefined ? '' : '; try again';
  return saidOtherwise(error, `no arm of route '${route.name}' serves${later}`);
}

/** Asks about the arms of a route. Throws why none serves, redacted for the caller. */
export function askArms<Found>(caller: Caller, route: Route, ask: (route: Route) => Found): Found {
  try {
    return ask(route);
  } catch (error) {
    throw tellOfArms(error, caller, route);
  }
}

function saidOtherwise(error: MillraceError, message: string | Message): MillraceError {
  const { code, retryAfterMs, reason, subject } = error;
  return new MillraceError(code, message, {
    // Where it was thrown is of no use, unless it was not foreseen.
    cause: code === 'internal' || error.cause !== undefined ? error : `${error.name}: ${error.message}`,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    reason,
    subject,
  });
}
