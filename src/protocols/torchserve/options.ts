import { Type } from '@sinclair/typebox';
import { httpAndGrpcSwitch } from '../switch-options.js';

/** TorchServe's inference and management APIs. */
export const TorchServeOptionsSchema = Type.Object(
  { ...httpAndGrpcSwitch("TorchServe's APIs", false) },
  { additionalProperties: false },
);
