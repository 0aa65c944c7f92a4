import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { availableMemoryBytes, processEnvironment, type Settings } from './config/index.js';
import type { DeadlineWatch } from './core/index.js';
import { createEngine, type Engine } from './engine/index.js';
import { createWeights } from './governance/index.js';
import { budgetBytes } from './memory/index.js';
import { discardUpload } from './repositories.js';
import type { Repository } from './repository/index.js';
import { createHost, type Host, type HostDependencies, MEDIA_RUNTIME } from './runtimes/index.js';
import type { ServicePort } from './service-port.js';

interface EngineParts extends Pick<HostDependencies, 'runtimes' | 'events' | 'clock' | 'bodies'> {
  readonly deadlines: DeadlineWatch;
  readonly repository: Repository;
  readonly servicePort: ServicePort;
}

/** The engine, and the processes in which its instances run. Loads nothing. */
export function openEngine(settings: Settings, parts: EngineParts): Engine {
  const { repository, servicePort, events } = parts;
  return createEngine({
    ...parts,
    options: settings.engine,
    host: openHost(settings, parts),
    requestTimeoutMs: settings.server.requestTimeoutMs,
    weightOf: createWeights(settings.quotas),
    cacheFolder: settings.engine.cacheFolder || join(tmpdir(), `millrace-${process.getuid?.() ?? 'user'}`),
    infer: servicePort.infer,
    memoryBudgetBytes: budgetBytes(settings.memory.budget, availableMemoryBytes()),
    memoryNeedOf: servicePort.memoryNeedOf,
    isCompared: servicePort.isCompared,
    reload: servicePort.reload,
    onReleased: (source) => discardUpload(source, repository, events),
  });
}

/** Where instances run: those of the server's own models, too. */
function openHost(
  { runners: options }: Settings,
  { runtimes, ...parts }: Pick<HostDependencies, 'runtimes' | 'events' | 'clock' | 'bodies'>,
): Host {
  const environment = processEnvironment();
  const memoryBytes = availableMemoryBytes();
  return createHost({ ...parts, options, memoryBytes, runtimes: [...runtimes, MEDIA_RUNTIME], environment });
}
