/** Largest dimension of a shape. */
export const MAX_DIMENSION = 2 ** 31 - 1;
/** Most dimensions of a shape; with the bound above, its product stays a finite double. */
export const MAX_RANK = 32;
