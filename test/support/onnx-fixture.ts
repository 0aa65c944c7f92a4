import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type LogLevel, systemClock } from '../../src/core/index.js';
import type { LoadedModel, LoadSpec, Runtime } from '../../src/runtimes/index.js';
import { createRuntime } from '../../src/runtimes/onnx/index.js';
import { type OnnxGraph, type OnnxValue, writeOnnx } from './onnx-builder.js';
import { loadSpec, noOtherModels } from './test-host.js';

/** The runtime without a process, with graphs in a folder of its own. */
export class OnnxFixture {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'millrace-onnx-'));
  /** What the runtime has reported. */
  readonly reports: (readonly [LogLevel, string])[] = [];
  readonly runtime: Runtime = createRuntime({
    clock: systemClock,
    isolated: true,
    report: (level, message) => this.reports.push([level, message]),
    callModel: noOtherModels,
  });
  #files = 0;

  /** Writes a graph into a file of its own. */
  specOf(graph: OnnxGraph, changes: Partial<LoadSpec> = {}): LoadSpec {
    this.#files++;
    const file = writeOnnx(path.join(this.folder, `m${this.#files}.onnx`), graph);
    return loadSpec({ runtime: 'onnx', path: file, ...changes });
  }

  load(graph: OnnxGraph, changes: Partial<LoadSpec> = {}): Promise<LoadedModel> {
    return this.runtime.load(this.specOf(graph, changes));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** The input `x`, FP32. */
export const x = (dims?: OnnxValue['dims']): OnnxValue => ({
  name: 'x',
  type: 'float32',
  ...(dims === undefined ? {} : { dims }),
});
