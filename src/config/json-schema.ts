import type { TSchema } from '@sinclair/typebox';
import type { Tree } from './layer.js';
import { SettingsSchema } from './schema.js';
import { partialSchema } from './shape.js';

/** JSON Schema (2020-12) of `millrace.yaml`, for editors. */
export function settingsJsonSchema(): Tree {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'millrace.yaml',
    // Through JSON, so that TypeBox's symbols and our `x-` annotations stay behind.
    ...JSON.parse(JSON.stringify(partialSchema(SettingsSchema), (_key, value) => forEditors(value))),
  };
}

function forEditors(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).filter(([key]) => !key.startsWith('x-'));
  const plain = Object.fromEntries(entries);
  return (value as TSchema)['x-secret'] === true ? allowReference(plain) : plain;
}

/** A secret is better not written into the file, so a reference must pass where only the secret itself would. */
function allowReference({ description, ...schema }: Tree): Tree {
  return { description, anyOf: [{ ...schema }, { type: 'string', pattern: '\\$\\{(env|file):[^}]+\\}' }] };
}
