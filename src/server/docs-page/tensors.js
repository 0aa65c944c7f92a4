/** Tensors as people type them: JSON, or plain text. No DOM. */

/** @import { Element } from './types.js' */

const FLOATS = ['FP16', 'BF16', 'FP32', 'FP64'];
/** @type {Readonly<Record<string, readonly [number, number]>>} */
const RANGES = {
  INT8: [-128, 127],
  INT16: [-32_768, 32_767],
  INT32: [-(2 ** 31), 2 ** 31 - 1],
  INT64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  UINT8: [0, 255],
  UINT16: [0, 65_535],
  UINT32: [0, 2 ** 32 - 1],
  UINT64: [0, Number.MAX_SAFE_INTEGER],
};
/** @type {Readonly<Record<string, number>>} */
const SIZES = { BOOL: 1, INT8: 1, UINT8: 1, INT16: 2, UINT16: 2, FP16: 2, BF16: 2, INT64: 8, UINT64: 8, FP64: 8 };

/** Bytes of an element; of BYTES those of an empty one. @param {string} datatype */
export function elementSize(datatype) {
  return SIZES[datatype] ?? 4;
}

/** @param {readonly number[]} shape */
export function countOf(shape) {
  return shape.reduce((product, size) => product * size, 1);
}

/** `FP32[1,16]`. @param {string} datatype @param {readonly number[]} shape */
export function formatType(datatype, shape) {
  return `${datatype}[${shape.join(',')}]`;
}

/**
 * What somebody typed for an input, as elements and their shape. Throws an `Error` that says what is wrong.
 *
 * @param {string} text
 * @param {{ readonly datatype: string; readonly shape: readonly number[] }} spec
 * @returns {{ readonly shape: readonly number[]; readonly elements: readonly Element[] }}
 */
export function parseTensor(text, { datatype, shape: wanted }) {
  const { elements, shape: shown } = flatten(parseValue(text, datatype));
  for (const element of elements) checkElement(element, datatype);
  const shape = fitShape(wanted, shown, elements.length);
  if (shape === undefined) {
    const got = shown.length > 1 ? `shape [${shown.join(',')}]` : countElements(elements.length);
    throw new Error(`takes ${formatType(datatype, wanted)}, got ${got}`);
  }
  return { shape, elements: /** @type {Element[]} */ (elements) };
}

/** @param {number} count */
function countElements(count) {
  return count === 1 ? '1 element' : `${count} elements`;
}

/** Text that is no JSON list is the one element of a BYTES tensor. @param {string} text @param {string} datatype */
function parseValue(text, datatype) {
  if (datatype === 'BYTES' && !/^\s*\[/.test(text)) return text;
  try {
    return /** @type {unknown} */ (JSON.parse(text));
  } catch {
    if (text.trim() === '') throw new Error('is empty');
    // Numbers beside each other, as they are copied from elsewhere.
    const words = text.trim().split(/[\s,;]+/);
    if (words.every((word) => /^-?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(word))) return words.map(Number);
    throw new Error('is not JSON: expected a number, or a list such as [0.5, 1]');
  }
}

/**
 * @param {unknown} value
 * @returns {{ readonly elements: readonly unknown[]; readonly shape: readonly number[] }}
 */
function flatten(value) {
  if (!Array.isArray(value)) return { elements: [value], shape: [] };
  if (value.length === 0) return { elements: [], shape: [0] };
  const rows = value.map(flatten);
  const [first] = rows;
  const inner = (first ?? { shape: [] }).shape;
  if (rows.some(({ shape }) => shape.join() !== inner.join())) throw new Error('has lists of different lengths');
  return { elements: rows.flatMap(({ elements }) => elements), shape: [value.length, ...inner] };
}

/** @param {unknown} element @param {string} datatype */
function checkElement(element, datatype) {
  const shown = JSON.stringify(element);
  if (datatype === 'BYTES') {
    if (typeof element !== 'string') throw new Error(`takes texts, got ${shown}`);
  } else if (datatype === 'BOOL') {
    if (typeof element !== 'boolean') throw new Error(`takes true and false, got ${shown}`);
  } else if (typeof element !== 'number') throw new Error(`takes numbers, got ${shown}`);
  else if (!FLOATS.includes(datatype)) {
    const [least, most] = RANGES[datatype] ?? [0, 0];
    if (!Number.isInteger(element) || element < least || element > most) {
      throw new Error(`takes integers from ${least} to ${most}, got ${shown}`);
    }
  }
}

/**
 * The shape of so many elements for a model that takes `wanted`: as it is shown; with a batch dimension of 1 put in front; or flat data
 * cut to the model's dimensions. The same as the client of this package does.
 *
 * @param {readonly number[]} wanted
 * @param {readonly number[]} shown
 * @param {number} count
 * @returns {readonly number[] | undefined}
 */
export function fitShape(wanted, shown, count) {
  if (matches(wanted, shown)) return shown;
  if (shown.length === wanted.length - 1 && matches(wanted, [1, ...shown])) return [1, ...shown];
  if (shown.length > 1) return undefined;
  const open = wanted.flatMap((size, axis) => (size === -1 ? [axis] : []));
  const known = countOf(wanted.filter((size) => size !== -1));
  if (open.length === 2 && open[0] === 0) return fitShape([1, ...wanted.slice(1)], shown, count);
  if (open.length === 0) return known === count ? wanted : undefined;
  if (open.length > 1 || known === 0 || count % known !== 0) return undefined;
  return wanted.map((size) => (size === -1 ? count / known : size));
}

/** @param {readonly number[]} wanted @param {readonly number[]} shown */
function matches(wanted, shown) {
  return wanted.length === shown.length && wanted.every((size, axis) => size === -1 || size === shown[axis]);
}

/** JSON with numbers beside each other and lists of lists below each other. @param {unknown} value */
export function pretty(value) {
  return JSON.stringify(value, null, 2).replace(
    /\[\s+([^[\]{}]+?)\s+\]/g,
    (_, /** @type {string} */ items) => `[${items.replace(/\s*\n\s*/g, ' ')}]`,
  );
}
