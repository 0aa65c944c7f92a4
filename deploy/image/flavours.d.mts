export type Arch = 'amd64' | 'arm64';

export declare const FLAVOURS: Readonly<
  Record<'onnx' | 'llama' | 'full', { optional(name: string): boolean; readonly maxBytes: number }>
>;

/** Whether an image for `cpu` (x64, arm64) leaves a file out; `file`: its path below the folder of the package. */
export function isPruned(file: string, cpu: string): boolean;
