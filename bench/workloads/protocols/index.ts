import type { Row } from '../../harness/row.js';
import { accessRow } from './access.js';
import { perfAnalyzerRow, sharedMemoryRow } from './clients.js';
import { fairRow } from './fair.js';
import { grpcRows } from './grpc.js';
import { manyRoutesRow } from './many-routes.js';
import { photoRow } from './media.js';
import { cacheRow, scriptRow, sequencesRow } from './models.js';
import { routeRow } from './routes.js';
import { rowsJsonRow } from './rows-json.js';
import { shadowRow } from './shadow.js';
import { tfsRows } from './tfs.js';

/** What `--protocols` runs: gRPC, streams and what else is Triton's, and other protocols beside it. */
export function protocolRows(): Row[] {
  return [
    ...grpcRows(),
    ...tfsRows(),
    rowsJsonRow('kserve', 'KServe’s v1 predict'),
    photoRow(),
    accessRow(),
    routeRow(),
    manyRoutesRow(),
    shadowRow(),
    fairRow(),
    perfAnalyzerRow(),
    sharedMemoryRow(),
    cacheRow(),
    scriptRow(),
    sequencesRow(),
  ];
}
