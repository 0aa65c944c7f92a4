/** Fills the folder `dist` with JavaScript and source maps. */
export function bundle(dist: string): Promise<void>;
