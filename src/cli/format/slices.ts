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
