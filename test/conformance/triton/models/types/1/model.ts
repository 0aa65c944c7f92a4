import { defineModel } from 'millrace/model';

/** Answers with the tensors that it is given, of every type. */
export default defineModel({
  infer({ inputs }) {
    const given = Object.entries(inputs).filter(([, tensor]) => tensor !== undefined);
    const all = ['BOOL', 'UINT8', 'UINT16', 'UINT32', 'UINT64', 'INT8', 'INT16', 'INT32', 'INT64', 'FP16', 'FP32'];
    const missing = [...all, 'FP64', 'STRING', 'BF16'].map((type) => [`O_${type}`, undefined]);
    return {
      ...Object.fromEntries(missing),
      ...Object.fromEntries(given.map(([name, tensor]) => [`O${name.slice(1)}`, tensor])),
    };
  },
});
