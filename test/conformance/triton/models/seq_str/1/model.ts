import { defineModel } from 'millrace/model';

/** Sums up the elements of a sequence, and tells where it stands. */
export default defineModel({
  inputs: { IN: 'INT32[-1,1]' },
  outputs: { OUT: 'INT32[-1,1]', INFO: 'BYTES[-1,1]' },
  batched: true,
  stateful: true,
  start: () => ({ sum: 0 }),
  infer: (requests) =>
    requests.map(({ inputs, sequence }) => {
      const { id, start, end, state } = sequence;
      state.sum += inputs.IN.value;
      const corrid = typeof id === 'string' ? JSON.stringify(id) : String(id);
      const info = `{"corrid": ${corrid}, "start": ${Number(start)}, "end": ${Number(end)}, "ready": 1, "known": true, "batch": ${requests.length}}`;
      return { OUT: [state.sum], INFO: [info] };
    }),
});
