/** What an object has under a name that others chose: of `constructor` and the like, nothing that all objects have. */
export function ownValue<Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
