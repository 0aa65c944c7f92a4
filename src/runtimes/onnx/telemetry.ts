/** For the environment of processes at their start: Bun shows native code no later change. */
export const TELEMETRY_DECLINED = { ORT_DISABLE_TELEMETRY: '1' } as const;

/**
 * ONNX Runtime reports models and runs to its maker, with files of its own in the home and temporary folders, unless
 * this variable says otherwise when the first session is made. Whoever wants the reports sets it to 0.
 */
export function declineTelemetry(): void {
  // biome-ignore lint/style/noProcessEnv: nothing is read here; the native library has no other switch.
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
}
