/**
 * Time to read lists of floats from JSON (docs/decisions/0020): by WebAssembly, by the loop that reads short
 * lists, and by `JSON.parse` into a typed array, in turn. Usage: node bench/micro/floats.mjs
 */
import { compileSource } from '../../scripts/compile-source.mjs';
import { bestOf, VARIANTS } from './best-of.mjs';

const { JsonCursor } = await import(await compileSource('protocols/shared/json/cursor'));
const { readFloats } = await import(await compileSource('protocols/shared/json/floats'));
const { FloatAssembly } = await import(await compileSource('protocols/shared/json/float-assembly'));
const { FloatReader } = await import(await compileSource('protocols/shared/json/float-reader'));

const assembly = new FloatAssembly();
const tensor = { label: 'x' };
/** A list's place in its text. */
const START = '{"data":['.length;
const random = () => Math.random() * 2 - 1;
const float = () => Math.fround(random());

function shortest(value) {
  for (let digits = 6; ; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === value) return text;
  }
}

function row(name, { count, make, separator = ',', FloatArray = Float32Array }) {
  // Few of the large ones: they do not stay in a cache anyway.
  const variants = count > 10_000 ? 2 : VARIANTS;
  const bodies = Array.from({ length: variants }, () => {
    const list = Array.from({ length: count }, make).join(separator);
    return Buffer.from(`{"data":[${list}]}`);
  });
  const out = new FloatArray(count);
  const cursorOf = (variant) => {
    const cursor = new JsonCursor(bodies[variant], bodies[variant].length);
    cursor.pos = START;
    return cursor;
  };
  const [scanned, looped, parsed, nothing] = bestOf(
    [
      (variant) => new FloatReader(assembly, cursorOf(variant)).read({ tensor, out }, 0),
      (variant) => readFloats(cursorOf(variant), { tensor, out }, 0),
      (variant) => FloatArray.from(JSON.parse(bodies[variant].toString('latin1')).data),
      cursorOf,
    ],
    variants,
  );
  const times = [scanned - nothing, looped - nothing, parsed].map((us) => us.toFixed(2).padStart(10));
  const speedup = `${((looped - nothing) / (scanned - nothing)).toFixed(2)}×`;
  console.log(`${name.padEnd(46)} ${times.join('')} ${speedup.padStart(8)}`);
}

console.log(`node ${process.version}; µs a list`);
console.log(`${''.padEnd(46)} ${'wasm'.padStart(10)}${'loop'.padStart(10)}${'JSON'.padStart(10)}`);
const fourDecimals = () => random().toFixed(4);
row('16 floats, 4 decimals', { count: 16, make: fourDecimals });
row('64 floats, 4 decimals', { count: 64, make: fourDecimals });
row('784 floats, up to 4 decimals, none negative (W2)', {
  count: 784,
  make: () => Math.floor(Math.random() * 1e4) / 1e4,
});
row("784 floats, 4 decimals, ', '", { count: 784, make: fourDecimals, separator: ', ' });
row('784 floats, 4 decimals, a line each', { count: 784, make: fourDecimals, separator: ',\n        ' });
row('784 floats, 7 digits', { count: 784, make: () => String(Number(random().toPrecision(7))) });
row('784 floats, shortest form', { count: 784, make: () => shortest(float()) });
row('784 floats, 17 digits', { count: 784, make: () => String(float()) });
row('784 floats, exponents', { count: 784, make: () => random().toExponential(5) });
row('784 floats, whole, 0 to 255', { count: 784, make: () => String(Math.floor(Math.random() * 256)) });
row('784 floats, 25 digits', { count: 784, make: () => `${random().toFixed(10)}123456789012345` });
row('784 doubles, 17 digits', { count: 784, make: () => String(random()), FloatArray: Float64Array });
row('784 doubles, 17 digits and exponents', {
  count: 784,
  make: () => String(random() * 1e-7),
  FloatArray: Float64Array,
});
row('150,528 floats, 4 decimals', { count: 150_528, make: fourDecimals });
row('150,528 floats, 17 digits', { count: 150_528, make: () => String(float()) });
