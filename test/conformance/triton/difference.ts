/** Floats of two implementations of the same net. */
const TOLERANCE = 1e-5;
/** A class of an answer: its number, and `:index` or `:index:label`. */
const CLASS = /^(-?\d+\.\d+)(:\d+(?::.*)?)$/s;

/** Where `got` does not hold what `expected` says; undefined when it does. Objects may have more, lists may not. */
export function differenceOf(got: unknown, expected: unknown, place = 'the answer'): string | undefined {
  if (expected === '<number>') return typeof got === 'number' ? undefined : `${place} is ${show(got)}, not a number`;
  if (typeof expected === 'number' && typeof got === 'number') {
    return isClose(got, expected) ? undefined : `${place} is ${got} instead of ${expected}`;
  }
  if (Array.isArray(expected)) return listDifference(got, expected, place);
  if (typeof expected === 'object' && expected !== null) {
    if (typeof got !== 'object' || got === null) return `${place} is ${show(got)}`;
    return Object.entries(expected)
      .map(([key, value]) => differenceOf((got as Readonly<Record<string, unknown>>)[key], value, `${place}.${key}`))
      .find((difference) => difference !== undefined);
  }
  return got === expected || isSameClass(got, expected)
    ? undefined
    : `${place} is ${show(got)} instead of ${show(expected)}`;
}

function isClose(got: number, expected: number): boolean {
  return Math.abs(got - expected) <= TOLERANCE * (1 + Math.abs(expected));
}

function isSameClass(got: unknown, expected: unknown): boolean {
  const [gotNumber, gotClass] = CLASS.exec(String(got))?.slice(1) ?? [];
  const [number, name] = CLASS.exec(String(expected))?.slice(1) ?? [];
  return name !== undefined && gotClass === name && isClose(Number(gotNumber), Number(number));
}

function listDifference(got: unknown, expected: readonly unknown[], place: string): string | undefined {
  if (!Array.isArray(got)) return `${place} is ${show(got)}, not a list`;
  if (got.length !== expected.length) return `${place} has ${got.length} elements instead of ${expected.length}`;
  return expected
    .map((value, index) => differenceOf(got[index], value, `${place}[${index}]`))
    .find((difference) => difference !== undefined);
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? 'missing';
}
