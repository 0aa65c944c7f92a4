import { Type } from '@sinclair/typebox';
import type { Estimate, Interval } from '../estimates.js';
import { schemaOf } from './schema-of.js';

const BOUNDS = { low: Type.Number(), high: Type.Number() };

/** An interval, and of what. */
export const intervalFor = (description: string) => schemaOf<Interval>()(Type.Object(BOUNDS, { description }));

export const EstimateSchema = schemaOf<Estimate>()(
  Type.Object(
    { value: Type.Number(), ...BOUNDS },
    { description: 'An estimate and its 95 % confidence interval; missing where nothing is known.' },
  ),
);
