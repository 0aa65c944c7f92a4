/** Of models that may give several answers, this protocol takes those whose answers can be one. */
export const ONLY_ONE = {
  onlyOne: "which TensorFlow Serving's protocol cannot carry; use generate_stream or ModelStreamInfer",
  whole: true,
};
