import { type Call, MillraceError, toMillraceError } from '../core/index.js';
import type { Route } from '../routing/index.js';

type Caller = Pick<Call, 'principal'>;

/** What a caller has asked for, by the name that it wrote. */
export interface Asked {
  readonly name: string;
  readonly isRoute: boolean;
}

/** Of a text, what names a model: `(model 'm')`, `model 'm/1'`, `version 1 of model 'm'`, `runner m/1#0`. */
const NAMED = / \(model '([^']+)'\)|(?:version \d+ of )?model '([^']+)'|runner (\S+\/\d+)#\d+/g;

/**
 * An error as the caller is told of it: models behind the name that it has asked for (of arms, of steps of an ensemble) which it does not
 * see are not named, but what it has asked for. The cause, which the log has, says all.
 */
export function tell(error: MillraceError, { principal: { rights } }: Caller, asked: Asked): MillraceError {
  const isTold = (ref: string) => {
    const name = ref.replace(/\/\d+$/, '');
    return name === asked.name || rights.sees(name);
  };
  const name = `${asked.isRoute ? 'route' : 'model'} '${asked.name}'`;
  const message = error.message.replace(
    NAMED,
    (text, ...[inPassing, model, runner]: readonly [string?, string?, string?]) => {
      if (isTold(inPassing ?? model ?? runner ?? '')) return text;
      if (inPassing !== undefined) return '';
      return runner === undefined ? name : `the runner of ${name}`;
    },
  );
  return message === error.message ? error : saidOtherwise(error, message);
}

/** Why no arm of a route serves, as {@link tell}: to who does not see what all of its arms are, it is only said that none does. */
export function tellOfArms(thrown: unknown, { principal: { rights } }: Caller, route: Route): MillraceError {
  const error = toMillraceError(thrown);
  if (route.arms.every(({ model }) => rights.sees(model))) return error;
  const later = error.retryAfterMs === undefined ? '' : '; try again';
  return saidOtherwise(error, `no arm of route '${route.name}' serves${later}`);
}

/** What is found out about the arms of a route. Throws why none serves, as the caller is told of it. */
export function askArms<Found>(caller: Caller, route: Route, ask: (route: Route) => Found): Found {
  try {
    return ask(route);
  } catch (error) {
    throw tellOfArms(error, caller, route);
  }
}

function saidOtherwise(error: MillraceError, message: string): MillraceError {
  const { code, retryAfterMs, reason } = error;
  return new MillraceError(code, message, {
    // Where it was thrown is of no use, unless it was not foreseen.
    cause: code === 'internal' || error.cause !== undefined ? error : `${error.name}: ${error.message}`,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(reason !== undefined && { reason }),
  });
}
