import { defineModel } from 'millrace/model';

/** Sums up the elements of a sequence, and tells what the server says of where it stands. */
export default defineModel({
  inputs: {
    IN: 'INT32[-1,1]',
    START: 'INT32[-1,1]',
    END: 'INT32[-1,1]',
    READY: 'INT32[-1,1]',
    CORRID: 'BYTES[-1,1]',
  },
  outputs: { OUT: 'INT32[-1,1]', INFO: 'BYTES[-1,1]' },
  batched: true,
  stateful: true,
  start: () => ({ sum: 0 }),
  infer: (requests) =>
    requests.map(({ inputs, sequence }) => {
      const { IN, START, END, READY, CORRID } = inputs;
      // As INT32 does it.
      sequence.state.sum = (sequence.state.sum + IN.value) | 0;
      const place = `"corrid": ${JSON.stringify(CORRID.value)}, "start": ${START.value}, "end": ${END.value}, "ready": ${READY.value}`;
      return { OUT: [sequence.state.sum], INFO: [`{${place}, "known": true, "batch": ${requests.length}}`] };
    }),
});
