export function compileSource(file: string): Promise<string>;
