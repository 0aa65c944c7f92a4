import { Type } from '@sinclair/typebox';
import { httpAndGrpcSwitch } from '../switch-options.js';

/** The Open Inference Protocol. */
export const OipOptionsSchema = Type.Object(
  { ...httpAndGrpcSwitch('the Open Inference Protocol', true) },
  { additionalProperties: false },
);
