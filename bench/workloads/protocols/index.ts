import type { Row } from '../../harness/row.js';
import { perfAnalyzerRow, sharedMemoryRow } from './clients.js';
import { grpcRows } from './grpc.js';
import { cacheRow, scriptRow, sequencesRow } from './models.js';

/** What `--protocols` runs: gRPC, streams and what else is Triton's. */
export function protocolRows(): Row[] {
  return [...grpcRows(), perfAnalyzerRow(), sharedMemoryRow(), cacheRow(), scriptRow(), sequencesRow()];
}
