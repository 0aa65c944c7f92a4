import { defineModel } from 'millrace/model';

/** Answers with the tensors that it is given, of every type but BF16. */
export default defineModel({
  infer: ({ inputs }) =>
    Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [`O${name.slice(1)}`, tensor])),
});
