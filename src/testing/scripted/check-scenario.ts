import { parseDuration } from '../../values/duration.js';
import { refuseUnknown } from '../../values/refuse-unknown.js';
import type { Features } from '../../contract/backend.js';
import type { Scenario } from './scenario.js';
import { invalid } from '../../values/invalid.js';
import { isObject } from '../../values/is-object.js';

const SCRIPTS = ['acquire', 'renew', 'release', 'status', 'watch'] as const;
const OTHERS = ['revoked', 'holder', 'retryAfter', 'error', 'firstToken', 'features', 'ttl'] as const;
const SCENARIO = new Set<keyof Scenario>([...SCRIPTS, ...OTHERS]);
const FEATURES = new Set<keyof Features>([
  'fencing',
  'fifo',
  'push',
  'semaphore',
  'permits',
  'shared',
  'metadata',
  'minHold',
]);
const TTL = new Set(['min', 'max', 'step', 'unrenewed']);

/** @throws LockValidationError naming what is wrong: a misspelt `renews` must not be a lock that is always renewed. */
export function checkScenario(scenario: Scenario): void {
  refuseUnknown(scenario, SCENARIO);
  for (const kind of SCRIPTS) checkScripts(kind, scenario[kind]);
  const { revoked, holder, retryAfter, firstToken, features, ttl } = scenario;
  if (revoked !== undefined && typeof revoked !== 'string') throw invalid('revoked', 'is not a string');
  if (holder !== undefined && typeof holder !== 'string') throw invalid('holder', 'is not a string');
  if (retryAfter !== undefined) parseDuration(retryAfter, 'retryAfter');
  if (firstToken !== undefined && typeof firstToken !== 'bigint') throw invalid('firstToken', 'is not a bigint');
  if (features !== undefined) checkAll(features, FEATURES, 'features', 'boolean');
  if (ttl !== undefined) checkAll(ttl, TTL, 'ttl', 'number');
}

function checkScripts(kind: string, scripts: unknown): void {
  if (scripts === undefined || isScript(scripts)) return;
  if (!isObject(scripts)) {
    throw invalid(kind, 'is neither a script, nor an array of them, nor scripts by name');
  }
  for (const [name, script] of Object.entries(scripts)) {
    if (!isScript(script)) throw invalid(kind, `has no script for '${name}', but something else`);
  }
}

function isScript(script: unknown): boolean {
  return typeof script === 'string' || (Array.isArray(script) && script.every((one) => typeof one === 'string'));
}

function checkAll(given: object, known: ReadonlySet<string>, option: string, type: 'boolean' | 'number'): void {
  refuseUnknown(given, known, `${option}.`);
  for (const [key, value] of Object.entries(given) as [string, unknown][]) {
    if (value !== undefined && typeof value !== type) throw invalid(`${option}.${key}`, `is not a ${type}`);
  }
}
