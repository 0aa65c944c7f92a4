import { type MillraceError, ROOMS } from '../core/index.js';
import { parseResources } from '../engine/index.js';
import { checkIssuers, keyNameProblem } from '../governance/index.js';
import { checkPrices } from '../metering/index.js';
import { checkPayloadLog } from '../payloads/index.js';
import { parseForwardPattern, type SwitchOptions } from '../protocols/index.js';
import { createPlan, type PlanOptions } from '../rollouts/index.js';
import { createRoutes } from '../routing/index.js';
import { checkBind, TrustedProxies } from '../server/index.js';
import { checkSlos } from '../slos/index.js';
import { parseAllowed } from '../sources/index.js';
import { didYouMean, formatPath } from '../text/index.js';
import { requiresCredential } from './access.js';
import { DIALECTS } from './dialects.js';
import type { Settings } from './schema.js';

/** What is wrong with settings that are right one by one but not together. */
export function checkConsistency(settings: Settings): readonly string[] {
  return [
    ...checkServer(settings),
    ...checkKeys(settings.auth),
    ...checkIssuers(settings.auth.issuers),
    ...checkAccessKeys(settings),
    ...checkRepository(settings.repository),
    ...checkSources(settings),
    ...checkEngine(settings.engine),
    ...checkLogLevels(settings.telemetry),
    ...checkProxies('telemetry.trustParent.proxies', settings.telemetry.trustParent.proxies),
    ...checkRoutes(settings.routes),
    ...checkRollouts(settings),
    ...checkSlos(settings.slos),
    ...checkPayloadLog(settings.payloadLog),
    ...checkMetering(settings.metering),
  ];
}

function checkProxies(setting: string, entries: readonly string[]): readonly string[] {
  return entries.flatMap((entry, index) => {
    try {
      new TrustedProxies([entry]);
      return [];
    } catch (error) {
      return [`${setting}[${index}]: ${(error as MillraceError).message}`];
    }
  });
}

function checkServer(settings: Settings): readonly string[] {
  const { server, auth } = settings;
  const problems: string[] = [];
  const { certFile, keyFile } = server.tls;
  if ((certFile === '') !== (keyFile === '')) {
    const [given, missing] = certFile === '' ? ['keyFile', 'certFile'] : ['certFile', 'keyFile'];
    problems.push(`server.tls.${given} is set without server.tls.${missing}: TLS needs both`);
  }
  problems.push(...checkClientCertificates(server.tls));
  const ports = portsOf(settings).filter(([, port]) => port > 0);
  for (const [index, [name, port]] of ports.entries()) {
    const other = ports.slice(0, index).find((earlier) => earlier[1] === port);
    if (other !== undefined) problems.push(`${name} and ${other[0]} are both ${port}`);
  }
  try {
    checkBind(server.host, { hasKeys: requiresCredential(settings), allowAnonymous: auth.allowAnonymous });
  } catch (error) {
    problems.push(`server.host: ${(error as MillraceError).message}`);
  }
  problems.push(...checkProxies('server.trustedProxies', server.trustedProxies));
  for (const name of ['httpHeaderForwardPattern', 'grpcHeaderForwardPattern'] as const) {
    try {
      parseForwardPattern(server[name]);
    } catch (error) {
      problems.push(`server.${name}: ${(error as MillraceError).message}`);
    }
  }
  return problems;
}

function checkClientCertificates(tls: Settings['server']['tls']): readonly string[] {
  const { clientCertificates: mode, clientCaFile, certFile } = tls;
  if (mode === 'none') {
    return clientCaFile === ''
      ? []
      : ['server.tls.clientCaFile needs server.tls.clientCertificates optional or required, got none'];
  }
  return [
    ...(certFile === '' ? [`server.tls.clientCertificates ${mode} needs server.tls.certFile`] : []),
    ...(clientCaFile === '' ? [`server.tls.clientCertificates ${mode} needs server.tls.clientCaFile`] : []),
  ];
}

function checkMetering({ prices, keepHoursDays, keepDays }: Settings['metering']): readonly string[] {
  const kept =
    keepDays < keepHoursDays
      ? [`metering.keepDays: expected at least metering.keepHoursDays (${keepHoursDays}), got ${keepDays}`]
      : [];
  return [...kept, ...checkPrices(prices)];
}

/** Every port that is listened on, with its setting. */
function portsOf(settings: Settings): readonly (readonly [string, number])[] {
  const { server } = settings;
  const shared = (['httpPort', 'grpcPort', 'metricsPort', 'adminPort'] as const).map(
    (name) => [`server.${name}`, server[name]] as const,
  );
  const own = DIALECTS.flatMap(({ name }) => {
    const { enabled, httpPort, grpcPort = -1 }: SwitchOptions = settings[name];
    if (!enabled) return [];
    return [[`${name}.httpPort`, httpPort] as const, [`${name}.grpcPort`, grpcPort] as const];
  });
  return [...shared, ...own];
}

function checkKeys({ keys }: Settings['auth']): readonly string[] {
  return keys.flatMap(({ name, key }, index) => {
    const earlier = keys.slice(0, index);
    const twin = earlier.findIndex((other) => other.key === key);
    const problem = keyNameProblem(name);
    return [
      ...(problem === undefined ? [] : [`auth.keys[${index}].name: ${problem}`]),
      ...(earlier.some((other) => other.name === name) ? [`auth.keys[${index}].name: '${name}' is taken already`] : []),
      ...(twin >= 0 ? [`auth.keys[${index}].key is the same as auth.keys[${twin}].key`] : []),
    ];
  });
}

function checkAccessKeys({ auth, sagemaker }: Settings): readonly string[] {
  const names = auth.keys.map(({ name }) => name);
  return sagemaker.accessKeys.flatMap(({ id, key }, index) => {
    const isTwin = sagemaker.accessKeys.slice(0, index).some((other) => other.id === id);
    return [
      ...(isTwin ? [`sagemaker.accessKeys[${index}].id: '${id}' is taken already`] : []),
      ...(names.includes(key)
        ? []
        : [
            `sagemaker.accessKeys[${index}].key: there is no key '${key}' in auth.keys${didYouMean(key, names)} (keys: ${names.join(', ') || 'none'})`,
          ]),
    ];
  });
}

function checkRepository({
  loadModels,
  controlMode,
  configName,
  modelName,
  paths,
}: Settings['repository']): readonly string[] {
  return [
    ...(loadModels.length === 0 || controlMode === 'explicit'
      ? []
      : [`repository.loadModels needs repository.controlMode explicit, got ${controlMode}`]),
    ...(/^[\w.-]*$/.test(configName)
      ? []
      : [`repository.configName: expected the name of a file without folder and ending, got '${configName}'`]),
    ...(modelName === '' || paths.length === 1
      ? []
      : [`repository.modelName needs one entry of repository.paths, got ${paths.length}`]),
  ];
}

function checkSources({ sources: { allow }, repository: { controlMode } }: Settings): readonly string[] {
  const problems = allow.flatMap((pattern, index) => {
    try {
      parseAllowed([pattern]);
      return [];
    } catch (error) {
      return [`sources.allow[${index}]: ${(error as MillraceError).message}`];
    }
  });
  if (allow.length > 0 && controlMode !== 'explicit') {
    problems.push(`sources.allow needs repository.controlMode explicit, got ${controlMode}`);
  }
  return problems;
}

function checkEngine({ restartBackoffMs, maxRestartBackoffMs, ...engine }: Settings['engine']): readonly string[] {
  const problems: string[] = [];
  if (maxRestartBackoffMs < restartBackoffMs) {
    problems.push(
      `engine.maxRestartBackoffMs: expected at least engine.restartBackoffMs (${restartBackoffMs}), got ${maxRestartBackoffMs}`,
    );
  }
  try {
    parseResources(engine.rateLimitResources);
  } catch (error) {
    problems.push((error as MillraceError).message);
  }
  return problems;
}

function checkLogLevels({ logLevels }: Settings['telemetry']): readonly string[] {
  const rooms: readonly string[] = ROOMS;
  return Object.keys(logLevels)
    .filter((room) => !rooms.includes(room))
    .map((room) => `telemetry.logLevels: unknown room ${room}${didYouMean(room, rooms)} (rooms: ${rooms.join(', ')})`);
}

function checkRollouts({ rollouts, routes }: Settings): readonly string[] {
  return Object.entries(rollouts).flatMap(([model, { to, from, attempt: _, sticky: __, judge: ___, ...plan }]) => {
    const at = formatPath(['rollouts', model]);
    // Which version is stable is not known before the models are there.
    const made = createPlan({ model, stable: from ?? 0, canary: to }, plan as PlanOptions);
    return [
      ...('problem' in made ? [`${at}.${made.problem}`] : []),
      ...(to === from ? [`${at}: from and to are both version ${to}`] : []),
      ...(Object.hasOwn(routes, model)
        ? [`${at}: '${model}' is the name of a route, which says who gets which version`]
        : []),
    ];
  });
}

function checkRoutes(routes: Settings['routes']): readonly string[] {
  const { problems } = createRoutes(routes);
  return problems.map(({ path, message }) => `${formatPath(['routes', ...path])}: ${message}`);
}
