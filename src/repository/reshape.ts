/**
 * Why a tensor of shape `from` cannot be seen as `to` (both without batch dimension), or undefined when it can.
 * Triton's rule: the variable dimensions stay the same in number and order, and between them the element counts agree.
 */
export function reshapeProblem(from: readonly number[], to: readonly number[]): string | undefined {
  const before = fixedProducts(from);
  const after = fixedProducts(to);
  if (before.length === after.length && before.every((product, index) => product === after[index])) return undefined;
  return `shape [${from.join(',')}] cannot be reshaped to [${to.join(',')}]: the element counts differ`;
}

/** Element counts of the runs of fixed dimensions before, between and after the variable ones. */
function fixedProducts(shape: readonly number[]): readonly number[] {
  const products = [1];
  for (const size of shape) {
    if (size === -1) products.push(1);
    else products[products.length - 1] = (products[products.length - 1] as number) * size;
  }
  return products;
}
