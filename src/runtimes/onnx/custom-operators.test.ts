import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { expect, it } from 'vitest';

it("ONNX Runtime's package for Node.js takes no library of operators, as docs/troubleshooting.md says", () => {
  // Once it does, that is a setting of the server: the library is native code, which no model or load request may name.
  const { resolve } = createRequire(import.meta.url);
  const { arch, platform } = process;
  const main = resolve('onnxruntime-node');
  const native = `../bin/napi-v6/${platform}/${arch}/onnxruntime_binding.node`;
  const binding = readFileSync(path.join(path.dirname(main), native), 'latin1');
  // The names of the options that it reads are in it.
  expect(binding).toContain('graphOptimizationLevel');
  expect(binding).not.toMatch(/custom_?op|op\w*_?library/i);
  expect(readFileSync('docs/troubleshooting.md', 'utf8')).toContain(
    "onnxruntime-extensions, which ONNX Runtime's package for Node.js has no function to load",
  );
});
