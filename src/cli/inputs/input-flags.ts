import { InvalidArgumentError } from 'commander';

/** One `--input` or `--image` as given: the name may be left out where the model has one input only. */
export interface InputFlag {
  readonly name: string | undefined;
  readonly source:
    | { readonly kind: 'text'; readonly text: string }
    /** `-` = the standard input. */
    | { readonly kind: 'file'; readonly path: string; readonly picture: boolean };
}

/** `x=[[1,2]]`, `x=@row.npy`, or either without `x=`. */
export function parseInputFlag(given: string): InputFlag {
  const { name, value } = splitName(given);
  if (!value.startsWith('@')) return { name, source: { kind: 'text', text: value } };
  const path = value.slice(1);
  if (path === '') throw new InvalidArgumentError(`Expected a file behind '@', got '${given}'.`);
  return { name, source: { kind: 'file', path, picture: false } };
}

/** `photo.jpg` or `pixels=photo.jpg`. */
export function parseImageFlag(given: string): InputFlag {
  const { name, value } = splitName(given);
  return { name, source: { kind: 'file', path: value.replace(/^@/, ''), picture: true } };
}

/** JSON and files have no name before them; anything else up to the first `=` is one. */
function splitName(given: string): { readonly name: string | undefined; readonly value: string } {
  const at = given.indexOf('=');
  if (at < 1 || /^[@[{"\d-]/.test(given)) return { name: undefined, value: given };
  return { name: given.slice(0, at), value: given.slice(at + 1) };
}

/** `state=2,1,128` as a shape by name. */
export function parseShapeFlag(given: string): readonly [name: string, shape: readonly number[]] {
  const [, name, dims] = /^(.+)=([\d,\s[\]]*)$/.exec(given) ?? [];
  if (name === undefined || dims === undefined) {
    throw new InvalidArgumentError(`Expected NAME=SIZE,SIZE…, got '${given}'.`);
  }
  return [name, dims.split(/[^\d]+/).flatMap((size) => (size === '' ? [] : [Number(size)]))];
}

/** `temperature=0.5`, `verbose=true`, `style=plain` as a request parameter. */
export function parseParameterFlag(given: string): readonly [name: string, value: string | number | boolean] {
  const at = given.indexOf('=');
  if (at < 1) throw new InvalidArgumentError(`Expected NAME=VALUE, got '${given}'.`);
  const text = given.slice(at + 1);
  const value =
    text === 'true'
      ? true
      : text === 'false'
        ? false
        : text.trim() !== '' && Number.isFinite(Number(text))
          ? Number(text)
          : text;
  return [given.slice(0, at), value];
}

/** Digits are a number, as models mostly take it; everything else is text. */
export function parseSequenceId(given: string): string | bigint {
  return /^\d+$/.test(given) ? BigInt(given) : given;
}
