/**
 * Goes on with a value: at once where it is there, so that what is known already costs no turn of the event loop, or when its
 * promise resolves. What `next` throws is thrown at once in the first case, and rejects in the second.
 */
export function whenReady<Value, Result>(
  value: Value | Promise<Value>,
  next: (value: Value) => Result,
): Result | Promise<Awaited<Result>> {
  return value instanceof Promise ? (value.then(next) as Promise<Awaited<Result>>) : next(value);
}
