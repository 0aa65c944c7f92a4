import { Type } from '@sinclair/typebox';

/** The setting `maxTextBytes` of a dialect whose bodies are texts. */
export const maxTextBytesOption = () =>
  Type.Integer({
    default: 4_194_304,
    minimum: 1,
    description: 'Largest body of a request, in bytes after decompression; larger ones are refused with 413.',
  });
