/** The name of a PyPI project as PEP 503 has it: what differs in case and separators only is the same project. */
export function normalizedName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}
