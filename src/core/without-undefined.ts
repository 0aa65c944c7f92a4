/** The members of an object of which the value is known. */
export function withoutUndefined<Value extends object>(
  members: {
    readonly [Name in keyof Value]: Value[Name] | undefined;
  },
): Value {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Value;
}
