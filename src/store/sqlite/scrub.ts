import type { Session } from './session.js';

/** Leaves before and behind a row that may have had it: its neighbours when SQLite has balanced the tree, and what those are split into. */
const NEIGHBOURS = 40;
const ZEROS = new Uint8Array(65_536);
const LEAF = 0x0d;
const INTERIOR = 0x05;

/** A node of a b-tree, and the child by which the path continues. */
interface Step {
  readonly children: readonly number[];
  at: number;
}

/**
 * Overwrites with zeros what the leaves around a row do not use. SQLite's `secure_delete` clears rows that are deleted, but not what is
 * left in a page whose rows were moved to another one: a copy of a row that is deleted later.
 */
export function scrubAround(session: Session, table: string, rowId: number): void {
  const [root] = session
    .statement('select rootpage as page from sqlite_master where name = ?')
    .all([table]) as readonly {
    readonly page: number;
  }[];
  if (root === undefined) return;
  const path: Step[] = [];
  let page = root.page;
  for (let bytes = read(session, page); bytes.getUint8(0) === INTERIOR; bytes = read(session, page)) {
    const step = { children: childrenOf(bytes), at: childFor(bytes, rowId) };
    path.push(step);
    page = step.children[step.at] ?? 0;
  }
  scrub(session, page);
  for (const direction of [-1, 1] as const) {
    const from = path.map((step) => ({ ...step }));
    for (let count = 0; count < NEIGHBOURS; count++) {
      const leaf = next(session, from, direction);
      if (leaf === undefined) break;
      scrub(session, leaf);
    }
  }
}

/** Moves the path to the neighbouring leaf; undefined = there is none. */
function next(session: Session, path: Step[], direction: -1 | 1): number | undefined {
  const depth = path.length;
  for (let last = path.at(-1); last !== undefined; last = path.at(-1)) {
    last.at += direction;
    const child = last.children[last.at];
    if (child === undefined) {
      path.pop();
      continue;
    }
    if (path.length === depth) return child;
    const children = childrenOf(read(session, child));
    // The loop moves it onto the first of them.
    path.push({ children, at: direction === 1 ? -1 : children.length });
  }
  return undefined;
}

function scrub(session: Session, page: number): void {
  const bytes = read(session, page);
  if (bytes.getUint8(0) !== LEAF) return;
  const unused = new Uint8Array(bytes.buffer).subarray(8 + 2 * bytes.getUint16(3), bytes.getUint16(5) || 65_536);
  if (Buffer.compare(unused, ZEROS.subarray(0, unused.byteLength)) === 0) return;
  unused.fill(0);
  session.statement('update sqlite_dbpage set data = ? where pgno = ?').run([new Uint8Array(bytes.buffer), page]);
}

function read(session: Session, page: number): DataView<ArrayBuffer> {
  const rows = session.statement('select data from sqlite_dbpage where pgno = ?').all([page]);
  const [{ data }] = rows as [{ readonly data: ArrayBuffer }];
  return new DataView(data);
}

/** Pages of the children of an interior page, in order. */
function childrenOf(bytes: DataView): readonly number[] {
  const cells = Array.from({ length: bytes.getUint16(3) }, (_, index) =>
    bytes.getUint32(bytes.getUint16(12 + 2 * index)),
  );
  return [...cells, bytes.getUint32(8)];
}

/** Index of the child whose rows include the id. */
function childFor(bytes: DataView, rowId: number): number {
  const count = bytes.getUint16(3);
  let index = 0;
  while (index < count && rowIdAt(bytes, bytes.getUint16(12 + 2 * index) + 4) < rowId) index++;
  return index;
}

/** A number in SQLite's variable-length form, seven bits a byte; row ids have at most eight bytes of it. */
function rowIdAt(bytes: DataView, at: number): number {
  let value = 0;
  for (let offset = at; ; offset++) {
    const byte = bytes.getUint8(offset);
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return value;
  }
}
