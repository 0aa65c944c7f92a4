import { Type } from '@sinclair/typebox';
import { httpSwitch } from '../protocols/index.js';

/** Whether the server has its own API. */
export const ManagementOptionsSchema = Type.Object(httpSwitch("millrace's own API below `/millrace/v1/`", true), {
  additionalProperties: false,
});
