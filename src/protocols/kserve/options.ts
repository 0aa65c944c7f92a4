import { Type } from '@sinclair/typebox';
import { httpSwitch } from '../switch-options.js';

/** KServe's v1 protocol, and what its servers have besides the Open Inference Protocol. */
export const KserveOptionsSchema = Type.Object(
  { ...httpSwitch("KServe's v1 protocol", false) },
  { additionalProperties: false },
);
