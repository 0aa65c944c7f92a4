import { type Static, Type } from '@sinclair/typebox';

/** The memory of all models together. */
export const MemoryOptionsSchema = Type.Object(
  {
    budget: Type.String({
      default: '',
      pattern: '^$|^[1-9]\\d{0,14}$|^[1-9]\\d{0,5}(\\.\\d{1,3})? ?[MGT]i?B$|^([1-9]\\d?|100)%$',
      'x-expected': "bytes ('6000000000'), a size ('6 GB', '6 GiB') or a share of the memory ('80%')",
      description:
        'Memory that the server and its runners may hold together: bytes, a size (`6 GB`, `6 GiB`), or a share (`80%`) of the memory of the machine or its control group. ' +
        "A model whose load does not fit is refused with the figures ([memory](memory.md)); '' = any amount.",
    }),
  },
  { additionalProperties: false, default: {} },
);

export type MemoryOptions = Readonly<Static<typeof MemoryOptionsSchema>>;
