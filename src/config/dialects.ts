import { MANAGEMENT } from '../management/index.js';
import { BUILT_IN_DIALECTS } from '../protocols/index.js';

/** All that has a switch and ports of its own in the settings. */
export const DIALECTS = [...BUILT_IN_DIALECTS, MANAGEMENT] as const;

type Manifest = (typeof DIALECTS)[number];

type DialectSchemas = { readonly [Each in Manifest as Each['name']]: Each['options'] };

/** Schemas of their settings, by name. */
export const DIALECT_OPTIONS = Object.fromEntries(
  DIALECTS.map(({ name, options }) => [name, options]),
  // Each is under its own name.
) as unknown as DialectSchemas;
