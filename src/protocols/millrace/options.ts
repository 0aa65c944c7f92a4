import { Type } from '@sinclair/typebox';
import { httpSwitch } from '../switch-options.js';

/** The server's own API. */
export const MillraceOptionsSchema = Type.Object(httpSwitch("millrace's own API below `/millrace/v1/`", true), {
  additionalProperties: false,
});
