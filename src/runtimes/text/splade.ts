/**
 * The weights of a text (SPLADE): of each token of the vocabulary the largest of the logits that the tokens of the text give it, without those below 0,
 * as its logarithm `log(1 + x)`, taken so many times.
 */
export function spladeOf(logits: readonly Float32Array[], logarithms: number): Float32Array {
  const weights = new Float32Array(logits[0]?.length ?? 0);
  for (const row of logits) {
    for (let token = 0; token < row.length; token++) {
      const logit = row[token] as number;
      if (logit > (weights[token] as number)) weights[token] = logit;
    }
  }
  for (let token = 0; token < weights.length; token++) {
    // Most are 0, and so is their logarithm.
    for (let taken = 0; taken < logarithms && weights[token] !== 0; taken++) {
      weights[token] = Math.log1p(weights[token] as number);
    }
  }
  return weights;
}
