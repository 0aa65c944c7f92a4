import { Type } from '@sinclair/typebox';

/** The setting `unknownParameters` of a dialect that generates text. */
export const unknownParametersOption = () =>
  Type.Union([Type.Literal('warn'), Type.Literal('refuse')], {
    default: 'warn',
    description:
      'Members of a request that are not known: `warn` ignores them and names them in the header `x-millrace-ignored` of the answer, `refuse` answers with 400. A name that is nearly that of a known member is refused either way.',
  });

/** The setting `schemaRetries` of a dialect that generates text. */
export const schemaRetriesOption = () =>
  Type.Integer({
    default: 1,
    minimum: 0,
    maximum: 1,
    description:
      'How often a whole answer that does not match its strict schema, or the strict schema of a tool that it calls, is generated again: with another seed, and with the temperature 1 where the request says 0. Streams are not, as their text has been sent. The tokens of both attempts count for usage and quotas.',
  });
