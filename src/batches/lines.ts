const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** A line of the input that is not blank. */
export interface InputLine {
  /** From 1; blank lines count. */
  readonly number: number;
  /** Without its end; undefined = it is too long. */
  readonly bytes: Uint8Array | undefined;
  /** Where the next line begins. */
  readonly endAt: number;
}

export interface LinePosition {
  /** Where the chunks begin. */
  readonly atByte: number;
  /** Lines in front of that. */
  readonly lines: number;
}

/** The lines of chunks that are not blank. At most `maxLineBytes` of a line, and a chunk, are in memory. */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  { atByte, lines }: LinePosition,
  maxLineBytes: number,
): AsyncGenerator<InputLine> {
  let number = lines;
  let at = atByte;
  let pieces: Uint8Array[] = [];
  let length = 0;
  const add = (piece: Uint8Array): void => {
    length += piece.byteLength;
    if (length <= maxLineBytes) pieces.push(piece);
    else pieces = [];
  };
  const take = (endAt: number): InputLine | undefined => {
    number++;
    const bytes = length > maxLineBytes ? undefined : trimmed(joined(pieces), number === 1);
    pieces = [];
    length = 0;
    return bytes?.byteLength === 0 ? undefined : { number, bytes, endAt };
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      add(chunk.subarray(from, end));
      from = end + 1;
      const line = take(at + from);
      if (line !== undefined) yield line;
    }
    add(chunk.subarray(from));
    at += chunk.byteLength;
  }
  const last = length > 0 ? take(at) : undefined;
  if (last !== undefined) yield last;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [first = new Uint8Array()] = pieces;
  return pieces.length > 1 ? Buffer.concat(pieces) : first;
}

/** Without white space around it, and without the mark that some editors put at the start of a file. */
function trimmed(line: Uint8Array, isFirst: boolean): Uint8Array {
  const marked = isFirst && Buffer.compare(line.subarray(0, 3), BYTE_ORDER_MARK) === 0;
  let start = marked ? 3 : 0;
  let end = line.byteLength;
  while (start < end && isSpace(line[start])) start++;
  while (end > start && isSpace(line[end - 1])) end--;
  return line.subarray(start, end);
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d;
}
