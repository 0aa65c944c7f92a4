/** Scales a vector to length 1, in place; one of zeros stays. */
export function normalizeVector(vector: Float32Array): void {
  let sum = 0;
  for (const value of vector) sum += value * value;
  // As sentence-transformers does, so that nothing is divided by zero.
  const length = Math.max(Math.sqrt(sum), 1e-12);
  for (let index = 0; index < vector.length; index++) vector[index] = (vector[index] as number) / length;
}

/** A probability of each number, in place. */
export function sigmoid(logits: Float32Array | number[]): void {
  for (let index = 0; index < logits.length; index++) logits[index] = 1 / (1 + Math.exp(-(logits[index] as number)));
}

/** Probabilities of all numbers together, in place. */
export function softmax(logits: Float32Array | number[]): void {
  let most = Number.NEGATIVE_INFINITY;
  for (const logit of logits) most = Math.max(most, logit);
  let sum = 0;
  for (let index = 0; index < logits.length; index++) {
    const power = Math.exp((logits[index] as number) - most);
    logits[index] = power;
    sum += power;
  }
  for (let index = 0; index < logits.length; index++) logits[index] = (logits[index] as number) / sum;
}
