import type { ModelMetadata, TensorMetadata } from '../../client/index.js';
import { formatTensorType } from '../../core/index.js';

/** A model's inputs and outputs as an interface for `client.model<…>()`; `optional` names inputs that may be left out. */
export function formatTypes(model: ModelMetadata, optional: readonly string[]): string {
  return [
    comment(`\`client.model<${typeName(model.name)}>(${literal(model.name)})\``),
    `export interface ${typeName(model.name)} {`,
    ...formatSide('inputs', model.inputs, optional),
    ...formatSide('outputs', model.outputs, []),
    '}',
    '',
  ].join('\n');
}

function formatSide(side: string, specs: readonly TensorMetadata[], optional: readonly string[]): readonly string[] {
  const members = specs.flatMap(({ name, datatype, shape }) => [
    `    ${comment(formatTensorType(datatype, shape))}`,
    `    readonly ${propertyName(name)}${optional.includes(name) ? '?' : ''}: ${literal(datatype)};`,
  ]);
  return [`  readonly ${side}: {`, ...members, '  };'];
}

/** `mobilenet-v3.small` → `MobilenetV3Small`; a name that begins with a digit gets `Model` before it. */
export function typeName(model: string): string {
  const words = model.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return /^\p{L}/u.test(name) ? name : `Model${name}`;
}

/** What a server says is data: none of it ends a comment or a string. */
function comment(text: string): string {
  return `/** ${text.replaceAll('*/', '*\\/').replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')} */`;
}

function literal(text: string): string {
  return /^[\w.-]+$/.test(text) ? `'${text}'` : JSON.stringify(text);
}

function propertyName(name: string): string {
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name) ? name : JSON.stringify(name);
}
