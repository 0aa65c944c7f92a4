import { Type } from '@sinclair/typebox';
import { httpAndGrpcSwitch } from '../switch-options.js';

/** TensorFlow Serving. */
export const TfsOptionsSchema = Type.Object(
  { ...httpAndGrpcSwitch('the protocol of TensorFlow Serving', false) },
  { additionalProperties: false },
);
