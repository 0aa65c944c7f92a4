/** A text of this length, in UTF-16 code units, is made and written in a few milliseconds. */
const SLICE_LENGTH = 65_536;

/** Short texts joined to slices for one turn of the event loop each; a longer one is a slice alone. */
export function* joinToSlices(texts: Iterable<string>): Generator<string, void> {
  let slice = '';
  for (const text of texts) {
    if (slice !== '' && slice.length + text.length > SLICE_LENGTH) {
      yield slice;
      slice = '';
    }
    slice += text;
  }
  if (slice !== '') yield slice;
}

/** The JSON of plain data in texts that joined are it; what is nested more than `depth` levels deep is one text. */
export function* jsonTexts(value: unknown, depth: number): Generator<string, void> {
  if (depth === 0 || typeof value !== 'object' || value === null) {
    yield JSON.stringify(value) ?? 'null';
    return;
  }
  const isList = Array.isArray(value);
  yield isList ? '[' : '{';
  let comma = '';
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined && !isList) continue;
    yield isList ? comma : `${comma}${JSON.stringify(name)}:`;
    yield* jsonTexts(member, depth - 1);
    comma = ',';
  }
  yield isList ? ']' : '}';
}
