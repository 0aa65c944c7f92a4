/** What is imported from each package that is copied into dist. */
export const VENDORS: Readonly<Record<string, readonly string[]>>;
